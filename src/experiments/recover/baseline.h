/* baseline.h -- what the baselines share. */
#ifndef RECOVER_BASELINE_H
#define RECOVER_BASELINE_H

#include "experiments/recover/recover.h"

/* The best rank-r factors of a matrix, with singular values, into result. */
SUR_MUST_USE sur_status recover_factors(sur_recover_result *result, const sur_mat *m,
                                        bool symmetric, sur_idx rank, sur_error *err);

/* Relative residual norm of X on the measurements of weight 1 (NULL: all); scratch [m]
 * receives the residuals. */
SUR_MUST_USE sur_status recover_fit_of(double *fit, const sur_operator *op,
                                       const double *y, const double *weight,
                                       const sur_mat *x, double *scratch,
                                       sur_error *err);

#endif
