/* tridiagonal.c -- a path of ridge penalties from one tridiagonal reduction.
 *
 * M = Q T Q' (dsytrd), so (M + mu I)^-1 x = Q (T + mu I)^-1 Q' x, and T + mu I = L D L'
 * is factored and solved in O(n) for each mu. Eigenvectors are never needed, of the
 * eigenvalues the two ends (dstebz: bisection), and trace (M + mu I)^-1 = d/dmu log det
 * (T + mu I) = sum d_i' / d_i, d_i = t_ii + mu - t_i,i-1^2 / d_i-1,   d_i' = 1 +
 * (t_i,i-1 / d_i-1)^2 d_i-1', sums of positive terms.
 *
 * LAPACK's dlarf leaves out trailing right-hand sides that are zero, which would let
 * the shapes, and so the bits, depend on how many are used: a row of ones comes last.
 */
#include "dense/tridiagonal.h"

#include "base/memory.h"
#include "base/try.h"
#include "dense/lapack.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

sur_status dense_tridiagonal_new(dense_tridiagonal *t, sur_idx order, sur_error *err)
{
    const int n = (int)order;
    double size[2];
    sur_status status;
    *t = (dense_tridiagonal){0};
    SUR_TRY(sur_mat_new(&t->m, order, order, err));
    SUR_TRY(sur_mat_new(&t->turned, DENSE_GROUP + 1, order, err));
    SUR_TRY(sur_alloc(&t->diagonal, order, sizeof(double), err));
    SUR_TRY(sur_alloc(&t->below, order, sizeof(double), err));
    SUR_TRY(sur_alloc(&t->iwork, 5 * order, sizeof *t->iwork, err));
    SUR_TRY(sur_alloc(&t->tau, order, sizeof(double), err));
    SUR_TRY(dense_check_info(LAPACKE_dsytrd_work(LAPACK_COL_MAJOR, 'U', n, t->m.data, n,
                                                 t->diagonal, t->below, t->tau,
                                                 &size[0], -1),
                             "dsytrd", err));
    SUR_TRY(dense_check_info(LAPACKE_dormtr_work(LAPACK_COL_MAJOR, 'L', 'U', 'N', n,
                                                 DENSE_GROUP + 1, t->m.data, n, t->tau,
                                                 t->m.data, n, &size[1], -1),
                             "dormtr", err));
    t->work_size = (int)fmax(fmax(size[0], size[1]), 7.0 * n);
    SUR_TRY(sur_alloc(&t->work, t->work_size, sizeof(double), err));
done:
    return status;
}

void dense_tridiagonal_free(dense_tridiagonal *t)
{
    free(t->work);
    free(t->tau);
    free(t->iwork);
    free(t->below);
    free(t->diagonal);
    sur_mat_free(&t->turned);
    sur_mat_free(&t->m);
    *t = (dense_tridiagonal){0};
}

/* Eigenvalue number `index`, from 1. T is scaled, for bisection squares its entries. */
static sur_status eigenvalue(dense_tridiagonal *t, int index, double scale,
                             double *value, sur_error *err)
{
    const int n = (int)t->m.rows;
    lapack_int found, blocks, *place = t->iwork + 3 * n, *split = t->iwork + 4 * n;
    double *values = t->work + 4 * n, *d = values + n, *e = d + n;
    for (int i = 0; i < n; i++) {
        d[i] = t->diagonal[i] / scale;
        e[i] = t->below[i] / scale;
    }
    const sur_status status = dense_check_info(
        LAPACKE_dstebz_work('I', 'E', n, 0.0, 0.0, index, index, 0.0, d, e, &found,
                            &blocks, values, place, split, t->work, t->iwork),
        "dstebz", err);
    *value = scale * values[0];
    return status;
}

sur_status dense_tridiagonal_reduce(dense_tridiagonal *t, sur_error *err)
{
    const int n = (int)t->m.rows;
    sur_status status;
    /* the lower triangle by rows is the upper one by columns */
    SUR_TRY(dense_check_info(LAPACKE_dsytrd_work(LAPACK_COL_MAJOR, 'U', n, t->m.data, n,
                                                 t->diagonal, t->below, t->tau, t->work,
                                                 t->work_size),
                             "dsytrd", err));
    double scale = DBL_MIN;
    for (int i = 0; i < n; i++) {
        SUR_FAIL_IF(!isfinite(t->diagonal[i]) || !isfinite(t->below[i]), SUR_ENUMERIC,
                    "the Gram matrix leaves the finite numbers");
        scale = fmax(scale, fmax(fabs(t->diagonal[i]), fabs(t->below[i])));
    }
    SUR_TRY(eigenvalue(t, 1, scale, &t->lowest, err));
    SUR_TRY(eigenvalue(t, n, scale, &t->highest, err));
done:
    return status;
}

sur_status dense_tridiagonal_values(dense_tridiagonal *t, double *values,
                                    sur_error *err)
{
    const int n = (int)t->m.rows;
    memcpy(values, t->diagonal, (size_t)n * sizeof *values);
    memcpy(t->work, t->below, (size_t)n * sizeof *values);
    return dense_check_info(LAPACKE_dsterf_work(n, values, t->work), "dsterf", err);
}

/* Each row of t->turned times Q or Q'. */
static sur_status turn(dense_tridiagonal *t, char transposed, sur_error *err)
{
    const int n = (int)t->m.rows;
    return dense_check_info(LAPACKE_dormtr_work(LAPACK_COL_MAJOR, 'L', 'U', transposed,
                                                n, DENSE_GROUP + 1, t->m.data, n,
                                                t->tau, t->turned.data, n, t->work,
                                                t->work_size),
                            "dormtr", err);
}

sur_status dense_tridiagonal_solve(dense_tridiagonal *t, const double *mu, sur_mat *x,
                                   sur_error *err)
{
    const sur_idx n = t->m.rows;
    double *d = t->work, *e = t->work + n;
    sur_status status;
    assert(x->rows == DENSE_GROUP && x->cols == n);

    sur_mat used = sur_mat_part(&t->turned, 0, DENSE_GROUP, 0, n);
    sur_mat_fill(&t->turned, 1.0);
    sur_mat_copy(&used, x);
    SUR_TRY(turn(t, 'T', err));
    for (int c = 0; c < DENSE_GROUP; c++) {
        for (sur_idx i = 0; i < n; i++) d[i] = t->diagonal[i] + mu[c];
        memcpy(e, t->below, (size_t)(n - 1) * sizeof *e);
        const lapack_int info = LAPACKE_dptsv_work(LAPACK_COL_MAJOR, (int)n, 1, d, e,
                                                   sur_mat_row(&used, c), (int)n);
        SUR_FAIL_IF(info > 0, SUR_ENUMERIC,
                    "the Gram matrix with ridge %g is not positive definite", mu[c]);
    }
    sur_mat ones = sur_mat_part(&t->turned, DENSE_GROUP, 1, 0, n);
    sur_mat_fill(&ones, 1.0);
    SUR_TRY(turn(t, 'N', err));
    sur_mat_copy(x, &used);
done:
    return status;
}

double dense_tridiagonal_condition(const dense_tridiagonal *t, double mu)
{
    const double low = t->lowest + mu, high = t->highest + mu;
    return low > 0.0 ? high / low : HUGE_VAL;
}

double dense_tridiagonal_effective(const dense_tridiagonal *t, double mu)
{
    const sur_idx n = t->m.rows;
    double d = t->diagonal[0] + mu, derivative = 1.0, sum = derivative / d;
    for (sur_idx i = 1; i < n; i++) {
        const double ratio = t->below[i - 1] / d;
        derivative = 1.0 + ratio * ratio * derivative;
        d = t->diagonal[i] + mu - ratio * t->below[i - 1];
        sum += derivative / d;
    }
    return (double)n - mu * sum;
}
