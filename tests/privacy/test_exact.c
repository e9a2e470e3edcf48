/* test_exact.c -- exact laws against brute force, against theory, and against the
 * published numbers, corrected and as they are. */
#include "privacy/rig.h"

#include "experiments/privacy/exact.h"

#include <surplus/dense.h>

enum { MOST_ROWS = 12, MOST_COLUMNS = 60 };

/* The published algorithm: draws everything and answers. */
static double brute(const sur_privacy_options *o, bool member, sur_rng *rng)
{
    static double x[MOST_ROWS * MOST_COLUMNS], beta[MOST_COLUMNS], y[MOST_ROWS],
        w[MOST_COLUMNS];
    const sur_idx n = o->data.samples, p = o->width, d = o->data.dimension;
    sur_mat gram, right, b = {w, p, 1, 1};
    sur_curve_fit fit;
    double answer = 0;
    CHECK(n <= MOST_ROWS && d <= MOST_COLUMNS);
    sur_rng_normals(rng, x, n * d, 1);
    sur_rng_normals(rng, beta, d, 1 / sqrt((double)d));
    for (sur_idx j = 0; j < d && member; j++) x[j] = 1; /* norms p and D */
    for (sur_idx i = 0; i < n; i++) {
        y[i] = sur_rng_normal(rng) * o->data.noise;
        for (sur_idx j = 0; j < d; j++) y[i] += x[i * d + j] * beta[j];
    }
    const sur_mat z = {x, n, p, d}, target = {y, n, 1, 1};
    CHECK_OK(sur_mat_new(&gram, p, p, NULL));
    CHECK_OK(sur_mat_new(&right, p, 1, NULL));
    if (o->ridge > 0) {
        sur_mat_multiply(&gram, 1, &z, SUR_TRANSPOSED, &z, SUR_PLAIN, 0);
        sur_mat_multiply(&right, 1, &z, SUR_TRANSPOSED, &target, SUR_PLAIN, 0);
        CHECK_OK(sur_kernel_solve(&b, &fit, &gram, &right, o->ridge, NULL));
    } else
        CHECK_OK(sur_lstsq(&b, NULL, NULL, &z, &target, -1, NULL));
    for (sur_idx j = 0; j < p; j++) answer += w[j];
    sur_mat_free(&gram);
    sur_mat_free(&right);
    return answer;
}

static void a_handful_of_numbers_draws_what_whole_designs_draw(void **state)
{
    enum { COUNT = 500 };
    static const struct {
        sur_idx p;
        double ridge;
    } cases[] = {{5, 0}, {24, 0}, {24, 3}, {6, 2}};
    static double slow[COUNT], fast[COUNT];
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int member = 0; member < 2; member++) {
            sur_privacy_options o = {.width = cases[c].p, .ridge = cases[c].ridge};
            sur_rng rng = sur_rng_make(7, "test", c);
            double statistic, chance;
            o.data.samples = 12;
            o.data.dimension = 40;
            o.data.noise = 1;
            for (sur_idx k = 0; k < COUNT; k++) {
                const privacy_pair pair =
                    privacy_draw_linear(&o, (double)o.width, 40, k);
                fast[k] = sqrt(member ? pair.in : pair.out) * sur_rng_normal(&rng);
                slow[k] = brute(&o, member != 0, &rng);
            }
            CHECK_OK(sur_ks_two(&statistic, &chance, slow, COUNT, fast, COUNT, NULL));
            if (chance < 1e-4)
                fail_msg("width %lld, ridge %g, member %d: p = %g",
                         (long long)cases[c].p, cases[c].ridge, member, chance);
        }
}

static void mean_variances_are_those_of_theory(void **state)
{
    static const char *const words[] = {"width=300", "width=40",
                                        "width=300 knows_label=true"};
    (void)state;
    rig *r = rig_new();
    rig *t = rig_new();
    for (int i = 0; i < 3; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "samples=100 dimension=3000 noise=1 draws=1500 %s attack=exact",
                 words[i]);
        CHECK_OK(rig_run(r, text));
        snprintf(text, sizeof text,
                 "samples=100 dimension=3000 noise=1 %s attack=theory", words[i]);
        CHECK_OK(rig_run(t, text));
        const sur_measurement *m = rig_get(r, "variance_out", NULL);
        CHECK_NEAR(rig_value(t, "variance_out"), m->value,
                   4 * (m->high - m->low) / 3.92, 0);
        CHECK_NEAR(rig_value(r, "advantage"), rig_value(t, "advantage"), 0.02, 0);
    }
    rig_free(r);
    rig_free(t);
}

static void
near_the_threshold_the_mixture_leaks_less_than_the_normal_formula_says(void **state)
{
    static const double table[][2] = {
        {120, .3668}, {200, .0066}, {300, .1706}, {1000, .4897}, {3000, .6690}};
    (void)state;
    rig *r = rig_new();
    for (int i = 0; i < 5; i++) {
        char words[256];
        snprintf(words, sizeof words,
                 "attack=exact samples=100 width=%g dimension=3000 noise=1",
                 table[i][0]);
        CHECK_OK(rig_run(r, words));
        CHECK_NEAR(rig_value(r, "advantage"), table[i][1], 0.006, 0);
    }
    rig_free(r);
}

static void the_histogram_finds_an_advantage_where_there_is_none(void **state)
{
    enum { RUNS = 25 };
    const privacy_pair equal = {1, 1, 0};
    double sum = 0, bias = 0;
    (void)state;
    for (int i = 0; i < RUNS; i++) {
        sur_rng rng = sur_rng_make(3, "test", (uint64_t)i);
        double advantage;
        CHECK_OK(privacy_histogram(&advantage, &bias, &equal, 1, 100000, &rng, NULL));
        sum += advantage / RUNS;
    }
    /* one run deviates by sqrt((1 - 1/pi)/N) */
    CHECK_NEAR(sum, 0.0175, 0.0005 + 4 * sqrt(.68 / 100000 / RUNS), 0);
    CHECK_NEAR(bias, 0.0179, 0.001, 0);
}

static double problem(rig *r, const char *name, sur_idx width, const char *more)
{
    char words[256];
    snprintf(words, sizeof words,
             "attack=exact problem=%s noise=1 draws=12 width=%lld %s", name,
             (long long)width, more);
    CHECK_OK(rig_run(r, words));
    return rig_value(r, "advantage");
}

static void the_relu_figure_dips_at_2_once_the_query_has_its_relu(void **state)
{
    (void)state;
    rig *r = rig_new();
    CHECK_NEAR(problem(r, "relu", 400, "variant=published"), .0058, 0.04, 0);
    CHECK_NEAR(problem(r, "relu", 200, "variant=published"), .249, 0.06, 0);
    CHECK_NEAR(problem(r, "relu", 30, ""), .101, 0.06, 0);
    CHECK_NEAR(problem(r, "relu", 200, ""), .010, 0.04, 0);
    CHECK_NEAR(problem(r, "relu", 400, ""), .246, 0.04, 0);
    rig_free(r);
}

static void latent_members_are_hard_to_tell_below_the_threshold(void **state)
{
    (void)state;
    rig *r = rig_new();
    CHECK_NEAR(problem(r, "latent", 90, "queries=2"), .0035, 0.02, 0);
    CHECK_NEAR(problem(r, "latent", 90, "queries=2 variant=published"), .051, 0.04, 0);
    CHECK_NEAR(problem(r, "latent", 250, "queries=2"), .14, 0.08, 0);
    rig_free(r);
}

static void a_time_series_with_all_frequencies_leaks_its_times(void **state)
{
    (void)state;
    rig *r = rig_new();
    CHECK_OK(rig_run(r, "attack=exact problem=time width=1024 draws=2 queries=1"));
    CHECK(rig_value(r, "advantage") > 0.9);
    rig_free(r);
}

static void memory_may_run_out_at_any_moment(void **state)
{
    const privacy_pair pairs[2] = {{1, 2, 0}, {1, 3, 0}};
    sur_privacy_options o = {.width = 10, .problem = PROBLEM_RELU};
    sur_leak leak, error;
    privacy_pair pair;
    (void)state;
    o.data.samples = 6;
    o.data.dimension = 40;
    CHECK_EVERY_ALLOCATION(privacy_mixtures(&leak, &error, pairs, 2, NULL), 2, (void)0);
    CHECK_EVERY_ALLOCATION(privacy_draw_design(&pair, &o, 0, 0, NULL), 10, (void)0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handful_of_numbers_draws_what_whole_designs_draw),
        cmocka_unit_test(mean_variances_are_those_of_theory),
        cmocka_unit_test(
            near_the_threshold_the_mixture_leaks_less_than_the_normal_formula_says),
        cmocka_unit_test(the_histogram_finds_an_advantage_where_there_is_none),
        cmocka_unit_test(the_relu_figure_dips_at_2_once_the_query_has_its_relu),
        cmocka_unit_test(latent_members_are_hard_to_tell_below_the_threshold),
        cmocka_unit_test(a_time_series_with_all_frequencies_leaks_its_times),
        cmocka_unit_test(memory_may_run_out_at_any_moment),
    };
    return RUN(tests);
}
