/* test_refusals.c -- what unlearning is asked that cannot be, and model files. */
#include "unlearn/rig.h"

#include "experiments/unlearn/course.h"

#include <unistd.h>

static void write_rows(const char *path, int rows, int cols, int classes, int salt)
{
    FILE *file = fopen(path, "w");
    sur_rng rng = sur_rng_make((uint64_t)salt, "test", 0);
    CHECK(file != NULL);
    for (int j = 0; j < cols; j++) fprintf(file, "x%d,", j);
    fputs("label\n", file);
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < cols; j++)
            fprintf(file, "%.6f,",
                    sur_rng_normal(&rng) + (j == i % classes ? 2.0 : 0.0));
        fprintf(file, "c%d\n", i % classes);
    }
    CHECK(fclose(file) == 0);
}

typedef struct folder {
    char at[64], data[128], other[128], wide[128], model[128], tree[128], ids[128];
} folder;

static sur_status train(const char *data, const char *words, const char *path)
{
    sur_fit_options options;
    sur_fit_report report;
    sur_fit fit;
    char text[256], *save = NULL;
    CHECK_OK(sur_fields_preset(&sur_fit_fields, &options, NULL));
    CHECK_OK(sur_fields_set(&sur_fit_fields, &options, "data", data, NULL));
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok_r(text, " ", &save); word;
         word = strtok_r(NULL, " ", &save)) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        CHECK_OK(sur_fields_set(&sur_fit_fields, &options, word, value, NULL));
    }
    sur_status status = sur_fit_make(&fit, &report, &options, NULL, NULL, 0, NULL);
    if (status == SUR_OK) status = sur_fit_save(path, &fit, NULL);
    sur_fit_free(&fit);
    sur_fields_free(&sur_fit_fields, &options);
    return status;
}

static int make_folder(void **state)
{
    folder *f = calloc(1, sizeof *f);
    snprintf(f->at, sizeof f->at, "/tmp/surplus_unlearn_XXXXXX");
    if (!f || !mkdtemp(f->at)) return -1;
    snprintf(f->data, sizeof f->data, "%s/data.csv", f->at);
    snprintf(f->other, sizeof f->other, "%s/other.csv", f->at);
    snprintf(f->wide, sizeof f->wide, "%s/wide.csv", f->at);
    snprintf(f->model, sizeof f->model, "%s/m.safetensors", f->at);
    snprintf(f->tree, sizeof f->tree, "%s/linear.safetensors", f->at);
    snprintf(f->ids, sizeof f->ids, "%s/ids.txt", f->at);
    write_rows(f->data, 200, 5, 3, 1);
    write_rows(f->other, 200, 5, 3, 2);
    write_rows(f->wide, 200, 6, 3, 1);
    CHECK_OK(train(f->data, "width=8 epochs=30 learning_rate=0.01", f->model));
    CHECK_OK(train(f->data, "family=linear ridge=0.5", f->tree));
    *state = f;
    return 0;
}

static int drop_folder(void **state)
{
    folder *f = *state;
    unlink(f->data);
    unlink(f->other);
    unlink(f->wide);
    unlink(f->model);
    unlink(f->tree);
    unlink(f->ids);
    const int result = rmdir(f->at);
    free(f);
    return result;
}

static void write_ids(const folder *f, const char *text)
{
    FILE *file = fopen(f->ids, "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

#define QUICK " balls=5 planes=3 resolution=4 references=1 epochs=5 width=6 tune=none"
#define QUICK_MODEL " balls=5 planes=3 resolution=4 references=1 tune=none "

/* Runs; checks the status and that the message has the words. */
static void check_refused(rig *r, sur_status status, const char *part, const char *fmt,
                          ...) SUR_PRINTF(4, 5);

static void check_refused(rig *r, sur_status status, const char *part, const char *fmt,
                          ...)
{
    char words[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    const sur_status got = rig_run(r, words);
    if (got != status || !strstr(r->why, part))
        fail_msg("%s: %s, \"%s\"; expected \"%s\"", words, sur_status_text(got), r->why,
                 part);
}

static void what_cannot_be_is_refused_before_anything_runs(void **state)
{
    static const char *const words[][2] = {
        {"method=exact", "method exact is for linear"},
        {"family=linear width=5 method=scrub", "method scrub is for networks"},
        {"family=linear width=6", "the linear family has 5 columns"},
        {"ridge=1", "ridge is not for networks"},
        {"width=inf", "width inf"},
        {"loss=squared", "for cross_entropy"},
        {"samples=199", "leave too few to validate and test"},
        {"samples=100 validation_samples=80 test_samples=30", "more than the 200 rows"},
        {"settings=steps=2.5", "setting steps = 2.5: whole from"},
        {"settings=speed=1", "method scrub has no setting 'speed'; it has rate, steps"},
        {"settings=fly.rate=1", "there is no method 'fly'"},
        {"settings=rate=fast", "'fast' is no number"},
        {"settings=rate=1/", "'' is no number"},
        {"forget=class:c7", "c7"},
        {"samples=140 forget_count=140", "140"},
        {"goal=bias bias=1", ""},
        {"bias=0.1", "the share of biased labels is for goal bias"},
        {"goal=bias forget=class:1", "forget: for goal privacy"},
        {"goal=bias bias=0.1 forget_count=9", "both say how many"},
        {"weight=x1", "knows no weights"},
        {"data_sha256=00", "the checksum of the data is"}};
    const folder *f = *state;
    rig *r = rig_new();
    check_refused(r, SUR_EINVAL, "no data", "width=6");
    check_refused(r, SUR_EINVAL, "the targets are no classes",
                  "data=synthetic:linear task=regression width=6");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const sur_status want = strstr(words[i][0], "sha256") ? SUR_EPARSE : SUR_EINVAL;
        check_refused(r, want, words[i][1], "data=%s %s %s", f->data,
                      strstr(words[i][0], "family") || strstr(words[i][0], "width=inf")
                          ? ""
                          : "width=6",
                      words[i][0]);
        CHECK(r->kept_count == 0);
    }
    rig_free(r);
}

static void a_model_of_another_shape_or_other_data_is_refused(void **state)
{
    const folder *f = *state;
    rig *r = rig_new();
    check_refused(r, SUR_EINVAL, "has width 8", "data=%s model=%s width=16", f->data,
                  f->model);
    check_refused(r, SUR_EINVAL, "is of family linear", "data=%s model=%s family=mlp",
                  f->data, f->tree);
    check_refused(r, SUR_EINVAL, "6 columns and 3 classes, but",
                  "data=%s model=%s width=8", f->wide, f->model);
    check_refused(r, SUR_EINVAL, "trained on other data", "data=%s model=%s width=8",
                  f->other, f->model);
    check_refused(r, SUR_EINVAL, "epochs is given by",
                  "data=%s model=%s width=8 epochs=3", f->data, f->model);
    check_refused(r, SUR_EINVAL, "needs --data", "model=%s width=8", f->model);
    check_refused(r, SUR_EPARSE, f->data, "data=%s model=%s width=8", f->data, f->data);
    char words[512];
    snprintf(words, sizeof words,
             "data=%s model=%s width=8 force=true forget_count=20" QUICK_MODEL,
             f->other, f->model);
    CHECK_OK(rig_run(r, words));
    rig_free(r);
}

static void ids_that_cannot_be_are_named(void **state)
{
    const folder *f = *state;
    char words[512];
    rig *r = rig_new();
    write_ids(f, "1\n2\n200\n");
    check_refused(r, SUR_EPARSE, "200", "data=%s forget=%s width=6", f->data, f->ids);
    write_ids(f, "1\nfive\n");
    check_refused(r, SUR_EPARSE, "ids.txt", "data=%s forget=%s width=6", f->data,
                  f->ids);
    write_ids(f, "");
    check_refused(r, SUR_EPARSE, "ids.txt", "data=%s forget=%s width=6", f->data,
                  f->ids);
    write_ids(f, "0 1 2 3 4 5 6 7 8 9 3 3\n");
    snprintf(words, sizeof words, "data=%s forget=%s" QUICK, f->data, f->ids);
    CHECK_OK(rig_run(r, words));
    CHECK_CONTAINS(r->message[0], "repeat");
    /* all of a class: allowed, and said */
    snprintf(words, sizeof words, "data=%s forget=class:c1" QUICK, f->data);
    CHECK_OK(rig_run(r, words));
    CHECK_CONTAINS(r->message[0], "c1");
    rig_free(r);
}

static void an_unlearned_model_is_a_file_that_loads_and_answers(void **state)
{
    const folder *f = *state;
    char words[512];
    size_t size = 0;
    sur_fit before, after;
    rig *r = rig_new();
    write_ids(f, "0 3 6 9 12 15 18 21 24 27 30\n");
    snprintf(words, sizeof words, "data=%s model=%s forget=%s width=8" QUICK_MODEL,
             f->data, f->model, f->ids);
    CHECK_OK(rig_run(r, words));
    const void *bytes = rig_artifact(r, "model", &size);
    CHECK(bytes != NULL);
    CHECK_OK(sur_fit_load_bytes(&after, bytes, size, NULL));
    CHECK_OK(sur_fit_load(&before, f->model, NULL));
    CHECK(after.forgotten_count > 3 && after.forgotten_count <= 11);
    CHECK(before.forgotten_count == 0 && before.inputs == after.inputs);
    CHECK(memcmp(before.mean, after.mean, 5 * sizeof(double)) == 0);
    CHECK(memcmp(before.parameters, after.parameters,
                 (size_t)sur_network_size(&before.network) * sizeof(float)) != 0);
    /* the file again as the original: what it forgot is nothing to forget any more */
    const sur_idx gone = after.forgotten_count;
    FILE *file = fopen(f->ids, "wb");
    CHECK(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
    snprintf(words, sizeof words,
             "data=%s model=%s forget_count=20 width=8" QUICK_MODEL, f->data, f->ids);
    CHECK_OK(rig_run(r, words));
    const sur_measurement *retained =
        rig_find_metric(r, 0, "retain_error", "unlearned");
    CHECK(retained && retained->n == 140 - 20 - gone);
    sur_fit_free(&before);
    sur_fit_free(&after);
    rig_free(r);
}

static void exact_deletion_is_retraining_to_1e_10(void **state)
{
    static const char *const models[] = {"family=linear width=5",
                                         "family=linear width=5 ridge=0.1",
                                         "family=fourier width=60 ridge=0.01",
                                         "family=relu width=300",
                                         "family=fourier width=inf ridge=0.001",
                                         "family=projection width=40"};
    const folder *f = *state;
    char words[512];
    rig *r = rig_new();
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        snprintf(words, sizeof words,
                 "data=%s forget_count=15 balls=5 planes=3 resolution=4 %s", f->data,
                 models[i]);
        CHECK_OK(rig_run(r, words));
        CHECK(rig_value(r, 0, "max_prediction_difference", NULL) < 1e-10);
        CHECK(rig_value(r, 0, "max_prediction_difference", "original") > 1e-6);
        CHECK_CONTAINS(r->message[0], "exact:");
    }
    snprintf(words, sizeof words, "data=%s model=%s width=5 forget_count=15", f->data,
             f->tree);
    CHECK_OK(rig_run(r, words));
    CHECK(rig_value(r, 0, "max_prediction_difference", NULL) < 1e-10);
    rig_free(r);
}

/* The first end on images: train, forget, a file that loads. */
static void networks_of_images_are_unlearned_alike(void **state)
{
    static const char *const trials[] = {
        "method=scrub",    "method=neggrad",     "method=l1",
        "method=salun",    "method=bad-teacher", "method=min-norm settings=sample=2",
        "method=influence"};
    const folder *f = *state;
    char words[512];
    size_t size = 0;
    sur_fit fit;
    rig *r = rig_new();
    write_rows(f->wide, 120, 16, 3, 4);
    snprintf(
        words, sizeof words,
        "data=%s image=1,4,4 family=cnn5 width=1 epochs=2 budget=1 forget_count=20 "
        "balls=3 planes=2 resolution=3 references=1 tune=none keep_model=true",
        f->wide);
    const sur_status status = rig_group(r, words, trials, 7);
    if (status != SUR_OK && strstr(r->why, "oneDNN")) {
        fprintf(stderr, "\n**** SKIPPED: built without oneDNN. ****\n\n");
        rig_free(r);
        return;
    }
    CHECK_OK(status);
    for (int i = 0; i < 7; i++) {
        CHECK_OK(r->status[i]);
        CHECK(rig_value(r, i, "parameter_change", NULL) > 0.0);
    }
    const void *bytes = rig_artifact(r, "model", &size);
    CHECK(bytes != NULL);
    CHECK_OK(sur_fit_load_bytes(&fit, bytes, size, NULL));
    CHECK(fit.forgotten_count == 20 && fit.network.image[1] == 4);
    sur_fit_free(&fit);
    rig_free(r);
}

static void a_method_that_runs_off_is_stopped_and_says_so(void **state)
{
    const folder *f = *state;
    char words[512];
    rig *r = rig_new();
    snprintf(words, sizeof words,
             "data=%s method=ascent settings=rate=500 forget_count=20" QUICK, f->data);
    CHECK_OK(rig_run(r, words));
    CHECK_CONTAINS(r->message[0], "ascent diverged after");
    CHECK(rig_value(r, 0, "test_error", "unlearned") <
          rig_value(r, 0, "test_error", "original") + 0.3);
    rig_free(r);
}

static sur_status run_it(rig *r, const char *words)
{
    const sur_status status = rig_run(r, words);
    for (sur_idx i = 0; i < r->kept_count; i++) free(r->kept[i].bytes);
    r->kept_count = 0;
    return status;
}

static void every_allocation_may_fail(void **state)
{
    const folder *f = *state;
    char words[512];
    static const char *const methods[] = {"scrub+r", "influence"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        rig *r = rig_new();
        snprintf(
            words, sizeof words,
            "data=synthetic:events samples=20 validation_samples=8 "
            "test_samples=12 forget_count=4 method=%s settings=%s balls=2 planes=1 "
            "resolution=2 references=1 epochs=1 budget=1 width=3 tune=none "
            "keep_model=true",
            methods[i], strcmp(methods[i], "min-norm") == 0 ? "sample=3" : "");
        CHECK_EVERY_ALLOCATION(run_it(r, words), 30, (void)0);
        rig_free(r);
    }
    (void)f;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_is_refused_before_anything_runs),
        cmocka_unit_test(a_model_of_another_shape_or_other_data_is_refused),
        cmocka_unit_test(ids_that_cannot_be_are_named),
        cmocka_unit_test(an_unlearned_model_is_a_file_that_loads_and_answers),
        cmocka_unit_test(exact_deletion_is_retraining_to_1e_10),
        cmocka_unit_test(networks_of_images_are_unlearned_alike),
        cmocka_unit_test(a_method_that_runs_off_is_stopped_and_says_so),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
