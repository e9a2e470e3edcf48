/* read.c -- from the data options to a data set: open, find the format, read, choose
 * columns, lay out, sum. */
#include "data/block.h"
#include "data/columns.h"
#include "data/reader.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Reads one file. checksum is that of its bytes. */
static sur_status read_file(sur_table *table, sur_table *test, char checksum[65],
                            const char *path, const sur_codes *codes, sur_error *err)
{
    const sur_format *format;
    sur_source source;
    sur_status status;
    SUR_TRY(sur_source_open(&source, path, err));
    table->file = test->file = source.name;
    SUR_TRY(sur_format_find(&format, &source, err));
    SUR_TRY(format->read(table, test, &source, codes, err));
    SUR_TRY(sur_source_checksum(&source, checksum, err));
    SUR_TRY(sur_table_check(table, codes, err));
    SUR_TRY(sur_table_check(test, codes, err));
done:
    sur_source_close(&source);
    return status;
}

/* All rows of --data and --test-data in one table; the last test_rows are for testing.
 */
static sur_status read_files(sur_table *table, sur_idx *test_rows, char checksum[2][65],
                             const sur_data_options *options, const sur_codes *codes,
                             sur_error *err)
{
    sur_table test = sur_table_empty(NULL), more = sur_table_empty(NULL);
    sur_status status;
    checksum[1][0] = '\0';
    SUR_TRY(read_file(table, &test, checksum[0], options->data, codes, err));
    if (options->test_data && *options->test_data) {
        SUR_FAIL_IF(test.rows > 0, SUR_EINVAL,
                    "%s holds test rows of its own; --test-data is one too many",
                    options->data);
        SUR_TRY(read_file(&test, &more, checksum[1], options->test_data, codes, err));
    }
    *test_rows = test.rows;
    if (test.rows > 0) SUR_TRY(sur_table_append(table, &test, err));
done:
    sur_table_free(&test);
    sur_table_free(&more);
    return status;
}

/* The checksum of a data set: of the files and of how they were read. */
static sur_status sum_up(sur_dataset *data, char files[2][65], const sur_table *table,
                         const sur_selection *s, const sur_data_options *options,
                         sur_error *err)
{
    sur_text text = {0};
    char checksum[65];
    sur_status status;
    SUR_TRY(sur_text_format(&text, err,
                            "%s\n%s\ntarget %lld weight %lld classes %lld\n", files[0],
                            files[1], (long long)s->target, (long long)s->weight,
                            (long long)data->classes));
    SUR_TRY(sur_text_format(&text, err, "missing %s\nfeatures",
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

sur_status sur_data_read(sur_dataset *out, const sur_data_options *options, char *note,
                         size_t size, sur_error *err)
{
    sur_note notes = {.text = note, .size = size};
    sur_table table = sur_table_empty(NULL);
    sur_selection selection = {0};
    sur_codes codes = {0};
    char checksum[2][65];
    sur_idx test_rows = 0;
    sur_status status = SUR_OK;

    *out = (sur_dataset){0};
    if (note && size) note[0] = '\0';
    SUR_FAIL_IF(!options->data || !*options->data, SUR_EINVAL,
                "no data: give a file by --data");
    SUR_TRY(sur_codes_make(&codes, options->missing, err));
    SUR_TRY(read_files(&table, &test_rows, checksum, options, &codes, err));
    SUR_TRY(sur_selection_make(&selection, &table, options, &notes, err));
    SUR_TRY(sur_columns_build(out, &table, test_rows, &selection,
                              (sur_task)options->task, &notes, err));
    SUR_TRY(sum_up(out, checksum, &table, &selection, options, err));
    if (out->imputed)
        sur_note_add(&notes, "%lld missing cells, filled in by the train median\n",
                     (long long)out->imputed);
    if (out->dropped)
        sur_note_add(&notes, "%lld rows left out: no target\n",
                     (long long)out->dropped);
done:
    if (status != SUR_OK) sur_dataset_free(out);
    sur_table_free(&table);
    sur_selection_free(&selection);
    sur_codes_free(&codes);
    return status;
}
