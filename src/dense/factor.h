/* factor.h -- a symmetric positive definite matrix M = R' R given by its factor R. */
#ifndef DENSE_FACTOR_H
#define DENSE_FACTOR_H

#include <surplus/dense.h>

/* R is upper triangular and stored by columns: r[i + j * step]. What lies below the
 * diagonal is not read. A view. */
typedef struct dense_factor {
    const double *r;
    sur_idx order, step;
} dense_factor;

/* x (order x k) = M^-1 x. */
void dense_factor_solve(const dense_factor *f, sur_mat *x);

/* x = R x, R' x, R^-1 x and R'^-1 x for one contiguous vector. */
void dense_factor_times(const dense_factor *f, sur_side side, double *x);
void dense_factor_divide(const dense_factor *f, sur_side side, double *x);

/* The condition number of M in the 2-norm, from below and to about one percent: the
 * extreme eigenvalues by Lanczos iteration with M and with M^-1. Infinite if R is
 * singular. */
SUR_MUST_USE sur_status dense_factor_condition(double *condition, const dense_factor *f,
                                               sur_error *err);

#endif
