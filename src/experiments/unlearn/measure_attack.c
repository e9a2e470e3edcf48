/* measure_attack.c -- a membership attack on the forgotten.
 *
 * Members are the forgotten, non-members test rows; the score is the model's confidence
 * in the label (trained on, or true). Test rows are weighted so that their classes have
 * the shares that they have among the forgotten: else a forgotten class would give
 * itself away by being hard. 1/2 is what a model has that never saw the forgotten, on
 * average; below it, it is less sure of them than of strangers, which gives them away
 * as well. */
#include "experiments/unlearn/measure.h"

#include <surplus/attack.h>

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

static double confidence(const unlearn_scene *s, const unlearn_view *view,
                         sur_idx place)
{
    const sur_idx k = s->problem.classes, c = s->problem.label[place];
    const double *f = view->answer.data + place * k;
    double other = -HUGE_VAL;
    if (s->network) return sur_confidence(f, k, c);
    for (sur_idx j = 0; j < k; j++)
        if (j != c) other = fmax(other, f[j]);
    return f[c] - other;
}

/* weight[f ..]: of the test rows. */
static sur_status weigh(double *weight, const unlearn_problem *p, sur_error *err)
{
    const sur_idx f = p->set.count, first = p->n + p->v;
    double *share;
    const sur_status status = sur_alloc(&share, 2 * p->classes, sizeof *share, err);
    if (status != SUR_OK) return status;
    double *tested = share + p->classes;
    for (sur_idx i = 0; i < f; i++)
        share[p->label[p->set.forget[i]]] += 1.0 / (double)f;
    for (sur_idx i = 0; i < p->t; i++)
        tested[p->label[first + i]] += 1.0 / (double)p->t;
    for (sur_idx i = 0; i < f; i++) weight[i] = 1.0;
    for (sur_idx i = 0; i < p->t; i++) {
        const int32_t c = p->label[first + i];
        weight[f + i] = share[c] / tested[c];
    }
    free(share);
    return SUR_OK;
}

sur_status unlearn_measure_attack(unlearn_list *list, sur_interval *auc,
                                  const unlearn_scene *s, const unlearn_view *view,
                                  const char *split, sur_error *err)
{
    const unlearn_problem *p = &s->problem;
    const sur_idx f = p->set.count, n = f + p->t;
    const sur_audit_options options = {.level = 0.95,
                                       .delta = 1e-5,
                                       .rate = nan(""),
                                       .seed = (uint64_t)p->o->data.seed};
    double *score = NULL, *weight = NULL;
    uint8_t *member = NULL;
    sur_audit audit;
    sur_status status;

    *auc = (sur_interval){nan(""), nan(""), nan("")};
    SUR_TRY(sur_alloc(&score, n, sizeof *score, err));
    SUR_TRY(sur_alloc(&weight, n, sizeof *weight, err));
    SUR_TRY(sur_alloc(&member, n, 1, err));
    SUR_TRY(weigh(weight, p, err));
    for (sur_idx i = 0; i < n; i++) {
        const sur_idx place = i < f ? p->set.forget[i] : p->n + p->v + i - f;
        member[i] = i < f;
        score[i] = confidence(s, view, place);
    }
    sur_error why;
    status = sur_audit_scores(&audit, score, member, weight, n, &options, &why);
    if (status == SUR_EINVAL) { /* too few test rows of these classes */
        status = SUR_OK;
        goto done;
    }
    if (status != SUR_OK) SUR_TRY(sur_fail(err, status, "%s", why.message));
    *auc = audit.auc;
    unlearn_put(list, "attack_auc", split, audit.auc, n);
    unlearn_put(list, "attack_advantage", split, audit.advantage, n);

done:
    free(score);
    free(weight);
    free(member);
    return status;
}
