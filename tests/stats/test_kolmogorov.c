#include <surplus/stats.h>

#include "support/check.h"

static double constant(void *payload, double x)
{
    (void)x;
    return *(double *)payload;
}

static double uniform(void *payload, double x)
{
    (void)payload;
    return fmin(fmax(x, 0.0), 1.0);
}

/* n equal numbers against a function that is c there: D = max(c, 1-c). */
static double p_of(sur_idx n, double distance)
{
    double statistic, p;
    double *x = calloc((size_t)n, sizeof *x);
    CHECK_OK(sur_ks_one(&statistic, &p, x, n, constant, &distance, NULL));
    CHECK_NEAR(statistic, distance, 1e-15, 0.0);
    free(x);
    return p;
}

/* Kolmogorov's limit at its published points, reached through x = (2 + 0.12 + 0.055) D.
 */
static void the_limit_law_has_its_published_points(void **state)
{
    (void)state;
    CHECK_NEAR(p_of(4, 1.2238 / 2.175), 0.1000234278356778, 0.0, 1e-12);
    CHECK_NEAR(p_of(4, 1.3581 / 2.175), 0.04999963043166741, 0.0, 1e-12);
    CHECK_NEAR(p_of(4, 1.6276 / 2.175), 0.01000153733306077, 0.0, 1e-12);
    CHECK_NEAR(p_of(1, 0.9 / 1.23), 0.3927307079406543, 0.0, 1e-12);
    CHECK_NEAR(p_of(1, 0.999 / 1.23), 0.2710731641150639, 0.0, 1e-12); /* one series */
    CHECK_NEAR(p_of(1, 1.0 / 1.23), 0.2699996716773545, 0.0, 1e-12);   /* the other */
}

/* Exact 5 % points of the one-sample statistic (Massey 1951, and to more digits since).
 */
static void stephens_correction_finds_the_exact_critical_values(void **state)
{
    (void)state;
    const struct {
        sur_idx n;
        double critical;
    } exact[] = {{10, 0.40925}, {20, 0.29408}, {50, 0.18841}};
    for (int i = 0; i < 3; i++) {
        /* planted: the first numbers pulled down so that the distance is the critical
         * one */
        const sur_idx n = exact[i].n;
        double x[50], statistic, p;
        for (sur_idx k = 0; k < n; k++)
            x[k] = fmax(0.0, ((double)k + 1.0) / (double)n - exact[i].critical);
        CHECK_OK(sur_ks_one(&statistic, &p, x, n, uniform, NULL, NULL));
        CHECK_NEAR(statistic, exact[i].critical, 1e-14, 0.0);
        CHECK_NEAR(p, 0.05, 0.002, 0.0);
    }
}

/* sup over every point of both samples, by counting */
static double slow_distance(const double *x, sur_idx nx, const double *y, sur_idx ny)
{
    double distance = 0.0;
    for (sur_idx t = 0; t < nx + ny; t++) {
        const double at = t < nx ? x[t] : y[t - nx];
        double fx = 0.0, fy = 0.0;
        for (sur_idx i = 0; i < nx; i++) fx += x[i] <= at;
        for (sur_idx i = 0; i < ny; i++) fy += y[i] <= at;
        distance = fmax(distance, fabs(fx / (double)nx - fy / (double)ny));
    }
    return distance;
}

static void the_two_sample_distance_agrees_with_counting(void **state)
{
    (void)state;
    for (uint64_t s = 0; s < 20; s++) {
        sur_rng rng = sur_rng_make(s, "two samples", 0);
        double x[60], y[41], statistic, turned, p, q;
        const double grid = s % 2 ? 4.0 : 1e6; /* ties or none */
        for (int i = 0; i < 60; i++) x[i] = floor(grid * sur_rng_normal(&rng));
        for (int i = 0; i < 41; i++) y[i] = floor(grid * (0.3 + sur_rng_normal(&rng)));
        CHECK_OK(sur_ks_two(&statistic, &p, x, 60, y, 41, NULL));
        CHECK_NEAR(statistic, slow_distance(x, 60, y, 41), 1e-15, 0.0);
        CHECK_OK(sur_ks_two(&turned, &q, y, 41, x, 60, NULL));
        CHECK(turned == statistic && q == p);
    }
}

static void equal_samples_have_distance_0_and_separate_ones_1(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, y[] = {3, 1, 2, 2, 3, 1}, z[] = {7, 8};
    double statistic, p;
    CHECK_OK(sur_ks_two(&statistic, &p, x, 3, y, 6, NULL));
    CHECK(statistic == 0.0 && p == 1.0);
    CHECK_OK(sur_ks_two(&statistic, &p, x, 3, z, 2, NULL));
    CHECK(statistic == 1.0 && p < 1.0);
}

static void bad_numbers_are_named(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, y[] = {1, nan("")};
    double statistic, p, two = 2.0;
    sur_error err;
    CHECK_STATUS(sur_ks_two(&statistic, &p, x, 3, y, 2, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "y[1]");
    CHECK_STATUS(sur_ks_two(&statistic, &p, x, 0, y, 2, &err), SUR_EINVAL);
    CHECK_STATUS(sur_ks_one(&statistic, &p, x, 0, uniform, NULL, &err), SUR_EINVAL);
    CHECK_STATUS(sur_ks_one(&statistic, &p, x, 3, constant, &two, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "distribution function is 2 at 1");
    CHECK(isnan(sur_dkw(0, 0.95)) && isnan(sur_dkw(5, 1.0)));
}

static void the_band_has_its_closed_form(void **state)
{
    (void)state; /* 2 exp(-2 n e^2) = 1 - level */
    CHECK_NEAR(2.0 * exp(-2.0 * 100 * pow(sur_dkw(100, 0.95), 2)), 0.05, 0.0, 1e-13);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const double x[] = {0.1, 0.2, 0.3}, y[] = {0.15, 0.25};
    double statistic, p;
    CHECK_EVERY_ALLOCATION(sur_ks_two(&statistic, &p, x, 3, y, 2, NULL), 4, (void)0);
    CHECK_EVERY_ALLOCATION(sur_ks_one(&statistic, &p, x, 3, uniform, NULL, NULL), 2,
                           (void)0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_law_has_its_published_points),
        cmocka_unit_test(stephens_correction_finds_the_exact_critical_values),
        cmocka_unit_test(the_two_sample_distance_agrees_with_counting),
        cmocka_unit_test(equal_samples_have_distance_0_and_separate_ones_1),
        cmocka_unit_test(bad_numbers_are_named),
        cmocka_unit_test(the_band_has_its_closed_form),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
