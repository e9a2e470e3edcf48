#include <surplus/stats.h>

#include "support/check.h"

static void the_ams_has_its_closed_form_and_its_limit(void **state)
{
    (void)state; /* multiple precision */
    CHECK_NEAR(sur_ams(10, 100, 0), 0.983991644756940611, 0.0, 1e-14);
    CHECK_NEAR(sur_ams(1, 1e6, 0), 0.000999999833333402778, 0.0, 1e-14);
    CHECK_NEAR(sur_ams(1e-3, 1e6, 0), 9.99999999833333339e-7, 0.0, 1e-14);
    CHECK_NEAR(sur_ams(50, 7, 3), 10.7243245152021859, 0.0, 1e-14);
    /* the two formulas agree where one takes over from the other */
    CHECK_NEAR(sur_ams(25 * (1 - 1e-12), 100, 0), sur_ams(25 * (1 + 1e-12), 100, 0),
               0.0, 1e-11);
    CHECK(sur_ams(0, 5, 0) == 0.0 && sur_ams(-3, 5, 0) == 0.0);
    CHECK(sur_ams(1, 0, 0) == HUGE_VAL);
    CHECK(isnan(sur_ams(1, -5, 1)) && isnan(sur_ams(nan(""), 1, 1)));
}

/* 10 signal and 20 of 100 background events at the top score: every half finds this
 * cut. */
static void a_planted_cut_is_found_in_both_halves(void **state)
{
    (void)state;
    double score[110], weight[110];
    uint8_t label[110];
    for (int i = 0; i < 110; i++) {
        label[i] = i < 10;
        score[i] = i < 30 ? 1.0 : 0.0;
        weight[i] = i < 10 ? 0.5 : 4.0;
    }
    double out;
    CHECK_OK(sur_ams_best(&out, score, label, NULL, 110, 0.0, NULL));
    CHECK_NEAR(out, sur_ams(10, 20, 0), 0.0, 1e-13);
    CHECK_OK(sur_ams_best(&out, score, label, weight, 110, 10.0, NULL));
    CHECK_NEAR(out, sur_ams(5, 80, 10), 0.0, 1e-13);
}

/* Sums over a half are scaled to the whole: with one score, all pass. */
static void halves_are_scaled_to_all_examples(void **state)
{
    (void)state;
    enum { N = 31 };
    double score[N] = {0}, weight[N], sum[2] = {0};
    uint8_t label[N];
    for (int i = 0; i < N; i++) {
        label[i] =
            i % 2 == 1; /* one class in the even rows: halves are made within classes */
        weight[i] = i % 7 == 3 ? -0.3 : 1.0 + i;
        sum[label[i]] += weight[i];
    }
    double out;
    CHECK_OK(sur_ams_best(&out, score, label, weight, N, 10.0, NULL));
    CHECK_NEAR(out, sur_ams(sum[1], sum[0], 10.0), 0.0, 1e-13);
}

/* The AMS of the best cut over all examples, chosen and read off on the same ones. */
static double flattered(const double *score, const uint8_t *label, sur_idx n)
{
    double best = 0.0;
    sur_roc roc;
    CHECK_OK(sur_roc_curve(&roc, score, label, NULL, n, NULL));
    const double half = 0.5 * (double)n;
    for (sur_idx k = 1; k < roc.count; k++)
        best = fmax(best, sur_ams(half * roc.tpr[k], half * roc.fpr[k], 10.0));
    sur_roc_free(&roc);
    return best;
}

/* For scores that tell nothing no cut is better than none, which has AMS(n/2, n/2). */
static void choosing_the_cut_does_not_flatter(void **state)
{
    (void)state;
    enum { N = 200, RUNS = 400 };
    double honest[RUNS], naive[RUNS];
    for (uint64_t s = 0; s < RUNS; s++) {
        sur_rng rng = sur_rng_make(s, "noise", 0);
        double score[N];
        uint8_t label[N];
        for (int i = 0; i < N; i++)
            score[i] = sur_rng_normal(&rng), label[i] = i % 2 == 1;
        CHECK_OK(sur_ams_best(&honest[s], score, label, NULL, N, 10.0, NULL));
        naive[s] = flattered(score, label, N);
    }
    const double none = sur_ams(N / 2, N / 2, 10.0);
    const double error = sqrt(sur_variance(honest, RUNS) / RUNS);
    CHECK(sur_mean(honest, RUNS) <= none + 4.0 * error);
    CHECK(sur_mean(honest, RUNS) >= 0.9 * none);
    CHECK(sur_mean(naive, RUNS) >
          none + 4.0 * sqrt(sur_variance(naive, RUNS) / RUNS)); /* the test can tell */
}

static void what_cannot_be_halved_is_refused(void **state)
{
    (void)state;
    const double score[] = {1, 2, 3, 4}, weight[] = {1, -1, 1, 3};
    const uint8_t lone[] = {1, 0, 0, 0}, two[] = {1, 0, 1, 0};
    double out = 7.0;
    sur_error err;
    CHECK_STATUS(sur_ams_best(&out, score, lone, NULL, 4, 1.0, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "class 1");
    CHECK_STATUS(sur_ams_best(&out, score, two, weight, 4, 1.0, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "half");
    CHECK_STATUS(sur_ams_best(&out, score, two, NULL, 4, -1.0, &err), SUR_EINVAL);
    CHECK(out == 7.0);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const double score[] = {1, 2, 3, 4};
    const uint8_t label[] = {1, 0, 1, 0};
    double out;
    CHECK_EVERY_ALLOCATION(sur_ams_best(&out, score, label, NULL, 4, 1.0, NULL), 3,
                           (void)0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ams_has_its_closed_form_and_its_limit),
        cmocka_unit_test(a_planted_cut_is_found_in_both_halves),
        cmocka_unit_test(halves_are_scaled_to_all_examples),
        cmocka_unit_test(choosing_the_cut_does_not_flatter),
        cmocka_unit_test(what_cannot_be_halved_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
