/* privacy.h -- what the files of the privacy experiment share.
 *
 * n training examples, p features, mu the ridge penalty; members (in) and non-members
 * (out) of the training set. */
#ifndef PRIVACY_PRIVACY_H
#define PRIVACY_PRIVACY_H

#include <surplus/attack.h>
#include <surplus/data.h>
#include <surplus/experiment.h>
#include <surplus/model.h>
#include <surplus/train.h>

enum {
    PRIVACY_THEORY,
    PRIVACY_EXACT,
    PRIVACY_LOSS,
    PRIVACY_LIRA,
    PRIVACY_RMIA,
    PRIVACY_PAIRED,
    PRIVACY_SCORES
};
enum { PROBLEM_LINEAR, PROBLEM_LATENT, PROBLEM_RELU, PROBLEM_TIME };
enum { VARIANT_CORRECTED, VARIANT_PUBLISHED };
enum { ESTIMATOR_QUADRATURE, ESTIMATOR_HISTOGRAM };
enum { SIGNAL_ONLINE, SIGNAL_OFFLINE };
enum { SPREAD_AUTO, SPREAD_EACH, SPREAD_FIXED };

typedef struct sur_privacy_options {
    sur_data_options data;
    sur_train_options train;
    int64_t attack, problem, variant, estimator;
    bool knows_label;
    int64_t family;
    int64_t width;       /* p; SUR_INF: the kernel limit */
    double ridge;        /* mu in (Z'Z + mu I) */
    double bandwidth;    /* of fourier features */
    double output_noise; /* standard deviation */
    int64_t epochs;
    int64_t shadows, mode, spread;
    int64_t queries, draws;
    char *scores, *nonmembers, *score, *member, *group;
    bool lower_is_member;
    double rate, delta;
    int64_t top;
} sur_privacy_options;

extern const sur_fields sur_privacy_fields;
extern const sur_metric sur_privacy_metrics[];
extern const sur_figure sur_privacy_figures[];
extern const sur_idx sur_privacy_metric_count, sur_privacy_figure_count;

/* ---- list.c: measurements that know their room ---- */

enum { PRIVACY_METRICS = 24, PRIVACY_GROUPS = 64 };
typedef struct privacy_list {
    sur_measurement at[PRIVACY_METRICS + 2 * SUR_ROC_POINTS + 4 * PRIVACY_GROUPS];
    sur_idx count;
} privacy_list;

void privacy_put(privacy_list *list, const char *metric, const char *split,
                 sur_interval value, sur_idx n);
void privacy_put_number(privacy_list *list, const char *metric, double value);

/* Advantage, balanced accuracy, AUC and TPRs of laws that are known; error holds
 * standard errors (NULL: none). */
void privacy_put_leak(privacy_list *list, const sur_leak *leak, const sur_leak *error);

/* Everything an audit says; split NULL: also the floor and epsilon. */
void privacy_put_audit(privacy_list *list, const sur_audit *audit, const char *split);

/* Of data with d columns and so many classes (0: regression). */
static inline sur_network privacy_network(const sur_privacy_options *o, sur_idx d,
                                          sur_idx classes)
{
    return sur_train_network(&o->train, o->family, o->width, d, classes ? classes : 1,
                             o->data.image);
}

/* ---- one trial each ---- */

/* How the attack is meant, in one line that is stored with the trial: what the attacker
 * sees and knows. */
void privacy_threat(const sur_privacy_options *o, char *text, size_t size);

SUR_MUST_USE sur_status privacy_run_theory(privacy_list *list,
                                           const sur_privacy_options *o,
                                           sur_error *err);
SUR_MUST_USE sur_status privacy_run_exact(privacy_list *list,
                                          const sur_privacy_options *o,
                                          const sur_context *context, sur_error *err);
SUR_MUST_USE sur_status privacy_run_scores(privacy_list *list,
                                           const sur_privacy_options *o, sur_idx trial,
                                           const sur_context *context, char *note,
                                           size_t note_size, sur_error *err);
SUR_MUST_USE sur_status privacy_run_model(privacy_list *list,
                                          const sur_privacy_options *o, sur_idx trial,
                                          const sur_context *context, char *note,
                                          size_t note_size, sur_error *err);

/* ---- the experiment's functions ---- */
SUR_MUST_USE sur_status sur_privacy_load(const void *options, void **input,
                                         size_t *size, char *note, size_t note_size,
                                         sur_error *err);
SUR_MUST_USE sur_status sur_privacy_axis(const void *options, const char *name,
                                         const void *input, size_t size, char **text,
                                         sur_error *err);
SUR_MUST_USE sur_status sur_privacy_resolve(void *options, const void *input,
                                            size_t size, sur_error *err);
SUR_MUST_USE sur_status sur_privacy_estimate(const void *const *options, sur_idx count,
                                             const void *input, size_t size,
                                             double *seconds, double *bytes,
                                             sur_error *err);
SUR_MUST_USE sur_status sur_privacy_run(const void *const *options, sur_idx count,
                                        const sur_context *context, sur_error *err);
SUR_MUST_USE sur_status sur_privacy_summarize(const sur_records *records,
                                              sur_finding **findings, sur_idx *count,
                                              sur_error *err);

#endif
