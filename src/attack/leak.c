/* leak.c -- the best attack when both laws are known.
 *
 * Neyman and Pearson: accuse in the order of the likelihood ratio; the advantage is
 * then the total variation distance of the two laws. For N(0, r) against N(0, 1) the
 * ratio is monotone in |t| and the densities cross at t^2 = r ln r / (r - 1), so that
 *     advantage = 2 |Phi(sqrt(r L)) - Phi(sqrt L)|,   L = ln r / (r - 1)
 *     auc = max(a, 1 - a),   a = (2/pi) atan(sqrt r)
 *     tpr(f) = 2 Phi(sqrt r q((1 + f)/2)) - 1           r > 1 (members are narrower)
 *              2 (1 - Phi(sqrt r q(1 - f/2)))           r < 1
 * with q the normal quantile (Tan, Mason, Javadi & Baraniuk 2022, theorem 3.2, for the
 * advantage). */
#include <surplus/attack.h>

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

const double sur_leak_rates[SUR_LEAK_RATES] = {0.1, 0.01, 0.001};

static const double pi = 3.14159265358979323846;

static double scale_tpr(double r, double f)
{
    if (r > 1.0)
        return isinf(r) ? 1.0
                        : 2.0 * sur_normal_cdf(sqrt(r) *
                                               sur_normal_quantile(0.5 * (1.0 + f))) -
                              1.0;
    return 2.0 * sur_normal_cdf(sqrt(r) * sur_normal_quantile(0.5 * f));
}

sur_leak sur_leak_scale(double r)
{
    sur_leak leak = {1.0, 1.0, {1.0, 1.0, 1.0}};
    if (isnan(r) || r < 0.0) {
        leak.advantage = leak.auc = (double)NAN;
        for (int i = 0; i < SUR_LEAK_RATES; i++) leak.tpr[i] = (double)NAN;
        return leak;
    }
    if (r > 0.0 && !isinf(r)) {
        const double x = r - 1.0;
        const double l = fabs(x) < 1e-6 ? 1.0 - x / 2.0 : log(r) / x;
        const double a = 2.0 / pi * atan(sqrt(r));
        leak.advantage =
            2.0 * fabs(sur_normal_cdf(sqrt(r * l)) - sur_normal_cdf(sqrt(l)));
        leak.auc = fmax(a, 1.0 - a);
    }
    for (int i = 0; i < SUR_LEAK_RATES; i++)
        leak.tpr[i] = scale_tpr(r, sur_leak_rates[i]);
    return leak;
}

sur_leak sur_leak_shift(double d)
{
    const double size = fabs(d);
    sur_leak leak = {.advantage = 2.0 * sur_normal_cdf(size / 2.0) - 1.0,
                     .auc = sur_normal_cdf(size / sqrt(2.0))};
    for (int i = 0; i < SUR_LEAK_RATES; i++)
        leak.tpr[i] = sur_normal_cdf(size + sur_normal_quantile(sur_leak_rates[i]));
    return leak;
}

typedef struct bin {
    double in, out;
} bin;

/* By in / out, descending. */
static int by_ratio(const void *a, const void *b)
{
    const bin *x = a, *y = b;
    const double left = x->in * y->out, right = y->in * x->out;
    return (left < right) - (left > right);
}

sur_status sur_leak_masses(sur_leak *leak, const double *in, const double *out,
                           sur_idx bins, sur_error *err)
{
    bin *sorted = NULL;
    double total_in = 0.0, total_out = 0.0, tpr = 0.0, fpr = 0.0;
    sur_idx count = 0;
    sur_status status;

    SUR_TRY(sur_alloc(&sorted, bins, sizeof *sorted, err));
    for (sur_idx b = 0; b < bins; b++) {
        total_in += in[b];
        total_out += out[b];
        if (in[b] > 0.0 || out[b] > 0.0) sorted[count++] = (bin){in[b], out[b]};
    }
    SUR_FAIL_IF(!(total_in > 0.0 && total_out > 0.0) ||
                    !(isfinite(total_in) && isfinite(total_out)),
                SUR_EINVAL, "masses that sum to %g and %g are no laws", total_in,
                total_out);
    qsort(sorted, (size_t)count, sizeof *sorted, by_ratio);
    *leak = (sur_leak){0};
    for (sur_idx b = 0; b < count; b++) {
        const double up = sorted[b].in / total_in, right = sorted[b].out / total_out;
        for (int i = 0; i < SUR_LEAK_RATES; i++) {
            const double room = sur_leak_rates[i] - fpr;
            if (room >= 0.0)
                leak->tpr[i] = tpr + (right > room ? up * room / right : up);
        }
        leak->auc += right * (tpr + 0.5 * up);
        tpr += up;
        fpr += right;
        leak->advantage = fmax(leak->advantage, tpr - fpr);
    }

done:
    free(sorted);
    return status;
}
