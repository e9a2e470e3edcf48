/* unlearn.h -- what the files of the unlearning experiment share.
 *
 * Rows come in parts: n training rows, of which F are to be forgotten and R retained; v
 * validation rows; t test rows. theta_o, theta_u, theta_r are the original model
 * (trained on all n), the unlearned one and the one trained anew on R. e_f, e_v, e_t
 * are 0/1 errors on F (against the labels that were trained on), validation and test
 * rows. */
#ifndef UNLEARN_UNLEARN_H
#define UNLEARN_UNLEARN_H

#include <surplus/data.h>
#include <surplus/experiment.h>
#include <surplus/fit.h>
#include <surplus/model.h>
#include <surplus/stats.h>
#include <surplus/train.h>

enum { GOAL_PRIVACY, GOAL_BIAS };
enum { TUNE_FORM_CONVEX, TUNE_FORM_PENALTY };
enum { TUNE_GRID, TUNE_RANDOM, TUNE_ORACLE, TUNE_NONE };
enum { SCALING_AUTO, SCALING_WHOLE, SCALING_COLUMN };
enum { BIAS_KIND_FLIP, BIAS_KIND_PATCH };

typedef struct sur_unlearn_options {
    sur_data_options data;
    int64_t validation_samples, scaling;
    double input_deviation;
    char *model, *model_sha256;
    bool force;
    int64_t family, width;
    double ridge, bandwidth;
    int64_t epochs;
    sur_train_options train;
    char *forget, *forget_sha256;
    int64_t forget_count;
    double bias;
    int64_t bias_kind, patch_class;
    int64_t method, goal;
    double lambda;
    int64_t tune_form, tune, candidates;
    char *settings;
    int64_t budget, unlearn_optimizer;
    int64_t references;
    int64_t balls, planes, resolution;
    double radius, margin;
    bool keep_model;
    char *scores;
} sur_unlearn_options;

extern const sur_fields sur_unlearn_fields;
extern const char *const unlearn_method_choices[]; /* of methods.c, by unlearn_method */

/* ---- input.c: the block that load makes and all workers map ---- */

/* Views into the block; a part that is not there has size 0. */
typedef struct unlearn_input {
    const void *data, *model, *scores;
    size_t data_size, model_size, scores_size;
    const sur_idx *ids; /* NULL: no file of ids */
    sur_idx id_count;
    char ids_sha256[65], model_sha256[65];
} unlearn_input;

SUR_MUST_USE sur_status unlearn_input_view(unlearn_input *out, const void *input,
                                           size_t size, sur_error *err);

/* ---- list.c: measurements that know their room ---- */

enum { UNLEARN_MEASUREMENTS = 512 };
typedef struct unlearn_list {
    sur_measurement at[UNLEARN_MEASUREMENTS];
    sur_idx count;
} unlearn_list;

void unlearn_put(unlearn_list *list, const char *metric, const char *split,
                 sur_interval value, sur_idx n);
void unlearn_put_number(unlearn_list *list, const char *metric, const char *split,
                        double value);

/* Adds a sentence to a note of `size` bytes, with "; " before it if it is not the
 * first. */
void unlearn_note(char *note, size_t size, const char *fmt, ...) SUR_PRINTF(3, 4);

/* ---- the experiment's functions ---- */
SUR_MUST_USE sur_status sur_unlearn_load(const void *options, void **input,
                                         size_t *size, char *note, size_t note_size,
                                         sur_error *err);
SUR_MUST_USE sur_status sur_unlearn_axis(const void *options, const char *name,
                                         const void *input, size_t size, char **text,
                                         sur_error *err);
SUR_MUST_USE sur_status sur_unlearn_resolve(void *options, const void *input,
                                            size_t size, sur_error *err);
SUR_MUST_USE sur_status sur_unlearn_estimate(const void *const *options, sur_idx count,
                                             const void *input, size_t size,
                                             double *seconds, double *bytes,
                                             sur_error *err);
SUR_MUST_USE sur_status sur_unlearn_run(const void *const *options, sur_idx count,
                                        const sur_context *context, sur_error *err);
SUR_MUST_USE sur_status sur_unlearn_summarize(const sur_records *records,
                                              sur_finding **findings, sur_idx *count,
                                              sur_error *err);

#endif
