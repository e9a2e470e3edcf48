/* inverse.c -- by Cholesky's factor (dpotrf, dpotri). */
#include "dense/inverse.h"

#include "dense/lapack.h"

sur_status dense_invert(sur_mat *a, sur_error *err)
{
    const lapack_int n = (lapack_int)a->rows;
    sur_status status = dense_check_finite(a, "matrix to invert", err);
    if (status != SUR_OK || n == 0) return status;
    lapack_int info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', n, a->data, leading(a));
    if (info > 0)
        return sur_fail(err, SUR_ENUMERIC,
                        "the matrix is not positive definite (minor %lld of %lld)",
                        (long long)info, (long long)n);
    if (info == 0) info = LAPACKE_dpotri(LAPACK_COL_MAJOR, 'U', n, a->data, leading(a));
    status = dense_check_info(info, "dpotri", err);
    /* by columns the upper triangle is, by rows, the lower one */
    for (sur_idx i = 0; i < a->rows; i++)
        for (sur_idx j = 0; j < i; j++) sur_mat_row(a, j)[i] = sur_mat_row(a, i)[j];
    return status;
}
