/* theory.h -- what a stranger learns from one answer of a Gaussian linear model.
 *
 * x ~ N(0, I_D), y = <x, b> + noise, b ~ N(0, I_D / D). The learner fits the first p of
 * the D features to n examples. The attacker asks for the answer at a fixed x0 whose
 * first p coordinates have the squared norm q_p, all of them q_D, and knows the law of
 * everything else. (Tan, Mason, Javadi & Baraniuk 2022.) */
#ifndef PRIVACY_THEORY_H
#define PRIVACY_THEORY_H

#include <surplus/attack.h>

typedef struct privacy_setting {
    double n, p, d;  /* examples, features fitted, features there are */
    double noise;    /* variance of what is added to the targets */
    double ridge;    /* mu in (X'X + mu I) */
    double q_p, q_d; /* squared norms of the query; p and D on average */
} privacy_setting;

/* Variances of the answer at x0 and of y0 minus it, for a model that was (in) or was
 * not (out) trained on (x0, y0). Infinite where least squares has no finite variance
 * (p = n - 1, n, n + 1 at ridge 0). */
typedef struct privacy_law {
    double answer_in, answer_out;
    double residual_in, residual_out;
    double loss; /* E (<x0, b> - answer)^2 of a non-member: no noise in the target */
} privacy_law;

/* Ridge 0: the variances of theorem 3.2, exact for every n and p. Ridge > 0: the limit
 * as n and p grow together (Stieltjes transform of the Marchenko-Pastur law). */
privacy_law privacy_theory(const privacy_setting *s);

/* Adds output noise of variance z, to all answers or to non-members' alone (which is
 * what the published experiment does), and compares the two laws. */
sur_leak privacy_theory_leak(const privacy_law *law, bool knows_label, double z,
                             bool members_too);

#endif
