/* quantile.c -- weighted quantiles.
 *
 * For equal weights type 7 of Hyndman & Fan (1996): with h = (n-1) p, interpolate
 * between the order statistics floor(h) and floor(h) + 1, counted from 0. With weights
 * (Akinshin 2023, "Weighted quantile estimators", arXiv:2304.07265): the sorted x[i]
 * owns the piece (s[i-1], s[i]] of [0, m], s being the running sum of weights scaled to
 * end at the effective number m = (sum w)^2 / sum w^2; the quantile is the mean over
 * the window of length 1 that starts at (m-1) p. Scaling all weights changes nothing, a
 * weight of 0 is an absent row. */
#include <surplus/stats.h>

#include "base/try.h"
#include "stats/order.h"
#include <math.h>
#include <stdlib.h>

static double equal_quantile(const sur_ordered *item, sur_idx n, double p)
{
    const double h = (double)(n - 1) * p;
    const sur_idx i = (sur_idx)h;
    const double t = h - (double)i, x = sur_order_value(item[i].key);
    if (t == 0.0) return x;
    const double next = sur_order_value(item[i + 1].key);
    return x == next ? x : x + t * (next - x);
}

static double weighted_quantile(const sur_ordered *item, const double *weight,
                                sur_idx n, double whole, double squares, double p)
{
    const double scale = whole / squares, start = (whole * scale - 1.0) * p;
    double sum = 0.0, at = 0.0, share = 0.0;
    for (sur_idx i = 0; i < n && share < 1.0; i++) {
        at += weight[item[i].row] * scale;
        const double upto = fmin(fmax(at - start, 0.0), 1.0);
        if (upto > share) sum += (upto - share) * sur_order_value(item[i].key);
        share = fmax(share, upto);
    }
    return sum / share; /* rounding may end the last piece just short of the window */
}

static sur_status check_weights(double *whole, double *squares, const double *weight,
                                sur_idx n, sur_error *err)
{
    *whole = *squares = 0.0;
    for (sur_idx i = 0; i < n; i++) {
        if (!(weight[i] >= 0.0 && isfinite(weight[i])))
            return sur_fail(err, SUR_EINVAL, "weight[%lld] is %g, not a number >= 0",
                            (long long)i, weight[i]);
        *whole += weight[i];
        *squares += weight[i] * weight[i];
    }
    if (!(*squares > 0.0 && isfinite(*squares)))
        return sur_fail(err, SUR_EINVAL, "the weights sum to %g", *whole);
    return SUR_OK;
}

sur_status sur_quantile(double *out, const double *x, const double *weight, sur_idx n,
                        double p, sur_error *err)
{
    sur_ordered *item = NULL;
    double whole = 0.0, squares = 0.0;
    sur_status status;

    SUR_FAIL_IF(n < 1, SUR_EINVAL, "no numbers to take a quantile of");
    SUR_FAIL_IF(!(p >= 0.0 && p <= 1.0), SUR_EINVAL, "quantile %g is not in 0 .. 1", p);
    if (weight) SUR_TRY(check_weights(&whole, &squares, weight, n, err));
    SUR_TRY(sur_order_new(&item, x, n, "x", err));
    *out = weight ? weighted_quantile(item, weight, n, whole, squares, p)
                  : equal_quantile(item, n, p);

done:
    free(item);
    return status;
}
