/* roc.c -- the ROC curve, and the background rejection at a signal efficiency.
 *
 * Calling class 1 whatever scores at least t, the true positive rate is the weight of
 * class 1 so called over all of class 1, the false positive rate the same of class 0.
 *
 * The rejection's interval is Clopper & Pearson's for the false positive rate f of N
 * background examples. With weights v, N is the effective number that gives the
 * estimate its variance (Korn & Graubard 1998): N = f(1-f) / var f with
 *
 *     var f = ((1-f)^2 sum_above v^2 + f^2 sum_below v^2) / (sum v)^2,
 *
 * or (sum v)^2 / sum v^2 where f is 0 or 1. */
#include <surplus/stats.h>

#include "base/memory.h"
#include "base/try.h"
#include "stats/ranking.h"
#include "stats/special.h"
#include <math.h>
#include <stdlib.h>

static sur_idx count_groups(const sur_ranking *ranking)
{
    sur_idx groups = 0;
    for (sur_idx i = 0; i < ranking->count; i++)
        groups += i == 0 || ranking->item[i].key != ranking->item[i - 1].key;
    return groups;
}

sur_status sur_roc_curve(sur_roc *out, const double *score, const uint8_t *label,
                         const double *weight, sur_idx n, sur_error *err)
{
    sur_ranking ranking = {0};
    sur_roc made = {0};
    sur_status status;

    SUR_TRY(sur_ranking_new(&ranking, score, label, weight, n, err));
    const sur_idx points = count_groups(&ranking) + 1;
    SUR_TRY(sur_alloc(&made.threshold, points, sizeof *made.threshold, err));
    SUR_TRY(sur_alloc(&made.fpr, points, sizeof *made.fpr, err));
    SUR_TRY(sur_alloc(&made.tpr, points, sizeof *made.tpr, err));

    made.threshold[0] = HUGE_VAL;
    made.count = 1;
    double above[2] = {0.0, 0.0};
    sur_ties ties;
    for (sur_idx at = 0; at < ranking.count; made.count++) {
        at = sur_ranking_next(&ties, &ranking, at);
        above[0] += ties.weight[0];
        above[1] += ties.weight[1];
        made.threshold[made.count] = ties.score;
        made.fpr[made.count] = above[0] / ranking.weight_of[0];
        made.tpr[made.count] = above[1] / ranking.weight_of[1];
    }
    *out = made;
    made = (sur_roc){0};

done:
    sur_ranking_free(&ranking);
    sur_roc_free(&made);
    return status;
}

void sur_roc_free(sur_roc *roc)
{
    free(roc->threshold);
    free(roc->fpr);
    free(roc->tpr);
    *roc = (sur_roc){0};
}

/* Sums of weights above the first threshold that reaches the efficiency, the last group
 * counted in part. */
static sur_ties above_cut(const sur_ranking *ranking, double efficiency)
{
    const double wanted = efficiency * ranking->weight_of[1];
    sur_ties above = {0}, ties;
    for (sur_idx at = 0; at < ranking->count;) {
        at = sur_ranking_next(&ties, ranking, at);
        const bool reached = above.weight[1] + ties.weight[1] >= wanted;
        const double part = reached ? (wanted - above.weight[1]) / ties.weight[1] : 1.0;
        for (int c = 0; c < 2; c++) {
            above.weight[c] += part * ties.weight[c];
            above.square[c] += part * ties.square[c];
        }
        if (reached) break;
    }
    return above;
}

sur_status sur_rejection(sur_interval *out, const double *score, const uint8_t *label,
                         const double *weight, sur_idx n, double efficiency,
                         double level, sur_error *err)
{
    sur_ranking ranking = {0};
    sur_status status;

    SUR_FAIL_IF(!sur_level_valid(level), SUR_EINVAL, "level %g is not in (0, 1)",
                level);
    SUR_FAIL_IF(!(efficiency > 0.0 && efficiency <= 1.0), SUR_EINVAL,
                "signal efficiency %g is not in (0, 1]", efficiency);
    SUR_TRY(sur_ranking_new(&ranking, score, label, weight, n, err));

    const sur_ties above = above_cut(&ranking, efficiency);
    const double whole = ranking.weight_of[0],
                 below = ranking.square_of[0] - above.square[0];
    const double f = fmin(fmax(above.weight[0] / whole, 0.0), 1.0);
    double effective = sur_ranking_effective(&ranking, 0);
    if (f > 0.0 && f < 1.0) {
        const double spread = (1.0 - f) * (1.0 - f) * above.square[0] + f * f * below;
        effective = f * (1.0 - f) * whole * whole / spread;
    }
    const sur_interval rate = sur_clopper_pearson(f * effective, effective, level);
    *out = (sur_interval){1.0 / f, 1.0 / rate.high, 1.0 / rate.low};

done:
    sur_ranking_free(&ranking);
    return status;
}
