/* test_real.c -- double descent on real data: digits, HIGGS events. */
#include "descent/rig.h"

/* Random ReLU features on 400 digits, against errors that an independent program found
 * with other random numbers: within 0.04, and where the curve is steep, from 0.9
 * to 1.25 features per sample, within 0.1. */
static void digits_peak_at_as_many_features_as_samples(void **state)
{
    (void)state;
    const char *folder = check_data_folder();
    if (!folder) return;
    static const double expected[2][8] = {
        {.091, .082, .257, .837, .132, .056, .036, .033},
        {.164, .226, .628, .879, .549, .371, .231, .217}};
    for (int noise = 0; noise < 2; noise++) {
        char words[600];
        double error[8], deviation[8], tuned[8], spread[8];
        snprintf(words, sizeof words,
                 "data=%s/digits/digits.csv.gz samples=400 label_noise=%g "
                 "validation_samples=200",
                 folder, 0.2 * noise);
        rig_seeds(words, "100,200,360,400,500,700,2000,4000", "0", 2, "test_error",
                  error, deviation, NULL);
        rig_seeds(words, "200,400,2000", "0", 2, "tuned_test_error", tuned, spread,
                  NULL);
        for (int i = 0; i < 8; i++)
            CHECK_NEAR(error[i], expected[noise][i], i >= 2 && i <= 4 ? 0.1 : 0.04, 0);
        for (int i = 0; i < 8; i++) CHECK(error[i] <= error[3]);
        for (int i = 0; i < 3; i++) CHECK(tuned[i] < 0.12);
        /* the wide model wins without noise and loses to the classical minimum with it
         */
        CHECK(noise ? error[7] > error[0] : error[7] < error[0]);
    }
}

static void higgs_events_run_end_to_end(void **state)
{
    (void)state;
    const char *folder = check_data_folder();
    if (!folder) return;
    char words[600];
    snprintf(words, sizeof words,
             "data=%s/higgs10k/HIGGS_small.npz samples=300 label_noise=0.2 tune=no",
             folder);
    rig *r = rig_new(words, "10,100,300,3000", "0");
    rig_run(r);
    CHECK(r->options[0].data.test_samples == 10000 - 300 - 1000);
    CHECK(rig_value(r, 2, "test_error") > rig_value(r, 1, "test_error") + 0.02);
    CHECK(rig_value(r, 2, "test_error") > rig_value(r, 3, "test_error") + 0.02);
    CHECK(rig_value(r, 3, "auc") > 0.55 && rig_value(r, 2, "auc") < 0.6);
    CHECK(rig_value(r, 3, "rejection") > 2.0);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_peak_at_as_many_features_as_samples),
        cmocka_unit_test(higgs_events_run_end_to_end),
    };
    return RUN(tests);
}
