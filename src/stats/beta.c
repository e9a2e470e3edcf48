/* beta.c -- the regularized incomplete beta function I_x(a, b) and its inverse.
 *
 * With y = 1 - x, x0 = a/(a+b), y0 = b/(a+b),
 *
 *     I_x(a, b) = S / K,   S = x^a y^b / B(a, b),
 *     K = beta_1 + alpha_2 / (beta_2 + alpha_3 / (beta_3 + ...)),
 *     alpha_(n+1) = (a+n-1) (a+b+n-1) n (b-n) x^2 / (a+2n-1)^2,
 *     beta_(n+1) = n + n (b-n) x / (a+2n-1) + (a+n) / (a+2n+1) (lambda + 1 + n (1+y)),
 *
 * lambda = (a+b) (x0 - x): the continued fraction of DiDonato & Morris (1992,
 * "Significant digit computation of the incomplete beta function ratios"), by Lentz's
 * method, for x left of the mean x0; right of it I_x(a, b) = 1 - I_y(b, a).
 *
 * S is written around its maximum, so that no digits cancel for large a and b (Loader
 * 2000, "Fast and accurate computation of binomial probabilities"): with g(t) = ln(1+t)
 * - t and delta(z) the error of Stirling's formula for ln Gamma(z),
 *
 *     ln S = a g(x/x0 - 1) + b g(y/y0 - 1) + ln(a b / (2 pi (a+b))) / 2
 *            + delta(a+b) - delta(a) - delta(b).
 *
 * The inverse is Newton's method on ln I as a function of u = ln(x/y), whose derivative
 * is S / I, kept inside a bracket. */
#include <surplus/stats.h>

#include "stats/special.h"
#include <float.h>
#include <math.h>

#define TWO_PI 6.28318530717958647693

/* With s = t/(2+t): ln(1+t) = 2 atanh s = 2 (s + s^3/3 + s^5/5 + ...), and 2s - t = -t
 * s. */
double sur_log1p_minus(double t)
{
    if (!(fabs(t) < 0.25)) return log1p(t) - t;
    const double s = t / (2.0 + t), s2 = s * s;
    double sum = 0.0;
    for (int k = 21; k >= 3; k -= 2) sum = sum * s2 + 1.0 / k;
    return -t * s + 2.0 * s * s2 * sum;
}

/* g(value/centre - 1), where difference = value - centre. */
static double deviance(double value, double centre, double difference)
{
    const double t = difference / centre;
    return fabs(t) < 0.25 ? sur_log1p_minus(t) : log(value / centre) - t;
}

/* delta(z) = ln Gamma(z) - (z - 1/2) ln z + z - ln(2 pi)/2, by its recurrence up to z
 * >= 16 and the asymptotic series there. */
static double stirling_error(double z)
{
    double sum = 0.0;
    while (z < 16.0) {
        sum += (z + 0.5) * log1p(1.0 / z) - 1.0;
        z += 1.0;
    }
    const double r = 1.0 / z, r2 = r * r;
    return sum + r * (1.0 / 12 -
                      r2 * (1.0 / 360 -
                            r2 * (1.0 / 1260 - r2 * (1.0 / 1680 - r2 * (1.0 / 1188)))));
}

/* The distribution at x = 1 - y, and where that lies from the mean. */
typedef struct place {
    double x, y, a, b, beyond; /* beyond = x - x0 */
} place;

static double logit_density(const place *at)
{
    const double a = at->a, b = at->b, x0 = a / (a + b), y0 = b / (a + b);
    const double delta = stirling_error(a + b) - stirling_error(a) - stirling_error(b);
    return exp(a * deviance(at->x, x0, at->beyond) +
               b * deviance(at->y, y0, -at->beyond) + delta) *
           sqrt(x0 * b / TWO_PI);
}

/* K. Takes O(sqrt(a + b)) terms at worst; the bound on them only stops a fraction that
 * rounding keeps from settling. */
static double continued_fraction(const place *at)
{
    const double x = at->x, y = at->y, a = at->a, b = at->b;
    const double lambda = -(a + b) * at->beyond,
                 most = fmin(200.0 + 20.0 * sqrt(a + b), 1e6);
    double value = a / (a + 1.0) * (lambda + 1.0), c = value, d = 0.0;
    for (int k = 1; k < most; k++) {
        const double n = k;
        const double even = n * (b - n) * x / (a + 2.0 * n - 1.0);
        const double alpha =
            (a + n - 1.0) / (a + 2.0 * n - 1.0) * (a + b + n - 1.0) * x * even;
        const double beta =
            n + even + (a + n) / (a + 2.0 * n + 1.0) * (lambda + 1.0 + n * (1.0 + y));
        d = 1.0 / (beta + alpha * d);
        c = beta + alpha / c;
        const double change = c * d;
        value *= change;
        if (!(fabs(change - 1.0) > 2.0 * DBL_EPSILON)) break;
    }
    return value;
}

sur_beta_tails sur_beta_both(double x, double y, double a, double b)
{
    if (x <= 0.0) return (sur_beta_tails){0.0, 1.0, 0.0};
    if (y <= 0.0) return (sur_beta_tails){1.0, 0.0, 0.0};
    const double x0 = a / (a + b), y0 = b / (a + b), d = x0 < y0 ? x - x0 : y0 - y;
    const place left = {x, y, a, b, d}, right = {y, x, b, a, -d};
    const double slope = logit_density(&left);
    if (d <= 0.0) {
        const double lower = slope / continued_fraction(&left);
        return (sur_beta_tails){lower, 1.0 - lower, slope};
    }
    const double upper = slope / continued_fraction(&right);
    return (sur_beta_tails){1.0 - upper, upper, slope};
}

static sur_beta_tails at_logit(double u, double a, double b)
{
    return sur_beta_both(1.0 / (1.0 + exp(-u)), 1.0 / (1.0 + exp(u)), a, b);
}

double sur_beta_logit_quantile(double p, double q, double a, double b)
{
    if (p > q) return -sur_beta_logit_quantile(q, p, b, a);

    /* Beyond +-700 a tail is a pure power of x or y. */
    double low = -700.0, high = 700.0;
    const sur_beta_tails left = at_logit(low, a, b), right = at_logit(high, a, b);
    if (left.lower >= p) return low + log(p / left.lower) / a;
    if (right.upper >= q) return high + log(right.upper / q) / b;

    double u = log(a / b) + sur_normal_quantile(p) * sqrt(1.0 / a + 1.0 / b);
    u = fmin(fmax(u, low), high);
    for (int k = 0; k < 200; k++) {
        const sur_beta_tails at = at_logit(u, a, b);
        const double f = log(at.lower / p);
        if (f < 0.0)
            low = u;
        else
            high = u;
        double next = u - f * at.lower / at.slope;
        if (!(next >= low && next <= high)) next = 0.5 * (low + high);
        const double step = fabs(next - u);
        u = next;
        if (step <= 1e-10 * (1.0 + fabs(u)) / (1.0 + sqrt(a + b))) break;
    }
    return u;
}

double sur_beta_cdf(double x, double a, double b)
{
    if (!(a > 0.0 && b > 0.0) || isinf(a + b) || isnan(x)) return nan("");
    return sur_beta_both(x, 1.0 - x, a, b).lower;
}

double sur_beta_quantile(double p, double a, double b)
{
    if (!(a > 0.0 && b > 0.0) || isinf(a + b) || !(p >= 0.0 && p <= 1.0))
        return nan("");
    if (p == 0.0 || p == 1.0) return p;
    return 1.0 / (1.0 + exp(-sur_beta_logit_quantile(p, 1.0 - p, a, b)));
}
