#include <surplus/stats.h>

#include "support/check.h"

/* No successes at all: on the line p1 = p2 + t the likeliest values are t and 0, or 0
 * and -t, so that z(t) = -t / sqrt(t (1-t) / n1). */
static void shares_of_zero_have_the_closed_form(void **state)
{
    (void)state;
    const double z = sur_normal_quantile(0.95);
    for (double n1 = 10; n1 < 1e5; n1 *= 7)
        for (double n2 = 15; n2 < 1e5; n2 *= 11) {
            const double m = 0.05;
            const sur_equivalence e = sur_equivalent_proportions(0, n1, 0, n2, m, 0.05);
            CHECK_NEAR(e.difference.high, z * z / (n1 + z * z), 1e-12, 1e-9);
            CHECK_NEAR(e.difference.low, -z * z / (n2 + z * z), 1e-12, 1e-9);
            CHECK_NEAR(e.p, sur_normal_cdf(-sqrt(fmin(n1, n2) * m / (1 - m))), 1e-14,
                       1e-6);
            CHECK(e.equivalent == (e.p < 0.05));
        }
}

/* At t = 0 the likeliest common value is the pooled one: the level whose quantile is
 * the classical z puts an end of the interval at 0. */
static void at_no_difference_the_statistic_is_the_pooled_one(void **state)
{
    (void)state;
    static const double counts[][4] = {
        {30, 100, 50, 120}, {5, 200, 1, 1000}, {90, 100, 1, 7}, {3, 4, 2, 9}};
    for (int c = 0; c < 4; c++) {
        const double *k = counts[c], a = k[0] / k[1], b = k[2] / k[3],
                     pooled = (k[0] + k[2]) / (k[1] + k[3]),
                     z = (a - b) / sqrt(pooled * (1 - pooled) * (1 / k[1] + 1 / k[3]));
        const sur_equivalence e = sur_equivalent_proportions(
            k[0], k[1], k[2], k[3], 0.1, sur_normal_cdf(-fabs(z)));
        CHECK_NEAR(z > 0 ? e.difference.low : e.difference.high, 0.0, 1e-8, 0.0);
    }
}

static void p_is_alpha_where_the_interval_touches_the_margin(void **state)
{
    (void)state;
    static const double counts[][4] = {
        {30, 100, 31, 100}, {0, 200, 5, 1000}, {0, 50, 0, 60}, {20, 20, 19, 30}};
    for (int c = 0; c < 4; c++)
        for (double alpha = 0.01; alpha < 0.3; alpha += 0.07) {
            const double *k = counts[c];
            const sur_interval d =
                sur_equivalent_proportions(k[0], k[1], k[2], k[3], 0.1, alpha)
                    .difference;
            CHECK(d.low <= d.value && d.value <= d.high);
            const double margin = fmax(-d.low, d.high);
            CHECK_NEAR(
                sur_equivalent_proportions(k[0], k[1], k[2], k[3], margin, alpha).p,
                alpha, 1e-6, 0.0);
        }
    const double x[] = {1.0, 1.5, 0.7, 1.2}, y[] = {1.1, 0.9, 1.6, 1.3, 1.0};
    const sur_interval d = sur_equivalent_means(x, 4, y, 5, 1.0, 0.05).difference;
    const double margin = fmax(-d.low, d.high);
    CHECK_NEAR(sur_equivalent_means(x, 4, y, 5, margin, 0.05).p, 0.05, 1e-9, 0.0);
    CHECK(sur_equivalent_means(x, 4, y, 5, 1.001 * margin, 0.05).equivalent);
    CHECK(!sur_equivalent_means(x, 4, y, 5, 0.999 * margin, 0.05).equivalent);
}

static void exchanging_the_samples_or_the_outcome_turns_the_difference(void **state)
{
    (void)state;
    const sur_equivalence a = sur_equivalent_proportions(7, 40, 30, 90, 0.2, 0.05),
                          b = sur_equivalent_proportions(30, 90, 7, 40, 0.2, 0.05),
                          c = sur_equivalent_proportions(33, 40, 60, 90, 0.2, 0.05);
    CHECK_NEAR(a.p, b.p, 1e-12, 1e-9);
    CHECK_NEAR(a.p, c.p, 1e-12, 1e-9);
    CHECK_NEAR(a.difference.low, -b.difference.high, 1e-9, 0.0);
    CHECK_NEAR(a.difference.high, -b.difference.low, 1e-9, 0.0);
    CHECK_NEAR(a.difference.low, -c.difference.high, 1e-9, 0.0);
}

/* Far from 0 and 1 and with many trials it is the normal test with unpooled variance.
 */
static void many_trials_make_it_the_unpooled_normal_test(void **state)
{
    (void)state;
    const double n1 = 4e6, n2 = 9e6, a = 0.3, b = 0.3004,
                 error = sqrt(a * (1 - a) / n1 + b * (1 - b) / n2),
                 z = sur_normal_quantile(0.9);
    const sur_equivalence e =
        sur_equivalent_proportions(a * n1, n1, b * n2, n2, 0.001, 0.1);
    CHECK_NEAR(e.p, sur_normal_cdf(-(0.001 - 0.0004) / error), 1e-4, 0.0);
    CHECK_NEAR(e.difference.low, a - b - z * error, 1e-3 * error, 0.0);
    CHECK_NEAR(e.difference.high, a - b + z * error, 1e-3 * error, 0.0);
}

/* Welch by hand: x = 1 2 3 4, y = 2 4 6: d = -1.5, v = 5/12 + 4/3 = 7/4, degrees
 * (7/4)^2 / ((5/12)^2 / 3 + (4/3)^2 / 2). */
static void means_have_welchs_statistic(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4}, y[] = {2, 4, 6};
    const double degrees = 1.75 * 1.75 / (25.0 / 432.0 + 8.0 / 9.0), error = sqrt(1.75);
    const sur_equivalence e = sur_equivalent_means(x, 4, y, 3, 4.0, 0.05);
    CHECK_NEAR(e.difference.value, -1.5, 1e-15, 0.0);
    CHECK_NEAR(e.difference.low, -1.5 - sur_t_quantile(0.95, degrees) * error, 1e-12,
               0);
    CHECK_NEAR(e.p, sur_t_cdf(-2.5 / error, degrees), 1e-14, 0.0);
    const double same[] = {1, 1, 1}, other[] = {1.5, 1.5};
    CHECK(sur_equivalent_means(same, 3, other, 2, 0.6, 0.05).equivalent);
    CHECK(!sur_equivalent_means(same, 3, other, 2, 0.5, 0.05).equivalent);
}

/* A difference as large as the margin is called equivalent in no more than alpha of the
 * cases, and no difference in most, once there are enough examples. */
static void the_test_errs_at_most_at_its_level(void **state)
{
    (void)state;
    sur_rng rng = sur_rng_make(2, "equivalence size", 0);
    const int runs = 2000;
    int wrong = 0, right = 0;
    for (int run = 0; run < runs; run++) {
        double k[3] = {0};
        for (int i = 0; i < 200; i++) k[0] += sur_rng_uniform(&rng) < 0.15;
        for (int i = 0; i < 1000; i++) k[1] += sur_rng_uniform(&rng) < 0.05;
        for (int i = 0; i < 200; i++) k[2] += sur_rng_uniform(&rng) < 0.05;
        wrong +=
            sur_equivalent_proportions(k[0], 200, k[1], 1000, 0.1, 0.05).equivalent;
        right +=
            sur_equivalent_proportions(k[2], 200, k[1], 1000, 0.1, 0.05).equivalent;
    }
    CHECK((double)wrong / runs <= 0.05 + 4.0 * sqrt(0.05 * 0.95 / runs));
    CHECK((double)right / runs > 0.99);
}

static void bad_arguments_give_no_numbers(void **state)
{
    (void)state;
    const double x[] = {1, 2};
    CHECK(isnan(sur_equivalent_proportions(3, 2, 1, 5, 0.1, 0.05).p));
    CHECK(isnan(sur_equivalent_proportions(1, 0, 1, 5, 0.1, 0.05).p));
    CHECK(isnan(sur_equivalent_proportions(1, 5, 1, 5, 0.0, 0.05).p));
    CHECK(isnan(sur_equivalent_proportions(1, 5, 1, 5, 0.1, 0.5).p));
    CHECK(!sur_equivalent_proportions(nan(""), 5, 1, 5, 0.1, 0.05).equivalent);
    CHECK(isnan(sur_equivalent_means(x, 1, x, 2, 0.1, 0.05).p));
    CHECK(sur_equivalent_proportions(5, 5, 0, 5, 1.0, 0.05).p == 0.0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(shares_of_zero_have_the_closed_form),
    cmocka_unit_test(at_no_difference_the_statistic_is_the_pooled_one),
    cmocka_unit_test(p_is_alpha_where_the_interval_touches_the_margin),
    cmocka_unit_test(exchanging_the_samples_or_the_outcome_turns_the_difference),
    cmocka_unit_test(many_trials_make_it_the_unpooled_normal_test),
    cmocka_unit_test(means_have_welchs_statistic),
    cmocka_unit_test(the_test_errs_at_most_at_its_level),
    cmocka_unit_test(bad_arguments_give_no_numbers),
};

int main(void) { return RUN(tests); }
