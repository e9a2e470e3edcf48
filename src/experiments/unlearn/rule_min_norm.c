/* rule_min_norm.c -- min-norm (MinNormOG, Block et al. 2025): towards the interpolator
 * of least norm,
 *
 *     theta <- theta - strength P theta,
 *
 * P the projection off the span of the gradients df_j(x_i)/dtheta of all outputs j at a
 * sample of retained rows i, along which the answers to them would change; then passes
 * that lower CE(R). */
#include "experiments/unlearn/course.h"

#include "base/clock.h"
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

/* off = P theta_o: what of theta_o the sample's answers do not see, by the Gram matrix
 * of the gradients A:  P theta = theta - A' (A A')^+ A theta. */
static sur_status project(double *off, unlearn_course *c, sur_idx sample,
                          sur_error *err)
{
    const sur_network *network = &c->problem->network;
    const sur_idx n = sur_network_parameters(network), m = sample * network->outputs;
    const unlearn_batches rows = unlearn_pass(c, UNLEARN_RETAINED, -1);
    sur_mat a = {0}, gram = {0}, seen = {0}, weight = {0}, theta = {off, n, 1, 1};
    sur_curve_fit fit;
    sur_status status;

    SUR_TRY(sur_mat_new(&a, m, n, err));
    SUR_TRY(sur_mat_new(&gram, m, m, err));
    SUR_TRY(sur_mat_new(&seen, m, 1, err));
    SUR_TRY(sur_mat_new(&weight, m, 1, err));
    SUR_TRY(gradients(&a, c, rows.order, sample, err));
    for (sur_idx i = 0; i < n; i++) off[i] = (double)c->original[i];
    sur_mat_multiply(&gram, 1.0, &a, SUR_PLAIN, &a, SUR_TRANSPOSED, 0.0);
    sur_mat_multiply(&seen, 1.0, &a, SUR_PLAIN, &theta, SUR_PLAIN, 0.0);
    SUR_TRY(sur_kernel_solve(&weight, &fit, &gram, &seen, 0.0, err));
    sur_mat_multiply(&theta, -1.0, &a, SUR_TRANSPOSED, &weight, SUR_PLAIN, 1.0);

done:
    sur_mat_free(&a);
    sur_mat_free(&gram);
    sur_mat_free(&seen);
    sur_mat_free(&weight);
    return status;
}

/* The projection is the same for every strength and rate: it is made once, and each
 * course is charged its time. */
static sur_status recall(unlearn_memo *memo, unlearn_course *c, sur_idx sample,
                         sur_error *err)
{
    const sur_idx n = sur_network_parameters(&c->problem->network);
    if (memo->off && memo->sample == sample) {
        c->charged += memo->seconds;
        return SUR_OK;
    }
    const double since = sur_cpu_clock();
    unlearn_memo_free(memo);
    sur_status status = sur_alloc(&memo->off, n, sizeof *memo->off, err);
    if (status == SUR_OK) status = project(memo->off, c, sample, err);
    memo->sample = sample;
    memo->seconds = sur_cpu_clock() - since;
    if (status != SUR_OK) unlearn_memo_free(memo);
    return status;
}

void unlearn_memo_free(unlearn_memo *memo)
{
    free(memo->off);
    *memo = (unlearn_memo){0};
}

sur_status unlearn_min_norm_begin(unlearn_course *c, sur_error *err)
{
    const unlearn_problem *p = c->problem;
    const sur_idx n = sur_network_parameters(&p->network);
    const double each = 8.0 * (double)n * (double)p->network.outputs;
    sur_idx sample = (sur_idx)c->setting[SAMPLE];
    unlearn_memo own = {0}, *memo = c->memo ? c->memo : &own;

    if (sample > p->set.retain_count) sample = p->set.retain_count;
    if ((double)sample * each > BYTES_MOST) {
        sample = (sur_idx)(BYTES_MOST / each) > 0 ? (sur_idx)(BYTES_MOST / each) : 1;
        unlearn_note(c->note, sizeof c->note, "min-norm: gradients of %lld rows",
                     (long long)sample);
    }
    const sur_status status = recall(memo, c, sample, err);
    if (status == SUR_OK) {
        sur_learner_get(c->vector, c->learner);
        for (sur_idx i = 0; i < n; i++)
            c->vector[i] -= (float)(c->setting[STRENGTH] * memo->off[i]);
        sur_learner_set(c->learner, c->vector);
    }
    unlearn_memo_free(&own);
    return status;
}
