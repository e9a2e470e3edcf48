/* sparse.c -- libsvm data sets that are never laid out: opened and written entry by
 * entry. */
#include "data/sparse.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "data/columns.h"
#include "data/files.h"
#include "data/read.h"
#include "data/write.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sur_sparse_free(sur_sparse *s)
{
    free(s->start);
    free(s->index);
    free(s->value);
    free(s->target);
    *s = (sur_sparse){0};
}

/* ---- opening ---- */

static bool is_given(const char *text) { return text && *text; }

/* Nothing that changes which column is what. */
static bool is_plain(const sur_data_options *o)
{
    return is_given(o->data) && strcmp(o->data, "-") != 0 && !o->transpose &&
           !is_given(o->target) && !is_given(o->weight) && !is_given(o->columns) &&
           !is_given(o->drop) && !is_given(o->missing) && !is_given(o->labels) &&
           !is_given(o->test_data) && !is_given(o->classes) && !is_given(o->image);
}

/* A table that has the columns of the file and none of its cells. */
static sur_status outline(sur_dataset *about, sur_table *table, const sur_sparse *s,
                          const sur_source *source, const sur_data_options *options,
                          sur_note *note, const char *sums, sur_error *err)
{
    const sur_dataset of = {.rows = s->rows,
                            .scalar = s->scalar,
                            .file = {source->size > 0 ? source->size : 1}};
    sur_selection selection = {0};
    double *classed = NULL;
    sur_status status;
    SUR_TRY(sur_table_add_matrix(table, s->cols, source, err));
    SUR_TRY(sur_table_add_column(table, "target", err));
    table->rows = s->rows;
    table->target = s->cols;
    table->column[s->cols].values = s->target;
    SUR_TRY(sur_alloc(&selection.feature, table->cols, sizeof(bool), err));
    for (sur_idx j = 0; j < s->cols; j++) selection.feature[j] = true;
    selection.features = selection.target = s->cols;
    selection.weight = -1;
    sur_note_add(note, "target: column %lld, target (by its name)\n",
                 (long long)s->cols + 1);
    SUR_TRY(sur_alloc(&classed, s->rows, sizeof *classed, err));
    memcpy(classed, s->target, (size_t)s->rows * sizeof *classed);
    SUR_TRY(sur_columns_outline(about, table, &of, classed, NULL, &selection,
                                (sur_task)options->task, note, err));
    SUR_TRY(sur_read_seal(about, table, &selection, sums, options, note, err));
done:
    if (table->cols > s->cols) table->column[s->cols].values = NULL; /* the sparse's */
    free(classed);
    sur_selection_free(&selection);
    return status;
}

sur_status sur_sparse_open(sur_sparse *out, sur_dataset *about, bool *is,
                           const sur_data_options *options, char *note, size_t size,
                           sur_error *err)
{
    sur_note notes = {.text = note, .size = size};
    sur_table table = sur_table_empty(options->data);
    const sur_format *format;
    sur_source source;
    char sums[66] = "";
    int64_t bytes;
    sur_status status;
    *is = false;
    *out = (sur_sparse){0};
    *about = (sur_dataset){0};
    if (!is_plain(options)) return SUR_OK;
    status = sur_files_size(&bytes, options->data, err);
    if (status != SUR_OK || bytes < 0) return status;
    status = sur_source_open(&source, options->data, NULL);
    if (status == SUR_OK) status = sur_source_enter_tar(&source, NULL);
    if (status == SUR_OK) status = sur_format_find(&format, &source, NULL);
    if (status != SUR_OK || format != &sur_format_libsvm) { /* not ours to say why */
        sur_source_close(&source);
        return status == SUR_ENOMEM ? sur_fail(err, status, "no memory to open a file")
                                    : SUR_OK;
    }
    if (note && size) note[0] = '\0';
    SUR_TRY(sur_sparse_read(out, &source, err));
    SUR_TRY(sur_source_leave_tar(&source, err));
    SUR_TRY(sur_source_checksum(&source, sums, err));
    SUR_TRY(sur_source_unchanged(&source, err));
    sums[64] = '\n';
    SUR_TRY(outline(about, &table, out, &source, options, &notes, sums, err));
    *is = true;
done:
    sur_source_close(&source);
    sur_table_free(&table);
    if (status != SUR_OK) {
        sur_dataset_free(about);
        sur_sparse_free(out);
    }
    return status;
}

/* ---- writing ---- */

sur_status sur_sparse_write(const char *path, const sur_sparse *s,
                            const sur_dataset *about, sur_error *err)
{
    const char **classes = NULL;
    char text[32];
    sur_status status;
    FILE *file = NULL;
    SUR_TRY(sur_libsvm_classes(&classes, about, path, err));
    file = fopen(path, "w");
    SUR_FAIL_IF(!file, SUR_EWRITE, "%s: %s", path, strerror(errno));
    for (sur_idx i = 0; i < s->rows && !ferror(file); i++) {
        fputs(about->classes ? classes[(sur_idx)about->target[i]]
                             : sur_number_text(about->target[i], text),
              file);
        sur_idx last = -1; /* the last column of the first row keeps the width */
        for (sur_idx k = s->start[i]; k < s->start[i + 1]; k++) {
            const sur_idx j = s->index[k] - s->first;
            const bool zero = s->value[k] == 0.0 && !signbit(s->value[k]);
            if (zero && !(i == 0 && j == s->cols - 1)) continue;
            fprintf(file, " %lld:%s", (long long)j + 1,
                    sur_number_text(s->value[k], text));
            last = j;
        }
        if (i == 0 && last < s->cols - 1) fprintf(file, " %lld:0", (long long)s->cols);
        putc('\n', file);
    }
    status = sur_write_end(&file, path, err);
done:
    if (file) fclose(file);
    free(classes);
    return status;
}
