/* input.c -- the files of a recovery: entries of a matrix, or readings and matrices.
 *
 * Entries come as lines (row, column, value, anything more is ignored), whose rows and
 * columns may be named by any numbers or words, or as a matrix with gaps. They are
 * sorted, repeats averaged, and those that --test-data asks for taken out. */
#include "experiments/recover/problem.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/try.h"
#include "data/files.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char magic[8] = "surREC1";

typedef struct triplet {
    double row, col, value; /* names, then numbers, of row and column */
} triplet;

typedef struct triplets {
    triplet *at;
    sur_idx count;
    sur_idx span[2]; /* rows and columns 1 .. span are there, filled or not */
} triplets;

static void say(char *note, size_t size, const char *fmt, ...) SUR_PRINTF(3, 4);
static void say(char *note, size_t size, const char *fmt, ...)
{
    const size_t used = note && size ? strlen(note) : size;
    va_list args;
    if (used >= size) return;
    va_start(args, fmt);
    vsnprintf(note + used, size - used, fmt, args);
    va_end(args);
}

/* ---- reading tables ---- */

static sur_status read_table(sur_table *table, sur_text *sums, const char *path,
                             const char *missing, sur_error *err)
{
    sur_data_options options = {.data = (char *)path, .samples = SUR_UNSET};
    sur_table test = sur_table_empty(NULL);
    sur_codes codes = {0};
    sur_text list = {0};
    sur_status status;

    SUR_TRY(sur_text_format(&list, err, "nan,NaN,NA,?%s%s", missing ? "," : "",
                            missing ? missing : ""));
    SUR_TRY(sur_codes_make(&codes, list.at, err));
    const sur_request request = {.options = &options, .codes = &codes, .matrix = true};
    SUR_TRY(sur_files_read(table, &test, sums, path, &request, err));
    SUR_TRY(sur_table_check(table, &codes, err));
done:
    table->file = path;
    sur_table_free(&test);
    sur_codes_free(&codes);
    sur_text_free(&list);
    return status;
}

static bool is_whole(const sur_table *t, sur_idx column)
{
    if (t->column && t->column[column].words) return true;
    for (sur_idx i = 0; i < t->rows; i++) {
        const double x = sur_table_get(t, i, column);
        if (!(x >= 0.0) || x != floor(x)) return false;
    }
    return true;
}

static bool looks_like_triplets(const sur_table *t)
{
    return (t->cols == 3 || t->cols == 4) && t->rows > 3 && is_whole(t, 0) &&
           is_whole(t, 1);
}

static sur_status lines_to_triplets(triplets *out, const sur_table *t, sur_error *err)
{
    sur_status status = SUR_OK;
    SUR_FAIL_IF(t->cols < 3, SUR_EPARSE,
                "%s: entries need three columns (row, column, value), not %lld",
                t->file, (long long)t->cols);
    SUR_FAIL_IF(t->column && t->column[2].words, SUR_EPARSE,
                "%s: the third column, the values, holds words", t->file);
    SUR_TRY(sur_alloc(&out->at, t->rows, sizeof *out->at, err));
    for (sur_idx i = 0; i < t->rows; i++) {
        const triplet e = {sur_table_get(t, i, 0), sur_table_get(t, i, 1),
                           sur_table_get(t, i, 2)};
        SUR_FAIL_IF(isnan(e.row) || isnan(e.col), SUR_EPARSE,
                    "%s: entry %lld has no row or column", t->file, (long long)i + 1);
        SUR_FAIL_IF(isnan(e.value), SUR_EPARSE, "%s: entry %lld has no value", t->file,
                    (long long)i + 1);
        out->at[out->count++] = e;
    }
    for (int side = 0; side < 2; side++) /* believed only as far as names go */
        if (t->span[side] <= SUR_MOST_NAMES) out->span[side] = t->span[side];
done:
    return status;
}

static sur_status matrix_to_triplets(triplets *out, const sur_table *t, char *note,
                                     size_t note_size, sur_error *err)
{
    sur_idx kept = 0, words = 0;
    sur_status status = SUR_OK;
    for (sur_idx j = 0; j < t->cols; j++)
        if (t->column && t->column[j].words) words++;
    if (words > 0)
        say(note, note_size, "%lld columns of words are not part of the matrix\n",
            (long long)words);
    SUR_FAIL_IF(words == t->cols, SUR_EPARSE, "%s: no column of numbers", t->file);
    SUR_TRY(sur_alloc(&out->at, t->rows * (t->cols - words), sizeof *out->at, err));
    for (sur_idx j = 0; j < t->cols; j++) {
        if (t->column && t->column[j].words) continue;
        for (sur_idx i = 0; i < t->rows; i++) {
            const double x = sur_table_get(t, i, j);
            if (!isnan(x))
                out->at[out->count++] =
                    (triplet){(double)i + 1.0, (double)kept + 1.0, x};
        }
        kept++;
    }
    out->span[0] = t->rows;
    out->span[1] = kept;
done:
    return status;
}

/* ---- names to numbers ---- */
static int by_number(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The different names of rows (side 0) or columns (side 1) of both lists, ascending. */
static sur_status names_of(double **names, sur_idx *count, const triplets lists[2],
                           int side, sur_error *err)
{
    sur_idx all = 0, kept = 0, span = lists[0].span[side];
    if (span < lists[1].span[side]) span = lists[1].span[side];
    const sur_status status =
        sur_alloc(names, lists[0].count + lists[1].count + span, sizeof **names, err);
    if (status != SUR_OK) return status;
    while (all < span) (*names)[all] = (double)all + 1.0, all++;
    for (int s = 0; s < 2; s++)
        for (sur_idx i = 0; i < lists[s].count; i++)
            (*names)[all++] = side ? lists[s].at[i].col : lists[s].at[i].row;
    qsort(*names, (size_t)all, sizeof **names, by_number);
    for (sur_idx i = 0; i < all; i++)
        if (kept == 0 || (*names)[kept - 1] != (*names)[i])
            (*names)[kept++] = (*names)[i];
    *count = kept;
    return status;
}

static double number_of(const double *names, sur_idx count, double name)
{
    const double *at = bsearch(&name, names, (size_t)count, sizeof *names, by_number);
    return (double)(at - names);
}

static void renumber(triplets *list, const double *rows, sur_idx row_count,
                     const double *cols, sur_idx col_count)
{
    for (sur_idx i = 0; i < list->count; i++) {
        list->at[i].row = number_of(rows, row_count, list->at[i].row);
        list->at[i].col = number_of(cols, col_count, list->at[i].col);
    }
}

static int by_place(const void *a, const void *b)
{
    const triplet *x = a, *y = b;
    if (x->row != y->row) return x->row < y->row ? -1 : 1;
    return x->col < y->col ? -1 : x->col > y->col;
}

/* Sorts, and averages entries of one place. Returns how many were more than one. */
static sur_idx merge(triplets *list)
{
    sur_idx kept = 0, repeated = 0;
    if (list->count == 0) return 0;
    qsort(list->at, (size_t)list->count, sizeof *list->at, by_place);
    for (sur_idx i = 0, next; i < list->count; i = next) {
        triplet e = list->at[i];
        for (next = i + 1; next < list->count && by_place(&e, &list->at[next]) == 0;
             next++)
            e.value += list->at[next].value;
        e.value /= (double)(next - i);
        repeated += next - i - 1;
        list->at[kept++] = e;
    }
    list->count = kept;
    return repeated;
}

/* Takes entries of `test` out of `train`; both sorted. Returns how many. */
static sur_idx take_out(triplets *train, const triplets *test)
{
    sur_idx kept = 0, t = 0;
    for (sur_idx i = 0; i < train->count; i++) {
        while (t < test->count && by_place(&test->at[t], &train->at[i]) < 0) t++;
        if (t < test->count && by_place(&test->at[t], &train->at[i]) == 0) continue;
        train->at[kept++] = train->at[i];
    }
    const sur_idx taken = train->count - kept;
    train->count = kept;
    return taken;
}

/* ---- the block ---- */
static int64_t place(int64_t *end, int64_t bytes)
{
    const int64_t at = *end;
    *end += (bytes + 7) / 8 * 8;
    return at;
}

static void put(char *block, int64_t row, int64_t col, int64_t value,
                const triplets *list)
{
    for (sur_idx i = 0; i < list->count; i++) {
        const int32_t r = (int32_t)list->at[i].row, c = (int32_t)list->at[i].col;
        memcpy(block + row + 4 * i, &r, sizeof r);
        memcpy(block + col + 4 * i, &c, sizeof c);
        memcpy(block + value + 8 * i, &list->at[i].value, 8);
    }
}

static sur_status seal_entries(void **input, size_t *size, recover_input *head,
                               const triplets lists[2], const double *rows,
                               const double *cols, sur_error *err)
{
    int64_t end = sizeof *head;
    char *block = NULL;
    head->count = lists[0].count;
    head->test_count = lists[1].count;
    head->row = place(&end, 4 * head->count);
    head->col = place(&end, 4 * head->count);
    head->value = place(&end, 8 * head->count);
    head->test_row = place(&end, 4 * head->test_count);
    head->test_col = place(&end, 4 * head->test_count);
    head->test_value = place(&end, 8 * head->test_count);
    head->row_id = place(&end, 8 * head->rows);
    head->col_id = place(&end, 8 * head->cols);
    head->bytes = end;
    const sur_status status = sur_alloc(&block, end, 1, err);
    if (status != SUR_OK) return status;
    memcpy(block, head, sizeof *head);
    put(block, head->row, head->col, head->value, &lists[0]);
    put(block, head->test_row, head->test_col, head->test_value, &lists[1]);
    memcpy(block + head->row_id, rows, 8 * (size_t)head->rows);
    memcpy(block + head->col_id, cols, 8 * (size_t)head->cols);
    *input = block;
    *size = (size_t)end;
    return status;
}

static sur_status load_entries(void **input, size_t *size, recover_input *head,
                               sur_text *sums, const sur_recover_trial *o, char *note,
                               size_t note_size, sur_error *err)
{
    sur_table tables[2] = {sur_table_empty(NULL), sur_table_empty(NULL)};
    const char *paths[2] = {o->data, o->test_data};
    double *rows = NULL, *cols = NULL;
    triplets lists[2] = {0};
    sur_status status = SUR_OK;

    for (int s = 0; s < 2 && paths[s]; s++) {
        SUR_TRY(read_table(&tables[s], sums, paths[s], o->missing, err));
        const bool lines =
            o->layout == LAYOUT_TRIPLETS || tables[s].span[0] > 0 ||
            (o->layout == LAYOUT_AUTO && looks_like_triplets(&tables[s]));
        SUR_TRY(lines
                    ? lines_to_triplets(&lists[s], &tables[s], err)
                    : matrix_to_triplets(&lists[s], &tables[s], note, note_size, err));
        say(note, note_size, "%s: %lld entries (%s)\n", paths[s],
            (long long)lists[s].count,
            lines ? "row, column and value on each line" : "a matrix");
        sur_table_free(&tables[s]);
    }
    SUR_FAIL_IF(lists[0].count == 0, SUR_EPARSE, "%s: no entries", o->data);
    SUR_TRY(names_of(&rows, &head->rows, lists, 0, err));
    SUR_TRY(names_of(&cols, &head->cols, lists, 1, err));
    for (int s = 0; s < 2; s++) {
        renumber(&lists[s], rows, head->rows, cols, head->cols);
        const sur_idx repeated = merge(&lists[s]);
        SUR_FAIL_IF(repeated > 0 && o->strict, SUR_EPARSE,
                    "%s: %lld entries are repeated", paths[s], (long long)repeated);
        if (repeated > 0)
            say(note, note_size, "%s: %lld repeated entries averaged\n", paths[s],
                (long long)repeated);
        head->repeated += repeated;
    }
    head->training_dropped = take_out(&lists[0], &lists[1]);
    if (head->training_dropped > 0)
        say(note, note_size, "%lld entries of --test-data taken out of --data\n",
            (long long)head->training_dropped);
    SUR_FAIL_IF(lists[0].count == 0, SUR_EPARSE,
                "every entry of %s is one of --test-data", o->data);
    head->entries = 1;
    SUR_TRY(seal_entries(input, size, head, lists, rows, cols, err));
done:
    for (int s = 0; s < 2; s++) {
        sur_table_free(&tables[s]);
        free(lists[s].at);
    }
    free(rows);
    free(cols);
    return status;
}

/* ---- readings and matrices ---- */

/* One column, which is what was read. */
static sur_status readings_of(double *y, const sur_table *t, sur_idx column,
                              sur_error *err)
{
    sur_status status = SUR_OK;
    for (sur_idx i = 0; i < t->rows; i++) {
        y[i] = sur_table_get(t, i, column);
        SUR_FAIL_IF(!isfinite(y[i]), SUR_EPARSE, "%s: reading %lld is %s", t->file,
                    (long long)i + 1, isnan(y[i]) ? "missing" : "not finite");
    }
done:
    return status;
}

/* n with n^2 = width, or 0. */
static sur_idx square_root(sur_idx width)
{
    const sur_idx n = llround(sqrt((double)width));
    return n * n == width ? n : 0;
}

static sur_status matrix_shape(recover_input *head, const sur_table *t, sur_idx width,
                               const sur_recover_trial *o, sur_error *err)
{
    sur_status status = SUR_OK;
    head->width = width;
    if (o->sensing == SENSING_RANK_ONE) {
        head->rows = head->cols = width;
        return status;
    }
    const bool shaped = t->shape[0] == 1 && t->shape[1] * t->shape[2] == width;
    head->cols = o->columns != SUR_UNSET ? o->columns
                 : shaped                ? t->shape[2]
                                         : square_root(width);
    SUR_FAIL_IF(head->cols == 0, SUR_ESHAPE,
                "%s: %lld numbers per measurement are no square matrix; give --columns",
                t->file, (long long)width);
    SUR_FAIL_IF(width % head->cols != 0, SUR_ESHAPE,
                "%s: %lld numbers per measurement are no matrix of %lld columns",
                t->file, (long long)width, (long long)head->cols);
    SUR_FAIL_IF(shaped && head->cols != t->shape[2], SUR_ESHAPE,
                "%s: matrices are %lld x %lld, but columns = %lld", t->file,
                (long long)t->shape[1], (long long)t->shape[2], (long long)head->cols);
    head->rows = width / head->cols;
done:
    return status;
}

static sur_status seal_measurements(void **input, size_t *size, recover_input *head,
                                    const sur_table *t, const double *y, sur_idx target,
                                    sur_error *err)
{
    int64_t end = sizeof *head;
    char *block = NULL;
    sur_status status;
    head->scalar = 8;
    head->value = place(&end, 8 * head->count);
    head->row = place(&end, 8 * head->count * head->width);
    head->bytes = end;
    SUR_TRY(sur_alloc(&block, end, 1, err));
    memcpy(block, head, sizeof *head);
    memcpy(block + head->value, y, 8 * (size_t)head->count);
    for (sur_idx i = 0; i < head->count && head->width > 0; i++)
        for (sur_idx j = 0, to = 0; j < t->cols; j++) {
            if (j == target) continue;
            const double x = sur_table_get(t, i, j);
            SUR_FAIL_IF(!isfinite(x), SUR_EPARSE,
                        "%s: measurement %lld has a number that is missing or not "
                        "finite",
                        t->file, (long long)i + 1);
            memcpy(block + head->row + 8 * (i * head->width + to++), &x, 8);
        }
    *input = block;
    *size = (size_t)end;
    block = NULL;
done:
    free(block);
    return status;
}

static sur_status load_measurements(void **input, size_t *size, recover_input *head,
                                    sur_text *sums, const sur_recover_trial *o,
                                    sur_error *err)
{
    sur_table table = sur_table_empty(NULL), other = sur_table_empty(NULL);
    const bool only_readings = o->sensing == SENSING_GAUSSIAN;
    double *y = NULL;
    sur_idx target = -1;
    sur_status status;

    SUR_TRY(read_table(&table, sums, o->data, o->missing, err));
    head->count = table.rows;
    SUR_TRY(sur_alloc(&y, table.rows, sizeof *y, err));
    if (o->readings && !only_readings) {
        SUR_TRY(read_table(&other, sums, o->readings, o->missing, err));
        SUR_FAIL_IF(other.rows != table.rows, SUR_ESHAPE,
                    "%s holds %lld measurements, %s %lld readings", o->data,
                    (long long)table.rows, o->readings, (long long)other.rows);
        SUR_FAIL_IF(other.target < 0 && other.cols != 1, SUR_ESHAPE,
                    "%s: readings are one column, not %lld", o->readings,
                    (long long)other.cols);
        SUR_TRY(readings_of(y, &other, other.target >= 0 ? other.target : 0, err));
    } else {
        SUR_FAIL_IF(only_readings && table.target < 0 && table.cols != 1, SUR_ESHAPE,
                    "%s: readings are one column, not %lld", o->data,
                    (long long)table.cols);
        target = table.target >= 0 ? table.target : table.cols - 1;
        SUR_TRY(readings_of(y, &table, target, err));
    }
    if (!only_readings)
        SUR_TRY(matrix_shape(head, &table, table.cols - (target >= 0), o, err));
    SUR_TRY(seal_measurements(input, size, head, &table, y, target, err));
done:
    sur_table_free(&table);
    sur_table_free(&other);
    free(y);
    return status;
}

/* ---- the experiment's function ---- */

sur_status recover_load(const void *options, void **input, size_t *size, char *note,
                        size_t note_size, sur_error *err)
{
    const sur_recover_trial *o = options;
    recover_input head = {0};
    sur_text sums = {0};
    char checksum[65];
    sur_status status = SUR_OK;

    *input = NULL;
    *size = 0;
    if (note && note_size) note[0] = '\0';
    SUR_FAIL_IF(!o->data && (o->problem == RECOVER_FILE || o->test_data || o->readings),
                SUR_EINVAL, "no data: give a file by --data");
    if (!o->data) return status;
    memcpy(head.magic, magic, sizeof magic);
    if (o->sensing == SUR_UNSET || o->sensing == SENSING_COMPLETION)
        SUR_TRY(load_entries(input, size, &head, &sums, o, note, note_size, err));
    else
        SUR_TRY(load_measurements(input, size, &head, &sums, o, err));
    SUR_TRY(sur_sha256_of(checksum, sums.at, (size_t)sums.length, err));
    memcpy(((recover_input *)*input)->checksum, checksum, sizeof checksum);
done:
    sur_text_free(&sums);
    if (status != SUR_OK) {
        free(*input);
        *input = NULL;
    }
    return status;
}

static bool inside(const recover_input *in, int64_t at, int64_t count, int64_t each)
{
    return at >= (int64_t)sizeof *in && count >= 0 && at <= in->bytes &&
           count <= (in->bytes - at) / each;
}

sur_status recover_input_view(const recover_input **view, const void *input,
                              size_t size, sur_error *err)
{
    const recover_input *in = input;
    *view = NULL;
    if (!in || size < sizeof *in || memcmp(in->magic, magic, sizeof magic) != 0 ||
        in->bytes < 0 || (size_t)in->bytes != size ||
        !inside(in, in->value, in->count, 8))
        return sur_fail(err, SUR_EPARSE, "the loaded measurements are damaged");
    if (in->entries &&
        (!inside(in, in->row, in->count, 4) || !inside(in, in->col, in->count, 4) ||
         !inside(in, in->test_row, in->test_count, 4) ||
         !inside(in, in->test_col, in->test_count, 4) ||
         !inside(in, in->test_value, in->test_count, 8)))
        return sur_fail(err, SUR_EPARSE, "the loaded entries are damaged");
    if (!in->entries && in->width > 0 && !inside(in, in->row, in->count, 8 * in->width))
        return sur_fail(err, SUR_EPARSE, "the loaded matrices are damaged");
    *view = in;
    return SUR_OK;
}
