/* bench_unlearn.c -- a whole study of unlearning: originals, retrained models, every
 * method's full grid, and all that is measured.
 *
 * The data have the shape of the digits (1797 images of 64 pixels, 10 classes; normal
 * blobs); 500 are trained on, 40 forgotten. bench/peers/unlearn.py does the training
 * and the searches of the same study in PyTorch and measures errors only. Columns:
 * widths, methods, trials, jobs, seconds on the clock, seconds within trials. Usage:
 * bench_unlearn [--quick] */
#include <surplus/experiments.h>
#include <surplus/random.h>
#include <surplus/study.h>

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 1797, COLUMNS = 64, CLASSES = 10 };

static const char all[] = "retrain,finetune,ascent,neggrad,scrub,scrub+r,l1,salun,"
                          "random-label,bad-teacher,influence,min-norm";

static int write_digits(const char *path)
{
    double centre[CLASSES * COLUMNS], x[COLUMNS];
    sur_rng rng = sur_rng_make(1, "bench", 0);
    FILE *file = fopen(path, "w");
    if (!file) return 1;
    sur_rng_normals(&rng, centre, CLASSES * COLUMNS, 3.0);
    for (int i = 0; i < ROWS; i++) {
        const int c = (int)sur_rng_below(&rng, CLASSES);
        sur_rng_normals(&rng, x, COLUMNS, 4.0);
        for (int j = 0; j < COLUMNS; j++) {
            const double value = 5.0 + centre[c * COLUMNS + j] + x[j];
            fprintf(file, "%d,", value < 0 ? 0 : value > 16 ? 16 : (int)value);
        }
        fprintf(file, "%d\n", c);
    }
    return fclose(file) != 0;
}

static sur_status add_seconds(void *payload, const sur_stored_trial *trial,
                              sur_error *err)
{
    (void)err;
    *(double *)payload += trial->seconds;
    return SUR_OK;
}

static int measure(const char *data, const char *store_path, const char *widths,
                   const char *methods, const char *seeds, int64_t jobs)
{
    const char *const set[][2] = {{"data", data},      {"width", widths},
                                  {"method", methods}, {"seed", seeds},
                                  {"samples", "500"},  {"forget_count", "40"},
                                  {"goal", "bias"}};
    sur_error err = {0};
    sur_study *study = NULL;
    sur_store *store = NULL;
    sur_run_options run;
    sur_study_result result = {0};
    double inside = 0.0;
    sur_status status = sur_fields_preset(&sur_run_fields, &run, &err);
    run.jobs = jobs;
    const double began = sur_clock();
    if (status == SUR_OK)
        status = sur_store_open(&store, store_path, SUR_STORE_WRITE, &err);
    if (status == SUR_OK) status = sur_study_new(&study, &sur_unlearn, &err);
    for (size_t i = 0; i < sizeof set / sizeof *set && status == SUR_OK; i++)
        status = sur_study_set(study, set[i][0], set[i][1], &err);
    if (status == SUR_OK)
        status = sur_study_run(study, store, &run, "bench", NULL, &result, &err);
    const double wall = sur_clock() - began;
    if (status == SUR_OK)
        status = sur_store_each(store, "unlearn", add_seconds, &inside, &err);
    if (status != SUR_OK) fprintf(stderr, "bench_unlearn: %s\n", err.message);
    printf("%s\t%s\t%lld\t%lld\t%.2f\t%.2f\n", widths,
           strcmp(methods, all) == 0 ? "all" : methods, (long long)result.done,
           (long long)jobs, wall, inside);
    fflush(stdout);
    sur_study_free(study);
    sur_store_close(store);
    sur_fields_free(&sur_run_fields, &run);
    remove(store_path);
    return status == SUR_OK && result.failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const sur_experiment *const known[] = {&sur_unlearn};
    if (argc > 1 && strcmp(argv[1], "__worker") == 0)
        return sur_study_worker(argc, argv, known, 1);
    const bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
    char folder[] = "./bench_unlearn_XXXXXX", data[64], store[64];
    if (!mkdtemp(folder)) return 1;
    snprintf(data, sizeof data, "%s/digits.csv", folder);
    snprintf(store, sizeof store, "%s/bench.db", folder);
    int failed = write_digits(data);
    printf("widths\tmethods\ttrials\tjobs\tseconds\tin trials s\n");
    if (quick) {
        failed |= measure(data, store, "3", "scrub,neggrad", "1", 1);
    } else {
        failed |= measure(data, store, "8", all, "1:2", 2);
        failed |= measure(data, store, "64", all, "1:2", 2);
        failed |= measure(data, store, "512", all, "1:2", 2);
        failed |= measure(data, store, "3:512:x2", all, "1:2", 2);
    }
    remove(data);
    rmdir(folder);
    return failed;
}
