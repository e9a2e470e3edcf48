/* kolmogorov.c -- the largest distance between distribution functions.
 *
 * p = Q((sqrt n + 0.12 + 0.11 / sqrt n) D) with Kolmogorov's limit
 *
 *     Q(x) = 2 sum_j (-1)^(j-1) exp(-2 j^2 x^2)
 *          = 1 - sqrt(2 pi)/x sum_j exp(-(2j-1)^2 pi^2 / (8 x^2)),   j = 1, 2, ...,
 *
 * and the correction for finite n of Stephens (1970), good to 0.01 from n = 4; for two
 * samples n = nx ny / (nx + ny). The band: P(sup |F_n - F| > e) <= 2 exp(-2 n e^2)
 * (Dvoretzky, Kiefer & Wolfowitz 1956, constant of Massart 1990). */
#include <surplus/stats.h>

#include "base/try.h"
#include "stats/order.h"
#include "stats/special.h"
#include <math.h>
#include <stdlib.h>

#define PI 3.14159265358979323846

/* The series are cut where their terms are below 1e-17. */
static double kolmogorov_tail(double x)
{
    double sum = 0.0;
    if (x < 0.04) return 1.0; /* 1 - Q < 1e-300 */
    if (x < 1.0) {
        for (int j = 1; j <= 4; j++) sum += exp(-pow((2 * j - 1) * PI / x, 2) / 8.0);
        return 1.0 - sqrt(2.0 * PI) / x * sum;
    }
    for (int j = 5; j >= 1; j--) sum = exp(-2.0 * j * j * x * x) - sum;
    return fmin(1.0, 2.0 * sum);
}

static double p_value(double distance, double n)
{
    return kolmogorov_tail((sqrt(n) + 0.12 + 0.11 / sqrt(n)) * distance);
}

sur_status sur_ks_two(double *statistic, double *p, const double *x, sur_idx nx,
                      const double *y, sur_idx ny, sur_error *err)
{
    sur_ordered *a = NULL, *b = NULL;
    sur_status status;

    SUR_FAIL_IF(nx < 1 || ny < 1, SUR_EINVAL, "samples of %lld and %lld numbers",
                (long long)nx, (long long)ny);
    SUR_TRY(sur_order_new(&a, x, nx, "x", err));
    SUR_TRY(sur_order_new(&b, y, ny, "y", err));

    const double dx = (double)nx, dy = (double)ny;
    double distance = 0.0;
    for (sur_idx i = 0, j = 0; i < nx && j < ny;) {
        const uint64_t key = a[i].key < b[j].key ? a[i].key : b[j].key;
        while (i < nx && a[i].key == key) i++;
        while (j < ny && b[j].key == key) j++;
        distance = fmax(distance, fabs((double)i / dx - (double)j / dy));
    }
    *statistic = distance;
    *p = p_value(distance, dx * dy / (dx + dy));

done:
    free(a);
    free(b);
    return status;
}

sur_status sur_ks_one(double *statistic, double *p, const double *x, sur_idx n,
                      double (*cdf)(void *payload, double x), void *payload,
                      sur_error *err)
{
    sur_ordered *a = NULL;
    double distance = 0.0;
    sur_status status;

    SUR_FAIL_IF(n < 1, SUR_EINVAL, "no numbers to compare with a distribution");
    SUR_TRY(sur_order_new(&a, x, n, "x", err));
    for (sur_idx i = 0; i < n; i++) {
        const double at = sur_order_value(a[i].key), f = cdf(payload, at);
        SUR_FAIL_IF(!(f >= 0.0 && f <= 1.0), SUR_EINVAL,
                    "the distribution function is %g at %g", f, at);
        distance = fmax(distance, (double)(i + 1) / (double)n - f);
        distance = fmax(distance, f - (double)i / (double)n);
    }
    *statistic = distance;
    *p = p_value(distance, (double)n);

done:
    free(a);
    return status;
}

double sur_dkw(sur_idx n, double level)
{
    if (n < 1 || !sur_level_valid(level)) return nan("");
    return sqrt(log(2.0 / (1.0 - level)) / (2.0 * (double)n));
}
