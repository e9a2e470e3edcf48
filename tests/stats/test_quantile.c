#include <surplus/stats.h>

#include "stats/order.h"
#include "support/check.h"

enum { N = 257 };

static void draw(double *x, sur_idx n, const char *purpose)
{
    sur_rng rng = sur_rng_make(3, purpose, 0);
    for (sur_idx i = 0; i < n; i++) x[i] = sur_rng_normal(&rng);
}

static double quantile(const double *x, const double *weight, sur_idx n, double p)
{
    double out = nan("");
    CHECK_OK(sur_quantile(&out, x, weight, n, p, NULL));
    return out;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sorting_agrees_with_the_library_and_keeps_the_rows(void **state)
{
    (void)state;
    double x[3 * N], sorted[3 * N];
    draw(x, 3 * N, "sort");
    for (int i = 0; i < N; i++) x[i] = floor(4.0 * x[i]); /* many ties */
    x[5] = HUGE_VAL, x[6] = -HUGE_VAL, x[7] = 5e-324, x[8] = -5e-324, x[9] = 1e308;
    memcpy(sorted, x, sizeof x);
    qsort(sorted, 3 * N, sizeof *sorted, by_value);

    sur_ordered *item;
    CHECK_OK(sur_order_new(&item, x, 3 * N, "x", NULL));
    for (int i = 0; i < 3 * N; i++) {
        CHECK(sur_order_value(item[i].key) == sorted[i]);
        CHECK(x[item[i].row] == sorted[i]);
        CHECK(i == 0 || item[i].key != item[i - 1].key ||
              item[i].row > item[i - 1].row);
    }
    free(item);
    CHECK(sur_order_key(-0.0) == sur_order_key(0.0));
}

static void equal_weights_give_type_7(void **state)
{
    (void)state; /* R: quantile(x, p), type 7 */
    const double x[] = {48, 36, 20, 29, 42, 42, 20};
    CHECK_NEAR(quantile(x, NULL, 7, 0.3), 27.2, 0.0, 1e-14);
    CHECK_NEAR(quantile(x, NULL, 7, 0.5), 36.0, 0.0, 0.0);
    CHECK_NEAR(quantile(x, NULL, 7, 0.0), 20.0, 0.0, 0.0);
    CHECK_NEAR(quantile(x, NULL, 7, 1.0), 48.0, 0.0, 0.0);
    CHECK_NEAR(quantile(x, NULL, 1, 0.7), 48.0, 0.0, 0.0);

    double many[N], weight[N];
    draw(many, N, "values");
    for (int i = 0; i < N; i++) weight[i] = 0.37;
    for (double p = 0.0; p <= 1.0; p += 1.0 / 64)
        CHECK_NEAR(quantile(many, weight, N, p), quantile(many, NULL, N, p), 1e-12,
                   0.0);
}

/* The definition taken literally: the mean of the step quantile function over the
 * window, by a fine midpoint rule. */
static double slow_quantile(const sur_ordered *item, const double *weight, sur_idx n,
                            double p)
{
    enum { STEPS = 20000 };
    double whole = 0.0, squares = 0.0, sum = 0.0, at = 0.0;
    for (sur_idx i = 0; i < n; i++)
        whole += weight[i], squares += weight[i] * weight[i];
    const double m = whole * whole / squares;
    sur_idx i = -1;
    for (int s = 0; s < STEPS; s++) {
        const double t = (m - 1.0) * p + (s + 0.5) / STEPS;
        while (at < t && i < n - 1) at += weight[item[++i].row] / whole * m;
        sum += sur_order_value(item[i].key);
    }
    return sum / STEPS;
}

static void the_weighted_quantile_is_the_mean_over_its_window(void **state)
{
    (void)state;
    double x[40], weight[40];
    draw(x, 40, "values");
    sur_rng rng = sur_rng_make(3, "weights", 0);
    for (int i = 0; i < 40; i++) weight[i] = i % 7 ? sur_rng_exponential(&rng) : 0.0;
    sur_ordered *item;
    CHECK_OK(sur_order_new(&item, x, 40, "x", NULL));
    for (double p = 0.0; p <= 1.0; p += 0.05)
        CHECK_NEAR(quantile(x, weight, 40, p), slow_quantile(item, weight, 40, p), 2e-3,
                   0.0);
    free(item);
}

static void a_quantile_rises_with_p_and_ignores_scale_and_absent_rows(void **state)
{
    (void)state;
    double x[N], weight[N], scaled[N], kept_x[N], kept_weight[N];
    draw(x, N, "values");
    sur_rng rng = sur_rng_make(4, "weights", 0);
    sur_idx kept = 0;
    for (int i = 0; i < N; i++) {
        weight[i] = i % 5 ? sur_rng_exponential(&rng) : 0.0;
        scaled[i] = 1e-5 * weight[i];
        if (weight[i] > 0.0) kept_x[kept] = x[i], kept_weight[kept++] = weight[i];
    }
    double before = -HUGE_VAL;
    for (double p = 0.0; p <= 1.0; p += 1.0 / 64) {
        const double q = quantile(x, weight, N, p);
        CHECK(q >= before - 1e-12);
        before = q;
        CHECK_NEAR(quantile(x, scaled, N, p), q, 1e-11, 0.0);
        CHECK_NEAR(quantile(kept_x, kept_weight, kept, p), q, 0.0, 0.0);
    }
}

static void weights_correct_a_sample_drawn_with_another_density(void **state)
{
    (void)state; /* uniform draws weighted by 2x have the density 2x and the median
                    sqrt(1/2) */
    enum { M = 20000 };
    static double x[M], weight[M];
    sur_rng rng = sur_rng_make(6, "tilt", 0);
    for (int i = 0; i < M; i++) x[i] = sur_rng_uniform(&rng), weight[i] = 2.0 * x[i];
    const double median = sqrt(0.5), effective = M * 3.0 / 4.0;
    const double error = 0.5 / sqrt(effective) / (2.0 * median);
    CHECK_NEAR(quantile(x, weight, M, 0.5), median, 4.0 * error, 0.0);
}

static void bad_numbers_are_named(void **state)
{
    (void)state;
    const double x[] = {1, 2, nan(""), 4}, good[] = {1, 2, 3, 4};
    const double negative[] = {1, -2, 3, 4}, zero[] = {0, 0, 0, 0};
    double out = 7.0;
    sur_error err;
    CHECK_STATUS(sur_quantile(&out, x, NULL, 4, 0.5, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "x[2]");
    CHECK_STATUS(sur_quantile(&out, good, negative, 4, 0.5, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "weight[1]");
    CHECK_STATUS(sur_quantile(&out, good, zero, 4, 0.5, &err), SUR_EINVAL);
    CHECK_STATUS(sur_quantile(&out, good, NULL, 0, 0.5, &err), SUR_EINVAL);
    CHECK_STATUS(sur_quantile(&out, good, NULL, 4, 1.5, &err), SUR_EINVAL);
    CHECK(out == 7.0);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const double x[] = {3, 1, 2};
    double out;
    CHECK_EVERY_ALLOCATION(sur_quantile(&out, x, NULL, 3, 0.5, NULL), 2, (void)0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorting_agrees_with_the_library_and_keeps_the_rows),
        cmocka_unit_test(equal_weights_give_type_7),
        cmocka_unit_test(the_weighted_quantile_is_the_mean_over_its_window),
        cmocka_unit_test(a_quantile_rises_with_p_and_ignores_scale_and_absent_rows),
        cmocka_unit_test(weights_correct_a_sample_drawn_with_another_density),
        cmocka_unit_test(bad_numbers_are_named),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
