/* spectrum.h -- fits from singular values, where nothing cheaper is accurate. */
#ifndef DENSE_SPECTRUM_H
#define DENSE_SPECTRUM_H

#include "dense/factor.h"

/* R' = U S V' of a triangular factor R. */
typedef struct dense_spectrum {
    sur_mat u, v;     /* order x order */
    double *values;   /* [order] descending */
    sur_idx rank;     /* values above gelsd's threshold: the rest count as zero */
    double condition; /* (values[0] / values[rank - 1])^2; 1 if the rank is 0 */
} dense_spectrum;

/* longer: the larger dimension of the design; the threshold is DBL_EPSILON times it. s
 * is empty or partly acquired after a failure: free it. */
SUR_MUST_USE sur_status dense_spectrum_new(dense_spectrum *s, const dense_factor *f,
                                           sur_idx longer, sur_error *err);

void dense_spectrum_free(dense_spectrum *s);

/* to (order x k) = L S (S^2 + mu)^-1 N' from over the rank; L and N are U and V or V
 * and U. scratch: order x k. `to` may be `from`. */
void dense_spectrum_apply(const dense_spectrum *s, sur_mat *to, const sur_mat *left,
                          double mu, const sur_mat *right, const sur_mat *from,
                          sur_mat *scratch);

/* trace over the rank of s^2 / (s^2 + mu) */
double dense_spectrum_effective(const dense_spectrum *s, double mu);

#endif
