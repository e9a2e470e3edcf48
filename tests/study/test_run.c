/* test_run.c -- laws of a running study. */
#include "support/toy.h"

static void every_planned_trial_is_stored_exactly_once(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    const sur_study_result result = toy_do(store, "width=1:7 ridge=0,1 seed=1:3", 2);
    CHECK(result.trials == 42 && result.done == 42 && result.failed == 0);
    CHECK(result.ending == SUR_FINISHED);
    toy_lines *lines = toy_read(store);
    CHECK(lines->count == 42);
    for (int i = 1; i < 42; i++) CHECK(strcmp(lines->line[i - 1], lines->line[i]) != 0);
    toy_lines_free(lines);
    sur_store_close(store);
}

static void trials_that_differ_along_joint_axes_run_together(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    toy_do(store, "width=1:5 ridge=0,1 seed=1:3", 2);
    CHECK(toy_get(store, "\"width\":3", "group_seconds").value == 10);
    sur_store_close(store);
}

static void a_value_computed_from_a_joint_axis_does_not_part_a_group(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    toy_do(store, "width=1:5", 1);
    const toy_wanted w = toy_get(store, "\"width\":3,\"dimension\":3", "group_seconds");
    CHECK(w.found && w.value == 5);
    sur_store_close(store);
}

static void a_resumed_study_runs_nothing(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    toy_do(store, "width=1:5 seed=1:3", 2);
    const sur_study_result again = toy_do(store, "width=1:5 seed=1:3", 2);
    CHECK(again.trials == 15 && again.held == 15 && again.done == 0);
    sur_store_close(store);
}

static void a_value_added_to_an_axis_runs_only_what_is_new(void **state)
{
    (void)state;
    sur_store *store = toy_store(), *whole = toy_store();
    toy_do(store, "width=1,2,5 seed=1:3", 2);
    const sur_study_result more = toy_do(store, "width=1:5 seed=1:3", 2);
    CHECK(more.held == 9 && more.done == 6);
    CHECK(toy_get(store, "\"width\":4", "group_seconds").value == 2);
    toy_do(whole, "width=1:5 seed=1:3", 1);
    check_same_stores(store, whole);
    sur_store_close(store);
    sur_store_close(whole);
}

static void bits_do_not_depend_on_jobs_or_order(void **state)
{
    (void)state;
    sur_store *one = toy_store(), *three = toy_store(), *other = toy_store();
    toy_do(one, "width=1:9 ridge=0,0.1 seed=1:4", 1);
    toy_do(three, "width=1:9 ridge=0,0.1 seed=1:4", 3);
    toy_do(other, "seed=4,2,3,1 width=9,1:8 ridge=0.1,0", 2);
    check_same_stores(one, three);
    check_same_stores(one, other);
    sur_store_close(one);
    sur_store_close(three);
    sur_store_close(other);
}

static void the_shards_together_are_the_whole(void **state)
{
    (void)state;
    sur_store *whole = toy_store(), *parts = toy_store();
    sur_run_options run = toy_run_options(1);
    sur_idx done = 0, held = 0;
    toy_do(whole, "width=1:3 seed=1:7", 1);
    for (int i = 1; i <= 3; i++) {
        char shard[8];
        sur_study_result result;
        sur_study *study = toy_study("width=1:3 seed=1:7");
        snprintf(shard, sizeof shard, "%d/3", i);
        run.shard = shard;
        CHECK_OK(sur_study_run(study, parts, &run, "test", NULL, &result, NULL));
        CHECK(result.trials == 21 && result.done + result.skipped == 21);
        CHECK(result.done == 6 || result.done == 9);
        done += result.done;
        held += result.held;
        sur_study_free(study);
    }
    CHECK(done == 21 && held == 0);
    check_same_stores(whole, parts);
    sur_store_close(whole);
    sur_store_close(parts);
}

static void a_shard_is_the_same_whatever_the_store_holds(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    sur_run_options run = toy_run_options(1);
    run.shard = (char[]){"2/3"};
    toy_do(store, "width=1:3 seed=2,5", 1);
    sur_study *study = toy_study("width=1:3 seed=1:7"),
              *fresh = toy_study("width=1:3 seed=1:7");
    sur_plan some, all;
    CHECK_OK(sur_study_plan(study, store, &run, &some, NULL, NULL));
    CHECK_OK(sur_study_plan(fresh, NULL, &run, &all, NULL, NULL));
    CHECK(some.trials == all.trials && all.held == 0);
    for (sur_idx i = 0; i < all.trials; i++)
        CHECK_TEXT(sur_study_spec(study, i, NULL), sur_study_spec(fresh, i, NULL));
    sur_study_free(study);
    sur_study_free(fresh);
    sur_store_close(store);
}

static void a_trial_knows_when_where_and_by_what_it_was_made(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    toy_do(store, "width=2", 1);
    const toy_wanted w = toy_get(store, "\"width\":2", "value");
    CHECK(w.peak > 1000000 && w.peak < 4000000000);
    CHECK(fabs(w.started - (double)time(NULL)) < 60);
    CHECK_CONTAINS(w.host, "; ");
    CHECK_CONTAINS(w.code, sur_version());
    CHECK_CONTAINS(w.code, sur_build());
    sur_store_close(store);
}

static void threads_are_given_to_the_worker_and_recorded(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    sur_run_options run = toy_run_options(1);
    sur_study_result result;
    sur_study *study = toy_study("width=2");
    run.threads = 3;
    CHECK_OK(sur_study_run(study, store, &run, "test", NULL, &result, NULL));
    CHECK(toy_get(store, "\"width\":2", "threads_seconds").value == 3);
    CHECK_CONTAINS(toy_get(store, "\"width\":2", "value").code, "3 threads");
    sur_study_free(study);
    sur_store_close(store);
}

typedef struct watcher {
    int told, notes;
    sur_progress last;
    sur_idx most_running;
    char note[2000];
    double stop_at, began;
} watcher;

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void told(void *payload, const sur_progress *progress)
{
    watcher *w = payload;
    CHECK(progress->held + progress->done + progress->failed <= progress->trials);
    CHECK(progress->done >= w->last.done);
    w->told++;
    w->last = *progress;
    if (progress->running > w->most_running) w->most_running = progress->running;
}

static void noted(void *payload, const char *line)
{
    watcher *w = payload;
    CHECK(!strchr(line, '\n'));
    w->notes++;
    const size_t length = strlen(w->note);
    snprintf(w->note + length, sizeof w->note - length, "%s\n", line);
}

static bool stops(void *payload)
{
    const watcher *w = payload;
    return seconds_now() - w->began > w->stop_at;
}

static sur_watch watch_of(watcher *w, double stop_at)
{
    *w = (watcher){.stop_at = stop_at, .began = seconds_now()};
    return (sur_watch){.payload = w, .progress = told, .note = noted, .stop = stops};
}

static void progress_is_told_to_the_end(void **state)
{
    (void)state;
    watcher w;
    const sur_watch watch = watch_of(&w, HUGE_VAL);
    sur_store *store = toy_store();
    sur_study_result result;
    sur_run_options run = toy_run_options(2);
    toy_do(store, "width=1 seed=1:2", 2);
    sur_study *study = toy_study("width=1:3 seed=1:4 wait=0.02");
    CHECK_OK(sur_study_run(study, store, &run, "test", &watch, &result, NULL));
    CHECK(w.told >= 2 && w.last.trials == 12 && w.last.held == 2 && w.last.done == 10);
    CHECK(w.last.seconds_left == 0 && w.last.running == 0);
    CHECK_CONTAINS(w.note, "the target is column 1\nnothing is missing\n");
    sur_study_free(study);
    sur_store_close(store);
}

static void results_of_another_build_are_pointed_out(void **state)
{
    (void)state;
    watcher w;
    const sur_watch watch = watch_of(&w, HUGE_VAL);
    sur_store *store = toy_store();
    sur_study_result result;
    const sur_run_options run = toy_run_options(1);
    toy_do(store, "width=1", 1);
    sur_study *study = toy_study("width=1:2");
    CHECK_OK(sur_study_run(study, store, &run, "test", &watch, &result, NULL));
    CHECK(!strstr(w.note, "another build"));
    CHECK_OK(
        sur_store_log_run(store, "old", "0.0.1", "another compiler", "h; p", NULL));
    CHECK_OK(sur_study_set(study, "width", "1:3", NULL));
    w.last.done = 0;
    CHECK_OK(sur_study_run(study, store, &run, "test", &watch, &result, NULL));
    CHECK_CONTAINS(w.note, "of another build or processor");
    sur_study_free(study);
    sur_store_close(store);
}

static void large_groups_take_turns_where_memory_is_short(void **state)
{
    (void)state;
    watcher w;
    const sur_watch watch = watch_of(&w, HUGE_VAL);
    sur_store *store = toy_store();
    sur_study_result result;
    sur_run_options run = toy_run_options(2);
    run.memory_limit = 1.5e9;
    sur_study *study = toy_study("width=1 seed=1:3 wait=0.12 size=1000000000");
    CHECK_OK(sur_study_run(study, store, &run, "test", &watch, &result, NULL));
    CHECK(result.done == 3);
    CHECK_CONTAINS(w.note, "memory is enough for 1 of 2 workers at once");
    CHECK(w.most_running == 1);
    sur_study_free(study);
    sur_store_close(store);
}

static void an_interrupt_keeps_what_is_done_and_the_rest_follows(void **state)
{
    (void)state;
    watcher w;
    const sur_watch watch = watch_of(&w, 0.15);
    sur_store *store = toy_store(), *whole = toy_store();
    sur_study_result result;
    sur_run_options run = toy_run_options(2);
    sur_study *study = toy_study("width=1:10 seed=1:10 wait=0.01");
    const double began = seconds_now();
    CHECK_OK(sur_study_run(study, store, &run, "test", &watch, &result, NULL));
    CHECK(seconds_now() - began < 1.5); /* far less than the grace */
    CHECK(result.ending == SUR_INTERRUPTED && result.done < 100 && result.failed == 0);
    const sur_study_result rest = toy_do(store, "width=1:10 seed=1:10", 2);
    CHECK(rest.held == result.done && rest.done == 100 - result.done);
    toy_do(whole, "width=1:10 seed=1:10", 2);
    check_same_stores(store, whole);
    sur_study_free(study);
    sur_store_close(store);
    sur_store_close(whole);
}

static void a_worker_deaf_to_an_interrupt_is_killed_soon(void **state)
{
    (void)state;
    watcher w;
    const sur_watch watch = watch_of(&w, 0.05);
    sur_store *store = toy_store();
    sur_study_result result;
    sur_run_options run = toy_run_options(2);
    sur_study *study = toy_study("width=1 seed=1:3 crash=deaf wait=30");
    const double began = seconds_now();
    CHECK_OK(sur_study_run(study, store, &run, "test", &watch, &result, NULL));
    CHECK(seconds_now() - began < 10);
    CHECK(result.ending == SUR_INTERRUPTED && result.done == 0 && result.failed == 0);
    sur_study_free(study);
    sur_store_close(store);
}

static void a_time_limit_ends_the_study_in_good_order(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    sur_study_result result;
    sur_run_options run = toy_run_options(2);
    run.time_limit = 0.15;
    sur_study *study = toy_study("width=1:10 seed=1:10 wait=0.01");
    CHECK_OK(sur_study_run(study, store, &run, "test", NULL, &result, NULL));
    CHECK(result.ending == SUR_TIME_LIMIT && result.failed == 0 && result.done < 100);
    toy_lines *lines = toy_read(store);
    CHECK(lines->count == result.done);
    toy_lines_free(lines);
    sur_study_free(study);
    sur_store_close(store);
}

int main(int argc, char **argv)
{
    TOY_WORKER(&toy);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_planned_trial_is_stored_exactly_once),
        cmocka_unit_test(trials_that_differ_along_joint_axes_run_together),
        cmocka_unit_test(a_value_computed_from_a_joint_axis_does_not_part_a_group),
        cmocka_unit_test(a_resumed_study_runs_nothing),
        cmocka_unit_test(a_value_added_to_an_axis_runs_only_what_is_new),
        cmocka_unit_test(bits_do_not_depend_on_jobs_or_order),
        cmocka_unit_test(the_shards_together_are_the_whole),
        cmocka_unit_test(a_shard_is_the_same_whatever_the_store_holds),
        cmocka_unit_test(a_trial_knows_when_where_and_by_what_it_was_made),
        cmocka_unit_test(threads_are_given_to_the_worker_and_recorded),
        cmocka_unit_test(progress_is_told_to_the_end),
        cmocka_unit_test(results_of_another_build_are_pointed_out),
        cmocka_unit_test(large_groups_take_turns_where_memory_is_short),
        cmocka_unit_test(an_interrupt_keeps_what_is_done_and_the_rest_follows),
        cmocka_unit_test(a_worker_deaf_to_an_interrupt_is_killed_soon),
        cmocka_unit_test(a_time_limit_ends_the_study_in_good_order),
    };
    return RUN(tests);
}
