/* bench_descent.c -- whole descent trials: seconds and memory, against the prediction.
 *
 * One row per case: synthetic data of HIGGS's shape (28 columns, 8000 test examples),
 * one seed. `estimate` is what --dry-run would say. */
#include <surplus/experiments.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MOST = 512 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static sur_status emit(void *payload, sur_idx index, const sur_outcome *outcome,
                       sur_error *err)
{
    (void)index, (void)err;
    *(sur_idx *)payload += outcome->status == SUR_OK;
    return SUR_OK;
}

static sur_status find(void *payload, const char *key, void **found, size_t *size,
                       sur_error *err)
{
    (void)payload, (void)key, (void)err;
    *found = NULL;
    *size = 0;
    return SUR_OK;
}

static sur_status keep(void *payload, sur_idx index, const sur_artifact *artifact,
                       sur_error *err)
{
    (void)payload, (void)index, (void)artifact, (void)err;
    return SUR_OK;
}

static bool stop(void *payload) { return (void)payload, false; }

typedef struct setting {
    const char *name, *data, *samples, *widths, *ridges, *tune;
} setting;

static sur_status set_up(void *options, const setting *s, const char *width,
                         const char *ridge, sur_error *err)
{
    const sur_fields *fields = sur_descent.fields;
    const char *const set[][2] = {
        {"data", s->data},        {"dimension", "28"}, {"samples", s->samples},
        {"test_samples", "8000"}, {"noise", "0.5"},    {"validation_samples", "1000"},
        {"tune", s->tune},        {"width", width},    {"ridge", ridge}};
    sur_status status = sur_fields_preset(fields, options, err);
    for (size_t i = 0; i < sizeof set / sizeof *set && status == SUR_OK; i++)
        status = sur_fields_set(fields, options, set[i][0], set[i][1], err);
    return status == SUR_OK ? sur_descent.resolve(options, NULL, 0, err) : status;
}

static sur_status run_case(const setting *s, sur_error *err)
{
    const sur_fields *fields = sur_descent.fields;
    char **widths = NULL, **ridges = NULL;
    sur_idx nw = 0, nr = 0, count = 0, emitted = 0;
    double seconds, bytes;
    const void *list[MOST];
    sur_status status =
        sur_axis_expand(sur_fields_find(fields, "width"), s->widths, &widths, &nw, err);
    if (status == SUR_OK)
        status = sur_axis_expand(sur_fields_find(fields, "ridge"), s->ridges, &ridges,
                                 &nr, err);
    for (sur_idx i = 0; i < nw; i++)
        for (sur_idx j = 0; j < nr && status == SUR_OK && count < MOST; j++) {
            void *options = malloc(fields->size);
            if (!options) return sur_fail(err, SUR_ENOMEM, "out of memory");
            status = set_up(options, s, widths[i], ridges[j], err);
            list[count++] = options;
        }
    if (status == SUR_OK)
        status = sur_descent.estimate(list, count, NULL, 0, &seconds, &bytes, err);
    const sur_context context = {.payload = &emitted,
                                 .emit = emit,
                                 .find = find,
                                 .keep = keep,
                                 .stop = stop,
                                 .threads = 1};
    const double start = now();
    if (status == SUR_OK) status = sur_descent.run(list, count, &context, err);
    const double took = now() - start;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    if (status == SUR_OK)
        printf("%s\t%lld\t%.3f\t%.3f\t%.0f\t%.0f\n", s->name, (long long)emitted, took,
               seconds, (double)usage.ru_maxrss / 1024.0, bytes / 1048576.0);
    for (sur_idx i = 0; i < count; i++) {
        sur_fields_free(fields, (void *)(uintptr_t)list[i]);
        free((void *)(uintptr_t)list[i]);
    }
    free(widths);
    free(ridges);
    return status;
}

int main(int argc, char **argv)
{
    static const setting settings[] = {
        {"tiny", "synthetic:linear", "50", "10:200:log5", "0", "yes"},
        {"curve", "synthetic:linear", "1000", "10:10000:log40", "0", "no"},
        {"curve, tuned", "synthetic:linear", "1000", "10:10000:log40", "0", "yes"},
        {"ridge path", "synthetic:linear", "1000", "5000", "1e-3:1e3:log50", "no"},
        {"curve, 4000", "synthetic:linear", "4000", "10:10000:log40", "0", "no"},
    };
    sur_error err;
    const size_t all = sizeof settings / sizeof *settings;
    const bool tiny = argc > 1 && strcmp(argv[1], "--quick") == 0;
    puts("case\ttrials\tseconds\testimate\tpeak MB so far\testimate MB");
    for (size_t i = 0; i < (tiny ? 1 : all); i++) {
        if (argc > 1 && !tiny && !strstr(settings[i].name, argv[1])) continue;
        if (run_case(&settings[i], &err) != SUR_OK)
            return fprintf(stderr, "%s\n", err.message), 1;
    }
    return 0;
}
