/* problem.h -- the recover experiment: its options, one problem, what is read off it.
 */
#ifndef RECOVER_PROBLEM_H
#define RECOVER_PROBLEM_H

#include <surplus/experiment.h>

#include "experiments/recover/recover.h"

enum { RECOVER_PLANTED, RECOVER_FILE };
enum { SENSING_GAUSSIAN, SENSING_DENSE, SENSING_COMPLETION, SENSING_RANK_ONE };
enum {
    SOLVER_GD,
    SOLVER_SCALED,
    SOLVER_PREC,
    SOLVER_SPECTRAL,
    SOLVER_NUCLEAR,
    SOLVER_ALS
};
enum { CENTER_AUTO, CENTER_NONE, CENTER_MEANS, CENTER_DAMPED };
enum { STORAGE_AUTO, STORAGE_F32, STORAGE_BF16, STORAGE_NONE };
enum { LAYOUT_AUTO, LAYOUT_TRIPLETS, LAYOUT_MATRIX };
enum { FACTORS_AUTO, FACTORS_YES, FACTORS_NO };
enum { SHAPE_AUTO, SHAPE_PSD, SHAPE_RECTANGULAR };

typedef struct sur_recover_trial { /* the options of one trial */
    char *data, *data_sha256, *test_data, *missing, *readings;
    int64_t problem, sensing, layout, shape, center, storage, factors;
    int64_t dimension, columns, true_rank, measurements;
    double condition, noise, observed;
    bool strict, uncentred;
    int64_t rank, solver, start, iterations;
    double init_scale, step, damping, momentum, tolerance, holdout, penalty;
    bool init_absolute, trace;
    int64_t seed, start_seed;
} sur_recover_trial;

extern const sur_fields sur_recover_fields;
extern const sur_metric sur_recover_metrics[];
extern const sur_idx sur_recover_metric_count;
extern const sur_figure sur_recover_figures[];
extern const sur_idx sur_recover_figure_count;

/* ---- files ---- */

/* What load makes of the files, in one block: this head, then the arrays. */
typedef struct recover_input {
    char magic[8];
    int64_t bytes;
    int64_t rows, cols; /* of the unknown matrix */
    int64_t count, test_count, training_dropped, repeated;
    int64_t entries; /* 1: triplets; 0: readings and matrices */
    int64_t scalar;  /* bytes of a matrix entry */
    int64_t width;   /* numbers per measurement */
    int64_t row, col, value, test_row, test_col, test_value; /* offsets */
    int64_t row_id, col_id; /* [rows], [cols] double: names of rows and columns */
    char checksum[72];
} recover_input;

SUR_MUST_USE sur_status recover_load(const void *options, void **input, size_t *size,
                                     char *note, size_t note_size, sur_error *err);
/* A checked view. */
SUR_MUST_USE sur_status recover_input_view(const recover_input **view,
                                           const void *input, size_t size,
                                           sur_error *err);
static inline const void *recover_array(const recover_input *in, int64_t offset)
{
    return (const char *)in + offset;
}

SUR_MUST_USE sur_status recover_resolve(void *options, const void *input, size_t size,
                                        sur_error *err);
SUR_MUST_USE sur_status recover_estimate(const void *const *options, sur_idx count,
                                         const void *input, size_t size,
                                         double *seconds, double *bytes,
                                         sur_error *err);
SUR_MUST_USE sur_status recover_trials(const void *const *options, sur_idx count,
                                       const sur_context *context, sur_error *err);
SUR_MUST_USE sur_status recover_summarize(const sur_records *records,
                                          sur_finding **findings, sur_idx *count,
                                          sur_error *err);

/* ---- one problem ---- */

typedef struct recover_problem {
    sur_operator op;
    double *y;           /* [m] */
    sur_mat vectors;     /* of rank-one measurements */
    sur_mat truth;       /* planted M; empty: not known */
    sur_mat left, right; /* planted: orthonormal bases of its columns and rows */
    double *singular;    /* planted: [true_rank] of M, descending */
    sur_idx true_rank;   /* 0: not known */
    int32_t *row, *col;  /* completion: entries measured, those to be predicted */
    const int32_t *test_row, *test_col;
    const double *test_value;
    sur_idx test_count;
    int32_t *hidden_row, *hidden_col; /* memory of entries set aside by --observed */
    double *hidden_value;
    double rounding; /* of matrices to bfloat16: || A - rounded A || / || A ||; or 0 */
    const recover_input *input;
} recover_problem;

SUR_MUST_USE sur_status recover_problem_make(recover_problem *p,
                                             const sur_recover_trial *o,
                                             const void *input, size_t size,
                                             sur_error *err);
void recover_problem_free(recover_problem *p);

/* ---- effects of rows and columns ---- */

typedef struct recover_effects {
    double mean, *row, *col; /* row NULL: none */
    double damping;
} recover_effects;

/* Fits mean + row + column effects to entries with weight 1 (NULL: all) and, where
 * center is CENTER_DAMPED, chooses the damping on the others. */
SUR_MUST_USE sur_status recover_effects_fit(recover_effects *f,
                                            const recover_problem *p, int64_t center,
                                            const double *weight, sur_error *err);
double recover_effects_at(const recover_effects *f, sur_idx row, sur_idx col);
void recover_effects_free(recover_effects *f);

/* ---- the paper's objects ---- */

enum { TRACE_SINGULAR = 8 };

typedef struct recover_point { /* at one iterate; NAN where not known */
    int64_t iteration;
    double fit, holdout, recovery;
    double signal, nuisance, angle_l, angle_x, apart, imbalance;
    double singular[TRACE_SINGULAR]; /* of the factor */
} recover_point;

typedef struct recover_trace {
    const recover_problem *problem;
    bool all;         /* every object at every iterate */
    bool power;       /* still to be compared with the power method: plain descent */
    sur_mat basis;    /* planted: orthonormal, (n1 + n2 or n) x r* */
    sur_mat spectral; /* L: the top r* space of Mhat */
    sur_mat vectors;  /* all of Mhat's, for the spectral iterates (gd) */
    double *values;
    sur_mat start; /* vectors' U at the first iteration looked at */
    int64_t start_at;
    double edge, angle_start; /* lambda_{r*+1} and lambda_r* of Mhat; angle(X, L) */
    double gap;
    double alpha; /* of the start; 0: not seen */
    recover_point *points;
    sur_idx count, capacity;
    int64_t next; /* the next iteration to look at */
} recover_trace;

SUR_MUST_USE sur_status recover_trace_begin(recover_trace *t, const recover_problem *p,
                                            const sur_recover_trial *o, const double *y,
                                            sur_error *err);
SUR_MUST_USE sur_status recover_trace_observe(void *payload,
                                              const sur_recover_view *view, bool *go_on,
                                              sur_error *err);
void recover_trace_free(recover_trace *t);

/* The error that plain descent ends with, as predicted from Mhat alone. Signal and
 * nuisance grow from alpha by the same residual until the weakest signal, of size
 * sigma, has used it up: after T = ln(sigma / alpha) / ln(1 + mu lambda_r*) steps
 * direction k of the nuisance has size alpha (1 + mu lambda_k)^T, and with d_k its
 * square the error is (sum d_k^2 + (sum d_k)^2 / r)^(1/2) / || M ||_F for r columns of
 * independent normal numbers. NAN where that does not apply. [derived] */
double recover_predicted_error(const recover_trace *t,
                               const sur_recover_result *result);

/* What the points say. */
typedef struct recover_phases {
    int64_t end[3]; /* of phases I to III; -1: not reached */
    double angle_min, angle_end, nuisance, signal_min, imbalance;
    double oracle_error;    /* least recovery error of any iterate */
    int64_t spectral_until; /* first iterate 5 % apart from the power method's */
} recover_phases;
recover_phases recover_trace_phases(const recover_trace *t);

/* "rank 1 from iteration 76 to 265, rank 2 from ...": stretches of constant rank above
 * the threshold. */
void recover_plateaus(char *text, size_t size, const recover_trace *t,
                      double threshold);

/* || L R' - M ||_F / || M ||_F. */
SUR_MUST_USE sur_status recover_error(double *error, const sur_mat *left,
                                      const sur_mat *right, const sur_mat *truth,
                                      sur_error *err);

#endif
