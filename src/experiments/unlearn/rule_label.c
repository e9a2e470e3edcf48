/* rule_label.c -- random-label: each pass lowers CE on F with labels drawn anew
 * uniformly from all classes, then CE(R). salun (Fan et al. 2024): the same, but only
 * those parameters move whose |sum over F of dCE/dtheta| at the original model is among
 * the largest `share` of all; the others are put back after each step. */
#include "experiments/unlearn/course.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE, SHARE };

static int descending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

sur_status unlearn_salun_begin(unlearn_course *c, sur_error *err)
{
    const unlearn_problem *p = c->problem;
    const sur_idx n = sur_network_parameters(&p->network);
    const sur_goal goal = {.loss = SUR_LOSS_CROSS_ENTROPY, .label = p->label};
    float *gradient = c->scratch, *sorted = c->vector;
    double loss;
    sur_status status;

    SUR_TRY(sur_alloc(&c->mask, n, 1, err));
    SUR_TRY(sur_network_loss(&loss, gradient, &p->network, c->original, &p->inputs,
                             &goal, p->set.forget, p->set.count, err));
    for (sur_idx i = 0; i < n; i++) sorted[i] = fabsf(gradient[i]);
    qsort(sorted, (size_t)n, sizeof *sorted, descending);
    sur_idx most = (sur_idx)ceil(c->setting[SHARE] * (double)n);
    most = most < 1 ? 1 : most > n ? n : most;
    const float least = sorted[most - 1];
    for (sur_idx i = 0; i < n; i++) c->mask[i] = fabsf(gradient[i]) >= least;

done:
    return status;
}

/* Puts back what may not move. */
static void restore(unlearn_course *c)
{
    const sur_idx n = sur_network_parameters(&c->problem->network);
    if (!c->mask) return;
    sur_learner_get(c->vector, c->learner);
    for (sur_idx i = 0; i < n; i++)
        if (!c->mask[i]) c->vector[i] = c->original[i];
    sur_learner_set(c->learner, c->vector);
}

static sur_status forget(unlearn_course *c, sur_idx epoch, int32_t *label,
                         sur_error *err)
{
    const sur_idx n = c->problem->n, k = c->problem->network.outputs;
    unlearn_batches forgotten = unlearn_pass(c, UNLEARN_FORGOTTEN, epoch);
    const sur_idx *picks;
    sur_idx count;
    sur_status status = SUR_OK;
    while (unlearn_next(&picks, &count, &forgotten)) {
        for (sur_idx i = 0; i < count; i++) {
            sur_rng rng =
                sur_rng_make(c->seed, "random label", (uint64_t)(epoch * n + picks[i]));
            label[i] = (int32_t)sur_rng_below(&rng, k);
        }
        SUR_TRY(unlearn_forward(c, picks, count, err));
        unlearn_add_entropy(c, 1.0, label);
        SUR_TRY(unlearn_backward(c, err));
        unlearn_move(c, c->setting[RATE]);
        restore(c);
    }

done:
    return status;
}

sur_status unlearn_label_epoch(unlearn_course *c, sur_idx epoch, sur_error *err)
{
    const sur_idx *picks;
    int32_t *label = NULL;
    sur_idx count;
    sur_status status;

    SUR_TRY(sur_alloc(&label, c->batch, sizeof *label, err));
    SUR_TRY(forget(c, epoch, label, err));
    unlearn_batches retained = unlearn_pass(c, UNLEARN_RETAINED, epoch);
    while (unlearn_next(&picks, &count, &retained)) {
        SUR_TRY(unlearn_entropy_step(c, picks, count, 1.0, c->setting[RATE], err));
        restore(c);
    }

done:
    free(label);
    return status;
}
