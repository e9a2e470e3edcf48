/* mean.c -- means, variances and Student's interval.
 *
 * Sums are compensated (Neumaier 1974): the rounding error of every addition is
 * collected and added at the end. The variance takes the mean out first and corrects
 * for what rounding left of it: (sum d^2 - (sum d)^2 / n) / (n - 1), d = x - mean
 * (Chan, Golub, LeVeque 1983). */
#include <surplus/stats.h>

#include "stats/special.h"
#include <math.h>

typedef struct compensated {
    double sum, lost;
} compensated;

static void add(compensated *s, double x)
{
    const double sum = s->sum + x;
    s->lost += fabs(s->sum) >= fabs(x) ? (s->sum - sum) + x : (x - sum) + s->sum;
    s->sum = sum;
}

/* Where the sum left the finite numbers the correction means nothing. */
static double total(const compensated *s)
{
    return isfinite(s->sum) ? s->sum + s->lost : s->sum;
}

double sur_mean(const double *x, sur_idx n)
{
    compensated sum = {0};
    for (sur_idx i = 0; i < n; i++) add(&sum, x[i]);
    return n > 0 ? total(&sum) / (double)n : nan("");
}

double sur_variance(const double *x, sur_idx n)
{
    if (n < 2) return nan("");
    const double mean = sur_mean(x, n);
    compensated first = {0}, second = {0};
    for (sur_idx i = 0; i < n; i++) {
        const double d = x[i] - mean;
        add(&first, d);
        add(&second, d * d);
    }
    const double d = total(&first);
    const double squares = total(&second) - d * d / (double)n;
    return squares < 0.0 ? 0.0 : squares / (double)(n - 1);
}

double sur_weighted_mean(const double *x, const double *weight, sur_idx n)
{
    if (!weight) return sur_mean(x, n);
    compensated sum = {0}, whole = {0};
    for (sur_idx i = 0; i < n; i++) {
        if (weight[i] == 0.0) continue;
        add(&sum, weight[i] * x[i]);
        add(&whole, weight[i]);
    }
    const double w = total(&whole);
    return w != 0.0 ? total(&sum) / w : nan("");
}

sur_interval sur_mean_t(const double *x, sur_idx n, double level)
{
    const double mean = sur_mean(x, n);
    if (n < 2 || !sur_level_valid(level)) return (sur_interval){mean, nan(""), nan("")};
    const double error = sqrt(sur_variance(x, n) / (double)n);
    const double half = sur_t_bound(level, (double)(n - 1)) * error;
    return (sur_interval){mean, mean - half, mean + half};
}
