/* tridiagonal.c -- a path of ridge penalties from one tridiagonal reduction.
 *
 * M = Q T Q' (dsytrd), so (M + mu I)^-1 x = Q (T + mu I)^-1 Q' x, and T + mu I = L D L'
 * is factored and solved in O(n) for each mu. Eigenvectors are never needed; the
 * eigenvalues of T (dsterf) give the condition number and the effective parameters. */
#include "dense/tridiagonal.h"

#include "base/memory.h"
#include "base/try.h"
#include "dense/lapack.h"

#include <assert.h>
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
    SUR_TRY(sur_alloc(&t->values, order, sizeof(double), err));
    SUR_TRY(sur_alloc(&t->tau, order, sizeof(double), err));
    SUR_TRY(dense_check_info(LAPACKE_dsytrd_work(LAPACK_COL_MAJOR, 'U', n, t->m.data, n,
                                                 t->diagonal, t->below, t->tau,
                                                 &size[0], -1),
                             "dsytrd", err));
    SUR_TRY(dense_check_info(LAPACKE_dormtr_work(LAPACK_COL_MAJOR, 'L', 'U', 'N', n,
                                                 DENSE_GROUP + 1, t->m.data, n, t->tau,
                                                 t->m.data, n, &size[1], -1),
                             "dormtr", err));
    t->work_size = (int)fmax(fmax(size[0], size[1]), 2.0 * n);
    SUR_TRY(sur_alloc(&t->work, t->work_size, sizeof(double), err));
done:
    return status;
}

void dense_tridiagonal_free(dense_tridiagonal *t)
{
    free(t->work);
    free(t->tau);
    free(t->values);
    free(t->below);
    free(t->diagonal);
    sur_mat_free(&t->turned);
    sur_mat_free(&t->m);
    *t = (dense_tridiagonal){0};
}

sur_status dense_tridiagonal_reduce(dense_tridiagonal *t, sur_error *err)
{
    const int n = (int)t->m.rows;
    double *e = t->work;
    sur_status status;
    /* the lower triangle by rows is the upper one by columns */
    SUR_TRY(dense_check_info(LAPACKE_dsytrd_work(LAPACK_COL_MAJOR, 'U', n, t->m.data, n,
                                                 t->diagonal, t->below, t->tau, t->work,
                                                 t->work_size),
                             "dsytrd", err));
    memcpy(t->values, t->diagonal, (size_t)n * sizeof *e);
    memcpy(e, t->below, (size_t)n * sizeof *e);
    for (int i = 0; i < n; i++)
        SUR_FAIL_IF(!isfinite(t->values[i]) || !isfinite(e[i]), SUR_ENUMERIC,
                    "the Gram matrix leaves the finite numbers");
    SUR_TRY(dense_check_info(LAPACKE_dsterf_work(n, t->values, e), "dsterf", err));
done:
    return status;
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
    const double low = t->values[0] + mu, high = t->values[t->m.rows - 1] + mu;
    return low > 0.0 ? high / low : HUGE_VAL;
}

double dense_tridiagonal_effective(const dense_tridiagonal *t, double mu)
{
    double sum = 0.0;
    for (sur_idx i = 0; i < t->m.rows; i++) {
        const double value = fmax(0.0, t->values[i]);
        sum += value / (value + mu);
    }
    return sum;
}
