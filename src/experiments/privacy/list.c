/* list.c -- measurements, by the names of the experiment's table. */
#include "experiments/privacy/privacy.h"

#include <math.h>
#include <stdio.h>

void privacy_put(privacy_list *list, const char *metric, const char *split,
                 sur_interval value, sur_idx n)
{
    const sur_idx room = (sur_idx)(sizeof list->at / sizeof *list->at);
    if (list->count == room) return;
    list->at[list->count++] = (sur_measurement){.metric = metric,
                                                .split = split,
                                                .value = value.value,
                                                .low = value.low,
                                                .high = value.high,
                                                .n = n};
}

void privacy_put_number(privacy_list *list, const char *metric, double value)
{
    privacy_put(list, metric, NULL, (sur_interval){value, (double)NAN, (double)NAN}, 0);
}

static const char *const tpr_names[SUR_LEAK_RATES] = {"tpr_at_0.1", "tpr_at_0.01",
                                                      "tpr_at_0.001"};

static sur_interval about(double value, double error)
{
    const double half = 1.959963984540054 * error;
    return (sur_interval){value, fmax(0.0, value - half), fmin(1.0, value + half)};
}

static sur_interval balanced(sur_interval a)
{
    return (sur_interval){0.5 + 0.5 * a.value, 0.5 + 0.5 * a.low, 0.5 + 0.5 * a.high};
}

static sur_interval known(double value, double error)
{
    return isnan(error) ? (sur_interval){value, (double)NAN, (double)NAN}
                        : about(value, error);
}

void privacy_put_leak(privacy_list *list, const sur_leak *leak, const sur_leak *error)
{
    static const sur_leak none = {
        (double)NAN, (double)NAN, {(double)NAN, (double)NAN, (double)NAN}};
    const sur_leak *e = error ? error : &none;
    const sur_interval advantage = known(leak->advantage, e->advantage);
    privacy_put(list, "advantage", NULL, advantage, 0);
    privacy_put(list, "auc", NULL, known(leak->auc, e->auc), 0);
    privacy_put(list, "balanced_accuracy", NULL, balanced(advantage), 0);
    for (int i = 0; i < SUR_LEAK_RATES; i++)
        privacy_put(list, tpr_names[i], NULL, known(leak->tpr[i], e->tpr[i]), 0);
}

void privacy_put_audit(privacy_list *list, const sur_audit *audit, const char *split)
{
    const sur_idx n = audit->members + audit->nonmembers;
    privacy_put(list, "advantage", split, audit->advantage, n);
    privacy_put(list, "auc", split, audit->auc, n);
    privacy_put(list, "balanced_accuracy", split, audit->balanced_accuracy, n);
    if (split) return;
    for (int i = 0; i < SUR_LEAK_RATES; i++)
        privacy_put(list, tpr_names[i], NULL, audit->tpr[i], audit->members);
    if (!isnan(audit->tpr_at_rate.value))
        privacy_put(list, "tpr_at_rate", NULL, audit->tpr_at_rate, audit->members);
    for (int i = 0; i < audit->roc_points; i++) {
        const sur_roc_point *p = &audit->roc[i];
        privacy_put(list, "roc_fpr", NULL,
                    (sur_interval){p->fpr, (double)NAN, (double)NAN},
                    audit->nonmembers);
        list->at[list->count - 1].iteration = i + 1;
        privacy_put(list, "roc_tpr", NULL, p->tpr, audit->members);
        list->at[list->count - 1].iteration = i + 1;
    }
    privacy_put_number(list, "fpr_floor", audit->fpr_floor);
    privacy_put(list, "epsilon_low", NULL,
                (sur_interval){audit->epsilon_low, audit->epsilon_low, (double)NAN}, n);
}
