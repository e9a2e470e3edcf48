/* test_attack.c -- closed forms, audits of planted scores, exact leave-one-out. */
#include "support/check.h"

#include <surplus/attack.h>

enum { N = 2000 };
static double score[N];
static uint8_t member[N];

static void the_best_attack_on_two_normals_has_closed_forms(void **state)
{
    (void)state;
    CHECK_NEAR(sur_leak_scale(4).advantage, .3227, 1e-4, 0);
    CHECK_NEAR(sur_leak_scale(.25).advantage, .3227, 1e-4, 0);
    CHECK_NEAR(sur_leak_scale(.0344).advantage, .6672, 1e-4, 0);
    CHECK_NEAR(sur_leak_scale(4).auc, .7048, 1e-4, 0);
    CHECK_NEAR(sur_leak_scale(4).tpr[1], .0200, 1e-4, 0);
    CHECK_NEAR(sur_leak_scale(.25).tpr[1], .1978, 1e-4, 0);
    CHECK_NEAR(sur_leak_scale(.25).tpr[2], .0999, 1e-4, 0);
    CHECK_NEAR(sur_leak_scale(.0344).auc, .8833, 1e-4, 0);
    CHECK_NEAR(sur_leak_scale(.0344).tpr[1], .6328, 1e-4, 0);
    CHECK_NEAR(sur_leak_scale(1).advantage, 0, 1e-15, 0);
    CHECK_NEAR(sur_leak_scale(1 + 1e-7).advantage, sur_leak_scale(1 - 1e-7).advantage,
               1e-14, 0);
    CHECK_NEAR(sur_leak_shift(1).advantage, 2 * sur_normal_cdf(.5) - 1, 1e-15, 0);
}

static void fine_bins_give_the_closed_forms(void **state)
{
    enum { BINS = 20000 };
    static double in[BINS], out[BINS];
    sur_leak leak;
    (void)state;
    for (int b = 0; b < BINS; b++) {
        const double t = 1e-3 * (b + .5);
        in[b] = exp(-t * t / 2);
        out[b] = exp(-t * t / (2 * .25)) / .5;
    }
    const sur_leak want = sur_leak_scale(.25);
    CHECK_OK(sur_leak_masses(&leak, in, out, BINS, NULL));
    CHECK_NEAR(leak.advantage, want.advantage, 1e-5, 0);
    CHECK_NEAR(leak.auc, want.auc, 1e-5, 0);
    CHECK_NEAR(leak.tpr[1], want.tpr[1], 1e-4, 0);
    CHECK_EVERY_ALLOCATION(sur_leak_masses(&leak, in, out, BINS, NULL), 1, (void)0);
}

static const sur_audit_options plain = {.level = .95, .rate = (double)NAN, .seed = 1};

/* Scores N(shift member, 1). */
static void plant(double shift, uint64_t seed)
{
    sur_rng rng = sur_rng_make(seed, "test", 0);
    for (int i = 0; i < N; i++) {
        member[i] = (uint8_t)(i % 2);
        score[i] = sur_rng_normal(&rng) + (member[i] ? shift : 0);
    }
}

/* Bounds: 4 standard errors of a share of 300 at the nominal level. */
static void intervals_cover_at_their_level(void **state)
{
    enum { RUNS = 300 };
    const double nominal = .95, slack = 4 * sqrt(nominal * (1 - nominal) / RUNS);
    const sur_leak truth = sur_leak_shift(1);
    int advantage = 0, auc = 0, tpr = 0, epsilon = 0;
    (void)state;
    for (int run = 0; run < RUNS; run++) {
        sur_audit a;
        sur_audit_options o = plain;
        o.seed = (uint64_t)run;
        plant(1, (uint64_t)run + 1000);
        CHECK_OK(sur_audit_scores(&a, score, member, NULL, N, &o, NULL));
        advantage +=
            a.advantage.low <= truth.advantage && truth.advantage <= a.advantage.high;
        auc += a.auc.low <= truth.auc && truth.auc <= a.auc.high;
        tpr += a.tpr[0].low <= truth.tpr[0] && truth.tpr[0] <= a.tpr[0].high;
    }
    CHECK(advantage >= RUNS * (nominal - slack));
    CHECK_NEAR((double)auc / RUNS, nominal, slack, 0);
    CHECK(tpr >= RUNS * (nominal - slack));
    /* Randomized response: epsilon is 1 whatever the threshold. */
    for (int run = 0; run < RUNS; run++) {
        sur_rng rng = sur_rng_make((uint64_t)run, "coin", 0);
        sur_audit a;
        sur_audit_options o = plain;
        o.seed = (uint64_t)run;
        plant(0, (uint64_t)run + 1);
        for (int i = 0; i < N; i++) {
            const bool honest = sur_rng_uniform(&rng) < exp(1) / (1 + exp(1));
            score[i] = honest ? member[i] : 1 - member[i];
        }
        CHECK_OK(sur_audit_scores(&a, score, member, NULL, N, &o, NULL));
        epsilon += a.epsilon_low <= 1;
    }
    CHECK(epsilon >= RUNS * (nominal - slack));
}

/* TPR = Phi(shift + Phi^-1(FPR)); 4 standard errors of the members' share and of the
 * rate at which the non-members set the threshold. */
static void the_curve_is_that_of_two_shifted_normals(void **state)
{
    const double members = N / 2;
    sur_audit a;
    (void)state;
    plant(1, 77);
    CHECK_OK(sur_audit_scores(&a, score, member, NULL, N, &plain, NULL));
    CHECK(a.roc_points > SUR_ROC_POINTS / 2);
    CHECK(a.roc[0].fpr >= .5 * a.fpr_floor);
    CHECK(a.roc[a.roc_points - 1].fpr == 1 && a.roc[a.roc_points - 1].tpr.value == 1);
    for (int i = 0; i < a.roc_points - 1; i++) {
        const double f = a.roc[i].fpr, q = sur_normal_quantile(f);
        const double want = sur_normal_cdf(1 + q);
        const double slope = exp(-.5 - q); /* d TPR / d FPR */
        const double error =
            sqrt((want * (1 - want) + slope * slope * f * (1 - f)) / members);
        CHECK(f < a.roc[i + 1].fpr);
        CHECK_NEAR(a.roc[i].tpr.value, want, 4 * error, 0);
        CHECK(a.roc[i].tpr.low < a.roc[i].tpr.value);
        CHECK(a.roc[i].tpr.value < a.roc[i].tpr.high);
    }
}

static void nothing_is_found_where_nothing_is(void **state)
{
    int clear = 0;
    (void)state;
    for (uint64_t run = 0; run < 200; run++) {
        sur_audit a;
        plant(0, run + 1);
        CHECK_OK(sur_audit_scores(&a, score, member, NULL, N, &plain, NULL));
        clear += a.auc.low <= .5 && .5 <= a.auc.high;
    }
    CHECK(clear >= 178);
}

static void
what_the_sample_cannot_support_is_refused_with_the_number_needed(void **state)
{
    sur_audit a;
    sur_error err;
    sur_audit_options o = plain;
    (void)state;
    plant(1, 1);
    CHECK_OK(sur_audit_scores(&a, score, member, NULL, N, &plain, NULL));
    CHECK_NEAR(a.fpr_floor, .01, 1e-12, 0);
    CHECK(!isnan(a.tpr[1].value) && isnan(a.tpr[2].value));
    o.rate = .001;
    CHECK_STATUS(sur_audit_scores(&a, score, member, NULL, N, &o, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "needs 10000 non-members; there are 1000");
    score[7] = (double)NAN;
    CHECK_STATUS(sur_audit_scores(&a, score, member, NULL, N, &plain, &err),
                 SUR_EINVAL);
    CHECK_CONTAINS(err.message, "score 8");
    CHECK_STATUS(sur_audit_scores(&a, score, member, NULL, 18, &plain, &err),
                 SUR_EINVAL);
    for (int i = 0; i < N; i++) score[i] = 3;
    CHECK_OK(sur_audit_scores(&a, score, member, NULL, N, &plain, NULL));
    CHECK(a.constant && a.auc.value == .5 && a.epsilon_low == 0);
    memset(member, 1, sizeof member);
    CHECK_STATUS(sur_audit_scores(&a, score, member, NULL, N, &plain, &err),
                 SUR_EINVAL);
}

static void equal_weights_weigh_nothing_and_memory_may_run_out(void **state)
{
    static double weight[N];
    sur_audit a, b;
    (void)state;
    plant(.7, 5);
    for (int i = 0; i < N; i++) weight[i] = 3;
    CHECK_OK(sur_audit_scores(&a, score, member, NULL, N, &plain, NULL));
    CHECK_OK(sur_audit_scores(&b, score, member, weight, N, &plain, NULL));
    CHECK_NEAR(a.advantage.value, b.advantage.value, 1e-12, 0);
    CHECK_NEAR(a.advantage.high, b.advantage.high, 1e-12, 0);
    CHECK_NEAR(a.tpr[0].low, b.tpr[0].low, 1e-12, 0);
    CHECK_NEAR(a.epsilon_low, b.epsilon_low, 1e-12, 0);
    CHECK_EVERY_ALLOCATION(sur_audit_scores(&a, score, member, weight, N, &plain, NULL),
                           3, (void)0);
}

/* ---- ridge models ---- */

enum { ROWS = 24, COLS = 9, OUTPUTS = 2 };

typedef struct scene {
    double z[ROWS * COLS], y[ROWS * OUTPUTS], gram[ROWS * ROWS];
    uint8_t keep[ROWS];
} scene;

static void set_up(scene *s)
{
    sur_rng rng = sur_rng_make(3, "test", 0);
    sur_rng_normals(&rng, s->z, ROWS * COLS, 1);
    sur_rng_normals(&rng, s->y, ROWS * OUTPUTS, 1);
    for (int i = 0; i < ROWS; i++) s->keep[i] = i % 3 != 0;
    const sur_mat z = {s->z, ROWS, COLS, COLS};
    sur_mat gram = {s->gram, ROWS, ROWS, ROWS};
    sur_mat_multiply(&gram, 1, &z, SUR_PLAIN, &z, SUR_TRANSPOSED, 0);
}

/* Answers at row `at` of ridge on the rows that keep marks, from scratch. */
static void refit(double *answer, const scene *s, const uint8_t *keep, double mu,
                  int at)
{
    double z[ROWS * COLS] = {0}, y[ROWS * OUTPUTS] = {0}, g[COLS * COLS],
                    r[COLS * OUTPUTS], b[COLS * OUTPUTS];
    for (int i = 0; i < ROWS; i++)
        if (keep[i]) {
            memcpy(z + i * COLS, s->z + i * COLS, COLS * sizeof *z);
            memcpy(y + i * OUTPUTS, s->y + i * OUTPUTS, OUTPUTS * sizeof *y);
        }
    const sur_mat zm = {z, ROWS, COLS, COLS}, ym = {y, ROWS, OUTPUTS, OUTPUTS};
    sur_mat gm = {g, COLS, COLS, COLS}, rm = {r, COLS, OUTPUTS, OUTPUTS},
            bm = {b, COLS, OUTPUTS, OUTPUTS};
    sur_curve_fit fit;
    sur_mat_multiply(&gm, 1, &zm, SUR_TRANSPOSED, &zm, SUR_PLAIN, 0);
    sur_mat_multiply(&rm, 1, &zm, SUR_TRANSPOSED, &ym, SUR_PLAIN, 0);
    CHECK_OK(sur_kernel_solve(&bm, &fit, &gm, &rm, mu, NULL));
    for (int j = 0; j < OUTPUTS; j++) {
        answer[j] = 0;
        for (int c = 0; c < COLS; c++)
            answer[j] += s->z[at * COLS + c] * b[c * OUTPUTS + j];
    }
}

static void both_answers_of_a_model_are_those_of_refits(void **state)
{
    scene s;
    double in[ROWS * OUTPUTS], out[ROWS * OUTPUTS], want[OUTPUTS];
    (void)state;
    set_up(&s);
    const sur_mat z = {s.z, ROWS, COLS, COLS}, y = {s.y, ROWS, OUTPUTS, OUTPUTS},
                  gram = {s.gram, ROWS, ROWS, ROWS};
    sur_mat a = {in, ROWS, OUTPUTS, OUTPUTS}, b = {out, ROWS, OUTPUTS, OUTPUTS};
    for (int dual = 0; dual < 2; dual++) {
        CHECK_OK(sur_paired_answers(&a, &b, dual ? NULL : &z, dual ? &gram : NULL, &y,
                                    s.keep, .7, NULL));
        for (int i = 0; i < ROWS; i++)
            for (int with = 0; with < 2; with++) {
                uint8_t keep[ROWS];
                memcpy(keep, s.keep, sizeof keep);
                keep[i] = (uint8_t)with;
                refit(want, &s, keep, .7, i);
                for (int j = 0; j < OUTPUTS; j++)
                    CHECK_NEAR((with ? in : out)[i * OUTPUTS + j], want[j], 1e-10, 0);
            }
    }
    CHECK_EVERY_ALLOCATION(sur_paired_answers(&a, &b, &z, NULL, &y, s.keep, .7, NULL),
                           5, (void)0);
    CHECK_EVERY_ALLOCATION(
        sur_paired_answers(&a, &b, NULL, &gram, &y, s.keep, .7, NULL), 5, (void)0);
}

/* n = 60, p = 25, mu = 1 (A16): one Newton step beside models fitted anew. */
static void a_logistic_model_without_a_record_is_a_newton_step_away(void **state)
{
    enum { PEOPLE = 70, USED = 60, COLUMNS = 25 };
    (void)state;
    sur_mat z = {0}, gram = {0}, answer[4] = {{0}}, other[2] = {{0}};
    double label[PEOPLE], wrong[2] = {0}, spread[2] = {0};
    uint8_t keep[PEOPLE];
    sur_rng rng = sur_rng_make(1, "logistic", 0);
    CHECK_OK(sur_mat_new(&z, PEOPLE, COLUMNS, NULL));
    CHECK_OK(sur_mat_new(&gram, PEOPLE, PEOPLE, NULL));
    for (int a = 0; a < 4; a++) CHECK_OK(sur_mat_new(&answer[a], PEOPLE, 1, NULL));
    for (int a = 0; a < 2; a++) CHECK_OK(sur_mat_new(&other[a], PEOPLE, 1, NULL));
    for (sur_idx i = 0; i < PEOPLE; i++) {
        double odds = 0;
        for (sur_idx j = 0; j < COLUMNS; j++) {
            const double x = sur_rng_normal(&rng);
            sur_mat_row(&z, i)[j] = x;
            odds += x / sqrt(COLUMNS);
        }
        label[i] = sur_rng_uniform(&rng) < 1 / (1 + exp(-2 * odds));
        keep[i] = i < USED;
    }
    sur_mat_multiply(&gram, 1, &z, SUR_PLAIN, &z, SUR_TRANSPOSED, 0);
    CHECK_OK(sur_paired_logistic(&answer[0], &answer[1], &z, NULL, label, .3, keep, 1,
                                 NULL));
    CHECK_OK(sur_paired_logistic(&answer[2], &answer[3], NULL, &gram, label, .3, keep,
                                 1, NULL));
    for (sur_idx i = 0; i < PEOPLE; i++) {
        double own = .3; /* where the derivative is 0: w = Z'(label - share)/mu */
        for (sur_idx j = 0; j < USED; j++)
            own += sur_mat_row(&gram, i)[j] *
                   (label[j] - 1 / (1 + exp(-answer[0].data[j])));
        CHECK_NEAR(answer[i < USED ? 0 : 1].data[i], own, 1e-8, 0);
        for (int a = 0; a < 2; a++)
            CHECK_NEAR(answer[a].data[i], answer[a + 2].data[i], 1e-8, 0);
        const bool kept = keep[i] != 0;
        keep[i] = !kept;
        CHECK_OK(sur_paired_logistic(&other[0], &other[1], &z, NULL, label, .3, keep, 1,
                                     NULL));
        keep[i] = kept;
        const double exact = other[kept].data[i], step = answer[kept].data[i];
        wrong[kept] += pow(step - exact, 2);
        spread[kept] += pow(answer[!kept].data[i] - exact, 2);
    }
    for (int k = 0; k < 2; k++) CHECK(sqrt(wrong[k]) < .1 * sqrt(spread[k]));
    CHECK(sqrt(spread[1] / USED) > .5); /* leaving out does move them */
    /* apart, and all but no penalty: large answers, yet settled */
    for (sur_idx i = 0; i < PEOPLE; i++) label[i] = z.data[i * z.stride] > 0;
    CHECK_OK(sur_paired_logistic(&answer[0], &answer[1], &z, NULL, label, 0, keep, 1e-6,
                                 NULL));
    CHECK(fabs(answer[0].data[0]) > 5);
    CHECK_STATUS(
        sur_paired_logistic(&answer[0], &answer[1], &z, NULL, label, 0, keep, 0, NULL),
        SUR_EINVAL);
    CHECK_EVERY_ALLOCATION(sur_paired_logistic(&answer[0], &answer[1], NULL, &gram,
                                               label, 0, keep, 1, NULL),
                           10, (void)0);
    for (int a = 0; a < 4; a++) sur_mat_free(&answer[a]);
    for (int a = 0; a < 2; a++) sur_mat_free(&other[a]);
    sur_mat_free(&z);
    sur_mat_free(&gram);
}

static void a_set_left_out_answers_as_the_model_without_it(void **state)
{
    scene s;
    const sur_idx picks[3] = {1, 8, 20};
    double out[3 * OUTPUTS], want[OUTPUTS];
    uint8_t keep[ROWS];
    (void)state;
    set_up(&s);
    memset(keep, 1, sizeof keep);
    for (int i = 0; i < 3; i++) keep[picks[i]] = 0;
    const sur_mat z = {s.z, ROWS, COLS, COLS}, y = {s.y, ROWS, OUTPUTS, OUTPUTS};
    sur_mat b = {out, 3, OUTPUTS, OUTPUTS};
    CHECK_OK(sur_leave_out(&b, &z, &y, picks, 3, .7, NULL));
    for (int i = 0; i < 3; i++) {
        refit(want, &s, keep, .7, (int)picks[i]);
        for (int j = 0; j < OUTPUTS; j++)
            CHECK_NEAR(out[i * OUTPUTS + j], want[j], 1e-10, 0);
    }
    CHECK_EVERY_ALLOCATION(sur_leave_out(&b, &z, &y, picks, 3, .7, NULL), 7, (void)0);
}

/* ---- shadows ---- */

static void every_record_is_in_exactly_half_of_the_shadows(void **state)
{
    static uint8_t keep[10 * 500];
    int sizes[10] = {0};
    (void)state;
    CHECK_OK(sur_shadow_halves(keep, 10, 500, 1, NULL));
    for (int i = 0; i < 500; i++) {
        int in = 0;
        for (int m = 0; m < 10; m++) {
            in += keep[m * 500 + i];
            sizes[m] += keep[m * 500 + i];
        }
        CHECK(in == 5);
    }
    for (int m = 0; m < 10; m++) CHECK(abs(sizes[m] - 250) < 4 * 12);
    CHECK_STATUS(sur_shadow_halves(keep, 1, 500, 1, NULL), SUR_EINVAL);
    CHECK_STATUS(sur_shadow_halves(keep, 7, 500, 1, NULL), SUR_EINVAL);
}

static void confidence_is_finite_and_shifts_with_nothing(void **state)
{
    const double a[3] = {1, 2, -1}, b[3] = {1001, 1002, 999}, c[3] = {2000, -2000, 0};
    const double p = exp(2) / (exp(1) + exp(2) + exp(-1));
    (void)state;
    CHECK_NEAR(sur_confidence(a, 3, 1), log(p / (1 - p)), 1e-12, 0);
    CHECK_NEAR(sur_confidence(b, 3, 1), log(p / (1 - p)), 1e-9, 0);
    CHECK(isfinite(sur_confidence(c, 3, 1)));
}

/* Records of their own difficulty; a member's signal is 2 higher. */
static void shadow_models_find_what_one_threshold_does_not(void **state)
{
    enum { M = 16, P = 600 };
    static double signal[M * P], target[P], score_of[P], probability[M * P], sure[P];
    static uint8_t keep[M * P], mine[P];
    sur_interval plain_auc, lira, each, offline, rmia;
    (void)state;
    CHECK_OK(sur_shadow_halves(keep, M, P, 4, NULL));
    sur_rng rng = sur_rng_make(9, "test", 0);
    for (int i = 0; i < P; i++) {
        const double own = 5 * sur_rng_normal(&rng);
        mine[i] = (uint8_t)(sur_rng_uniform(&rng) < .5);
        target[i] = own + 2 * mine[i] + sur_rng_normal(&rng);
        sure[i] = 1 / (1 + exp(-target[i]));
        for (int m = 0; m < M; m++) {
            signal[m * P + i] = own + 2 * keep[m * P + i] + sur_rng_normal(&rng);
            probability[m * P + i] = 1 / (1 + exp(-signal[m * P + i]));
        }
    }
    sur_signals s = {M, P, signal, signal, keep, false};
    CHECK_OK(sur_auc(&plain_auc, target, mine, NULL, P, .95, NULL));
    CHECK_OK(sur_attack_lira(score_of, &s, target, true, true, NULL));
    CHECK_OK(sur_auc(&lira, score_of, mine, NULL, P, .95, NULL));
    CHECK_OK(sur_attack_lira(score_of, &s, target, true, false, NULL));
    CHECK_OK(sur_auc(&each, score_of, mine, NULL, P, .95, NULL));
    CHECK_OK(sur_attack_lira(score_of, &s, target, false, true, NULL));
    CHECK_OK(sur_auc(&offline, score_of, mine, NULL, P, .95, NULL));
    s.in = s.out = probability;
    CHECK_OK(sur_attack_rmia(score_of, NULL, &s, sure, false, NULL));
    CHECK_OK(sur_auc(&rmia, score_of, mine, NULL, P, .95, NULL));
    const double best = sur_leak_shift(2).auc; /* .921 if the means were known */
    CHECK(plain_auc.value < .7);
    CHECK(lira.value > best - .05 && lira.low < best);
    CHECK(each.value > .8 && each.value < lira.value + .02);
    CHECK(offline.value > .85);
    CHECK(rmia.value > plain_auc.high);
    CHECK_EVERY_ALLOCATION(sur_attack_lira(score_of, &s, target, true, true, NULL), 1,
                           (void)0);
    CHECK_EVERY_ALLOCATION(sur_attack_rmia(score_of, NULL, &s, sure, false, NULL), 2,
                           (void)0);
    s.models = 1;
    CHECK_STATUS(sur_attack_lira(score_of, &s, target, true, true, NULL), SUR_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_attack_on_two_normals_has_closed_forms),
        cmocka_unit_test(fine_bins_give_the_closed_forms),
        cmocka_unit_test(intervals_cover_at_their_level),
        cmocka_unit_test(the_curve_is_that_of_two_shifted_normals),
        cmocka_unit_test(nothing_is_found_where_nothing_is),
        cmocka_unit_test(
            what_the_sample_cannot_support_is_refused_with_the_number_needed),
        cmocka_unit_test(equal_weights_weigh_nothing_and_memory_may_run_out),
        cmocka_unit_test(both_answers_of_a_model_are_those_of_refits),
        cmocka_unit_test(a_logistic_model_without_a_record_is_a_newton_step_away),
        cmocka_unit_test(a_set_left_out_answers_as_the_model_without_it),
        cmocka_unit_test(every_record_is_in_exactly_half_of_the_shadows),
        cmocka_unit_test(confidence_is_finite_and_shifts_with_nothing),
        cmocka_unit_test(shadow_models_find_what_one_threshold_does_not),
    };
    return RUN(tests);
}
