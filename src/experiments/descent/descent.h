/* descent.h -- what the files of the descent experiment share.
 *
 * n, v, t training, validation and test examples; d columns of the data; p features of
 * a model (its width); k outputs; mu the ridge penalty. */
#ifndef DESCENT_DESCENT_H
#define DESCENT_DESCENT_H

#include <surplus/data.h>
#include <surplus/experiment.h>
#include <surplus/model.h>
#include <surplus/stats.h>
#include <surplus/train.h>

/* A choice that is made from the other options when it is left to itself. */
enum { DESCENT_AUTO, DESCENT_YES, DESCENT_NO };

typedef struct sur_descent_options {
    sur_data_options data;
    int64_t family;    /* sur_family */
    int64_t width;     /* p; SUR_INF: the kernel limit */
    double ridge;      /* mu in (Z'Z + mu I) */
    double bandwidth;  /* of fourier features, in units of sqrt d */
    int64_t intercept; /* DESCENT_*: the train mean of the targets is fitted too */
    int64_t tune;      /* DESCENT_*: fit the tuned-ridge baseline */
    int64_t validation_samples; /* v; SUR_UNSET: a tenth of the rows */
    double interpolates_below;  /* train loss, in units of the targets' variance */
    double signal_efficiency;   /* where the rejection is read */
    double ams_regularization;  /* b_reg */
    char *results;              /* CSV of curves trained elsewhere, or NULL */
    sur_train_options network;  /* networks only, as all that follows */
    int64_t epochs, steps;      /* one of them is given; the other is SUR_UNSET */
    int64_t early_stop;         /* DESCENT_* */
    bool trace, sharpness, effective_rank;
} sur_descent_options;

extern const sur_fields sur_descent_fields;
extern const sur_metric sur_descent_metrics[];
extern const sur_figure sur_descent_figures[];
extern const sur_idx sur_descent_metric_count, sur_descent_figure_count;

/* ---- problem.c: the data of one fit ---- */

enum { DESCENT_TRAIN, DESCENT_VALIDATION, DESCENT_TEST, DESCENT_PARTS };

/* Examples that have one role. */
typedef struct sur_descent_part {
    sur_idx count;
    const sur_idx *rows; /* [count] of the data set; borrowed from the split */
    double *label;  /* [count] class index or real target; train: with label noise */
    double *weight; /* [count], or NULL */
} sur_descent_part;

/* Everything the widths and penalties of one curve share. */
typedef struct sur_descent_problem {
    sur_dataset data;   /* a view of the input, or generated and owned */
    sur_reader *reader; /* of the data */
    sur_split split;
    sur_idx
        outputs; /* k: 1 for regression and two classes, else the number of classes */
    sur_descent_part part[DESCENT_PARTS];
    sur_mat train;  /* n x d, ready for the features; equal rows are one (merge.c);
                     * empty where the rows are streamed, as target is */
    double *merged; /* [rows of train] weights if rows were merged, else NULL; owned */
    const double *fit_weight; /* of the rows of train, or NULL */
    double *centre;           /* [k], added to every prediction */
    sur_mat target;           /* n x k, what is fitted: one-hot or real, minus centre */
    double variance; /* of target, about zero: what predicting `centre` would lose */
    double share[2]; /* two classes with weights: total weight over that of the test
                        part */
    double *truth;   /* [d] true coefficients of synthetic data (NAN: none), or NULL */
    sur_features features;
} sur_descent_problem;

/* Reads the options' data from the input (or generates them), splits, prepares. With
 * `streamed`, train and target are left out: rows are made as they are needed. Empty on
 * failure. Free with sur_descent_problem_free. */
SUR_MUST_USE sur_status sur_descent_problem_new(sur_descent_problem *out,
                                                const sur_descent_options *options,
                                                sur_idx dimension, bool streamed,
                                                const void *input, size_t size,
                                                sur_error *err);
void sur_descent_problem_free(sur_descent_problem *problem);

/* Makes equal rows of train one, with the sum of their weights and the mean of their
 * targets. */
SUR_MUST_USE sur_status sur_descent_merge(sur_descent_problem *problem, sur_error *err);

/* Entry j of the one-hot row (or the real target) of a label. */
double sur_descent_target(const sur_descent_problem *problem, double label, sur_idx j);

/* How many examples of each role the options give; fills in defaults. rows 0:
 * synthetic. */
SUR_MUST_USE sur_status sur_descent_counts(sur_descent_options *options, sur_idx rows,
                                           sur_idx test_rows, sur_error *err);

/* ---- stream.c: many examples ---- */

/* From so many training examples on, widths up to n are fitted from one or two passes
 * over the rows (sur_tall_solve), whatever other widths there are. */
enum { DESCENT_TALL = 1 << 16 };

/* Features of larger files than that (bytes) stay there, and rows are read as they are
 * asked for; then each part is in the order of its rows. */
enum { DESCENT_FILE = 1 << 28 };

bool sur_descent_is_tall(const sur_descent_options *options);

/* ---- nested.c: problems of growing dimension in one design ---- */

/* Whether a trial's problem is the beginning of that of any wider one. */
bool sur_descent_is_nested(const sur_descent_options *options);

/* The problems of dimension widths[0 .. count-1] (ascending) within `whole`, which has
 * the columns of the last: labels, truth and variance are their own, all else is
 * borrowed. Column s of target becomes what problem s fits. Free with
 * sur_descent_nest_free, also after a failure. */
SUR_MUST_USE sur_status sur_descent_nest(sur_descent_problem **views, sur_mat *target,
                                         const sur_descent_problem *whole,
                                         const sur_descent_options *options,
                                         const sur_idx *widths, sur_idx count,
                                         sur_error *err);
void sur_descent_nest_free(sur_descent_problem *views, sur_idx count);

/* ---- predict.c ---- */

/* One model: its coefficients, and room for what it answers. */
typedef struct sur_descent_model {
    sur_idx width;  /* p, or SUR_INF: coefficients of the n training examples */
    sur_mat b;      /* p x c; c a multiple of k */
    sur_mat answer; /* examples x c */
} sur_descent_model;

/* Fills the answers of all models on the examples of a part, without the centre. Either
 * all widths are finite or all are SUR_INF. The numbers of a model do not depend on the
 * other models. stop may be NULL. */
SUR_MUST_USE sur_status sur_descent_predict(const sur_descent_problem *problem,
                                            int part, sur_descent_model *const *models,
                                            sur_idx count, const sur_context *context,
                                            sur_error *err);

/* ---- measure.c ---- */

/* Means over the examples of a part, weighted if there are weights. */
typedef struct sur_descent_score {
    sur_idx count;
    double effective;      /* (sum w)^2 / sum w^2 */
    double error, loss;    /* NAN: not defined */
    double loss_deviation; /* standard error of loss */
} sur_descent_score;

/* Test outcomes summed over blocks of examples (example i is in block i mod blocks),
 * kept with the trial so that a summary can resample the test examples. */
enum {
    DESCENT_BLOCKS = 100,
    DESCENT_BLOCK_WEIGHT = 0,
    DESCENT_BLOCK_ERROR,
    DESCENT_BLOCK_LOSS,
    DESCENT_BLOCK_TUNED_ERROR,
    DESCENT_BLOCK_TUNED_LOSS,
    DESCENT_BLOCK_ROWS
};
typedef struct sur_descent_blocks {
    float sum[DESCENT_BLOCK_ROWS][DESCENT_BLOCKS];
} sur_descent_blocks;

/* Scores answers (examples x k) of a part. If blocks is not NULL, adds error and loss
 * to its rows `row` and row + 1, and with row DESCENT_BLOCK_ERROR the weights as well.
 */
sur_descent_score sur_descent_score_of(const sur_descent_problem *problem, int part,
                                       const sur_mat *answer,
                                       sur_descent_blocks *blocks, int row);

/* A list of measurements that knows its room: one per metric. */
enum { DESCENT_MEASUREMENTS = 32 };
typedef struct sur_descent_list {
    sur_measurement at[DESCENT_MEASUREMENTS];
    sur_idx count;
} sur_descent_list;

void sur_descent_put(sur_descent_list *list, const char *metric, const char *split,
                     sur_interval value, sur_idx n);

/* Adds <prefix>_error and <prefix>_loss with their intervals. */
void sur_descent_put_score(sur_descent_list *list, const char *error, const char *loss,
                           const char *split, const sur_descent_score *score);

/* Adds auc, rejection and ams of test answers (two classes only). */
SUR_MUST_USE sur_status sur_descent_put_ranking(sur_descent_list *list,
                                                const sur_descent_problem *problem,
                                                const sur_descent_options *options,
                                                const sur_mat *answer, sur_error *err);

/* ---- kernel.c ---- */

/* Solutions of (K + mu I) a = y for many mu from one eigendecomposition of the kernel
 * matrix of the training examples. */
typedef struct sur_descent_kernel {
    double *values;  /* [n] eigenvalues, ascending */
    sur_mat vectors; /* n x n */
    sur_mat rotated; /* n x outputs, V' y of all targets */
    sur_mat scaled;  /* n x k, room for one solution */
    double *root;    /* [n] square roots of the weights, or NULL */
} sur_descent_kernel;

SUR_MUST_USE sur_status sur_descent_kernel_new(sur_descent_kernel *out,
                                               const sur_descent_problem *problem,
                                               const sur_mat *targets, sur_error *err);
void sur_descent_kernel_free(sur_descent_kernel *kernel);
double sur_descent_kernel_trace(const sur_descent_kernel *kernel);

/* a (n x k) for columns output .. output + k - 1 of the targets; least norm at ridge 0.
 */
void sur_descent_kernel_solve(sur_mat *a, sur_curve_fit *fit,
                              sur_descent_kernel *kernel, sur_idx output, double ridge);

/* Keeps the blocks with the trial, under a key made from its options. */
SUR_MUST_USE sur_status sur_descent_keep_blocks(const sur_context *context,
                                                sur_idx trial,
                                                const sur_descent_options *options,
                                                const sur_descent_blocks *blocks,
                                                sur_error *err);

/* ---- mlp_options.c: what is different where the family is one of networks ---- */

/* Fills in the options of networks, or refuses them for other families. classes 0:
 * regression. */
SUR_MUST_USE sur_status sur_descent_mlp_resolve(sur_descent_options *options,
                                                sur_idx inputs, sur_idx classes,
                                                sur_error *err);
sur_network sur_descent_network(const sur_descent_options *options, sur_idx inputs,
                                sur_idx classes);
sur_idx sur_descent_steps(const sur_descent_options *options);

/* The width (not whole) at which there are as many parameters as training targets. */
double sur_descent_threshold(const sur_network *network, double targets);

/* Steps up to `last` at which a training is looked at (train/look.h). Returns how many;
 * out may be NULL. */
sur_idx sur_descent_look(sur_idx *out, sur_idx last);

void sur_descent_mlp_estimate(const void *const *options, sur_idx count, sur_idx inputs,
                              sur_idx classes, double *seconds, double *bytes);

/* ---- rank.c: the effective rank of the features, of what the last layer is given ----
 */

SUR_MUST_USE sur_status sur_descent_features_rank(double *rank,
                                                  const sur_descent_problem *problem,
                                                  sur_idx width, sur_error *err);
SUR_MUST_USE sur_status sur_descent_network_rank(double *rank,
                                                 const sur_network *network,
                                                 const float *parameters,
                                                 const sur_inputs *inputs,
                                                 sur_error *err);

/* ---- theory_loss.c ---- */

/* What theory expects of the test loss of least squares on this problem; NAN where no
 * closed form is known. SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_descent_theory_loss(double *loss,
                                                const sur_descent_problem *problem,
                                                const sur_descent_options *options,
                                                sur_error *err);

/* ---- the experiment's functions ---- */

/* Runs trials that have their problem in common: options[trials[i]] differ in width,
 * ridge and what only the metrics read. trials are indices for emit, too. */
SUR_MUST_USE sur_status sur_descent_curve_run(const void *const *options,
                                              const sur_idx *trials, sur_idx count,
                                              const sur_context *context,
                                              sur_error *err);

/* The same where the family is mlp. See mlp_run.c. */
SUR_MUST_USE sur_status sur_descent_mlp_run(const void *const *options,
                                            const sur_idx *trials, sur_idx count,
                                            const sur_context *context, sur_error *err);

SUR_MUST_USE sur_status sur_descent_run(const void *const *options, sur_idx count,
                                        const sur_context *context, sur_error *err);

SUR_MUST_USE sur_status sur_descent_estimate(const void *const *options, sur_idx count,
                                             const void *input, size_t size,
                                             double *seconds, double *bytes,
                                             sur_error *err);

SUR_MUST_USE sur_status sur_descent_load(const void *options, void **input,
                                         size_t *size, char *note, size_t note_size,
                                         sur_error *err);
SUR_MUST_USE sur_status sur_descent_axis(const void *options, const char *name,
                                         const void *input, size_t size, char **text,
                                         sur_error *err);

/* Sets *text to the checksum; SUR_EPARSE if it is set to another one. */
SUR_MUST_USE sur_status sur_descent_set_checksum(char **text, const char *checksum,
                                                 sur_error *err);
SUR_MUST_USE sur_status sur_descent_resolve(void *options, const void *input,
                                            size_t size, sur_error *err);
SUR_MUST_USE sur_status sur_descent_summarize(const sur_records *records,
                                              sur_finding **findings, sur_idx *count,
                                              sur_error *err);

#endif
