/* factor.c -- solving with M = R' R, and the condition number of M.
 *
 * Lanczos iteration (Golub and Van Loan, "Matrix computations", section 10.1) builds an
 * orthonormal basis v_1 .. v_j of a Krylov space of an operator A, in which A is
 * tridiagonal with diagonal alpha and off-diagonal beta. Its largest eigenvalue theta,
 * with eigenvector s, approaches A's largest eigenvalue from below; some eigenvalue of
 * A lies within beta_j |s_j| of theta, and that bound ends the iteration. Here A = M
 * and A = M^-1. */
#include "dense/factor.h"

#include "base/memory.h"
#include "base/try.h"
#include "dense/lapack.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

void dense_factor_times(const dense_factor *f, sur_side side, double *x)
{
    cblas_dtrmv(CblasColMajor, CblasUpper,
                side == SUR_PLAIN ? CblasNoTrans : CblasTrans, CblasNonUnit,
                (int)f->order, f->r, (int)f->step, x, 1);
}

void dense_factor_divide(const dense_factor *f, sur_side side, double *x)
{
    cblas_dtrsv(CblasColMajor, CblasUpper,
                side == SUR_PLAIN ? CblasNoTrans : CblasTrans, CblasNonUnit,
                (int)f->order, f->r, (int)f->step, x, 1);
}

void dense_factor_solve(const dense_factor *f, sur_mat *x)
{
    if (x->cols == 1 && x->stride == 1) {
        dense_factor_divide(f, SUR_TRANSPOSED, x->data);
        dense_factor_divide(f, SUR_PLAIN, x->data);
        return;
    }
    /* by rows, R's storage holds the lower triangular R' */
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit,
                (int)f->order, (int)x->cols, 1.0, f->r, (int)f->step, x->data,
                leading(x));
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit,
                (int)f->order, (int)x->cols, 1.0, f->r, (int)f->step, x->data,
                leading(x));
}

enum { LANCZOS_STEPS = 60 };

/* The largest eigenvalue of the tridiagonal matrix of this order, and the last entry of
 * its eigenvector of length 1. */
static sur_status top_of_tridiagonal(double *theta, double *last, const double *alpha,
                                     const double *beta, int order, double *work,
                                     sur_error *err)
{
    double *d = work, *e = d + LANCZOS_STEPS, *s = e + LANCZOS_STEPS;
    double *scratch = s + LANCZOS_STEPS * LANCZOS_STEPS;
    cblas_dcopy(order, alpha, 1, d, 1);
    cblas_dcopy(order, beta, 1, e, 1);
    const sur_status status = dense_check_info(
        LAPACKE_dstev_work(LAPACK_COL_MAJOR, 'V', order, d, e, s, order, scratch),
        "dstev", err);
    *theta = d[order - 1];
    *last = s[order * order - 1];
    return status;
}

/* A fixed vector without structure: the fractional parts of multiples of the golden
 * ratio. */
static void start_vector(double *v, sur_idx n)
{
    const double golden = 0.61803398874989485;
    for (sur_idx i = 0; i < n; i++)
        v[i] = fmod((double)(i % 1000003 + 1) * golden, 1.0) - 0.5 + 1e-3;
    cblas_dscal((int)n, 1.0 / cblas_dnrm2((int)n, v, 1), v, 1);
}

/* w = M v or M^-1 v */
static void apply(const dense_factor *f, bool inverse, double *w)
{
    if (inverse) {
        dense_factor_divide(f, SUR_TRANSPOSED, w);
        dense_factor_divide(f, SUR_PLAIN, w);
    } else {
        dense_factor_times(f, SUR_PLAIN, w);
        dense_factor_times(f, SUR_TRANSPOSED, w);
    }
}

/* *theta: the largest eigenvalue of M or of M^-1. basis: (LANCZOS_STEPS + 1) x order.
 */
static sur_status largest(double *theta, const dense_factor *f, bool inverse,
                          sur_mat *basis, double *work, sur_error *err)
{
    const int n = (int)f->order, most = n < LANCZOS_STEPS ? n : LANCZOS_STEPS;
    const double tolerance = 1e-2; /* of theta */
    /* the second largest eigenvalue may show itself first where they lie close, as
     * those of M^-1 do more often than those of M */
    const int least = inverse ? 5 : 2;
    double alpha[LANCZOS_STEPS], beta[LANCZOS_STEPS], inside[LANCZOS_STEPS];
    sur_status status = SUR_OK;

    start_vector(sur_mat_row(basis, 0), n);
    for (int j = 0; j < most; j++) {
        double *w = sur_mat_row(basis, j + 1), last;
        cblas_dcopy(n, sur_mat_row(basis, j), 1, w, 1);
        apply(f, inverse, w);
        alpha[j] = cblas_ddot(n, sur_mat_row(basis, j), 1, w, 1);
        for (int twice = 0; twice < 2; twice++) { /* w -= V V' w: stays orthogonal */
            cblas_dgemv(CblasRowMajor, CblasNoTrans, j + 1, n, 1.0, basis->data, n, w,
                        1, 0.0, inside, 1);
            cblas_dgemv(CblasRowMajor, CblasTrans, j + 1, n, -1.0, basis->data, n,
                        inside, 1, 1.0, w, 1);
        }
        beta[j] = cblas_dnrm2(n, w, 1);
        if (!isfinite(alpha[j]) || !isfinite(beta[j])) return *theta = HUGE_VAL, SUR_OK;
        SUR_TRY(top_of_tridiagonal(theta, &last, alpha, beta, j + 1, work, err));
        const double bound = beta[j] * fabs(last);
        if (beta[j] <= 1e-10 * *theta) break; /* nothing new but rounding errors */
        if (bound <= tolerance * *theta && j >= least) break;
        cblas_dscal(n, 1.0 / beta[j], w, 1);
    }
done:
    return status;
}

sur_status dense_factor_condition(double *condition, const dense_factor *f,
                                  sur_error *err)
{
    sur_mat basis = {0};
    double *work = NULL, top = 0.0, bottom = 0.0;
    sur_status status;

    SUR_TRY(sur_mat_new(&basis, LANCZOS_STEPS + 1, f->order, err));
    SUR_TRY(sur_alloc(&work, (LANCZOS_STEPS + 4) * LANCZOS_STEPS, sizeof *work, err));
    *condition = HUGE_VAL;
    for (sur_idx i = 0; i < f->order; i++)
        if (f->r[i + i * f->step] == 0.0 || !isfinite(f->r[i + i * f->step])) goto done;
    SUR_TRY(largest(&top, f, false, &basis, work, err));
    SUR_TRY(largest(&bottom, f, true, &basis, work, err));
    *condition = fmax(1.0, top * bottom);

done:
    free(work);
    sur_mat_free(&basis);
    return status;
}
