/* significance.c -- how many standard deviations a counting experiment is expected to
 * see.
 *
 * AMS = sqrt(2 ((s + b) ln(1 + s/b) - s)) with b the background and its regularization
 * term: the median significance of the likelihood ratio test for a known background
 * (Cowan, Cranmer, Gross & Vitells 2011, eq. 97; the regularization as in the ATLAS
 * Higgs challenge 2014). With e = s/b and g(e) = ln(1+e) - e the bracket is b ((1+e)
 * g(e) + e^2), without cancellation for a small signal. */
#include <surplus/stats.h>

#include "base/memory.h"
#include "base/try.h"
#include "stats/ranking.h"
#include "stats/special.h"
#include <math.h>
#include <stdlib.h>

double sur_ams(double signal, double background, double regularization)
{
    const double s = signal, b = background + regularization;
    if (!(b >= 0.0) || isnan(s)) return nan("");
    if (s <= 0.0) return 0.0;
    if (b == 0.0) return HUGE_VAL;
    const double e = s / b;
    return sqrt(2.0 * (e < 0.25 ? b * ((1.0 + e) * sur_log1p_minus(e) + e * e)
                                : (s + b) * log1p(e) - s));
}

typedef struct halves {
    double weight[2][2]; /* [half][class] */
    bool changed[2];     /* by the last group */
} halves;

/* Puts every other example of a class into the second half: half[row] is 0 or 1. */
static sur_status alternate(uint8_t **half, halves *all, const sur_ranking *ranking,
                            const uint8_t *label, sur_idx n, sur_error *err)
{
    uint8_t next[2] = {0, 0};
    for (int c = 0; c < 2; c++)
        if (ranking->class_of[c] < 2)
            return sur_fail(err, SUR_EINVAL, "one example of class %d cannot be halved",
                            c);
    const sur_status status = sur_alloc(half, n, sizeof **half, err);
    for (sur_idx i = 0; status == SUR_OK && i < n; i++) {
        const double w = ranking->weight ? ranking->weight[i] : 1.0;
        if (w == 0.0) continue;
        const uint8_t h = next[label[i]];
        (*half)[i] = h;
        all->weight[h][label[i]] += w;
        next[label[i]] = h ^ 1U;
    }
    return status;
}

/* Adds the group of equal scores that begins at `at`; returns where the next begins. */
static sur_idx add_group(halves *sums, const sur_ranking *ranking, const uint8_t *half,
                         sur_idx at)
{
    const uint64_t key = ranking->item[at].key;
    sums->changed[0] = sums->changed[1] = false;
    for (; at < ranking->count && ranking->item[at].key == key; at++) {
        const sur_ordered *item = &ranking->item[at];
        const sur_idx row = sur_ranked_row(item);
        sums->weight[half[row]][sur_ranked_label(item)] +=
            ranking->weight ? ranking->weight[row] : 1.0;
        sums->changed[half[row]] = true;
    }
    return at;
}

static double half_ams(const halves *above, double scale[2][2], int h, double r)
{
    return sur_ams(above->weight[h][1] * scale[h][1], above->weight[h][0] * scale[h][0],
                   r);
}

/* For each half, the AMS of the other one at the cut that is best for it. */
static void cross_read(double read[2], const sur_ranking *ranking, const uint8_t *half,
                       double scale[2][2], double r)
{
    halves above = {0};
    double best[2] = {-1.0, -1.0};
    read[0] = read[1] = 0.0;
    for (sur_idx at = 0; at < ranking->count;) {
        at = add_group(&above, ranking, half, at);
        for (int h = 0; h < 2; h++) {
            if (!above.changed[h]) continue;
            const double ams = half_ams(&above, scale, h, r);
            if (!(ams > best[h] && isfinite(ams))) continue;
            best[h] = ams;
            read[h] = half_ams(&above, scale, 1 - h, r);
        }
    }
}

sur_status sur_ams_best(double *out, const double *score, const uint8_t *label,
                        const double *weight, sur_idx n, double regularization,
                        sur_error *err)
{
    sur_ranking ranking = {0};
    uint8_t *half = NULL;
    halves all = {0};
    double scale[2][2], read[2];
    sur_status status;

    SUR_FAIL_IF(!(regularization >= 0.0 && isfinite(regularization)), SUR_EINVAL,
                "AMS regularization %g is not >= 0", regularization);
    SUR_TRY(sur_ranking_new(&ranking, score, label, weight, n, err));
    SUR_TRY(alternate(&half, &all, &ranking, label, n, err));
    for (int h = 0; h < 2; h++)
        for (int c = 0; c < 2; c++) {
            SUR_FAIL_IF(!(all.weight[h][c] > 0.0), SUR_EINVAL,
                        "the weights of class %d sum to %g in one half of the examples",
                        c, all.weight[h][c]);
            scale[h][c] = ranking.weight_of[c] / all.weight[h][c];
        }
    cross_read(read, &ranking, half, scale, regularization);
    *out = 0.5 * (read[0] + read[1]);

done:
    free(half);
    sur_ranking_free(&ranking);
    return status;
}
