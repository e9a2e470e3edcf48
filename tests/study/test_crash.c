/* test_crash.c -- what a trial does to its worker stays with that trial. */
#include "support/toy.h"

#include <dirent.h>

/* Widths 1 to 6, three seeds; width 4 ends its worker in some way. */
static void check_only_width_4_fails(const char *crash, const char *message,
                                     sur_status want)
{
    sur_store *store = toy_store(), *calm = toy_store();
    char options[200];
    snprintf(options, sizeof options, "width=1:6 seed=1:3 at=4 crash=%s", crash);
    const sur_study_result result = toy_do(store, options, 2);
    CHECK(result.ending == SUR_FINISHED && result.failed == 3 && result.done == 15);
    const toy_wanted bad = toy_get(store, "\"width\":4", "value");
    CHECK(bad.status == want);
    CHECK_CONTAINS(bad.message, message);
    /* once calm, the failed ones are run again when asked, and all is as if never
     * broken */
    const sur_study_result kept = toy_do(store, "width=1:6 seed=1:3", 1);
    CHECK(kept.held == 18 && kept.held_failed == 3);
    sur_run_options run = toy_run_options(2);
    sur_study_result retried;
    run.retry_failed = true;
    sur_study *study = toy_study("width=1:6 seed=1:3");
    CHECK_OK(sur_study_run(study, store, &run, "test", NULL, &retried, NULL));
    CHECK(retried.held == 15 && retried.done == 3);
    toy_do(calm, "width=1:6 seed=1:3", 1);
    check_same_stores(store, calm);
    sur_study_free(study);
    sur_store_close(store);
    sur_store_close(calm);
}

static void a_trial_that_aborts_fails_alone(void **state)
{
    (void)state;
    check_only_width_4_fails("abort", "signal 6 (Aborted), 2 times", SUR_EBACKEND);
}

static void a_trial_with_a_segmentation_fault_fails_alone(void **state)
{
    (void)state;
    check_only_width_4_fails("segv", "signal 11 (Segmentation fault), 2 times",
                             SUR_EBACKEND);
}

static void a_trial_that_exits_fails_alone(void **state)
{
    (void)state;
    check_only_width_4_fails("exit", "exit code 3", SUR_EBACKEND);
}

static void a_trial_that_is_killed_each_time_fails_alone(void **state)
{
    (void)state;
    check_only_width_4_fails(
        "kill", "signal 9 (Killed, perhaps out of memory), 3 times", SUR_EBACKEND);
}

static void a_worker_that_speaks_nonsense_is_taken_for_dead(void **state)
{
    (void)state;
    check_only_width_4_fails("nonsense", "nonsense", SUR_EBACKEND);
}

static void a_trial_that_fails_numerically_is_recorded_as_such(void **state)
{
    (void)state;
    check_only_width_4_fails("fail", "not finite", SUR_ENUMERIC);
}

static void a_trial_without_an_outcome_is_recorded_as_failed(void **state)
{
    (void)state;
    check_only_width_4_fails("silent", "without an outcome", SUR_EBACKEND);
}

static void an_error_of_run_is_recorded_for_all_that_are_left(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    const sur_study_result result = toy_do(store, "width=1:6 at=4 crash=return", 1);
    CHECK(result.done == 3 && result.failed == 3 && result.failed_numeric == 3);
    CHECK_TEXT(toy_get(store, "\"width\":6", "value").message, "the group is lost");
    sur_store_close(store);
}

static void a_trial_emitted_twice_is_an_error_of_the_experiment(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    const sur_study_result result = toy_do(store, "width=1:6 at=4 crash=twice", 1);
    CHECK(result.done == 4 && result.failed == 2);
    CHECK_CONTAINS(toy_get(store, "\"width\":6", "value").message, "emitted twice");
    sur_store_close(store);
}

/* ---- workers killed from outside ---- */

/* The process whose parent is this one and whose first argument is __worker; 0: none.
 */
static pid_t find_worker(void)
{
    pid_t found = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; !found && (entry = readdir(proc));) {
        char path[300], text[300] = "", parent[24];
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        const size_t size = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        for (size_t i = 0; i + 1 < size; i++)
            if (!text[i]) text[i] = ' ';
        snprintf(parent, sizeof parent, "toy %d ", (int)getpid());
        if (strstr(text, " __worker ") && strstr(text, parent))
            found = (pid_t)strtol(entry->d_name, NULL, 10);
    }
    closedir(proc);
    return found;
}

typedef struct killer {
    double at;
    bool done;
} killer;

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool kill_once(void *payload)
{
    killer *k = payload;
    if (k->done || seconds_now() < k->at) return false;
    const pid_t worker = find_worker();
    if (worker) kill(worker, SIGKILL);
    k->done = worker != 0;
    return false;
}

static void a_worker_killed_at_any_moment_changes_nothing(void **state)
{
    (void)state;
    sur_store *calm = toy_store();
    const char *options = "width=1:4 seed=1:4 wait=0.003";
    toy_do(calm, options, 2);
    srand(7);
    for (int i = 0; i < 20; i++) {
        sur_store *store = toy_store();
        killer k = {.at = seconds_now() + 0.04 * rand() / RAND_MAX};
        const sur_watch watch = {.payload = &k, .stop = kill_once};
        const sur_run_options run = toy_run_options(2);
        sur_study_result result;
        sur_study *study = toy_study(options);
        CHECK_OK(sur_study_run(study, store, &run, "test", &watch, &result, NULL));
        CHECK(result.done == 16 && result.failed == 0);
        check_same_stores(calm, store);
        sur_study_free(study);
        sur_store_close(store);
    }
    sur_store_close(calm);
}

/* A worker that ends before it says a word: no experiment of that name is known to
 * main. */
static void workers_that_do_not_start_end_the_study(void **state)
{
    (void)state;
    sur_experiment stranger = toy;
    stranger.name = "stranger";
    sur_error err;
    sur_study_result result;
    const sur_run_options run = toy_run_options(2);
    sur_store *store = toy_store();
    sur_study *study = toy_study_of(&stranger, "width=1:3");
    CHECK_STATUS(sur_study_run(study, store, &run, "test", NULL, &result, &err),
                 SUR_EBACKEND);
    CHECK_CONTAINS(err.message, "workers do not start: ended with exit code 2");
    sur_study_free(study);
    sur_store_close(store);
}

/* The worker of the experiment "runaway" forgets that it is one: see main. */
static void
a_program_that_forgets_its_worker_does_not_start_itself_without_end(void **state)
{
    (void)state;
    sur_experiment runaway = toy;
    runaway.name = "runaway";
    sur_error err;
    sur_study_result result;
    const sur_run_options run = toy_run_options(1);
    sur_store *store = toy_store();
    sur_study *study = toy_study_of(&runaway, "width=1");
    CHECK_STATUS(sur_study_run(study, store, &run, "test", NULL, &result, &err),
                 SUR_EBACKEND);
    CHECK_CONTAINS(err.message, "ended with exit code 40"); /* it was refused there */
    sur_study_free(study);
    sur_store_close(store);
}

static int run_away(void)
{
    sur_study_result result;
    const sur_run_options run = toy_run_options(1);
    sur_store *store = toy_store();
    sur_study *study = toy_study("width=1");
    const sur_status status =
        sur_study_run(study, store, &run, "test", NULL, &result, NULL);
    sur_study_free(study);
    sur_store_close(store);
    return status == SUR_EBACKEND ? 40 : 41;
}

static void no_worker_is_left_when_a_study_ends(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    toy_do(store, "width=1:3 seed=1:5", 3);
    CHECK(find_worker() == 0);
    sur_store_close(store);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[2], "runaway") == 0) return run_away();
    TOY_WORKER(&toy);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trial_that_aborts_fails_alone),
        cmocka_unit_test(a_trial_with_a_segmentation_fault_fails_alone),
        cmocka_unit_test(a_trial_that_exits_fails_alone),
        cmocka_unit_test(a_trial_that_is_killed_each_time_fails_alone),
        cmocka_unit_test(a_worker_that_speaks_nonsense_is_taken_for_dead),
        cmocka_unit_test(a_trial_that_fails_numerically_is_recorded_as_such),
        cmocka_unit_test(a_trial_without_an_outcome_is_recorded_as_failed),
        cmocka_unit_test(an_error_of_run_is_recorded_for_all_that_are_left),
        cmocka_unit_test(a_trial_emitted_twice_is_an_error_of_the_experiment),
        cmocka_unit_test(a_worker_killed_at_any_moment_changes_nothing),
        cmocka_unit_test(workers_that_do_not_start_end_the_study),
        cmocka_unit_test(
            a_program_that_forgets_its_worker_does_not_start_itself_without_end),
        cmocka_unit_test(no_worker_is_left_when_a_study_ends),
    };
    return RUN(tests);
}
