/* columns.c -- from the columns of a file to a data set, inside the memory of the
 * table.
 *
 * Rows without a target leave first. Then each row is rewritten as its features: a
 * column of numbers as it is, a text column with k words as k indicators of 0 and 1 (as
 * one for k <= 2: the second would be its complement). Rows that shrink are rewritten
 * from the first on, rows that grow from the last on, so that none overwrites one not
 * yet read. */
#include "data/columns.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "data/block.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One feature column of the file and the columns it becomes. */
typedef struct feature {
    sur_idx column, count;
    double
        *rank; /* [words] of a text column: the indicator of each word; NULL: numbers */
} feature;

typedef struct layout {
    feature *features;
    sur_idx count, cols; /* features; columns they become */
} layout;

static void free_layout(layout *l)
{
    for (sur_idx f = 0; f < l->count; f++) free(l->features[f].rank);
    free(l->features);
}

static sur_status refuse_text(const sur_table *table, sur_idx column, sur_error *err)
{
    const sur_words *words = table->column[column].words;
    const sur_label label = sur_column_label(table, column);
    if (words->numbers)
        return sur_fail(
            err, SUR_EPARSE,
            "%s:%lld: \"%s\" in column %s is not a number (if it means a missing "
            "value: --missing \"%s\")",
            table->file, (long long)words->line, words->example, label.text,
            words->example);
    return sur_fail(
        err, SUR_EINVAL,
        "%s: column %s is text with more than %d different words (\"%s\"); leave "
        "it out: --drop \"%s\"",
        table->file, label.text, SUR_MOST_INDICATORS, words->example, label.text);
}

static sur_status plan_text(feature *f, const sur_table *table, sur_note *note,
                            sur_error *err)
{
    const sur_words *words = table->column[f->column].words;
    if (words->numbers || words->many || words->count > SUR_MOST_INDICATORS)
        return refuse_text(table, f->column, err);
    const sur_status status = sur_alloc(&f->rank, words->count, sizeof *f->rank, err);
    if (status != SUR_OK) return status;
    for (sur_idx k = 0; k < words->count; k++) f->rank[words->order[k]] = (double)k;
    f->count = words->count > 2 ? words->count : 1;
    sur_note_add(note, "column %s: text with %lld words, as %lld column%s of 0 and 1\n",
                 sur_column_label(table, f->column).text, (long long)words->count,
                 (long long)f->count, f->count > 1 ? "s" : "");
    return SUR_OK;
}

static sur_status plan(layout *l, const sur_table *table,
                       const sur_selection *selection, sur_note *note, sur_error *err)
{
    sur_status status;
    SUR_TRY(sur_alloc(&l->features, selection->features, sizeof *l->features, err));
    for (sur_idx j = 0; j < table->cols; j++) {
        if (!selection->feature[j]) continue;
        feature *f = &l->features[l->count++];
        *f = (feature){.column = j, .count = 1};
        if (table->column[j].words) SUR_TRY(plan_text(f, table, note, err));
        l->cols += f->count;
    }
done:
    return status;
}

/* ---- rewriting rows ---- */

/* Removes the rows whose target is missing from everything; counts those of the test
 * part too. */
static void drop_rows(sur_table *table, double *target, double *weight,
                      sur_idx *test_rows, sur_idx *dropped)
{
    const size_t row = (size_t)table->matrix_cols * sur_scalar_size(table->scalar);
    const sur_idx train = table->rows - *test_rows;
    char *cells = sur_table_cells(table);
    sur_idx to = 0;
    for (sur_idx i = 0; i < table->rows; i++) {
        if (isnan(target[i])) {
            *test_rows -= i >= train;
            continue;
        }
        if (to < i) {
            memcpy(cells + (size_t)to * row, cells + (size_t)i * row, row);
            for (sur_idx j = table->matrix_cols; j < table->cols; j++)
                table->column[j].values[to] = table->column[j].values[i];
            target[to] = target[i];
            if (weight) weight[to] = weight[i];
        }
        to++;
    }
    *dropped = table->rows - to;
    table->rows = to;
}

/* Copies runs of neighbouring columns of numbers from one row to another. */
static bool is_run(const layout *l, const sur_table *table)
{
    for (sur_idx f = 0; f < l->count; f++)
        if (l->features[f].rank || l->features[f].column >= table->matrix_cols ||
            l->features[f].column != l->features[0].column + f)
            return false;
    return true;
}

static void put(void *cells, sur_scalar scalar, sur_idx at, double x)
{
    if (scalar == SUR_F64)
        ((double *)cells)[at] = x;
    else if (scalar == SUR_F32)
        ((float *)cells)[at] = (float)x;
    else
        ((uint8_t *)cells)[at] = (uint8_t)x;
}

static void rewrite_row(const layout *l, const sur_table *table, sur_idx i, double *row)
{
    void *cells = sur_table_cells(table);
    sur_idx at = 0;
    for (sur_idx f = 0; f < l->count; f++) {
        const feature *one = &l->features[f];
        const double x = sur_table_get(table, i, one->column);
        if (!one->rank) {
            row[at++] = x;
            continue;
        }
        const double rank = isnan(x) ? x : one->rank[(sur_idx)x];
        if (one->count == 1) /* of two words: is it the second */
            row[at++] =
                isnan(x) || table->column[one->column].words->count > 1 ? rank : 1.0;
        else
            for (sur_idx k = 0; k < one->count; k++)
                row[at++] = isnan(x) ? x : (double)(rank == (double)k);
    }
    for (sur_idx j = 0; j < l->cols; j++)
        put(cells, table->scalar, i * l->cols + j, row[j]);
}

static sur_status rewrite(const layout *l, sur_table *table, sur_error *err)
{
    const sur_idx old = table->matrix_cols,
                  size = (sur_idx)sur_scalar_size(table->scalar);
    double *row = NULL;
    sur_status status = SUR_OK;
    if (is_run(l, table)) {
        if (l->cols == old) return SUR_OK;
        char *cells = sur_table_cells(table);
        const char *from = cells + l->features[0].column * size;
        for (sur_idx i = 0; i < table->rows; i++)
            memmove(cells + i * l->cols * size, from + i * old * size,
                    (size_t)(l->cols * size));
        return SUR_OK;
    }
    SUR_TRY(sur_alloc(&row, l->cols, sizeof *row, err));
    table->matrix_cols = l->cols;
    if (l->cols > old) status = sur_table_reserve(table, table->rows, err);
    table->matrix_cols = old;
    if (status != SUR_OK) goto done;
    if (l->cols <= old)
        for (sur_idx i = 0; i < table->rows; i++) rewrite_row(l, table, i, row);
    else
        for (sur_idx i = table->rows - 1; i >= 0; i--) rewrite_row(l, table, i, row);
done:
    free(row);
    return status;
}

/* ---- names ---- */

static sur_status add_name(sur_text *names, const char *text, sur_error *err)
{
    return sur_text_bytes(names, text, (sur_idx)strlen(text) + 1, err);
}

static sur_status name_column(sur_text *names, const sur_table *table, sur_idx column,
                              sur_error *err)
{
    const char *name = table->column[column].name;
    return add_name(names, name ? name : sur_column_label(table, column).text, err);
}

static sur_status name_indicators(sur_text *names, const sur_table *table,
                                  const feature *f, sur_error *err)
{
    const sur_words *words = table->column[f->column].words;
    const sur_idx first = f->count == 1 && words->count > 1 ? 1 : 0;
    sur_status status = SUR_OK;
    for (sur_idx k = 0; k < f->count; k++) {
        const char *name = table->column[f->column].name;
        const sur_label label = sur_column_label(table, f->column);
        SUR_TRY(sur_text_add(names, name ? name : label.text, err));
        SUR_TRY(sur_text_add(names, "=", err));
        SUR_TRY(add_name(names, sur_words_at(words, words->order[first + k]), err));
    }
done:
    return status;
}

static sur_status name_all(sur_text *names, const layout *l, const sur_table *table,
                           const sur_selection *s, const sur_classes *classes,
                           sur_error *err)
{
    char number[32];
    sur_status status;
    for (sur_idx f = 0; f < l->count; f++) {
        const feature *one = &l->features[f];
        SUR_TRY(one->rank ? name_indicators(names, table, one, err)
                          : name_column(names, table, one->column, err));
    }
    SUR_TRY(name_column(names, table, s->target, err));
    SUR_TRY(s->weight < 0 ? add_name(names, "", err)
                          : name_column(names, table, s->weight, err));
    for (sur_idx k = 0; k < classes->count; k++) {
        const char *name = classes->words
                               ? sur_words_at(classes->words, classes->words->order[k])
                               : sur_number_text(classes->number[k], number);
        SUR_TRY(add_name(names, name, err));
    }
done:
    return status;
}

/* ---- all together ---- */

static sur_status take_column(double **values, const sur_table *table, sur_idx column,
                              sur_error *err)
{
    const sur_status status = sur_alloc(values, table->rows, sizeof **values, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < table->rows; i++)
        (*values)[i] = sur_table_get(table, i, column);
    return SUR_OK;
}

static sur_status take_weight(double **weight, const sur_table *table, sur_idx column,
                              sur_error *err)
{
    if (column < 0) return SUR_OK;
    if (table->column[column].words)
        return sur_fail(err, SUR_EPARSE,
                        "%s: the weight column, %s, holds text (\"%s\")", table->file,
                        sur_column_label(table, column).text,
                        table->column[column].words->example);
    const sur_status status = take_column(weight, table, column, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < table->rows; i++)
        if (isnan((*weight)[i]))
            return sur_fail(err, SUR_EPARSE, "%s: row %lld has no weight", table->file,
                            (long long)i + 1);
    return SUR_OK;
}

/* Of text columns, cells may be missing though all numbers are there. */
static bool is_complete(const layout *l, const sur_table *table)
{
    for (sur_idx f = 0; f < l->count; f++)
        if (l->features[f].rank) return false;
    return table->complete;
}

static sur_idx count_missing(const sur_dataset *data)
{
    const sur_idx cells = data->rows * data->cols;
    sur_idx missing = 0;
    if (data->scalar == SUR_F64)
        for (sur_idx i = 0; i < cells; i++)
            missing += isnan(((const double *)data->x)[i]);
    if (data->scalar == SUR_F32)
        for (sur_idx i = 0; i < cells; i++)
            missing += isnan(((const float *)data->x)[i]);
    return missing;
}

/* Columns beside the matrix are doubles, and so becomes the matrix that takes one in.
 */
static sur_status widen_for(const layout *l, sur_table *table, sur_error *err)
{
    for (sur_idx f = 0; f < l->count; f++)
        if (l->features[f].column >= table->matrix_cols)
            return sur_table_widen(table, SUR_F64, err);
    return SUR_OK;
}

sur_status sur_columns_build(sur_dataset *out, sur_table *table, sur_idx test_rows,
                             const sur_selection *selection, sur_task task,
                             sur_note *note, sur_error *err)
{
    double *target = NULL, *weight = NULL;
    sur_classes classes = {0};
    sur_text names = {0};
    layout l = {0};
    sur_idx dropped = 0;
    sur_status status;

    *out = (sur_dataset){0};
    SUR_TRY(take_column(&target, table, selection->target, err));
    SUR_TRY(take_weight(&weight, table, selection->weight, err));
    SUR_TRY(sur_classes_make(&classes, target, table, selection->target, task, err));
    SUR_TRY(plan(&l, table, selection, note, err));
    SUR_TRY(name_all(&names, &l, table, selection, &classes, err));
    SUR_TRY(widen_for(&l, table, err));
    drop_rows(table, target, weight, &test_rows, &dropped);
    const bool whole = is_run(&l, table) && l.cols == table->matrix_cols;
    SUR_TRY(rewrite(&l, table, err));

    sur_dataset of = {.rows = table->rows,
                      .cols = l.cols,
                      .scalar = table->scalar,
                      .classes = classes.count,
                      .test_rows = test_rows};
    if (whole) memcpy(of.shape, table->shape, sizeof of.shape);
    SUR_TRY(sur_block_adopt(out, &table->block, &of, weight != NULL, names.at,
                            (size_t)names.length, err));
    memcpy(sur_block_target(out), target, (size_t)of.rows * sizeof *target);
    if (weight) memcpy(sur_block_weight(out), weight, (size_t)of.rows * sizeof *weight);
    sur_block_seal(out, "", is_complete(&l, table) ? 0 : count_missing(out), dropped);
done:
    free(target);
    free(weight);
    sur_classes_free(&classes);
    sur_text_free(&names);
    free_layout(&l);
    return status;
}

sur_status sur_columns_outline(sur_dataset *out, const sur_table *table,
                               const sur_dataset *of, double *target,
                               const double *weight, const sur_selection *selection,
                               sur_task task, sur_note *note, sur_error *err)
{
    sur_classes classes = {0};
    sur_dataset known = *of;
    sur_text names = {0};
    layout l = {0};
    sur_status status;

    *out = (sur_dataset){0};
    SUR_TRY(sur_classes_make(&classes, target, table, selection->target, task, err));
    SUR_TRY(plan(&l, table, selection, note, err));
    SUR_TRY(name_all(&names, &l, table, selection, &classes, err));
    known.cols = l.cols;
    known.classes = classes.count;
    if (is_run(&l, table) && l.cols == table->matrix_cols)
        memcpy(known.shape, table->shape, sizeof known.shape);
    SUR_TRY(sur_block_new(out, &known, weight != NULL, names.at, (size_t)names.length,
                          err));
    memcpy(sur_block_target(out), target, (size_t)of->rows * sizeof *target);
    if (weight)
        memcpy(sur_block_weight(out), weight, (size_t)of->rows * sizeof *weight);
done:
    sur_classes_free(&classes);
    sur_text_free(&names);
    free_layout(&l);
    return status;
}
