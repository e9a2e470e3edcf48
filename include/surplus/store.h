/* surplus/store.h -- results in a file: SQLite, one writer, readable by anything.
 *
 *   trial(id, experiment, revision, spec, code, host, started, seconds, peak_memory,
 *         status, message)                     UNIQUE(experiment, revision, spec)
 *   measurement(trial, metric, split, iteration, value, low, high, n)
 *   legend(name, role, label, unit, scale, better, interval)
 *   artifact(key UNIQUE, trial, name, kind, shape, sha256, data)
 *   run(id, started, command, version, build, host)   -- how the trials came to be
 * Rollback journal, synchronous=FULL, STRICT tables, application_id and user_version
 * set. The store knows specs as text and measurements as numbers, nothing of models. */
#ifndef SUR_STORE_H
#define SUR_STORE_H

#include <surplus/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sur_store sur_store;

typedef enum sur_store_mode {
    SUR_STORE_READ, /* must exist */
    SUR_STORE_WRITE /* made if missing; takes the one writer's lock */
} sur_store_mode;

/* Opens a store; path ":memory:" is one that lives as long as the handle. Fails with
 * SUR_EIO (missing, unreadable), SUR_EPARSE (not a store, of a newer version, cut in
 * half, damaged), SUR_EBUSY (another process is writing it; host and process named),
 * SUR_EWRITE (read-only place, full disk), SUR_ENOMEM. On failure *out is NULL. */
SUR_CHECKED sur_status sur_store_open(sur_store **out, const char *path,
                                      sur_store_mode mode, sur_error *err);
SUR_API void sur_store_close(sur_store *store); /* accepts NULL */

typedef struct sur_stored_measurement {
    const char *metric, *split; /* split may be NULL */
    int64_t iteration;
    double value, low, high; /* NAN and infinity are stored as NULL, read as NAN */
    int64_t n;
} sur_stored_measurement;

typedef struct sur_stored_trial {
    int64_t id; /* when read */
    const char *experiment;
    int64_t revision;
    const char *spec;        /* canonical JSON: the trial's identity */
    const char *code, *host; /* version and build; "HOST; PROCESSOR MODEL" */
    double started;          /* seconds since 1970 */
    double seconds;
    int64_t peak_memory; /* bytes */
    sur_status status;
    const char *message;                        /* may be NULL */
    const sur_stored_measurement *measurements; /* [count] */
    sur_idx count;
    const char *const *keys; /* [key_count], when appended: artifacts kept before, of no
                              * trial yet, that become this trial's; NULL when read */
    sur_idx key_count;
} sur_stored_trial;

/* Appends trials in one durable transaction; a trial of the same identity is replaced
 * (a retried failure) with its measurements. Fails with SUR_EWRITE (disk full,
 * read-only; nothing of the transaction is kept), SUR_ENOMEM. */
SUR_CHECKED sur_status sur_store_append(sur_store *store,
                                        const sur_stored_trial *trials, sur_idx count,
                                        sur_error *err);

/* Whether the store holds the trial, and with which status (may be NULL). */
SUR_CHECKED sur_status sur_store_has(sur_store *store, const char *experiment,
                                     int64_t revision, const char *spec, bool *found,
                                     sur_status *trial_status, sur_error *err);

/* Calls take on every trial (borrowed for the call) of that experiment (NULL: all), in
 * order of id. An error of take ends the loop. The file is not locked while take runs:
 * a sweep goes on, and take may use the store. SUR_EPARSE (damaged), SUR_ENOMEM. */
typedef sur_status (*sur_store_take)(void *payload, const sur_stored_trial *trial,
                                     sur_error *err);
SUR_CHECKED sur_status sur_store_each(sur_store *store, const char *experiment,
                                      sur_store_take take, void *payload,
                                      sur_error *err);

typedef struct sur_legend {
    const char *name, *role;                     /* role "option" or "metric" */
    const char *label, *unit, *scale, *interval; /* may be NULL */
    int better;
} sur_legend;
/* Writes rows of the legend, replacing those of the same name and role. */
SUR_CHECKED sur_status sur_store_explain(sur_store *store, const sur_legend *rows,
                                         sur_idx count, sur_error *err);

typedef struct sur_stored_artifact {
    const char *key, *name, *kind, *shape;
    int64_t trial; /* its id; 0: of no trial yet */
    const void *data;
    size_t size;
} sur_stored_artifact;
/* Keeps one artifact in a transaction of its own; a key that is held already gets the
 * new data and stays its trial's. */
SUR_CHECKED sur_status sur_store_keep(sur_store *store,
                                      const sur_stored_artifact *artifact,
                                      sur_error *err);
/* *data is malloc'd, NULL when there is none. A checksum that does not match is
 * SUR_EPARSE. */
SUR_CHECKED sur_status sur_store_find(sur_store *store, const char *key, void **data,
                                      size_t *size, sur_error *err);
/* The same by the trial's id and the artifact's name; the latest kept if several. */
SUR_CHECKED sur_status sur_store_artifact(sur_store *store, int64_t trial,
                                          const char *name, void **data, size_t *size,
                                          sur_error *err);

/* Calls take on every artifact of a trial (borrowed for the call), oldest first. An
 * error of take ends the loop; a checksum that does not match is SUR_EPARSE. */
typedef sur_status (*sur_store_take_artifact)(void *payload,
                                              const sur_stored_artifact *artifact,
                                              sur_error *err);
SUR_CHECKED sur_status sur_store_each_artifact(sur_store *store, int64_t trial,
                                               sur_store_take_artifact take,
                                               void *payload, sur_error *err);

/* Records that a command ran; each distinct (command, version, build, host) once. */
SUR_CHECKED sur_status sur_store_log_run(sur_store *store, const char *command,
                                         const char *version, const char *build,
                                         const char *host, sur_error *err);
typedef struct sur_stored_run {
    double started;
    const char *command, *version, *build, *host;
} sur_stored_run;
typedef sur_status (*sur_store_take_run)(void *payload, const sur_stored_run *run,
                                         sur_error *err);
SUR_CHECKED sur_status sur_store_each_run(sur_store *store, sur_store_take_run take,
                                          void *payload, sur_error *err);

/* The experiments in the store, as names joined by commas; malloc'd. */
SUR_CHECKED sur_status sur_store_experiments(sur_store *store, char **names,
                                             sur_error *err);

/* Copies everything of `from` that `to` lacks, in one transaction; a trial held by both
 * is kept from `to` unless it failed there and succeeded in `from`. *added counts
 * trials. *differ is set when the two were made by another build or processor. */
SUR_CHECKED sur_status sur_store_merge(sur_store *to, sur_store *from, sur_idx *added,
                                       bool *differ, sur_error *err);

#ifdef __cplusplus
}
#endif
#endif
