/* kernel.c -- (K + mu I) a = Y for a kernel matrix: the limit of infinite width.
 *
 * K = Q T Q' (tridiagonal.c) gives the solution, the condition number, the rank and the
 * effective parameters; refinement takes the residual through K. Where K + mu I is too
 * ill conditioned for that, K = V diag(lambda) V' and eigenvalues up to DBL_EPSILON n
 * times the largest count as zero. */
#include "base/memory.h"
#include "base/try.h"
#include "dense/curve.h"
#include "dense/lapack.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Rank, condition over it and effective parameters from ascending eigenvalues. */
static void measure(sur_curve_fit *fit, const double *values, sur_idx n, double mu)
{
    const double top = fmax(0.0, values[n - 1]),
                 threshold = DBL_EPSILON * (double)n * top;
    fit->condition = 1.0;
    for (sur_idx i = n; i-- > 0 && values[i] > threshold; fit->rank++) {
        fit->condition = top / values[i];
        fit->effective += values[i] / (values[i] + mu);
    }
}

/* Solves DENSE_GROUP columns of y at a time, from column first on. */
static sur_status by_tridiagonal(sur_mat *a, dense_tridiagonal *t, const sur_mat *k,
                                 const sur_mat *y, double ridge, sur_error *err)
{
    const int refinements = dense_refinements(dense_tridiagonal_condition(t, ridge));
    const sur_idx n = k->rows;
    sur_mat x = {0}, r = {0}; /* DENSE_GROUP x n */
    double mu[DENSE_GROUP];
    sur_status status;

    SUR_TRY(sur_mat_new(&x, DENSE_GROUP, n, err));
    SUR_TRY(sur_mat_new(&r, DENSE_GROUP, n, err));
    for (int c = 0; c < DENSE_GROUP; c++) mu[c] = ridge;
    for (sur_idx first = 0; first < y->cols; first += DENSE_GROUP) {
        const sur_idx left = y->cols - first,
                      count = left < DENSE_GROUP ? left : DENSE_GROUP;
        const sur_mat targets = sur_mat_part(y, 0, n, first, count);
        sur_mat used = sur_mat_part(&r, 0, count, 0, n),
                solution = sur_mat_part(&x, 0, count, 0, n);
        sur_mat to = sur_mat_part(a, 0, n, first, count);
        sur_mat_fill(&x, 0.0);
        for (int turn = 0; turn <= refinements;
             turn++) { /* x += (K + mu)^-1 (y - K x - mu x) */
            sur_mat_fill(&r, 0.0);
            dense_transpose(&used, &targets);
            sur_mat_axpy(&r, -ridge, &x);
            if (turn > 0) sur_mat_multiply(&r, -1.0, &x, SUR_PLAIN, k, SUR_PLAIN, 1.0);
            SUR_TRY(dense_tridiagonal_solve(t, mu, &r, err));
            sur_mat_axpy(&x, 1.0, &r);
        }
        dense_transpose(&to, &solution);
    }
done:
    sur_mat_free(&r);
    sur_mat_free(&x);
    return status;
}

static sur_status by_eigenvectors(sur_mat *a, double *values, const sur_mat *k,
                                  const sur_mat *y, double ridge, sur_error *err)
{
    const sur_idx n = k->rows;
    sur_mat vectors = {0}, inside = {0};
    sur_status status;
    SUR_TRY(sur_mat_new(&vectors, n, n, err));
    SUR_TRY(sur_mat_new(&inside, n, y->cols, err));
    SUR_TRY(sur_eigen(values, &vectors, k, err));
    sur_mat_multiply(&inside, 1.0, &vectors, SUR_TRANSPOSED, y, SUR_PLAIN, 0.0);
    const double threshold = DBL_EPSILON * (double)n * fmax(0.0, values[n - 1]);
    for (sur_idx i = 0; i < n; i++)
        for (sur_idx j = 0; j < y->cols; j++)
            sur_mat_row(&inside, i)[j] *=
                values[i] > threshold ? 1.0 / (values[i] + ridge) : 0.0;
    sur_mat_multiply(a, 1.0, &vectors, SUR_PLAIN, &inside, SUR_PLAIN, 0.0);
done:
    sur_mat_free(&inside);
    sur_mat_free(&vectors);
    return status;
}

/* The residual K a - Y, and the norm of the function that a stands for. */
static sur_status finish(sur_curve_fit *fit, const sur_mat *a, const sur_mat *k,
                         const sur_mat *y, sur_error *err)
{
    sur_mat r = {0};
    double square = 0.0;
    const sur_status status = sur_mat_new(&r, y->rows, y->cols, err);
    if (status != SUR_OK) return status;
    sur_mat_multiply(&r, 1.0, k, SUR_PLAIN, a, SUR_PLAIN, 0.0);
    for (sur_idx i = 0; i < r.rows; i++)
        for (sur_idx j = 0; j < r.cols; j++)
            square += sur_mat_row(a, i)[j] * sur_mat_row(&r, i)[j];
    sur_mat_axpy(&r, -1.0, y);
    const double left = sur_mat_norm(&r);
    fit->norm = sqrt(fmax(0.0, square));
    fit->residual = left * left / (double)r.rows;
    sur_mat_free(&r);
    return SUR_OK;
}

sur_status sur_kernel_solve(sur_mat *a, sur_curve_fit *fit, const sur_mat *k,
                            const sur_mat *y, double ridge, sur_error *err)
{
    const sur_idx n = k->rows;
    sur_curve_fit found = {.method = "tridiagonal"};
    dense_tridiagonal t = {0};
    double *values = NULL;
    sur_status status;
    assert(k->cols == n && y->rows == n && a->rows == n && a->cols == y->cols);

    SUR_FAIL_IF(!(ridge >= 0.0) || !isfinite(ridge), SUR_EINVAL,
                "a ridge penalty cannot be %g", ridge);
    SUR_FAIL_IF(n < 1 || y->cols < 1, SUR_EINVAL,
                "nothing to fit: %lld rows, %lld outputs", (long long)n,
                (long long)y->cols);
    SUR_TRY(dense_check_finite(k, "the kernel matrix", err));
    SUR_TRY(dense_check_finite(y, "the target matrix", err));
    SUR_TRY(dense_tridiagonal_new(&t, n, err));
    sur_mat_copy(&t.m, k);
    SUR_TRY(dense_tridiagonal_reduce(&t, err));
    SUR_TRY(sur_alloc(&values, n, sizeof *values, err));
    SUR_TRY(dense_tridiagonal_values(&t, values, err));
    if (dense_tridiagonal_condition(&t, ridge) <= DENSE_GRAM_LIMIT) {
        SUR_TRY(by_tridiagonal(a, &t, k, y, ridge, err));
    } else {
        SUR_TRY(by_eigenvectors(a, values, k, y, ridge, err));
        found.method = "eigen";
    }
    measure(&found, values, n, ridge);
    SUR_TRY(finish(&found, a, k, y, err));
    *fit = found;
done:
    free(values);
    dense_tridiagonal_free(&t);
    return status;
}
