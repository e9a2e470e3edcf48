/* Fitted models: files, answers, faults. */
#include "support/check.h"

#include <surplus/fit.h>
#include <unistd.h>

#include "model/safetensors.h"

static void set(sur_fit_options *o, const char *words)
{
    char text[1024];
    sur_error err;
    CHECK_OK(sur_fields_preset(&sur_fit_fields, o, NULL));
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value = '\0';
        if (sur_fields_set(&sur_fit_fields, o, word, value + 1, &err) != SUR_OK)
            fail_msg("%s", err.message);
    }
}

static const char *file_of(char path[64])
{
    snprintf(path, 64, "/tmp/fit_%ld.safetensors", (long)getpid());
    return path;
}

static const char *const models[] = {
    "data=synthetic:events samples=200 test_samples=50 epochs=3 depth=2 width=9",
    "data=synthetic:events samples=200 test_samples=50 epochs=3 loss=squared",
    "data=synthetic:teacher samples=200 test_samples=50 epochs=3 activation=gelu",
    "data=synthetic:linear family=linear samples=100 test_samples=50",
    "data=synthetic:events family=fourier samples=100 test_samples=50 width=150 "
    "ridge=1",
    "data=synthetic:linear family=relu samples=100 test_samples=50 width=300 "
    "ridge=0.1"};
enum { MODELS = sizeof models / sizeof *models };

static void make(sur_fit *fit, sur_fit_report *report, int model)
{
    sur_fit_options options;
    sur_error err;
    set(&options, models[model]);
    if (sur_fit_make(fit, report, &options, NULL, NULL, 0, &err) != SUR_OK)
        fail_msg("%s", err.message);
    sur_fields_free(&sur_fit_fields, &options);
}

static void data_of(sur_dataset *data, const sur_fit *fit)
{
    CHECK_OK(sur_data_generate(data, &fit->options.data, fit->inputs, NULL, NULL));
}

static void a_model_answers_the_same_after_a_file(void **state)
{
    (void)state;
    for (int m = 0; m < MODELS; m++) {
        sur_fit fit, back;
        sur_fit_report report;
        sur_dataset data;
        sur_mat a, b;
        char path[64];
        make(&fit, &report, m);
        data_of(&data, &fit);
        CHECK_OK(sur_fit_save(file_of(path), &fit, NULL));
        CHECK_OK(sur_fit_load(&back, path, NULL));
        CHECK_OK(sur_mat_new(&a, data.rows, sur_fit_columns(&fit), NULL));
        CHECK_OK(sur_mat_new(&b, data.rows, sur_fit_columns(&back), NULL));
        CHECK_OK(sur_fit_answer(&a, &fit, &data, NULL));
        CHECK_OK(sur_fit_answer(&b, &back, &data, NULL));
        CHECK(memcmp(a.data, b.data, (size_t)(a.rows * a.cols) * sizeof(double)) == 0);
        CHECK_TEXT(back.checksum, fit.checksum);
        /* and what it reported is what it answers */
        double wrong = 0.0, square = 0.0;
        for (sur_idx i = data.rows - data.test_rows; i < data.rows; i++) {
            const double *f = sur_mat_row(&a, i);
            for (sur_idx j = 0; j < a.cols; j++) {
                const double y =
                    fit.classes ? data.target[i] == (double)j : data.target[i];
                square += (f[j] - y) * (f[j] - y);
            }
            wrong += (double)sur_fit_class(&fit, f) != data.target[i];
        }
        const double tests = (double)data.test_rows;
        CHECK_NEAR(report.test.loss, square / (tests * (double)a.cols), 1e-12, 1e-9);
        if (fit.classes) CHECK_NEAR(report.test.error, wrong / tests, 1e-12, 0);
        remove(path);
        sur_mat_free(&a);
        sur_mat_free(&b);
        sur_dataset_free(&data);
        sur_fit_free(&fit);
        sur_fit_free(&back);
    }
}

static void columns_are_found_by_name(void **state)
{
    (void)state;
    sur_fit fit;
    sur_fit_report report;
    sur_dataset data;
    sur_mat a, b;
    sur_error err;
    make(&fit, &report, 0);
    data_of(&data, &fit);
    CHECK_OK(sur_mat_new(&a, data.rows, 2, NULL));
    CHECK_OK(sur_mat_new(&b, data.rows, 2, NULL));
    CHECK_OK(sur_fit_answer(&a, &fit, &data, NULL));
    /* a model whose first two columns changed places, names and numbers alike */
    char *name = fit.names[0];
    fit.names[0] = fit.names[1];
    fit.names[1] = name;
    for (int k = 0; k < 3; k++) {
        double *x = k == 0 ? fit.median : k == 1 ? fit.mean : fit.scale, kept = x[0];
        x[0] = x[1];
        x[1] = kept;
    }
    for (sur_idx j = 0; j < fit.network.width; j++) {
        float *w = fit.parameters, kept = w[j];
        w[j] = w[fit.network.width + j];
        w[fit.network.width + j] = kept;
    }
    CHECK_OK(sur_fit_answer(&b, &fit, &data, NULL));
    for (sur_idx i = 0; i < data.rows * 2; i++)
        CHECK_NEAR(a.data[i], b.data[i], 1e-5, 0);
    char other[] = "no such column";
    fit.names[3] = other;
    CHECK_STATUS(sur_fit_answer(&b, &fit, &data, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "no such column");
    sur_mat_free(&a);
    sur_mat_free(&b);
    sur_dataset_free(&data);
    sur_fit_free(&fit);
}

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(1 << 20);
    CHECK(file && bytes);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void damaged_files_are_refused(void **state)
{
    (void)state;
    sur_fit fit, back;
    sur_fit_report report;
    sur_error err;
    char path[64];
    size_t size;
    make(&fit, &report, 0);
    CHECK_OK(sur_fit_save(file_of(path), &fit, NULL));
    char *bytes = read_file(path, &size);
    for (size_t cut = 0; cut < size; cut += 1 + size / 97) {
        CHECK_STATUS(sur_fit_load_bytes(&back, bytes, cut, &err), SUR_EPARSE);
        CHECK(back.names == NULL && !strchr(err.message, '\n'));
    }
    static const char *const changes[][2] = {
        {"\"F32\"", "\"F64\""},
        {"layers.0.weight", "layers.0.weighs"},
        {"surplus 1", "surplus 2"},
        {"input.scale", "input.scald"},
        {"\\\"width\\\":9", "\\\"width\\\":8"},
        {"\\\"depth\\\":2", "\\\"depth\\\":1"},
        {"[28,9]", "[9,28]"},
        {"\\\"family\\\":\\\"mlp\\\"", "\\\"family\\\":\\\"mlq\\\""}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char *copy = malloc(size), *at = NULL;
        const size_t length = strlen(changes[i][0]);
        memcpy(copy, bytes, size);
        for (size_t k = 8; k + length < size && !at; k++)
            if (memcmp(copy + k, changes[i][0], length) == 0) at = copy + k;
        if (!at) fail_msg("the file has no %s", changes[i][0]);
        memcpy(at, changes[i][1], length);
        CHECK_STATUS(sur_fit_load_bytes(&back, copy, size, &err), SUR_EPARSE);
        free(copy);
    }
    remove(path);
    CHECK_STATUS(sur_fit_load(&back, path, &err), SUR_EIO);
    CHECK_STATUS(sur_fit_load(&back, "/dev/zero", &err), SUR_EPARSE);
    free(bytes);
    sur_fit_free(&fit);
}

/* What was fitted stands last in a file: floats of networks, doubles of features. */
static void what_was_fitted_must_be_finite(void **state)
{
    (void)state;
    static const int kinds[] = {0, 4};
    for (int k = 0; k < 2; k++) {
        const float single = HUGE_VALF;
        const double twice = HUGE_VAL;
        sur_fit fit, back;
        sur_fit_report report;
        sur_error err;
        char path[64];
        size_t size;
        make(&fit, &report, kinds[k]);
        CHECK_OK(sur_fit_save(file_of(path), &fit, NULL));
        char *bytes = read_file(path, &size);
        CHECK_OK(sur_fit_load_bytes(&back, bytes, size, NULL));
        sur_fit_free(&back);
        if (k == 0)
            memcpy(bytes + size - sizeof single, &single, sizeof single);
        else
            memcpy(bytes + size - sizeof twice, &twice, sizeof twice);
        CHECK_STATUS(sur_fit_load_bytes(&back, bytes, size, &err), SUR_EPARSE);
        CHECK_CONTAINS(err.message, "not finite");
        remove(path);
        free(bytes);
        sur_fit_free(&fit);
    }
}

/* ---- checkpoints ---- */

static const char long_one[] = "data=synthetic:events samples=120 test_samples=50 "
                               "width=7 batch=32 learning_rate=0.01 early_stop=yes";

static sur_status train_long(sur_fit *fit, sur_fit_report *report, const char *more,
                             const sur_fit_watch *watch, sur_error *err)
{
    sur_fit_options options;
    char words[512];
    snprintf(words, sizeof words, "%s %s", long_one, more);
    set(&options, words);
    const sur_status status = sur_fit_make(fit, report, &options, watch, NULL, 0, err);
    sur_fields_free(&sur_fit_fields, &options);
    return status;
}

static bool same_network(const sur_fit *a, const sur_fit *b)
{
    const sur_idx n = sur_network_size(&a->network);
    return memcmp(a->parameters, b->parameters, (size_t)n * sizeof(float)) == 0;
}

static bool stop_at_third(void *payload)
{
    int *asked = payload;
    return ++*asked == 3;
}

static void training_goes_on_from_a_checkpoint_to_the_same_bits(void **state)
{
    (void)state;
    sur_fit whole, fit;
    sur_fit_report report, resumed;
    sur_error err;
    char path[64];
    remove(file_of(path));
    CHECK_OK(train_long(&whole, &report, "steps=100", NULL, NULL));
    CHECK(report.steps == 100 && report.resumed == 0);

    /* half of it, by fewer steps; then all */
    sur_fit_watch watch = {.checkpoint = path};
    CHECK_OK(train_long(&fit, &resumed, "steps=50", &watch, NULL));
    sur_fit_free(&fit);
    CHECK_OK(train_long(&fit, &resumed, "steps=100", &watch, NULL));
    CHECK(resumed.resumed == 50 && resumed.steps == 100);
    CHECK(resumed.kept == report.kept && same_network(&whole, &fit));
    sur_fit_free(&fit);
    CHECK_STATUS(train_long(&fit, &resumed, "steps=60", &watch, NULL), SUR_EINVAL);

    /* stopped from outside, then all; a cosine schedule, whose steps all depend on the
     * last, goes on as well, but not to another length */
    int asked = 0;
    remove(path);
    sur_fit_free(&whole);
    CHECK_OK(train_long(&whole, &report, "steps=100 schedule=cosine", NULL, NULL));
    watch = (sur_fit_watch){
        .checkpoint = path, .seconds = 1e9, .stop = stop_at_third, .payload = &asked};
    CHECK_STATUS(train_long(&fit, &resumed, "steps=100 schedule=cosine", &watch, NULL),
                 SUR_ESTOPPED);
    CHECK_OK(train_long(&fit, &resumed, "steps=100 schedule=cosine", &watch, NULL));
    CHECK(resumed.resumed > 0 && resumed.resumed < 100);
    CHECK(same_network(&whole, &fit));
    sur_fit_free(&fit);
    CHECK_STATUS(train_long(&fit, &resumed, "steps=120 schedule=cosine", &watch, &err),
                 SUR_EPARSE);
    CHECK(strstr(err.message, "steps is '100' there and '120' here"));
    sur_fit_free(&whole);
    remove(path);
}

static void early_stopping_keeps_the_least_validation_loss(void **state)
{
    (void)state;
    sur_fit fit;
    sur_fit_report kept, end;
    CHECK_OK(train_long(&fit, &kept, "steps=2000 label_noise=0.2", NULL, NULL));
    sur_fit_free(&fit);
    CHECK(kept.kept < kept.steps && kept.validation.count == 12);
    char words[64];
    snprintf(words, sizeof words, "steps=%lld label_noise=0.2", (long long)kept.kept);
    CHECK_OK(train_long(&fit, &end, words, NULL, NULL));
    CHECK(end.kept == kept.kept);
    CHECK(end.validation.loss == kept.validation.loss &&
          end.test.loss == kept.test.loss);
    sur_fit_free(&fit);
    /* and no other look had less: training for longer keeps no worse one */
    CHECK_OK(train_long(&fit, &end, "steps=2500 label_noise=0.2", NULL, NULL));
    CHECK(end.validation.loss <= kept.validation.loss);
    sur_fit_free(&fit);
}

static void checkpoints_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    sur_fit fit;
    sur_fit_report report;
    sur_error err;
    char path[64];
    size_t size;
    const sur_fit_watch watch = {.checkpoint = file_of(path)};
    remove(path);
    CHECK_OK(train_long(&fit, &report, "steps=9", &watch, NULL));
    sur_fit_free(&fit);
    static const char *const other[][2] = {
        {"steps=9 learning_rate=0.02", "learning_rate is '0.01' there and '0.02' here"},
        {"steps=9 seed=2", "seed is '1' there and '2' here"},
        {"steps=9 early_stop=no", "early_stop is 'yes' there and 'no' here"},
        {"steps=9 depth=2", "depth is '1' there and '2' here"}};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        CHECK_STATUS(train_long(&fit, &report, other[i][0], &watch, &err), SUR_EPARSE);
        if (!strstr(err.message, other[i][1])) fail_msg("%s", err.message);
    }
    char *bytes = read_file(path, &size);
    for (size_t i = 0; i < size; i += 1 + size / 97) {
        FILE *file = fopen(path, "wb");
        bytes[i] ^= 0x11;
        fwrite(bytes, 1, size, file);
        fclose(file);
        bytes[i] ^= 0x11;
        const sur_status status = train_long(&fit, &report, "steps=9", &watch, &err);
        /* A letter of the version may go; nothing that counts. */
        if (status != SUR_OK) CHECK_STATUS(status, SUR_EPARSE);
        sur_fit_free(&fit);
    }
    for (size_t length = 0; length < size; length += 1 + size / 29) {
        FILE *file = fopen(path, "wb");
        fwrite(bytes, 1, length, file);
        fclose(file);
        CHECK_STATUS(train_long(&fit, &report, "steps=9", &watch, NULL), SUR_EPARSE);
    }
    free(bytes);
    remove(path);
    CHECK_STATUS(sur_fit_make(&fit, &report, &(sur_fit_options){0},
                              &(sur_fit_watch){.checkpoint = "/nowhere/c"}, NULL, 0,
                              NULL),
                 SUR_EINVAL);
    const sur_fit_watch nowhere = {.checkpoint = "/nowhere/c"};
    CHECK_STATUS(train_long(&fit, &report, "steps=9", &nowhere, NULL), SUR_EWRITE);
}

static void faults_are_told_and_every_allocation_may_fail(void **state)
{
    (void)state;
    sur_fit_options options;
    sur_fit fit;
    sur_fit_report report;
    char path[64];
    size_t size;
    set(&options, "data=synthetic:linear family=linear depth=2");
    CHECK_STATUS(sur_fit_make(&fit, &report, &options, NULL, NULL, 0, NULL),
                 SUR_EINVAL);
    sur_fields_free(&sur_fit_fields, &options);
    set(&options, "data=synthetic:teacher samples=50 test_samples=9 epochs=40 "
                  "optimizer=sgd learning_rate=100");
    CHECK_STATUS(sur_fit_make(&fit, &report, &options, NULL, NULL, 0, NULL),
                 SUR_ENUMERIC);
    sur_fields_free(&sur_fit_fields, &options);
    set(&options, "data=synthetic:events samples=30 test_samples=9 epochs=1 width=3 "
                  "early_stop=yes");
    CHECK_EVERY_ALLOCATION(sur_fit_make(&fit, &report, &options, NULL, NULL, 0, NULL),
                           20, (void)0);
    const sur_fit_watch watch = {.checkpoint = file_of(path)};
    sur_fit other;
    CHECK_EVERY_ALLOCATION(
        (remove(path), sur_fit_make(&other, &report, &options, &watch, NULL, 0, NULL)),
        20, sur_fit_free(&other));
    CHECK_EVERY_ALLOCATION(
        sur_fit_make(&other, &report, &options, &watch, NULL, 0, NULL), 20,
        sur_fit_free(&other));
    CHECK_EVERY_ALLOCATION(sur_fit_save(file_of(path), &fit, NULL), 4, (void)0);
    char *bytes = read_file(path, &size);
    sur_fit_free(&fit);
    CHECK_EVERY_ALLOCATION(sur_fit_load_bytes(&fit, bytes, size, NULL), 8,
                           sur_fit_free(&fit));
    remove(path);
    free(bytes);
    sur_fields_free(&sur_fit_fields, &options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_answers_the_same_after_a_file),
        cmocka_unit_test(columns_are_found_by_name),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(what_was_fitted_must_be_finite),
        cmocka_unit_test(training_goes_on_from_a_checkpoint_to_the_same_bits),
        cmocka_unit_test(early_stopping_keeps_the_least_validation_loss),
        cmocka_unit_test(checkpoints_that_do_not_fit_are_refused),
        cmocka_unit_test(faults_are_told_and_every_allocation_may_fail),
    };
    return RUN(tests);
}
