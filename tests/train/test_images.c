/* Networks of images from a data set to a file: training, checkpoints, answers, faults.
 */
#include "support/check.h"

#include <surplus/fit.h>
#include <surplus/random.h>
#include <unistd.h>

enum { ROWS = 150, SIDE = 8, PLACES = SIDE * SIDE };

static const char *path_of(const char *name)
{
    static const char *const names[] = {"csv", "state", "safetensors", "py"};
    static char path[4][64];
    int i = 0;
    while (strcmp(names[i], name) != 0) i++;
    snprintf(path[i], sizeof path[i], "/tmp/images_%ld.%s", (long)getpid(), name);
    return path[i];
}

/* A table of images of lines: upright, level or falling, somewhere, in noise. */
static const char *write_table(void)
{
    const char *path = path_of("csv");
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    for (int j = 0; j < PLACES; j++) fprintf(file, "p%d,", j);
    fprintf(file, "label\n");
    for (int i = 0; i < ROWS; i++) {
        sur_rng rng = sur_rng_make(1, "images", (uint64_t)i);
        const int at = (int)sur_rng_below(&rng, SIDE), kind = i % 3;
        for (int r = 0; r < SIDE; r++)
            for (int c = 0; c < SIDE; c++) {
                const bool line = kind == 0   ? c == at
                                  : kind == 1 ? r == at
                                              : (r + at) % SIDE == c;
                fprintf(file, "%.3f,",
                        (line ? 200.0 : 20.0) + 20.0 * sur_rng_normal(&rng));
            }
        fprintf(file, "%s\n", kind == 0 ? "upright" : kind == 1 ? "level" : "falling");
    }
    fclose(file);
    return path;
}

static void set(sur_fit_options *o, const char *words)
{
    char text[1024];
    sur_error err;
    CHECK_OK(sur_fields_preset(&sur_fit_fields, o, NULL));
    snprintf(text, sizeof text, "data=%s samples=100 test_samples=50 %s",
             path_of("csv"), words);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value = '\0';
        if (sur_fields_set(&sur_fit_fields, o, word, value + 1, &err) != SUR_OK)
            fail_msg("%s", err.message);
    }
}

static sur_status make(sur_fit *fit, sur_fit_report *report, const char *words,
                       const sur_fit_watch *watch, sur_error *err)
{
    sur_fit_options options;
    sur_fit_report none;
    set(&options, words);
    const sur_status status =
        sur_fit_make(fit, report ? report : &none, &options, watch, NULL, 0, err);
    sur_fields_free(&sur_fit_fields, &options);
    return status;
}

static bool same_network(const sur_fit *a, const sur_fit *b)
{
    return memcmp(a->parameters, b->parameters,
                  (size_t)sur_network_size(&a->network) * sizeof(float)) == 0;
}

static const char *const families[] = {"cnn5", "resnet18", "allcnn"};

static void lines_are_told_apart(void **state)
{
    (void)state;
    sur_fit fit;
    sur_fit_report report;
    CHECK_OK(
        make(&fit, &report,
             "family=cnn5 width=3 image=1,8,8 epochs=20 batch=20 learning_rate=0.01",
             NULL, NULL));
    if (report.train.error > 0.05 || report.test.error > 0.15)
        fail_msg("train error %g, test error %g", report.train.error,
                 report.test.error);
    sur_fit_free(&fit);
}

static void fifty_steps_and_fifty_more_are_a_hundred(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        const sur_fit_watch watch = {.checkpoint = path_of("state")};
        sur_fit whole, half, rest;
        sur_fit_report report;
        char words[200];
        remove(watch.checkpoint);
        for (int part = 0; part < 3; part++) {
            snprintf(words, sizeof words,
                     "family=%s width=1 image=1,8,8 batch=20 augment=both steps=%d",
                     families[f], (part == 1 ? 50 : 100) / (1 + 4 * f));
            sur_fit *fit = part == 0 ? &whole : part == 1 ? &half : &rest;
            CHECK_OK(make(fit, &report, words, part ? &watch : NULL, NULL));
        }
        CHECK(report.resumed == 50 / (1 + 4 * f) && report.steps == 2 * report.resumed);
        CHECK(same_network(&whole, &rest) && !same_network(&whole, &half));
        sur_fit_free(&whole), sur_fit_free(&half), sur_fit_free(&rest);
        remove(watch.checkpoint);
    }
}

static void images_are_moved_only_when_asked(void **state)
{
    (void)state;
    static const char *const ways[] = {"none", "flip", "crop", "both", "both"};
    sur_fit fit[5];
    for (int w = 0; w < 5; w++) {
        char words[200];
        snprintf(words, sizeof words,
                 "family=cnn5 width=1 image=1,8,8 batch=20 steps=3 augment=%s",
                 ways[w]);
        CHECK_OK(make(&fit[w], NULL, words, NULL, NULL));
        for (int v = 0; v < w; v++)
            CHECK(same_network(&fit[v], &fit[w]) == (w == 4 && v == 3));
    }
    for (int w = 0; w < 5; w++) sur_fit_free(&fit[w]);
}

static void answer(sur_mat *out, const sur_fit *fit)
{
    sur_data_options options = fit->options.data; /* its path has lost the folder */
    options.data = (char *)path_of("csv");
    sur_dataset data;
    sur_error err;
    if (sur_data_read(&data, &options, NULL, 0, &err) != SUR_OK)
        fail_msg("%s", err.message);
    CHECK_OK(sur_mat_new(out, data.rows, 3, NULL));
    CHECK_OK(sur_fit_answer(out, fit, &data, NULL));
    sur_dataset_free(&data);
}

static void a_network_answers_the_same_after_a_file(void **state)
{
    (void)state;
    for (int f = 0; f < 3; f++) {
        sur_fit fit, back;
        sur_mat a, b;
        char words[200];
        const char *path = path_of("safetensors");
        snprintf(words, sizeof words, "family=%s width=2 image=1,8,8 batch=20 steps=9",
                 families[f]);
        CHECK_OK(make(&fit, NULL, words, NULL, NULL));
        CHECK_OK(sur_fit_save(path, &fit, NULL));
        CHECK_OK(sur_fit_load(&back, path, NULL));
        CHECK(back.network.image[0] == 1 && back.network.image[2] == SIDE);
        CHECK(same_network(&fit, &back));
        answer(&a, &fit);
        answer(&b, &back);
        CHECK(memcmp(a.data, b.data, (size_t)(a.rows * a.cols) * sizeof(double)) == 0);
        sur_mat_free(&a), sur_mat_free(&b);
        sur_fit_free(&fit), sur_fit_free(&back);
        remove(path);
    }
}

/* numpy and its own json read the file: names, shapes, sums. */
static void numpy_reads_the_file(void **state)
{
    (void)state;
    static const char script[] =
        "import json,sys,numpy\n"
        "raw=open(sys.argv[1],'rb').read()\n"
        "n=int.from_bytes(raw[:8],'little')\n"
        "head=json.loads(raw[8:8+n])\n"
        "head.pop('__metadata__')\n"
        "for name,t in head.items():\n"
        "    kind={'F32':'<f4','F64':'<f8'}[t['dtype']]\n"
        "    a,b=t['data_offsets']\n"
        "    x=numpy.frombuffer(raw[8+n+a:8+n+b],kind).reshape(t['shape'])\n"
        "    print(name,','.join(map(str,x.shape)),repr(float(x.sum(dtype='f8'))))\n";
    if (system("python3 -c 'import numpy' 2>/dev/null") != 0) {
        fprintf(stderr, "\n**** SKIPPED: this python3 has no numpy. ****\n\n");
        return;
    }
    sur_fit fit;
    sur_tensor table[SUR_NETWORK_TENSORS_MOST];
    char command[256], name[64], shape[64], line[256];
    double sum;
    const char *path = path_of("safetensors"), *code = path_of("py");
    CHECK_OK(
        make(&fit, NULL, "family=resnet18 width=2 image=1,8,8 steps=3", NULL, NULL));
    CHECK_OK(sur_fit_save(path, &fit, NULL));
    FILE *file = fopen(code, "w");
    fputs(script, file);
    fclose(file);
    snprintf(command, sizeof command, "python3 %s %s", code, path);
    FILE *said = popen(command, "r");
    const sur_idx count = sur_network_tensors(table, &fit.network);
    sur_idx found = 0;
    while (fgets(line, sizeof line, said)) {
        CHECK(sscanf(line, "%63s %63s %lf", name, shape, &sum) == 3);
        for (sur_idx i = 0; i < count; i++) {
            const sur_tensor *t = &table[i];
            char want[64] = "";
            double total = 0.0;
            if (strcmp(t->name, name) != 0) continue;
            found++;
            for (int j = 0; j < t->dims; j++)
                snprintf(want + strlen(want), sizeof want - strlen(want), "%s%lld",
                         j ? "," : "", (long long)t->shape[j]);
            CHECK_TEXT(shape, want);
            for (sur_idx j = 0; j < sur_tensor_count(t); j++)
                total += (double)fit.parameters[t->offset + j];
            CHECK_NEAR(sum, total, 1e-9, 1e-12);
        }
    }
    CHECK(pclose(said) == 0 && found == count);
    sur_fit_free(&fit);
    remove(path), remove(code);
}

static void images_are_scaled_as_a_whole(void **state)
{
    (void)state;
    sur_fit fit;
    CHECK_OK(make(&fit, NULL, "family=cnn5 width=1 image=1,8,8 steps=1", NULL, NULL));
    for (sur_idx j = 1; j < fit.inputs; j++)
        CHECK(fit.mean[j] == fit.mean[0] && fit.scale[j] == fit.scale[0]);
    /* of 64 places 8 are near 200, the others near 20 */
    CHECK_NEAR(fit.mean[0], 20 + 180.0 / 8, 1, 0);
    CHECK_NEAR(fit.scale[0], sqrt(180.0 * 180.0 * 7 / 64 + 400), 1, 0);
    sur_fit_free(&fit);
}

static void what_does_not_suit_is_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"family=cnn5", "--image channels,height,width does"},
        {"family=cnn5 image=1,8,7", "image 1,8,7 has 56 places"},
        {"family=cnn5 image=8,8", "is not channels,height,width"},
        {"family=cnn5 image=1,8,8,", "is not channels,height,width"},
        {"family=cnn5 image=1,8,0", "is not channels,height,width"},
        {"family=cnn5 image=1,8,8 depth=2", "depth is for family mlp, not for cnn5"},
        {"family=mlp augment=flip", "augment is for families of images"},
        {"family=cnn5 image=1,8,8 ridge=1", "family cnn5 has no ridge"},
        {"family=relu augment=flip", "augment is for networks, not for family relu"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        sur_fit fit;
        sur_error err;
        CHECK_STATUS(make(&fit, NULL, cases[c][0], NULL, &err), SUR_EINVAL);
        CHECK_CONTAINS(err.message, cases[c][1]);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sur_fit fit = {0};
    sur_fit_report report;
    sur_fit_options options;
    set(&options, "family=cnn5 width=1 image=1,8,8 steps=1 augment=both");
    CHECK_EVERY_ALLOCATION(sur_fit_make(&fit, &report, &options, NULL, NULL, 0, NULL),
                           60, sur_fit_free(&fit));
    sur_fields_free(&sur_fit_fields, &options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_told_apart),
        cmocka_unit_test(fifty_steps_and_fifty_more_are_a_hundred),
        cmocka_unit_test(images_are_moved_only_when_asked),
        cmocka_unit_test(a_network_answers_the_same_after_a_file),
        cmocka_unit_test(numpy_reads_the_file),
        cmocka_unit_test(images_are_scaled_as_a_whole),
        cmocka_unit_test(what_does_not_suit_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    const sur_network small = {
        .family = SUR_CNN5, .inputs = 1, .outputs = 1, .width = 1, .image = {1, 1, 1}};
    if (sur_network_check(&small, NULL) != SUR_OK) {
        fprintf(stderr, "\n**** SKIPPED: built without oneDNN. ****\n\n");
        return 0;
    }
    const char *table = write_table();
    const int failed = RUN(tests);
    remove(table);
    return failed;
}
