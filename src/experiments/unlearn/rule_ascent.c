/* rule_ascent.c -- ascent: E passes that raise CE(F). neggrad (NegGrad+, Kurmanji et
 * al. 2023): one step on each batch B_r of R that lowers
 *     a CE(B_r) - (1 - a) CE(B_f)
 * with batches B_f of F taken in turn, over and over. */
#include "experiments/unlearn/course.h"

#include "base/try.h"

enum { RATE, ALPHA };

sur_status unlearn_ascent_epoch(unlearn_course *c, sur_idx epoch, sur_error *err)
{
    unlearn_batches batches = unlearn_pass(c, UNLEARN_FORGOTTEN, epoch);
    const sur_idx *picks;
    sur_idx count;
    while (unlearn_next(&picks, &count, &batches)) {
        const sur_status status =
            unlearn_entropy_step(c, picks, count, -1.0, c->setting[RATE], err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

/* The next batch of F; its passes are numbered through the whole course. */
static void next_forgotten(unlearn_course *c, unlearn_batches *batches, sur_idx *pass,
                           const sur_idx **picks, sur_idx *count)
{
    while (!unlearn_next(picks, count, batches))
        *batches = unlearn_pass(c, UNLEARN_FORGOTTEN, (*pass)++);
}

sur_status unlearn_neggrad_epoch(unlearn_course *c, sur_idx epoch, sur_error *err)
{
    const double a = c->setting[ALPHA];
    unlearn_batches retained = unlearn_pass(c, UNLEARN_RETAINED, epoch), forgotten;
    const sur_idx per_pass = (retained.count + c->batch - 1) / c->batch;
    sur_idx pass = epoch * per_pass; /* more passes than F can need */
    const sur_idx *picks;
    sur_idx count;
    sur_status status = SUR_OK;

    forgotten = unlearn_pass(c, UNLEARN_FORGOTTEN, pass++);
    while (unlearn_next(&picks, &count, &retained)) {
        SUR_TRY(unlearn_forward(c, picks, count, err));
        unlearn_add_entropy(c, a, NULL);
        SUR_TRY(unlearn_backward(c, err));
        next_forgotten(c, &forgotten, &pass, &picks, &count);
        SUR_TRY(unlearn_forward(c, picks, count, err));
        unlearn_add_entropy(c, a - 1.0, NULL);
        SUR_TRY(unlearn_backward(c, err));
        unlearn_move(c, c->setting[RATE]);
    }

done:
    return status;
}
