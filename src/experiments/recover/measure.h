/* measure.h -- one finished trial as measurements, a note and kept arrays. */
#ifndef RECOVER_MEASURE_H
#define RECOVER_MEASURE_H

#include "experiments/recover/problem.h"

typedef struct recover_done { /* what a finished trial is measured by */
    const sur_recover_trial *options;
    const recover_problem *problem;
    const recover_effects *effects;
    const sur_recover_result *result;
    const recover_trace *trace; /* NULL: a baseline */
} recover_done;

/* Measures trial `index` and hands it over. */
SUR_MUST_USE sur_status recover_emit(const recover_done *done, sur_idx index,
                                     const sur_context *context, sur_error *err);

/* Keeps the factors, singular values and effects of trial `index`. */
SUR_MUST_USE sur_status recover_keep(const recover_done *done, sur_idx index,
                                     const sur_context *context, sur_error *err);

#endif
