/* Shapes and class counts of real files, as their sources state them. */
#include "files.h"

#include <surplus/random.h>

typedef struct real_file {
    const char *path, *target, *drop;
    sur_task task;
    sur_idx rows, cols, classes, counts[10], imputed;
} real_file;

static const real_file files[] = {
    {"magic04/magic04.data", NULL, NULL, SUR_TASK_AUTO, 19020, 10, 2, {12332, 6688}, 0},
    {"higgs10k/HIGGS_small.npz",
     NULL,
     NULL,
     SUR_TASK_AUTO,
     10000,
     28,
     2,
     {4705, 5295},
     0},
    {"digits/digits.csv.gz",
     NULL,
     NULL,
     SUR_TASK_AUTO,
     1797,
     64,
     10,
     {178, 182, 177, 183, 181, 182, 181, 179, 174, 180},
     0},
    {"colon_alon/colon.csv", NULL, NULL, SUR_TASK_AUTO, 62, 2000, 2, {22, 40}, 0},
    {"golub_allaml/actual.csv", NULL, NULL, SUR_TASK_AUTO, 72, 1, 2, {47, 25}, 0},
    {"winequality/winequality-red.csv",
     NULL,
     NULL,
     SUR_TASK_AUTO,
     1599,
     11,
     6,
     {10, 53, 681, 638, 199, 18},
     0},
    {"winequality/winequality-white.csv",
     "quality",
     NULL,
     SUR_REGRESSION,
     4898,
     11,
     0,
     {0},
     0},
    {"california_housing/housing.csv",
     "median_house_value",
     NULL,
     SUR_TASK_AUTO,
     20640,
     13,
     0,
     {0},
     207},
    {"sklearn_small/breast_cancer.csv",
     NULL,
     NULL,
     SUR_TASK_AUTO,
     569,
     30,
     2,
     {212, 357},
     0},
    {"sklearn_small/wine_data.csv",
     NULL,
     NULL,
     SUR_TASK_AUTO,
     178,
     13,
     3,
     {59, 71, 48},
     0},
    {"sklearn_small/boston_house_prices.csv",
     NULL,
     NULL,
     SUR_TASK_AUTO,
     506,
     13,
     0,
     {0},
     0},
    {"sklearn_small/diabetes_data_raw.csv.gz",
     NULL,
     NULL,
     SUR_TASK_AUTO,
     442,
     9,
     0,
     {0},
     0},
    {"gasoline_nir/gasoline.csv", "octane", NULL, SUR_TASK_AUTO, 60, 401, 0, {0}, 0},
    {"cms_zmumu/Zmumu_Run2011A.csv",
     NULL,
     "Run,Event",
     SUR_TASK_AUTO,
     10583,
     11,
     0,
     {0},
     0},
    {"etth1/ETTh1.csv", "OT", "date", SUR_TASK_AUTO, 17420, 6, 0, {0}, 0},
    {"movielens100k/u.data",
     "3",
     "4",
     SUR_TASK_AUTO,
     100000,
     2,
     5,
     {6110, 11370, 27145, 34174, 21201},
     0},
};

static char *path_of(const char *folder, const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void the_files_have_their_stated_shapes_and_classes(void **state)
{
    (void)state;
    const char *folder = check_data_folder();
    if (!folder) skip();
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        const real_file *f = &files[k];
        sur_data_options options = options_for(path_of(folder, f->path));
        sur_idx counts[10] = {0};
        options.target = (char *)(uintptr_t)f->target;
        options.drop = (char *)(uintptr_t)f->drop;
        options.task = f->task;
        sur_dataset data = read_ok(&options, NULL, 0);
        for (sur_idx i = 0; i < data.rows && data.classes; i++)
            counts[(sur_idx)data.target[i]]++;
        if (data.rows != f->rows || data.cols != f->cols ||
            data.classes != f->classes || data.imputed != f->imputed ||
            memcmp(counts, f->counts, sizeof counts) != 0)
            fail_msg("%s: %lld x %lld, %lld classes, %lld missing, class 0: %lld",
                     f->path, (long long)data.rows, (long long)data.cols,
                     (long long)data.classes, (long long)data.imputed,
                     (long long)counts[0]);
        sur_dataset_free(&data);
    }
}

static void tables_with_samples_in_columns_are_refused_clearly(void **state)
{
    (void)state;
    const char *folder = check_data_folder();
    if (!folder) skip();
    const sur_data_options options =
        options_for(path_of(folder, "golub_allaml/data_set_ALL_AML_train.csv"));
    check_refused(&options, SUR_EINVAL, "is text with more than 32 different words",
                  "data_set_ALL_AML_train.csv");
}

static void files_of_unknown_formats_are_refused(void **state)
{
    (void)state;
    const char *folder = check_data_folder();
    if (!folder) skip();
    const sur_data_options options =
        options_for(path_of(folder, "gasoline_nir/gasoline.RData"));
    sur_dataset data;
    CHECK_STATUS(sur_data_read(&data, &options, NULL, 0, NULL), SUR_EPARSE);
}

/* The first row of UCI's HIGGS.csv. */
static void the_first_event_of_higgs_is_the_published_one(void **state)
{
    (void)state;
    const char *folder = check_data_folder();
    if (!folder) skip();
    sur_dataset data = read_path(path_of(folder, "higgs10k/HIGGS_small.npz"));
    CHECK(data.scalar == SUR_F32 && data.target[0] == 1.0);
    CHECK(at(&data, 0, 0) == (double)8.692932128906250000e-01f);
    CHECK(at(&data, 0, 27) == (double)8.766783475875854492e-01f);
    sur_dataset_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_have_their_stated_shapes_and_classes),
        cmocka_unit_test(tables_with_samples_in_columns_are_refused_clearly),
        cmocka_unit_test(files_of_unknown_formats_are_refused),
        cmocka_unit_test(the_first_event_of_higgs_is_the_published_one),
    };
    return RUN(tests);
}
