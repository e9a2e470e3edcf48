/* row_qr.c -- the QR factorization of Z' (p x n), p > n, one block of its rows at a
 * time.
 *
 * A block of columns of Z is a block of rows z' of Z'. Each step rotates one into R:
 *     (R ; z') = Q_j (R_new ; 0)                                    (LAPACK's dtpqrt)
 * starting from R = 0, so that Z' = Q R with Q the product of the Q_j. Then Z = R' Q',
 * and the least-norm solution of Z b = y is b = Q c with R' c = y. Q is kept as
 * reflectors: b is as accurate in the directions of the large singular values as in the
 * others, which b = Z' R^-1 c would not be. */
#include "dense/row_qr.h"

#include "base/memory.h"
#include "base/try.h"
#include "dense/lapack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int joined(sur_idx n)
{
    return n < DENSE_REFLECTORS ? (int)n : DENSE_REFLECTORS;
}

sur_status dense_row_qr_open(dense_row_qr *q, sur_idx rows, sur_idx widest,
                             sur_error *err)
{
    const sur_idx n = rows, blocks = widest / DENSE_BLOCK;
    const size_t v = (size_t)n * DENSE_BLOCK * sizeof(double);
    const size_t t = (size_t)n * DENSE_REFLECTORS * sizeof(double);
    sur_status status;
    *q = (dense_row_qr){0};
    SUR_TRY(sur_mat_new(&q->r, n, n, err));
    SUR_TRY(sur_mat_new(&q->at, n, n, err));
    SUR_TRY(sur_alloc(&q->v, blocks, v, err));
    SUR_TRY(sur_alloc(&q->t, blocks, t, err));
    SUR_TRY(sur_alloc(&q->last_v, 1, v, err));
    SUR_TRY(sur_alloc(&q->last_t, 1, t, err));
    SUR_TRY(sur_alloc(&q->work, 1, t, err));
done:
    return status;
}

void dense_row_qr_free(dense_row_qr *q)
{
    free(q->work);
    free(q->last_t);
    free(q->last_v);
    free(q->t);
    free(q->v);
    sur_mat_free(&q->at);
    sur_mat_free(&q->r);
    *q = (dense_row_qr){0};
}

/* Rotates the columns of z into r; v and t keep how. */
static sur_status rotate(dense_row_qr *q, sur_mat *r, const sur_mat *z, double *v,
                         double *t, sur_error *err)
{
    const int n = (int)r->rows, count = (int)z->cols;
    /* z by rows is z' by columns */
    sur_mat copy = {v, n, count, count};
    sur_mat_copy(&copy, z);
    return dense_check_info(LAPACKE_dtpqrt_work(LAPACK_COL_MAJOR, count, n, 0,
                                                joined(n), r->data, n, v, count, t,
                                                joined(n), q->work),
                            "dtpqrt", err);
}

sur_status dense_row_qr_advance(dense_row_qr *q, dense_columns *c, sur_idx p,
                                sur_error *err)
{
    const sur_idx n = c->rows;
    sur_mat z;
    sur_status status = SUR_OK;
    for (; q->rotated < p / DENSE_BLOCK; q->rotated++) {
        SUR_TRY(dense_columns_block(c, q->rotated, &z, err));
        SUR_TRY(rotate(q, &q->r, &z, q->v + q->rotated * n * DENSE_BLOCK,
                       q->t + q->rotated * n * DENSE_REFLECTORS, err));
    }
    sur_mat_copy(&q->at, &q->r);
    q->width = p;
    if (p % DENSE_BLOCK > 0) {
        SUR_TRY(dense_columns_block(c, p / DENSE_BLOCK, &z, err));
        const sur_mat part = sur_mat_part(&z, 0, n, 0, p % DENSE_BLOCK);
        SUR_TRY(rotate(q, &q->at, &part, q->last_v, q->last_t, err));
    }
    for (sur_idx i = 0; i < n; i++)
        SUR_FAIL_IF(!isfinite(sur_mat_row(&q->at, i)[i]), SUR_ENUMERIC,
                    "the design matrix of width %lld is not finite", (long long)p);
done:
    return status;
}

dense_factor dense_row_qr_factor(const dense_row_qr *q)
{
    return (dense_factor){q->at.data, q->at.rows, q->at.rows};
}

/* (c ; b) = Q_j (c ; 0) for a block of `count` columns. */
static sur_status unrotate(dense_row_qr *q, const double *v, const double *t, int count,
                           double *c, double *b, sur_error *err)
{
    const int n = (int)q->r.rows;
    memset(b, 0, (size_t)count * sizeof *b);
    return dense_check_info(LAPACKE_dtpmqrt_work(LAPACK_COL_MAJOR, 'L', 'N', count, 1,
                                                 n, 0, joined(n), v, count, t,
                                                 joined(n), c, n, b, count, q->work),
                            "dtpmqrt", err);
}

sur_status dense_row_qr_apply(dense_row_qr *q, double *c, double *b, sur_error *err)
{
    const sur_idx n = q->r.rows, whole = q->width / DENSE_BLOCK;
    const int rest = (int)(q->width % DENSE_BLOCK);
    sur_status status = SUR_OK;
    if (rest > 0)
        SUR_TRY(
            unrotate(q, q->last_v, q->last_t, rest, c, b + whole * DENSE_BLOCK, err));
    for (sur_idx j = whole; j-- > 0;)
        SUR_TRY(unrotate(q, q->v + j * n * DENSE_BLOCK, q->t + j * n * DENSE_REFLECTORS,
                         DENSE_BLOCK, c, b + j * DENSE_BLOCK, err));
done:
    return status;
}
