/* test_theory.c -- published tables, limits, and identities between threat models. */
#include "privacy/rig.h"

#include "experiments/privacy/theory.h"

/* n = 100, D = 3000, noise variance 1, mean norms. */
static privacy_setting published(double p, double ridge)
{
    return (privacy_setting){
        .n = 100, .p = p, .d = 3000, .noise = 1, .ridge = ridge, .q_p = p, .q_d = 3000};
}

static double advantage(double p, double ridge)
{
    const privacy_setting s = published(p, ridge);
    const privacy_law law = privacy_theory(&s);
    return privacy_theory_leak(&law, false, 0, true).advantage;
}

static void variances_are_those_of_the_finite_sample_formula(void **state)
{
    static const double table[][2] = {{50, 2.04048},  {80, 8.33544},  {120, 10.34912},
                                      {200, 1.98620}, {300, 0.98811}, {1000, 0.21872},
                                      {3000, 0.06783}};
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const privacy_setting s = published(table[i][0], 0);
        CHECK_NEAR(privacy_theory(&s).answer_out, table[i][1], 1e-5, 0);
    }
    CHECK_NEAR(advantage(120, 0), 0.3769, 5e-5, 0);
    CHECK_NEAR(advantage(3000, 0), 0.6691, 5e-5, 0);
}

static void members_of_a_narrow_model_have_the_variance_phi_plus_t_gamma(void **state)
{
    static const double table[][2] = {{30, 0.6070}, {60, 1.2080}, {90, 1.8030}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const privacy_setting s = published(table[i][0], 0);
        CHECK_NEAR(privacy_theory(&s).answer_in, table[i][1], 1e-4, 0);
    }
}

static privacy_law in_the_limit(double gamma, double ridge)
{
    const privacy_setting s = {.n = 1e7,
                               .p = gamma * 1e7,
                               .d = 1e15,
                               .noise = 1,
                               .ridge = ridge * 1e7,
                               .q_p = gamma * 1e7,
                               .q_d = 1e15};
    return privacy_theory(&s);
}

static double limit(double gamma)
{
    const privacy_law law = in_the_limit(gamma, 0);
    return privacy_theory_leak(&law, false, 0, true).advantage;
}

static void twice_as_many_parameters_as_samples_leak_nothing(void **state)
{
    (void)state;
    CHECK_NEAR(limit(2), 0, 1e-6, 0);
    CHECK_NEAR(limit(1.5), limit(3), 1e-6, 0);
    CHECK_NEAR(limit(3), 0.1661, 5e-5, 0);
    CHECK_NEAR(limit(100), 0.7974, 5e-5, 0);
    CHECK(limit(1.2) > limit(1.5)); /* falls on 1 < gamma < 2 */
}

static void large_samples_follow_the_limit(void **state)
{
    (void)state;
    for (double gamma = 1.5; gamma < 9306; gamma *= 1.04) {
        const double p = floor(1000 * gamma), phi = p / 1e7, g = p / 1000;
        const privacy_setting s = {
            .n = 1000, .p = p, .d = 1e7, .noise = 1, .q_p = p, .q_d = 1e7};
        const privacy_law law = privacy_theory(&s);
        CHECK_NEAR(privacy_theory_leak(&law, false, 0, true).advantage,
                   sur_leak_scale((phi / g + (2 - phi) / (g - 1)) / 2).advantage, 2e-3,
                   0);
    }
}

static void ridge_moves_advantage_and_error_as_tabled(void **state)
{
    static const double gammas[6] = {1.05, 1.2, 1.5, 2, 3, 30};
    static const double mu[5] = {30, 100, 200, 500, 2000};
    static const double table[6][5][2] = {
        {{.0360, 2.000},
         {.0585, 1.325},
         {.0993, 1.142},
         {.1362, 1.036},
         {.1627, 1.001}},
        {{.0209, 2.028},
         {.0723, 1.344},
         {.1134, 1.153},
         {.1512, 1.039},
         {.1788, 1.001}},
        {{.0170, 2.008},
         {.1011, 1.367},
         {.1409, 1.169},
         {.1789, 1.045},
         {.2076, 1.002}},
        {{.0851, 1.878},
         {.1485, 1.374},
         {.1833, 1.184},
         {.2193, 1.052},
         {.2484, 1.002}},
        {{.1972, 1.621},
         {.2311, 1.338},
         {.2551, 1.188},
         {.2843, 1.061},
         {.3115, 1.002}},
        {{.6692, 1.000}, {.6694, .999}, {.6697, .997}, {.6704, .992}, {.6726, .984}}};
    static const double none[6][2] = {{.6131, 40.3},  {.3663, 10.8},  {.1621, 4.867},
                                      {.0041, 2.900}, {.1700, 1.917}, {.6691, 1.001}};
    (void)state;
    for (int g = 0; g < 6; g++) {
        for (int m = 0; m < 5; m++) {
            const privacy_setting s = published(100 * gammas[g], mu[m]);
            CHECK_NEAR(advantage(100 * gammas[g], mu[m]), table[g][m][0], 1e-3, 0);
            CHECK_NEAR(privacy_theory(&s).loss, table[g][m][1], 1e-3, 0);
        }
        const privacy_setting s = published(100 * gammas[g], 1e-9);
        CHECK_NEAR(advantage(100 * gammas[g], 1e-9), none[g][0], 1e-3, 0);
        CHECK_NEAR(privacy_theory(&s).loss, none[g][1], 0.05, 0.001);
    }
}

static void ridge_variances_are_those_of_simulation(void **state)
{
    static const double table[][3] = {{.01, 1.7349, 1.96498}, {.1, 1.3232, 1.71428},
                                      {.5, .66716, 1.14526},  {1, .40711, .81299},
                                      {3, .13780, .34086},    {10, .02623, .07538}};
    (void)state;
    for (int i = 0; i < 6; i++) {
        const privacy_setting s = {.n = 300,
                                   .p = 600,
                                   .d = 1500,
                                   .noise = 1,
                                   .ridge = 300 * table[i][0],
                                   .q_p = 600,
                                   .q_d = 1500};
        CHECK_NEAR(privacy_theory(&s).answer_out, table[i][1], 1e-5, 1e-4);
        CHECK_NEAR(privacy_theory(&s).answer_in, table[i][2], 1e-5, 1e-4);
    }
}

static void a_huge_ridge_keeps_its_digits(void **state)
{
    const privacy_setting s = {
        .n = 1e3, .p = 2e3, .d = 5e3, .noise = 1, .ridge = 1e9, .q_p = 2e3, .q_d = 5e3};
    (void)state;
    const privacy_law law = privacy_theory(&s);
    CHECK_NEAR(law.answer_out / law.answer_in, 4.4 / (4.4 + 1.6 + 8), 1e-5, 0);
}

static void output_noise_on_non_members_equals_dropping_features(void **state)
{
    static const double table[][3] = {{1000, .4872, .5003},
                                      {500, .3258, .3665},
                                      {300, .1689, .2560},
                                      {225, .0561, .1903}};
    (void)state;
    const privacy_setting wide = published(3000, 0);
    const privacy_law law = privacy_theory(&wide);
    for (int i = 0; i < 4; i++) {
        const privacy_setting s = published(table[i][0], 0);
        const double z = privacy_theory(&s).loss - law.loss;
        CHECK_NEAR(advantage(table[i][0], 0), table[i][1], 5e-4, 0);
        CHECK_NEAR(privacy_theory_leak(&law, false, z, false).advantage, table[i][1],
                   5e-4, 0);
        CHECK_NEAR(privacy_theory_leak(&law, false, z, true).advantage, table[i][2],
                   5e-4, 0);
    }
}

static double with_label(double gamma, double ridge)
{
    const privacy_law law = in_the_limit(gamma, ridge);
    return privacy_theory_leak(&law, true, 0, true).advantage;
}

static void
an_attacker_with_the_label_wins_more_and_ridge_helps_against_him(void **state)
{
    (void)state;
    CHECK_NEAR(with_label(.25, 0), .1383, 1e-4, 0);
    CHECK_NEAR(with_label(.5, 0), .3227, 1e-4, 0);
    CHECK_NEAR(with_label(.8, 0), .6471, 1e-4, 0);
    CHECK_NEAR(with_label(2, 1), .4011, 1e-4, 0);
    CHECK_NEAR(with_label(2, .1), .8249, 1e-4, 0);
    CHECK_NEAR(with_label(2, 5), .1436, 1e-4, 0);
    CHECK_NEAR(with_label(2, 0), 1, 1e-12, 0);
}

static void the_experiment_says_the_same_and_states_its_threat_model(void **state)
{
    (void)state;
    rig *r = rig_new();
    CHECK_OK(rig_run(r, "samples=100 width=1000 dimension=3000 noise=1"));
    CHECK_NEAR(rig_value(r, "advantage"), .4872, 5e-5, 0);
    CHECK_NEAR(rig_value(r, "nonmember_loss"), 1.1521, 5e-5, 0);
    CHECK_NEAR(rig_value(r, "variance_in"), 2, 1e-12, 0);
    CHECK_CONTAINS(r->message, "not its label");
    CHECK_OK(
        rig_run(r, "samples=100 width=50 dimension=3000 noise=1 knows_label=true"));
    CHECK_CONTAINS(r->message, "and the true label");
    CHECK_OK(rig_run(r, "samples=100 width=1000 dimension=3000 noise=1 queries=50"));
    CHECK(rig_get(r, "advantage", NULL)->low < .4872 + .01);
    CHECK(rig_get(r, "advantage", NULL)->high > .4872 - .01);
    CHECK_STATUS(rig_run(r, "samples=100 width=100 noise=1"), SUR_ENUMERIC);
    CHECK_CONTAINS(r->message, "no finite variance");
    CHECK_STATUS(rig_run(r, "problem=relu width=100"), SUR_EINVAL);
    CHECK_STATUS(rig_run(r, "samples=100 width=4000 dimension=3000"), SUR_EINVAL);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variances_are_those_of_the_finite_sample_formula),
        cmocka_unit_test(members_of_a_narrow_model_have_the_variance_phi_plus_t_gamma),
        cmocka_unit_test(twice_as_many_parameters_as_samples_leak_nothing),
        cmocka_unit_test(large_samples_follow_the_limit),
        cmocka_unit_test(ridge_moves_advantage_and_error_as_tabled),
        cmocka_unit_test(ridge_variances_are_those_of_simulation),
        cmocka_unit_test(a_huge_ridge_keeps_its_digits),
        cmocka_unit_test(output_noise_on_non_members_equals_dropping_features),
        cmocka_unit_test(
            an_attacker_with_the_label_wins_more_and_ridge_helps_against_him),
        cmocka_unit_test(the_experiment_says_the_same_and_states_its_threat_model),
    };
    return RUN(tests);
}
