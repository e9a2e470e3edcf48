/* label.c -- targets from a file of their own, and tables turned around. */
#include "data/files.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/block.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- labels ---- */

/* Copies cell (row, column) of labels into cell `to` of the last column of table. */
static sur_status take_label(sur_table *table, sur_idx to, const sur_table *labels,
                             sur_idx row, sur_idx column, sur_error *err)
{
    sur_column *last = &table->column[table->cols - 1];
    double x = sur_table_get(labels, row, column);
    sur_status status = SUR_OK;
    if (last->words && !isnan(x)) {
        const char *word = sur_words_at(labels->column[column].words, (sur_idx)x);
        status = sur_words_add(last->words, word, (sur_idx)strlen(word), &x, err);
    }
    last->values[to] = x;
    return status;
}

/* The cell as text: its word, or its number. buffer has 32 bytes. */
static const char *cell_text(const sur_table *table, sur_idx row, sur_idx column,
                             char *buffer)
{
    const double x = sur_table_get(table, row, column);
    if (isnan(x)) return "";
    if (table->column[column].words)
        return sur_words_at(table->column[column].words, (sur_idx)x);
    return sur_number_text(x, buffer);
}

static sur_status label_by_name(sur_table *table, const sur_table *labels,
                                const char *names, sur_error *err)
{
    char buffer[32];
    for (sur_idx i = 0; i < table->rows; i++, names += strlen(names) + 1) {
        sur_idx k = 0;
        while (k < labels->rows && strcmp(cell_text(labels, k, 0, buffer), names) != 0)
            k++;
        if (k == labels->rows)
            return sur_fail(err, SUR_EPARSE, "%s: has no label for sample \"%s\" of %s",
                            labels->file, sur_shown(names, (sur_idx)strlen(names)).text,
                            table->file);
        const sur_status status = take_label(table, i, labels, k, 1, err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

sur_status sur_table_label(sur_table *table, const sur_table *labels, const char *names,
                           sur_error *err)
{
    const bool named = names && labels->cols == 2;
    const sur_idx from = named ? 1 : 0;
    sur_status status;
    SUR_FAIL_IF(!named && (labels->cols != 1 || labels->rows != table->rows),
                SUR_ESHAPE, "%s: is %lld x %lld, not one label for each of %lld rows",
                labels->file, (long long)labels->rows, (long long)labels->cols,
                (long long)table->rows);
    const char *name = labels->column[from].name;
    SUR_TRY(sur_table_add_column(table, name ? name : "label", err));
    sur_column *last = &table->column[table->cols - 1];
    SUR_TRY(sur_alloc(&last->values, table->rows, sizeof(double), err));
    if (labels->column[from].words)
        SUR_TRY(sur_alloc(&last->words, 1, sizeof *last->words, err));
    table->target = table->cols - 1;
    if (named) {
        status = label_by_name(table, labels, names, err);
        goto done;
    }
    for (sur_idx i = 0; i < table->rows; i++)
        SUR_TRY(take_label(table, i, labels, i, 0, err));
done:
    return status;
}

/* ---- transposing ---- */

/* The first text column whose words all differ; -1: there is none. */
static sur_idx find_names(const sur_table *table)
{
    for (sur_idx j = 0; j < table->cols; j++) {
        const sur_words *words = table->column[j].words;
        if (words && !words->many && words->count == table->rows) return j;
    }
    return -1;
}

static sur_status name_features(sur_table *turned, const sur_table *table,
                                sur_error *err)
{
    const sur_idx names = find_names(table);
    for (sur_idx i = 0; i < table->rows; i++) {
        const char *name = NULL;
        if (names >= 0)
            name = sur_words_at(table->column[names].words,
                                (sur_idx)sur_table_get(table, i, names));
        const sur_status status = sur_table_add_column(turned, name, err);
        if (status != SUR_OK) return status;
    }
    turned->matrix_cols = table->rows;
    return SUR_OK;
}

sur_status sur_table_transpose(sur_table *table, sur_text *names, sur_error *err)
{
    sur_table turned = sur_table_empty(table->file);
    sur_idx rows = 0;
    sur_status status;
    for (sur_idx j = 0; j < table->cols; j++) rows += !table->column[j].words;
    SUR_FAIL_IF(rows == 0, SUR_EPARSE, "%s: --transpose finds no column of numbers",
                table->file);
    SUR_TRY(name_features(&turned, table, err));
    SUR_TRY(sur_table_reserve(&turned, rows, err));
    double *cells = sur_table_cells(&turned);
    for (sur_idx j = 0; j < table->cols; j++) {
        if (table->column[j].words) continue;
        const sur_label label = sur_column_label(table, j);
        const char *name = table->column[j].name ? table->column[j].name : label.text;
        SUR_TRY(sur_text_bytes(names, name, (sur_idx)strlen(name) + 1, err));
        for (sur_idx i = 0; i < table->rows; i++) *cells++ = sur_table_get(table, i, j);
    }
    turned.rows = rows;
    turned.checked = table->checked;
    turned.path = table->path, table->path = NULL;
    sur_table_free(table);
    *table = turned;
    return SUR_OK;
done:
    sur_table_free(&turned);
    return status;
}
