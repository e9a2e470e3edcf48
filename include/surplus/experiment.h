/* surplus/experiment.h -- what an experiment is: a value, not a framework.
 *
 * A name, a table of options, a table of metrics, which axes it can share work along,
 * one function that runs trials, one that states the headline, a table of figures. It
 * opens no file for writing and knows no database. */
#ifndef SUR_EXPERIMENT_H
#define SUR_EXPERIMENT_H

#include <surplus/field.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sur_metric {
    const char *name;  /* "test_error" */
    const char *label; /* "test error", for axes and tables */
    const char *unit;  /* NULL: none */
    const char *scale; /* "linear" or "log": its natural axis; "share": 0 or 1 in each
                        * trial, so that the mean over seeds has a Wilson interval */
    int better;        /* -1 lower is better, +1 higher is, 0 neither */
    const char *interval; /* how low and high are made: "Wilson 95 %, test sampling";
                           * NULL: it has none */
    const char *help;
} sur_metric;

typedef struct sur_measurement {
    const char *metric;      /* a name in the experiment's table; borrowed */
    const char *split;       /* model role or extra part, or NULL */
    int64_t iteration;       /* 0: the final value */
    double value, low, high; /* NAN where not defined */
    int64_t n;               /* what the value was counted over; 0: nothing to count */
} sur_measurement;

/* One trial's outcome, given to emit. */
typedef struct sur_outcome {
    sur_status status;   /* SUR_OK, or why the trial failed (SUR_ENUMERIC, ...) */
    const char *message; /* one line when it failed, or a note; may be NULL */
    double seconds; /* of work that was this trial's own or its share of the group */
    const sur_measurement *measurements; /* [count], the final values first */
    sur_idx count;
} sur_outcome;

/* A named array kept with a trial and shared between methods under a content key. */
typedef struct sur_artifact {
    const char *key, *name, *kind,
        *shape; /* kind "f8", "f4", "u1", "json", ...; shape "3,20" */
    const void *bytes;
    size_t size;
} sur_artifact;

/* What a run is given by the study. All borrowed for the call. */
typedef struct sur_context {
    void *payload; /* of the four functions below */
    /* Hands over trial `index` (into specs) as soon as it is done; copies what it is
     * given. An error is the study's and ends the group. */
    sur_status (*emit)(void *payload, sur_idx index, const sur_outcome *outcome,
                       sur_error *err);
    /* *found is malloc'd bytes, or NULL when no artifact has that key. */
    sur_status (*find)(void *payload, const char *key, void **found, size_t *size,
                       sur_error *err);
    /* Keeps an artifact at once; it becomes trial `index`'s when that is emitted, which
     * comes later. */
    sur_status (*keep)(void *payload, sur_idx index, const sur_artifact *artifact,
                       sur_error *err);
    /* true: stop as soon as it can, returning SUR_ESTOPPED; what was emitted is kept.
     * Cheap: call it in every loop over something slow. */
    bool (*stop)(void *payload);
    const void *input; /* what load made, mapped read-only; NULL without load */
    size_t input_size;
    int threads; /* for the linear algebra of this run */
} sur_context;

/* ---- reading results back ---- */

/* One stored trial, for summaries and figures. options is a struct of the experiment's.
 */
typedef struct sur_record {
    const void *options;
    sur_status status;
    const char *message;
    double seconds;
    const sur_measurement *measurements;
    sur_idx count;
} sur_record;

typedef struct sur_records {
    const sur_record *at; /* ordered by spec */
    sur_idx count;
    void *payload; /* of artifact */
    /* An artifact that trial `index` kept, by name; *bytes is malloc'd, NULL if none.
     */
    sur_status (*artifact)(void *payload, sur_idx index, const char *name, void **bytes,
                           size_t *size, sur_error *err);
} sur_records;

/* The measurement of that name (split NULL, iteration 0) of a record, or NULL. */
SUR_API const sur_measurement *sur_record_get(const sur_record *record,
                                              const char *metric);

/* One line of a summary: a number with its meaning, or a sentence. */
typedef struct sur_finding {
    char name[64];  /* "peak_width"; for --json and --fail-if */
    char text[512]; /* the sentence: "test error peaks at width 1000 (95 % interval
                       ...)" */
    double value, low, high; /* NAN where there is no number */
    bool headline;           /* leads the page */
} sur_finding;

/* Curves that theory or an outside file adds to a figure: x, y of one option's axis. */
typedef struct sur_figure {
    const char *name; /* "test_error": file names, anchors */
    const char *title;
    const char *x;     /* an option's name, "iteration", or a metric's name: then points
                        * stand where that metric is */
    const char *along; /* of a metric's x, "iteration": the points of each trial are
                        * joined; NULL: those along each number that varies, all others
                        * at their most frequent value */
    const char *y;     /* the axis in words; NULL: what the metrics' labels share */
    const char *metrics[4]; /* drawn as lines with bands over seeds; NULL-terminated */
    const char *labels[4];
    const char *theory;       /* a metric drawn dotted, or NULL */
    const char *theory_label; /* NULL: "theory" */
    const char *series; /* an option's name whose values are separate curves, or NULL:
                         * every axis that varies and is neither x nor seed */
    const char *threshold; /* an option's or metric's name whose value marks a vertical
                            * line on x ("samples"), with threshold_label; or NULL */
    const char *threshold_label;
    const char *condition; /* drawn only if this metric exists; NULL: metrics[0] */
    const char *unless;    /* and only if this one does not, or NULL */
    bool points;           /* no lines join them */
    bool panel; /* one of several under each other: x has the range of all trials, and
                 * the frames line up */
} sur_figure;

/* Maps of classes on a plane that trials keep as an artifact of kind "json": a frame, a
 * grid of resolution^2 places (lines along y), points that lie on the plane, and for
 * each map (at most 4) the class of each place, a number of `classes`:
 *   {"x": [low, high], "y": [low, high], "resolution": 50,
 *    "points": [{"at": [x, y], "name": "..."}], "classes": ["..."],
 *    "maps": [{"name": "before", "classes": [0, 0, 1, ...]}]}
 * The first point is the one the picture is about. */
typedef struct sur_picture {
    const char *name, *title, *caption; /* "plane" */
    const char *artifact;
} sur_picture;

/* Something that is paid along the axis of the first figure, for the page's control
 * that weighs prices against each other. Less is better. */
typedef struct sur_price {
    const char *name, *label; /* "leakage" */
    const char *metric;
    const char *choose, *judge; /* the same of two halves of the test examples: widths
                                 * are chosen on one and judged on the other; or NULL */
    double weight;              /* at first, 0 .. 5 */
    const char *unless;         /* not weighed if this metric exists, or NULL */
} sur_price;

typedef struct sur_experiment {
    const char *name;        /* "descent": the verb */
    const char *summary;     /* one line for the help */
    const char *description; /* paragraphs for the man page */
    int64_t revision;        /* raised when its numbers change */
    const sur_fields *fields;
    const sur_metric *metrics; /* [metric_count] */
    sur_idx metric_count;
    const char *const
        *joint; /* NULL-terminated option names along which run shares work */
    const sur_figure *figures; /* [figure_count], the first is the main one */
    sur_idx figure_count;
    const sur_price *prices; /* [price_count], may be NULL */
    sur_idx price_count;
    const sur_picture *pictures; /* [picture_count], may be NULL */
    sur_idx picture_count;
    const char *role; /* the split that measurements without one belong to, where others
                       * have splits ("unlearned"); NULL: none */

    /* Reads the input that all trials share (a data set) into one malloc'd block, once,
     * before anything runs; *note gets lines for the user. May be NULL. options is the
     * first trial's. *input may stay NULL (synthetic data). */
    sur_status (*load)(const void *options, void **input, size_t *size, char *note,
                       size_t note_size, sur_error *err);

    /* The values of an axis that the user did not set, where its preset does not fit
     * the input: *text is malloc'd, as the user would type it ("1:28"), or left NULL to
     * keep the preset. Asked once for every such option; options is the first trial's,
     * before resolve. May be NULL. */
    sur_status (*axis)(const void *options, const char *name, const void *input,
                       size_t size, char **text, sur_error *err);

    /* Computes the options that are "not given" from the others and the input, and
     * checks what a table cannot (samples above the rows: SUR_EINVAL). May be NULL. */
    sur_status (*resolve)(void *options, const void *input, size_t size,
                          sur_error *err);

    /* Predicted cost of a group of trials; for --dry-run and for refusing before
     * starting what memory cannot hold. */
    sur_status (*estimate)(const void *const *options, sur_idx count, const void *input,
                           size_t size, double *seconds, double *bytes, sur_error *err);

    /* Runs trials that differ only along the joint axes, in any order, emitting each
     * once. A trial that fails numerically is emitted with its status; an error
     * returned here is recorded for every trial not yet emitted. */
    sur_status (*run)(const void *const *options, sur_idx count,
                      const sur_context *context, sur_error *err);

    /* The findings from stored records; malloc'd array. May be NULL. */
    sur_status (*summarize)(const sur_records *records, sur_finding **findings,
                            sur_idx *count, sur_error *err);
} sur_experiment;

#ifdef __cplusplus
}
#endif
#endif
