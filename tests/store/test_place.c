/* test_place.c -- where a store lies: read-only media, full disks, half-done writes. */
#include "store/sample.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void run_sql(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static void make_store(const char *path, int trials)
{
    sur_store *store;
    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, NULL));
    CHECK_OK(sample_append(store, 0, trials, NULL));
    sur_store_close(store);
}

static int count_trials(const char *path)
{
    sur_store *store;
    sur_error err;
    int count = 0;
    const sur_status status = sur_store_open(&store, path, SUR_STORE_READ, &err);
    if (status != SUR_OK) fail_msg("%s", err.message);
    CHECK_OK(sur_store_each(store, NULL, sample_expect, &count, &err));
    sur_store_close(store);
    return count;
}

/* Permissions do not bind the superuser: become nobody for a while. */
static bool become(uid_t user) { return geteuid() == user || seteuid(user) == 0; }

static void a_store_in_a_read_only_folder_is_read_and_not_written(void **state)
{
    (void)state;
    const char *folder = sample_path("fixed"), *path = sample_path("fixed/a.db");
    const char *log = sample_path("fixed/log?.db");
    const uid_t me = geteuid();
    sur_store *store;
    sur_error err;
    sqlite3 *db;

    CHECK(mkdir(folder, 0755) == 0 && chmod(sample_folder, 0755) == 0);
    make_store(path, 20);
    make_store(log, 20);
    CHECK(sqlite3_open(log, &db) == SQLITE_OK);
    run_sql(db, "PRAGMA journal_mode=WAL");
    sqlite3_close(db);
    CHECK(chmod(path, 0444) == 0 && chmod(log, 0444) == 0 && chmod(folder, 0555) == 0);

    CHECK(become(me == 0 ? 65534 : me));
    const int read = count_trials(path), read_log = count_trials(log);
    const sur_status existing = sur_store_open(&store, path, SUR_STORE_WRITE, &err);
    const sur_status fresh =
        sur_store_open(&store, sample_path("fixed/new.db"), SUR_STORE_WRITE, &err);
    CHECK(become(me) && chmod(folder, 0755) == 0);
    CHECK(read == 20 && read_log == 20);
    CHECK_STATUS(existing, SUR_EWRITE);
    CHECK_STATUS(fresh, SUR_EWRITE);
    CHECK_CONTAINS(err.message, "Permission denied");

    CHECK(become(me == 0 ? 65534 : me)); /* a store that may not be read */
    CHECK(become(me) && chmod(path, 0) == 0 && become(me == 0 ? 65534 : me));
    const sur_status secret = sur_store_open(&store, path, SUR_STORE_READ, &err);
    CHECK(become(me));
    CHECK_STATUS(secret, SUR_EIO);
}

/* Copies what a writer has on the disk in the middle of a transaction. */
static void leave_half_done(const char *path, const char *copy)
{
    char command[800];
    sqlite3 *db;
    make_store(path, 100);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    run_sql(db, "PRAGMA cache_size=1; BEGIN IMMEDIATE; DELETE FROM measurement;"
                "UPDATE trial SET status='einval', spec=spec||'x'");
    snprintf(command, sizeof command,
             "test -s '%s-journal' && cp '%s' '%s' && cp '%s-journal' '%s-journal'",
             path, path, copy, path, copy);
    CHECK(system(command) == 0);
    snprintf(command, sizeof command, "! cmp -s '%s' '%s'", path, copy);
    sqlite3_close(db);
    CHECK(system(command) == 0); /* pages of the transaction had reached the file */
}

static void a_reader_undoes_what_a_killed_writer_left(void **state)
{
    (void)state;
    const char *copy = sample_path("left.db");
    leave_half_done(sample_path("writing.db"), copy);
    CHECK(count_trials(copy) == 100);
    CHECK(access(sample_path("left.db-journal"), F_OK) != 0);
}

static void a_half_done_write_in_a_read_only_place_is_refused(void **state)
{
    (void)state;
    const char *folder = sample_path("frozen"), *copy = sample_path("frozen/left.db");
    const uid_t me = geteuid();
    sur_store *store;
    sur_error err;

    CHECK(mkdir(folder, 0755) == 0 && chmod(sample_folder, 0755) == 0);
    leave_half_done(sample_path("writing2.db"), copy);
    CHECK(chmod(copy, 0444) == 0 && chmod(folder, 0555) == 0);
    CHECK(become(me == 0 ? 65534 : me));
    const sur_status status = sur_store_open(&store, copy, SUR_STORE_READ, &err);
    CHECK(become(me) && chmod(folder, 0755) == 0);
    CHECK_STATUS(status, SUR_EIO);
    CHECK_CONTAINS(err.message, "middle of a write");
}

/* Appends until the disk is full; what was committed stays, the handle stays of use. */
static void fill_up(const char *path, void (*make_room)(void))
{
    sur_store *store;
    sur_error err;
    sur_status status = SUR_OK;
    int kept = 0, seen = 0;

    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, &err));
    for (; kept < 100000; kept += 50) {
        status = sample_append(store, kept, kept + 50, &err);
        if (status != SUR_OK) break;
    }
    CHECK_STATUS(status, SUR_EWRITE);
    CHECK_CONTAINS(err.message, path);
    CHECK(kept > 0);
    CHECK_STATUS(sample_append(store, kept, kept + 200, &err), SUR_EWRITE);
    CHECK_OK(sur_store_each(store, NULL, sample_expect, &seen, &err));
    CHECK(seen == kept);
    make_room();
    CHECK_OK(sample_append(store, kept, kept + 200, &err));
    sur_store_close(store);
    CHECK(count_trials(path) == kept + 200);
}

static struct rlimit limit_before;

static void lift_limit(void) { CHECK(setrlimit(RLIMIT_FSIZE, &limit_before) == 0); }

static void a_file_that_may_not_grow_keeps_what_it_has(void **state)
{
    (void)state;
    struct rlimit limit;
    sur_store *store;
    sur_error err;

    signal(SIGXFSZ, SIG_IGN);
    CHECK(getrlimit(RLIMIT_FSIZE, &limit_before) == 0);
    limit = limit_before;
    limit.rlim_cur = 300000;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    fill_up(sample_path("limited.db"), lift_limit);

    limit.rlim_cur = 5000; /* not even the tables fit */
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    const sur_status status =
        sur_store_open(&store, sample_path("tiny.db"), SUR_STORE_WRITE, &err);
    lift_limit();
    CHECK_STATUS(status, SUR_EWRITE);
    CHECK(access(sample_path("tiny.db"), F_OK) != 0);
    CHECK(access(sample_path("tiny.db.lock"), F_OK) != 0);
}

static const char *disk(void) { return sample_path("disk"); }

static void grow_disk(void)
{
    CHECK(mount("tmpfs", disk(), "tmpfs", MS_REMOUNT, "size=2m") == 0);
}

static void a_full_disk_keeps_what_it_has(void **state)
{
    (void)state;
    CHECK(mkdir(disk(), 0755) == 0);
    if (mount("tmpfs", disk(), "tmpfs", 0, "size=300k") != 0) {
        fprintf(stderr,
                "\n**** SKIPPED: no full disk here, mounting one is not allowed. "
                "****\n\n");
        return;
    }
    fill_up(sample_path("disk/full.db"), grow_disk);
    CHECK(umount(disk()) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_in_a_read_only_folder_is_read_and_not_written),
        cmocka_unit_test(a_reader_undoes_what_a_killed_writer_left),
        cmocka_unit_test(a_half_done_write_in_a_read_only_place_is_refused),
        cmocka_unit_test(a_file_that_may_not_grow_keeps_what_it_has),
        cmocka_unit_test(a_full_disk_keeps_what_it_has),
    };
    return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
