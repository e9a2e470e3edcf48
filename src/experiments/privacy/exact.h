/* exact.h -- the published experiments without simulating their answers.
 *
 * Given the design, an answer is exactly normal with mean 0: draws of the two variances
 * describe the laws of the answer completely. */
#ifndef PRIVACY_EXACT_H
#define PRIVACY_EXACT_H

#include "experiments/privacy/privacy.h"

/* Draw k of the variances of the answer at query q (of y0 minus it if the label is
 * known), each from designs of its own. */
typedef struct privacy_pair {
    double out, in;
    double loss; /* mean squared error of a non-member, no noise in the target */
} privacy_pair;

/* Gaussian features, by Bartlett's decomposition: a handful of numbers per draw. The
 * query has the squared norms q_p and q_d. With ridge > 0 at most PRIVACY_RIDGED
 * samples. */
enum { PRIVACY_RIDGED = 1 << 14 };
privacy_pair privacy_draw_linear(const sur_privacy_options *o, double q_p, double q_d,
                                 sur_idx k);

/* Any problem, from a whole design. SUR_ENOMEM, SUR_ENUMERIC. */
SUR_MUST_USE sur_status privacy_draw_design(privacy_pair *pair,
                                            const sur_privacy_options *o, sur_idx q,
                                            sur_idx k, sur_error *err);

/* A chi-square variable. */
double privacy_chi_square(sur_rng *rng, double degrees);

/* The squared norms of query q: p and D where options->queries is 0. */
void privacy_query_norms(const sur_privacy_options *o, sur_idx q, double *q_p,
                         double *q_d);

/* The best attack on two scale mixtures of normals (equal weights), by quadrature.
 * error: jackknife standard errors over groups of draws. SUR_EINVAL, SUR_ENOMEM. */
SUR_MUST_USE sur_status privacy_mixtures(sur_leak *leak, sur_leak *error,
                                         const privacy_pair *pairs, sur_idx count,
                                         sur_error *err);

/* The published estimator of the advantage: `samples` answers per class in a histogram
 * of 149 bins between the 0.01 and the 99.99 percentile of both together. Biased
 * upwards: *bias is what it gives on average for two equal laws of that shape. */
SUR_MUST_USE sur_status privacy_histogram(double *advantage, double *bias,
                                          const privacy_pair *pairs, sur_idx count,
                                          sur_idx samples, sur_rng *rng,
                                          sur_error *err);

#endif
