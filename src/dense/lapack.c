/* lapack.c -- ways in and out of LAPACK. */
#include "dense/lapack.h"

#include <assert.h>
#include <math.h>

void dense_transpose(sur_mat *to, const sur_mat *from)
{
    enum { TILE = 16 }; /* a tile of both stays in the first-level cache */
    assert(to->rows == from->cols && to->cols == from->rows);
    for (sur_idx i = 0; i < from->rows; i += TILE) {
        const sur_idx last_i = i + TILE < from->rows ? i + TILE : from->rows;
        for (sur_idx j = 0; j < from->cols; j += TILE) {
            const sur_idx last_j = j + TILE < from->cols ? j + TILE : from->cols;
            for (sur_idx r = j; r < last_j; r++)
                for (sur_idx c = i; c < last_i; c++)
                    sur_mat_row(to, r)[c] = sur_mat_row(from, c)[r];
        }
    }
}

sur_status dense_check_finite(const sur_mat *m, const char *what, sur_error *err)
{
    for (sur_idx i = 0; i < m->rows; i++) {
        const double *row = sur_mat_row(m, i);
        for (sur_idx j = 0; j < m->cols; j++)
            if (!isfinite(row[j]))
                return sur_fail(err, SUR_ENUMERIC, "%s has %g at row %lld, column %lld",
                                what, row[j], (long long)i, (long long)j);
    }
    return SUR_OK;
}

sur_status dense_check_info(lapack_int info, const char *routine, sur_error *err)
{
    if (info == 0) return SUR_OK;
    if (info > 0)
        return sur_fail(err, SUR_ENUMERIC, "%s did not converge (info %d)", routine,
                        info);
    return sur_fail(err, SUR_EBACKEND, "%s refused argument %d", routine, -info);
}
