#include <surplus/stats.h>

#include "support/check.h"

enum { N = 300 };

typedef struct problem {
    double score[N], weight[N];
    uint8_t label[N];
} problem;

/* Class 1 scores one deviation higher; grid > 0 rounds scores, which makes ties. */
static problem draw(uint64_t seed, double grid, double negative)
{
    problem t;
    sur_rng rng = sur_rng_make(seed, "roc", 0);
    for (int i = 0; i < N; i++) {
        t.label[i] = sur_rng_uniform(&rng) < 0.4;
        t.score[i] = sur_rng_normal(&rng) + t.label[i];
        if (grid > 0.0) t.score[i] = floor(t.score[i] / grid) * grid;
        t.weight[i] = sur_rng_exponential(&rng);
        if (sur_rng_uniform(&rng) < negative) t.weight[i] *= -1.0;
    }
    return t;
}

static sur_interval auc(const double *score, const uint8_t *label, const double *weight,
                        sur_idx n)
{
    sur_interval out = {0};
    CHECK_OK(sur_auc(&out, score, label, weight, n, 0.95, NULL));
    return out;
}

/* The definition: every pair. Also the structural components and their variance, with
 * the limits on the logit scale. */
static sur_interval slow_auc(const problem *t, const double *weight, sur_idx n)
{
    double sum[2] = {0}, area = 0.0, component[N] = {0}, var = 0.0;
    int count[2] = {0};
    for (sur_idx i = 0; i < n; i++) {
        sum[t->label[i]] += weight ? weight[i] : 1.0;
        count[t->label[i]]++;
    }
    for (sur_idx i = 0; i < n; i++)
        for (sur_idx j = 0; j < n; j++) {
            if (t->label[i] == t->label[j]) continue;
            const double up = t->label[i] ? 1.0 : -1.0;
            const double d = up * (t->score[i] - t->score[j]);
            const double psi = d > 0.0 ? 1.0 : d == 0.0 ? 0.5 : 0.0;
            component[i] += psi * (weight ? weight[j] : 1.0) / sum[t->label[j]];
        }
    for (sur_idx i = 0; i < n; i++)
        if (t->label[i]) area += component[i] * (weight ? weight[i] : 1.0) / sum[1];
    for (sur_idx i = 0; i < n; i++) {
        const int c = t->label[i];
        const double w = weight ? weight[i] : 1.0;
        var += pow(w / sum[c] * (component[i] - area), 2) * count[c] / (count[c] - 1.0);
    }
    const double half = sur_normal_quantile(0.975) * sqrt(var) / (area * (1.0 - area));
    const double logit = log(area / (1.0 - area));
    return (sur_interval){area, 1.0 / (1.0 + exp(half - logit)),
                          1.0 / (1.0 + exp(-half - logit))};
}

static void ranks_give_the_auc_of_all_pairs_and_delongs_interval(void **state)
{
    (void)state;
    for (uint64_t s = 0; s < 24; s++) {
        const problem t = draw(s, s % 2 ? 0.5 : 0.0, s % 3 ? 0.0 : 0.1);
        const double *weight = s % 4 ? t.weight : NULL;
        const sur_interval fast = auc(t.score, t.label, weight, N);
        const sur_interval slow = slow_auc(&t, weight, N);
        CHECK_NEAR(fast.value, slow.value, 1e-12, 0.0);
        CHECK_NEAR(fast.low, slow.low, 1e-11, 0.0);
        CHECK_NEAR(fast.high, slow.high, 1e-11, 0.0);
    }
}

/* Hanley & McNeil (1982), table I: 109 CT images rated 1 to 5; the area is 0.893. */
static void the_published_area_of_a_reader_study_comes_out(void **state)
{
    (void)state;
    const int normal[] = {33, 6, 6, 11, 2}, abnormal[] = {3, 2, 2, 11, 33};
    problem t;
    sur_idx n = 0;
    for (int rating = 0; rating < 5; rating++)
        for (int k = 0; k < normal[rating] + abnormal[rating]; k++, n++) {
            t.score[n] = rating + 1;
            t.label[n] = k >= normal[rating];
        }
    CHECK(n == 109);
    CHECK_NEAR(auc(t.score, t.label, NULL, n).value, 0.893, 5e-4, 0.0);
}

static void whole_weights_are_repetitions(void **state)
{
    (void)state;
    const problem t = draw(40, 0.5, 0.0);
    double weight[N], score[3 * N];
    uint8_t label[3 * N];
    sur_idx m = 0;
    for (int i = 0; i < N; i++) {
        weight[i] = i % 4;
        for (int k = 0; k < i % 4 && m < 3 * N; k++)
            score[m] = t.score[i], label[m++] = t.label[i];
    }
    CHECK_NEAR(auc(t.score, t.label, weight, N).value, auc(score, label, NULL, m).value,
               1e-14, 0.0);
    sur_roc a, b;
    CHECK_OK(sur_roc_curve(&a, t.score, t.label, weight, N, NULL));
    CHECK_OK(sur_roc_curve(&b, score, label, NULL, m, NULL));
    CHECK(a.count == b.count);
    for (sur_idx k = 0; k < a.count; k++) {
        CHECK(a.threshold[k] == b.threshold[k]);
        CHECK_NEAR(a.fpr[k], b.fpr[k], 1e-15, 0.0);
        CHECK_NEAR(a.tpr[k], b.tpr[k], 1e-15, 0.0);
    }
    sur_roc_free(&a);
    sur_roc_free(&b);
}

static void a_row_of_weight_0_counts_for_nothing(void **state)
{
    (void)state;
    problem t = draw(45, 0.0, 0.1), kept;
    sur_idx m = 0;
    for (int i = 0; i < N; i++) {
        if (i % 3 == 0) t.weight[i] = 0.0;
        if (t.weight[i] == 0.0) continue;
        kept.score[m] = t.score[i], kept.label[m] = t.label[i];
        kept.weight[m++] = t.weight[i];
    }
    const sur_interval a = auc(t.score, t.label, t.weight, N);
    const sur_interval b = auc(kept.score, kept.label, kept.weight, m);
    CHECK(memcmp(&a, &b, sizeof a) == 0);
    sur_interval c, d;
    CHECK_OK(sur_rejection(&c, t.score, t.label, t.weight, N, 0.5, 0.95, NULL));
    CHECK_OK(
        sur_rejection(&d, kept.score, kept.label, kept.weight, m, 0.5, 0.95, NULL));
    CHECK(memcmp(&c, &d, sizeof c) == 0);
}

static void only_the_order_of_scores_counts_and_turning_it_mirrors_the_auc(void **state)
{
    (void)state;
    const problem t = draw(50, 0.25, 0.0);
    problem turned = t, cubed = t;
    for (int i = 0; i < N; i++) {
        turned.score[i] = -t.score[i];
        cubed.score[i] = pow(t.score[i], 3) / 1e9;
    }
    const sur_interval a = auc(t.score, t.label, t.weight, N);
    const sur_interval b = auc(turned.score, t.label, t.weight, N);
    const sur_interval c = auc(cubed.score, t.label, t.weight, N);
    CHECK_NEAR(b.value, 1.0 - a.value, 1e-14, 0.0);
    CHECK_NEAR(b.low, 1.0 - a.high, 1e-13, 0.0);
    CHECK_NEAR(b.high, 1.0 - a.low, 1e-13, 0.0);
    CHECK(memcmp(&a, &c, sizeof a) == 0);
}

/* A perfect separation of 20 and 30: no interval narrower than that of 20 of 20. */
static void a_perfect_separation_leaves_room_below(void **state)
{
    (void)state;
    problem t;
    for (int i = 0; i < 50; i++) t.label[i] = i < 20, t.score[i] = t.label[i];
    const sur_interval one = auc(t.score, t.label, NULL, 50);
    CHECK(one.value == 1.0 && one.high == 1.0);
    CHECK_NEAR(one.low, pow(0.025, 1.0 / 20.0), 0.0, 1e-12);

    for (int i = 0; i < 50; i++) t.score[i] = -t.label[i];
    const sur_interval zero = auc(t.score, t.label, NULL, 50);
    CHECK(zero.value == 0.0 && zero.low == 0.0);
    CHECK_NEAR(zero.high, 1.0 - pow(0.025, 1.0 / 20.0), 0.0, 1e-12);

    /* one pair of 600 in the wrong order: no more certain than none */
    for (int i = 0; i < 50; i++) t.score[i] = t.label[i];
    t.score[0] = 0.3, t.score[20] = 0.6;
    const sur_interval near_one = auc(t.score, t.label, NULL, 50);
    CHECK_NEAR(near_one.value, 599.0 / 600.0, 1e-15, 0.0);
    CHECK_NEAR(near_one.low, one.low, 1e-12, 0.0);
    CHECK(near_one.high > near_one.value && near_one.high < 1.0);
    for (int i = 0; i < 50; i++) t.score[i] *= -1.0;
    const sur_interval near_zero = auc(t.score, t.label, NULL, 50);
    CHECK_NEAR(near_zero.high, 1.0 - near_one.low, 1e-12, 0.0);
}

static void constant_scores_and_lone_examples_have_wide_intervals(void **state)
{
    (void)state;
    const double same[] = {2, 2, 2, 2, 2, 2}, score[] = {1, 2, 3};
    const uint8_t label[] = {0, 1, 0, 1, 0, 1}, lone[] = {0, 1, 0};
    const sur_interval flat = auc(same, label, NULL, 6);
    CHECK(flat.value == 0.5 && flat.low < 0.1 && flat.high > 0.9);
    const sur_interval few = auc(score, lone, NULL, 3);
    CHECK(few.value == 0.5 && few.low < 0.1 && few.high > 0.9);
    CHECK(few.low >= 0.0 && few.high <= 1.0);
}

static void negative_weights_may_carry_the_auc_out_of_its_range(void **state)
{
    (void)state;
    const double score[] = {1, 2, 3, 4}, weight[] = {1, 2, -1, 3};
    const uint8_t label[] = {0, 1, 0, 1};
    /* w: 2 at 2, 3 at 4; v: 1 at 1, -1 + 1 would be 0 */
    sur_interval out;
    CHECK_STATUS(sur_auc(&out, score, label, weight, 4, 0.95, NULL), SUR_EINVAL);
    const double bent[] = {2, 2, -1, 3};
    const sur_interval a = auc(score, label, bent, 4);
    CHECK_NEAR(a.value, (2 * 2 + 3 * 2 - 3 * 1) / 5.0, 1e-15, 0.0); /* 1.4 */
    CHECK(isnan(a.low) && isnan(a.high));
}

static void the_curve_runs_from_0_to_1_and_encloses_the_auc(void **state)
{
    (void)state;
    for (uint64_t s = 60; s < 66; s++) {
        const problem t = draw(s, s % 2 ? 0.3 : 0.0, 0.0);
        sur_roc roc;
        CHECK_OK(sur_roc_curve(&roc, t.score, t.label, t.weight, N, NULL));
        CHECK(roc.threshold[0] == HUGE_VAL && roc.fpr[0] == 0.0 && roc.tpr[0] == 0.0);
        CHECK(roc.fpr[roc.count - 1] == 1.0 && roc.tpr[roc.count - 1] == 1.0);
        double enclosed = 0.0;
        for (sur_idx k = 1; k < roc.count; k++) {
            CHECK(roc.threshold[k] < roc.threshold[k - 1]);
            CHECK(roc.fpr[k] >= roc.fpr[k - 1] && roc.tpr[k] >= roc.tpr[k - 1]);
            enclosed +=
                0.5 * (roc.fpr[k] - roc.fpr[k - 1]) * (roc.tpr[k] + roc.tpr[k - 1]);
        }
        CHECK_NEAR(enclosed, auc(t.score, t.label, t.weight, N).value, 1e-13, 0.0);
        sur_roc_free(&roc);
        CHECK(roc.count == 0 && !roc.threshold);
    }
}

/* Where a point of the curve reaches the efficiency its fpr is read off exactly. */
static void rejection_inverts_the_curve(void **state)
{
    (void)state;
    const problem t = draw(70, 0.3, 0.0);
    sur_roc roc;
    CHECK_OK(sur_roc_curve(&roc, t.score, t.label, NULL, N, NULL));
    for (sur_idx k = 1; k < roc.count; k++) {
        sur_interval at, between;
        CHECK_OK(sur_rejection(&at, t.score, t.label, NULL, N, roc.tpr[k], 0.95, NULL));
        if (roc.tpr[k] > roc.tpr[k - 1])
            CHECK_NEAR(1.0 / at.value, roc.fpr[k], 1e-13, 0.0);
        const double middle = 0.5 * (roc.tpr[k] + roc.tpr[k - 1]);
        CHECK_OK(
            sur_rejection(&between, t.score, t.label, NULL, N, middle, 0.95, NULL));
        if (roc.tpr[k] > roc.tpr[k - 1])
            CHECK_NEAR(1.0 / between.value, 0.5 * (roc.fpr[k] + roc.fpr[k - 1]), 1e-13,
                       0.0);
        CHECK(at.low <= at.value && at.value <= at.high);
    }
    sur_roc_free(&roc);
}

static void rejections_interval_is_that_of_the_background_counts(void **state)
{
    (void)state;
    double score[110], weight[110];
    uint8_t label[110];
    for (int i = 0; i < 110; i++) { /* half the signal and 7 of 100 at the top */
        label[i] = i < 10;
        score[i] = i < 5 || (i >= 10 && i < 17) ? 1.0 : 0.0;
        weight[i] = 3.0;
    }
    sur_interval plain, weighted;
    CHECK_OK(sur_rejection(&plain, score, label, NULL, 110, 0.5, 0.95, NULL));
    CHECK_OK(sur_rejection(&weighted, score, label, weight, 110, 0.5, 0.95, NULL));
    const sur_interval rate = sur_clopper_pearson(7, 100, 0.95);
    CHECK_NEAR(plain.value, 100.0 / 7.0, 0.0, 1e-13);
    CHECK_NEAR(plain.low, 1.0 / rate.high, 0.0, 1e-12);
    CHECK_NEAR(plain.high, 1.0 / rate.low, 0.0, 1e-12);
    CHECK_NEAR(weighted.low, plain.low, 0.0, 1e-12);
    CHECK_NEAR(weighted.high, plain.high, 0.0, 1e-12);

    for (int i = 10; i < 110; i++) score[i] = 0.0; /* no background above the signal */
    CHECK_OK(sur_rejection(&plain, score, label, NULL, 110, 0.5, 0.95, NULL));
    CHECK(plain.value == HUGE_VAL && plain.high == HUGE_VAL);
    CHECK_NEAR(plain.low, 1.0 / sur_clopper_pearson(0, 100, 0.95).high, 0.0, 1e-12);
}

static void scores_of_infinity_are_ranked_and_zeros_tie(void **state)
{
    (void)state;
    const double score[] = {HUGE_VAL, -HUGE_VAL, 0.0, -0.0};
    const uint8_t label[] = {1, 0, 1, 0};
    CHECK_NEAR(auc(score, label, NULL, 4).value, 3.5 / 4.0, 1e-15, 0.0);
}

static void bad_numbers_are_named(void **state)
{
    (void)state;
    problem t = draw(80, 0.0, 0.0);
    sur_interval out = {7, 7, 7};
    sur_roc roc;
    sur_error err;
    CHECK_STATUS(sur_auc(&out, t.score, t.label, NULL, N, 1.0, &err), SUR_EINVAL);
    CHECK_STATUS(sur_rejection(&out, t.score, t.label, NULL, N, 0.0, 0.95, &err),
                 SUR_EINVAL);
    t.weight[5] = nan("");
    CHECK_STATUS(sur_auc(&out, t.score, t.label, t.weight, N, 0.95, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "weight[5]");
    t.score[17] = nan("");
    CHECK_STATUS(sur_roc_curve(&roc, t.score, t.label, NULL, N, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "score[17] is nan");
    t.label[2] = 4;
    CHECK_STATUS(sur_auc(&out, t.score, t.label, NULL, N, 0.95, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "label[2] is 4");
    memset(t.label, 1, sizeof t.label);
    t.score[17] = 0.0;
    CHECK_STATUS(sur_auc(&out, t.score, t.label, NULL, N, 0.95, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "class 0");
    CHECK_STATUS(sur_auc(&out, t.score, t.label, NULL, 0, 0.95, &err), SUR_EINVAL);
    CHECK(out.value == 7 && out.low == 7 && out.high == 7);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const problem t = draw(90, 0.0, 0.0);
    sur_interval out;
    sur_roc roc;
    CHECK_EVERY_ALLOCATION(sur_auc(&out, t.score, t.label, NULL, N, 0.95, NULL), 2,
                           (void)0);
    CHECK_EVERY_ALLOCATION(
        sur_rejection(&out, t.score, t.label, NULL, N, 0.5, 0.95, NULL), 2, (void)0);
    CHECK_EVERY_ALLOCATION(sur_roc_curve(&roc, t.score, t.label, NULL, N, NULL), 5,
                           sur_roc_free(&roc));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_give_the_auc_of_all_pairs_and_delongs_interval),
        cmocka_unit_test(the_published_area_of_a_reader_study_comes_out),
        cmocka_unit_test(whole_weights_are_repetitions),
        cmocka_unit_test(a_row_of_weight_0_counts_for_nothing),
        cmocka_unit_test(
            only_the_order_of_scores_counts_and_turning_it_mirrors_the_auc),
        cmocka_unit_test(a_perfect_separation_leaves_room_below),
        cmocka_unit_test(constant_scores_and_lone_examples_have_wide_intervals),
        cmocka_unit_test(negative_weights_may_carry_the_auc_out_of_its_range),
        cmocka_unit_test(the_curve_runs_from_0_to_1_and_encloses_the_auc),
        cmocka_unit_test(rejection_inverts_the_curve),
        cmocka_unit_test(rejections_interval_is_that_of_the_background_counts),
        cmocka_unit_test(scores_of_infinity_are_ranked_and_zeros_tie),
        cmocka_unit_test(bad_numbers_are_named),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
