#include <surplus/stats.h>

#include "support/check.h"

static void a_mean_keeps_the_digits_that_plain_sums_lose(void **state)
{
    (void)state;
    const double x[] = {1e100, 1.0, -1e100, 1.0};
    CHECK_NEAR(sur_mean(x, 4), 0.5, 0.0, 0.0);
    const double weight[] = {1, 2, 1, 2};
    CHECK_NEAR(sur_weighted_mean(x, weight, 4), 4.0 / 6.0, 0.0, 1e-16);
    CHECK(isnan(sur_mean(NULL, 0)));
    const double infinite[] = {1.0, HUGE_VAL};
    CHECK(sur_mean(infinite, 2) == HUGE_VAL);
}

static void a_variance_does_not_see_a_large_shift(void **state)
{
    (void)state;
    sur_rng rng = sur_rng_make(1, "shift", 0);
    double x[1000], y[1000];
    for (int i = 0; i < 1000; i++) {
        x[i] = ldexp(floor(sur_rng_uniform(&rng) * 1024.0), -10);
        y[i] = x[i] + 1099511627776.0; /* 2^40: the sum is exact */
    }
    CHECK_NEAR(sur_variance(y, 1000), sur_variance(x, 1000), 0.0, 1e-13);
    CHECK_NEAR(sur_variance(x, 1000), 1.0 / 12.0, 4.0 / sqrt(180.0 * 1000.0), 0.0);
    const double same[] = {0.1, 0.1, 0.1};
    CHECK_NEAR(sur_variance(same, 3), 0.0, 1e-32, 0.0);
    CHECK(isnan(sur_variance(x, 1)));
    const double broken[] = {1.0, nan(""), 3.0};
    CHECK(isnan(sur_variance(broken, 3)));
}

static void whole_weights_are_repetitions(void **state)
{
    (void)state;
    const double x[] = {0.3, -2.0, 7.5}, weight[] = {3, 0, 2};
    const double repeated[] = {0.3, 0.3, 0.3, 7.5, 7.5};
    CHECK_NEAR(sur_weighted_mean(x, weight, 3), sur_mean(repeated, 5), 0.0, 1e-16);
    CHECK_NEAR(sur_weighted_mean(x, NULL, 3), sur_mean(x, 3), 0.0, 0.0);
    const double cancelling[] = {1, 0, -1};
    CHECK(isnan(sur_weighted_mean(x, cancelling, 3)));
}

static void the_t_interval_is_the_textbook_one(void **state)
{
    (void)state; /* by scipy.stats.t.interval */
    const double x[] = {48, 36, 20, 29, 42, 42, 20};
    const sur_interval at = sur_mean_t(x, 7, 0.95);
    CHECK_NEAR(at.value, 237.0 / 7.0, 0.0, 1e-15);
    CHECK_NEAR(at.low, 23.552565767601344, 0.0, 1e-13);
    CHECK_NEAR(at.high, 44.161719946684364, 0.0, 1e-13);
    const sur_interval one = sur_mean_t(x, 1, 0.95);
    CHECK(one.value == 48.0 && isnan(one.low) && isnan(one.high));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mean_keeps_the_digits_that_plain_sums_lose),
        cmocka_unit_test(a_variance_does_not_see_a_large_shift),
        cmocka_unit_test(whole_weights_are_repetitions),
        cmocka_unit_test(the_t_interval_is_the_textbook_one),
    };
    return RUN(tests);
}
