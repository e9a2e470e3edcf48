/* proportion.c -- intervals for the chance of a success, k successes seen in n trials.
 *
 * Wilson (1927) inverts the score test: with p = k/n and z the normal quantile of the
 * level,
 *
 *     (p + z^2/2n  +-  z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).
 *
 * Clopper & Pearson (1934) invert the two one-sided binomial tests: the lower end is
 * the alpha/2 quantile of Beta(k, n-k+1), the upper one the 1-alpha/2 quantile of
 * Beta(k+1, n-k).
 *
 * k and n need not be whole (effective counts). */
#include <surplus/stats.h>

#include "stats/special.h"
#include <math.h>

/* Fills *out and returns true where the answer needs no formula. */
static bool settled(sur_interval *out, double k, double n, double level)
{
    if (!(k >= 0.0 && n >= k) || isinf(n) || !sur_level_valid(level)) {
        *out = (sur_interval){nan(""), nan(""), nan("")};
        return true;
    }
    *out = (sur_interval){nan(""), 0.0, 1.0};
    return n == 0.0;
}

sur_interval sur_wilson(double successes, double n, double level)
{
    sur_interval out;
    const double k = successes;
    if (settled(&out, k, n, level)) return out;

    const double z2 = pow(sur_normal_bound(level), 2);
    const double half = sqrt(z2 * (k * (n - k) / n + 0.25 * z2));
    out.value = k / n;
    out.low = k == 0.0 ? 0.0 : fmax(0.0, (k + 0.5 * z2 - half) / (n + z2));
    out.high = k == n ? 1.0 : fmin(1.0, (k + 0.5 * z2 + half) / (n + z2));
    return out;
}

sur_interval sur_clopper_pearson(double successes, double n, double level)
{
    sur_interval out;
    const double k = successes, tail = 0.5 * (1.0 - level);
    if (settled(&out, k, n, level)) return out;

    out.value = k / n;
    if (k > 0.0) out.low = sur_beta_quantile(tail, k, n - k + 1.0);
    if (k < n) out.high = 1.0 - sur_beta_quantile(tail, n - k, k + 1.0);
    return out;
}
