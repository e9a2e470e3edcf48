/* auc.c -- the area under the ROC curve and its interval.
 *
 * With weights w of class 1 (sum P), v of class 0 (sum N), and psi = 1, 1/2, 0 where
 * the example of class 1 scores higher, equal, lower,
 *
 *     A = sum_ij w_i v_j psi_ij / (P N),
 *     V1_i = sum_j v_j psi_ij / N,     V0_j = sum_i w_i psi_ij / P,
 *     var A = m1/(m1-1) sum_i w_i^2 (V1_i - A)^2 / P^2 + the same of class 0,
 *
 * m being the number of examples of the class: DeLong, DeLong & Clarke-Pearson (1988)
 * for equal weights, and their sandwich form for others. One walk down the ranks gives
 * every V (the midranks of Sun & Xu 2014).
 *
 * The interval is A's +-z on the logit scale, where d logit A = dA / (A (1-A)). It says
 * too much about a perfect or nearly perfect separation, where the estimated variance
 * vanishes. With k = min(m1, m0) there are k pairs without a common example, each in
 * order with chance at least A, so all k are with chance A^k at most where A is the
 * true value: the interval therefore always reaches (alpha/2)^(1/k) below and 1 -
 * (alpha/2)^(1/k) above. Where the variance cannot be estimated (one example of a
 * class, no variation) the interval is Clopper & Pearson's for A k successes of k: var
 * A is at most A (1-A)/k (Birnbaum & Klose 1957). k is the effective number where there
 * are weights. */
#include <surplus/stats.h>

#include "base/try.h"
#include "stats/ranking.h"
#include "stats/special.h"
#include <math.h>

/* Below this the variance is rounding: one pair out of order among 1e14 gives 1e-28. */
#define LEAST_VARIANCE 1e-30

static double area(const sur_ranking *r)
{
    double above = 0.0,
           lost = 0.0; /* weight of class 0 passed; pairs in the wrong order */
    sur_ties ties;
    for (sur_idx at = 0; at < r->count;) {
        at = sur_ranking_next(&ties, r, at);
        lost += ties.weight[1] * (above + 0.5 * ties.weight[0]);
        above += ties.weight[0];
    }
    return 1.0 - lost / (r->weight_of[0] * r->weight_of[1]);
}

static double variance(const sur_ranking *r, double a)
{
    double above[2] = {0.0, 0.0}, sum[2] = {0.0, 0.0};
    sur_ties ties;
    for (sur_idx at = 0; at < r->count;) {
        at = sur_ranking_next(&ties, r, at);
        const double v0 = (above[1] + 0.5 * ties.weight[1]) / r->weight_of[1];
        const double v1 = 1.0 - (above[0] + 0.5 * ties.weight[0]) / r->weight_of[0];
        sum[0] += ties.square[0] * (v0 - a) * (v0 - a);
        sum[1] += ties.square[1] * (v1 - a) * (v1 - a);
        above[0] += ties.weight[0];
        above[1] += ties.weight[1];
    }
    double total = 0.0;
    for (int c = 0; c < 2; c++) {
        const double m = (double)r->class_of[c], w = r->weight_of[c];
        total += m / (m - 1.0) * sum[c] / (w * w);
    }
    return total; /* NaN or infinite where a class has one example */
}

static double logistic(double u) { return 1.0 / (1.0 + exp(-u)); }

static sur_interval interval(double a, double var, double k, double level)
{
    if (!(var > LEAST_VARIANCE && isfinite(var)))
        return sur_clopper_pearson(a * k, k, level);
    const double reach = pow(0.5 * (1.0 - level), 1.0 / k);
    sur_interval out = {a, a, a};
    if (a > 0.0 && a < 1.0) {
        const double logit = log(a / (1.0 - a));
        const double half = sur_normal_bound(level) * sqrt(var) / (a * (1.0 - a));
        out.low = logistic(logit - half);
        out.high = logistic(logit + half);
    }
    out.low = fmin(out.low, reach);
    out.high = fmax(out.high, 1.0 - reach);
    return out;
}

sur_status sur_auc(sur_interval *out, const double *score, const uint8_t *label,
                   const double *weight, sur_idx n, double level, sur_error *err)
{
    sur_ranking ranking = {0};
    sur_status status;

    SUR_FAIL_IF(!sur_level_valid(level), SUR_EINVAL, "level %g is not in (0, 1)",
                level);
    SUR_TRY(sur_ranking_new(&ranking, score, label, weight, n, err));
    const double a = area(&ranking);
    const double k =
        fmin(sur_ranking_effective(&ranking, 0), sur_ranking_effective(&ranking, 1));
    *out = a >= 0.0 && a <= 1.0 ? interval(a, variance(&ranking, a), k, level)
                                : (sur_interval){a, nan(""), nan("")};

done:
    sur_ranking_free(&ranking);
    return status;
}
