/* bench_profile.c -- what a profile costs beside its parts run one by one.
 *
 * The same trials twice: through profile, and through each part's own experiment with
 * the same options. `ratio` is the first time over the sum of the second; 1.3 is the
 * limit. */
#include <surplus/dense.h>
#include <surplus/experiments.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIDTHS = 5 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static sur_status emit(void *payload, sur_idx index, const sur_outcome *outcome,
                       sur_error *err)
{
    (void)payload, (void)index;
    if (outcome->status == SUR_OK) return SUR_OK;
    return sur_fail(err, outcome->status, "%s",
                    outcome->message ? outcome->message : "failed");
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

/* "name=value name=value"; words that the experiment does not know are another's. */
static sur_status set_words(const sur_fields *fields, void *options, const char *words,
                            sur_error *err)
{
    char text[512];
    snprintf(text, sizeof text, "%s", words);
    char *rest = text;
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        if (!sur_fields_find(fields, word)) continue;
        const sur_status status = sur_fields_set(fields, options, word, value, err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

/* Seconds to run the widths together, or a negative number. */
static double run(const sur_experiment *experiment, const char *words, sur_error *err)
{
    static const char *const widths[WIDTHS] = {"8", "32", "128", "512", "1024"};
    const sur_fields *fields = experiment->fields;
    const sur_context context = {
        .emit = emit, .find = find, .keep = keep, .stop = stop, .threads = 1};
    char *block = calloc(WIDTHS, fields->size);
    const void *list[WIDTHS];
    sur_status status = block ? SUR_OK : SUR_ENOMEM;
    const double start = now();
    int made = 0;
    for (; made < WIDTHS && status == SUR_OK; made++) {
        void *options = block + (size_t)made * fields->size;
        list[made] = options;
        status = sur_fields_preset(fields, options, err);
        if (status == SUR_OK) status = set_words(fields, options, words, err);
        if (status == SUR_OK)
            status = sur_fields_set(fields, options, "width", widths[made], err);
        if (status == SUR_OK) status = experiment->resolve(options, NULL, 0, err);
    }
    if (status == SUR_OK) status = experiment->run(list, WIDTHS, &context, err);
    const double seconds = now() - start;
    for (int i = 0; i < made; i++)
        sur_fields_free(fields, block + (size_t)i * fields->size);
    free(block);
    return status == SUR_OK ? seconds : -1.0;
}

static int compare(const char *name, const char *words, int repeats)
{
    const sur_experiment *const parts[] = {&sur_descent, &sur_privacy};
    double best = 1e300, apart = 1e300;
    sur_error err = {0};
    for (int r = 0; r < repeats; r++) {
        double sum = 0.0;
        const double whole = run(&sur_profile, words, &err);
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
            const double one = run(parts[p], words, &err);
            sum = one < 0 || sum < 0 ? -1.0 : sum + one;
        }
        if (whole < 0 || sum < 0) return fprintf(stderr, "%s\n", err.message), 1;
        if (whole < best) best = whole;
        if (sum < apart) apart = sum;
    }
    printf("%s\t%d widths\t%.3f\t%.3f\t%.2f\n", name, WIDTHS, best, apart,
           best / apart);
    return 0;
}

int main(int argc, char **argv)
{
    const bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
    char words[512];
    sur_threads_set(1);
    puts("case\tsize\tprofile_seconds\tparts_seconds\tratio");
    snprintf(
        words, sizeof words,
        "data=synthetic:events samples=%d test_samples=%d family=relu attack=paired "
        "effective_rank=true",
        quick ? 20 : 500, quick ? 50 : 5000);
    int failed = compare("relu", words, quick ? 1 : 5);
    snprintf(words, sizeof words,
             "data=synthetic:events samples=%d test_samples=%d family=mlp attack=lira "
             "shadows=%d epochs=%d effective_rank=true",
             quick ? 20 : 500, quick ? 50 : 2000, quick ? 4 : 8, quick ? 1 : 20);
    failed |= compare("mlp", words, quick ? 1 : 3);
    return failed;
}
