/* distribute.h -- what the files of the distribute experiment share.
 *
 * M nodes; N training examples, N_i of them at node i; D features (or parameters); k
 * outputs. A model is W (D x k). What is sent are coordinates v: either all of W, or
 * W = S v with a sketch S (D x d) that everyone knows from the seed. */
#ifndef DISTRIBUTE_DISTRIBUTE_H
#define DISTRIBUTE_DISTRIBUTE_H

#include <surplus/comm.h>
#include <surplus/compress.h>
#include <surplus/data.h>
#include <surplus/experiment.h>
#include <surplus/model.h>

enum {
    DISTRIBUTE_LINEAR,
    DISTRIBUTE_PROJECTION,
    DISTRIBUTE_FOURIER,
    DISTRIBUTE_RELU, /* so far as in sur_family */
    DISTRIBUTE_WIDE_MLP
};

enum {
    DISTRIBUTE_AUTO,
    DISTRIBUTE_SKETCH,
    DISTRIBUTE_PRECOND,
    DISTRIBUTE_NONE,
    DISTRIBUTE_QSGD,
    DISTRIBUTE_TOPK,
    DISTRIBUTE_EF21,
    DISTRIBUTE_POWERSGD,
    DISTRIBUTE_SIGN,
    DISTRIBUTE_CHOCO,
    DISTRIBUTE_DGD
};

enum { PARTITION_RANDOM, PARTITION_ORDER, PARTITION_CLASS };
enum { MOMENTUM_AUTO, MOMENTUM_ON, MOMENTUM_OFF };
enum { QUALITY_LOSS, QUALITY_PREDICTION };
enum { SCHEME_GLOBAL, SCHEME_LAYER };

typedef struct sur_distribute_options {
    sur_data_options data;
    int64_t family, width, hidden, scheme;
    double feature_bandwidth;
    int64_t compress, sketch_size, sketch, bits, data_bits;
    int64_t levels, keep, columns_kept;
    double tolerance;
    int64_t quality, momentum, max_rounds;
    int64_t nodes, topology, partition;
    char *edges;
    double density;            /* of the random graph */
    double bandwidth, latency; /* Mbit/s, ms */
    bool trace;
    double timeout;
    char *checkpoint;
    int64_t checkpoint_every;
    bool resume;
} sur_distribute_options;

extern const sur_fields sur_distribute_fields;

/* ---- data.c: the examples, in the order of the nodes ---- */

typedef struct distribute_data {
    sur_dataset data; /* a view of the input, or generated and owned */
    sur_split split;
    sur_idx n, test, inputs, width; /* N, test examples, columns of the data, D */
    sur_idx classes, outputs;       /* k */
    sur_idx nodes, *first; /* [nodes + 1]: node i has rows first[i] .. first[i+1]-1 */
    sur_idx *order;        /* [n]: row r of all below is training row order[r] */
    sur_mat train;         /* n x inputs, or empty when columns are streamed */
    sur_mat probe;         /* test x inputs, likewise */
    sur_mat target;        /* n x k, minus centre */
    double *label;         /* [test] class index or real target */
    double *centre;        /* [k], added to every prediction */
    double *truth;         /* [width] coefficients of synthetic:linear, or NULL */
    double noise;          /* deviation of synthetic targets */
    double square;         /* || y ||^2 */
    sur_features features;
    const sur_data_options *options; /* for streams; borrowed */
} distribute_data;

SUR_MUST_USE sur_status distribute_data_new(distribute_data *out,
                                            const sur_distribute_options *options,
                                            const sur_context *context, sur_error *err);
void distribute_data_free(distribute_data *data);

/* Features first .. first + cols - 1 of all training rows and of all test rows; either
 * may be NULL. */
SUR_MUST_USE sur_status distribute_columns(sur_mat *train, sur_mat *probe,
                                           const distribute_data *data, sur_idx first,
                                           sur_error *err);

/* How many training and test examples the options give; fills in defaults. */
SUR_MUST_USE sur_status distribute_counts(sur_distribute_options *options, sur_idx rows,
                                          sur_idx test_rows, sur_error *err);

/* ---- task.h's kinds; see there ---- */

sur_status sur_distribute_load(const void *options, void **input, size_t *size,
                               char *note, size_t note_size, sur_error *err);
sur_status sur_distribute_resolve(void *options, const void *input, size_t size,
                                  sur_error *err);
sur_status sur_distribute_estimate(const void *const *options, sur_idx count,
                                   const void *input, size_t size, double *seconds,
                                   double *bytes, sur_error *err);
sur_status sur_distribute_run(const void *const *options, sur_idx count,
                              const sur_context *context, sur_error *err);
sur_status sur_distribute_summarize(const sur_records *records, sur_finding **findings,
                                    sur_idx *count, sur_error *err);

#endif
