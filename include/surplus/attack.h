/* surplus/attack.h -- who was in the training set? Signals, scores, and honest audits.
 *
 * A membership attack gives each record a score; a higher one means "member". What the
 * scores are worth is told by
 *   advantage   max over thresholds of TPR - FPR
 *   auc         chance that a member's score is above a non-member's
 *   tpr at f    share of members found when a share f of non-members is accused
 * (TPR, FPR: the true and the false positive rate.) */
#ifndef SUR_ATTACK_H
#define SUR_ATTACK_H

#include <surplus/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the best attack on known laws ---- */

enum { SUR_LEAK_RATES = 3 };
SUR_API extern const double sur_leak_rates[SUR_LEAK_RATES]; /* 0.1, 0.01, 0.001 */

typedef struct sur_leak {
    double advantage, auc, tpr[SUR_LEAK_RATES];
} sur_leak;

/* One number is seen: N(0, r s^2) from a non-member, N(0, s^2) from a member; r in
 * [0, inf]. */
SUR_API sur_leak sur_leak_scale(double r);

/* N(0, s^2) from a non-member, N(d s, s^2) from a member. */
SUR_API sur_leak sur_leak_shift(double d);

/* What is seen falls into one of `bins` with the masses in[b] and out[b] (each summing
 * to more than 0; scaled to sum to 1). SUR_EINVAL, SUR_ENOMEM. */
SUR_CHECKED sur_status sur_leak_masses(sur_leak *leak, const double *in,
                                       const double *out, sur_idx bins, sur_error *err);

/* ---- an audit of scores ---- */

typedef struct sur_audit_options {
    double level;  /* of every interval, 0.95 */
    double delta;  /* of (epsilon, delta) privacy */
    double rate;   /* a false positive rate of the caller's own, NAN: none */
    uint64_t seed; /* draws the halves */
} sur_audit_options;

enum { SUR_ROC_POINTS = 48 };

typedef struct sur_roc_point {
    double fpr;       /* share of non-members above a threshold */
    sur_interval tpr; /* of members, Clopper-Pearson, of this point by itself */
} sur_roc_point;

/* Numbers with their intervals; NAN where the sample is too small. */
typedef struct sur_audit {
    sur_idx members, nonmembers;
    sur_interval auc; /* DeLong */
    sur_interval advantage, balanced_accuracy;
    sur_interval tpr[SUR_LEAK_RATES], tpr_at_rate;
    double fpr_floor;   /* the smallest rate that the non-members support */
    double epsilon_low; /* epsilon is at least this */
    bool constant;      /* all scores are equal */
    sur_roc_point roc[SUR_ROC_POINTS]; /* fpr ascending from fpr_floor to 1 */
    int roc_points;
} sur_audit;

enum { SUR_AUDIT_LEAST = 10 }; /* non-members, and false positives at a rate */

/* score[i] of a record with member[i] = 1 or 0; weight NULL: equal weights, else >= 0.
 *
 * advantage: the threshold that is best on one half of the records is judged on the
 * other half, both ways round, and averaged; low is that estimate's one-sided limit
 * (any threshold's advantage bounds the best one from below), high the largest
 * advantage anywhere on the curve plus the bands of Dvoretzky, Kiefer, Wolfowitz and
 * Massart for both classes. tpr: the threshold is set on the non-members of one half
 * and read on the members of the other; Clopper-Pearson over all members, at thresholds
 * whose own rate is surely below f for low and surely above f for high. A rate f
 * needs SUR_AUDIT_LEAST / f non-members. epsilon_low: the largest of ln((TPR - delta) /
 * FPR) and its mirror image over thresholds set on one half, with Clopper-Pearson
 * limits on the other half that hold for all of them at once.
 *
 * Fails with SUR_EINVAL (a score that is NAN, membership other than 0 and 1, a weight
 * that is negative or not finite, each named by its index; no member, fewer than 10
 * non-members; options out of range; a rate below the floor, with the number of
 * non-members it needs), SUR_ENOMEM. */
SUR_CHECKED sur_status sur_audit_scores(sur_audit *out, const double *score,
                                        const uint8_t *member, const double *weight,
                                        sur_idx n, const sur_audit_options *options,
                                        sur_error *err);

/* ---- shadow models ---- */

/* keep (models x records): 1 where a model is trained on a record. Every record is in
 * exactly half of the models, in a random half of its own. models must be even.
 * SUR_EINVAL, SUR_ENOMEM. */
SUR_CHECKED sur_status sur_shadow_halves(uint8_t *keep, sur_idx models, sur_idx records,
                                         uint64_t seed, sur_error *err);

/* A model's confidence in a class c of k, log p_c - log(1 - p_c), from its logits;
 * finite wherever the logits are. k >= 2. */
SUR_API double sur_confidence(const double *logits, sur_idx k, sur_idx c);

/* What shadow models say of records: signal (models x records), a higher one more like
 * a member. in[i] and out[i] hold signals of models that were and were not trained on
 * the record; with `paired` every model has both, else only the one that keep names. */
typedef struct sur_signals {
    sur_idx models, records;
    const double *in, *out; /* may be one array unless paired */
    const uint8_t *keep;    /* [models x records]; not read if paired */
    bool paired;
} sur_signals;

/* The likelihood ratio attack (Carlini et al. 2022), online: log N(target; m_in, s_in)
 * - log N(target; m_out, s_out) with medians as means; offline: (target - m_out) /
 * s_out, which orders records as the one-sided probability does. fixed: one s_in and
 * one s_out for all records, pooled about each record's mean. Needs two models of
 * either kind per record (offline: out only; fixed and offline: two models in all).
 * SUR_EINVAL, SUR_ENOMEM. */
SUR_CHECKED sur_status sur_attack_lira(double *score, const sur_signals *signals,
                                       const double *target, bool online, bool fixed,
                                       sur_error *err);

/* RMIA (Zarifzadeh et al. 2024): the share of records whose ratio p(x | target) / p(x)
 * is below this record's. Signals are probabilities in [0, 1]. online: p(x) is the mean
 * over models in and out; offline: ((1 + a) mean over out + 1 - a) / 2, a from 0, 0.1,
 * .., 1 by the AUC of the first shadow model against the others. *a may be NULL.
 * SUR_EINVAL, SUR_ENOMEM. */
SUR_CHECKED sur_status sur_attack_rmia(double *score, double *a,
                                       const sur_signals *signals, const double *target,
                                       bool online, sur_error *err);

/* ---- models that are linear in their targets ---- */

/* Ridge regression with penalty mu > 0 on those rows of z (N x p) that keep marks, or,
 * with gram (N x N, z z'), the same by its dual. in and out (N x k): the answers at
 * every row of the model with and without that row, exactly, without refitting; the
 * model itself answers in where keep is 1 and out elsewhere. Either z or gram may be
 * NULL. SUR_ESHAPE, SUR_ENUMERIC, SUR_ENOMEM. */
SUR_CHECKED sur_status sur_paired_answers(sur_mat *in, sur_mat *out, const sur_mat *z,
                                          const sur_mat *gram, const sur_mat *y,
                                          const uint8_t *keep, double mu,
                                          sur_error *err);

/* The same of logistic ridge regression of label (N of 0 and 1): the least of the
 * cross-entropies' sum plus mu/2 |w|^2, over answers offset + z'w (log odds; in and out
 * are N x 1). The model's own answers are exact; those with one row more or less are
 * one Newton step from them, which is good while the penalty keeps answers moderate.
 * SUR_ESHAPE, SUR_ENUMERIC (also when 200 steps do not settle the answers), SUR_ENOMEM.
 */
SUR_CHECKED sur_status sur_paired_logistic(sur_mat *in, sur_mat *out, const sur_mat *z,
                                           const sur_mat *gram, const double *label,
                                           double offset, const uint8_t *keep,
                                           double mu, sur_error *err);

/* Answers at the rows S (picks, count) of the model of all rows of z (n x p) without
 * them: out (count x k). mu > 0. SUR_ENUMERIC, SUR_ENOMEM. */
SUR_CHECKED sur_status sur_leave_out(sur_mat *out, const sur_mat *z, const sur_mat *y,
                                     const sur_idx *picks, sur_idx count, double mu,
                                     sur_error *err);

#ifdef __cplusplus
}
#endif
#endif
