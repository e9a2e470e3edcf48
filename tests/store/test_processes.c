/* test_processes.c -- several processes and one store: locks, kills, readers beside. */
#include "store/sample.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { EACH_TIME = 10 }; /* trials in one transaction */

static void nap(long microseconds)
{
    const struct timespec time = {0, microseconds * 1000};
    nanosleep(&time, NULL);
}

/* In a child: goes on with the trials that the store lacks until it is killed. */
static void write_for_ever(const char *path)
{
    sur_store *store;
    int next = 0;
    if (sur_store_open(&store, path, SUR_STORE_WRITE, NULL) != SUR_OK) _exit(1);
    if (sur_store_each(store, NULL, sample_count, &next, NULL) != SUR_OK) _exit(2);
    for (;; next += EACH_TIME)
        if (sample_append(store, next, next + EACH_TIME, NULL) != SUR_OK) _exit(3);
}

static void a_killed_writer_leaves_whole_transactions_and_no_lock(void **state)
{
    (void)state;
    const char *path = sample_path("killed.db");
    sur_store *store;
    sur_error err;
    int most = 0;

    for (int time = 0; time < 20; time++) {
        int next = 0, ending;
        const pid_t child = fork();
        if (child == 0) write_for_ever(path);
        nap((time * 1499 % 15000 + 1) *
            (time + 1)); /* before, while and after it makes
                          * the file, however slow the disk */
        CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &ending, 0) == child);
        CHECK(WIFSIGNALED(ending));

        struct stat file;
        if (stat(path, &file) != 0 || file.st_size == 0) continue;
        const sur_status opened = sur_store_open(
            &store, path, time % 2 ? SUR_STORE_READ : SUR_STORE_WRITE, &err);
        if (opened == SUR_EPARSE && most == 0) continue; /* killed while making it */
        CHECK_OK(opened);
        CHECK_OK(sur_store_each(store, NULL, sample_expect, &next, &err));
        CHECK(next % EACH_TIME == 0 && next >= most);
        most = next;
        sur_store_close(store);
    }
    CHECK(most > 0);
}

static void a_second_writer_is_told_who_the_first_is(void **state)
{
    (void)state;
    const char *path = sample_path("two.db"), *link = sample_path("link.db");
    char process[64], host[200] = "";
    sur_store *store, *second;
    sur_error err;

    CHECK(symlink(path, link) == 0);
    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, &err));
    snprintf(process, sizeof process, "process %lld)", (long long)getpid());
    CHECK(gethostname(host, sizeof host - 1) == 0);
    const char *const names[] = {path, link};
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(sur_store_open(&second, names[i], SUR_STORE_WRITE, &err),
                     SUR_EBUSY);
        CHECK(!second);
        CHECK_CONTAINS(err.message, process);
        CHECK_CONTAINS(err.message, host);
    }
    const pid_t child = fork();
    if (child == 0)
        _exit(sur_store_open(&second, path, SUR_STORE_WRITE, &err) != SUR_EBUSY);
    int ending;
    CHECK(waitpid(child, &ending, 0) == child && ending == 0);

    CHECK_OK(sur_store_open(&second, path, SUR_STORE_READ, &err));
    sur_store_close(second);
    sur_store_close(store);
    CHECK_OK(sur_store_open(&second, link, SUR_STORE_WRITE, &err));
    sur_store_close(second);
    CHECK(access(sample_path("two.db.lock"), F_OK) != 0);
}

static void a_signpost_without_a_lock_is_taken_over(void **state)
{
    (void)state;
    FILE *file = fopen(sample_path("stale.db.lock"), "w");
    sur_store *store;
    sur_error err;

    CHECK(file && fputs("12345 elsewhere\n", file) >= 0 && fclose(file) == 0);
    CHECK_OK(sur_store_open(&store, sample_path("stale.db"), SUR_STORE_WRITE, &err));
    sur_store_close(store);
    CHECK(access(sample_path("stale.db.lock"), F_OK) != 0);
}

static void a_reader_beside_a_writer_sees_whole_transactions(void **state)
{
    (void)state;
    const char *path = sample_path("beside.db");
    sur_store *store, *reader;
    sur_error err;
    int seen = 0;

    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, &err));
    CHECK_OK(sur_store_open(&reader, path, SUR_STORE_READ, &err));
    const pid_t child = fork();
    if (child == 0) { /* its own handle: SQLite's may not cross a fork */
        sur_store *own;
        for (int next = 0; seen < 200; seen = next, next = 0) {
            if (sur_store_open(&own, path, SUR_STORE_READ, NULL) != SUR_OK) _exit(1);
            if (sur_store_each(own, NULL, sample_expect, &next, NULL) != SUR_OK)
                _exit(2);
            if (next % EACH_TIME != 0 || next < seen) _exit(3);
            sur_store_close(own);
        }
        _exit(0);
    }
    for (int next = 0; next < 200; next += EACH_TIME)
        CHECK_OK(sample_append(store, next, next + EACH_TIME, &err));
    int ending;
    CHECK(waitpid(child, &ending, 0) == child && ending == 0);
    CHECK_OK(sur_store_each(reader, NULL, sample_expect, &seen, &err));
    CHECK(seen == 200);
    sur_store_close(reader);
    sur_store_close(store);
}

/* Trials 0 ... 63 all in one version: three values, or five. */
static sur_status write_version(sur_store *store, bool five)
{
    sur_stored_trial trials[64];
    sample_specs specs[64];
    for (int i = 0; i < 64; i++) {
        trials[i] = sample_trial(i, &specs[i]);
        trials[i].message = five ? "five" : "three";
        trials[i].count = five ? 5 : 3;
    }
    return sur_store_append(store, trials, 64, NULL);
}

/* *payload is the number of values of all trials of this reading; 0: the first comes.
 */
static sur_status same_version(void *payload, const sur_stored_trial *trial,
                               sur_error *err)
{
    sur_idx *count = payload;
    if (*count == 0) *count = trial->count;
    const bool same = trial->count == *count &&
                      strcmp(trial->message, *count == 5 ? "five" : "three") == 0;
    return same ? SUR_OK : sur_fail(err, SUR_EPARSE, "two versions at once");
}

static void a_reader_never_sees_half_of_a_replacement(void **state)
{
    (void)state;
    const char *path = sample_path("versions.db");
    sur_store *store;
    sur_error err;
    int ending = 0, seen = 0;

    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, &err));
    CHECK_OK(write_version(store, false));
    const pid_t child = fork();
    if (child == 0) {
        sur_store *own;
        if (sur_store_open(&own, path, SUR_STORE_READ, NULL) != SUR_OK) _exit(1);
        for (int i = 0; i < 80; i++) {
            sur_idx values = 0;
            if (sur_store_each(own, NULL, same_version, &values, NULL) != SUR_OK)
                _exit(2);
        }
        sur_store_close(own);
        _exit(0);
    }
    for (bool five = true; waitpid(child, &ending, WNOHANG) == 0; five = !five, seen++)
        CHECK_OK(write_version(store, five));
    CHECK(ending == 0 && seen > 1);
    sur_store_close(store);
}

/* Writes through the one handle what it reads through the other. */
static sur_status write_meanwhile(void *payload, const sur_stored_trial *trial,
                                  sur_error *err)
{
    sur_stored_trial other = *trial;
    other.experiment = "recover";
    return sur_store_append(payload, &other, 1, err);
}

static void a_slow_reader_does_not_hold_the_writer_up(void **state)
{
    (void)state;
    const char *path = sample_path("slow.db");
    sur_store *store, *reader;
    sur_error err;
    int count = 0;

    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, &err));
    CHECK_OK(sample_append(store, 0, 100, &err));
    CHECK_OK(sur_store_open(&reader, path, SUR_STORE_READ, &err));
    CHECK_OK(sur_store_each(reader, "descent", write_meanwhile, store, &err));
    CHECK_OK(sur_store_each(reader, "recover", sample_count, &count, &err));
    CHECK(count == 67); /* of 100, every third is of another experiment */
    sur_store_close(reader);
    sur_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_writer_leaves_whole_transactions_and_no_lock),
        cmocka_unit_test(a_second_writer_is_told_who_the_first_is),
        cmocka_unit_test(a_signpost_without_a_lock_is_taken_over),
        cmocka_unit_test(a_reader_beside_a_writer_sees_whole_transactions),
        cmocka_unit_test(a_reader_never_sees_half_of_a_replacement),
        cmocka_unit_test(a_slow_reader_does_not_hold_the_writer_up),
    };
    return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
