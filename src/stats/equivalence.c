/* equivalence.c -- two one-sided tests (Schuirmann 1987), d = p1 - p2 or m1 - m2:
 *
 *     H-: d <= -margin  and  H+: d >= margin,  each at level alpha;
 *
 * both rejected: equivalent. p is the larger of the two, and p < alpha just where the
 * interval of level 1 - 2 alpha lies within (-margin, margin).
 *
 * Proportions: the score statistic of Farrington & Manning (1990),
 *     z(t) = (k1/n1 - k2/n2 - t) / sqrt(p1 (1-p1)/n1 + p2 (1-p2)/n2),
 * p1 = p2 + t being the values of greatest likelihood on that line; its interval is
 * where |z(t)| <= z_alpha (Mee 1984). It holds where counts are 0, as the share of
 * errors on examples that a model knows by heart is. Means: Welch's statistic and
 * degrees of freedom. */
#include <surplus/stats.h>

#include "stats/special.h"

#include <math.h>

typedef struct counts {
    double k1, n1, k2, n2;
} counts;

/* d log likelihood / d p2 on the line p1 = p2 + t: falls with p2. */
static double slope(const counts *c, double t, double p2)
{
    const double p1 = p2 + t;
    double s = 0.0;
    if (c->k1 > 0.0) s += c->k1 / p1;
    if (c->k2 > 0.0) s += c->k2 / p2;
    if (c->n1 > c->k1) s -= (c->n1 - c->k1) / (1.0 - p1);
    if (c->n2 > c->k2) s -= (c->n2 - c->k2) / (1.0 - p2);
    return s;
}

static double score(const counts *c, double t)
{
    double low = fmax(0.0, -t), high = fmin(1.0, 1.0 - t);
    for (int turn = 0; turn < 200; turn++) {
        const double middle = 0.5 * (low + high);
        if (!(middle > low && middle < high)) break;
        if (slope(c, t, middle) > 0.0)
            low = middle;
        else
            high = middle;
    }
    const double p2 = low <= fmax(0.0, -t) ? low : high,
                 p1 = fmin(1.0, fmax(0.0, p2 + t)),
                 d = c->k1 / c->n1 - c->k2 / c->n2 - t,
                 v = p1 * (1.0 - p1) / c->n1 + p2 * (1.0 - p2) / c->n2;
    if (d == 0.0) return 0.0;
    return v > 0.0 ? d / sqrt(v) : d > 0.0 ? HUGE_VAL : -HUGE_VAL;
}

/* Where the score, which falls with t, crosses z between low and high. */
static double crossing(const counts *c, double z, double low, double high)
{
    for (int turn = 0; turn < 80; turn++) {
        const double middle = 0.5 * (low + high);
        if (score(c, middle) > z)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

static sur_equivalence nothing(double margin)
{
    return (sur_equivalence){
        .difference = {nan(""), nan(""), nan("")}, .margin = margin, .p = nan("")};
}

static bool valid(double margin, double alpha)
{
    return margin > 0.0 && isfinite(margin) && alpha > 0.0 && alpha < 0.5;
}

sur_equivalence sur_equivalent_proportions(double k1, double n1, double k2, double n2,
                                           double margin, double alpha)
{
    const counts c = {k1, n1, k2, n2};
    sur_equivalence out = nothing(margin);
    if (!(k1 >= 0.0 && n1 >= k1 && n1 > 0.0 && k2 >= 0.0 && n2 >= k2 && n2 > 0.0) ||
        isinf(n1) || isinf(n2) || !valid(margin, alpha))
        return out;

    const double d = k1 / n1 - k2 / n2, z = sur_normal_quantile(1.0 - alpha);
    out.difference.value = d;
    out.difference.low = crossing(&c, z, -1.0, d);
    out.difference.high = crossing(&c, -z, d, 1.0);
    if (margin >= 1.0) { /* no difference is as large */
        out.p = 0.0;
    } else {
        const double below = sur_normal_cdf(-score(&c, -margin)),
                     above = sur_normal_cdf(score(&c, margin));
        out.p = fmax(below, above);
    }
    out.equivalent = out.p < alpha;
    return out;
}

sur_equivalence sur_equivalent_means(const double *x, sur_idx nx, const double *y,
                                     sur_idx ny, double margin, double alpha)
{
    sur_equivalence out = nothing(margin);
    if (nx < 2 || ny < 2 || !valid(margin, alpha)) return out;

    const double vx = sur_variance(x, nx) / (double)nx,
                 vy = sur_variance(y, ny) / (double)ny, v = vx + vy, error = sqrt(v);
    const double d = sur_mean(x, nx) - sur_mean(y, ny);
    out.difference = (sur_interval){d, d, d};
    if (v > 0.0) {
        const double degrees =
            v * v / (vx * vx / (double)(nx - 1) + vy * vy / (double)(ny - 1));
        const double half = sur_t_bound(1.0 - 2.0 * alpha, degrees) * error;
        out.difference.low = d - half;
        out.difference.high = d + half;
        out.p = sur_t_cdf(-(margin - fabs(d)) / error, degrees);
    } else {
        out.p = fabs(d) < margin ? 0.0 : 1.0;
    }
    out.equivalent = out.p < alpha;
    return out;
}
