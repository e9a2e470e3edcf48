/* surplus/stats.h -- intervals, ROC curves, quantiles and tests.
 *
 * Every estimate comes with an interval [low, high]; `level` is its nominal coverage,
 * in (0, 1). Weighted forms take weight = NULL for equal weights; weights may be
 * negative where a function says so. A weight says how much of the population an
 * example stands for, not how often it was seen: doubling all weights changes no
 * interval. docs/statistics.md says where each interval holds and what it leaves out.
 */
#ifndef SUR_STATS_H
#define SUR_STATS_H

#include <surplus/random.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sur_interval {
    double value, low, high;
} sur_interval;

/* ---- distributions: NAN for arguments out of range ---- */
SUR_API double sur_normal_cdf(double x);
SUR_API double sur_normal_quantile(double p); /* p in [0, 1]; infinite at the ends */

/* The regularized incomplete beta function I_x(a, b); a, b > 0. */
SUR_API double sur_beta_cdf(double x, double a, double b);
SUR_API double sur_beta_quantile(double p, double a, double b);

/* Student's t; degrees > 0, not necessarily whole. */
SUR_API double sur_t_cdf(double x, double degrees);
SUR_API double sur_t_quantile(double p, double degrees);

/* ---- a proportion: successes of n; counts need not be whole ---- */
/* n = 0 gives NAN in [0, 1]; successes outside 0 .. n give NANs.
 * Wilson 1927: its level on average over the true share. */
SUR_API sur_interval sur_wilson(double successes, double n, double level);

/* Clopper & Pearson 1934: at least its level for every true share. */
SUR_API sur_interval sur_clopper_pearson(double successes, double n, double level);

/* ---- a mean ---- */
/* Student's t over n values; low and high are NAN for n < 2. */
SUR_API sur_interval sur_mean_t(const double *x, sur_idx n, double level);
SUR_API double sur_mean(const double *x, sur_idx n);     /* Neumaier summation */
SUR_API double sur_variance(const double *x, sur_idx n); /* n - 1 in the denominator */

/* Weights of either sign; NAN where they sum to 0. */
SUR_API double sur_weighted_mean(const double *x, const double *weight, sur_idx n);

/* Bootstrap: draws resamples of 0 .. n-1 and calls statistic(payload, picks, n) on
 * each. The interval is the percentile one or the bias-corrected accelerated one (Efron
 * 1987), which adds a jackknife: n more calls, with n-1 picks. Resamples at which the
 * statistic is NAN are left out; low and high are NAN where more than half are, and for
 * n < 2. Fails with SUR_EINVAL (n or replicates < 1, level) or SUR_ENOMEM. */
typedef enum sur_bootstrap_kind { SUR_PERCENTILE, SUR_BCA } sur_bootstrap_kind;
typedef double (*sur_statistic)(void *payload, const sur_idx *picks, sur_idx n);
SUR_CHECKED sur_status sur_bootstrap(sur_interval *out, sur_statistic statistic,
                                     void *payload, sur_idx n, sur_idx replicates,
                                     sur_bootstrap_kind kind, double level,
                                     sur_rng *rng, sur_error *err);

/* ---- quantiles ---- */
/* The weighted p-quantile of x (not sorted, not changed): type 7 of Hyndman & Fan 1996
 * for equal weights, for others its extension by Akinshin 2023, which scaling all
 * weights does not change and for which a weight of 0 is an absent row. Weights >= 0.
 * Time O(n), 32 n bytes. Fails with SUR_EINVAL (no numbers, a NAN among them, a weight
 * that is negative or not finite, no weight, p outside [0, 1]) or SUR_ENOMEM. */
SUR_CHECKED sur_status sur_quantile(double *out, const double *x, const double *weight,
                                    sur_idx n, double p, sur_error *err);

/* ---- ROC: scores of a two-class problem, a higher score means class 1 ---- */
/* All of these take weights of either sign, leave out rows of weight 0, take O(n) time
 * and 32 n bytes, and fail with SUR_ENOMEM or with SUR_EINVAL: a score that is NAN, a
 * label other than 0 and 1, a weight that is not finite (each named by its index), a
 * class without examples or with weights that do not sum to more than 0, a level or an
 * efficiency out of range. *out is then untouched. */

/* Area under the curve with DeLong's interval (DeLong, DeLong, Clarke-Pearson 1988, by
 * the ranks of Sun & Xu 2014) on the logit scale; weighted by a weighted Mann-Whitney
 * statistic with a sandwich variance. However well the classes separate, low is at most
 * (alpha/2)^(1/k), alpha being 1 - level and k the (effective) number of examples of
 * the smaller class, and high at least 1 - (alpha/2)^(1/k): an AUC of 1 does not come
 * with an interval of width 0. Negative weights may carry the value out of [0, 1]; low
 * and high are NAN then. */
SUR_CHECKED sur_status sur_auc(sur_interval *out, const double *score,
                               const uint8_t *label, const double *weight, sur_idx n,
                               double level, sur_error *err);

/* The curve: thresholds descending from +inf, false and true positive rates at each;
 * ties are one point. With negative weights the rates need not rise. Release with
 * sur_roc_free. */
typedef struct sur_roc {
    sur_idx count;
    double *threshold, *fpr, *tpr; /* [count]; the first is (+inf, 0, 0) */
} sur_roc;
SUR_CHECKED sur_status sur_roc_curve(sur_roc *out, const double *score,
                                     const uint8_t *label, const double *weight,
                                     sur_idx n, sur_error *err);
SUR_API void sur_roc_free(sur_roc *roc);

/* Background rejection 1 / fpr at a signal efficiency (true positive rate) in (0, 1],
 * interpolating between points; the interval comes from Clopper-Pearson on the
 * background counts at that threshold (effective counts with weights) and takes the
 * threshold as fixed. value and high are +inf where no background passes. */
SUR_CHECKED sur_status sur_rejection(sur_interval *out, const double *score,
                                     const uint8_t *label, const double *weight,
                                     sur_idx n, double efficiency, double level,
                                     sur_error *err);

/* Approximate median significance (Cowan et al. 2011; regularization as in the ATLAS
 * Higgs challenge): sqrt(2((s+b+r) ln(1+s/(b+r)) - s)). 0 where s <= 0; +inf where
 * b + r = 0; NAN where b + r < 0. */
SUR_API double sur_ams(double signal, double background, double regularization);

/* The AMS of the best cut, s and b being sums of weights above it. The threshold is
 * chosen on every other example of each class and read off on the rest and the other
 * way round, and the two are averaged, so that choosing does not flatter; each half's
 * weights are scaled, class by class, to the sum over all examples. +inf or NAN where a
 * cut so found leaves the other half no background, or less, and no regularization.
 * Also SUR_EINVAL where a class has one example or its weights do not sum to more than
 * 0 in one half, and for a negative regularization. */
SUR_CHECKED sur_status sur_ams_best(double *out, const double *score,
                                    const uint8_t *label, const double *weight,
                                    sur_idx n, double regularization, sur_error *err);

/* ---- two samples ---- */
/* Kolmogorov-Smirnov: *statistic = sup |F1 - F2|, *p by the asymptotic distribution
 * with Stephens' correction, for continuous distributions (ties make it conservative).
 * Inputs need not be sorted. Both fail with SUR_EINVAL (an empty sample, a NAN in it, a
 * cdf outside [0, 1]) or SUR_ENOMEM. */
SUR_CHECKED sur_status sur_ks_two(double *statistic, double *p, const double *x,
                                  sur_idx nx, const double *y, sur_idx ny,
                                  sur_error *err);

/* One sample against a distribution function. */
SUR_CHECKED sur_status sur_ks_one(double *statistic, double *p, const double *x,
                                  sur_idx n, double (*cdf)(void *payload, double x),
                                  void *payload, sur_error *err);

/* Two one-sided tests (Schuirmann 1987) that two shares or means differ by less than
 * margin > 0, each at the level alpha in (0, 1/2): equivalent where p < alpha, which is
 * where the interval of level 1 - 2 alpha lies within the margin. NANs for arguments
 * out of range. */
typedef struct sur_equivalence {
    sur_interval difference; /* the first less the second */
    double margin, p;
    bool equivalent;
} sur_equivalence;

/* k1 of n1 and k2 of n2, independent: the score test of Farrington & Manning 1990, with
 * its interval (Mee 1984). Holds at counts of 0 too. */
SUR_API sur_equivalence sur_equivalent_proportions(double k1, double n1, double k2,
                                                   double n2, double margin,
                                                   double alpha);

/* Means of nx and ny numbers, at least two each: Welch's test. */
SUR_API sur_equivalence sur_equivalent_means(const double *x, sur_idx nx,
                                             const double *y, sur_idx ny, double margin,
                                             double alpha);

/* Half-width of the Dvoretzky-Kiefer-Wolfowitz band (Massart 1990) for n samples. */
SUR_API double sur_dkw(sur_idx n, double level);

#ifdef __cplusplus
}
#endif
#endif
