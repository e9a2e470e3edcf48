/* audit.c -- what membership scores are worth, with intervals that are honest about
 * having looked for the best threshold.
 *
 * Records are cut into halves A and B by a seeded coin. A threshold that is chosen on
 * one half is a fixed number for the other one, where a share is then binomial. Bands
 * that hold at all thresholds at once: sup |F_n - F| <= sqrt(ln(2/alpha)/(2n)) with
 * probability 1 - alpha (Massart 1990). Unequal weights w count as (sum w)^2 / sum w^2
 * records. */
#include <surplus/attack.h>

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct row {
    double score, weight;
} row;

/* One class of one half, scores descending; above[i]: weight of the first i rows. */
typedef struct side {
    row *rows;
    double *above; /* NULL: weights are 1 */
    sur_idx count;
    double total, effective;
} side;

typedef struct halves {
    side out[2], in[2];
    row *block;
    double *sums;
} halves;

/* ---- sorting: 11 bits at a time, for ten million scores ---- */

static uint64_t key_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = bits >> 63 ? ~bits : bits | ((uint64_t)1 << 63); /* ascending as numbers */
    return ~bits;                                           /* descending */
}

static int descending(const void *a, const void *b)
{
    const double x = ((const row *)a)->score, y = ((const row *)b)->score;
    return (x < y) - (x > y);
}

static sur_status sort_rows(row *rows, sur_idx count, sur_error *err)
{
    enum { BITS = 11, SIZE = 1 << BITS, PASSES = 6, SMALL = 4096 };
    if (count < SMALL) {
        qsort(rows, (size_t)count, sizeof *rows, descending);
        return SUR_OK;
    }
    row *other, *from = rows, *to;
    sur_idx *start;
    sur_status status = sur_alloc(&other, count, sizeof *other, err);
    if (status != SUR_OK) return status;
    status = sur_alloc(&start, SIZE, sizeof *start, err);
    to = other;
    for (int pass = 0; pass < PASSES && status == SUR_OK; pass++) {
        const int shift = pass * BITS;
        memset(start, 0, SIZE * sizeof *start);
        for (sur_idx i = 0; i < count; i++)
            start[(key_of(from[i].score) >> shift) & (SIZE - 1)]++;
        sur_idx at = 0;
        for (int b = 0; b < SIZE; b++) {
            const sur_idx here = start[b];
            start[b] = at;
            at += here;
        }
        for (sur_idx i = 0; i < count; i++)
            to[start[(key_of(from[i].score) >> shift) & (SIZE - 1)]++] = from[i];
        row *swap = from;
        from = to;
        to = swap;
    }
    free(start); /* an even number of passes: sorted in rows */
    free(other);
    return status;
}

/* ---- halves ---- */

static sur_status check(const double *score, const uint8_t *member,
                        const double *weight, sur_idx n, sur_idx counts[2],
                        sur_error *err)
{
    counts[0] = counts[1] = 0;
    for (sur_idx i = 0; i < n; i++) {
        if (isnan(score[i]))
            return sur_fail(err, SUR_EINVAL, "score %lld is not a number",
                            (long long)i + 1);
        if (member[i] > 1)
            return sur_fail(err, SUR_EINVAL, "membership %lld is %d, neither 0 nor 1",
                            (long long)i + 1, member[i]);
        if (weight && !(weight[i] >= 0.0 && isfinite(weight[i])))
            return sur_fail(err, SUR_EINVAL, "weight %lld is %g", (long long)i + 1,
                            weight[i]);
        counts[member[i]]++;
    }
    if (counts[1] == 0 || counts[0] == 0)
        return sur_fail(err, SUR_EINVAL,
                        "%lld members and %lld non-members: an audit "
                        "needs both",
                        (long long)counts[1], (long long)counts[0]);
    for (int c = 0; c < 2; c++)
        if (counts[c] < (c ? 2 : SUR_AUDIT_LEAST))
            return sur_fail(err, SUR_EINVAL, "%lld %s: at least %d are needed",
                            (long long)counts[c], c ? "members" : "non-members",
                            c ? 2 : SUR_AUDIT_LEAST);
    return SUR_OK;
}

/* A coin per record; halves are then evened out by what is left of each class. */
static sur_status cut(halves *h, const double *score, const uint8_t *member,
                      const double *weight, sur_idx n, const sur_idx counts[2],
                      uint64_t seed, sur_error *err)
{
    side *sides[2][2] = {{&h->out[0], &h->out[1]}, {&h->in[0], &h->in[1]}};
    sur_rng rng = sur_rng_make(seed, "audit halves", 0);
    sur_idx left[2] = {counts[0], counts[1]}, room[2][2], at = 0;
    sur_status status;

    SUR_TRY(sur_alloc(&h->block, n, sizeof *h->block, err));
    if (weight) SUR_TRY(sur_alloc(&h->sums, n + 4, sizeof *h->sums, err));
    for (int c = 0; c < 2; c++)
        for (int half = 0; half < 2; half++) {
            room[c][half] = half ? counts[c] / 2 : counts[c] - counts[c] / 2;
            sides[c][half]->rows = h->block + at;
            if (weight) sides[c][half]->above = h->sums + at + (2 * c + half);
            at += room[c][half];
        }
    for (sur_idx i = 0; i < n; i++) { /* a uniform choice among all even divisions */
        const int c = member[i];
        const int half = (double)sur_rng_u32(&rng) * 0x1p-32 * (double)left[c]-- >=
                         (double)room[c][0];
        side *s = sides[c][half];
        room[c][half]--;
        s->rows[s->count++] = (row){score[i], weight ? weight[i] : 1.0};
    }
    for (int c = 0; c < 2; c++)
        for (int half = 0; half < 2; half++) {
            side *s = sides[c][half];
            double square = 0.0;
            SUR_TRY(sort_rows(s->rows, s->count, err));
            for (sur_idx i = 0; i < s->count; i++) {
                if (s->above) s->above[i + 1] = s->above[i] + s->rows[i].weight;
                s->total += s->rows[i].weight;
                square += s->rows[i].weight * s->rows[i].weight;
            }
            s->effective = square > 0.0 ? s->total * s->total / square : 0.0;
            SUR_FAIL_IF(!(s->total > 0.0), SUR_EINVAL, "%s without weight",
                        c ? "members" : "non-members");
        }

done:
    return status;
}

/* The share with a score above t (or, with `at` set, at t as well). */
static double share(const side *s, double t, bool at)
{
    sur_idx low = 0, high = s->count;
    while (low < high) {
        const sur_idx middle = low + (high - low) / 2;
        if (at ? s->rows[middle].score >= t : s->rows[middle].score > t)
            low = middle + 1;
        else
            high = middle;
    }
    return (s->above ? s->above[low] : (double)low) / s->total;
}

/* Walks the curve of one or two halves down the scores; best: the largest TPR - FPR,
 * reached by accusing scores >= *threshold. */
static double best_of(const side *in[2], const side *out[2], int halves_used,
                      double *threshold)
{
    sur_idx at[4] = {0};
    const side *sides[4] = {in[0], out[0], in[1], out[1]};
    double sums[2] = {0}, totals[2] = {0}, best = 0.0;
    const int count = 2 * halves_used;
    *threshold = HUGE_VAL;
    for (int s = 0; s < count; s++) totals[s % 2] += sides[s]->total;
    for (;;) {
        double t = -HUGE_VAL;
        bool any = false;
        for (int s = 0; s < count; s++)
            if (at[s] < sides[s]->count) {
                any = true;
                t = fmax(t, sides[s]->rows[at[s]].score);
            }
        if (!any) break;
        for (int s = 0; s < count; s++)
            for (; at[s] < sides[s]->count && sides[s]->rows[at[s]].score == t; at[s]++)
                sums[s % 2] += sides[s]->rows[at[s]].weight;
        const double gap = sums[0] / totals[0] - sums[1] / totals[1];
        if (gap > best) best = gap, *threshold = t;
    }
    return best;
}

static void judge_advantage(sur_audit *out, const halves *h, double level)
{
    const double alpha = 1.0 - level;
    double sum = 0.0, variance = 0.0, threshold, effective[2] = {0};
    for (int from = 0; from < 2; from++) {
        const side *in = &h->in[1 - from], *non = &h->out[1 - from];
        const side *use_in[2] = {&h->in[from], NULL},
                   *use_out[2] = {&h->out[from], NULL};
        best_of(use_in, use_out, 1, &threshold);
        const double a = share(in, threshold, true), b = share(non, threshold, true);
        sum += 0.5 * (a - b);
        /* Agresti and Coull's two more of each, so that shares 0 and 1 vary, too */
        const double m = in->effective + 4.0, k = non->effective + 4.0;
        const double x = (a * in->effective + 2.0) / m;
        const double y = (b * non->effective + 2.0) / k;
        variance += 0.25 * (x * (1.0 - x) / m + y * (1.0 - y) / k);
        effective[0] += non->effective;
        effective[1] += in->effective;
    }
    const side *in[2] = {&h->in[0], &h->in[1]}, *non[2] = {&h->out[0], &h->out[1]};
    const double most = best_of(in, non, 2, &threshold);
    double band = 0.0; /* one side each, alpha/4 for either class */
    for (int c = 0; c < 2; c++) band += sqrt(log(4.0 / alpha) / (2.0 * effective[c]));
    out->advantage.value = sum;
    out->advantage.low =
        fmax(-1.0, sum + sur_normal_quantile(alpha / 2.0) * sqrt(variance));
    out->advantage.high = fmin(1.0, most + band);
    out->balanced_accuracy =
        (sur_interval){0.5 + 0.5 * sum, 0.5 + 0.5 * out->advantage.low,
                       0.5 + 0.5 * out->advantage.high};
}

/* The threshold above which at most a share f of a side lies, to be used with >. */
static double threshold_at(const side *s, double f)
{
    sur_idx low = 0, high = s->count; /* how many may be accused */
    while (low < high) {
        const sur_idx middle = low + (high - low + 1) / 2;
        if ((s->above ? s->above[middle] : (double)middle) <=
            f * s->total * (1.0 + 1e-12))
            low = middle;
        else
            high = middle - 1;
    }
    return low < s->count ? s->rows[low].score : -HUGE_VAL;
}

/* The largest share of a side that is at most f with confidence 1 - alpha (below), or
 * the smallest that is at least f; as a share to give to threshold_at, < 0: none. */
static double share_surely(const side *s, double f, double alpha, bool below)
{
    double low = below ? -1.0 : 0.0, high = floor(s->effective);
    if (!below) high += 1.0; /* invariant: low does (does not), high does not (does) */
    while (high - low > 1.0) {
        const double k = floor(0.5 * (low + high)), n = s->effective;
        const bool passes = below ? sur_beta_quantile(1.0 - alpha, k + 1.0, n - k) <= f
                                  : sur_beta_quantile(alpha, k, n - k + 1.0) >= f;
        if (passes == below)
            low = k;
        else
            high = k;
    }
    return below ? low / s->effective : fmin(1.0, high / s->effective);
}

/* Members of one half accused at thresholds that the non-members of the other one set
 * at a share; side -1: surely at most f, 1: surely at least f, 0: as counted. */
static sur_interval accuse(const halves *h, double f, int aside, double alpha,
                           double level)
{
    double hits = 0.0, total = 0.0;
    for (int from = 0; from < 2; from++) {
        const side *in = &h->in[1 - from], *out = &h->out[from];
        const double at = aside ? share_surely(out, f, alpha, aside < 0) : f;
        const double t = at < 0.0 ? HUGE_VAL : threshold_at(out, at);
        hits += share(in, t, false) * in->effective;
        total += in->effective;
    }
    return sur_clopper_pearson(fmin(hits, total), total, level);
}

/* low and high leave half of alpha to the members and half to where the threshold's own
 * rate may be, a quarter of that for either half and side. */
static sur_interval judge_tpr(const halves *h, double f, double level)
{
    const double alpha = 1.0 - level, inner = 1.0 - 0.5 * alpha;
    sur_interval tpr = accuse(h, f, 0, 0.0, level);
    tpr.low = accuse(h, f, -1, alpha / 8.0, inner).low;
    tpr.high = accuse(h, f, 1, alpha / 8.0, inner).high;
    return tpr;
}

/* Thresholds on half A at accused shares 1/2, 1/4, ... of either class from either end;
 * limits on half B, one-sided, each at the level that makes all hold together. */
static double judge_epsilon(const halves *h, double level, double delta)
{
    enum { STEPS = 14 };
    double best = 0.0, t[4 * STEPS];
    int count = 0;
    for (int s = 1; s <= STEPS; s++)
        for (int c = 0; c < 2; c++) {
            const side *from = c ? &h->in[0] : &h->out[0];
            const double f = ldexp(1.0, -s);
            if (f * (double)from->count < 2.0) continue;
            t[count++] = threshold_at(from, f);
            t[count++] = threshold_at(from, 1.0 - f);
        }
    const side *in = &h->in[1], *out = &h->out[1];
    const double one = 1.0 - (1.0 - level) / (double)(count ? count : 1);
    for (int i = 0; i < count; i++) {
        const double a = share(in, t[i], false), b = share(out, t[i], false);
        const sur_interval tpr =
            sur_clopper_pearson(a * in->effective, in->effective, one);
        const sur_interval fpr =
            sur_clopper_pearson(b * out->effective, out->effective, one);
        if (tpr.low - delta > 0.0 && fpr.high > 0.0)
            best = fmax(best, log((tpr.low - delta) / fpr.high));
        if (1.0 - fpr.high - delta > 0.0 && tpr.low < 1.0)
            best = fmax(best, log((1.0 - fpr.high - delta) / (1.0 - tpr.low)));
    }
    return best;
}

/* The share of both halves with a score above t. */
static double pooled(const side both[2], double t)
{
    double above = 0.0, total = 0.0;
    for (int half = 0; half < 2; half++) {
        above += share(&both[half], t, false) * both[half].total;
        total += both[half].total;
    }
    return above / total;
}

/* The lowest score above which at most a share f of both halves lies. */
static double pooled_threshold(const side both[2], double f)
{
    double t = HUGE_VAL;
    for (int half = 0; half < 2; half++) {
        sur_idx low = 0, high = both[half].count; /* rows[low - 1] will do */
        while (low < high) {
            const sur_idx middle = low + (high - low) / 2;
            if (pooled(both, both[half].rows[middle].score) <= f * (1.0 + 1e-12))
                low = middle + 1;
            else
                high = middle;
        }
        if (low > 0) t = fmin(t, both[half].rows[low - 1].score);
    }
    return t;
}

/* Points evenly in the logarithm of the rate, from the floor on; the last is (1, 1). */
static void draw_roc(sur_audit *out, const halves *h, double level)
{
    const double members = h->in[0].effective + h->in[1].effective;
    double before = -1.0;
    for (int i = 0; i < SUR_ROC_POINTS; i++) {
        const double f = pow(out->fpr_floor, 1.0 - (double)i / (SUR_ROC_POINTS - 1));
        const bool last = i == SUR_ROC_POINTS - 1;
        const double t = last ? -HUGE_VAL : pooled_threshold(h->out, f);
        const double fpr = last ? 1.0 : pooled(h->out, t);
        const double tpr = last ? 1.0 : pooled(h->in, t);
        if (fpr <= before || (!last && fpr <= 0.0)) continue;
        before = fpr;
        out->roc[out->roc_points++] =
            (sur_roc_point){fpr, sur_clopper_pearson(tpr * members, members, level)};
    }
}

sur_status sur_audit_scores(sur_audit *out, const double *score, const uint8_t *member,
                            const double *weight, sur_idx n,
                            const sur_audit_options *options, sur_error *err)
{
    halves h = {0};
    sur_audit audit = {0};
    sur_idx counts[2];
    sur_status status;

    SUR_FAIL_IF(!(options->level > 0.0 && options->level < 1.0) ||
                    !(options->delta >= 0.0 && options->delta < 1.0),
                SUR_EINVAL, "level %g, delta %g", options->level, options->delta);
    SUR_TRY(check(score, member, weight, n, counts, err));
    audit.members = counts[1];
    audit.nonmembers = counts[0];
    audit.constant = true;
    for (sur_idx i = 1; i < n && audit.constant; i++)
        audit.constant = score[i] == score[0];
    SUR_TRY(sur_auc(&audit.auc, score, member, weight, n, options->level, err));
    SUR_TRY(cut(&h, score, member, weight, n, counts, options->seed, err));

    const double floor = SUR_AUDIT_LEAST / (h.out[0].effective + h.out[1].effective);
    audit.fpr_floor = fmin(1.0, floor);
    SUR_FAIL_IF(options->rate < floor * (1.0 - 1e-9), SUR_EINVAL,
                "a false positive rate of %g needs %.0f non-members; there are %lld "
                "(smallest rate: %.3g)",
                options->rate, ceil(SUR_AUDIT_LEAST / options->rate),
                (long long)counts[0], floor);
    judge_advantage(&audit, &h, options->level);
    draw_roc(&audit, &h, options->level);
    for (int i = 0; i <= SUR_LEAK_RATES; i++) {
        const double f = i < SUR_LEAK_RATES ? sur_leak_rates[i] : options->rate;
        sur_interval *tpr = i < SUR_LEAK_RATES ? &audit.tpr[i] : &audit.tpr_at_rate;
        *tpr = f >= floor * (1.0 - 1e-9)
                   ? judge_tpr(&h, f, options->level)
                   : (sur_interval){(double)NAN, (double)NAN, (double)NAN};
    }
    audit.epsilon_low = judge_epsilon(&h, options->level, options->delta);
    *out = audit;

done:
    free(h.block);
    free(h.sums);
    return status;
}
