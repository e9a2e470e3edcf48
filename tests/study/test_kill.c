/* test_kill.c -- a study killed at any moment costs the trials in flight and nothing
 * else.
 *
 * The program starts itself as `test_kill sweep STORE`, kills that with SIGKILL, looks
 * for workers left behind, and resumes. */
#include "support/toy.h"

#include <dirent.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

#define OPTIONS "width=1:4 seed=1:8 wait=0.003"

static char folder[] = "/tmp/surplus-kill-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
}

static int drop_folder(void **state)
{
    (void)state;
    DIR *files = opendir(folder);
    for (struct dirent *entry; files && (entry = readdir(files));) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.') remove(path);
    }
    if (files) closedir(files);
    return rmdir(folder);
}

static int sweep(const char *path, const char *options)
{
    sur_store *store = NULL;
    if (sur_store_open(&store, path, SUR_STORE_WRITE, NULL) != SUR_OK) return 1;
    toy_do(store, options, 2);
    sur_store_close(store);
    return 0;
}

static pid_t start_sweep(char *path, char *options)
{
    pid_t pid = 0;
    char *argv[] = {(char[]){"test_kill"}, (char[]){"sweep"}, path, options, NULL};
    CHECK(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ) == 0);
    return pid;
}

/* Living workers whose study was the process `parent`. */
static int count_workers(pid_t parent)
{
    int count = 0;
    char want[32];
    snprintf(want, sizeof want, "toy %d ", (int)parent);
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; (entry = readdir(proc));) {
        char path[300], text[300] = "";
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        FILE *file = fopen(path, "r"); /* a zombie's is empty */
        if (!file) continue;
        const size_t size = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        for (size_t i = 0; i + 1 < size; i++)
            if (!text[i]) text[i] = ' ';
        count += strstr(text, " __worker ") && strstr(text, want);
    }
    closedir(proc);
    return count;
}

static void check_nobody_left(pid_t parent)
{
    int left = count_workers(parent);
    for (int i = 0; i < 200 && left > 0; i++) {
        toy_sleep(0.01);
        left = count_workers(parent);
    }
    CHECK(left == 0);
}

static void a_killed_study_resumes_to_the_same_bits_and_leaves_no_worker(void **state)
{
    (void)state;
    sur_store *calm = toy_store();
    toy_do(calm, OPTIONS, 1);
    srand(11);
    int interrupted = 0;
    for (int i = 0; i < 20; i++) {
        char path[200];
        int ended = 0;
        snprintf(path, sizeof path, "%s/%d.db", folder, i);
        const pid_t pid = start_sweep(path, (char[]){OPTIONS});
        toy_sleep(0.1 * rand() / RAND_MAX);
        kill(pid, SIGKILL);
        CHECK(waitpid(pid, &ended, 0) == pid);
        interrupted += WIFSIGNALED(ended);
        check_nobody_left(pid);
        sur_store *store = NULL;
        CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, NULL));
        const sur_study_result result = toy_do(store, OPTIONS, 2);
        CHECK(result.held + result.done == 32 && result.failed == 0);
        check_same_stores(calm, store);
        sur_store_close(store);
        remove(path);
    }
    CHECK(interrupted > 0);
    sur_store_close(calm);
}

static sur_idx count_trials(const char *path)
{
    sur_store *store = NULL;
    if (sur_store_open(&store, path, SUR_STORE_READ, NULL) != SUR_OK) return 0;
    toy_lines *lines = toy_read(store);
    const sur_idx count = lines->count;
    toy_lines_free(lines);
    sur_store_close(store);
    return count;
}

static void results_reach_the_store_while_the_study_runs(void **state)
{
    (void)state;
    char path[200];
    int ended = 0;
    sur_idx count = 0;
    snprintf(path, sizeof path, "%s/early.db", folder);
    const pid_t pid = start_sweep(path, (char[]){"width=1:4 seed=1:50 wait=0.02"});
    while (count == 0 && waitpid(pid, &ended, WNOHANG) == 0) {
        toy_sleep(0.02);
        count = count_trials(path);
    }
    CHECK(count > 0 && count < 200);
    kill(pid, SIGKILL);
    waitpid(pid, &ended, 0);
    check_nobody_left(pid);
    CHECK(count_trials(path) >= count);
    remove(path);
}

static void a_worker_that_listens_to_nobody_dies_with_its_study(void **state)
{
    (void)state;
    char path[200];
    int ended = 0;
    snprintf(path, sizeof path, "%s/deaf.db", folder);
    const pid_t pid =
        start_sweep(path, (char[]){"width=1:4 seed=1:8 crash=deaf wait=60"});
    for (int i = 0; i < 500 && count_workers(pid) < 2; i++) toy_sleep(0.01);
    CHECK(count_workers(pid) == 2);
    kill(pid, SIGKILL);
    CHECK(waitpid(pid, &ended, 0) == pid);
    check_nobody_left(pid);
    remove(path);
}

/* A file that may not grow stands for a full disk. */
static void a_full_disk_ends_the_study_and_keeps_what_was_committed(void **state)
{
    (void)state;
    char path[200];
    sur_error err;
    sur_store *store = NULL, *calm = toy_store();
    sur_study_result result;
    struct rlimit before, tight;
    const sur_run_options run = toy_run_options(2);
    snprintf(path, sizeof path, "%s/full.db", folder);
    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, NULL));
    toy_do(store, "width=1:4", 1);
    signal(SIGXFSZ, SIG_IGN);
    CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
    tight = before;
    tight.rlim_cur = 200000;
    CHECK(setrlimit(RLIMIT_FSIZE, &tight) == 0);
    sur_study *study = toy_study("width=1:20 seed=1:80");
    const sur_status status =
        sur_study_run(study, store, &run, "test", NULL, &result, &err);
    CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
    CHECK(status == SUR_EWRITE);
    CHECK(err.message[0]);
    check_nobody_left(getpid());
    sur_store_close(store);
    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, NULL));
    const sur_study_result rest = toy_do(store, "width=1:20 seed=1:80", 2);
    CHECK(rest.held >= 4 && rest.held + rest.done == 1600);
    toy_do(calm, "width=1:20 seed=1:80", 1);
    check_same_stores(calm, store);
    sur_study_free(study);
    sur_store_close(store);
    sur_store_close(calm);
}

static sur_status run_once(sur_idx *done)
{
    sur_study *study = NULL;
    sur_store *store = NULL;
    sur_study_result result = {0};
    const sur_run_options run = {
        .jobs = 2, .threads = 1, .memory_limit = 1e9, .time_limit = HUGE_VAL};
    sur_status status = sur_store_open(&store, ":memory:", SUR_STORE_WRITE, NULL);
    if (status == SUR_OK) status = sur_study_new(&study, &toy, NULL);
    if (status == SUR_OK) status = sur_study_set(study, "width", "1:2", NULL);
    if (status == SUR_OK) status = sur_study_set(study, "seed", "1:2", NULL);
    if (status == SUR_OK)
        status = sur_study_run(study, store, &run, "test", NULL, &result, NULL);
    *done = result.done;
    sur_study_free(study);
    sur_store_close(store);
    return status;
}

static void every_allocation_of_a_run_may_fail(void **state)
{
    (void)state;
    sur_idx done = 0;
    CHECK_EVERY_ALLOCATION(run_once(&done), 60, (void)0);
    CHECK(done == 4);
    check_nobody_left(getpid());
}

int main(int argc, char **argv)
{
    TOY_WORKER(&toy);
    if (argc == 4 && strcmp(argv[1], "sweep") == 0) return sweep(argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_study_resumes_to_the_same_bits_and_leaves_no_worker),
        cmocka_unit_test(results_reach_the_store_while_the_study_runs),
        cmocka_unit_test(a_worker_that_listens_to_nobody_dies_with_its_study),
        cmocka_unit_test(a_full_disk_ends_the_study_and_keeps_what_was_committed),
        cmocka_unit_test(every_allocation_of_a_run_may_fail),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
