/* table.c -- columns and cells of a file as its reader leaves them. */
#include "data/table.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/block.h"
#include "data/source.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

sur_table sur_table_empty(const char *file)
{
    return (sur_table){.file = file, .scalar = SUR_F64, .target = -1, .weight = -1};
}

void sur_table_free(sur_table *table)
{
    for (sur_idx j = 0; j < table->cols; j++) {
        free(table->column[j].name);
        free(table->column[j].values);
        sur_words_free(table->column[j].words);
        free(table->column[j].words);
    }
    free(table->column);
    free(table->block);
    free(table->path);
    *table = sur_table_empty(NULL);
}

/* Behind the matrix there is room for what a data set has there (block.h), so that it
 * need not move again. */
sur_status sur_table_reserve(sur_table *table, sur_idx rows, sur_error *err)
{
    const double bytes = (double)rows * (double)table->matrix_cols *
                         (double)sur_scalar_size(table->scalar);
    if (!(bytes < 0x1p58))
        return sur_fail(err, SUR_ENOMEM,
                        "%s: %lld x %lld numbers do not fit into memory", table->file,
                        (long long)rows, (long long)table->matrix_cols);
    const sur_idx need =
        SUR_HEAD + rows * table->matrix_cols * (sur_idx)sur_scalar_size(table->scalar);
    if (need <= table->capacity) return SUR_OK;
    const sur_idx behind =
        table->outlet || !table->matrix_cols ? 0 : 2 * rows * (sur_idx)sizeof(double);
    const sur_status status = sur_resize(&table->block, need + behind, 1, err);
    if (status != SUR_OK) return status;
    table->capacity = need;
    sur_alloc_dense(table->block, need + behind);
    return SUR_OK;
}

sur_idx sur_table_step(const sur_table *table, sur_idx rows, sur_idx together)
{
    const sur_idx row = table->matrix_cols * (sur_idx)sur_scalar_size(table->scalar);
    if (!table->outlet || row == 0) return rows;
    sur_idx step = SUR_BLOCK_BYTES / row + 1;
    step = together > step ? together : step / together * together;
    return step < rows ? step : rows;
}

sur_status sur_table_give(sur_table *table, sur_idx count, sur_error *err)
{
    if (!table->outlet || count == 0) return SUR_OK;
    const sur_status status =
        table->outlet->take(table->outlet->payload, table, count, err);
    if (status == SUR_OK) table->given += count;
    return status;
}

sur_status sur_table_add_column(sur_table *table, const char *name, sur_error *err)
{
    sur_status status = SUR_OK;
    if (table->cols == table->column_capacity) {
        const sur_idx more = 2 * table->column_capacity + 16;
        status = sur_resize(&table->column, more, sizeof *table->column, err);
        if (status != SUR_OK) return status;
        table->column_capacity = more;
    }
    table->column[table->cols] = (sur_column){0};
    if (name && *name)
        status = sur_copy_text(&table->column[table->cols].name, name, err);
    if (status == SUR_OK) table->cols++;
    return status;
}

sur_status sur_table_add_matrix(sur_table *table, sur_idx cols,
                                const struct sur_source *source, sur_error *err)
{
    const int64_t file = source->size >= 0 ? source->size : SUR_PIPED_COLUMNS;
    if (cols > SUR_MOST_COLUMNS || (cols > SUR_FREE_COLUMNS && cols > file))
        return sur_fail(
            err, SUR_EPARSE,
            "%s: %lld columns are more than such a file is believed to have",
            table->file, (long long)cols);
    const sur_idx all = table->cols + cols;
    if (all > table->column_capacity) {
        const sur_status status =
            sur_resize(&table->column, all + 2, sizeof *table->column, err);
        if (status != SUR_OK) return status;
        table->column_capacity = all + 2;
    }
    for (; table->cols < all; table->cols++)
        table->column[table->cols] = (sur_column){0};
    table->matrix_cols = all;
    return SUR_OK;
}

void *sur_table_cells(const sur_table *table)
{
    return table->block ? (char *)table->block + SUR_HEAD : NULL; /* no columns */
}

double sur_table_get(const sur_table *table, sur_idx row, sur_idx column)
{
    if (table->column[column].values) return table->column[column].values[row];
    const sur_idx at = row * table->matrix_cols + column;
    const void *cells = sur_table_cells(table);
    return table->scalar == SUR_F64   ? ((const double *)cells)[at]
           : table->scalar == SUR_F32 ? (double)((const float *)cells)[at]
                                      : (double)((const uint8_t *)cells)[at];
}

void sur_table_set(sur_table *table, sur_idx row, sur_idx column, double value)
{
    if (table->column[column].values) {
        table->column[column].values[row] = value;
        return;
    }
    const sur_idx at = row * table->matrix_cols + column;
    void *cells = sur_table_cells(table);
    if (table->scalar == SUR_F64)
        ((double *)cells)[at] = value;
    else if (table->scalar == SUR_F32)
        ((float *)cells)[at] = (float)value;
    else
        ((uint8_t *)cells)[at] = (uint8_t)value;
}

/* In place, from the last cell down: a wider cell never reaches one not yet read. */
sur_status sur_table_widen(sur_table *table, sur_scalar scalar, sur_error *err)
{
    const sur_scalar old = table->scalar;
    if (sur_scalar_size(scalar) <= sur_scalar_size(old)) return SUR_OK;
    table->scalar = scalar;
    const sur_status status = sur_table_reserve(table, table->rows, err);
    if (status != SUR_OK) {
        table->scalar = old;
        return status;
    }
    char *cells = sur_table_cells(table);
    for (sur_idx i = table->rows * table->matrix_cols - 1; i >= 0; i--) {
        const double x = old == SUR_F32 ? (double)((float *)(void *)cells)[i]
                                        : (double)(uint8_t)cells[i];
        const float narrow = (float)x;
        if (scalar == SUR_F64)
            memcpy(cells + 8 * i, &x, sizeof x);
        else
            memcpy(cells + 4 * i, &narrow, sizeof narrow);
    }
    return SUR_OK;
}

/* ---- names ---- */

sur_label sur_shown(const char *text, sur_idx length)
{
    sur_label shown;
    const sur_idx room = (sur_idx)sizeof shown.text - 4;
    sur_idx n = length < room ? length : room;
    while (length > room && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) n--;
    for (sur_idx i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)text[i];
        shown.text[i] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
    }
    snprintf(shown.text + n, sizeof shown.text - (size_t)n, "%s",
             length > room ? "..." : "");
    return shown;
}

sur_label sur_column_label(const sur_table *table, sur_idx column)
{
    const char *name = table->column[column].name;
    sur_label label;
    if (name) return sur_shown(name, (sur_idx)strlen(name));
    snprintf(label.text, sizeof label.text, "x%lld", (long long)column + 1);
    return label;
}

/* ---- two tables, one below the other ---- */

static sur_status check_same_columns(const sur_table *table, const sur_table *more,
                                     sur_error *err)
{
    if (table->cols != more->cols || table->matrix_cols != more->matrix_cols)
        return sur_fail(err, SUR_ESHAPE, "%s has %lld columns, %s has %lld", more->file,
                        (long long)more->cols, table->file, (long long)table->cols);
    for (sur_idx j = 0; j < table->cols; j++) {
        const char *a = table->column[j].name, *b = more->column[j].name;
        if (!table->column[j].words != !more->column[j].words)
            return sur_fail(err, SUR_ESHAPE, "column %s: %s in %s, %s in %s",
                            sur_column_label(table, j).text,
                            table->column[j].words ? "text" : "numbers", table->file,
                            more->column[j].words ? "text" : "numbers", more->file);
        if (a && b && strcmp(a, b) != 0)
            return sur_fail(err, SUR_ESHAPE,
                            "column %lld is \"%s\" in %s and \"%s\" in %s",
                            (long long)j + 1, sur_column_label(table, j).text,
                            table->file, sur_column_label(more, j).text, more->file);
    }
    return SUR_OK;
}

/* Gives the cells of a text column the codes that their words have in `words`. */
static sur_status recode(sur_table *more, sur_idx column, sur_words *words,
                         sur_error *err)
{
    const sur_words *own = more->column[column].words;
    double *code = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&code, own->count, sizeof *code, err));
    for (sur_idx i = 0; i < own->count; i++) {
        const char *word = sur_words_at(own, i);
        SUR_TRY(sur_words_add(words, word, (sur_idx)strlen(word), &code[i], err));
    }
    for (sur_idx i = 0; i < more->rows; i++) {
        const double x = sur_table_get(more, i, column);
        if (!isnan(x)) sur_table_set(more, i, column, code[(sur_idx)x]);
    }
    words->many |= own->many;
    words->numbers |= own->numbers;
done:
    free(code);
    return status;
}

sur_status sur_table_append(sur_table *table, sur_table *more, sur_error *err)
{
    const sur_scalar wider =
        sur_scalar_size(table->scalar) > sur_scalar_size(more->scalar) ? table->scalar
                                                                       : more->scalar;
    const sur_idx rows = table->rows + more->rows;
    sur_status status;

    SUR_TRY(check_same_columns(table, more, err));
    SUR_TRY(sur_table_widen(table, wider, err));
    SUR_TRY(sur_table_widen(more, wider, err));
    for (sur_idx j = 0; j < table->cols; j++) {
        const sur_column *a = &table->column[j], *b = &more->column[j];
        if (b->words) SUR_TRY(recode(more, j, a->words, err));
    }
    SUR_TRY(sur_table_reserve(table, rows, err));
    const size_t row = (size_t)table->matrix_cols * sur_scalar_size(wider);
    if (more->matrix_cols)
        memcpy((char *)sur_table_cells(table) + (size_t)table->rows * row,
               sur_table_cells(more), (size_t)more->rows * row);
    for (sur_idx j = table->matrix_cols; j < table->cols; j++) {
        SUR_TRY(sur_resize(&table->column[j].values, rows, sizeof(double), err));
        memcpy(table->column[j].values + table->rows, more->column[j].values,
               (size_t)more->rows * sizeof(double));
    }
    table->rows = rows;
    table->complete = table->complete && more->complete;
done:
    return status;
}
