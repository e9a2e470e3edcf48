/* row_qr.h -- Z' = Q R for wide designs, with the orthogonal factor kept. */
#ifndef DENSE_ROW_QR_H
#define DENSE_ROW_QR_H

#include "dense/columns.h"
#include "dense/factor.h"

enum { DENSE_REFLECTORS = 16 }; /* reflectors that are joined */

typedef struct dense_row_qr {
    sur_idx rotated; /* whole blocks of columns rotated into r */
    sur_idx width;   /* the width that `at` was made for */
    sur_mat r;       /* n x n by columns */
    sur_mat at;      /* n x n by columns: R at `width` */
    double *v,
        *t; /* the reflectors of each whole block, and their triangular factors */
    double *last_v, *last_t; /* of the block that `width` ends in */
    double *work;
} dense_row_qr;

/* Room for the first `widest` columns. q is empty or partly acquired after a failure.
 */
SUR_MUST_USE sur_status dense_row_qr_open(dense_row_qr *q, sur_idx rows, sur_idx widest,
                                          sur_error *err);
void dense_row_qr_free(dense_row_qr *q);

/* Takes `at` to the first p columns, p at least as large as ever before. */
SUR_MUST_USE sur_status dense_row_qr_advance(dense_row_qr *q, dense_columns *c,
                                             sur_idx p, sur_error *err);

/* R at the width at hand. */
dense_factor dense_row_qr_factor(const dense_row_qr *q);

/* b [width] = Q c; c [n] is destroyed. */
SUR_MUST_USE sur_status dense_row_qr_apply(dense_row_qr *q, double *c, double *b,
                                           sur_error *err);

#endif
