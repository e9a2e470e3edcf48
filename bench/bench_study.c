/* bench_study.c -- what a study costs outside its trials.
 *
 * Trials of one millisecond of work each go through planning, workers and a durable
 * store on disk. `outside` is the share of the workers' time (wall clock x jobs) that
 * was not spent inside a trial; the goal is at most 0.25 for trials that share nothing.
 */
#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <surplus/study.h>
#include <unistd.h>

typedef struct spin_options {
    int64_t a, b;
    double work;
    /* as many more as an experiment has */
    int64_t width, samples, seed, latent, steps, batch, epochs, rank;
    double ridge, noise, decay, condition, rate, momentum, share, scale;
    char *data, *target, *columns, *weight;
} spin_options;

#define ROW(f, k, p, fl)                                                         \
    {                                                                            \
        .name = #f, .kind = k, .offset = offsetof(spin_options, f), .preset = p, \
        .low = 0, .high = 1e9, .flags = fl, .help = #f                           \
    }
static const sur_field rows[] = {
    ROW(a, SUR_INT, "1", SUR_AXIS),     ROW(b, SUR_INT, "1", SUR_AXIS),
    ROW(work, SUR_REAL, "0.001", 0),    ROW(width, SUR_INT, "10", SUR_AXIS),
    ROW(samples, SUR_INT, "7", 0),      ROW(seed, SUR_INT, "1", 0),
    ROW(latent, SUR_INT, "20", 0),      ROW(steps, SUR_INT, "5", 0),
    ROW(batch, SUR_INT, "32", 0),       ROW(epochs, SUR_INT, "9", 0),
    ROW(rank, SUR_INT, "3", 0),         ROW(ridge, SUR_REAL, "0.1", 0),
    ROW(noise, SUR_REAL, "0.2", 0),     ROW(decay, SUR_REAL, "0", 0),
    ROW(condition, SUR_REAL, "1e7", 0), ROW(rate, SUR_REAL, "0.01", 0),
    ROW(momentum, SUR_REAL, "0.9", 0),  ROW(share, SUR_REAL, "0.5", 0),
    ROW(scale, SUR_REAL, "1", 0),       ROW(data, SUR_PATH, "synthetic:x", 0),
    ROW(target, SUR_TEXT, "label", 0),  ROW(columns, SUR_LIST, "1-28", 0),
    ROW(weight, SUR_TEXT, "w", 0),
};
static const sur_fields fields = {rows, sizeof rows / sizeof *rows,
                                  sizeof(spin_options)};
static const sur_metric metrics[] = {
    {.name = "x", .label = "x", .scale = "linear"},
    {.name = "y", .label = "y"},
    {.name = "z", .label = "z", .scale = "linear"},
    {.name = "u", .label = "u"},
};
static const char *const joint[] = {"b", NULL};

static sur_status spin(const void *const *options, sur_idx count,
                       const sur_context *context, sur_error *err)
{
    for (sur_idx i = 0; i < count; i++) {
        const spin_options *o = options[i];
        const double began = sur_clock(), cpu = sur_cpu_clock();
        double x = 1;
        while (sur_cpu_clock() - cpu < o->work)
            for (int k = 0; k < 100; k++) x = x * 0.99 + 0.1;
        const sur_measurement m[] = {{.metric = "x", .value = x},
                                     {.metric = "y", .value = (double)o->a},
                                     {.metric = "z", .value = (double)o->b},
                                     {.metric = "u", .value = o->work}};
        const sur_outcome outcome = {
            .seconds = sur_clock() - began, .measurements = m, .count = 4};
        const sur_status status = context->emit(context->payload, i, &outcome, err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

static const sur_experiment spinner = {.name = "spin",
                                       .revision = 1,
                                       .fields = &fields,
                                       .metrics = metrics,
                                       .metric_count = 4,
                                       .joint = joint,
                                       .run = spin};

static sur_status add_seconds(void *payload, const sur_stored_trial *trial,
                              sur_error *err)
{
    (void)err;
    *(double *)payload += trial->seconds;
    return SUR_OK;
}

static int measure(const char *a, const char *b, int64_t jobs, const char *folder)
{
    char path[300];
    sur_error err = {0};
    sur_study *study = NULL;
    sur_store *store = NULL;
    sur_run_options run;
    sur_study_result result = {0};
    double inside = 0;
    snprintf(path, sizeof path, "%s/bench.db", folder);
    sur_status status = sur_fields_preset(&sur_run_fields, &run, &err);
    run.jobs = jobs;
    if (status == SUR_OK) status = sur_store_open(&store, path, SUR_STORE_WRITE, &err);
    const double began = sur_clock();
    if (status == SUR_OK) status = sur_study_new(&study, &spinner, &err);
    if (status == SUR_OK) status = sur_study_set(study, "a", a, &err);
    if (status == SUR_OK) status = sur_study_set(study, "b", b, &err);
    if (status == SUR_OK) status = sur_study_plan(study, store, &run, NULL, NULL, &err);
    const double planned = sur_clock() - began;
    if (status == SUR_OK)
        status = sur_study_run(study, store, &run, "bench", NULL, &result, &err);
    const double wall = sur_clock() - began;
    if (status == SUR_OK)
        status = sur_store_each(store, "spin", add_seconds, &inside, &err);
    if (status != SUR_OK) fprintf(stderr, "%s\n", err.message);
    printf("%lld\t%s\t%lld\t%.3f\t%.3f\t%.3f\t%.3f\n", (long long)result.done, b,
           (long long)jobs, planned, wall, inside, 1 - inside / (wall * (double)jobs));
    sur_study_free(study);
    sur_store_close(store);
    sur_fields_free(&sur_run_fields, &run);
    remove(path);
    return status == SUR_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const sur_experiment *const known[] = {&spinner};
    if (argc > 1 && strcmp(argv[1], "__worker") == 0)
        return sur_study_worker(argc, argv, known, 1);
    const bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
    const char *many = quick ? "1:100" : "1:10000";
    char folder[] = "./bench_study_XXXXXX";
    if (!mkdtemp(folder)) return 1;
    printf("trials\tin a group\tjobs\tplan s\twall s\tin trials s\toutside\n");
    int failed = 0;
    for (int64_t jobs = 1; jobs <= 2; jobs++) {
        failed |= measure(many, "1", jobs, folder);
        failed |=
            measure(quick ? "1:10" : "1:100", quick ? "1:10" : "1:100", jobs, folder);
    }
    rmdir(folder);
    return failed;
}
