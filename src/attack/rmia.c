/* rmia.c -- the relative attack: a record's probability under the target model, over
 * its probability under others, ranked among all records.
 *
 * Zarifzadeh, Liu & Shokri, "Low-cost high-power membership inference attacks", ICML
 * 2024. With threshold 1 the score is the share of records with a lower ratio; ties are
 * not counted. */
#include <surplus/attack.h>

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

/* Mean probability of a record under the models in (out), but for one of them. */
static double mean_of(const sur_signals *s, sur_idx record, bool in, sur_idx but)
{
    const double *from = in ? s->in : s->out;
    double sum = 0.0, count = 0.0;
    for (sur_idx m = 0; m < s->models; m++) {
        const sur_idx at = m * s->records + record;
        if (m == but || (!s->paired && (s->keep[at] != 0) != in)) continue;
        sum += from[at];
        count += 1.0;
    }
    return count > 0.0 ? sum / count : (double)NAN;
}

static void ratios(double *ratio, const sur_signals *s, const double *target,
                   bool online, double a, sur_idx but)
{
    for (sur_idx i = 0; i < s->records; i++) {
        const double out = mean_of(s, i, false, but);
        const double in = online ? mean_of(s, i, true, but) : (double)NAN;
        double p = 0.5 * ((1.0 + a) * out + 1.0 - a);
        if (online) p = 0.5 * (in + out);
        if (isnan(p)) p = isnan(out) ? in : out; /* of one kind only */
        ratio[i] = target[i] > 0.0 ? target[i] / fmax(p, 1e-300) : 0.0;
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How many of the sorted numbers are below x. */
static sur_idx below(const double *sorted, sur_idx n, double x)
{
    sur_idx low = 0, high = n;
    while (low < high) {
        const sur_idx middle = low + (high - low) / 2;
        if (sorted[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The a that serves best when the first shadow model is the target. */
static sur_status tune(double *a, double *ratio, const sur_signals *s, sur_error *err)
{
    double best = -1.0;
    *a = 0.3;
    if (s->paired || s->models < 3) return SUR_OK;
    for (int step = 0; step <= 10; step++) {
        sur_interval auc;
        ratios(ratio, s, s->in, false, 0.1 * step, 0);
        bool usable = true;
        for (sur_idx i = 0; i < s->records && usable; i++) usable = !isnan(ratio[i]);
        if (!usable) return SUR_OK;
        const sur_status status =
            sur_auc(&auc, ratio, s->keep, NULL, s->records, 0.95, err);
        if (status != SUR_OK) return status;
        if (auc.value > best) best = auc.value, *a = 0.1 * step;
    }
    return SUR_OK;
}

sur_status sur_attack_rmia(double *score, double *a, const sur_signals *signals,
                           const double *target, bool online, sur_error *err)
{
    const sur_idx n = signals->records;
    double *ratio = NULL, tuned = 0.0;
    sur_status status;

    SUR_TRY(sur_alloc(&ratio, n, sizeof *ratio, err));
    if (!online) SUR_TRY(tune(&tuned, ratio, signals, err));
    ratios(ratio, signals, target, online, tuned, -1);
    for (sur_idx i = 0; i < n; i++) {
        SUR_FAIL_IF(isnan(ratio[i]), SUR_EINVAL,
                    "record %lld has no signal to compare with", (long long)i + 1);
        score[i] = ratio[i];
    }
    qsort(ratio, (size_t)n, sizeof *ratio, by_value);
    for (sur_idx i = 0; i < n; i++)
        score[i] = (double)below(ratio, n, score[i]) / (double)n;
    if (a) *a = tuned;

done:
    free(ratio);
    return status;
}
