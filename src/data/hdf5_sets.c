/* hdf5_sets.c -- data sets of an HDF5 file as columns: side by side or below each other
 * as the matrix, one value a row beside it, and the names that go with them. */
#include "data/hdf5.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "data/block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- paths ---- */

/* "a/b" of "a/b/c"; "" of "c". */
sur_status sur_h5_join(sur_text *path, const char *group, const char *name,
                       sur_error *err)
{
    path->length = 0;
    const size_t length = strlen(group);
    const bool slash = length && group[length - 1] != '/' && *name;
    return sur_text_format(path, err, "%s%s%s", group, slash ? "/" : "", name);
}

/* A name beside the set `path` in its group. */
static sur_status beside(sur_text *out, const char *path, const char *name,
                         sur_error *err)
{
    const char *slash = strrchr(path, '/');
    out->length = 0;
    if (!slash) return sur_text_add(out, name, err);
    return sur_text_format(out, err, "%.*s/%s", (int)(slash - path), path, name);
}

sur_status sur_h5_open_part(sur_h5_set *set, const sur_h5_reading *r, const char *path,
                            sur_error *err)
{
    sur_status status = sur_h5_set_open(set, &r->h5, path, err);
    if (status == SUR_OK && (r->first > 0 || r->last >= 0))
        status = sur_h5_set_slice(set, &r->h5, r->first, r->last, err);
    return status;
}

/* ---- names of columns ---- */

typedef struct name_sink {
    sur_table *table;
    sur_idx first, count, repeats; /* columns first + k * count + i get name i */
} name_sink;

static sur_status set_name(void *payload, sur_idx i, const char *text, sur_idx length,
                           sur_error *err)
{
    const name_sink *to = payload;
    for (sur_idx k = 0; k < to->repeats && length; k++) {
        char **name = &to->table->column[to->first + k * to->count + i].name;
        sur_text more = {0};
        sur_status status = to->repeats == 1 ? sur_text_add(&more, text, err)
                                             : sur_text_format(&more, err, "%s.%lld",
                                                               text, (long long)k + 1);
        if (status != SUR_OK) return status;
        free(*name);
        *name = more.at;
    }
    return SUR_OK;
}

/* Names the columns of a set, of which the first is `at`, by a set of text beside it.
 */
static sur_status name_columns(sur_table *table, sur_idx at, const sur_h5_set *set,
                               const sur_h5_reading *r, sur_error *err)
{
    static const char *const names[] = {"columns", "feature_names", "labels", "names"};
    const sur_idx last = set->dims > 1 ? set->shape[set->dims - 1] : 1;
    sur_h5_set texts = {.id = H5I_INVALID_HID, .type = H5I_INVALID_HID};
    sur_text path = {0};
    sur_status status = SUR_OK;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        SUR_TRY(beside(&path, set->path, names[k], err));
        if (sur_h5_kind_of(&r->h5, path.at) != H5I_DATASET) continue;
        sur_h5_set_close(&texts);
        if (sur_h5_set_open(&texts, &r->h5, path.at, NULL) != SUR_OK) continue;
        if (texts.kind != SUR_H5_TEXT || texts.dims != 1 || texts.rows != last)
            continue;
        name_sink to = {table, at, last, set->cols / last};
        SUR_TRY(sur_h5_texts(set_name, &to, &texts, NULL, &r->h5, err));
        break;
    }
done:
    sur_h5_set_close(&texts);
    sur_text_free(&path);
    return status;
}

/* ---- features ---- */

static sur_status check_numbers(const sur_h5_set *set, const sur_h5_reading *r,
                                sur_error *err)
{
    if (set->kind == SUR_H5_NUMBERS) return SUR_OK;
    return sur_fail(err, SUR_EPARSE, "%s: %s holds %s, not numbers", r->h5.source->name,
                    set->shown.text,
                    set->kind == SUR_H5_TEXT ? "text" : "a table of its own");
}

/* The columns of sets put side by side (below each other if `stacked`). */
static sur_status plan_matrix(sur_table *table, const sur_h5_set *sets, sur_idx count,
                              bool stacked, const sur_h5_reading *r, sur_error *err)
{
    sur_idx rows = 0, cols = 0, at = 0;
    sur_status status;
    table->scalar = SUR_U8;
    for (sur_idx k = 0; k < count; k++) {
        const sur_h5_set *set = &sets[k];
        SUR_TRY(check_numbers(set, r, err));
        if (sur_scalar_size(set->scalar) > sur_scalar_size(table->scalar))
            table->scalar = set->scalar;
        SUR_FAIL_IF(k && (stacked ? set->cols != cols : set->rows != rows), SUR_EPARSE,
                    "%s: %s has %lld %s, %s has %lld", r->h5.source->name,
                    set->shown.text, (long long)(stacked ? set->cols : set->rows),
                    stacked ? "numbers a row" : "rows", sets[0].shown.text,
                    (long long)(stacked ? cols : rows));
        rows = stacked || k == 0 ? rows + set->rows : rows;
        cols = stacked ? set->cols : cols + set->cols;
    }
    SUR_TRY(sur_table_add_matrix(table, cols, r->h5.source, err));
    for (sur_idx k = 0; k < count && !(stacked && k); k++) {
        SUR_TRY(name_columns(table, at, &sets[k], r, err));
        at += sets[k].cols;
    }
    table->rows = rows;
    if (count == 1 || stacked) memcpy(table->shape, sets[0].image, sizeof table->shape);
done:
    return status;
}

/* Rows first .. + rows of one set into the block. */
static sur_status read_rows(sur_table *table, const sur_h5_set *set, sur_idx first,
                            sur_idx rows, sur_idx row, sur_idx at,
                            const sur_h5_reading *r, sur_error *err)
{
    sur_h5_set part = *set;
    part.first += first;
    part.rows = rows;
    if (set->kind == SUR_H5_TABLE)
        return sur_h5_table_rows(table, row, &part, &r->h5, err);
    return sur_h5_numbers(sur_table_cells(table), table->scalar, row,
                          table->matrix_cols, at, &part, &r->h5, err);
}

static sur_status pour(const sur_h5_matrix *m, const sur_h5_reading *r, sur_error *err)
{
    sur_table *table = m->table;
    sur_idx together = 1, row = 0;
    sur_status status;
    for (sur_idx k = 0; k < m->count; k++)
        if (m->sets[k].chunk > together) together = m->sets[k].chunk;
    const sur_idx step = sur_table_step(table, table->rows, together);
    SUR_TRY(sur_table_reserve(table, step, err));
    for (sur_idx k = 0; k < m->count && (m->stacked || k == 0); k++)
        for (sur_idx i = 0, n; i < m->sets[k].rows; i += n, row += n) {
            n = m->sets[k].rows - i < step ? m->sets[k].rows - i : step;
            sur_idx at = 0;
            for (sur_idx s = k; s < (m->stacked ? k + 1 : m->count); s++) {
                SUR_TRY(read_rows(table, &m->sets[s], i, n, row - table->given, at, r,
                                  err));
                at += m->sets[s].cols;
            }
            SUR_TRY(sur_table_give(table, n, err));
        }
done:
    return status;
}

sur_status sur_h5_pour(sur_h5_reading *r, sur_error *err)
{
    sur_status status = SUR_OK;
    for (int k = 0; k < 2; k++)
        if (r->matrix[k].table && r->matrix[k].table->matrix_cols)
            SUR_TRY(pour(&r->matrix[k], r, err));
done:
    return status;
}

void sur_h5_reading_close(sur_h5_reading *r)
{
    for (int m = 0; m < 2; m++) {
        sur_h5_matrix *one = &r->matrix[m];
        for (sur_idx k = 0; k < one->count && one->sets; k++)
            sur_h5_set_close(&one->sets[k]);
        free(one->sets);
    }
    sur_h5_close(&r->h5);
}

/* ---- columns beside ---- */

static sur_status add_column(sur_table *table, const sur_h5_set *set, const char *name,
                             const sur_h5_reading *r, sur_error *err)
{
    sur_status status;
    if (table->rows == 0) table->rows = set->rows;
    SUR_FAIL_IF(set->kind == SUR_H5_TABLE || set->cols != 1 || set->rows != table->rows,
                SUR_EPARSE,
                "%s: %s is %lld x %lld, not one value for each of %lld rows",
                r->h5.source->name, set->shown.text, (long long)set->rows,
                (long long)set->cols, (long long)table->rows);
    SUR_TRY(sur_table_add_column(table, name, err));
    sur_column *column = &table->column[table->cols - 1];
    SUR_TRY(sur_alloc(&column->values, set->rows, sizeof(double), err));
    if (set->kind == SUR_H5_TEXT) {
        SUR_TRY(sur_alloc(&column->words, 1, sizeof *column->words, err));
        SUR_TRY(sur_h5_words(column->values, column->words, set, NULL, &r->h5, err));
    } else {
        SUR_TRY(sur_h5_numbers(column->values, SUR_F64, 0, 1, 0, set, &r->h5, err));
    }
done:
    return status;
}

sur_status sur_h5_add_path(sur_table *table, const char *path, const char *name,
                           const sur_h5_reading *r, sur_error *err)
{
    sur_h5_set set;
    sur_status status = sur_h5_open_part(&set, r, path, err);
    if (status == SUR_OK) status = add_column(table, &set, name, r, err);
    sur_h5_set_close(&set);
    return status;
}

/* --target as a data set: "/group/y", "FILE:/group/y", or one beside the features. */
static sur_status add_target(sur_table *table, const char *features,
                             const sur_h5_reading *r, sur_error *err)
{
    const char *asked = r->request->options->target, *file = r->h5.source->path;
    const size_t length = strlen(file);
    sur_text path = {0};
    sur_status status = SUR_OK;
    if (!asked || !*asked) return SUR_OK;
    if (strncmp(asked, file, length) == 0 && asked[length] == ':')
        asked += length + 1;
    else if (strstr(asked, ":/"))
        return sur_fail(err, SUR_EINVAL,
                        "--target %s lies in another file than the data, %s",
                        sur_shown(asked, (sur_idx)strlen(asked)).text, file);
    if (*asked == '/')
        SUR_TRY(sur_text_add(&path, asked, err));
    else
        SUR_TRY(beside(&path, features, asked, err));
    if (*asked != '/' && sur_h5_kind_of(&r->h5, path.at) != H5I_DATASET) goto done;
    for (sur_idx j = 0; j < table->cols && *asked != '/'; j++)
        if (table->column[j].name && strcmp(table->column[j].name, asked) == 0)
            goto done; /* read already */
    const char *slash = strrchr(path.at, '/');
    table->target = table->cols;
    table->target_asked = true;
    status = sur_h5_add_path(table, path.at, slash ? slash + 1 : path.at, r, err);
done:
    sur_text_free(&path);
    return status;
}

/* ---- a list of data sets ---- */

sur_status sur_h5_add_sets(sur_table *table, char **paths, sur_idx count, bool stacked,
                           sur_h5_reading *r, sur_error *err)
{
    sur_h5_matrix *m = &r->matrix[r->matrix[0].table != NULL];
    sur_status status;
    SUR_FAIL_IF(m->table, SUR_EPARSE, "%s: holds test rows twice", r->h5.source->name);
    SUR_TRY(sur_alloc(&m->sets, count, sizeof *m->sets, err));
    m->table = table, m->stacked = stacked;
    while (m->count < count) {
        m->count++;
        SUR_TRY(sur_h5_open_part(&m->sets[m->count - 1], r, paths[m->count - 1], err));
    }
    if (count == 1 && m->sets[0].kind == SUR_H5_TABLE)
        SUR_TRY(sur_h5_table(table, &m->sets[0], &r->h5, err));
    else
        SUR_TRY(plan_matrix(table, m->sets, count, stacked, r, err));
    if (!stacked) SUR_TRY(add_target(table, paths[0], r, err));
done:
    return status;
}
