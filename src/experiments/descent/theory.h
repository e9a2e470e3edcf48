/* theory.h -- what the test error of a linear model must be, where a closed form is
 * known.
 *
 * n examples, p features, ratio p/n. Targets y = <x, b> + noise, signal = ||b||^2,
 * noise the variance of what is added. ridge is lambda in argmin (1/n) ||y - X b||^2 +
 * lambda ||b||^2, the absolute penalty mu over n; 0 is the solution of least norm.
 *
 * Unless it says otherwise a function returns the excess risk E <x, b_hat - b>^2,
 * averaged over training sets; add the noise for the expected squared error on new
 * noisy targets. Infinite risks are HUGE_VAL. */
#ifndef DESCENT_THEORY_H
#define DESCENT_THEORY_H

#include <surplus/base.h>

/* Least squares of least norm on Gaussian rows of covariance I, exact for every n and
 * p: noise p / (n - p - 1)                          p < n - 1 signal (1 - n/p) + noise
 * n / (p - n - 1)       p > n + 1 and infinite between. (Hastie, Montanari, Rosset &
 * Tibshirani 2022, theorem 1 in the limit; the inverse Wishart mean for finite n.) */
double sur_theory_isotropic(sur_idx n, sur_idx p, double signal, double noise);

/* The same when only p features of more are used (Belkin, Hsu & Xu 2020, theorem 1):
 * `used` and `left_out` are the squared norms of the coefficients inside and outside.
 * The features left out act as noise. Returns the expected squared error on new noisy
 * targets. */
double sur_theory_misspecified(sur_idx n, sur_idx p, double used, double left_out,
                               double noise);

/* Ridge on rows of covariance I, as n and p grow (Hastie et al. 2022, corollary 5, from
 * the Marchenko-Pastur law). The best ridge is noise * ratio / signal. */
double sur_theory_ridge(double ratio, double ridge, double signal, double noise);

/* Any covariance: the deterministic equivalent, as n and p grow. variance[i] >= 0 are
 * the eigenvalues of the covariance, square[i] the squared coefficients in its
 * eigenbasis (both [p]). With kappa solving kappa (1 - df1/n) = ridge, df1 = sum
 * s_i/(s_i + kappa),   df2 = (1/n) sum (s_i/(s_i + kappa))^2, risk = (kappa^2 sum
 * square_i s_i/(s_i + kappa)^2 + noise df2) / (1 - df2). (Hastie et al. 2022, theorem
 * 5; Bach 2024.) */
double sur_theory_spectrum(sur_idx n, sur_idx p, const double *variance,
                           const double *square, double ridge, double noise);

/* The latent space model of Hastie et al. 2022, section 5.4: x = W z + u with W'W =
 * (p/d) I, z of dimension d <= p, y = <theta, z> + noise, signal = ||theta||^2. Excess
 * over the best linear predictor from x, whose own error is sur_theory_latent_noise. */
double sur_theory_latent(sur_idx n, sur_idx p, sur_idx d, double signal, double noise,
                         double ridge);

/* noise + signal / (1 + p/d): what the best linear predictor of the latent model
 * leaves. */
double sur_theory_latent_noise(sur_idx p, sur_idx d, double signal, double noise);

/* An activation s in numbers, G ~ N(0, 1): E s(G), E G s(G), and the variance that is
 * left, E s(G)^2 - mean^2 - linear^2. */
typedef struct sur_activation {
    double mean, linear, rest;
} sur_activation;

extern const sur_activation sur_theory_relu;

/* Random features s(<w_j, x>/sqrt d), j = 1 .. N, of inputs of covariance I in d
 * dimensions, as n, N and d grow together (Mei & Montanari 2022, theorem 2 and 3):
 *     features = N/d, samples = n/d,
 *     argmin (1/n) ||y - Z a||^2 + (N ridge / d) ||a||^2,
 * so that ridge is mu d / (n N) for the absolute penalty mu. signal is the squared norm
 * of the target's linear part, curved the variance of its nonlinear part. */
double sur_theory_random_features(const sur_activation *activation, double features,
                                  double samples, double ridge, double signal,
                                  double curved, double noise);

/* Gradient descent on (1/2n) ||y - X b||^2 from zero: `steps` steps of size `step`,
 * features of variance[i] and squared coefficients square[i] ([p]), each learned on its
 * own, which holds for n much larger than p: sum s_i square_i (1 - step s_i)^(2t) +
 * (noise/n) sum (1 - (1 - step s_i)^t)^2 */
double sur_theory_steps(sur_idx n, sur_idx p, const double *variance,
                        const double *square, double step, double steps, double noise);

#endif
