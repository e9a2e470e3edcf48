/* bootstrap.c -- intervals by resampling with replacement.
 *
 * Let t be the statistic of the sample and t*[1 .. B] those of the resamples. The
 * percentile interval lies between the alpha/2 and 1 - alpha/2 quantiles of t*, the
 * p-quantile being the value at place (B+1) p (Davison & Hinkley 1997, section 5.3.1:
 * of B + 1 values from one law each is equally likely to be at any place). The
 * bias-corrected accelerated one (Efron 1987, "Better bootstrap confidence intervals")
 * moves these orders to
 *
 *     Phi(z0 + (z0 + z) / (1 - a (z0 + z))),   z = -+ z(alpha/2),
 *     z0 = Phi^-1(share of t* below t),  a = sum d^3 / (6 (sum d^2)^(3/2)),
 *
 * with d the mean of the n leave-one-out values minus each of them. Ties with t count
 * half, and z0 is kept finite by taking the share no nearer to 0 and 1 than half a
 * replicate. */
#include <surplus/stats.h>

#include "base/memory.h"
#include "base/try.h"
#include "stats/special.h"
#include <math.h>
#include <stdlib.h>

/* Keeps the values that are not NaN; returns how many. */
static sur_idx draw(double *value, sur_idx *picks, sur_statistic statistic,
                    void *payload, sur_idx n, sur_idx replicates, sur_rng *rng)
{
    sur_idx kept = 0;
    for (sur_idx b = 0; b < replicates; b++) {
        for (sur_idx i = 0; i < n; i++) picks[i] = sur_rng_below(rng, n);
        const double t = statistic(payload, picks, n);
        if (!isnan(t)) value[kept++] = t;
    }
    return kept;
}

static double acceleration(double *without, sur_idx *picks, sur_statistic statistic,
                           void *payload, sur_idx n)
{
    for (sur_idx i = 1; i < n; i++) picks[i - 1] = i;
    for (sur_idx i = 0; i < n; i++) {
        without[i] = statistic(payload, picks, n - 1);
        picks[i] = i;
    }
    const double mean = sur_mean(without, n);
    double second = 0.0, third = 0.0;
    for (sur_idx i = 0; i < n; i++) {
        const double d = mean - without[i];
        second += d * d;
        third += d * d * d;
    }
    return second > 0.0 ? third / (6.0 * second * sqrt(second)) : 0.0;
}

static double share_below(const double *value, sur_idx count, double t)
{
    double below = 0.0;
    for (sur_idx i = 0; i < count; i++)
        below += value[i] < t ? 1.0 : value[i] == t ? 0.5 : 0.0;
    return fmin(fmax(below, 0.5), (double)count - 0.5) / (double)count;
}

/* The order of the quantile that takes the place of Phi(z). */
static double corrected_order(double z, double z0, double a)
{
    const double bend = 1.0 - a * (z0 + z);
    if (!(bend > 0.0)) return z > 0.0 ? 1.0 : 0.0;
    return sur_normal_cdf(z0 + (z0 + z) / bend);
}

/* The value at place (B+1) p, in 1 .. B, of the sorted replicates. */
static sur_status at_order(double *out, const double *value, sur_idx count, double p,
                           sur_error *err)
{
    const double b = (double)count;
    const double place = fmin(fmax((b + 1.0) * p, 1.0), b);
    return sur_quantile(out, value, NULL, count,
                        count > 1 ? (place - 1.0) / (b - 1.0) : 0.0, err);
}

sur_status sur_bootstrap(sur_interval *out, sur_statistic statistic, void *payload,
                         sur_idx n, sur_idx replicates, sur_bootstrap_kind kind,
                         double level, sur_rng *rng, sur_error *err)
{
    sur_interval found = {nan(""), nan(""), nan("")};
    sur_idx *picks = NULL;
    double *value = NULL, *without = NULL;
    sur_status status;

    SUR_FAIL_IF(n < 1, SUR_EINVAL, "nothing to resample");
    SUR_FAIL_IF(replicates < 1, SUR_EINVAL, "%lld bootstrap replicates",
                (long long)replicates);
    SUR_FAIL_IF(!sur_level_valid(level), SUR_EINVAL, "level %g is not in (0, 1)",
                level);
    SUR_TRY(sur_alloc(&picks, n, sizeof *picks, err));
    SUR_TRY(sur_alloc(&value, replicates, sizeof *value, err));
    if (kind == SUR_BCA) SUR_TRY(sur_alloc(&without, n, sizeof *without, err));

    for (sur_idx i = 0; i < n; i++) picks[i] = i;
    found.value = statistic(payload, picks, n);
    const sur_idx kept = draw(value, picks, statistic, payload, n, replicates, rng);
    if (n > 1 && 2 * kept >= replicates && !isnan(found.value)) {
        double low = 0.5 * (1.0 - level), high = 1.0 - low;
        if (kind == SUR_BCA) {
            const double z = sur_normal_bound(level);
            const double z0 =
                sur_normal_quantile(share_below(value, kept, found.value));
            const double a = acceleration(without, picks, statistic, payload, n);
            low = corrected_order(-z, z0, a);
            high = corrected_order(z, z0, a);
        }
        if (!isnan(low) && !isnan(high)) {
            SUR_TRY(at_order(&found.low, value, kept, low, err));
            SUR_TRY(at_order(&found.high, value, kept, high, err));
        }
    }
    *out = found;

done:
    free(picks);
    free(value);
    free(without);
    return status;
}
