#include <surplus/stats.h>

#include "stats/special.h"
#include "support/check.h"

static void the_normal_distribution_has_its_known_values(void **state)
{
    (void)state; /* to 18 digits by multiple precision */
    CHECK_NEAR(sur_normal_cdf(-10.0), 7.61985302416052607e-24, 0.0, 1e-13);
    CHECK_NEAR(sur_normal_cdf(-2.0), 0.0227501319481792072, 0.0, 1e-15);
    CHECK_NEAR(sur_normal_cdf(0.5), 0.691462461274013104, 0.0, 1e-15);
    CHECK_NEAR(sur_normal_cdf(3.0), 0.998650101968369905, 0.0, 1e-15);
    CHECK_NEAR(sur_normal_quantile(0.975), 1.95996398454005424, 0.0, 1e-15);
    CHECK_NEAR(sur_normal_quantile(0.5), 0.0, 0.0, 0.0);
    CHECK(sur_normal_quantile(0.0) == -HUGE_VAL &&
          sur_normal_quantile(1.0) == HUGE_VAL);
    CHECK(isnan(sur_normal_quantile(-0.1)) && isnan(sur_normal_quantile(nan(""))));
}

static void the_normal_quantile_inverts_the_cdf(void **state)
{
    (void)state;
    for (double p = 1e-300; p < 0.5; p *= 1.7) {
        const double x = sur_normal_quantile(p);
        /* dp/p = x dx: rounding of x alone costs x^2 eps */
        CHECK_NEAR(sur_normal_cdf(x), p, 0.0, 1e-15 * (1.0 + x * x));
    }
    for (double q = 1e-12; q < 0.5; q *= 1.3) {
        /* q as it is after 1/2 was added */
        CHECK_NEAR(sur_normal_quantile(0.5 + q),
                   -sur_normal_quantile(0.5 - (0.5 + q - 0.5)), 0.0, 1e-15);
        CHECK_NEAR(sur_normal_cdf(sur_normal_quantile(0.5 + q)), 0.5 + q, 2e-16, 0.0);
    }
}

static void the_incomplete_beta_function_has_its_known_values(void **state)
{
    (void)state; /* multiple precision */
    CHECK_NEAR(sur_beta_cdf(0.25, 0.5, 0.5), 1.0 / 3.0, 0.0, 1e-14);
    CHECK_NEAR(sur_beta_cdf(0.3, 2.0, 5.0), 0.579825, 0.0, 1e-14);
    CHECK_NEAR(sur_beta_cdf(0.9, 12.5, 0.75), 0.183839916381510058, 0.0, 1e-13);
    CHECK_NEAR(sur_beta_cdf(0.001, 0.25, 300.0), 0.771217297932632465, 0.0, 1e-13);
    CHECK_NEAR(sur_beta_cdf(0.5, 1000.0, 1010.0), 0.588269827543727525, 0.0, 1e-13);
    CHECK(sur_beta_cdf(-1.0, 2.0, 3.0) == 0.0 && sur_beta_cdf(1.0, 2.0, 3.0) == 1.0);
    CHECK(isnan(sur_beta_cdf(0.5, 0.0, 1.0)) && isnan(sur_beta_cdf(nan(""), 1.0, 1.0)));
}

/* I_x(k, n-k+1) = P(at least k successes of n) */
static void the_incomplete_beta_function_sums_binomial_chances(void **state)
{
    (void)state;
    const int n = 40;
    for (double x = 0.05; x < 1.0; x += 0.15) {
        double chance = pow(1.0 - x, n), tail = 1.0; /* of k = 0 */
        for (int k = 1; k <= n; k++) {
            tail -= chance;
            chance *= (n - k + 1) / (double)k * x / (1.0 - x);
            CHECK_NEAR(sur_beta_cdf(x, k, n - k + 1), tail, 3e-15, 1e-12);
        }
    }
}

static const double sizes[] = {0.01, 0.3, 1.0, 2.5, 17.0, 400.0, 1e5, 3e7};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void the_beta_distribution_is_symmetric_and_its_quantile_inverts_it(void **state)
{
    (void)state;
    for (int i = 0; i < SIZES; i++)
        for (int j = 0; j < SIZES; j++)
            for (double p = 1e-6; p < 1.0; p += 0.0999) {
                const double a = sizes[i], b = sizes[j];
                const double u = sur_beta_logit_quantile(p, 1.0 - p, a, b);
                const double x = 1.0 / (1.0 + exp(-u)), y = 1.0 / (1.0 + exp(u));
                if (fabs(u) > 700.0) continue; /* x or y is 0 */
                const sur_beta_tails at = sur_beta_both(x, y, a, b);
                CHECK_NEAR(at.lower, p, 1e-14, 1e-15 * at.slope / p * (10.0 + fabs(u)));
                CHECK_NEAR(at.lower + at.upper, 1.0, 1e-15, 0.0);
                const sur_beta_tails turned = sur_beta_both(y, x, b, a);
                CHECK_NEAR(turned.upper, at.lower, 1e-14 + 1e-15 * at.slope, 0.0);
                CHECK_NEAR(sur_beta_quantile(p, a, b), x, 0.0, 1e-15);
            }
}

/* The slope of the quantile's Newton steps is the derivative: central differences, h^2.
 */
static void the_slope_of_the_beta_distribution_is_its_derivative(void **state)
{
    (void)state;
    for (int i = 1; i < 6; i++)
        for (int j = 1; j < 6; j++) {
            const double a = sizes[i], b = sizes[j], u = log(a / b) + 0.3 / sqrt(a + b);
            const double h = 1e-4 / sqrt(a + b);
            double value[2], slope = 0.0;
            for (int s = -1; s <= 1; s++) {
                const double v = u + s * h;
                const sur_beta_tails at =
                    sur_beta_both(1.0 / (1.0 + exp(-v)), 1.0 / (1.0 + exp(v)), a, b);
                if (s == 0)
                    slope = at.slope;
                else
                    value[s > 0] = at.lower;
            }
            CHECK_NEAR((value[1] - value[0]) / (2.0 * h), slope, 1e-9, 1e-6);
        }
}

static void students_t_has_its_published_values(void **state)
{
    (void)state;
    CHECK_NEAR(sur_t_quantile(0.975, 1), 12.706204736174694, 0.0, 1e-12);
    CHECK_NEAR(sur_t_quantile(0.975, 2), 4.302652729749462, 0.0, 1e-12);
    CHECK_NEAR(sur_t_quantile(0.975, 10), 2.228138851986274, 0.0, 1e-12);
    CHECK_NEAR(sur_t_quantile(0.975, 30), 2.0422724563012378, 0.0, 1e-12);
    CHECK_NEAR(sur_t_quantile(0.995, 5), 4.032142983555228, 0.0, 1e-12);
    CHECK_NEAR(sur_t_quantile(1e-6, 2), -707.1057205259339, 0.0, 1e-12);
    CHECK_NEAR(sur_t_quantile(0.975, 1e12), sur_normal_quantile(0.975), 0.0, 1e-11);
    CHECK(isnan(sur_t_quantile(0.5, 0.0)) && isnan(sur_t_cdf(nan(""), 3.0)));
}

/* v = 1 is Cauchy's, v = 2 is algebraic. */
static void students_t_agrees_with_its_closed_forms(void **state)
{
    (void)state;
    for (double x = -40.0; x <= 40.0; x += 0.37) {
        const double cauchy = atan2(1.0, -x) / acos(-1.0);
        CHECK_NEAR(sur_t_cdf(x, 1.0), cauchy, 1e-15, 1e-13);
        CHECK_NEAR(sur_t_cdf(x, 2.0), 0.5 + 0.5 * x / sqrt(2.0 + x * x), 2e-15, 0.0);
    }
    for (double degrees = 0.7; degrees < 1e9; degrees *= 3.1)
        for (double p = 0.003; p < 1.0; p += 0.0371) {
            const double x = sur_t_quantile(p, degrees);
            CHECK_NEAR(sur_t_cdf(x, degrees), p, 0.0, 1e-13);
            CHECK_NEAR(sur_t_quantile(1.0 - p, degrees), -x, 1e-14, 1e-12);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_normal_distribution_has_its_known_values),
        cmocka_unit_test(the_normal_quantile_inverts_the_cdf),
        cmocka_unit_test(the_incomplete_beta_function_has_its_known_values),
        cmocka_unit_test(the_incomplete_beta_function_sums_binomial_chances),
        cmocka_unit_test(
            the_beta_distribution_is_symmetric_and_its_quantile_inverts_it),
        cmocka_unit_test(the_slope_of_the_beta_distribution_is_its_derivative),
        cmocka_unit_test(students_t_has_its_published_values),
        cmocka_unit_test(students_t_agrees_with_its_closed_forms),
    };
    return RUN(tests);
}
