#include <surplus/stats.h>

#include "support/check.h"

/* Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I.
 */
static const struct {
    double k, n, wilson[2], exact[2];
} published[] = {
    {81, 263, {0.2553, 0.3662}, {0.2527, 0.3676}},
    {15, 148, {0.0624, 0.1605}, {0.0578, 0.1617}},
    {0, 20, {0.0000, 0.1611}, {0.0000, 0.1684}},
    {1, 29, {0.0061, 0.1718}, {0.0009, 0.1776}},
};

static void intervals_of_a_proportion_are_the_published_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        const double k = published[i].k, n = published[i].n;
        const sur_interval w = sur_wilson(k, n, 0.95);
        const sur_interval e = sur_clopper_pearson(k, n, 0.95);
        CHECK_NEAR(w.value, k / n, 0.0, 0.0);
        CHECK_NEAR(w.low, published[i].wilson[0], 5.1e-5, 0.0);
        CHECK_NEAR(w.high, published[i].wilson[1], 5.1e-5, 0.0);
        CHECK_NEAR(e.low, published[i].exact[0], 5.1e-5, 0.0);
        CHECK_NEAR(e.high, published[i].exact[1], 5.1e-5, 0.0);
    }
}

/* With 30 and with none of 1,000. */
static void
clopper_and_pearsons_limits_of_rare_errors_are_the_published_ones(void **state)
{
    (void)state;
    const sur_interval some = sur_clopper_pearson(30, 1000, 0.95),
                       none = sur_clopper_pearson(0, 1000, 0.95);
    CHECK_NEAR(some.low, 0.0203, 1e-4, 0.0);
    CHECK_NEAR(some.high, 0.0426, 1e-4, 0.0);
    CHECK_NEAR(none.high, 0.00368, 1e-5, 0.0);
    CHECK(none.low == 0.0);
}

/* At Wilson's ends the score (p - k/n) / sqrt(p(1-p)/n) is z. */
static void wilsons_ends_solve_the_score_equation(void **state)
{
    (void)state;
    const double z = sur_normal_quantile(0.95); /* level 0.9 */
    for (double n = 1; n <= 1e9; n *= 31)
        for (double share = 0.0; share <= 1.0; share += 0.125) {
            const double k = floor(share * n);
            const sur_interval w = sur_wilson(k, n, 0.9);
            CHECK(w.low >= 0.0 && w.low <= w.value && w.value <= w.high &&
                  w.high <= 1.0);
            if (k > 0)
                CHECK_NEAR((w.value - w.low) / sqrt(w.low * (1 - w.low) / n), z, 0.0,
                           1e-6);
            if (k < n)
                CHECK_NEAR((w.high - w.value) / sqrt(w.high * (1 - w.high) / n), z, 0.0,
                           1e-6);
        }
}

/* At Clopper and Pearson's ends the binomial tail has chance alpha/2. */
static void clopper_and_pearsons_ends_have_the_binomial_tail(void **state)
{
    (void)state;
    for (double n = 1; n <= 1e6; n *= 31)
        for (double share = 0.0; share <= 1.0; share += 0.125) {
            const double k = floor(share * n);
            const sur_interval e = sur_clopper_pearson(k, n, 0.95);
            CHECK(e.low >= 0.0 && e.low <= e.value && e.value <= e.high &&
                  e.high <= 1.0);
            if (k > 0) CHECK_NEAR(sur_beta_cdf(e.low, k, n - k + 1), 0.025, 0.0, 1e-9);
            if (k < n) CHECK_NEAR(sur_beta_cdf(e.high, k + 1, n - k), 0.975, 0.0, 1e-9);
        }
}

static void exchanging_success_and_failure_mirrors_the_interval(void **state)
{
    (void)state;
    for (double k = 0; k <= 37; k++) {
        const sur_interval a = sur_wilson(k, 37, 0.95),
                           b = sur_wilson(37 - k, 37, 0.95);
        CHECK_NEAR(a.low, 1.0 - b.high, 1e-15, 0.0);
        const sur_interval c = sur_clopper_pearson(k, 37, 0.99);
        const sur_interval d = sur_clopper_pearson(37 - k, 37, 0.99);
        CHECK_NEAR(c.low, 1.0 - d.high, 1e-15, 0.0);
    }
}

static void no_and_only_successes_give_the_closed_forms(void **state)
{
    (void)state;
    for (double n = 1; n <= 1e7; n *= 7) {
        const double z2 = pow(sur_normal_quantile(0.975), 2);
        const sur_interval w0 = sur_wilson(0, n, 0.95), w1 = sur_wilson(n, n, 0.95);
        CHECK(w0.low == 0.0 && w1.high == 1.0);
        CHECK_NEAR(w0.high, z2 / (n + z2), 0.0, 1e-13);
        CHECK_NEAR(w1.low, n / (n + z2), 0.0, 1e-13);
        const sur_interval e0 = sur_clopper_pearson(0, n, 0.95);
        const sur_interval e1 = sur_clopper_pearson(n, n, 0.95);
        CHECK(e0.low == 0.0 && e1.high == 1.0);
        CHECK_NEAR(e0.high, -expm1(log(0.025) / n), 1e-16, 1e-9);
        CHECK_NEAR(e1.low, pow(0.025, 1.0 / n), 0.0, 1e-13);
    }
}

static void no_trials_tell_nothing_and_bad_counts_give_nan(void **state)
{
    (void)state;
    sur_interval (*const interval[])(double, double, double) = {sur_wilson,
                                                                sur_clopper_pearson};
    const double bad[][3] = {
        {-1, 5, 0.95},       {6, 5, 0.95}, {nan(""), 5, 0.95}, {1, nan(""), 0.95},
        {1, HUGE_VAL, 0.95}, {1, 5, 0.0},  {1, 5, 1.0},        {1, 5, nan("")},
    };
    for (int f = 0; f < 2; f++) {
        const sur_interval none = interval[f](0, 0, 0.95);
        CHECK(isnan(none.value) && none.low == 0.0 && none.high == 1.0);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            const sur_interval x = interval[f](bad[i][0], bad[i][1], bad[i][2]);
            CHECK(isnan(x.value) && isnan(x.low) && isnan(x.high));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_of_a_proportion_are_the_published_ones),
        cmocka_unit_test(wilsons_ends_solve_the_score_equation),
        cmocka_unit_test(
            clopper_and_pearsons_limits_of_rare_errors_are_the_published_ones),
        cmocka_unit_test(clopper_and_pearsons_ends_have_the_binomial_tail),
        cmocka_unit_test(exchanging_success_and_failure_mirrors_the_interval),
        cmocka_unit_test(no_and_only_successes_give_the_closed_forms),
        cmocka_unit_test(no_trials_tell_nothing_and_bad_counts_give_nan),
    };
    return RUN(tests);
}
