/* test_plan.c -- from axes to trials, and what is refused before anything runs. */
#include "study/internal.h"
#include "support/toy.h"

static sur_plan plan_of(sur_study *study, sur_store *store)
{
    sur_plan plan;
    sur_error err;
    const sur_run_options run = toy_run_options(1);
    const sur_status status = sur_study_plan(study, store, &run, &plan, NULL, &err);
    if (status != SUR_OK) fail_msg("%s", err.message);
    return plan;
}

static void check_refused(const char *options, sur_run_options run, sur_status expected,
                          const char *part)
{
    sur_error err;
    sur_plan plan;
    sur_study *study = toy_study(options);
    CHECK_STATUS(sur_study_plan(study, NULL, &run, &plan, NULL, &err), expected);
    CHECK_CONTAINS(err.message, part);
    sur_study_free(study);
}

static void the_trials_are_the_product_of_the_axes_in_table_order(void **state)
{
    (void)state;
    sur_study *study = toy_study("seed=5,6 width=2,1");
    const sur_plan plan = plan_of(study, NULL);
    CHECK(plan.trials == 4 && plan.held == 0 && plan.groups == 2);
    static const char *const order[] = {"\"width\":2,\"dimension\":2,\"seed\":5",
                                        "\"width\":2,\"dimension\":2,\"seed\":6",
                                        "\"width\":1,\"dimension\":1,\"seed\":5",
                                        "\"width\":1,\"dimension\":1,\"seed\":6"};
    for (sur_idx i = 0; i < 4; i++) {
        bool held = true;
        CHECK_CONTAINS(sur_study_spec(study, i, &held), order[i]);
        CHECK(!held);
    }
    sur_study_free(study);
}

static void an_axis_left_at_its_default_still_is_one(void **state)
{
    (void)state;
    sur_study *study = toy_study("seed=1:2");
    CHECK(plan_of(study, NULL).trials == 8);
    sur_study_free(study);
}

static void options_that_come_out_the_same_are_one_trial(void **state)
{
    (void)state;
    sur_study *study = toy_study("ridge=0,1e-10,1 width=3");
    CHECK(plan_of(study, NULL).trials == 2);
    sur_study_free(study);
}

static void a_study_is_planned_anew_after_a_change(void **state)
{
    (void)state;
    sur_study *study = toy_study("width=1");
    CHECK(plan_of(study, NULL).trials == 1);
    CHECK_OK(sur_study_set(study, "width", "1:9", NULL));
    CHECK(plan_of(study, NULL).trials == 9);
    sur_study_free(study);
}

static void cost_is_summed_and_the_largest_group_is_reported(void **state)
{
    (void)state;
    sur_study *study = toy_study("width=1:4 seed=1:3 wait=2 size=10");
    const sur_plan plan = plan_of(study, NULL);
    CHECK_NEAR(plan.seconds, 24, 1e-3, 0);
    CHECK(plan.bytes == 40);
    sur_study_free(study);
}

static void long_groups_come_first(void **state)
{
    (void)state;
    sur_study *study = toy_study("width=1:3 dimension=1:9");
    plan_of(study, NULL);
    for (sur_idx i = 1; i < study->groups; i++)
        CHECK(study->group[i].seconds <= study->group[i - 1].seconds);
    sur_study_free(study);
}

static void
a_group_is_halved_for_idle_workers_only_if_that_halves_its_time(void **state)
{
    (void)state;
    sur_plan plan;
    sur_run_options run = toy_run_options(2);
    sur_study *apart = toy_study("width=1:9 wait=1"), *joint = toy_study("width=1:9");
    CHECK_OK(sur_study_plan(apart, NULL, &run, &plan, NULL, NULL));
    CHECK(plan.groups == 4 && plan.trials == 9);
    bool seen[9] = {false};
    for (sur_idx g = 0, at = 0; g < 4; g++) {
        CHECK(apart->group[g].count <= 3);
        for (sur_idx i = 0; i < apart->group[g].count; i++, at++)
            seen[apart->order[apart->group[g].first + i]] = true;
    }
    for (int i = 0; i < 9; i++) CHECK(seen[i]);
    CHECK_OK(sur_study_plan(joint, NULL, &run, &plan, NULL, NULL));
    CHECK(plan.groups == 1);
    run.jobs = 1;
    CHECK_OK(sur_study_plan(apart, NULL, &run, &plan, NULL, NULL));
    CHECK(plan.groups == 1);
    sur_study_free(apart);
    sur_study_free(joint);
}

static void shards_part_what_shares_nothing(void **state)
{
    (void)state;
    sur_plan plan;
    sur_run_options run = toy_run_options(1);
    sur_idx sum = 0;
    for (int i = 1; i <= 4; i++) {
        char shard[8];
        snprintf(shard, sizeof shard, "%d/4", i);
        run.shard = shard;
        sur_study *study = toy_study("width=1:16 wait=1");
        CHECK_OK(sur_study_plan(study, NULL, &run, &plan, NULL, NULL));
        CHECK(plan.trials == 4);
        for (sur_idx k = 0; k < 4; k++) sum += study->trial[k].point;
        sur_study_free(study);
    }
    CHECK(sum == 16 * 15 / 2);
}

static void what_the_store_holds_is_not_planned_to_run(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    toy_do(store, "width=1,2 at=2 crash=fail", 1);
    sur_study *study = toy_study("width=1:3");
    sur_run_options run = toy_run_options(1);
    sur_plan plan;
    CHECK_OK(sur_study_plan(study, store, &run, &plan, NULL, NULL));
    CHECK(plan.held == 2 && plan.trials == 3);
    run.retry_failed = true;
    CHECK_OK(sur_study_plan(study, store, &run, &plan, NULL, NULL));
    CHECK(plan.held == 1);
    sur_study_free(study);
    sur_store_close(store);
}

static void more_memory_than_allowed_is_refused_with_its_size(void **state)
{
    (void)state;
    sur_run_options run = toy_run_options(1);
    check_refused("width=1:1000 size=1000000000000", run, SUR_EINVAL, "1000 trials");
    run.memory_limit = 5e9;
    check_refused("width=10 size=1000000000", run, SUR_EINVAL, "10 GB");
}

static char said[4000];
static void hear(void *payload, const char *line)
{
    (void)payload;
    strncat(said, line, sizeof said - strlen(said) - 1);
}

static void an_axis_left_at_its_default_is_cut_to_what_memory_holds(void **state)
{
    (void)state;
    sur_plan plan;
    sur_run_options run = toy_run_options(1);
    const sur_watch watch = {.note = hear};
    run.memory_limit = 2.5e9;
    said[0] = 0;
    sur_study *study = toy_study("size=1000000000");
    CHECK_OK(sur_study_plan(study, NULL, &run, &plan, &watch, NULL));
    CHECK(plan.trials == 2);
    CHECK_CONTAINS(said, "width, left at its default, ends at 2: all of it needs 4");
    sur_study_free(study);
    check_refused("width=1:4 size=1000000000", run, SUR_EINVAL, "4"); /* given: kept */
}

static void what_cannot_be_is_refused_in_one_line(void **state)
{
    (void)state;
    sur_run_options run = toy_run_options(1);
    check_refused("seed=1:1001 width=1:1000", run, SUR_EINVAL,
                  "width 1000 x seed 1001");
    check_refused("width=1 dimension=6000", run, SUR_EINVAL, "dimension above 5000");
    check_refused("data=missing", run, SUR_EIO, "no such data");
    static char shards[][12] = {"0/2",   "3/2", "1",    "a/b",
                                "1/2/3", "",    "-1/2", "1/9999999"};
    for (size_t i = 0; i < sizeof shards / sizeof *shards; i++) {
        run.shard = shards[i];
        check_refused("width=1", run, SUR_EINVAL, "--shard");
    }
}

static void a_wrong_option_is_answered_with_the_nearest(void **state)
{
    (void)state;
    sur_error err;
    sur_study *study = toy_study("width=1");
    CHECK_STATUS(sur_study_set(study, "widht", "3", &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "\"width\"?");
    CHECK_STATUS(sur_study_set(study, "width", "1:x", &err), SUR_EINVAL);
    CHECK_STATUS(sur_study_set(study, "width", "8,0", &err), SUR_EINVAL);
    CHECK(plan_of(study, NULL).trials == 1); /* what was refused changed nothing */
    sur_study_free(study);
}

static sur_status make_plan(sur_plan *plan)
{
    sur_study *study = NULL;
    const sur_run_options run = {
        .jobs = 1, .threads = 1, .memory_limit = 1e9, .shard = (char[]){"1/2"}};
    sur_status status = sur_study_new(&study, &toy, NULL);
    if (status == SUR_OK) status = sur_study_set(study, "width", "1:3", NULL);
    if (status == SUR_OK) status = sur_study_set(study, "seed", "1:2", NULL);
    if (status == SUR_OK) status = sur_study_plan(study, NULL, &run, plan, NULL, NULL);
    sur_study_free(study);
    return status;
}

static void every_allocation_of_a_plan_may_fail(void **state)
{
    (void)state;
    sur_plan plan;
    CHECK_EVERY_ALLOCATION(make_plan(&plan), 40, (void)0);
    CHECK(plan.trials == 3);
}

int main(int argc, char **argv)
{
    TOY_WORKER(&toy);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_trials_are_the_product_of_the_axes_in_table_order),
        cmocka_unit_test(an_axis_left_at_its_default_still_is_one),
        cmocka_unit_test(options_that_come_out_the_same_are_one_trial),
        cmocka_unit_test(a_study_is_planned_anew_after_a_change),
        cmocka_unit_test(cost_is_summed_and_the_largest_group_is_reported),
        cmocka_unit_test(long_groups_come_first),
        cmocka_unit_test(
            a_group_is_halved_for_idle_workers_only_if_that_halves_its_time),
        cmocka_unit_test(shards_part_what_shares_nothing),
        cmocka_unit_test(what_the_store_holds_is_not_planned_to_run),
        cmocka_unit_test(more_memory_than_allowed_is_refused_with_its_size),
        cmocka_unit_test(an_axis_left_at_its_default_is_cut_to_what_memory_holds),
        cmocka_unit_test(what_cannot_be_is_refused_in_one_line),
        cmocka_unit_test(a_wrong_option_is_answered_with_the_nearest),
        cmocka_unit_test(every_allocation_of_a_plan_may_fail),
    };
    return RUN(tests);
}
