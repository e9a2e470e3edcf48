/* exact_linear.c -- the linear problem by Bartlett's decomposition.
 *
 * For Gaussian X (n x p) and a fixed direction e, X = U B V' with V e = e_1 and B
 * bidiagonal with independent entries: diagonal chi_n, chi_(n-1), ..., above it
 * chi_(p-1), chi_(p-2), ... Every function of X'X seen from e is one of B. At ridge 0
 * that leaves, with P the projection on the rows of X and v = X (X'X)^+ e,
 *   p > n:   |P e|^2 = beta ~ Beta(n/2, (p - n)/2),  |v|^2 = beta / chi2_(p-n+1)
 *   p <= n:  P e = e,                                |v|^2 = 1 / chi2_(n-p+1)
 * The D - p features left out meet the answer through X_c' v, which given v is normal
 * with variance |v|^2 in each of them. */
#include "experiments/privacy/exact.h"

#include <math.h>

/* Marsaglia & Tsang 2000. */
static double gamma_draw(sur_rng *rng, double a)
{
    const double d = a - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        const double x = sur_rng_normal(rng), t = 1.0 + c * x, v = t * t * t;
        if (v <= 0.0) continue;
        const double u = 1.0 - sur_rng_uniform(rng);
        if (log(u) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
    }
}

double privacy_chi_square(sur_rng *rng, double degrees)
{
    if (degrees <= 0.0) return 0.0;
    if (degrees >= 2.0) return 2.0 * gamma_draw(rng, 0.5 * degrees);
    const double x = sur_rng_normal(rng);
    return x * x;
}

void privacy_query_norms(const sur_privacy_options *o, sur_idx q, double *q_p,
                         double *q_d)
{
    const double p = (double)o->width, d = (double)o->data.dimension;
    *q_p = p;
    *q_d = d;
    if (o->queries == 0) return;
    /* The first p coordinates of one long vector, whatever p is. */
    sur_rng rng = sur_rng_make((uint64_t)o->data.seed, "privacy query", (uint64_t)q);
    *q_p = *q_d = 0.0;
    for (int64_t j = 0; j < o->data.dimension; j++) {
        const double x = sur_rng_normal(&rng);
        *q_d += x * x;
        if (j < o->width) *q_p += x * x;
    }
}

/* What the first row and column of functions of X'X say, for unit e: S = X'X (X'X +
 * mu)^-1, along = e'Se, square = |Se|^2, weights = |v|^2, leverage = e'(X'X + mu)^-1 e.
 */
typedef struct view {
    double along, square, weights, leverage;
} view;

static view ridgeless(sur_rng *rng, double n, double p)
{
    if (p <= n) {
        const double v = 1.0 / privacy_chi_square(rng, n - p + 1.0);
        return (view){1.0, 1.0, v, v};
    }
    const double a = privacy_chi_square(rng, n), b = privacy_chi_square(rng, p - n);
    const double beta = a / (a + b);
    return (view){beta, beta, beta / privacy_chi_square(rng, p - n + 1.0), HUGE_VAL};
}

/* (B'B + mu) z = e_1 from the last equation to the first: with the tridiagonal matrix
 * eliminated upwards only z_1 and the ratios z_(j+1)/z_j are needed. */
static view ridged(sur_rng *rng, double n, double p, double mu)
{
    double diagonal[PRIVACY_RIDGED + 1] = {1.0},
                                     above[PRIVACY_RIDGED + 1]; /* of B'B + mu */
    const int64_t size = (int64_t)fmin(p, n + 1.0);
    double before = 0.0; /* b_(j-1)^2 */
    for (int64_t j = 0; j < size; j++) {
        const double a2 = privacy_chi_square(rng, n - (double)j);
        const double b2 = privacy_chi_square(rng, p - 1.0 - (double)j);
        diagonal[j] = a2 + before + mu;
        above[j] = sqrt(a2 * b2);
        before = b2;
    }
    for (int64_t j = size - 2; j >= 0; j--)
        diagonal[j] -= above[j] * above[j] / diagonal[j + 1];
    const double first = 1.0 / diagonal[0];
    double z = first, square = first * first;
    for (int64_t j = 0; j + 1 < size; j++) {
        z *= -above[j] / diagonal[j + 1];
        square += z * z;
    }
    return (view){1.0 - mu * first, 1.0 - 2.0 * mu * first + mu * mu * square,
                  first - mu * square, first};
}

static view look(sur_rng *rng, double n, double p, double mu)
{
    return mu > 0.0 ? ridged(rng, n, p, mu) : ridgeless(rng, n, p);
}

/* Variance of a (X_c' v) + b x_c over the D - p coefficients left out, given |v|^2. */
static double left_out(sur_rng *rng, double d, double p, double weights, double a,
                       double b, double length2)
{
    if (d <= p) return 0.0;
    const double across = privacy_chi_square(rng, d - p - 1.0);
    const double along = a * sqrt(weights) * sur_rng_normal(rng) + b * sqrt(length2);
    return (a * a * weights * across + along * along) / d;
}

privacy_pair privacy_draw_linear(const sur_privacy_options *o, double q_p, double q_d,
                                 sur_idx k)
{
    const double n = (double)o->data.samples, p = (double)o->width;
    const double d = (double)o->data.dimension, s2 = o->data.noise * o->data.noise;
    const double rest = fmax(0.0, q_d - q_p);
    sur_rng rng = sur_rng_make((uint64_t)o->data.seed, "privacy draw", (uint64_t)k);
    privacy_pair pair;

    view out = look(&rng, n, p, o->ridge);
    const double v = q_p * out.weights;
    const double target = q_p * (1.0 - 2.0 * out.along + out.square) / d;
    pair.loss = target + s2 * v + left_out(&rng, d, p, v, -1.0, 1.0, rest);
    if (o->knows_label)
        pair.out = pair.loss + s2;
    else
        pair.out =
            q_p * out.square / d + s2 * v + left_out(&rng, d, p, v, 1.0, 0.0, rest);

    view in = look(&rng, n - 1.0, p, o->ridge); /* the other examples */
    const double h = q_p * in.leverage, w = q_p * in.weights;
    if (isinf(h))
        pair.in = o->knows_label ? 0.0 : q_d / d + s2;
    else if (o->knows_label)
        pair.in = (q_p * (1.0 - 2.0 * in.along + in.square) / d + s2 * (1.0 + w) +
                   left_out(&rng, d, p, w, -1.0, 1.0, rest)) /
                  ((1.0 + h) * (1.0 + h));
    else
        pair.in = (q_p * (in.square + 2.0 * h * in.along + h * h) / d +
                   s2 * (w + h * h) + left_out(&rng, d, p, w, 1.0, h, rest)) /
                  ((1.0 + h) * (1.0 + h));
    return pair;
}
