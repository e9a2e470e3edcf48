/* decompose.c -- least squares, eigenvalues and singular values, by LAPACK's dgelsd,
 * dsyevd and dgesdd (divide and conquer). Arguments are copied; nothing of the caller's
 * is lost. */
#include "base/memory.h"
#include "base/try.h"
#include "dense/lapack.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

sur_status dense_gelsd(sur_mat *a, sur_mat *x, double rcond, double *condition,
                       sur_idx *rank, sur_error *err)
{
    const int p = (int)a->rows, n = (int)a->cols, k = (int)x->rows;
    const int longer = n > p ? n : p, shorter = n < p ? n : p;
    double *s = NULL, *work = NULL, size = 0.0;
    lapack_int *iwork = NULL, isize = 0, found = 0;
    sur_status status;
    assert(x->cols == longer);

    if (rcond < 0.0) rcond = DBL_EPSILON * (double)longer;
    SUR_TRY(sur_alloc(&s, shorter, sizeof *s, err));
    SUR_TRY(dense_check_info(LAPACKE_dgelsd_work(LAPACK_COL_MAJOR, n, p, k, a->data, n,
                                                 x->data, longer, s, rcond, &found,
                                                 &size, -1, &isize),
                             "dgelsd", err));
    SUR_TRY(sur_alloc(&work, (sur_idx)size, sizeof *work, err));
    SUR_TRY(sur_alloc(&iwork, isize, sizeof *iwork, err));
    SUR_TRY(dense_check_info(LAPACKE_dgelsd_work(LAPACK_COL_MAJOR, n, p, k, a->data, n,
                                                 x->data, longer, s, rcond, &found,
                                                 work, (int)size, iwork),
                             "dgelsd", err));
    if (rank) *rank = found;
    if (condition) *condition = found > 0 ? s[0] / s[found - 1] : 1.0;
done:
    free(iwork);
    free(work);
    free(s);
    return status;
}

sur_status sur_lstsq(sur_mat *b, double *condition, sur_idx *rank, const sur_mat *z,
                     const sur_mat *y, double rcond, sur_error *err)
{
    const sur_idx n = z->rows, p = z->cols, k = y->cols;
    assert(y->rows == n && b->rows == p && b->cols == k);
    sur_mat a = {0}, x = {0};
    sur_status status;

    SUR_FAIL_IF(n < 1 || p < 1, SUR_ESHAPE,
                "a fit needs rows and columns, not %lld x %lld", (long long)n,
                (long long)p);
    SUR_TRY(dense_check_finite(z, "the design matrix", err));
    SUR_TRY(dense_check_finite(y, "the target matrix", err));
    SUR_TRY(sur_mat_new(&a, p, n, err));
    SUR_TRY(sur_mat_new(&x, k, n > p ? n : p, err));
    sur_mat targets = sur_mat_part(&x, 0, k, 0, n);
    dense_transpose(&a, z);
    dense_transpose(&targets, y);
    SUR_TRY(dense_gelsd(&a, &x, rcond, condition, rank, err));
    const sur_mat solution = sur_mat_part(&x, 0, k, 0, p);
    dense_transpose(b, &solution);
done:
    sur_mat_free(&x);
    sur_mat_free(&a);
    return status;
}

sur_status sur_eigen(double *values, sur_mat *vectors, const sur_mat *a, sur_error *err)
{
    const sur_idx n = a->rows;
    const char job = vectors ? 'V' : 'N';
    assert(a->cols == n && (!vectors || (vectors->rows == n && vectors->cols == n)));
    sur_mat q = {0}; /* a going in; the eigenvectors as rows coming out */
    double *work = NULL, size = 0.0;
    lapack_int *iwork = NULL, isize = 0;
    sur_status status;

    SUR_TRY(sur_mat_new(&q, n, n, err));
    if (n == 0) goto done;
    for (sur_idx i = 0; i < n;
         i++) { /* the lower triangle alone is read, and checked */
        sur_mat from = sur_mat_part(a, i, 1, 0, i + 1),
                to = sur_mat_part(&q, i, 1, 0, i + 1);
        sur_mat_copy(&to, &from);
    }
    SUR_TRY(dense_check_finite(&q, "the symmetric matrix", err));
    /* the lower triangle by rows is the upper one by columns */
    SUR_TRY(
        dense_check_info(LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, job, 'U', (int)n, q.data,
                                             (int)n, values, &size, -1, &isize, -1),
                         "dsyevd", err));
    SUR_TRY(sur_alloc(&work, (sur_idx)size, sizeof *work, err));
    SUR_TRY(sur_alloc(&iwork, isize, sizeof *iwork, err));
    SUR_TRY(dense_check_info(LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, job, 'U', (int)n,
                                                 q.data, (int)n, values, work,
                                                 (int)size, iwork, isize),
                             "dsyevd", err));
    if (vectors) dense_transpose(vectors, &q);

done:
    free(iwork);
    free(work);
    sur_mat_free(&q);
    return status;
}

/* a' (cols x rows, by columns) = V S U': so LAPACK's left vectors by columns are the
 * rows of V', and its right ones (r x rows, by columns) are U by rows. */
sur_status sur_svd(double *values, sur_mat *u, sur_mat *v, const sur_mat *a,
                   sur_error *err)
{
    const int m = (int)a->cols, n = (int)a->rows, r = m < n ? m : n;
    assert((!u || (u->rows == n && u->cols == r)) &&
           (!v || (v->rows == m && v->cols == r)));
    const char job = u || v ? 'S' : 'N';
    sur_mat copy = {0}, left = {0}, right = {0};
    double *work = NULL, size = 0.0;
    lapack_int *iwork = NULL;
    sur_status status;

    SUR_TRY(sur_mat_new(&copy, n, m, err));
    if (r == 0) goto done;
    SUR_TRY(dense_check_finite(a, "the matrix", err));
    sur_mat_copy(&copy, a);
    SUR_TRY(sur_mat_new(&left, job == 'S' ? r : 1, job == 'S' ? m : 1, err));
    SUR_TRY(sur_mat_new(&right, job == 'S' ? n : 1, job == 'S' ? r : 1, err));
    SUR_TRY(sur_alloc(&iwork, 8 * (sur_idx)r, sizeof *iwork, err));
    SUR_TRY(dense_check_info(LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, job, m, n, copy.data,
                                                 m, values, left.data, leading(&left),
                                                 right.data, leading(&right), &size, -1,
                                                 iwork),
                             "dgesdd", err));
    SUR_TRY(sur_alloc(&work, (sur_idx)size, sizeof *work, err));
    SUR_TRY(dense_check_info(LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, job, m, n, copy.data,
                                                 m, values, left.data, leading(&left),
                                                 right.data, leading(&right), work,
                                                 (int)size, iwork),
                             "dgesdd", err));
    if (u) sur_mat_copy(u, &right);
    if (v) dense_transpose(v, &left);

done:
    free(iwork);
    free(work);
    sur_mat_free(&right);
    sur_mat_free(&left);
    sur_mat_free(&copy);
    return status;
}
