/* How often do intervals hold the truth? With 2000 samples the share of a 95 % interval
 * scatters by sqrt(0.95 * 0.05 / 2000) = 0.0049, so 93 to 97 % is 4.1 standard errors.
 */
#include <surplus/stats.h>

#include "support/check.h"

enum { RUNS = 2000 };

static double standard_error(double share)
{
    return sqrt(share * (1.0 - share) / RUNS);
}

static bool holds(sur_interval x, double truth)
{
    return x.low <= truth && truth <= x.high;
}

static void check_nominal(int held)
{
    CHECK(4.0 * standard_error(0.95) < 0.02);
    CHECK_NEAR(held / (double)RUNS, 0.95, 0.02, 0.0);
}

static void check_at_least_nominal(int held)
{
    if (held / (double)RUNS < 0.95 - 4.0 * standard_error(0.95))
        fail_msg("%d of %d hold the truth", held, RUNS);
}

static void wilson_covers_and_clopper_pearson_covers_more(void **state)
{
    (void)state;
    int wilson = 0, exact = 0;
    sur_rng rng = sur_rng_make(1, "proportion", 0);
    for (int s = 0; s < RUNS; s++) {
        const double p = 0.02 + 0.96 * sur_rng_uniform(&rng);
        double k = 0.0;
        for (int i = 0; i < 60; i++) k += sur_rng_uniform(&rng) < p;
        wilson += holds(sur_wilson(k, 60, 0.95), p);
        exact += holds(sur_clopper_pearson(k, 60, 0.95), p);
    }
    check_nominal(wilson);
    check_at_least_nominal(exact);
    CHECK(exact >= wilson);
}

static void students_interval_covers_the_mean_of_normals(void **state)
{
    (void)state;
    int held = 0;
    sur_rng rng = sur_rng_make(2, "mean", 0);
    for (int s = 0; s < RUNS; s++) {
        double x[5];
        sur_rng_normals(&rng, x, 5, 3.0);
        held += holds(sur_mean_t(x, 5, 0.95), 0.0);
    }
    check_nominal(held);
}

static double mean_of(void *payload, const sur_idx *picks, sur_idx n)
{
    const double *x = payload;
    double sum = 0.0;
    for (sur_idx i = 0; i < n; i++) sum += x[picks[i]];
    return sum / (double)n;
}

static void bootstrap_intervals_cover_the_mean_of_normals(void **state)
{
    (void)state;
    for (int kind = SUR_PERCENTILE; kind <= SUR_BCA; kind++) {
        int held = 0;
        sur_rng rng = sur_rng_make(3, "bootstrap", 0);
        for (int s = 0; s < RUNS; s++) {
            double x[80];
            sur_interval out;
            sur_rng_normals(&rng, x, 80, 1.0);
            CHECK_OK(sur_bootstrap(&out, mean_of, x, 80, 300, (sur_bootstrap_kind)kind,
                                   0.95, &rng, NULL));
            held += holds(out, 0.0);
        }
        check_nominal(held);
    }
}

typedef enum weighting { EQUAL, POSITIVE, SIGNED } weighting;

/* Normal scores, class 1 shifted: AUC = Phi(shift / sqrt 2). Weights do not depend on
 * them. */
static int covered_areas(double shift, sur_idx n, weighting kind)
{
    int held = 0;
    sur_rng rng = sur_rng_make(4, "area", (uint64_t)kind);
    const double truth = sur_normal_cdf(shift / sqrt(2.0));
    for (int s = 0; s < RUNS; s++) {
        double score[400], weight[400];
        uint8_t label[400];
        sur_interval out;
        for (sur_idx i = 0; i < n; i++) {
            label[i] = i % 5 < 2;
            score[i] = sur_rng_normal(&rng) + shift * label[i];
            weight[i] = kind == POSITIVE ? sur_rng_exponential(&rng)
                                         : (sur_rng_uniform(&rng) < 0.1 ? -1.0 : 1.0);
        }
        CHECK_OK(
            sur_auc(&out, score, label, kind == EQUAL ? NULL : weight, n, 0.95, NULL));
        held += holds(out, truth);
    }
    return held;
}

static void delongs_interval_covers_the_area(void **state)
{
    (void)state;
    check_nominal(covered_areas(1.2, 100, EQUAL));
}

static void the_weighted_interval_covers_the_area(void **state)
{
    (void)state;
    check_nominal(covered_areas(1.2, 300, POSITIVE));
    check_nominal(covered_areas(1.2, 400, SIGNED));
}

static void the_interval_covers_an_area_near_1(void **state)
{
    (void)state; /* AUC = 0.9998: most samples are separated perfectly */
    check_at_least_nominal(covered_areas(5.0, 60, EQUAL));
}

/* The background's share above the median of the signal; much signal, so that the cut
 * itself is almost fixed. */
static void rejections_interval_covers(void **state)
{
    (void)state;
    enum { SIGNAL = 1000, BACKGROUND = 150 };
    int held = 0;
    sur_rng rng = sur_rng_make(5, "rejection", 0);
    for (int s = 0; s < RUNS; s++) {
        static double score[SIGNAL + BACKGROUND];
        static uint8_t label[SIGNAL + BACKGROUND];
        sur_interval out;
        for (int i = 0; i < SIGNAL + BACKGROUND; i++) {
            label[i] = i < SIGNAL;
            score[i] = label[i] ? (i + 0.5) / SIGNAL : sur_rng_uniform(&rng) * 0.55;
        }
        CHECK_OK(sur_rejection(&out, score, label, NULL, SIGNAL + BACKGROUND, 0.5, 0.95,
                               NULL));
        held += holds(out, 11.0); /* 0.05 of 0.55 lies above 1/2 */
    }
    check_at_least_nominal(held);
}

static double uniform_cdf(void *payload, double x)
{
    (void)payload;
    return x;
}

static void the_band_holds_the_whole_distribution(void **state)
{
    (void)state;
    int held = 0;
    sur_rng rng = sur_rng_make(6, "band", 0);
    for (int s = 0; s < RUNS; s++) {
        double x[100], distance, p;
        for (int i = 0; i < 100; i++) x[i] = sur_rng_uniform(&rng);
        CHECK_OK(sur_ks_one(&distance, &p, x, 100, uniform_cdf, NULL, NULL));
        held += distance <= sur_dkw(100, 0.95);
    }
    check_at_least_nominal(held);
}

static const double levels[] = {0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9};
enum { LEVELS = sizeof levels / sizeof *levels };

/* slack: what the approximation of the p-value may be off by */
static void check_uniform(const double *p, double slack)
{
    for (int l = 0; l < LEVELS; l++) {
        double share = 0.0;
        for (int s = 0; s < RUNS; s++) share += (p[s] <= levels[l]) / (double)RUNS;
        CHECK_NEAR(share, levels[l], 4.0 * standard_error(levels[l]) + slack, 0.0);
    }
}

static void kolmogorov_p_values_are_uniform_under_the_null(void **state)
{
    (void)state;
    static double one[RUNS], two[RUNS];
    sur_rng rng = sur_rng_make(7, "null", 0);
    for (int s = 0; s < RUNS; s++) {
        double x[101], y[60], distance;
        for (int i = 0; i < 60; i++) y[i] = sur_rng_uniform(&rng);
        for (int i = 0; i < 101; i++) x[i] = sur_rng_uniform(&rng);
        CHECK_OK(sur_ks_one(&distance, &one[s], y, 60, uniform_cdf, NULL, NULL));
        CHECK_OK(sur_ks_two(&distance, &two[s], x, 101, y, 60, NULL));
    }
    check_uniform(one, 0.002);
    check_uniform(two, 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson_covers_and_clopper_pearson_covers_more),
        cmocka_unit_test(students_interval_covers_the_mean_of_normals),
        cmocka_unit_test(bootstrap_intervals_cover_the_mean_of_normals),
        cmocka_unit_test(delongs_interval_covers_the_area),
        cmocka_unit_test(the_weighted_interval_covers_the_area),
        cmocka_unit_test(the_interval_covers_an_area_near_1),
        cmocka_unit_test(rejections_interval_covers),
        cmocka_unit_test(the_band_holds_the_whole_distribution),
        cmocka_unit_test(kolmogorov_p_values_are_uniform_under_the_null),
    };
    return RUN(tests);
}
