/* entries.c -- files as matrices of which all or some entries are known. */
#include "data/files.h"
#include "data/select.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sur_entries_free(sur_entries *e)
{
    if (!e) return;
    free(e->row);
    free(e->col);
    free(e->value);
    free(e->imaginary);
    free(e->names);
    *e = (sur_entries){0};
}

/* ---- triplets ---- */

/* Whether a column may hold the ids of rows: words, or whole numbers from 0. */
static bool is_ids(const sur_table *table, sur_idx column)
{
    if (table->column[column].words) return !table->column[column].words->many;
    for (sur_idx i = 0; i < table->rows; i++) {
        const double x = sur_table_get(table, i, column);
        if (!(x >= 0.0 && x < 0x1p31) || x != floor(x)) return false;
    }
    return true;
}

static bool is_triplets(const sur_table *table)
{
    return table->span[0] ||
           ((table->cols == 3 || table->cols == 4) && !table->shape[0] &&
            !table->column[2].words && is_ids(table, 0) && is_ids(table, 1));
}

/* The ids of a column as indices from 0, and how many rows (or columns) there are.
 * Words are numbered as they appear; numbers keep their order, from 1 unless one is 0.
 */
static void take_ids(sur_idx *to, sur_idx *count, const sur_table *table,
                     sur_idx column)
{
    const sur_words *words = table->column[column].words;
    sur_idx low = 1, high = 0;
    for (sur_idx i = 0; i < table->rows; i++) {
        const double x = sur_table_get(table, i, column);
        to[i] = isnan(x) ? -1 : (sur_idx)x;
        if (to[i] == 0) low = 0;
        if (to[i] > high) high = to[i];
    }
    if (words) low = 0;
    for (sur_idx i = 0; i < table->rows; i++) to[i] = to[i] < 0 ? -1 : to[i] - low;
    *count = words ? words->count : high - low + 1;
}

static sur_status add_names(sur_text *names, const sur_words *words, sur_idx count,
                            sur_error *err)
{
    for (sur_idx k = 0; k < count; k++) {
        const char *name = words ? sur_words_at(words, k) : "";
        const sur_status status =
            sur_text_bytes(names, name, (sur_idx)strlen(name) + 1, err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

static sur_status from_triplets(sur_entries *out, const sur_table *table,
                                sur_error *err)
{
    const sur_words *words[2] = {table->column[0].words, table->column[1].words};
    sur_text names = {0};
    sur_status status;
    take_ids(out->row, &out->rows, table, 0);
    take_ids(out->col, &out->cols, table, 1);
    if (table->span[0]) out->rows = table->span[0], out->cols = table->span[1];
    for (sur_idx i = 0; i < table->rows; i++) {
        const double x = sur_table_get(table, i, 2);
        if (isnan(x) || out->row[i] < 0 || out->col[i] < 0) continue;
        out->row[out->count] = out->row[i];
        out->col[out->count] = out->col[i];
        out->value[out->count++] = x;
    }
    if (words[0] || words[1]) {
        SUR_TRY(add_names(&names, words[0], out->rows, err));
        SUR_TRY(add_names(&names, words[1], out->cols, err));
        out->names = names.at;
        return SUR_OK;
    }
    return SUR_OK;
done:
    sur_text_free(&names);
    return status;
}

/* ---- dense ---- */

static void from_cells(sur_entries *out, const sur_table *table)
{
    const sur_idx step = table->complex ? 2 : 1;
    out->rows = table->rows;
    out->cols = table->matrix_cols / step;
    for (sur_idx i = 0; i < out->rows; i++) {
        for (sur_idx j = 0; j < out->cols; j++) {
            const double x = sur_table_get(table, i, j * step);
            if (isnan(x)) continue;
            out->row[out->count] = i;
            out->col[out->count] = j;
            if (out->imaginary)
                out->imaginary[out->count] = sur_table_get(table, i, j * step + 1);
            out->value[out->count++] = x;
        }
    }
}

sur_status sur_data_entries(sur_entries *out, const sur_data_options *options,
                            char *note, size_t size, sur_error *err)
{
    sur_note notes = {.text = note, .size = size};
    sur_table table = sur_table_empty(NULL), test = sur_table_empty(NULL);
    sur_codes codes = {0};
    sur_text sums = {0};
    sur_status status = SUR_OK;

    *out = (sur_entries){0};
    if (note && size) note[0] = '\0';
    SUR_FAIL_IF(!options->data || !*options->data, SUR_EINVAL,
                "no data: give a file by --data");
    SUR_TRY(sur_codes_make(&codes, options->missing, err));
    const sur_request request = {.options = options, .codes = &codes, .matrix = true};
    SUR_TRY(sur_files_read(&table, &test, &sums, options->data, &request, err));
    const bool triplets = is_triplets(&table);
    for (sur_idx j = 0; j < table.matrix_cols && !triplets; j++)
        SUR_FAIL_IF(
            table.column[j].words, SUR_EPARSE,
            "%s: column %s is text; a matrix has numbers, or three columns: row, "
            "column, value",
            table.file, sur_column_label(&table, j).text);
    const sur_idx most = triplets ? table.rows : table.rows * table.matrix_cols;
    SUR_TRY(sur_alloc(&out->row, most, sizeof *out->row, err));
    SUR_TRY(sur_alloc(&out->col, most, sizeof *out->col, err));
    SUR_TRY(sur_alloc(&out->value, most, sizeof *out->value, err));
    if (table.complex) SUR_TRY(sur_alloc(&out->imaginary, most, sizeof(double), err));
    if (triplets)
        SUR_TRY(from_triplets(out, &table, err));
    else
        from_cells(out, &table);
    SUR_FAIL_IF(out->count == 0, SUR_EPARSE, "%s: no entry is known", table.file);
    SUR_TRY(sur_sha256_of(out->checksum, sums.at, (size_t)sums.length, err));
    sur_note_add(&notes, "%s: %lld x %lld, %lld entries known%s\n", table.file,
                 (long long)out->rows, (long long)out->cols, (long long)out->count,
                 triplets && !table.span[0] ? " (columns: row, column, value)" : "");
done:
    if (status != SUR_OK) sur_entries_free(out);
    sur_table_free(&table);
    sur_table_free(&test);
    sur_codes_free(&codes);
    sur_text_free(&sums);
    return status;
}
