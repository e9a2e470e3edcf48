/* Solvers, stopping, jumping, the rank read-out, completion, quadratic and rectangular
 * problems. */
#include "rig.h"

/* P1-8: kappa = 10, all entries seen, r = 10 */
static void preconditioning_removes_the_condition_number(void **state)
{
    const char *const solvers[] = {"scaled", "prec", "gd"};
    const int64_t most[] = {150, 120, 5000};
    (void)state;
    for (int k = 0; k < 3; k++) {
        char words[512];
        snprintf(words, sizeof words,
                 "solver=%s holdout=0 tolerance=0 dimension=30 true_rank=2 rank=10 "
                 "condition=10 sensing=completion measurements=900 "
                 "init_scale=1e-6 iterations=%lld",
                 solvers[k], (long long)most[k]);
        rig r = rig_watch(words);
        const int64_t reached = rig_reaches(&r, 1e-6);
        CHECK(k < 2 ? reached > 0 && reached < most[k] : reached < 0);
        rig_free(&r);
    }
}

/* Wide factors keep small surplus columns, which prec alone takes long to shrink. */
static void momentum_goes_on_where_plain_steps_stand(void **state)
{
    const char *const kinds[] = {"dimension=30 measurements=380",
                                 "dimension=30 columns=20 measurements=500"};
    (void)state;
    for (int k = 0; k < 2; k++) {
        int64_t reached[2];
        for (int rolls = 0; rolls < 2; rolls++) {
            char words[512];
            snprintf(words, sizeof words,
                     "%s true_rank=2 rank=15 condition=5 holdout=0 tolerance=0 "
                     "iterations=300%s",
                     kinds[k], rolls ? "" : " momentum=0");
            rig r = rig_watch(words);
            reached[rolls] = rig_reaches(&r, 1e-5);
            rig_free(&r);
        }
        CHECK(reached[1] > 0 && reached[1] < 80);
        CHECK(reached[0] < 0 || reached[0] > 2 * reached[1]);
    }
}

static void solvers_agree_where_they_converge(void **state)
{
    const char *const kinds[] = {"dimension=30 measurements=380",
                                 "dimension=30 columns=20 measurements=500"};
    const char *const solvers[] = {"gd", "scaled", "prec"};
    (void)state;
    for (int k = 0; k < 2; k++) {
        sur_mat first = {0}, x = {0};
        for (int s = 0; s < 3; s++) {
            char words[512];
            snprintf(words, sizeof words,
                     "%s true_rank=2 rank=2 condition=2 holdout=0 tolerance=1e-12 "
                     "init_scale=1e-3 iterations=3000 solver=%s",
                     kinds[k], solvers[s]);
            rig r = rig_run(words);
            CHECK(r.result.end == SUR_END_TOLERANCE);
            const sur_operator *op = &r.problem->op;
            CHECK_OK(sur_mat_new(&x, op->rows, op->cols, NULL));
            sur_mat_multiply(&x, 1.0, &r.result.left, SUR_PLAIN,
                             op->symmetric ? &r.result.left : &r.result.right,
                             SUR_TRANSPOSED, 0.0);
            if (s == 0) {
                first = x;
            } else {
                sur_mat_axpy(&x, -1.0, &first);
                CHECK(sur_mat_norm(&x) < 1e-9);
                sur_mat_free(&x);
            }
            rig_free(&r);
        }
        sur_mat_free(&first);
    }
}

/* P1-9: the medians over seeds of the error that the hold-out ends with, over that of
 * the best iterate, and of the error of running on, over that of the hold-out */
static void check_holdout(const char *noise, int seeds)
{
    double to_best[5], to_end[5];
    for (int s = 0; s < seeds; s++) {
        char words[512];
        const char *fixed = "solver=gd dimension=50 true_rank=2 rank=50 "
                            "measurements=900 init_scale=1e-4 iterations=900";
        snprintf(words, sizeof words, "%s noise=%s seed=%d holdout=0.1", fixed, noise,
                 s + 1);
        rig r = rig_watch(words);
        CHECK(r.result.end == SUR_END_HOLDOUT);
        CHECK(r.result.iterations > r.result.best);
        to_best[s] = r.error / recover_trace_phases(&r.trace).oracle_error;
        const double error = r.error;
        rig_free(&r);
        snprintf(words, sizeof words, "%s noise=%s seed=%d holdout=0", fixed, noise,
                 s + 1);
        r = rig_run(words);
        to_end[s] = r.error / error;
        rig_free(&r);
    }
    CHECK(rig_median(to_best, seeds) <= 1.25);
    CHECK(rig_median(to_end, seeds) > 2.0);
}

static void the_holdout_stops_near_the_best_iterate(void **state)
{
    (void)state;
    check_holdout("1", 5);
    check_holdout("0.3", 3);
}

/* P1-10: d = 100, r* = 3, half of the entries */
static void completion_is_exact_at_the_rank_and_follows_the_start_beyond(void **state)
{
    const char words[] = "solver=gd holdout=0 tolerance=0 dimension=100 true_rank=3 "
                         "sensing=completion measurements=5000 step=0.25 "
                         "init_absolute=true ";
    double x[3], y[3];
    char text[512];
    (void)state;
    snprintf(text, sizeof text, "%srank=3 init_scale=1e-4 iterations=900", words);
    rig r = rig_run(text);
    CHECK(r.error < 1e-13);
    rig_free(&r);
    for (int k = 0; k < 3; k++) {
        x[k] = log(pow(10.0, -3 - 1.5 * k));
        snprintf(text, sizeof text, "%srank=100 init_scale=%.17g iterations=250", words,
                 exp(x[k]));
        r = rig_run(text);
        y[k] = log(r.error);
        rig_free(&r);
    }
    const double slope = rig_slope(x, y, 3);
    CHECK(slope > 1.2 && slope < 1.6);
}

/* P1-11 */
static void centring_saves_quadratic_measurements(void **state)
{
    double gain[5];
    (void)state;
    for (int s = 0; s < 5; s++) {
        double error[2];
        for (int raw = 0; raw < 2; raw++) {
            char words[512];
            snprintf(words, sizeof words,
                     "solver=gd holdout=0 tolerance=0 dimension=40 true_rank=1 rank=40 "
                     "measurements=600 sensing=rank-one init_scale=1e-6 "
                     "init_absolute=true step=0.2 iterations=500 uncentred=%s seed=%d",
                     raw ? "true" : "false", s + 1);
            rig r = rig_run(words);
            error[raw] = r.error;
            rig_free(&r);
        }
        gain[s] = error[1] / error[0];
    }
    CHECK(rig_median(gain, 5) > 20.0);
}

/* || V'V - W'W || */
static double unbalanced(const sur_mat *v, const sur_mat *w)
{
    double values[40];
    sur_mat g = {0};
    CHECK_OK(sur_mat_new(&g, v->cols, v->cols, NULL));
    sur_mat_multiply(&g, 1.0, v, SUR_TRANSPOSED, v, SUR_PLAIN, 0.0);
    sur_mat_multiply(&g, -1.0, w, SUR_TRANSPOSED, w, SUR_PLAIN, 1.0);
    CHECK_OK(sur_svd(values, NULL, NULL, &g, NULL));
    sur_mat_free(&g);
    return values[0];
}

/* P1-12 */
static void rectangular_factors_stay_balanced(void **state)
{
    double error[5], imbalance[5];
    (void)state;
    for (int s = 0; s < 5; s++) {
        char words[512];
        snprintf(words, sizeof words,
                 "solver=gd holdout=0 tolerance=0 dimension=60 columns=40 true_rank=2 "
                 "rank=40 measurements=1600 step=0.25 init_absolute=true "
                 "init_scale=1e-6 iterations=160 seed=%d",
                 s + 1);
        rig r = rig_watch(words);
        error[s] = r.error;
        imbalance[s] = unbalanced(&r.result.left, &r.result.right);
        rig_free(&r);
    }
    CHECK(rig_median(error, 5) < 2e-6);
    CHECK(rig_median(imbalance, 5) < 5e-3);
}

/* P1-13: kappa = 2, noise well below the edge of the smallest singular value */
static void the_rank_is_read_off_right_away_from_the_edge(void **state)
{
    int right = 0, all = 0;
    (void)state;
    for (int s = 1; s <= 5; s++)
        for (int rank = 1; rank <= 3; rank++)
            for (int noisy = 0; noisy < 2; noisy++) {
                char words[512];
                snprintf(
                    words, sizeof words,
                    "dimension=40 true_rank=%d rank=40 condition=2 "
                    "measurements=700 noise=%s tolerance=1e-6 iterations=200 seed=%d",
                    rank, noisy ? "0.1" : "0", s);
                rig r = rig_run(words);
                right += r.result.rank_found == rank;
                all++;
                rig_free(&r);
            }
    CHECK(10 * right >= 9 * all);
}

static void a_jump_lands_where_the_iterations_lead(void **state)
{
    const char *const kinds[] = {"solver=gd dimension=40 measurements=600",
                                 "solver=prec dimension=40 measurements=600",
                                 "solver=scaled dimension=40 measurements=600",
                                 "solver=gd dimension=40 columns=25 measurements=700"};
    (void)state;
    for (int k = 0; k < 4; k++) {
        char words[512];
        snprintf(words, sizeof words,
                 "%s rank=20 holdout=0 tolerance=0 init_scale=1e-5 iterations=60 "
                 "start=jump",
                 kinds[k]);
        rig r = rig_run(words);
        const int64_t landed = r.result.jumped;
        CHECK(landed >= 3);
        CHECK(r.result.passes == r.result.iterations - landed + 3 + r.result.halvings);
        rig_free(&r);
        snprintf(words, sizeof words,
                 "%s rank=20 holdout=0 tolerance=0 init_scale=1e-5 iterations=%lld "
                 "start=jump",
                 kinds[k], (long long)landed);
        r = rig_run(words);
        snprintf(words, sizeof words,
                 "%s rank=20 holdout=0 tolerance=0 init_scale=1e-5 iterations=%lld",
                 kinds[k], (long long)landed);
        rig walked = rig_run(words);
        const double size = sur_mat_norm(&walked.result.left);
        sur_mat_axpy(&r.result.left, -1.0, &walked.result.left);
        CHECK(sur_mat_norm(&r.result.left) < 0.01 * size);
        rig_free(&r);
        rig_free(&walked);
    }
}

static void runs_together_are_each_the_run_alone(void **state)
{
    enum { RUNS = 6 };
    sur_recover_trial o;
    recover_problem p;
    sur_recover_options s[RUNS];
    sur_recover_result many[RUNS], one;
    (void)state;
    rig_options(&o, "dimension=25 measurements=300 noise=0.01");
    CHECK_OK(sur_recover.resolve(&o, NULL, 0, NULL));
    CHECK_OK(recover_problem_make(&p, &o, NULL, 0, NULL));
    for (int k = 0; k < RUNS; k++) {
        s[k] = sur_recover_defaults();
        s[k].rank = 3 + 4 * k;
        s[k].method = (sur_recover_method)(k % 3);
        s[k].iterations = 40 + 30 * k;
        s[k].holdout = k % 2 ? 0.1 : 0.0;
        s[k].seed = (uint64_t)(1 + k / 3);
    }
    CHECK_OK(sur_recover_many(many, &p.op, p.y, s, RUNS, NULL));
    for (int k = 0; k < RUNS; k++) {
        CHECK_OK(sur_recover_many(&one, &p.op, p.y, &s[k], 1, NULL));
        CHECK(one.iterations == many[k].iterations && one.fit == many[k].fit);
        CHECK(memcmp(one.left.data, many[k].left.data,
                     sizeof(double) * (size_t)(one.left.rows * one.left.cols)) == 0);
        sur_recover_free(&one);
        sur_recover_free(&many[k]);
    }
    recover_problem_free(&p);
    rig_free_options(&o);
}

static void a_step_too_long_is_halved_unless_it_was_asked_for(void **state)
{
    sur_recover_trial o;
    recover_problem p;
    sur_recover_result result;
    sur_error err;
    double error;
    (void)state;
    rig_options(&o, "dimension=25 measurements=200 condition=2");
    CHECK_OK(sur_recover.resolve(&o, NULL, 0, NULL));
    CHECK_OK(recover_problem_make(&p, &o, NULL, 0, NULL));
    sur_recover_options s = sur_recover_defaults();
    s.method = SUR_RECOVER_GD;
    s.step = 30.0;
    CHECK_STATUS(sur_recover_run(&result, &p.op, p.y, &s, &err), SUR_ENUMERIC);
    CHECK_CONTAINS(err.message, "step 30 diverges at iteration");
    const double advice = result.advice;
    CHECK(advice > 0.0 && advice < 1.0);
    sur_recover_free(&result);
    s.step = advice;
    CHECK_OK(sur_recover_run(&result, &p.op, p.y, &s, &err));
    CHECK_OK(recover_error(&error, &result.left, &result.right, &p.truth, NULL));
    CHECK(error < 1e-2);
    sur_recover_free(&result);
    /* a start so large that the default step is too long for it */
    s.step = (double)NAN;
    s.init_scale = 100.0;
    s.iterations = 200;
    CHECK_OK(sur_recover_run(&result, &p.op, p.y, &s, &err));
    CHECK(result.halvings > 0 && result.end != SUR_END_DIVERGED);
    sur_recover_free(&result);
    recover_problem_free(&p);
    rig_free_options(&o);
}

static void baselines_recover_what_is_easy(void **state)
{
    sur_recover_trial o;
    recover_problem p;
    sur_recover_result result;
    double error, spectral;
    (void)state;
    for (int rectangular = 0; rectangular < 2; rectangular++) {
        rig_options(&o, rectangular
                            ? "dimension=20 columns=16 true_rank=1 measurements=280"
                            : "dimension=20 true_rank=1 measurements=200");
        CHECK_OK(sur_recover.resolve(&o, NULL, 0, NULL));
        CHECK_OK(recover_problem_make(&p, &o, NULL, 0, NULL));
        CHECK_OK(sur_recover_spectral(&result, &p.op, p.y, 1, NULL));
        CHECK_OK(recover_error(&spectral, &result.left, &result.right, &p.truth, NULL));
        CHECK(spectral < 1.0);
        sur_recover_free(&result);
        CHECK_OK(sur_recover_nuclear(&result, &p.op, p.y, 1e-4, 0.0, 300, 1, NULL));
        CHECK_OK(recover_error(&error, &result.left, &result.right, &p.truth, NULL));
        CHECK(error < 1e-2 && error < 0.1 * spectral);
        sur_recover_free(&result);
        recover_problem_free(&p);
        rig_free_options(&o);
    }
    rig_options(&o, "dimension=30 columns=20 measurements=450 sensing=completion");
    CHECK_OK(sur_recover.resolve(&o, NULL, 0, NULL));
    CHECK_OK(recover_problem_make(&p, &o, NULL, 0, NULL));
    CHECK_OK(sur_recover_als(&result, p.row, p.col, p.y, p.op.count, 30, 20, 2, 1e-10,
                             200, 1, NULL));
    CHECK_OK(recover_error(&error, &result.left, &result.right, &p.truth, NULL));
    CHECK(error < 1e-4);
    sur_recover_free(&result);
    recover_problem_free(&p);
    rig_free_options(&o);
}

/* ---- failures ---- */

static recover_problem *shared;

static sur_status recover_once(sur_recover_method method, sur_recover_start start)
{
    sur_recover_result result;
    sur_recover_options s = sur_recover_defaults();
    s.method = method;
    s.start = start;
    s.iterations = 8;
    const sur_status status =
        sur_recover_run(&result, &shared->op, shared->y, &s, NULL);
    sur_recover_free(&result);
    return status;
}

static sur_status baseline_once(int which)
{
    sur_recover_result result;
    const sur_status status =
        which == 0 ? sur_recover_spectral(&result, &shared->op, shared->y, 2, NULL)
        : which == 1
            ? sur_recover_nuclear(&result, &shared->op, shared->y, 0, 0.1, 3, 1, NULL)
            : sur_recover_als(&result, shared->row, shared->col, shared->y,
                              shared->op.count, shared->op.rows, shared->op.cols, 2,
                              0.1, 2, 1, NULL);
    sur_recover_free(&result);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    const char *const kinds[] = {"dimension=8 true_rank=1 measurements=30",
                                 "dimension=8 columns=6 true_rank=1 measurements=30 "
                                 "sensing=completion",
                                 "dimension=8 true_rank=1 measurements=30 "
                                 "sensing=rank-one"};
    (void)state;
    for (int k = 0; k < 3; k++) {
        sur_recover_trial o;
        recover_problem p;
        rig_options(&o, kinds[k]);
        CHECK_OK(sur_recover.resolve(&o, NULL, 0, NULL));
        CHECK_OK(recover_problem_make(&p, &o, NULL, 0, NULL));
        shared = &p;
        CHECK_EVERY_ALLOCATION(recover_once(SUR_RECOVER_GD, SUR_START_JUMP), 20,
                               (void)0);
        CHECK_EVERY_ALLOCATION(recover_once(SUR_RECOVER_PREC, SUR_START_RANDOM), 20,
                               (void)0);
        CHECK_EVERY_ALLOCATION(baseline_once(0), 5, (void)0);
        CHECK_EVERY_ALLOCATION(baseline_once(1), 10, (void)0);
        if (k == 1) CHECK_EVERY_ALLOCATION(baseline_once(2), 8, (void)0);
        recover_problem_free(&p);
        rig_free_options(&o);
    }
}

static void settings_without_sense_are_refused(void **state)
{
    rig r = rig_run("dimension=8 true_rank=1 measurements=30 iterations=3");
    const double zero[30] = {0};
    double bad[30];
    sur_recover_result result;
    sur_error err;
    (void)state;
    memcpy(bad, r.problem->y, sizeof bad);
    bad[4] = (double)NAN;
    sur_recover_options s = sur_recover_defaults();
    CHECK_STATUS(sur_recover_run(&result, &r.problem->op, bad, &s, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "reading 5 is nan");
    CHECK_STATUS(sur_recover_run(&result, &r.problem->op, zero, &s, &err),
                 SUR_ENUMERIC);
    CHECK_CONTAINS(err.message, "nothing to recover");
    s.holdout = 1.0;
    CHECK_STATUS(sur_recover_run(&result, &r.problem->op, r.problem->y, &s, &err),
                 SUR_EINVAL);
    s = sur_recover_defaults();
    s.init_scale = 0.0;
    CHECK_STATUS(sur_recover_run(&result, &r.problem->op, r.problem->y, &s, &err),
                 SUR_EINVAL);
    s = sur_recover_defaults();
    s.rank = 1000;
    CHECK_STATUS(sur_recover_run(&result, &r.problem->op, r.problem->y, &s, &err),
                 SUR_EINVAL);
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preconditioning_removes_the_condition_number),
        cmocka_unit_test(momentum_goes_on_where_plain_steps_stand),
        cmocka_unit_test(solvers_agree_where_they_converge),
        cmocka_unit_test(the_holdout_stops_near_the_best_iterate),
        cmocka_unit_test(completion_is_exact_at_the_rank_and_follows_the_start_beyond),
        cmocka_unit_test(centring_saves_quadratic_measurements),
        cmocka_unit_test(rectangular_factors_stay_balanced),
        cmocka_unit_test(the_rank_is_read_off_right_away_from_the_edge),
        cmocka_unit_test(a_jump_lands_where_the_iterations_lead),
        cmocka_unit_test(runs_together_are_each_the_run_alone),
        cmocka_unit_test(a_step_too_long_is_halved_unless_it_was_asked_for),
        cmocka_unit_test(baselines_recover_what_is_easy),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(settings_without_sense_are_refused),
    };
    return RUN(tests);
}
