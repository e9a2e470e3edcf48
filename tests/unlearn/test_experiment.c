/* test_experiment.c -- trials as a study runs them: shared work, same bits, refusals.
 */
#include "unlearn/rig.h"

#include "experiments/unlearn/course.h"

#include <unistd.h>

#define EVENTS                                                                   \
    "data=synthetic:events samples=200 validation_samples=150 test_samples=150 " \
    "forget_count=30 width=8 epochs=20 balls=10 planes=4 resolution=5 references=2 "

static bool timed(const char *metric)
{
    return strcmp(metric, "relative_time") == 0 || strcmp(metric, "tuning_time") == 0;
}

/* All measurements but times, bit for bit. */
static void check_same(const unlearn_list *a, const unlearn_list *b)
{
    CHECK(a->count == b->count && a->count > 40);
    for (sur_idx i = 0; i < a->count; i++) {
        const sur_measurement *x = &a->at[i], *y = &b->at[i];
        CHECK_TEXT(x->metric, y->metric);
        if (timed(x->metric)) continue;
        if (memcmp(&x->value, &y->value, sizeof x->value) != 0)
            fail_msg("%s: %.17g and %.17g", x->metric, x->value, y->value);
        CHECK(memcmp(&x->low, &y->low, sizeof x->low) == 0 && x->n == y->n);
    }
}

static void a_trial_has_the_same_bits_alone_and_in_a_group(void **state)
{
    static const char *const trials[] = {
        "method=scrub lambda=0.2", "method=neggrad", "method=retrain",
        "method=scrub tune_form=penalty", "method=influence tune=none"};
    (void)state;
    rig *group = rig_new();
    CHECK_OK(rig_group(group, EVENTS, trials, 5));
    for (int i = 0; i < 5; i++) {
        rig *alone = rig_new();
        CHECK_OK(rig_group(alone, EVENTS, &trials[i], 1));
        check_same(&group->list[i], &alone->list[0]);
        rig_free(alone);
    }
    rig_free(group);
}

static void models_and_searches_are_made_once_and_found_again(void **state)
{
    static const char *const two[] = {"lambda=0.2", "lambda=0.6"};
    (void)state;
    rig *r = rig_new();
    CHECK_OK(rig_run(r, EVENTS));
    /* an original, two retrained, their seconds, a search and its ledger, a plane */
    CHECK(r->kept_count == 9 && r->found_count == 0);
    const unlearn_list first = r->list[0];
    CHECK_OK(rig_group(r, EVENTS, two, 2));
    CHECK(r->kept_count == 13 && r->found_count == 8); /* two ledgers and planes more */
    CHECK_OK(rig_run(r, EVENTS));
    check_same(&first, &r->list[0]);
    CHECK_OK(rig_run(r, EVENTS "forget_count=20")); /* the same original */
    CHECK(r->kept_count == 13 + 2 + 4 + 2 + 1);
    rig_free(r);
}

static void every_method_is_measured(void **state)
{
    const char *metrics[] = {"privacy_gap",   "attack_auc",
                             "change_near",   "change_far",
                             "locality",      "plane_change_near",
                             "objective",     "uses_forget",
                             "relative_time", "max_prediction_difference"};
    const char *roles[] = {"original", "unlearned", "retrained"};
    const char *errors[] = {"retain_error", "forget_error", "validation_error",
                            "test_error"};
    (void)state;
    rig *r = rig_new();
    for (int m = 0; m < UNLEARN_METHODS; m++) {
        const unlearn_method *method = &unlearn_methods[m];
        char words[512];
        CHECK_TEXT(unlearn_method_choices[m], method->name);
        snprintf(words, sizeof words, EVENTS "method=%s %s", method->name,
                 method->for_linear ? "family=linear width=28 ridge=1" : "tune=none");
        if (method->for_linear) memset(strstr(words, "epochs=20"), ' ', 9);
        CHECK_OK(rig_run(r, words));
        for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
            rig_value(r, 0, metrics[i], NULL);
        for (int e = 0; e < 4; e++)
            for (int s = 0; s < 3; s++) {
                const sur_measurement *x = rig_find_metric(r, 0, errors[e], roles[s]);
                CHECK(x && x->low <= x->value && x->value <= x->high && x->n > 0);
            }
        CHECK(rig_value(r, 0, "uses_forget", NULL) == method->uses_forget);
    }
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trial_has_the_same_bits_alone_and_in_a_group),
        cmocka_unit_test(models_and_searches_are_made_once_and_found_again),
        cmocka_unit_test(every_method_is_measured),
    };
    return RUN(tests);
}
