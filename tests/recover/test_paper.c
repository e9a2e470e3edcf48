/* The laws of Stoeger & Soltanolkotabi 2021 on planted problems small enough to watch:
 * n = 60, r* = 2, r = 60, m = 1200 of 1830 unknowns, mu = 1/4. */
#include "rig.h"

#define BASE                                                        \
    "solver=gd holdout=0 tolerance=0 init_absolute=true step=0.25 " \
    "rank=60 "
enum { SEEDS = 5 };

static double ratio(const recover_trace *t, double mu)
{
    return log1p(mu * t->edge) / log1p(mu * t->gap);
}

/* P1-1, P1-2 */
static void the_phases_come_when_and_as_predicted(void **state)
{
    double edge[SEEDS], start[SEEDS], t1[SEEDS], t2[SEEDS], least[SEEDS], last[SEEDS];
    (void)state;
    for (int s = 0; s < SEEDS; s++) {
        char words[256];
        snprintf(words, sizeof words,
                 BASE "init_scale=1e-5 iterations=130 trace=true seed=%d", s + 1);
        rig r = rig_watch(words);
        const recover_phases phases = recover_trace_phases(&r.trace);
        edge[s] = r.trace.edge;
        start[s] = r.trace.angle_start;
        t1[s] = (double)phases.end[0];
        t2[s] = (double)phases.end[1];
        least[s] = phases.angle_min;
        last[s] = fabs(phases.angle_end - r.trace.angle_start);
        CHECK(phases.end[0] < phases.end[1] && phases.end[1] < phases.end[2]);
        CHECK(r.error < 1e-5);
        rig_free(&r);
    }
    const double middle = rig_median(edge, SEEDS);
    CHECK(middle >= 0.38 && middle <= 0.50);
    const double sine = rig_median(start, SEEDS);
    CHECK(sine >= 0.18 && sine <= 0.28);
    const double first = rig_median(t1, SEEDS), second = rig_median(t2, SEEDS);
    CHECK(first >= 6 && first <= 12);
    CHECK(second >= 40 && second <= 55);
    CHECK(rig_median(least, SEEDS) < 0.005);
    CHECK(rig_median(last, SEEDS) < 0.005);
}

/* Lemma D.1: || E_t || <= 8 (1 + delta) sqrt(min(n, r)) alpha^3 / || Mhat || || G ||^3
 * (1 + mu || Mhat ||)^(3t), as long as E_t is the smaller part. Checked with delta = 0,
 * the strictest reading. */
static void the_distance_from_the_power_method_obeys_its_bound(void **state)
{
    const double alpha = 1e-5, mu = 0.25;
    (void)state;
    rig r = rig_watch(BASE "init_scale=1e-5 iterations=60 trace=true seed=2");
    const double top = r.trace.values[59];
    double values[60];
    sur_mat g = {0}, u = {0};
    CHECK_OK(sur_mat_new(&g, 60, 60, NULL));
    CHECK_OK(sur_mat_new(&u, 60, 60, NULL));
    sur_mat_copy(&g, &r.trace.start); /* U_0 in the basis of Mhat */
    CHECK_OK(sur_svd(values, NULL, NULL, &g, NULL));
    const double size = values[0] / alpha;
    int checked = 0;
    for (sur_idx i = 1; i < r.trace.count; i++) {
        const recover_point *p = &r.trace.points[i];
        if (!(p->apart < 0.9)) break;
        for (int k = 0; k < 60; k++)
            for (int j = 0; j < 60; j++)
                u.data[k * 60 + j] =
                    pow(1.0 + mu * r.trace.values[k], (double)p->iteration) *
                    g.data[k * 60 + j];
        CHECK_OK(sur_svd(values, NULL, NULL, &u, NULL));
        CHECK(p->apart * values[0] <=
              8.0 * sqrt(60.0) * pow(alpha, 3.0) / top * pow(size, 3.0) *
                  pow(1.0 + mu * top, 3.0 * (double)p->iteration));
        checked++;
    }
    CHECK(checked > 30);
    sur_mat_free(&g);
    sur_mat_free(&u);
    rig_free(&r);
}

/* P1-3: the error falls as alpha^(2 (1 - rho)). */
static void the_error_falls_with_the_start_at_the_predicted_rate(void **state)
{
    const char *const alphas[] = {"1e-2", "1e-3", "1e-4", "1e-5"};
    (void)state;
    for (int s = 1; s <= 3; s++) {
        double x[4], y[4];
        char words[256];
        snprintf(words, sizeof words,
                 BASE "dimension=40 rank=40 measurements=600 iterations=160 seed=%d",
                 s);
        rig r = rig_each(words, "init_scale", alphas, 4, y);
        for (int k = 0; k < 4; k++) {
            x[k] = log(atof(alphas[k]));
            y[k] = log(y[k]);
        }
        CHECK_NEAR(rig_slope(x, y, 4), 2.0 * (1.0 - ratio(&r.trace, 0.25)), 0.2, 0.0);
        rig_free(&r);
    }
}

/* Not only the slope: the error itself follows from Mhat, over four decades of alpha.
 */
static void the_error_of_plain_descent_is_predicted(void **state)
{
    const char *const alphas[] = {"1e-2", "1e-4", "1e-6"};
    (void)state;
    for (int k = 0; k < 3; k++) {
        char words[256];
        snprintf(words, sizeof words,
                 BASE "dimension=40 rank=40 measurements=600 iterations=200 "
                      "init_scale=%s seed=%d",
                 alphas[k], k + 1);
        rig r = rig_watch(words);
        const double predicted = recover_predicted_error(&r.trace, &r.result);
        CHECK(r.error > predicted / 1.5 && r.error < predicted * 1.5);
        rig_free(&r);
    }
}

/* P1-3: more measurements, a steeper law; all entries (the population), slope 2. */
static void more_measurements_make_the_law_steeper_up_to_two(void **state)
{
    const char *const kinds[] = {"measurements=540", "measurements=900",
                                 "measurements=1800", "measurements=3600",
                                 "measurements=900 sensing=completion"};
    const char *const alphas[] = {"1e-2", "1e-3", "1e-4"};
    double slope[5];
    (void)state;
    for (int c = 0; c < 5; c++) {
        double x[3], y[3];
        char words[512];
        snprintf(words, sizeof words,
                 BASE "dimension=30 true_rank=3 rank=30 iterations=130 %s", kinds[c]);
        rig r = rig_each(words, "init_scale", alphas, 3, y);
        for (int k = 0; k < 3; k++) {
            x[k] = log(atof(alphas[k]));
            y[k] = log(y[k]);
        }
        slope[c] = rig_slope(x, y, 3);
        if (c > 0) CHECK(slope[c] > slope[c - 1]);
        rig_free(&r);
    }
    CHECK(slope[4] > 1.95 && slope[4] < 2.05);
}

/* P1-4 */
static void a_smaller_start_costs_iterations_in_its_logarithm(void **state)
{
    int64_t before = 0;
    (void)state;
    for (int k = 3; k <= 5; k++) {
        char words[256];
        snprintf(words, sizeof words,
                 BASE "init_scale=1e-%d iterations=90 trace=true seed=4", k);
        rig r = rig_watch(words);
        const int64_t now = rig_reaches(&r, 0.1);
        const double want = log(10.0) / log1p(0.25 * r.trace.gap);
        CHECK(now > 0);
        if (k > 3) CHECK_NEAR((double)(now - before), want, 1.0, 0.15);
        before = now;
        rig_free(&r);
    }
}

/* P1-5 */
static void with_the_true_rank_the_start_leaves_no_trace(void **state)
{
    const char *const scales[] = {"1e-1", "1e-3", "1e-5"};
    double error[3];
    (void)state;
    rig r = rig_each("solver=gd holdout=0 tolerance=0 step=0.25 rank=2 iterations=330 "
                     "dimension=40 measurements=600",
                     "init_scale", scales, 3, error);
    for (int k = 0; k < 3; k++) CHECK(error[k] < 1e-12);
    rig_free(&r);
}

static void how_wide_the_factor_is_matters_little(void **state)
{
    const char *const widths[] = {"4", "10", "25", "40", "80"};
    double error[5], least = HUGE_VAL, most = 0.0;
    (void)state;
    rig r = rig_each("solver=gd holdout=0 tolerance=0 step=0.25 init_scale=1e-4 "
                     "dimension=40 measurements=600 iterations=200 seed=3",
                     "rank", widths, 5, error);
    for (int k = 0; k < 5; k++) {
        least = fmin(least, error[k]);
        most = fmax(most, error[k]);
    }
    CHECK(most < 1e-3 && most / least < 9.0); /* each within 3 of the middle */
    rig_free(&r);
}

/* P1-6 */
static void a_large_start_fits_and_does_not_recover(void **state)
{
    (void)state;
    const char words[] = "solver=gd holdout=0 dimension=50 rank=50 "
                         "measurements=500 init_absolute=true ";
    char large[256], small[256];
    snprintf(large, sizeof large, "%sinit_scale=1 tolerance=1e-3 iterations=6000",
             words);
    snprintf(small, sizeof small, "%sinit_scale=1e-4 tolerance=0 iterations=600",
             words);
    rig r = rig_run(large);
    CHECK(r.result.fit < 1e-3); /* a loss of 1e-7 */
    CHECK(r.error > 1.0);
    rig_free(&r);
    r = rig_run(small);
    CHECK(r.error < 1e-3);
    rig_free(&r);
}

/* sigma^2 = 1, .25, .0625: each direction escapes in its own time,
 * ln(sigma / (alpha sqrt 2)) / ln(1 + mu sigma^2) iterations. */
static void directions_are_learned_one_after_another(void **state)
{
    const double half_at[3] = {0.5, 0.125, 0.03125}, sigma2[3] = {1.0, 0.25, 0.0625};
    (void)state;
    rig r = rig_watch("solver=gd holdout=0 tolerance=0 step=0.2 init_absolute=true "
                      "init_scale=1e-6 dimension=20 true_rank=3 rank=20 condition=4 "
                      "sensing=completion measurements=400 iterations=1300 trace=true");
    for (int k = 0; k < 3; k++) {
        int64_t when = -1;
        for (sur_idx i = 0; i < r.trace.count && when < 0; i++) {
            const double s = r.trace.points[i].singular[k];
            if (s * s >= half_at[k]) when = r.trace.points[i].iteration;
        }
        const double want =
            log(sqrt(sigma2[k]) / (1e-6 * sqrt(2.0))) / log1p(0.2 * sigma2[k]);
        CHECK_NEAR((double)when, want, 0.0, 0.1);
    }
    char plateaus[400];
    recover_plateaus(plateaus, sizeof plateaus, &r.trace, 0.01);
    CHECK_CONTAINS(plateaus, "rank 1 from iteration");
    CHECK_CONTAINS(plateaus, "rank 2 from iteration");
    CHECK_CONTAINS(plateaus, "rank 3 from iteration");
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_phases_come_when_and_as_predicted),
        cmocka_unit_test(the_distance_from_the_power_method_obeys_its_bound),
        cmocka_unit_test(the_error_falls_with_the_start_at_the_predicted_rate),
        cmocka_unit_test(the_error_of_plain_descent_is_predicted),
        cmocka_unit_test(more_measurements_make_the_law_steeper_up_to_two),
        cmocka_unit_test(a_smaller_start_costs_iterations_in_its_logarithm),
        cmocka_unit_test(with_the_true_rank_the_start_leaves_no_trace),
        cmocka_unit_test(how_wide_the_factor_is_matters_little),
        cmocka_unit_test(a_large_start_fits_and_does_not_recover),
        cmocka_unit_test(directions_are_learned_one_after_another),
    };
    return RUN(tests);
}
