/* surplus/study.h -- from options with lists in them to stored trials.
 *
 * A study expands the axes of one experiment into trials, asks the store which it
 * lacks, groups them along the experiment's joint axes and runs the groups on worker
 * processes. A trial that the store holds is not run again; a study is resumed by
 * starting it again. */
#ifndef SUR_STUDY_H
#define SUR_STUDY_H

#include <surplus/experiment.h>
#include <surplus/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How to run, as opposed to what: none of it is part of a trial's identity except
 * threads. */
typedef struct sur_run_options {
    char *out;         /* store; NULL: memory only */
    int64_t jobs;      /* worker processes; SUR_UNSET: the number of cores / threads */
    int64_t threads;   /* for the linear algebra of one trial */
    double time_limit; /* seconds; +inf: none */
    bool retry_failed, dry_run, quiet, json;
    char *fail_if;       /* "advantage>0.2" */
    int64_t gate_on;     /* low, value, high: which bound a --fail-if gate looks at */
    char *shard;         /* "2/8": the second of eight parts */
    char *save;          /* NPZ that receives the arrays kept by a single trial; the
                          * program writes it, not the study */
    double memory_limit; /* bytes; SUR_UNSET (NAN): 80 % of the machine's */
} sur_run_options;
SUR_API extern const sur_fields sur_run_fields;

/* The options of one experiment with their axes, before expansion. */
typedef struct sur_study sur_study;
SUR_CHECKED sur_status sur_study_new(sur_study **out, const sur_experiment *experiment,
                                     sur_error *err);
SUR_API void sur_study_free(sur_study *study);

/* Sets one option's text, a value or an axis. Knows the experiment's options only.
 * SUR_EINVAL with the nearest name. */
SUR_CHECKED sur_status sur_study_set(sur_study *study, const char *name,
                                     const char *text, sur_error *err);

/* Reads a YAML study file: `experiment: descent`, then keys that are option names; a
 * list is an axis. Keys of sur_run_fields go to run (may be NULL). Relative paths are
 * relative to the study file. *experiment is one of the list; the study is new. */
SUR_CHECKED sur_status sur_study_read(sur_study **out, sur_run_options *run,
                                      const char *path,
                                      const sur_experiment *const *experiments,
                                      sur_idx count, sur_error *err);
SUR_API const sur_experiment *sur_study_experiment(const sur_study *study);

/* What is told while running. All may be NULL. */
typedef struct sur_progress {
    sur_idx trials, held, done, failed, running; /* held: already in the store */
    double seconds, seconds_left;                /* NAN: not known yet */
} sur_progress;
typedef struct sur_watch {
    void *payload;
    void (*progress)(void *payload,
                     const sur_progress *progress); /* at most 10 a second */
    void (*note)(void *payload, const char *line);  /* a warning or a choice made */
    bool (*stop)(void *payload); /* true: interrupt, keep what is done */
} sur_watch;

typedef enum sur_ending { SUR_FINISHED, SUR_TIME_LIMIT, SUR_INTERRUPTED } sur_ending;
typedef struct sur_study_result {
    sur_idx trials, held, done, failed;  /* of the study; in the store; run now */
    sur_idx skipped;                     /* not of this shard */
    sur_idx held_failed, failed_numeric; /* of held; of failed: SUR_ENUMERIC */
    sur_ending ending;
} sur_study_result;

/* The plan in numbers, for --dry-run. */
typedef struct sur_plan {
    sur_idx trials, held, groups; /* of the shard; groups: to be run */
    double seconds, bytes;        /* predicted: of all the work, of the largest group */
} sur_plan;

/* Expands, loads, resolves, looks up. Everything that can be refused is refused here,
 * before anything runs: SUR_EINVAL (options, more memory than allowed, with the size),
 * SUR_EIO, SUR_EPARSE (data). Called by sur_study_run if it was not. */
SUR_CHECKED sur_status sur_study_plan(sur_study *study, sur_store *store,
                                      const sur_run_options *run, sur_plan *plan,
                                      const sur_watch *watch, sur_error *err);

/* The planned trials' specs, in order, and whether the store holds each; borrowed. */
SUR_API const char *sur_study_spec(const sur_study *study, sur_idx trial, bool *held);
/* The planned axes: how many, their options' names, and a trial's value on one. */
SUR_API sur_idx sur_study_axes(const sur_study *study);
SUR_API const char *sur_study_axis(const sur_study *study, sur_idx axis);
SUR_API const char *sur_study_value(const sur_study *study, sur_idx axis,
                                    sur_idx trial);

/* Runs what the store lacks. command is stored as how the trials came to be. Fails only
 * when the study itself cannot go on (store full, workers cannot start); failed trials
 * are counted in *result. */
SUR_CHECKED sur_status sur_study_run(sur_study *study, sur_store *store,
                                     const sur_run_options *run, const char *command,
                                     const sur_watch *watch, sur_study_result *result,
                                     sur_error *err);

/* The body of a worker process. sur_study_run starts the running program again with
 * "__worker" as its first argument; main must then call this before anything else, with
 * all experiments it runs, and return what it returns. */
SUR_API int sur_study_worker(int argc, char **argv,
                             const sur_experiment *const *experiments, sur_idx count);

/* ---- results back from a store ---- */

/* All records of one experiment's current revision, ordered by spec (field by field,
 * numbers as numbers), each with its final values in the order of the metric table and
 * then what was traced, by iteration; owned by *out, free with sur_results_free. The
 * store must stay open while artifacts are asked for. SUR_EPARSE: a spec that does not
 * fit the experiment's options (the trial is named), or a damaged store. */
typedef struct sur_results {
    const sur_experiment *experiment;
    sur_records records;
    void *owned;
    sur_idx elder; /* trials of other revisions, whose numbers would differ: left out */
} sur_results;
SUR_CHECKED sur_status sur_results_read(sur_results *out, sur_store *store,
                                        const sur_experiment *experiment,
                                        sur_error *err);
SUR_API void sur_results_free(sur_results *results);

/* Keeps the records for which `where` holds: "width>1000", "ridge=0,seed<3" (all must
 * hold; = != < <= > >= on options and metrics; = and != on text, choices and flags;
 * "ridge=" is "not given"). A metric that a record lacks meets no condition. SUR_EINVAL
 * with the nearest name; then all records stay. */
SUR_CHECKED sur_status sur_results_filter(sur_results *results, const char *where,
                                          sur_error *err);

/* Keeps the records that are trials of the study (planned or run). */
SUR_CHECKED sur_status sur_results_of_study(sur_results *results,
                                            const sur_study *study, sur_error *err);

/* The gate of --fail-if: whether any record violates it (meets "advantage>0.2"), and a
 * line about the worst one: the metric, its interval, where. Findings of the summary
 * may be named too. gate_on is the bound that is compared (0 low, 1 value, 2 high); the
 * value where there is no interval. Several gates are joined by commas. A gate for
 * which there is no value at all is violated. SUR_EINVAL with the nearest name. */
SUR_CHECKED sur_status sur_results_gate(const sur_results *results, const char *gate,
                                        int64_t gate_on, bool *violated, char *line,
                                        size_t size, sur_error *err);
/* What can be said of a gate before there are results: whether it is written as one,
 * and names a metric if the experiment has no findings to name. SUR_EINVAL. */
SUR_CHECKED sur_status sur_gate_check(const sur_experiment *experiment,
                                      const char *gate, sur_error *err);

#ifdef __cplusplus
}
#endif
#endif
