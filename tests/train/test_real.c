/* test_real.c -- networks on real data, beside another program's. */
#include "support/check.h"

#include <surplus/fit.h>

/* scikit-learn's MLPClassifier with one hidden layer of 64, Adam at 0.001, batches of
 * 128, 50 epochs and no decay, inputs standardized: the mean test error of three splits
 * of as many examples. */
static const struct {
    const char *file, *samples;
    double error;
} peer[] = {{"digits/digits.csv.gz", "1200", 0.031},
            {"magic04/magic04.data", "4000", 0.138},
            {"mnist/train-images-idx3-ubyte.gz", "4000", 0.076}};

static double error_of(sur_idx *tests, const char *folder, int which)
{
    sur_fit_options o;
    sur_fit fit;
    sur_fit_report report;
    sur_error err;
    char path[500];
    const char *const words[][2] = {{"data", path},
                                    {"samples", peer[which].samples},
                                    {"test_samples", which ? "4000" : "500"},
                                    {"family", "mlp"},
                                    {"width", "64"},
                                    {"batch", "128"},
                                    {"epochs", "50"}};
    snprintf(path, sizeof path, "%s/%s", folder, peer[which].file);
    CHECK_OK(sur_fields_preset(&sur_fit_fields, &o, NULL));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        CHECK_OK(sur_fields_set(&sur_fit_fields, &o, words[i][0], words[i][1], NULL));
    if (sur_fit_make(&fit, &report, &o, NULL, NULL, 0, &err) != SUR_OK)
        fail_msg("%s", err.message);
    *tests = report.test.count;
    sur_fit_free(&fit);
    sur_fields_free(&sur_fit_fields, &o);
    return report.test.error;
}

static void networks_err_at_most_a_point_more_than_scikit_learn(void **state)
{
    (void)state;
    const char *folder = check_data_folder();
    if (!folder) return;
    for (int which = 0; which < 3; which++) {
        sur_idx tests;
        const double p = peer[which].error, got = error_of(&tests, folder, which);
        /* the split is one of many: four standard errors of a share of its size */
        CHECK(got < p + 0.01 + 4.0 * sqrt(p * (1.0 - p) / (double)tests));
        CHECK(got > 0.0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_err_at_most_a_point_more_than_scikit_learn),
    };
    return RUN(tests);
}
