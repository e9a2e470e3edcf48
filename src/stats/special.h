/* special.h -- what the interval formulas share below the public distributions. */
#ifndef STATS_SPECIAL_H
#define STATS_SPECIAL_H

/* ln(1 + t) - t without cancellation, for t > -1. */
double sur_log1p_minus(double t);

/* Both tails of the beta distribution and its density on the logit scale:
 * lower = I_x(a, b), upper = 1 - lower, slope = x^a y^b / B(a, b) = d lower / d
 * ln(x/y). x + y = 1; both are given so that neither end loses digits. */
typedef struct sur_beta_tails {
    double lower, upper, slope;
} sur_beta_tails;
sur_beta_tails sur_beta_both(double x, double y, double a, double b);

/* ln(x / (1-x)) at I_x(a, b) = p, where q = 1 - p; p, q, a, b > 0. */
double sur_beta_logit_quantile(double p, double q, double a, double b);

/* Normal and Student quantiles for a two-sided interval of the level: the upper one. */
double sur_normal_bound(double level);
double sur_t_bound(double level, double degrees);

/* True for 0 < level < 1. */
static inline int sur_level_valid(double level) { return level > 0.0 && level < 1.0; }

#endif
