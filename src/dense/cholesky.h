/* cholesky.h -- K = L L', faster than dpotrf at the sizes of a curve. */
#ifndef DENSE_CHOLESKY_H
#define DENSE_CHOLESKY_H

#include <surplus/dense.h>

/* Overwrites the lower triangle of k (n x n) by L; read by columns that is the upper
 * factor R = L' of dense_factor. *positive: whether k was positive definite; if not, k
 * is lost. */
SUR_MUST_USE sur_status dense_cholesky(sur_mat *k, bool *positive, sur_error *err);

#endif
