/* series.h -- stored records as curves, and what a curve's shape is. */
#ifndef DESCENT_SERIES_H
#define DESCENT_SERIES_H

#include "experiments/descent/descent.h"

/* A mean over test examples, in blocks that can be resampled. */
typedef struct sur_descent_cell {
    bool there;
    double value, deviation; /* the mean and its standard error (0: not known) */
    const sur_descent_blocks *blocks; /* NULL: none were kept */
    int row;                          /* of blocks: where the numerators are */
} sur_descent_cell;

/* Records that differ in x and in their seeds only. Cell (s, i) is seed s at x[i]. */
typedef struct sur_descent_series {
    const char *axis;   /* "width", "samples", "epochs" or "steps" */
    const char *metric; /* "test_error" or "test_loss" */
    char label[160]; /* what tells it from the other series: "ridge=0, samples=200" */
    sur_idx count, seeds;
    double *x;                      /* [count], ascending; HUGE_VAL: width inf */
    sur_descent_cell *test, *tuned; /* [seeds x count] */
    double *interpolates;           /* [count] share of seeds; NAN: not measured */
    double *condition, *rank;       /* [count] of the first seed; NAN: not measured */
    const sur_descent_options *first;
    bool one_test;     /* all seeds have the same test examples */
    bool split_varies; /* with the seed */
    bool has_tuned, has_blocks;
} sur_descent_series;

typedef struct sur_descent_collection {
    sur_descent_series *at;
    sur_idx count;
    sur_idx failed, records;     /* of all */
    sur_descent_blocks **blocks; /* [records], NULL where none; owned */
    void *owned[2];
} sur_descent_collection;

/* The options that vary, as an axis: "width", unless only others do. */
const char *sur_descent_axis_of(const sur_records *records);

/* The length of training, "epochs" or "steps", if it varies; else NULL. */
const char *sur_descent_length_of(const sur_records *records);

SUR_MUST_USE sur_status sur_descent_collect(sur_descent_collection *out,
                                            const sur_records *records,
                                            const char *axis, sur_error *err);
void sur_descent_collection_free(sur_descent_collection *collection);

/* The places of a curve's landmarks, -1 where there is none: the minimum before the
 * peak, the peak, the minimum after it. */
typedef struct sur_descent_shape {
    sur_idx classical, peak, second;
    double prominence; /* of the peak over the higher of the two minima; 0: none */
} sur_descent_shape;

/* The peak is the inner point that rises highest above the higher of the minima on both
 * its sides. divider >= 0: a place that divides the curve instead, and belongs to its
 * second half. DESCENT_WHOLE: the curve is not divided, and classical is its minimum.
 * NAN entries are passed over. */
enum { DESCENT_FIND = -1, DESCENT_WHOLE = -2 };
sur_descent_shape sur_descent_shape_of(const double *curve, sur_idx count,
                                       sur_idx divider);

/* What the bootstrap says. Quantities whose interval could not be found have NAN
 * bounds. */
typedef struct sur_descent_verdict {
    double *mean, *tuned_mean; /* [count], over seeds; owned */
    sur_descent_shape shape;   /* of mean */
    sur_idx tuned_best;        /* place of the least tuned_mean; -1 */
    sur_idx threshold; /* the first place where half the seeds interpolate; -1 */
    bool peaked;       /* the prominence is positive within its interval */
    sur_interval classical_x, peak_x, second_x, tuned_x;
    sur_interval classical, peak, second, tuned, widest;
    sur_interval prominence, gain, widest_gain, over_tuned;
    sur_idx replicates;
} sur_descent_verdict;

SUR_MUST_USE sur_status sur_descent_judge(sur_descent_verdict *out,
                                          const sur_descent_series *series,
                                          sur_error *err);
void sur_descent_verdict_free(sur_descent_verdict *verdict);

#endif
