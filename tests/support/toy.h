/* toy.h -- a small experiment for the tests of the study: what a trial answers is a
 * hash of its options and of the shared input, so that every mix-up shows.
 *
 * `crash` makes the trial of the width `at` end its worker; `fail` makes it fail;
 * `wait` is how long each trial takes. */
#ifndef TEST_TOY_H
#define TEST_TOY_H

#include "support/check.h"

#include <signal.h>
#include <surplus/study.h>
#include <time.h>
#include <unistd.h>

typedef struct toy_options {
    int64_t width, dimension, seed, at, crash, size;
    double ridge, wait;
    char *name, *data, *columns;
    bool flag;
} toy_options;

enum {
    TOY_LIVE,
    TOY_ABORT,
    TOY_SEGV,
    TOY_EXIT,
    TOY_KILL,
    TOY_NONSENSE,
    TOY_FAIL,
    TOY_SILENT,
    TOY_TWICE,
    TOY_RETURN,
    TOY_DEAF
};
static const char *const toy_crashes[] = {"no",    "abort",    "segv", "exit",
                                          "kill",  "nonsense", "fail", "silent",
                                          "twice", "return",   "deaf", NULL};

#define TOY(f, k, p, lo, hi, u, fl)                                             \
    {                                                                           \
        .name = #f, .kind = k, .offset = offsetof(toy_options, f), .preset = p, \
        .low = lo, .high = hi, .unit = u, .flags = fl, .help = "the " #f        \
    }
static const sur_field toy_rows[] = {
    TOY(width, SUR_INT, "1:4", 1, 1e6, "neurons", SUR_AXIS | SUR_LOG),
    TOY(dimension, SUR_INT, NULL, 1, 1e6, NULL, SUR_AXIS | SUR_AUTO),
    TOY(seed, SUR_INT, "1", 0, 1e9, NULL, SUR_AXIS),
    TOY(ridge, SUR_REAL, "0", 0, 1e6, NULL, SUR_AXIS),
    TOY(name, SUR_TEXT, "plain", 0, 0, NULL, SUR_AXIS),
    TOY(data, SUR_PATH, NULL, 0, 0, NULL, 0),
    TOY(columns, SUR_LIST, NULL, 0, 0, NULL, 0),
    TOY(flag, SUR_FLAG, "false", 0, 0, NULL, SUR_AXIS),
    TOY(wait, SUR_REAL, "0", 0, 60, "s", SUR_HIDDEN),
    TOY(at, SUR_INT, "0", 0, 1e6, NULL, SUR_HIDDEN),
    TOY(size, SUR_INT, "1000", 1, 1e12, "bytes", SUR_HIDDEN),
    {.name = "crash",
     .kind = SUR_CHOICE,
     .offset = offsetof(toy_options, crash),
     .preset = "no",
     .choices = toy_crashes,
     .flags = SUR_HIDDEN,
     .help = "how to end"},
};
static const sur_fields toy_fields = {toy_rows, sizeof toy_rows / sizeof *toy_rows,
                                      sizeof(toy_options)};

static const sur_metric toy_metrics[] = {
    {.name = "value", .label = "value", .scale = "linear", .help = "a hash"},
    {.name = "group_seconds", .label = "trials in the group", .scale = "linear"},
    {.name = "threads_seconds", .label = "threads", .scale = "linear"},
};
static const char *const toy_joint[] = {"width", "ridge", NULL};

#define TOY_INPUT 100000

static sur_status toy_load(const void *options, void **input, size_t *size, char *note,
                           size_t note_size, sur_error *err)
{
    const toy_options *o = options;
    unsigned char *block = NULL;
    if (o->data && strcmp(o->data, "missing") == 0)
        return sur_fail(err, SUR_EIO, "missing: no such data");
    const sur_status status = sur_alloc(&block, TOY_INPUT, 1, err);
    if (status != SUR_OK) return status;
    for (int i = 0; i < TOY_INPUT; i++) block[i] = (unsigned char)(7 * i % 251);
    snprintf(note, note_size, "the target is column 1\nnothing is missing\n");
    *input = block;
    *size = TOY_INPUT;
    return SUR_OK;
}

static sur_status toy_resolve(void *options, const void *input, size_t size,
                              sur_error *err)
{
    toy_options *o = options;
    if (!input || size != TOY_INPUT) return sur_fail(err, SUR_EINVAL, "no input");
    if (o->dimension == SUR_UNSET) o->dimension = o->width;
    if (o->ridge < 1e-9) o->ridge = 0;
    if (o->dimension > 5000) return sur_fail(err, SUR_EINVAL, "dimension above 5000");
    return SUR_OK;
}

static sur_status toy_estimate(const void *const *options, sur_idx count,
                               const void *input, size_t size, double *seconds,
                               double *bytes, sur_error *err)
{
    (void)input, (void)size, (void)err;
    double widest = 0;
    *seconds = *bytes = 0;
    for (sur_idx i = 0; i < count; i++) {
        const toy_options *o = options[i];
        *seconds += o->wait; /* which nothing can share */
        widest = fmax(widest, (double)o->width);
        *bytes = fmax(*bytes, (double)(o->size * o->width));
    }
    *seconds += 1e-6 * widest;
    return SUR_OK;
}

static double toy_value(const toy_options *o, const unsigned char *input)
{
    uint64_t hash = 1469598103934665603u;
    const uint64_t parts[] = {
        (uint64_t)o->width, (uint64_t)o->dimension,
        (uint64_t)o->seed,  (uint64_t)(o->ridge * 1e6),
        (uint64_t)o->flag,  input[(o->seed * 31 + o->width) % TOY_INPUT]};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        hash = (hash ^ parts[i]) * 1099511628211u;
    for (const char *c = o->name; c && *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    return (double)(hash >> 11) / 9007199254740992.0;
}

static inline void toy_sleep(double seconds)
{
    nanosleep(
        &(struct timespec){(time_t)seconds, (long)(1e9 * (seconds - floor(seconds)))},
        NULL);
}

static void toy_crash(int64_t how)
{
    static const char garbage[64] = "this is not a frame";
    volatile int *nowhere = NULL;
    if (how == TOY_ABORT) {
        signal(SIGABRT, SIG_DFL);
        abort();
    }
    if (how == TOY_SEGV) {
        signal(SIGSEGV, SIG_DFL); /* a sanitizer would catch it */
        raise(SIGSEGV);
        *nowhere = 1;
    }
    if (how == TOY_EXIT) _exit(3);
    if (how == TOY_KILL) kill(getpid(), SIGKILL);
    if (how == TOY_NONSENSE) /* whichever of its files is the socket */
        for (int fd = 3; fd < 64; fd++)
            if (write(fd, garbage, sizeof garbage) > 0) continue;
}

static sur_status toy_run(const void *const *options, sur_idx count,
                          const sur_context *context, sur_error *err)
{
    for (sur_idx i = 0; i < count; i++) {
        const toy_options *o = options[i];
        if (o->crash == TOY_DEAF) toy_sleep(o->wait);
        for (double left = o->crash == TOY_DEAF ? 0 : o->wait; left > 0; left -= 0.01) {
            if (context->stop(context->payload))
                return sur_fail(err, SUR_ESTOPPED, "stopped");
            toy_sleep(fmin(left, 0.01));
        }
        const bool here = o->at == o->width;
        if (here) toy_crash(o->crash);
        if (here && o->crash == TOY_SILENT) continue;
        if (here && o->crash == TOY_RETURN)
            return sur_fail(err, SUR_ENUMERIC, "the group is lost");
        const sur_measurement m[] = {
            {.metric = "value",
             .value = toy_value(o, context->input),
             .low = nan(""),
             .high = nan(""),
             .n = 3},
            {.metric = "group_seconds",
             .value = (double)count,
             .low = nan(""),
             .high = nan("")},
            {.metric = "threads_seconds",
             .value = context->threads,
             .low = nan(""),
             .high = nan("")},
            {.metric = "value",
             .split = "part",
             .iteration = 5,
             .value = -1,
             .low = -2,
             .high = HUGE_VAL,
             .n = 1},
        };
        const bool fails = here && o->crash == TOY_FAIL;
        const sur_outcome outcome = {.status = fails ? SUR_ENUMERIC : SUR_OK,
                                     .message = fails ? "not finite" : NULL,
                                     .seconds = o->wait,
                                     .measurements = m,
                                     .count = fails ? 0 : 4};
        for (int twice = here && o->crash == TOY_TWICE; twice >= 0; twice--) {
            const sur_status status = context->emit(context->payload, i, &outcome, err);
            if (status != SUR_OK) return status;
        }
    }
    return SUR_OK;
}

static const sur_experiment toy = {.name = "toy",
                                   .summary = "a toy",
                                   .revision = 3,
                                   .fields = &toy_fields,
                                   .metrics = toy_metrics,
                                   .metric_count = 3,
                                   .joint = toy_joint,
                                   .load = toy_load,
                                   .resolve = toy_resolve,
                                   .estimate = toy_estimate,
                                   .run = toy_run};

/* The first lines of main: the test program is its own worker. */
#define TOY_WORKER(experiment)                              \
    do {                                                    \
        const sur_experiment *const known[] = {experiment}; \
        if (argc > 1 && strcmp(argv[1], "__worker") == 0)   \
            return sur_study_worker(argc, argv, known, 1);  \
    } while (0)

/* A study of `experiment` with options "width=1:3 seed=1,2". */
static inline sur_study *toy_study_of(const sur_experiment *experiment,
                                      const char *options)
{
    sur_study *study = NULL;
    char text[1024];
    CHECK_OK(sur_study_new(&study, experiment, NULL));
    snprintf(text, sizeof text, "%s", options);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value = 0;
        CHECK_OK(sur_study_set(study, word, value + 1, NULL));
    }
    return study;
}

static inline sur_study *toy_study(const char *options)
{
    return toy_study_of(&toy, options);
}

static inline sur_run_options toy_run_options(int64_t jobs)
{
    sur_run_options run;
    CHECK_OK(sur_fields_preset(&sur_run_fields, &run, NULL));
    run.jobs = jobs;
    return run;
}

/* Runs a study into a store. */
static inline sur_study_result toy_do(sur_store *store, const char *options,
                                      int64_t jobs)
{
    sur_error err;
    sur_study_result result = {0};
    sur_study *study = toy_study(options);
    const sur_run_options run = toy_run_options(jobs);
    const sur_status status =
        sur_study_run(study, store, &run, "test", NULL, &result, &err);
    if (status != SUR_OK) fail_msg("%s", err.message);
    sur_study_free(study);
    return result;
}

static inline sur_store *toy_store(void)
{
    sur_store *store = NULL;
    CHECK_OK(sur_store_open(&store, ":memory:", SUR_STORE_WRITE, NULL));
    return store;
}

/* What a store holds, as text ordered by spec: all that must not differ between runs.
 */
typedef struct toy_lines {
    char *line[20000];
    int count;
} toy_lines;

static inline sur_status toy_take(void *payload, const sur_stored_trial *t,
                                  sur_error *err)
{
    (void)err;
    toy_lines *lines = payload;
    char text[4096];
    int n = snprintf(text, sizeof text, "%s %d %s", t->spec, (int)t->status,
                     t->status != SUR_OK && t->message ? t->message : "");
    for (sur_idx i = 0; i < t->count; i++) {
        const sur_stored_measurement *m = &t->measurements[i];
        if (strstr(m->metric, "seconds")) continue;
        n += snprintf(text + n, sizeof text - (size_t)n, " %s %s %lld %a %a %a %lld",
                      m->metric, m->split ? m->split : "-", (long long)m->iteration,
                      m->value, m->low, m->high, (long long)m->n);
    }
    lines->line[lines->count++] = strdup(text);
    return SUR_OK;
}

static inline int toy_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline toy_lines *toy_read(sur_store *store)
{
    toy_lines *lines = calloc(1, sizeof *lines);
    CHECK_OK(sur_store_each(store, NULL, toy_take, lines, NULL));
    qsort(lines->line, (size_t)lines->count, sizeof *lines->line, toy_order);
    return lines;
}

static inline void toy_lines_free(toy_lines *lines)
{
    for (int i = 0; i < lines->count; i++) free(lines->line[i]);
    free(lines);
}

static inline void check_same_stores(sur_store *a, sur_store *b)
{
    toy_lines *x = toy_read(a), *y = toy_read(b);
    CHECK(x->count == y->count);
    for (int i = 0; i < x->count; i++) CHECK_TEXT(x->line[i], y->line[i]);
    toy_lines_free(x);
    toy_lines_free(y);
}

/* The value of one metric of one trial (the first whose spec holds `part`), NAN if
 * none. */
typedef struct toy_wanted {
    const char *part, *metric;
    double value;
    sur_status status;
    char message[500];
    int64_t peak;
    double started;
    char host[300], code[300];
    bool found;
} toy_wanted;

static inline sur_status toy_look(void *payload, const sur_stored_trial *t,
                                  sur_error *err)
{
    (void)err;
    toy_wanted *w = payload;
    if (w->found || !strstr(t->spec, w->part)) return SUR_OK;
    w->found = true;
    w->status = t->status;
    w->peak = t->peak_memory;
    w->started = t->started;
    snprintf(w->host, sizeof w->host, "%s", t->host);
    snprintf(w->code, sizeof w->code, "%s", t->code);
    snprintf(w->message, sizeof w->message, "%s", t->message ? t->message : "");
    for (sur_idx i = 0; i < t->count; i++)
        if (strcmp(t->measurements[i].metric, w->metric) == 0 &&
            !t->measurements[i].split)
            w->value = t->measurements[i].value;
    return SUR_OK;
}

static inline toy_wanted toy_get(sur_store *store, const char *part, const char *metric)
{
    toy_wanted wanted = {.part = part, .metric = metric, .value = nan("")};
    CHECK_OK(sur_store_each(store, NULL, toy_look, &wanted, NULL));
    return wanted;
}

#endif
