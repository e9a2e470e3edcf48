/* normal.c -- the standard normal distribution.
 *
 * Phi(x) = erfc(-x / sqrt 2) / 2. The quantile starts from a rational approximation
 * (Abramowitz & Stegun 26.2.23) and takes Halley steps on Phi(x) - p: with
 * e = (Phi(x) - p) / phi(x), x <- x - e / (1 + x e / 2). In the middle p - 1/2 is
 * compared with erf(x / sqrt 2) / 2, which keeps the digits of x near 0. */
#include <surplus/stats.h>

#include "stats/special.h"
#include <math.h>

#define SQRT_HALF 0.70710678118654752440
#define SQRT_2PI 2.50662827463100050242

double sur_normal_cdf(double x) { return 0.5 * erfc(-x * SQRT_HALF); }

static double halley_step(double x, double residual)
{
    const double e = residual * SQRT_2PI * exp(0.5 * x * x);
    return x - e / (1.0 + 0.5 * x * e);
}

/* The x with Phi(x) = 1/2 + q, |q| <= 1/4. */
static double central_quantile(double q)
{
    double x = q * SQRT_2PI;
    for (int k = 0; k < 4; k++) x = halley_step(x, 0.5 * erf(x * SQRT_HALF) - q);
    return x;
}

/* The x with Phi(x) = p, 0 < p < 1/4. */
static double lower_quantile(double p)
{
    const double t = sqrt(-2.0 * log(p));
    const double top = 2.515517 + t * (0.802853 + t * 0.010328);
    const double bottom = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    double x = top / bottom - t;
    for (int k = 0; k < 3; k++) x = halley_step(x, sur_normal_cdf(x) - p);
    return x;
}

double sur_normal_quantile(double p)
{
    if (!(p >= 0.0 && p <= 1.0)) return nan("");
    if (p == 0.0 || p == 1.0) return p == 0.0 ? -HUGE_VAL : HUGE_VAL;
    if (p < 0.25) return lower_quantile(p);
    if (p > 0.75) return -lower_quantile(1.0 - p);
    return central_quantile(p - 0.5);
}

double sur_normal_bound(double level)
{
    return -sur_normal_quantile(0.5 * (1.0 - level));
}
