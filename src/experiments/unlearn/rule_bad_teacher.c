/* rule_bad_teacher.c -- bad-teacher (Chundawat et al. 2023): passes over all training
 * rows that lower T^2 KL(p_teacher || p), the teacher being the original model for
 * retained rows and a network that was drawn and never trained for those to forget. */
#include "experiments/unlearn/course.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

enum { RATE, TEMPERATURE };

/* other = the original's answers, with the forgotten rows' replaced. */
sur_status unlearn_teacher_begin(unlearn_course *c, sur_error *err)
{
    const unlearn_problem *p = c->problem;
    const sur_idx k = p->network.outputs;
    float *drawn = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&c->other, p->n * k, sizeof *c->other, err));
    SUR_TRY(sur_alloc(&drawn, p->set.count * k, sizeof *drawn, err));
    memcpy(c->other, c->teacher, (size_t)(p->n * k) * sizeof *c->other);
    sur_rng rng = sur_rng_make(c->seed, "bad teacher", 0);
    sur_network_draw(c->vector, &p->network, (sur_init)c->train.init,
                     c->train.init_scale, sur_rng_u64(&rng));
    SUR_TRY(unlearn_answers(drawn, p, c->vector, p->set.forget, 0, p->set.count, err));
    for (sur_idx i = 0; i < p->set.count; i++)
        memcpy(c->other + p->set.forget[i] * k, drawn + i * k,
               (size_t)k * sizeof *drawn);

done:
    free(drawn);
    return status;
}

sur_status unlearn_teacher_epoch(unlearn_course *c, sur_idx epoch, sur_error *err)
{
    const sur_idx n = c->problem->n;
    sur_idx *order = NULL, count;
    const sur_idx *picks;
    sur_status status = sur_alloc(&order, n, sizeof *order, err);
    if (status != SUR_OK) return status;
    sur_rng rng = sur_rng_make(c->seed, "teacher order", (uint64_t)epoch);
    sur_rng_permutation(&rng, order, n);
    unlearn_batches all = {.order = order, .count = n, .batch = c->batch};
    while (unlearn_next(&picks, &count, &all)) {
        SUR_TRY(unlearn_forward(c, picks, count, err));
        unlearn_add_divergence(c, 1.0, c->setting[TEMPERATURE], c->other);
        SUR_TRY(unlearn_backward(c, err));
        unlearn_move(c, c->setting[RATE]);
    }

done:
    free(order);
    return status;
}
