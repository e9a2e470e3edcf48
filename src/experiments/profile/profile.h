/* profile.h -- several experiments on one width axis.
 *
 * A part is another experiment, run on options that are the profile's by name: what it
 * measures is what its own verb measures, bit for bit. The parts are a table; all else
 * follows from it. */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

#include <surplus/data.h>
#include <surplus/experiment.h>
#include <surplus/model.h>
#include <surplus/network.h>
#include <surplus/train.h>

typedef struct sur_profile_options {
    sur_data_options data;
    int64_t family, width; /* sur_family; SUR_INF: the kernel limit */
    double ridge, bandwidth;
    int64_t intercept, tune, validation_samples;
    sur_train_options network;
    int64_t epochs; /* SUR_UNSET: of a family without networks */
    int64_t early_stop;
    int64_t attack, shadows, mode, spread;
    double output_noise;
    int64_t method, forget_count;
    double lambda;
    int64_t nodes, topology, compress;
    double tolerance;
} sur_profile_options;

extern const sur_fields sur_profile_fields;
extern const sur_metric sur_profile_metrics[];
extern const sur_idx sur_profile_metric_count;

/* One of a part's metrics, all its splits, under the profile's name. */
typedef struct profile_metric {
    const char *metric; /* of the part */
    const char *name;   /* of the profile; NULL: the same */
} profile_metric;

/* Where a part is not told an option by its name and value. */
typedef struct profile_word {
    const char *option,
        *value;        /* of the profile; value NULL: any; option NULL: always */
    const char *there; /* the part's option; NULL: it is not told */
    const char *says;  /* what it is told; NULL: the same value */
    bool (*when)(const struct sur_profile_options *options); /* of an option NULL; NULL:
                                                                always */
} profile_word;

typedef struct profile_part {
    const sur_experiment *experiment;
    const profile_metric
        *metrics; /* [metric_count]; what else it measures is left out */
    sur_idx metric_count;
    const profile_word *words; /* [word_count]; may be NULL */
    sur_idx word_count;
    const char *seconds; /* the metric that gets the time its trial took, or NULL */
    bool (*applies)(const sur_profile_options *options); /* NULL: always */
} profile_part;

extern const profile_part profile_parts[];
enum { PROFILE_PARTS = 4 };

/* ---- parts.c ---- */

/* to becomes the part's options for a trial: its presets, the profile's options of the
 * same names where they are given, what the profile sets. Free with sur_fields_free. */
SUR_MUST_USE sur_status profile_part_options(void *to, const profile_part *part,
                                             const sur_profile_options *from,
                                             sur_error *err);

/* ---- share.c: trials of a part that several trials of the profile have in common ----
 */

/* descent's artifact "test_blocks": rows of weight, error, loss, ... */
enum { PROFILE_BLOCKS = 100, PROFILE_BLOCK_ROWS = 5 };

typedef struct profile_cell {
    void *options; /* of the part, resolved; owned */
    char *spec,
        *group; /* of the options as given; group without the joint ones; owned */
    bool done;
    sur_status status;
    char *message; /* owned */
    double seconds;
    sur_measurement *measurements; /* [count]; owned, splits are in text */
    sur_idx count;
    char *text;
    sur_idx trial; /* the first of the profile's trials that it belongs to */
    float *blocks; /* descent's test outcomes by blocks of examples, or NULL; owned */
} profile_cell;

typedef struct profile_share {
    const profile_part *part;
    profile_cell *cells; /* [cell_count] */
    sur_idx cell_count;
    sur_idx *of; /* [trials]: which cell is theirs; -1: the part is left out */
} profile_share;

/* The cells of the trials. Free with profile_share_free, also after a failure. */
SUR_MUST_USE sur_status profile_share_new(profile_share *out, const profile_part *part,
                                          const void *const *options, sur_idx count,
                                          const void *input, size_t size,
                                          sur_error *err);
void profile_share_free(profile_share *share);

/* Runs the group of a cell, unless that was done. A failure of the part is the cells'
 * status; what ends the run (SUR_ESTOPPED, SUR_ENOMEM) is returned. */
SUR_MUST_USE sur_status profile_share_run(profile_share *share, sur_idx cell,
                                          const sur_context *context, sur_error *err);

/* Adds what its groups will take, and raises *bytes to what the largest needs. */
SUR_MUST_USE sur_status profile_share_estimate(const profile_share *share,
                                               const void *input, size_t size,
                                               double *seconds, double *bytes,
                                               sur_error *err);

/* ---- the experiment's functions ---- */
SUR_MUST_USE sur_status sur_profile_load(const void *options, void **input,
                                         size_t *size, char *note, size_t note_size,
                                         sur_error *err);
SUR_MUST_USE sur_status sur_profile_axis(const void *options, const char *name,
                                         const void *input, size_t size, char **text,
                                         sur_error *err);
SUR_MUST_USE sur_status sur_profile_resolve(void *options, const void *input,
                                            size_t size, sur_error *err);
SUR_MUST_USE sur_status sur_profile_estimate(const void *const *options, sur_idx count,
                                             const void *input, size_t size,
                                             double *seconds, double *bytes,
                                             sur_error *err);
SUR_MUST_USE sur_status sur_profile_run(const void *const *options, sur_idx count,
                                        const sur_context *context, sur_error *err);
SUR_MUST_USE sur_status sur_profile_summarize(const sur_records *records,
                                              sur_finding **findings, sur_idx *count,
                                              sur_error *err);

#endif
