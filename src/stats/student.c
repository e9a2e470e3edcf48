/* student.c -- Student's t distribution with v degrees of freedom, through the beta:
 * P(|T| > |t|) = I_x(v/2, 1/2) with x = v / (v + t^2), so that |t| = sqrt(v y/x). */
#include <surplus/stats.h>

#include "stats/special.h"
#include <math.h>

double sur_t_cdf(double x, double degrees)
{
    if (!(degrees > 0.0) || isnan(x)) return nan("");
    if (isinf(degrees)) return sur_normal_cdf(x);
    const double r2 = x / degrees * x; /* y/x of the head */
    const sur_beta_tails tails =
        sur_beta_both(1.0 / (1.0 + r2), 1.0 / (1.0 + 1.0 / r2), 0.5 * degrees, 0.5);
    return x < 0.0 ? 0.5 * tails.lower : 0.5 + 0.5 * tails.upper;
}

/* The lower quantile for p < 1/2. */
static double lower_quantile(double p, double degrees)
{
    const double u =
        sur_beta_logit_quantile(2.0 * p, 1.0 - 2.0 * p, 0.5 * degrees, 0.5);
    return -sqrt(degrees) * exp(-0.5 * u);
}

double sur_t_quantile(double p, double degrees)
{
    if (!(degrees > 0.0 && p >= 0.0 && p <= 1.0)) return nan("");
    if (isinf(degrees)) return sur_normal_quantile(p);
    if (p == 0.0 || p == 1.0) return p == 0.0 ? -HUGE_VAL : HUGE_VAL;
    if (p == 0.5) return 0.0;
    return p < 0.5 ? lower_quantile(p, degrees) : -lower_quantile(1.0 - p, degrees);
}

double sur_t_bound(double level, double degrees)
{
    return -sur_t_quantile(0.5 * (1.0 - level), degrees);
}
