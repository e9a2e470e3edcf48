/* check.c -- missing codes become NaN, and NaN and infinities are refused, in tables
 * whose reader left that to us. */
#include "data/table.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- columns of numbers ---- */

static sur_status refuse(const sur_table *table, sur_idx row, sur_idx column, double x,
                         sur_error *err)
{
    return sur_fail(err, SUR_EPARSE,
                    "%s: row %lld, column %s is %s (if it means a missing value: "
                    "--missing %s)",
                    table->file, (long long)(table->given + row) + 1,
                    sur_column_label(table, column).text,
                    isnan(x) ? "nan"
                    : x > 0  ? "inf"
                             : "-inf",
                    isnan(x) ? "nan"
                    : x > 0  ? "inf"
                             : "-inf");
}

static bool is_code(const sur_table *table, const sur_codes *codes, double x)
{
    if (sur_codes_have(codes, x)) return true;
    if (table->scalar != SUR_F32) return false;
    for (sur_idx k = 0; k < codes->count; k++) /* -999.9 as a float */
        if ((double)(float)codes->number[k] == x) return true;
    return false;
}

/* Whether no number is NaN or infinite, that is has an exponent of all ones. */
static bool all_finite(const void *x, sur_scalar scalar, sur_idx count)
{
    const uint64_t exponent = (uint64_t)0x7ff << 52;
    const uint32_t narrow = (uint32_t)0xff << 23;
    unsigned bad = 0;
    for (sur_idx i = 0; i < count && scalar == SUR_F64; i++) {
        uint64_t bits;
        memcpy(&bits, (const char *)x + 8 * i, sizeof bits);
        bad |= (bits & exponent) == exponent;
    }
    for (sur_idx i = 0; i < count && scalar == SUR_F32; i++) {
        uint32_t bits;
        memcpy(&bits, (const char *)x + 4 * i, sizeof bits);
        bad |= (bits & narrow) == narrow;
    }
    return !bad;
}

static bool is_clean(const sur_table *table)
{
    if (table->rows && !all_finite(sur_table_cells(table), table->scalar,
                                   table->rows * table->matrix_cols))
        return false;
    for (sur_idx j = table->matrix_cols; j < table->cols; j++)
        if (!table->column[j].words &&
            !all_finite(table->column[j].values, SUR_F64, table->rows))
            return false;
    return true;
}

/* ---- columns of text ---- */

static bool says_not_finite(const char *text)
{
    const char *letters = text + (*text == '-' || *text == '+');
    return strcasecmp(letters, "nan") == 0 || strcasecmp(letters, "inf") == 0 ||
           strcasecmp(letters, "infinity") == 0;
}

/* The new code of each old word, by the rules that hold for cells of a text file: codes
 * are missing, numbers are themselves, nan and inf are refused. */
static sur_status recode(double *code, sur_words *fresh, bool *text,
                         const sur_table *table, sur_idx column, const sur_codes *codes,
                         sur_error *err)
{
    const sur_words *old = table->column[column].words;
    sur_status status = SUR_OK;
    for (sur_idx k = 0; k < old->count && status == SUR_OK; k++) {
        const char *word = sur_words_at(old, k);
        const sur_idx length = (sur_idx)strlen(word);
        double x;
        const char *end = sur_number_read(word, &x);
        const bool number = end && !*end && isfinite(x);
        code[k] = nan("");
        if (sur_codes_have_text(codes, word) || (number && sur_codes_have(codes, x)))
            continue;
        if (!number && (says_not_finite(word) || (end && !*end)))
            return sur_fail(
                err, SUR_EPARSE,
                "%s: column %s is %s (if it means a missing value: --missing %s)",
                table->file, sur_column_label(table, column).text,
                sur_shown(word, length).text, sur_shown(word, length).text);
        *text |= !number;
        status = number ? sur_words_add_number(fresh, x, &code[k], err)
                        : sur_words_add(fresh, word, length, &code[k], err);
    }
    return status;
}

/* A column of words that are all numbers becomes one of numbers. */
static sur_status check_text(sur_table *table, sur_idx column, const sur_codes *codes,
                             sur_error *err)
{
    sur_column *c = &table->column[column];
    sur_words fresh = {0};
    double *code = NULL;
    bool text = c->words->many;
    sur_status status;
    SUR_TRY(sur_alloc(&code, c->words->count, sizeof *code, err));
    SUR_TRY(recode(code, &fresh, &text, table, column, codes, err));
    fresh.many = c->words->many;
    memcpy(fresh.example, c->words->example, sizeof fresh.example);
    for (sur_idx i = 0; i < table->rows; i++) {
        double *x = &c->values[i];
        if (!isnan(*x)) *x = code[(sur_idx)*x];
        if (!text && !isnan(*x)) sur_number_read(sur_words_at(&fresh, (sur_idx)*x), x);
    }
    sur_words_free(c->words);
    if (text) {
        *c->words = fresh;
        fresh = (sur_words){0};
    } else {
        free(c->words);
        c->words = NULL;
    }
done:
    sur_words_free(&fresh);
    free(code);
    return status;
}

/* ---- both ---- */

sur_status sur_table_check(sur_table *table, const sur_codes *codes, sur_error *err)
{
    sur_status status = SUR_OK;
    if (table->checked) return SUR_OK;
    for (sur_idx j = table->matrix_cols; j < table->cols; j++)
        if (table->column[j].words) SUR_TRY(check_text(table, j, codes, err));
    table->complete = codes->count == 0 && is_clean(table);
    table->checked = table->complete;
    if (table->checked) return SUR_OK;
    for (sur_idx i = 0; i < table->rows; i++) {
        for (sur_idx j = 0; j < table->cols; j++) {
            if (table->column[j].words) continue;
            const double x = sur_table_get(table, i, j);
            if (isfinite(x) && codes->count == 0) continue;
            if (is_code(table, codes, x)) {
                if (table->scalar == SUR_U8)
                    SUR_TRY(sur_table_widen(table, SUR_F32, err));
                sur_table_set(table, i, j, nan(""));
            } else if (!isfinite(x)) {
                return refuse(table, i, j, x, err);
            }
        }
    }
    table->checked = true;
done:
    return status;
}
