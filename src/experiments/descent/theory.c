/* theory.c -- closed forms of the test error of linear models; letters as in theory.h.
 */
#include "experiments/descent/theory.h"

#include <math.h>

/* a / b where b >= 0 may vanish: nothing divided by nothing is nothing. */
static double ratio_of(double a, double b)
{
    if (a == 0.0) return 0.0;
    return b > 0.0 ? a / b : HUGE_VAL;
}

double sur_theory_isotropic(sur_idx n, sur_idx p, double signal, double noise)
{
    if (p <= n) return ratio_of(noise * (double)p, (double)(n - p - 1));
    return signal * ((double)(p - n) / (double)p) +
           ratio_of(noise * (double)n, (double)(p - n - 1));
}

double sur_theory_misspecified(sur_idx n, sur_idx p, double used, double left_out,
                               double noise)
{
    const double unseen = left_out + noise;
    return unseen + sur_theory_isotropic(n, p, used, unseen);
}

/* The positive root of kappa^2 + (1 - ratio - ridge) kappa - ridge = 0, which is the
 * equation of sur_theory_spectrum where all variances are 1. */
double sur_theory_ridge(double ratio, double ridge, double signal, double noise)
{
    const double b = ridge + ratio - 1.0, root = sqrt(b * b + 4.0 * ridge);
    const double kappa = b >= 0.0 ? 0.5 * (root + b) : 2.0 * ridge / (root - b);
    const double square = (1.0 + kappa) * (1.0 + kappa);
    return ratio_of(kappa * kappa * signal + noise * ratio, square - ratio);
}

/* The spectrum of a covariance: level i is an eigenvalue variance[i] that occurs
 * count[i] times (count NULL: once), square[i] the squared coefficients there. */
typedef struct spectrum {
    sur_idx levels;
    const double *variance, *square, *count;
} spectrum;

static double count_of(const spectrum *s, sur_idx i)
{
    if (!(s->variance[i] > 0.0)) return 0.0;
    return s->count ? s->count[i] : 1.0;
}

/* n (1 - df1/n) and n (1 - df2), summed from kappa/(s + kappa) instead of s/(s +
 * kappa), so that nothing cancels where the number of features is near n. */
typedef struct freedom {
    double left1, left2;
} freedom;

static freedom freedom_at(double kappa, double n, const spectrum *s)
{
    double rank = 0.0, one = 0.0, two = 0.0;
    for (sur_idx i = 0; i < s->levels; i++) {
        const double count = count_of(s, i);
        if (count == 0.0) continue;
        const double share = kappa / (s->variance[i] + kappa);
        rank += count;
        one += count * share;
        two += count * share * share;
    }
    return (freedom){n - rank + one, n - rank + 2.0 * one - two};
}

/* kappa (1 - df1/n) - ridge is convex in kappa and positive where we start: Newton's
 * method falls to the largest root and never passes it. */
static double kappa_of(double n, const spectrum *s, double ridge)
{
    double trace = 0.0, rank = 0.0;
    for (sur_idx i = 0; i < s->levels; i++) {
        trace += count_of(s, i) * s->variance[i];
        rank += count_of(s, i);
    }
    if (!(ridge > 0.0) && rank <= n) return 0.0;

    double kappa = ridge + trace / n;
    for (int step = 0; step < 200; step++) {
        const freedom f = freedom_at(kappa, n, s);
        const double next = kappa - (kappa * f.left1 - ridge * n) / f.left2;
        if (!(next < kappa) || !(next > 0.0)) break;
        kappa = next;
    }
    return kappa;
}

static double equivalent(double n, const spectrum *s, double ridge, double noise)
{
    const double kappa = kappa_of(n, s, ridge);
    double bias = 0.0, df2 = 0.0; /* df2 n */
    for (sur_idx i = 0; i < s->levels; i++) {
        const double count = count_of(s, i);
        if (count == 0.0) continue;
        const double kept = s->variance[i] / (s->variance[i] + kappa);
        const double lost = kappa / (s->variance[i] + kappa);
        bias += s->square[i] * s->variance[i] * lost * lost;
        df2 += count * kept * kept;
    }
    return ratio_of(n * bias + noise * df2, freedom_at(kappa, n, s).left2);
}

double sur_theory_spectrum(sur_idx n, sur_idx p, const double *variance,
                           const double *square, double ridge, double noise)
{
    const spectrum s = {.levels = p, .variance = variance, .square = square};
    return equivalent((double)n, &s, ridge, noise);
}

double sur_theory_latent_noise(sur_idx p, sur_idx d, double signal, double noise)
{
    return noise + signal / (1.0 + (double)p / (double)d);
}

/* The covariance I + W W' has d eigenvalues 1 + p/d and p - d eigenvalues 1. The best
 * linear predictor b = W (I + W'W)^-1 theta lies in the space of the former and has
 * ||b||^2 = (p/d) signal / (1 + p/d)^2. */
double sur_theory_latent(sur_idx n, sur_idx p, sur_idx d, double signal, double noise,
                         double ridge)
{
    const double ratio = (double)p / (double)d, large = 1.0 + ratio;
    const double variance[] = {large, 1.0}, count[] = {(double)d, (double)(p - d)};
    const double square[] = {ratio * signal / (large * large), 0.0};
    const spectrum s = {2, variance, square, count};
    return equivalent((double)n, &s, ridge,
                      sur_theory_latent_noise(p, d, signal, noise));
}

/* max(0, G): 1/sqrt(2 pi), 1/2, 1/2 - 1/(2 pi) - 1/4. */
const sur_activation sur_theory_relu = {0.3989422804014327, 0.5, 0.09084505690810466};

/* -chi of theorem 1 of Mei & Montanari at an imaginary argument: the two equations for
 * nu1 = i a, nu2 = i b, u = sqrt(psi1 psi2 ridge / rest),
 *     a (u + b + zeta2 b / (1 + zeta2 a b)) = psi1,
 *     b (u + a + zeta2 a / (1 + zeta2 a b)) = psi2,
 * give one for q = a b = -chi with g(q) = q + zeta2 q / (1 + zeta2 q):
 *     q u^2 = (psi1 - g(q)) (psi2 - g(q)),   g(q) <= min(psi1, psi2).
 * The left side grows with q and the right side falls to 0: bisection. */
static double overlap(double psi1, double psi2, double u2, double zeta2)
{
    const double psi = fmin(psi1, psi2), t = zeta2 * (psi - 1.0) - 1.0;
    const double root = sqrt(t * t + 4.0 * zeta2 * psi); /* g(high) = psi */
    double low = 0.0;
    double high = t >= 0.0 ? (root + t) / (2.0 * zeta2) : 2.0 * psi / (root - t);
    if (!(u2 > 0.0)) return high;
    for (;;) {
        const double q = 0.5 * (low + high), g = q + zeta2 * q / (1.0 + zeta2 * q);
        if (!(q > low && q < high)) return q;
        if (q * u2 < (psi1 - g) * (psi2 - g))
            low = q;
        else
            high = q;
    }
}

double sur_theory_random_features(const sur_activation *activation, double features,
                                  double samples, double ridge, double signal,
                                  double curved, double noise)
{
    const double psi1 = features, psi2 = samples, both = psi1 * psi2;
    const double z2 = activation->linear * activation->linear / activation->rest;
    if (!(ridge > 0.0) && psi1 == psi2) return HUGE_VAL;

    /* c[k] = chi^k zeta^(2k - 2) and so on: E0, E1, E2 of equation (16), sorted by
     * power */
    const double x = -overlap(psi1, psi2, both * ridge / activation->rest, z2);
    const double x2 = x * x, x3 = x2 * x, x4 = x3 * x, x5 = x4 * x, z4 = z2 * z2,
                 z6 = z4 * z2;
    const double e0 = -x5 * z6 + 3.0 * x4 * z4 + (both - psi2 - psi1 + 1.0) * x3 * z6 -
                      2.0 * x3 * z4 - 3.0 * x3 * z2 +
                      (psi1 + psi2 - 3.0 * both + 1.0) * x2 * z4 + 2.0 * x2 * z2 + x2 +
                      3.0 * both * x * z2 - both;
    const double e1 = psi2 * x3 * z4 - psi2 * x2 * z2 + both * x * z2 - both;
    const double e2 = x5 * z6 - 3.0 * x4 * z4 + (psi1 - 1.0) * x3 * z6 + 2.0 * x3 * z4 +
                      3.0 * x3 * z2 - (psi1 + 1.0) * x2 * z4 - 2.0 * x2 * z2 - x2;
    return signal * (e1 / e0) + (noise + curved) * (e2 / e0) + curved;
}

double sur_theory_steps(sur_idx n, sur_idx p, const double *variance,
                        const double *square, double step, double steps, double noise)
{
    double risk = 0.0;
    for (sur_idx i = 0; i < p; i++) {
        const double left = pow(1.0 - step * variance[i], steps);
        risk += variance[i] * square[i] * left * left +
                noise / (double)n * (1.0 - left) * (1.0 - left);
    }
    return risk;
}
