/* signed.c -- fits whose weights have both signs, as simulated events often do.
 *
 * With S = diag(sign w) and Z, y scaled by sqrt |w|, the loss (y - Z b)' S (y - Z b) +
 * mu b'b has a minimum only where Z'SZ + mu I is positive definite. p <= n: that matrix
 * is formed and factored by Cholesky, which is the test. p > n:  b = Z' a with (Z Z' +
 * mu S) a = y. The matrix is indefinite; by Sylvester's law the condition above holds
 * exactly when it has as many negative eigenvalues as there are negative weights, which
 * its L D L' factorization counts (Haynsworth, "Determination of the inertia of a
 * partitioned Hermitian matrix", Linear Algebra Appl. 1, 1968). Each point is factored
 * for itself. Condition and rank are those of Z scaled by sqrt |w|. */
#include "dense/curve.h"

#include "base/memory.h"
#include "base/try.h"
#include "dense/cholesky.h"
#include "dense/lapack.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REFINEMENTS = 3 };

typedef struct signed_point {
    dense_curve *curve;
    sur_idx width;
    double mu;
    sur_mat y, r, sr; /* n x k: targets, y - Z b, S (y - Z b) */
    sur_mat b, db;    /* p x k */
    sur_mat m;        /* the matrix that is factored, of order min(n, p) */
    sur_curve_fit fit;
} signed_point;

static sur_status no_minimum(const signed_point *s, sur_error *err)
{
    return sur_fail(
        err, SUR_ENUMERIC,
        "width %lld, ridge %g: with weights of both signs the loss has no minimum",
        (long long)s->width, s->mu);
}

/* r = y - Z b and sr = S r. */
static sur_status residual(signed_point *s, sur_error *err)
{
    sur_status status = SUR_OK;
    sur_mat_copy(&s->r, &s->y);
    SUR_TRY(dense_columns_subtract(&s->curve->columns, &s->b, &s->r, err));
    for (sur_idx i = 0; i < s->r.rows; i++)
        for (sur_idx k = 0; k < s->r.cols; k++)
            sur_mat_row(&s->sr, i)[k] =
                s->curve->columns.sign[i] * sur_mat_row(&s->r, i)[k];
done:
    return status;
}

/* Condition and rank from the singular values of the first p columns. */
static sur_status measure(signed_point *s, sur_error *err)
{
    const sur_idx n = s->y.rows, p = s->width, r = n < p ? n : p;
    sur_mat all = {0};
    double *values = NULL;
    sur_status status;
    SUR_TRY(sur_mat_new(&all, p, n, err));
    SUR_TRY(sur_alloc(&values, r, sizeof *values, err));
    SUR_TRY(dense_columns_transposed(&s->curve->columns, &all, err));
    SUR_TRY(sur_svd(values, NULL, NULL, &all, err));
    const double threshold = DBL_EPSILON * (double)(n > p ? n : p) * values[0];
    s->fit.condition = 1.0;
    for (; s->fit.rank < r && values[s->fit.rank] > threshold; s->fit.rank++)
        s->fit.condition =
            values[0] / values[s->fit.rank] * (values[0] / values[s->fit.rank]);
done:
    free(values);
    sur_mat_free(&all);
    return status;
}

/* m = Z'SZ + mu I, lower triangle. */
static sur_status normal_matrix(signed_point *s, sur_error *err)
{
    dense_columns *c = &s->curve->columns;
    sur_mat scaled = {0}, zi, zj;
    sur_status status;
    SUR_TRY(sur_mat_new(&scaled, c->rows, DENSE_BLOCK, err));
    for (sur_idx j = 0; j < s->width; j += DENSE_BLOCK) {
        const sur_idx cols = dense_in_block(j, s->width);
        SUR_TRY(dense_columns_block(c, j / DENSE_BLOCK, &zj, err));
        for (sur_idx i = 0; i < c->rows; i++)
            for (sur_idx k = 0; k < DENSE_BLOCK; k++)
                sur_mat_row(&scaled, i)[k] = c->sign[i] * sur_mat_row(&zj, i)[k];
        const sur_mat right = sur_mat_part(&scaled, 0, c->rows, 0, cols);
        for (sur_idx i = j; i < s->width; i += DENSE_BLOCK) {
            const sur_idx rows = dense_in_block(i, s->width);
            SUR_TRY(dense_columns_block(c, i / DENSE_BLOCK, &zi, err));
            const sur_mat left = sur_mat_part(&zi, 0, c->rows, 0, rows);
            sur_mat to = sur_mat_part(&s->m, i, rows, j, cols);
            sur_mat_multiply(&to, 1.0, &left, SUR_TRANSPOSED, &right, SUR_PLAIN, 0.0);
        }
    }
    for (sur_idx i = 0; i < s->width; i++) sur_mat_row(&s->m, i)[i] += s->mu;
done:
    sur_mat_free(&scaled);
    return status;
}

static sur_status narrow(signed_point *s, sur_error *err)
{
    const sur_idx p = s->width;
    const dense_factor r = {s->m.data, p, p};
    double condition;
    bool positive;
    sur_status status;

    SUR_TRY(normal_matrix(s, err));
    SUR_TRY(dense_cholesky(&s->m, &positive, err));
    if (!positive) return no_minimum(s, err);
    SUR_TRY(dense_factor_condition(&condition, &r, err));
    if (!(condition <= DENSE_GRAM_LIMIT)) return no_minimum(s, err);
    for (int turn = 0; turn <= REFINEMENTS;
         turn++) { /* b += M^-1 (Z'S(y - Z b) - mu b) */
        SUR_TRY(residual(s, err));
        SUR_TRY(dense_columns_pass(&s->curve->columns, p, &s->sr, &s->db, NULL, err));
        sur_mat_axpy(&s->db, -s->mu, &s->b);
        dense_factor_solve(&r, &s->db);
        sur_mat_axpy(&s->b, 1.0, &s->db);
    }
    /* trace G (G + mu)^-1 = p - mu || R^-1 ||_F^2 */
    SUR_TRY(dense_check_info(
        LAPACKE_dtrtri_work(LAPACK_COL_MAJOR, 'U', 'N', (int)p, s->m.data, (int)p),
        "dtrtri", err));
    s->fit.effective = (double)p;
    for (sur_idx j = 0; j < p; j++) {
        const double norm = sur_norm2(sur_mat_row(&s->m, j), j + 1);
        s->fit.effective -= s->mu * norm * norm;
    }
    s->fit.method = "cholesky";
done:
    return status;
}

/* Negative eigenvalues of the D of dsytrf ('U'): a block of two has exactly one. */
static sur_idx negative_pivots(const sur_mat *m, const lapack_int *pivot)
{
    sur_idx count = 0;
    for (sur_idx k = 0; k < m->rows; k++) {
        if (pivot[k] < 0)
            k++, count++;
        else
            count += sur_mat_row(m, k)[k] < 0.0;
    }
    return count;
}

/* m = Z Z' + mu S, factored; fails unless the loss has a minimum. */
static sur_status factor_wide(signed_point *s, lapack_int *pivot, double *work,
                              int size, sur_error *err)
{
    dense_columns *c = &s->curve->columns;
    const int n = (int)c->rows;
    sur_idx negative = 0;
    sur_status status = SUR_OK;
    for (sur_idx j = 0; j * DENSE_BLOCK < s->width; j++) {
        sur_mat z;
        const sur_idx count = dense_in_block(j * DENSE_BLOCK, s->width);
        SUR_TRY(dense_columns_block(c, j, &z, err));
        cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, n, (int)count, 1.0, z.data,
                    DENSE_BLOCK, 1.0, s->m.data, n);
    }
    for (sur_idx i = 0; i < n; i++) {
        sur_mat_row(&s->m, i)[i] += s->mu * c->sign[i];
        negative += c->sign[i] < 0.0;
    }
    const lapack_int info =
        LAPACKE_dsytrf_work(LAPACK_COL_MAJOR, 'U', n, s->m.data, n, pivot, work, size);
    if (info != 0 || negative_pivots(&s->m, pivot) != negative)
        return no_minimum(s, err);
done:
    return status;
}

static sur_status wide(signed_point *s, sur_error *err)
{
    const dense_columns *c = &s->curve->columns;
    const int n = (int)c->rows, k = (int)s->b.cols, size = 64 * n;
    sur_mat a = {0}, da = {0}; /* k x n: right-hand sides as rows */
    lapack_int *pivot = NULL;
    double *work = NULL, left = 0.0;
    sur_status status;

    SUR_FAIL_IF(
        s->mu == 0.0, SUR_ENUMERIC,
        "width %lld above %d rows: with weights of both signs a ridge is needed",
        (long long)s->width, n);
    SUR_TRY(sur_mat_new(&a, n, k, err));
    SUR_TRY(sur_mat_new(&da, k, n, err));
    SUR_TRY(sur_alloc(&pivot, n, sizeof *pivot, err));
    SUR_TRY(sur_alloc(&work, size, sizeof *work, err));
    SUR_TRY(factor_wide(s, pivot, work, size, err));
    for (int turn = 0; turn <= REFINEMENTS;
         turn++) { /* a += M^-1 (y - Z Z'a - mu S a) */
        SUR_TRY(residual(s, err));
        left = 0.0;
        for (sur_idx i = 0; i < n; i++)
            for (sur_idx j = 0; j < k; j++) {
                const double r = sur_mat_row(&s->r, i)[j] -
                                 s->mu * c->sign[i] * sur_mat_row(&a, i)[j];
                sur_mat_row(&da, j)[i] = r;
                left = hypot(left, r);
            }
        SUR_TRY(dense_check_info(LAPACKE_dsytrs_work(LAPACK_COL_MAJOR, 'U', n, k,
                                                     s->m.data, n, pivot, da.data, n),
                                 "dsytrs", err));
        for (sur_idx i = 0; i < n; i++)
            for (sur_idx j = 0; j < k; j++)
                sur_mat_row(&a, i)[j] += sur_mat_row(&da, j)[i];
        SUR_TRY(dense_columns_pass(&s->curve->columns, s->width, &a, &s->b, NULL, err));
    }
    if (!(left <= 1e-8 * sur_mat_norm(&s->y))) SUR_TRY(no_minimum(s, err));
    /* trace K M^-1 = n - mu trace S M^-1 */
    SUR_TRY(dense_check_info(
        LAPACKE_dsytri_work(LAPACK_COL_MAJOR, 'U', n, s->m.data, n, pivot, work),
        "dsytri", err));
    s->fit.effective = (double)n;
    for (sur_idx i = 0; i < n; i++)
        s->fit.effective -= s->mu * c->sign[i] * sur_mat_row(&s->m, i)[i];
    s->fit.method = "ldl";
done:
    free(work);
    free(pivot);
    sur_mat_free(&da);
    sur_mat_free(&a);
    return status;
}

sur_status dense_signed_point(dense_curve *c, sur_idx point, sur_error *err)
{
    const sur_idx n = c->columns.rows, outputs = dense_curve_outputs(c, point);
    signed_point s = {.curve = c,

                      .width = c->points[point].width,
                      .mu = c->points[point].ridge};
    const sur_idx order = n < s.width ? n : s.width;
    sur_status status;

    SUR_TRY(sur_mat_new(&s.y, n, outputs, err));
    SUR_TRY(sur_mat_new(&s.r, n, outputs, err));
    SUR_TRY(sur_mat_new(&s.sr, n, outputs, err));
    SUR_TRY(sur_mat_new(&s.b, s.width, outputs, err));
    SUR_TRY(sur_mat_new(&s.db, s.width, outputs, err));
    SUR_TRY(sur_mat_new(&s.m, order, order, err));
    dense_curve_targets(c, point, &s.y);
    SUR_TRY(measure(&s, err));
    SUR_TRY(s.width <= n ? narrow(&s, err) : wide(&s, err));
    SUR_TRY(residual(&s, err));
    for (sur_idx i = 0; i < n; i++)
        for (sur_idx k = 0; k < outputs; k++)
            s.fit.residual += sur_mat_row(&s.r, i)[k] * sur_mat_row(&s.sr, i)[k];
    SUR_TRY(dense_curve_give(c, point, &s.b, &s.fit, err));
done:
    sur_mat_free(&s.m);
    sur_mat_free(&s.db);
    sur_mat_free(&s.b);
    sur_mat_free(&s.sr);
    sur_mat_free(&s.r);
    sur_mat_free(&s.y);
    return status;
}
