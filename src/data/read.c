/* read.c -- from the data options to a data set: open, find the format, read, choose
 * columns, lay out, sum. */
#include "data/read.h"
#include "data/block.h"
#include "data/columns.h"
#include "data/files.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All rows of --data and --test-data in one table; the last test_rows are for testing.
 * sums receives the checksums of all files. */
static sur_status read_files(sur_table *table, sur_idx *test_rows, sur_text *sums,
                             const sur_request *request, sur_error *err)
{
    const sur_data_options *options = request->options;
    sur_table test = sur_table_empty(NULL), more = sur_table_empty(NULL);
    sur_status status;
    SUR_TRY(sur_files_read(table, &test, sums, options->data, request, err));
    if (options->test_data && *options->test_data) {
        SUR_FAIL_IF(test.rows > 0, SUR_EINVAL,
                    "%s holds test rows of its own; --test-data is one too many",
                    options->data);
        SUR_TRY(sur_text_add(sums, "test\n", err));
        SUR_TRY(sur_files_read(&test, &more, sums, options->test_data, request, err));
    }
    *test_rows = test.rows;
    if (test.rows > 0) SUR_TRY(sur_table_append(table, &test, err));
done:
    sur_table_free(&test);
    sur_table_free(&more);
    return status;
}

/* Where a path names a part of a file, the part; else "". */
static const char *part_of(const char *path, const char *file)
{
    const size_t length = strlen(file);
    return strncmp(path, file, length) == 0 ? path + length : "";
}

/* The checksum of a data set: of the files and of how they were read. */
static sur_status sum_up(sur_dataset *data, const char *files, const sur_table *table,
                         const sur_selection *s, const sur_data_options *options,
                         sur_error *err)
{
    sur_text text = {0};
    char checksum[65];
    sur_status status;
    SUR_TRY(sur_text_format(&text, err, "%starget %lld weight %lld classes %lld\n",
                            files, (long long)s->target, (long long)s->weight,
                            (long long)data->classes));
    SUR_TRY(sur_text_format(
        &text, err, "part %s\nclasses %s\nasked %s\ntranspose %d\nmissing %s\nfeatures",
        part_of(options->data, table->file), options->classes ? options->classes : "",
        table->target_asked ? options->target : "", options->transpose,
        options->missing ? options->missing : ""));
    for (sur_idx j = 0, from = -1; j <= table->cols; j++) {
        const bool used = j < table->cols && s->feature[j];
        if (used && from < 0) from = j;
        if (used || from < 0) continue;
        SUR_TRY(sur_text_format(&text, err, " %lld-%lld", (long long)from,
                                (long long)j - 1));
        from = -1;
    }
    SUR_TRY(sur_sha256_of(checksum, text.at, (size_t)text.length, err));
    sur_block_seal(data, checksum, data->imputed, data->dropped);
done:
    sur_text_free(&text);
    return status;
}

sur_status sur_read_seal(sur_dataset *data, const sur_table *table,
                         const sur_selection *selection, const char *sums,
                         const sur_data_options *options, sur_note *note,
                         sur_error *err)
{
    sur_idx shape[3];
    sur_status status;
    SUR_TRY(sum_up(data, sums, table, selection, options, err));
    if (options->image && *options->image) {
        SUR_TRY(sur_data_image(shape, options->image, data->cols, err));
        sur_block_shape(data, shape);
    }
    if (data->imputed)
        sur_note_add(note, "%lld missing cells; a model is given the train median\n",
                     (long long)data->imputed);
    if (data->dropped)
        sur_note_add(note, "%lld rows left out: no target\n", (long long)data->dropped);
done:
    return status;
}

sur_status sur_data_read(sur_dataset *out, const sur_data_options *options, char *note,
                         size_t size, sur_error *err)
{
    sur_note notes = {.text = note, .size = size};
    sur_table table = sur_table_empty(NULL);
    sur_selection selection = {0};
    sur_codes codes = {0};
    sur_data_options choice = *options; /* strings stay the caller's */
    sur_text sums = {0};
    sur_idx test_rows = 0;
    sur_status status = SUR_OK;

    *out = (sur_dataset){0};
    if (note && size) note[0] = '\0';
    SUR_FAIL_IF(!options->data || !*options->data, SUR_EINVAL,
                "no data: give a file by --data");
    SUR_TRY(sur_codes_make(&codes, options->missing, err));
    const sur_request request = {.options = options, .codes = &codes};
    SUR_TRY(read_files(&table, &test_rows, &sums, &request, err));
    if (table.target_asked) choice.target = NULL;
    SUR_TRY(sur_selection_make(&selection, &table, &choice, &notes, err));
    SUR_TRY(sur_columns_build(out, &table, test_rows, &selection,
                              (sur_task)options->task, &notes, err));
    SUR_TRY(sur_read_seal(out, &table, &selection, sums.at, options, &notes, err));
done:
    if (status != SUR_OK) sur_dataset_free(out);
    sur_table_free(&table);
    sur_selection_free(&selection);
    sur_codes_free(&codes);
    sur_text_free(&sums);
    return status;
}
