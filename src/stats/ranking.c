/* ranking.c -- see ranking.h. The sort key is turned round, so that the order descends.
 */
#include "stats/ranking.h"

#include "base/memory.h"
#include "base/try.h"
#include <math.h>
#include <stdlib.h>

static sur_status fill(sur_ranking *r, const double *score, const uint8_t *label,
                       const double *weight, sur_idx n, sur_error *err)
{
    for (sur_idx i = 0; i < n; i++) {
        if (isnan(score[i]))
            return sur_fail(err, SUR_EINVAL, "score[%lld] is nan", (long long)i);
        if (label[i] > 1)
            return sur_fail(err, SUR_EINVAL, "label[%lld] is %d, not 0 or 1",
                            (long long)i, (int)label[i]);
        if (weight && !isfinite(weight[i]))
            return sur_fail(err, SUR_EINVAL, "weight[%lld] is %g", (long long)i,
                            weight[i]);
        if (weight && weight[i] == 0.0) continue;
        r->item[r->count++] = (sur_ordered){~sur_order_key(score[i]), 2 * i + label[i]};
        r->class_of[label[i]]++;
    }
    return SUR_OK;
}

static void sum_weights(sur_ranking *r)
{
    sur_ties ties;
    for (sur_idx at = 0; at < r->count;) {
        at = sur_ranking_next(&ties, r, at);
        for (int c = 0; c < 2; c++) {
            r->weight_of[c] += ties.weight[c];
            r->square_of[c] += ties.square[c];
        }
    }
}

sur_status sur_ranking_new(sur_ranking *out, const double *score, const uint8_t *label,
                           const double *weight, sur_idx n, sur_error *err)
{
    sur_ranking made = {.weight = weight};
    sur_status status;

    SUR_TRY(sur_alloc(&made.item, n, sizeof *made.item, err));
    SUR_TRY(fill(&made, score, label, weight, n, err));
    for (int c = 0; c < 2; c++)
        SUR_FAIL_IF(made.class_of[c] < 1, SUR_EINVAL,
                    "no example of class %d among %lld", c, (long long)n);
    SUR_TRY(sur_order_sort(made.item, made.count, err));
    sum_weights(&made);
    for (int c = 0; c < 2; c++)
        SUR_FAIL_IF(!(made.weight_of[c] > 0.0 && isfinite(made.square_of[c])),
                    SUR_EINVAL, "the weights of class %d sum to %g", c,
                    made.weight_of[c]);
    *out = made;
    made.item = NULL;

done:
    free(made.item);
    return status;
}

void sur_ranking_free(sur_ranking *ranking)
{
    free(ranking->item);
    *ranking = (sur_ranking){0};
}

sur_idx sur_ranking_next(sur_ties *out, const sur_ranking *ranking, sur_idx at)
{
    const uint64_t key = ranking->item[at].key;
    *out = (sur_ties){.score = sur_order_value(~key)};
    for (; at < ranking->count && ranking->item[at].key == key; at++) {
        const sur_ordered *item = &ranking->item[at];
        const double w = ranking->weight ? ranking->weight[sur_ranked_row(item)] : 1.0;
        out->weight[sur_ranked_label(item)] += w;
        out->square[sur_ranked_label(item)] += w * w;
    }
    return at;
}

double sur_ranking_effective(const sur_ranking *ranking, int label)
{
    const double w = ranking->weight_of[label];
    return w * w / ranking->square_of[label];
}
