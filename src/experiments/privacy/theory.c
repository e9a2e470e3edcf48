/* theory.c -- closed forms; see theory.h for the model.
 *
 * With t = 1 + noise - p/D (noise and the energy of the features left out), ridge 0:
 *   out, p > n + 1:  (n/p) (1/D + t/(p - n - 1)) q_p
 *   out, p < n - 1:  (1/D + t/(n - p - 1)) q_p
 *   in,  p > n:      noise + q_D / D                 (the model interpolates)
 *   in,  p < n:      q_p/D + t (p/n) q_p/p           (leverage p/n)
 * Ridge lambda = mu/n, g = p/n, m = m(-lambda) the Stieltjes transform of the
 * Marchenko-Pastur law, u = 1 + g m, e = u^2 - g m^2. Written so that no digits are
 * lost at large lambda:
 *   1 - lambda m = m/u,   m - lambda m' = m^2/e,
 *   1 - 2 lambda m + lambda^2 m' = m^2 ((1 + g) + g (g - 1) m)/(u e)
 * Sherman and Morrison carry out to in: with k = x0'(X'X + mu)^-1 x0 -> g m,
 *   answer_in = (answer_out + k y0)/(1 + k),  residual_in = residual_out/(1 + k). */
#include "experiments/privacy/theory.h"

#include <math.h>

/* From the law without x0: v the answer's variance, c its covariance with the target
 * without noise, k the leverage ratio. */
static privacy_law carry(const privacy_setting *s, double v, double c, double k)
{
    const double target = s->q_d / s->d, label = target + s->noise;
    privacy_law law = {.answer_out = v, .loss = target - 2.0 * c + v};
    law.residual_out = law.loss + s->noise;
    if (isinf(k)) {
        law.answer_in = label;
        law.residual_in = 0.0;
    } else {
        law.answer_in = (v + 2.0 * k * c + k * k * label) / ((1.0 + k) * (1.0 + k));
        law.residual_in = law.residual_out / ((1.0 + k) * (1.0 + k));
    }
    return law;
}

static privacy_law ridgeless(const privacy_setting *s)
{
    const double t = 1.0 + s->noise - s->p / s->d, share = s->q_p / s->p;
    if (s->p > s->n + 1.0) {
        const double kept = s->n / s->p * s->q_p;
        return carry(s, kept * (1.0 / s->d + t / (s->p - s->n - 1.0)), kept / s->d,
                     HUGE_VAL);
    }
    if (s->p < s->n - 1.0) {
        const double g = s->p / s->n;
        const double v = s->q_p * (1.0 / s->d + t / (s->n - s->p - 1.0));
        privacy_law law = carry(s, v, s->q_p / s->d, g / (1.0 - g));
        law.answer_in = s->q_p / s->d + t * g * share;
        return law;
    }
    return carry(s, HUGE_VAL, 0.0, s->p >= s->n ? HUGE_VAL : s->n);
}

static privacy_law ridged(const privacy_setting *s)
{
    const double g = s->p / s->n, lambda = s->ridge / s->n, phi = s->p / s->d;
    const double t = 1.0 + s->noise - phi, share = s->q_p / s->p;
    const double b = 1.0 - g + lambda, d = sqrt(b * b + 4.0 * g * lambda);
    const double m = b > 0.0 ? 2.0 / (b + d) : (d - b) / (2.0 * g * lambda);
    const double u = 1.0 + g * m, e = u * u - g * m * m;
    const double projected = m * m * ((1.0 + g) + g * (g - 1.0) * m) / (u * e);
    const double v = share * (phi * projected + g * t * m * m / e);
    return carry(s, v, share * phi * m / u, share * g * m);
}

privacy_law privacy_theory(const privacy_setting *s)
{
    return s->ridge > 0.0 ? ridged(s) : ridgeless(s);
}

sur_leak privacy_theory_leak(const privacy_law *law, bool knows_label, double z,
                             bool members_too)
{
    const double out = (knows_label ? law->residual_out : law->answer_out) + z;
    const double in =
        (knows_label ? law->residual_in : law->answer_in) + (members_too ? z : 0.0);
    if (isinf(out)) return sur_leak_scale((double)NAN);
    return sur_leak_scale(in > 0.0 ? out / in : HUGE_VAL);
}
