/* rule_finetune.c -- finetune: E passes that lower CE(R). l1 (Jia et al. 2023): the
 * same with a_e ||theta||_1 on top, a_e = a (1 - e / E) for pass e = 0, 1, .., its
 * derivative at 0 taken as 0. */
#include "experiments/unlearn/course.h"

#include "base/try.h"

enum { RATE, PENALTY }; /* places of the settings */

sur_status unlearn_finetune_epoch(unlearn_course *c, sur_idx epoch, sur_error *err)
{
    unlearn_batches batches = unlearn_pass(c, UNLEARN_RETAINED, epoch);
    const sur_idx *picks;
    sur_idx count;
    while (unlearn_next(&picks, &count, &batches)) {
        const sur_status status =
            unlearn_entropy_step(c, picks, count, 1.0, c->setting[RATE], err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

static void add_sign(unlearn_course *c, double weight)
{
    const sur_idx n = sur_network_parameters(&c->problem->network);
    float *gradient = c->scratch, *theta = c->vector;
    sur_learner_gradient(gradient, c->learner);
    sur_learner_get(theta, c->learner);
    for (sur_idx i = 0; i < n; i++)
        gradient[i] += (float)weight * (float)((theta[i] > 0) - (theta[i] < 0));
    sur_learner_set_gradient(c->learner, gradient);
}

sur_status unlearn_l1_epoch(unlearn_course *c, sur_idx epoch, sur_error *err)
{
    const double a = c->setting[PENALTY] * (1.0 - (double)epoch / (double)c->epochs);
    unlearn_batches batches = unlearn_pass(c, UNLEARN_RETAINED, epoch);
    const sur_idx *picks;
    sur_idx count;
    sur_status status = SUR_OK;
    while (unlearn_next(&picks, &count, &batches)) {
        SUR_TRY(unlearn_forward(c, picks, count, err));
        unlearn_add_entropy(c, 1.0, NULL);
        SUR_TRY(unlearn_backward(c, err));
        add_sign(c, a);
        unlearn_move(c, c->setting[RATE]);
    }

done:
    return status;
}
