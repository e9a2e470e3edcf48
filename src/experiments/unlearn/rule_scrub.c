/* rule_scrub.c -- scrub (Kurmanji et al. 2023), with t the original model as teacher:
 * pass e < `steps` first raises T^2 KL(p_t || p) on F; every pass then lowers
 *     gamma CE + alpha T^2 KL(p_t || p)
 * on R. scrub+r is the same and rewinds. */
#include "experiments/unlearn/course.h"

#include "base/try.h"

enum { RATE, STEPS, ALPHA, GAMMA, TEMPERATURE };

sur_status unlearn_scrub_epoch(unlearn_course *c, sur_idx epoch, sur_error *err)
{
    const double rate = c->setting[RATE], t = c->setting[TEMPERATURE];
    const sur_idx *picks;
    sur_idx count;
    sur_status status = SUR_OK;

    if ((double)epoch < c->setting[STEPS]) {
        unlearn_batches forgotten = unlearn_pass(c, UNLEARN_FORGOTTEN, epoch);
        while (unlearn_next(&picks, &count, &forgotten)) {
            SUR_TRY(unlearn_forward(c, picks, count, err));
            unlearn_add_divergence(c, -1.0, t, c->teacher);
            SUR_TRY(unlearn_backward(c, err));
            unlearn_move(c, rate);
        }
    }
    unlearn_batches retained = unlearn_pass(c, UNLEARN_RETAINED, epoch);
    while (unlearn_next(&picks, &count, &retained)) {
        SUR_TRY(unlearn_forward(c, picks, count, err));
        unlearn_add_entropy(c, c->setting[GAMMA], NULL);
        unlearn_add_divergence(c, c->setting[ALPHA], t, c->teacher);
        SUR_TRY(unlearn_backward(c, err));
        unlearn_move(c, rate);
    }

done:
    return status;
}
