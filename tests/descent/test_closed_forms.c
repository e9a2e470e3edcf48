/* test_closed_forms.c -- measured test losses agree with the closed forms. */
#include "descent/rig.h"

/* Means over seeds lie within 4 standard errors of theory, or within `relative` of it.
 */
static void check_theory(const char *words, const char *widths, const char *ridges,
                         int seeds, double relative)
{
    double mean[RIG_MOST], deviation[RIG_MOST], theory[RIG_MOST];
    const sur_idx count =
        rig_seeds(words, widths, ridges, seeds, "test_loss", mean, deviation, theory);
    for (sur_idx i = 0; i < count; i++)
        CHECK_NEAR(mean[i], theory[i], 4.0 * deviation[i], relative);
}

static void least_norm_has_its_exact_finite_sample_risk(void **state)
{
    (void)state;
    const char *words = "data=synthetic:linear family=linear samples=200 noise=0.5 "
                        "test_samples=300 tune=no";
    static const double excess[] = {.0839, .2525, 1.0256, 1.2204, .8626};
    rig *r = rig_new(words, "50,100,160,250,1000", "0");
    rig_run(r);
    for (sur_idx i = 0; i < r->count; i++)
        CHECK_NEAR(rig_value(r, i, "theory_loss"), 0.25 + excess[i], 6e-5, 0);
    rig_free(r);
    check_theory(words, "50,100,160,250,1000", "0", 16, 0);
}

static void ridge_has_the_marchenko_pastur_risk(void **state)
{
    (void)state;
    const char *words = "data=synthetic:linear family=linear samples=200 noise=0.5 "
                        "test_samples=500 tune=no";
    static const double excess[] = {.7110, .6404, .7010};
    rig *r = rig_new(words, "400", "10,100,400"); /* lambda = mu / n */
    rig_run(r);
    for (sur_idx i = 0; i < r->count; i++)
        CHECK_NEAR(rig_value(r, i, "theory_loss"), 0.25 + excess[i], 6e-5, 0);
    rig_free(r);
    check_theory(words, "400", "10,100,400", 16, 0);
}

static void columns_left_out_act_as_noise(void **state)
{
    (void)state;
    check_theory(
        "data=synthetic:linear family=linear samples=40 noise=0.2 dimension=100 "
        "test_samples=300 tune=no",
        "10,30,50,70,100", "0", 80, 0);
    check_theory(
        "data=synthetic:linear family=linear samples=100 noise=0.2 dimension=200 "
        "test_samples=300 tune=no",
        "50,150", "5,50", 20, 0.01);
}

static void a_power_law_has_its_deterministic_equivalent(void **state)
{
    (void)state;
    check_theory("data=synthetic:linear family=linear samples=200 noise=0.316227766 "
                 "decay=1 test_samples=500 tune=no",
                 "500", "0,2,20", 12, 0.04);
    check_theory("data=synthetic:linear family=linear samples=200 noise=0.316227766 "
                 "decay=1 dimension=500 test_samples=500 tune=no",
                 "50,400", "2", 10, 0.04);
}

static void latent_data_have_a_second_descent_to_the_predicted_depth(void **state)
{
    (void)state;
    check_theory("data=synthetic:latent family=linear samples=200 noise=1 latent=20 "
                 "test_samples=500 tune=no",
                 "40,100,400,1000", "0", 10, 0.03);
}

static void random_relu_features_follow_mei_and_montanari(void **state)
{
    (void)state;
    const char *words = "data=synthetic:linear family=relu samples=300 dimension=100 "
                        "noise=0.4472135955 test_samples=1000 tune=no";
    check_theory(words, "50,100,200,600,1500", "0", 5, 0.06);
    check_theory(words, "600", "1.8", 5, 0.06); /* 1e-3 n N / d */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_norm_has_its_exact_finite_sample_risk),
        cmocka_unit_test(ridge_has_the_marchenko_pastur_risk),
        cmocka_unit_test(columns_left_out_act_as_noise),
        cmocka_unit_test(a_power_law_has_its_deterministic_equivalent),
        cmocka_unit_test(latent_data_have_a_second_descent_to_the_predicted_depth),
        cmocka_unit_test(random_relu_features_follow_mei_and_montanari),
    };
    return RUN(tests);
}
