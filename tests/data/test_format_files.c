/* test_format_files.c -- the example files of each format: known shapes, counts and
 * laws. */
#include "files.h"

typedef struct real_file {
    const char *path, *target, *labels;
    bool transpose;
    sur_task task;
    sur_idx rows, cols, test_rows, classes, counts[10];
} real_file;

static const real_file real_files[] = {
    {"mnist",
     NULL,
     NULL,
     false,
     SUR_TASK_AUTO,
     70000,
     784,
     10000,
     10,
     {6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958}},
    {"w8a_libsvm/w8a",
     NULL,
     NULL,
     false,
     SUR_TASK_AUTO,
     49749,
     300,
     0,
     2,
     {48270, 1479}},
    {"cifar10_5k/cifar10_test1000.bin",
     NULL,
     NULL,
     false,
     SUR_TASK_AUTO,
     1000,
     3072,
     0,
     10,
     {103, 89, 100, 103, 90, 86, 112, 102, 106, 109}},
    {"orl_mat/ORL.mat",
     NULL,
     NULL,
     false,
     SUR_CLASSIFICATION,
     400,
     1024,
     0,
     40,
     {10, 10, 10, 10, 10, 10, 10, 10, 10, 10}},
    {"golub_allaml/data_set_ALL_AML_train.csv",
     NULL,
     "golub_allaml/actual.csv",
     true,
     SUR_TASK_AUTO,
     38,
     7129,
     0,
     2,
     {27, 11}},
    {"golub_allaml/data_set_ALL_AML_independent.csv",
     NULL,
     "golub_allaml/actual.csv",
     true,
     SUR_TASK_AUTO,
     34,
     7129,
     0,
     2,
     {20, 14}},
    {"sklearn_small/diabetes_data_raw.csv.gz",
     NULL,
     "sklearn_small/diabetes_target.csv.gz",
     false,
     SUR_TASK_AUTO,
     442,
     10,
     0,
     0,
     {0}},
    {"images/camera.png", NULL, NULL, false, SUR_REGRESSION, 512, 511, 0, 0, {0}},
    {"images/coins.png", NULL, NULL, false, SUR_REGRESSION, 303, 383, 0, 0, {0}},
    {"cms_zmumu/uproot-Zmumu.root",
     "M",
     NULL,
     false,
     SUR_TASK_AUTO,
     2304,
     18,
     0,
     0,
     {0}},
};

static void the_files_have_their_stated_shapes_and_classes(void **state)
{
    const char *folder = check_data_folder();
    (void)state;
    if (!folder) skip();
    for (size_t k = 0; k < sizeof real_files / sizeof *real_files; k++) {
        const real_file *f = &real_files[k];
        char path[4096], labels[4096];
        sur_idx counts[10] = {0};
        snprintf(path, sizeof path, "%s/%s", folder, f->path);
        sur_data_options options = options_for(path);
        snprintf(labels, sizeof labels, "%s/%s", folder, f->labels ? f->labels : "");
        if (f->labels) options.labels = labels;
        options.target = (char *)(uintptr_t)f->target;
        options.transpose = f->transpose;
        options.task = f->task;
        sur_dataset data = read_ok(&options, NULL, 0);
        for (sur_idx i = 0; i < data.rows && data.classes; i++)
            if (data.target[i] < 10) counts[(sur_idx)data.target[i]]++;
        if (data.rows != f->rows || data.cols != f->cols ||
            data.test_rows != f->test_rows || data.classes != f->classes ||
            memcmp(counts, f->counts, sizeof counts) != 0)
            fail_msg("%s: %lld x %lld, %lld classes, %lld test rows, class 0: %lld",
                     f->path, (long long)data.rows, (long long)data.cols,
                     (long long)data.classes, (long long)data.test_rows,
                     (long long)counts[0]);
        sur_dataset_free(&data);
    }
}

static void mnist_pixels_have_their_known_mean_and_deviation(void **state)
{
    const char *folder = check_data_folder();
    char path[4096];
    double sum = 0, squares = 0;
    (void)state;
    if (!folder) skip();
    snprintf(path, sizeof path, "%s/mnist", folder);
    sur_dataset data = read_path(path);
    const uint8_t *x = data.x;
    const sur_idx cells = 60000 * 784;
    for (sur_idx i = 0; i < cells; i++) {
        sum += x[i];
        squares += (double)x[i] * x[i];
    }
    const double mean = sum / (double)cells / 255;
    CHECK_NEAR(mean, 0.1307, 5e-5, 0);
    CHECK_NEAR(sqrt(squares / (double)cells / 65025 - mean * mean), 0.3081, 5e-5, 0);
    sur_dataset_free(&data);
}

/* The columns of the ROOT file obey M^2 = (E1 + E2)^2 - |p1 + p2|^2. */
static void the_root_file_has_the_mass_of_its_four_vectors(void **state)
{
    const char *folder = check_data_folder();
    char path[4096];
    (void)state;
    if (!folder) skip();
    snprintf(path, sizeof path, "%s/cms_zmumu/uproot-Zmumu.root:events", folder);
    sur_data_options options = options_for(path);
    options.target = "M";
    options.columns = "E1,px1,py1,pz1,E2,px2,py2,pz2";
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK(data.rows == 2304 && data.cols == 8);
    for (sur_idx i = 0; i < data.rows; i++) {
        const double *v = (const double *)data.x + 8 * i;
        double square = (v[0] + v[4]) * (v[0] + v[4]);
        for (int k = 1; k < 4; k++) square -= (v[k] + v[k + 4]) * (v[k] + v[k + 4]);
        CHECK_NEAR(sqrt(square), data.target[i], 0, 1e-7);
    }
    sur_dataset_free(&data);
    options.target = "Type";
    options.columns = NULL;
    data = read_ok(&options, NULL, 0);
    CHECK(data.classes == 3);
    sur_dataset_free(&data);
    snprintf(path, sizeof path, "%s/cms_zmumu/uproot-Zmumu.root:nothing", folder);
    check_refused(&options, SUR_EINVAL, "events (TTree)", "no tree \"nothing\"");
}

static void damaged_root_files_are_refused_or_read(void **state)
{
    const char *folder = check_data_folder();
    char path[4096];
    size_t size;
    (void)state;
    if (!folder) skip();
    snprintf(path, sizeof path, "%s/cms_zmumu/uproot-Zmumu.root", folder);
    unsigned char *bytes = get_bytes(path, &size);
    for (size_t n = 0; n < 400; n++) {
        const size_t where = n < 150 ? 2 * n : (n * 7919) % size;
        bytes[where] ^= (unsigned char)(1u << n % 8);
        sur_data_options options = options_for(put_bytes("hurt.root", bytes, size));
        options.target = "M";
        sur_dataset data;
        sur_error err;
        if (sur_data_read(&data, &options, NULL, 0, &err) != SUR_OK)
            CHECK(!strchr(err.message, '\n') && data.block == NULL);
        sur_dataset_free(&data);
        bytes[where] ^= (unsigned char)(1u << n % 8);
    }
    free(bytes);
}

static char *real(const char *folder, const char *name)
{
    static char path[4][4096];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static void jet_images_are_read_as_their_source_states(void **state)
{
    const char *folder = check_data_folder();
    (void)state;
    if (!folder) skip();
    sur_data_options options =
        options_for(real(folder, "top_jet_images/jet_images.h5"));
    options.classes = "/QCD,/TT";
    sur_dataset data = read_ok(&options, NULL, 0);
    const double *x = data.x;
    sur_idx full[2] = {0}, rows[2] = {0};
    CHECK(data.rows == 5126 && data.cols == 900 && data.scalar == SUR_F64);
    for (sur_idx i = 0; i < data.rows; i++) {
        const sur_idx k = (sur_idx)data.target[i];
        rows[k]++;
        for (sur_idx j = 0; j < 900; j++) full[k] += x[900 * i + j] != 0.0;
    }
    CHECK(rows[0] == 3305 && rows[1] == 1821);
    CHECK_NEAR((double)full[0] / (900.0 * 3305), 0.044, 5e-4, 0);
    CHECK_NEAR((double)full[1] / (900.0 * 1821), 0.049, 5e-4, 0);
    sur_dataset_free(&data);
}

static void dijets_have_their_gluons(void **state)
{
    const char *folder = check_data_folder();
    sur_idx gluons = 0;
    (void)state;
    if (!folder) skip();
    for (int jet = 1; jet <= 2; jet++) {
        char target[32];
        snprintf(target, sizeof target, "Flavor.%d", jet);
        sur_data_options options =
            options_for(real(folder, "cms_dijets/jets.h5:/jet_features/data"));
        options.target = target;
        sur_dataset data = read_ok(&options, NULL, 0);
        CHECK(data.rows == 7406 && data.cols == 17);
        for (sur_idx i = 0; i < data.rows; i++)
            gluons += strcmp(sur_dataset_name(&data, 19 + (sur_idx)data.target[i]),
                             "21") == 0;
        sur_dataset_free(&data);
    }
    CHECK(gluons == 1063);
    const sur_data_options whole = options_for(real(folder, "cms_dijets/jets.h5"));
    check_refused(&whole, SUR_EINVAL, "group /jet_features", "name one");
}

static void usps_has_its_own_test_part(void **state)
{
    const char *folder = check_data_folder();
    (void)state;
    if (!folder) skip();
    sur_dataset data = read_path(real(folder, "usps/usps.h5"));
    CHECK(data.rows == 9298 && data.test_rows == 2007 && data.cols == 256);
    sur_idx counts[10] = {0};
    static const sur_idx stated[10] = {1194, 1005, 731, 658, 652,
                                       556,  664,  645, 542, 644};
    for (sur_idx i = 0; i < 7291; i++) counts[(sur_idx)data.target[i]]++;
    CHECK(memcmp(counts, stated, sizeof counts) == 0);
    sur_dataset_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_have_their_stated_shapes_and_classes),
        cmocka_unit_test(mnist_pixels_have_their_known_mean_and_deviation),
        cmocka_unit_test(the_root_file_has_the_mass_of_its_four_vectors),
        cmocka_unit_test(damaged_root_files_are_refused_or_read),
        cmocka_unit_test(jet_images_are_read_as_their_source_states),
        cmocka_unit_test(dijets_have_their_gluons),
        cmocka_unit_test(usps_has_its_own_test_part),
    };
    return RUN_WITH_FILES(tests);
}
