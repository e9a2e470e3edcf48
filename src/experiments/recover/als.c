/* als.c -- alternating least squares for entries of a matrix.
 *
 * v_i = (sum_j w_j w_j' + ridge n_i I)^-1 sum_j y_ij w_j over the n_i entries of row i,
 * then w_j likewise (Zhou, Wilkinson, Schreiber & Pan, AAIM 2008). */
#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/baseline.h"

#include <math.h>
#include <stdlib.h>

typedef struct side {
    sur_idx keys;
    sur_idx *start; /* [keys + 1] */
    int32_t *entry; /* [count], grouped by key */
    const int32_t *key, *other;
} side;

static sur_status side_new(side *s, const int32_t *key, const int32_t *other,
                           sur_idx keys, sur_idx count, sur_error *err)
{
    sur_status status;
    *s = (side){.keys = keys, .key = key, .other = other};
    SUR_TRY(sur_alloc(&s->start, keys + 2, sizeof *s->start, err));
    SUR_TRY(sur_alloc(&s->entry, count, sizeof *s->entry, err));
    for (sur_idx q = 0; q < count; q++) s->start[key[q] + 2]++;
    for (sur_idx i = 2; i < keys + 2; i++) s->start[i] += s->start[i - 1];
    for (sur_idx q = 0; q < count; q++) s->entry[s->start[key[q] + 1]++] = (int32_t)q;
done:
    return status;
}

/* One side from the other. gram (r x r) and one (1 x r) are scratch. */
static void solve_side(sur_mat *to, const sur_mat *from, const side *s,
                       const double *value, double ridge, sur_mat *block, sur_mat *gram,
                       sur_mat *one)
{
    for (sur_idx i = 0; i < s->keys; i++) {
        const sur_idx n = s->start[i + 1] - s->start[i];
        sur_mat part = sur_mat_part(block, 0, n, 0, from->cols);
        sur_mat_fill(one, 0.0);
        for (sur_idx q = 0; q < n; q++) {
            const int32_t e = s->entry[s->start[i] + q];
            const double *w = sur_mat_row(from, s->other[e]);
            for (sur_idx k = 0; k < from->cols; k++) {
                sur_mat_row(&part, q)[k] = w[k];
                one->data[k] += value[e] * w[k];
            }
        }
        if (n > 0) recover_divide(one, &part, ridge * (double)n, gram);
        sur_mat row = sur_mat_part(to, i, 1, 0, to->cols);
        sur_mat_copy(&row, one);
    }
}

static double fit_error(const sur_mat *v, const sur_mat *w, const int32_t *row,
                        const int32_t *col, const double *value, sur_idx count)
{
    double square = 0.0, whole = 0.0;
    for (sur_idx q = 0; q < count; q++) {
        double e = value[q];
        for (sur_idx k = 0; k < v->cols; k++)
            e -= sur_mat_row(v, row[q])[k] * sur_mat_row(w, col[q])[k];
        square += e * e;
        whole += value[q] * value[q];
    }
    return whole > 0.0 ? sqrt(square / whole) : 0.0;
}

sur_status sur_recover_als(sur_recover_result *result, const int32_t *row,
                           const int32_t *col, const double *value, sur_idx count,
                           sur_idx rows, sur_idx cols, sur_idx rank, double ridge,
                           int64_t sweeps, uint64_t seed, sur_error *err)
{
    side sides[2] = {0};
    sur_mat block = {0}, gram = {0}, one = {0};
    sur_rng rng = sur_rng_make(seed, "recover als", 0);
    const sur_idx longest = rows > cols ? rows : cols;
    sur_status status = SUR_OK;

    *result = (sur_recover_result){.end = SUR_END_ITERATIONS,
                                   .holdout = (double)NAN,
                                   .threshold = (double)NAN,
                                   .rank = rank};
    SUR_FAIL_IF(rank < 1 || count < 1 || !(ridge >= 0.0), SUR_EINVAL,
                "rank %lld, %lld entries, ridge %g", (long long)rank, (long long)count,
                ridge);
    for (sur_idx q = 0; q < count; q++)
        SUR_FAIL_IF(row[q] < 0 || row[q] >= rows || col[q] < 0 || col[q] >= cols,
                    SUR_EINVAL, "entry (%lld, %lld) lies outside a %lld x %lld matrix",
                    (long long)row[q] + 1, (long long)col[q] + 1, (long long)rows,
                    (long long)cols);
    SUR_TRY(side_new(&sides[0], row, col, rows, count, err));
    SUR_TRY(side_new(&sides[1], col, row, cols, count, err));
    SUR_TRY(sur_mat_new(&block, longest, rank, err));
    SUR_TRY(sur_mat_new(&gram, rank, rank, err));
    SUR_TRY(sur_mat_new(&one, 1, rank, err));
    SUR_TRY(sur_mat_new(&result->left, rows, rank, err));
    SUR_TRY(sur_mat_new(&result->right, cols, rank, err));
    SUR_TRY(sur_alloc(&result->singular, rank, sizeof *result->singular, err));
    sur_rng_normals(&rng, result->right.data, cols * rank, 0.1);
    for (int64_t sweep = 0; sweep < sweeps; sweep++) {
        solve_side(&result->left, &result->right, &sides[0], value, ridge, &block,
                   &gram, &one);
        solve_side(&result->right, &result->left, &sides[1], value, ridge, &block,
                   &gram, &one);
    }
    result->fit = fit_error(&result->left, &result->right, row, col, value, count);
    result->iterations = result->best = sweeps;
    result->passes = 2 * sweeps;
    SUR_TRY(recover_singular(result->singular, &result->left, &result->right, err));
    result->rank_found = rank;
done:
    for (int s = 0; s < 2; s++) {
        free(sides[s].start);
        free(sides[s].entry);
    }
    sur_mat_free(&block);
    sur_mat_free(&gram);
    sur_mat_free(&one);
    if (status != SUR_OK) sur_recover_free(result);
    return status;
}
