/* entries.c -- some entries of a matrix as measurements: completion.
 *
 * Entries are kept twice, by row and by column, so that both halves of a gradient,
 * (D R)_i = sum_j d_ij R_j and (D' L)_j = sum_i d_ij L_i, are written by one thread per
 * row: no two threads share a sum, and bits do not depend on their number. A pass costs
 * 6 m r operations and never forms the matrix. */
#include <surplus/recover.h>

#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/recover.h"

#include <stdlib.h>
#include <string.h>

typedef struct entries {
    sur_idx n1, n2, count;
    bool symmetric;
    sur_idx *row_start, *col_start; /* [n1 + 1], [n2 + 1] */
    int32_t *by_row, *by_col;       /* entry numbers, grouped by row, by column */
    int32_t *row, *col;             /* [count] */
    double *z;                      /* [count] scratch */
} entries;

static void release(void *payload)
{
    entries *e = payload;
    if (!e) return;
    free(e->row_start);
    free(e->col_start);
    free(e->by_row);
    free(e->by_col);
    free(e->row);
    free(e->col);
    free(e->z);
    free(e);
}

static sur_status forward(void *payload, double *out, const sur_mat *x, sur_error *err)
{
    const entries *e = payload;
    (void)err;
    for (sur_idx q = 0; q < e->count; q++)
        out[q] = sur_mat_row(x, e->row[q])[e->col[q]];
    if (e->symmetric) /* what is seen of X is its symmetric part */
        for (sur_idx q = 0; q < e->count; q++)
            out[q] = 0.5 * (out[q] + sur_mat_row(x, e->col[q])[e->row[q]]);
    return SUR_OK;
}

static sur_status adjoint(void *payload, sur_mat *out, const double *z, sur_error *err)
{
    const entries *e = payload;
    (void)err;
    sur_mat_fill(out, 0.0);
    for (sur_idx q = 0; q < e->count; q++) {
        sur_mat_row(out, e->row[q])[e->col[q]] += e->symmetric ? 0.5 * z[q] : z[q];
        if (e->symmetric) sur_mat_row(out, e->col[q])[e->row[q]] += 0.5 * z[q];
    }
    return SUR_OK;
}

/* out_i = scale sum_q z_q from_{other(q)}, over the entries of each group i; added to
 * what is there if `add`. */
static void gather(sur_mat *out, double scale, const sur_idx *start,
                   const int32_t *entry, const int32_t *other, const double *z,
                   const sur_mat *from, bool add)
{
    const sur_idx r = out->cols;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 64) num_threads(sur_threads_get())
#endif
    for (sur_idx i = 0; i < out->rows; i++) {
        double *restrict to = sur_mat_row(out, i); /* out and from never overlap */
        if (!add) memset(to, 0, (size_t)r * sizeof *to);
        for (sur_idx q = start[i]; q < start[i + 1]; q++) {
            const double zq = scale * z[entry[q]];
            const double *restrict x = sur_mat_row(from, other[entry[q]]);
            if (zq == 0.0) continue;
            for (sur_idx k = 0; k < r; k++) to[k] += zq * x[k];
        }
    }
}

static sur_status apply(void *payload, sur_mat *left_out, sur_mat *right_out,
                        const double *z, const sur_mat *left, const sur_mat *right,
                        sur_error *err)
{
    const entries *e = payload;
    (void)err;
    if (e->symmetric) {
        sur_mat *outs[] = {left_out, right_out};
        const sur_mat *ins[] = {right, left};
        for (int s = 0; s < 2; s++) {
            if (!outs[s]) continue;
            gather(outs[s], 0.5, e->row_start, e->by_row, e->col, z, ins[s], false);
            gather(outs[s], 0.5, e->col_start, e->by_col, e->row, z, ins[s], true);
        }
        return SUR_OK;
    }
    if (left_out)
        gather(left_out, 1.0, e->row_start, e->by_row, e->col, z, right, false);
    if (right_out)
        gather(right_out, 1.0, e->col_start, e->by_col, e->row, z, left, false);
    return SUR_OK;
}

static void residuals(const entries *e, const sur_pass *p)
{
    const sur_idx r = p->left->cols;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 64) num_threads(sur_threads_get())
#endif
    for (sur_idx i = 0; i < e->n1; i++) {
        const double *restrict a = sur_mat_row(p->left, i);
        for (sur_idx q = e->row_start[i]; q < e->row_start[i + 1]; q++) {
            const int32_t at = e->by_row[q];
            const double *restrict b = sur_mat_row(p->right, e->col[at]);
            double sum[4] = {0};
            sur_idx k = 0;
            for (; k + 4 <= r; k += 4)
                for (int l = 0; l < 4; l++) sum[l] += a[k + l] * b[k + l];
            for (; k < r; k++) sum[0] += a[k] * b[k];
            p->residual[at] = (sum[0] + sum[1]) + (sum[2] + sum[3]) - p->y[at];
        }
    }
}

static sur_status pass(void *payload, const sur_pass *passes, sur_idx count,
                       sur_error *err)
{
    entries *e = payload;
    for (sur_idx k = 0; k < count; k++) {
        const sur_pass *p = &passes[k];
        residuals(e, p);
        const double *z = p->residual;
        if (p->weight) {
            for (sur_idx q = 0; q < e->count; q++)
                e->z[q] = p->weight[q] * p->residual[q];
            z = e->z;
        }
        const sur_status status =
            apply(e, p->left_out, e->symmetric ? NULL : p->right_out, z, p->left,
                  p->right, err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

/* Counting sort of entry numbers by key. */
static void group(sur_idx *start, int32_t *sorted, const int32_t *key, sur_idx keys,
                  sur_idx count)
{
    for (sur_idx q = 0; q < count; q++) start[key[q] + 1]++;
    for (sur_idx i = 0; i < keys; i++) start[i + 1] += start[i];
    for (sur_idx q = 0; q < count; q++) sorted[start[key[q]]++] = (int32_t)q;
    for (sur_idx i = keys; i > 0; i--) start[i] = start[i - 1];
    start[0] = 0;
}

/* Within a row, two entries of one column; last[j] is the row that saw column j. */
static sur_status refuse_repeats(const entries *e, sur_error *err)
{
    sur_idx *last = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&last, e->n2, sizeof *last, err));
    for (sur_idx i = 0; i < e->n1; i++)
        for (sur_idx q = e->row_start[i]; q < e->row_start[i + 1]; q++) {
            const int32_t j = e->col[e->by_row[q]];
            SUR_FAIL_IF(last[j] == i + 1, SUR_EINVAL,
                        "entry (%lld, %lld) is given twice", (long long)i + 1,
                        (long long)j + 1);
            last[j] = i + 1;
        }
done:
    free(last);
    return status;
}

sur_status sur_operator_entries(sur_operator *op, const int32_t *row,
                                const int32_t *col, sur_idx count, sur_idx rows,
                                sur_idx cols, bool symmetric, sur_error *err)
{
    entries *e = NULL;
    sur_status status = SUR_OK;

    *op = (sur_operator){0};
    SUR_FAIL_IF(rows < 1 || cols < 1 || count < 1 || count > INT32_MAX, SUR_EINVAL,
                "%lld entries of a %lld x %lld matrix", (long long)count,
                (long long)rows, (long long)cols);
    SUR_FAIL_IF(symmetric && rows != cols, SUR_ESHAPE,
                "symmetric entries of a %lld x %lld matrix", (long long)rows,
                (long long)cols);
    for (sur_idx q = 0; q < count; q++)
        SUR_FAIL_IF(row[q] < 0 || row[q] >= rows || col[q] < 0 || col[q] >= cols,
                    SUR_EINVAL, "entry (%lld, %lld) lies outside a %lld x %lld matrix",
                    (long long)row[q] + 1, (long long)col[q] + 1, (long long)rows,
                    (long long)cols);
    SUR_TRY(sur_alloc(&e, 1, sizeof *e, err));
    *e = (entries){.n1 = rows, .n2 = cols, .count = count, .symmetric = symmetric};
    SUR_TRY(sur_alloc(&e->row_start, rows + 1, sizeof *e->row_start, err));
    SUR_TRY(sur_alloc(&e->col_start, cols + 1, sizeof *e->col_start, err));
    SUR_TRY(sur_alloc(&e->by_row, count, sizeof *e->by_row, err));
    SUR_TRY(sur_alloc(&e->by_col, count, sizeof *e->by_col, err));
    SUR_TRY(sur_alloc(&e->row, count, sizeof *e->row, err));
    SUR_TRY(sur_alloc(&e->col, count, sizeof *e->col, err));
    SUR_TRY(sur_alloc(&e->z, count, sizeof *e->z, err));
    memcpy(e->row, row, (size_t)count * sizeof *row);
    memcpy(e->col, col, (size_t)count * sizeof *col);
    group(e->row_start, e->by_row, row, rows, count);
    group(e->col_start, e->by_col, col, cols, count);
    SUR_TRY(refuse_repeats(e, err));
    *op = (sur_operator){.rows = rows,
                         .cols = cols,
                         .count = count,
                         .symmetric = symmetric,
                         .gain = (double)rows * (double)cols,
                         .forward = forward,
                         .adjoint = adjoint,
                         .pass = pass,
                         .apply = apply,
                         .free = release,
                         .payload = e};
done:
    if (status != SUR_OK) release(e);
    return status;
}
