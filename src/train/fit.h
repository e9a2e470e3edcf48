/* fit.h -- what the files of a fitted model share. */
#ifndef TRAIN_FIT_H
#define TRAIN_FIT_H

#include <surplus/fit.h>

/* Completes options, outputs and network from inputs and classes; refuses what the
 * family does not have. SUR_EINVAL. */
SUR_MUST_USE sur_status sur_fit_complete(sur_fit *fit, sur_error *err);

/* Copies count names. */
SUR_MUST_USE sur_status sur_fit_name(sur_fit *fit, const char *const *names,
                                     sur_idx count, sur_error *err);

sur_features sur_fit_features(const sur_fit *fit);

/* Answers for rows that are imputed and standardized already. */
SUR_MUST_USE sur_status sur_fit_answer_prepared(sur_mat *out, const sur_fit *fit,
                                                const sur_mat *x, sur_error *err);

#endif
