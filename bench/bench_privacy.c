/* bench_privacy.c -- the claims about speed of the privacy experiment.
 *
 * exact: the published experiment 1 (n = 100, D = 3000, 29 widths, 20 queries), whose
 * script solves 29 x 20 x 200,000 least-squares problems; `rate` is problems replaced
 * per second. paired: answers with and without every record, n = 800, 32 models.
 * audit: rows of scores per second. */
#include <surplus/attack.h>
#include <surplus/experiments.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
    for (sur_idx i = 0; i < outcome->count; i++)
        if (strcmp(outcome->measurements[i].metric, "advantage") == 0)
            *(double *)payload =
                fmax(*(double *)payload,
                     outcome->measurements[i].high - outcome->measurements[i].low);
    return outcome->status;
}

static bool stop(void *payload) { return (void)payload, false; }

static int exact(const char *const *widths, int count, const char *queries)
{
    double widest = 0.0;
    const double start = now();
    for (int w = 0; w < count; w++) {
        const char *const set[][2] = {{"attack", "exact"},   {"samples", "100"},
                                      {"dimension", "3000"}, {"noise", "1"},
                                      {"queries", queries},  {"width", widths[w]}};
        void *options = malloc(sur_privacy.fields->size);
        if (!options) return 1;
        sur_error err;
        sur_status status = sur_fields_preset(sur_privacy.fields, options, &err);
        for (size_t i = 0; i < sizeof set / sizeof *set && status == SUR_OK; i++)
            status =
                sur_fields_set(sur_privacy.fields, options, set[i][0], set[i][1], &err);
        if (status == SUR_OK) status = sur_privacy.resolve(options, NULL, 0, &err);
        const sur_context context = {
            .payload = &widest, .emit = emit, .stop = stop, .threads = 1};
        const void *list = options;
        if (status == SUR_OK) status = sur_privacy.run(&list, 1, &context, &err);
        sur_fields_free(sur_privacy.fields, options);
        free(options);
        if (status != SUR_OK) return fprintf(stderr, "%s\n", err.message), 1;
    }
    const double seconds = now() - start;
    printf("exact\t%d widths, %s queries\t%.3f\t%.4g\n", count, queries, seconds,
           count * atof(queries) * 2e5 / seconds);
    printf("# widest 95 %% interval of the advantage: %.4f\n", widest);
    return 0;
}

static int paired(sur_idx n, int models)
{
    sur_mat x, k, y, in, out;
    sur_error err;
    uint8_t *keep = calloc((size_t)n, 1);
    if (!keep || sur_mat_new(&x, n, 64, &err) != SUR_OK ||
        sur_mat_new(&k, n, n, &err) != SUR_OK ||
        sur_mat_new(&y, n, 10, &err) != SUR_OK ||
        sur_mat_new(&in, n, 10, &err) != SUR_OK ||
        sur_mat_new(&out, n, 10, &err) != SUR_OK)
        return 1;
    sur_rng rng = sur_rng_make(1, "bench", 0);
    sur_rng_normals(&rng, x.data, n * 64, 1.0);
    sur_rng_normals(&rng, y.data, n * 10, 1.0);
    sur_mat_multiply(&k, 1.0, &x, SUR_PLAIN, &x, SUR_TRANSPOSED, 0.0);
    for (sur_idx i = 0; i < n * n; i++) k.data[i] = exp(k.data[i] / 64.0 - 1.0);
    const double start = now();
    sur_status status = SUR_OK;
    for (int m = 0; m < models && status == SUR_OK; m++) {
        for (sur_idx i = 0; i < n; i++) keep[i] = (uint8_t)(sur_rng_below(&rng, 2));
        status = sur_paired_answers(&in, &out, NULL, &k, &y, keep, 0.1, &err);
    }
    const double seconds = now() - start;
    printf("paired\t%lld records, %d models\t%.3f\t%.4g\n", (long long)n, models,
           seconds, (double)n * models / seconds);
    sur_mat_free(&x);
    sur_mat_free(&k);
    sur_mat_free(&y);
    sur_mat_free(&in);
    sur_mat_free(&out);
    free(keep);
    return status != SUR_OK;
}

static int audit(sur_idx n)
{
    double *score = malloc((size_t)n * sizeof *score);
    uint8_t *member = malloc((size_t)n);
    sur_rng rng = sur_rng_make(1, "bench", 1);
    if (!score || !member) return 1;
    for (sur_idx i = 0; i < n; i++) {
        member[i] = (uint8_t)(i % 2);
        score[i] = sur_rng_normal(&rng) + 0.5 * member[i];
    }
    sur_audit result;
    sur_error err;
    const sur_audit_options options = {.level = 0.95, .rate = (double)NAN, .seed = 1};
    const double start = now();
    const sur_status status =
        sur_audit_scores(&result, score, member, NULL, n, &options, &err);
    const double seconds = now() - start;
    printf("audit\t%lld rows\t%.3f\t%.4g\n", (long long)n, seconds,
           (double)n / seconds);
    free(score);
    free(member);
    return status != SUR_OK;
}

int main(int argc, char **argv)
{
    static const char *const widths[] = {
        "105", "110", "115",  "120",  "130",  "140",  "150",  "160",  "180", "200",
        "220", "250", "280",  "300",  "350",  "400",  "450",  "500",  "600", "700",
        "800", "900", "1000", "1250", "1500", "1750", "2000", "2500", "3000"};
    const bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
    sur_threads_set(1);
    puts("case\tsize\tseconds\trate");
    int failed = exact(widths, quick ? 1 : 29, quick ? "1" : "20");
    failed |= paired(quick ? 60 : 800, quick ? 2 : 32);
    failed |= audit(quick ? 1000 : 10000000);
    return failed;
}
