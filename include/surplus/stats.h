/* surplus/stats.h -- intervals, ROC curves, quantiles and tests.
 *
 * Every estimate comes with an interval [low, high]; `level` is its nominal coverage,
 * 0.95 unless said. Weighted forms take weight = NULL for equal weights; weights may be
 * negative where a function says so. */
#ifndef SUR_STATS_H
#define SUR_STATS_H

#include <surplus/random.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sur_interval {
    double value, low, high;
} sur_interval;

/* ---- distributions ---- */
SUR_API double sur_normal_cdf(double x);
SUR_API double sur_normal_quantile(double p); /* p in (0, 1) */
SUR_API double sur_beta_cdf(double x, double a,
                            double b); /* regularized incomplete beta */
SUR_API double sur_beta_quantile(double p, double a, double b);
SUR_API double sur_t_cdf(double x, double degrees);
SUR_API double sur_t_quantile(double p, double degrees);

/* ---- a proportion: successes of n ---- */
/* Wilson 1927. n = 0 gives NAN in [0, 1]. */
SUR_API sur_interval sur_wilson(double successes, double n, double level);
/* Clopper & Pearson 1934: conservative, exact. */
SUR_API sur_interval sur_clopper_pearson(double successes, double n, double level);

/* ---- a mean ---- */
/* Student's t over n values; low and high are NAN for n < 2. */
SUR_API sur_interval sur_mean_t(const double *x, sur_idx n, double level);
SUR_API double sur_mean(const double *x, sur_idx n);     /* Neumaier summation */
SUR_API double sur_variance(const double *x, sur_idx n); /* n - 1 in the denominator */
SUR_API double sur_weighted_mean(const double *x, const double *weight, sur_idx n);

/* Bootstrap: draws resamples of 0 .. n-1 and calls statistic(payload, picks, n) on
 * each. The interval is the percentile one ("percentile") or the bias-corrected
 * accelerated (Efron 1987, "bca", with a jackknife). Fails with SUR_ENOMEM. */
typedef enum sur_bootstrap_kind { SUR_PERCENTILE, SUR_BCA } sur_bootstrap_kind;
typedef double (*sur_statistic)(void *payload, const sur_idx *picks, sur_idx n);
SUR_CHECKED sur_status sur_bootstrap(sur_interval *out, sur_statistic statistic,
                                     void *payload, sur_idx n, sur_idx replicates,
                                     sur_bootstrap_kind kind, double level,
                                     sur_rng *rng, sur_error *err);

/* ---- quantiles ---- */
/* The weighted p-quantile of x (not sorted, not changed): linear interpolation of the
 * weighted empirical distribution that reduces to type 7 (Hyndman & Fan 1996) for equal
 * weights. Weights >= 0. */
SUR_CHECKED sur_status sur_quantile(double *out, const double *x, const double *weight,
                                    sur_idx n, double p, sur_error *err);

/* ---- ROC: scores of a two-class problem, a higher score means class 1 ---- */
/* Area under the curve with DeLong's interval (DeLong, DeLong, Clarke-Pearson 1988, by
 * the ranks of Sun & Xu 2014) on the logit scale kept inside [0, 1]; weighted by a
 * weighted Mann-Whitney statistic with a sandwich variance. Weights may be negative
 * (the interval is then from the same formula and low/high may be NAN). SUR_EINVAL for
 * one class only. */
SUR_CHECKED sur_status sur_auc(sur_interval *out, const double *score,
                               const uint8_t *label, const double *weight, sur_idx n,
                               double level, sur_error *err);

/* The curve: thresholds descending from +inf, false and true positive rates at each;
 * ties are one point. Arrays are malloc'd; free with sur_roc_free. */
typedef struct sur_roc {
    sur_idx count;
    double *threshold, *fpr, *tpr; /* [count]; the first is (+inf, 0, 0) */
} sur_roc;
SUR_CHECKED sur_status sur_roc_curve(sur_roc *out, const double *score,
                                     const uint8_t *label, const double *weight,
                                     sur_idx n, sur_error *err);
SUR_API void sur_roc_free(sur_roc *roc);

/* Background rejection 1 / fpr at a signal efficiency (true positive rate),
 * interpolating between points; the interval comes from Clopper-Pearson on the
 * background counts at that threshold (effective counts with weights). high is +inf
 * where no background passes. */
SUR_CHECKED sur_status sur_rejection(sur_interval *out, const double *score,
                                     const uint8_t *label, const double *weight,
                                     sur_idx n, double efficiency, double level,
                                     sur_error *err);

/* Approximate median significance (Cowan et al. 2011; b_reg as in the ATLAS Higgs
 * challenge): sqrt(2((s+b+r) ln(1+s/(b+r)) - s)). */
SUR_API double sur_ams(double signal, double background, double regularization);

/* The AMS of the best cut, s and b being sums of weights above it. The threshold is
 * chosen on the even-numbered examples and read off on the odd ones and the other way
 * round, and the two are averaged, so that choosing does not flatter; weights are
 * rescaled by the share of examples used. */
SUR_CHECKED sur_status sur_ams_best(double *out, const double *score,
                                    const uint8_t *label, const double *weight,
                                    sur_idx n, double regularization, sur_error *err);

/* ---- two samples ---- */
/* Kolmogorov-Smirnov: *statistic = sup |F1 - F2|, *p by the asymptotic distribution
 * with Stephens' correction. Inputs need not be sorted. */
SUR_CHECKED sur_status sur_ks_two(double *statistic, double *p, const double *x,
                                  sur_idx nx, const double *y, sur_idx ny,
                                  sur_error *err);
/* One sample against a distribution function. */
SUR_CHECKED sur_status sur_ks_one(double *statistic, double *p, const double *x,
                                  sur_idx n, double (*cdf)(void *payload, double x),
                                  void *payload, sur_error *err);

/* Half-width of the Dvoretzky-Kiefer-Wolfowitz band (Massart 1990) for n samples. */
SUR_API double sur_dkw(sur_idx n, double level);

#ifdef __cplusplus
}
#endif
#endif
