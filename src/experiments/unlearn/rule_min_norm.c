/* rule_min_norm.c -- min-norm (MinNormOG, Block et al. 2025): towards the interpolator
 * of least norm,
 *
 *     theta <- theta - strength P theta,
 *
 * P the projection off the span of the gradients df_j(x_i)/dtheta of all outputs j at a
 * sample of retained rows i, along which the answers to them would change; then passes
 * that lower CE(R). */
#include "experiments/unlearn/course.h"
#include "experiments/unlearn/exact.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

enum { RATE, STRENGTH, SAMPLE };
#define BYTES_MOST 256e6 /* of all the gradients */

/* Row i k + j of out = df_j/dtheta at the i-th place. */
static sur_status gradients(sur_mat *out, unlearn_course *c, const sur_idx *places,
                            sur_idx count, sur_error *err)
{
    const sur_idx n = out->cols, k = c->problem->network.outputs;
    sur_status status = SUR_OK;
    for (sur_idx i = 0; i < count; i++)
        for (sur_idx j = 0; j < k; j++) {
            SUR_TRY(sur_learner_forward(c->learner, &c->answer, &c->stride,
                                        &c->problem->inputs, places + i, 1,
                                        SUR_ANSWERING, err));
            memset(c->slope, 0, (size_t)k * sizeof *c->slope);
            c->slope[j] = 1.0F;
            SUR_TRY(unlearn_backward(c, err));
            sur_learner_gradient(c->scratch, c->learner);
            for (sur_idx l = 0; l < n; l++)
                out->data[(i * k + j) * out->stride + l] = (double)c->scratch[l];
            memset(c->scratch, 0, (size_t)n * sizeof *c->scratch);
            sur_learner_set_gradient(c->learner, c->scratch);
        }

done:
    return status;
}

sur_status unlearn_min_norm_begin(unlearn_course *c, sur_error *err)
{
    const unlearn_problem *p = c->problem;
    const sur_idx n = sur_network_parameters(&p->network), k = p->network.outputs;
    const double each = 8.0 * (double)n * (double)k;
    sur_idx sample = (sur_idx)c->setting[SAMPLE];
    sur_mat retained = {0}, before = {0}, after = {0};
    sur_status status;

    if ((double)sample * each > BYTES_MOST) sample = (sur_idx)(BYTES_MOST / each);
    if (sample > p->set.retain_count) sample = p->set.retain_count;
    if (sample < 1) sample = 1;
    if ((double)sample < c->setting[SAMPLE])
        unlearn_note(c->note, sizeof c->note, "min-norm: gradients of %lld rows",
                     (long long)sample);
    const unlearn_batches rows = unlearn_pass(c, UNLEARN_RETAINED, -1);
    SUR_TRY(sur_mat_new(&retained, sample * k, n, err));
    SUR_TRY(sur_mat_new(&before, n, 1, err));
    SUR_TRY(sur_mat_new(&after, n, 1, err));
    SUR_TRY(gradients(&retained, c, rows.order, sample, err));
    for (sur_idx i = 0; i < n; i++) before.data[i] = (double)c->original[i];
    SUR_TRY(unlearn_min_norm(&after, &before, &retained, c->setting[STRENGTH], err));
    sur_learner_get(c->vector, c->learner);
    for (sur_idx i = 0; i < n; i++) c->vector[i] = (float)after.data[i];
    sur_learner_set(c->learner, c->vector);

done:
    sur_mat_free(&retained);
    sur_mat_free(&before);
    sur_mat_free(&after);
    return status;
}
