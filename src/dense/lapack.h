/* lapack.h -- what every caller of LAPACK here needs.
 *
 * LAPACK counts by columns: the rows of a sur_mat are the columns of LAPACK's
 * transpose, so a row-major a (m x n) read by columns is a' (n x m). Where a is wanted
 * by columns it is transposed on the way in. */
#ifndef DENSE_LAPACK_H
#define DENSE_LAPACK_H

#include <surplus/dense.h>

#include <lapacke.h>

/* The leading dimension by which BLAS steps from row to row; at least 1. */
static inline int leading(const sur_mat *m)
{
    return m->stride > 1 ? (int)m->stride : 1;
}

/* to (cols x rows) = from' (from: rows x cols); no overlap. */
void dense_transpose(sur_mat *to, const sur_mat *from);

/* SUR_ENUMERIC, naming `what` and the place, if m has an entry that is not finite. */
SUR_MUST_USE sur_status dense_check_finite(const sur_mat *m, const char *what,
                                           sur_error *err);

/* Turns LAPACK's info into a status: 0 is success, positive means no convergence. */
SUR_MUST_USE sur_status dense_check_info(lapack_int info, const char *routine,
                                         sur_error *err);

/* Least squares by dgelsd. a (p x n): the design by columns, destroyed. x (k x max(n,
 * p)): a target in the first n numbers of each row, its coefficients in the first p on
 * return. rcond, condition and rank as for sur_lstsq. */
SUR_MUST_USE sur_status dense_gelsd(sur_mat *a, sur_mat *x, double rcond,
                                    double *condition, sur_idx *rank, sur_error *err);

#endif
