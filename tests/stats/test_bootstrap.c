#include <surplus/stats.h>

#include "support/check.h"

/* Spatial test data A, Efron & Tibshirani (1993), "An introduction to the bootstrap",
 * table 14.1. */
static double spatial[] = {48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
                           0,  33, 28, 34, 4,  32, 24, 47, 41, 24, 26, 30, 41};
enum { SPATIAL = sizeof spatial / sizeof *spatial };

static double mean_of(void *payload, const sur_idx *picks, sur_idx n)
{
    const double *x = payload;
    double sum = 0.0;
    for (sur_idx i = 0; i < n; i++) sum += x[picks[i]];
    return sum / (double)n;
}

static double variance_of(void *payload, const sur_idx *picks, sur_idx n)
{
    const double *x = payload;
    const double mean = mean_of(payload, picks, n);
    double sum = 0.0;
    for (sur_idx i = 0; i < n; i++) sum += pow(x[picks[i]] - mean, 2);
    return sum / (double)n;
}

static double scaled_variance_of(void *payload, const sur_idx *picks, sur_idx n)
{
    return 1000.0 - 4.0 * variance_of(payload, picks, n);
}

static double never_defined(void *payload, const sur_idx *picks, sur_idx n)
{
    (void)payload, (void)picks, (void)n;
    return nan("");
}

/* Undefined where the first example is not picked: about 1 resample in 3. */
static double defined_with_the_first(void *payload, const sur_idx *picks, sur_idx n)
{
    for (sur_idx i = 0; i < n; i++)
        if (picks[i] == 0) return mean_of(payload, picks, n);
    return nan("");
}

static sur_interval resample(sur_statistic statistic, double *x, sur_idx n,
                             sur_bootstrap_kind kind, double level)
{
    sur_interval out;
    sur_rng rng = sur_rng_make(5, "bootstrap", 0);
    CHECK_OK(sur_bootstrap(&out, statistic, x, n, 20000, kind, level, &rng, NULL));
    return out;
}

/* Their table 14.2: 90 % intervals of the variance. The ends of 2000 replicates scatter
 * by about 2, so theirs may be off by 4 standard errors = 8. */
static void the_published_intervals_of_a_variance_come_out(void **state)
{
    (void)state;
    const sur_interval p = resample(variance_of, spatial, SPATIAL, SUR_PERCENTILE, 0.9);
    CHECK_NEAR(p.value, 171.5, 0.05, 0.0);
    CHECK_NEAR(p.low, 100.8, 8.0, 0.0);
    CHECK_NEAR(p.high, 233.9, 8.0, 0.0);
    const sur_interval b = resample(variance_of, spatial, SPATIAL, SUR_BCA, 0.9);
    CHECK_NEAR(b.low, 115.8, 8.0, 0.0);
    CHECK_NEAR(b.high, 259.6, 8.0, 0.0);
    CHECK(b.low > p.low + 8.0 && b.high > p.high + 8.0);
}

/* Turning the statistic's axis round turns the interval round: z0 and a change their
 * signs. */
static void the_interval_follows_a_linear_map_of_the_statistic(void **state)
{
    (void)state;
    for (int kind = SUR_PERCENTILE; kind <= SUR_BCA; kind++) {
        const sur_interval v =
            resample(variance_of, spatial, SPATIAL, (sur_bootstrap_kind)kind, 0.95);
        const sur_interval w = resample(scaled_variance_of, spatial, SPATIAL,
                                        (sur_bootstrap_kind)kind, 0.95);
        CHECK_NEAR(w.low, 1000.0 - 4.0 * v.high, 1e-8, 0.0);
        CHECK_NEAR(w.high, 1000.0 - 4.0 * v.low, 1e-8, 0.0);
    }
}

/* For the mean of 0s and 1s the replicates are binomial. */
static void replicates_of_a_proportion_are_binomial(void **state)
{
    (void)state;
    double x[50] = {0};
    for (int i = 0; i < 20; i++) x[i] = 1.0;
    const sur_interval p = resample(mean_of, x, 50, SUR_PERCENTILE, 0.95);
    CHECK_NEAR(p.low, 0.26, 1e-12, 0.0); /* P(K <= 12) = 0.013, P(K <= 13) = 0.028 */
    CHECK_NEAR(p.high, 0.54, 1e-12, 0.0);
}

static void the_same_seed_gives_the_same_bits(void **state)
{
    (void)state;
    const sur_interval a = resample(variance_of, spatial, SPATIAL, SUR_BCA, 0.9);
    const sur_interval b = resample(variance_of, spatial, SPATIAL, SUR_BCA, 0.9);
    CHECK(memcmp(&a, &b, sizeof a) == 0);
}

static void a_statistic_that_is_often_undefined_has_no_interval(void **state)
{
    (void)state;
    const sur_interval some =
        resample(defined_with_the_first, spatial, SPATIAL, SUR_PERCENTILE, 0.9);
    CHECK(some.low < some.value && some.value < some.high);
    const sur_interval none = resample(never_defined, spatial, SPATIAL, SUR_BCA, 0.9);
    CHECK(isnan(none.value) && isnan(none.low) && isnan(none.high));
    const sur_interval one = resample(mean_of, spatial, 1, SUR_PERCENTILE, 0.9);
    CHECK(one.value == 48.0 && isnan(one.low) && isnan(one.high));
    double same[] = {3.0, 3.0, 3.0};
    const sur_interval flat = resample(mean_of, same, 3, SUR_BCA, 0.9);
    CHECK(flat.low == 3.0 && flat.high == 3.0);
}

static void bad_arguments_are_named(void **state)
{
    (void)state;
    sur_interval out;
    sur_error err;
    sur_rng rng = sur_rng_make(1, "bootstrap", 0);
    CHECK_STATUS(sur_bootstrap(&out, mean_of, spatial, 0, 10, SUR_BCA, 0.9, &rng, &err),
                 SUR_EINVAL);
    CHECK_STATUS(sur_bootstrap(&out, mean_of, spatial, 5, 0, SUR_BCA, 0.9, &rng, &err),
                 SUR_EINVAL);
    CHECK_STATUS(sur_bootstrap(&out, mean_of, spatial, 5, 9, SUR_BCA, 1.0, &rng, &err),
                 SUR_EINVAL);
    CHECK_CONTAINS(err.message, "level 1");
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sur_interval out;
    sur_rng rng = sur_rng_make(1, "bootstrap", 0);
    CHECK_EVERY_ALLOCATION(
        sur_bootstrap(&out, mean_of, spatial, SPATIAL, 50, SUR_BCA, 0.9, &rng, NULL), 7,
        (void)0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_intervals_of_a_variance_come_out),
        cmocka_unit_test(the_interval_follows_a_linear_map_of_the_statistic),
        cmocka_unit_test(replicates_of_a_proportion_are_binomial),
        cmocka_unit_test(the_same_seed_gives_the_same_bits),
        cmocka_unit_test(a_statistic_that_is_often_undefined_has_no_interval),
        cmocka_unit_test(bad_arguments_are_named),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
