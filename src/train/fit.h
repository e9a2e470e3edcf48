/* fit.h -- what the files of a fitted model share. */
#ifndef TRAIN_FIT_H
#define TRAIN_FIT_H

#include <surplus/fit.h>

/* What is being fitted. */
typedef struct sur_fit_work {
    sur_fit *fit;
    sur_dataset data;
    sur_split split;
    sur_mat x;      /* train rows, prepared */
    sur_mat y;      /* n x k, minus centre, over unit */
    double *weight; /* [n] or NULL */
} sur_fit_work;

/* The parts of the data that a fit with these options trains on, validates on (early
 * stopping) and is tested on. Fails as sur_split_make does. */
SUR_MUST_USE sur_status sur_fit_split(sur_split *out, const sur_dataset *data,
                                      const sur_fit_options *options, sur_error *err);

/* The score of the fit on count rows of the data; label NULL: the data's own targets.
 * SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_fit_measure(sur_fit_score *out, const sur_fit_work *work,
                                        const sur_idx *rows, const double *label,
                                        sur_idx count, sur_error *err);

/* fit_network.c: trains the network; fills resumed, steps and kept of the report. */
SUR_MUST_USE sur_status sur_fit_train(sur_fit_report *report, sur_fit_work *work,
                                      const sur_fit_watch *watch, sur_error *err);

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
