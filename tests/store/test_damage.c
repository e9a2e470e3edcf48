/* test_damage.c -- files that are no stores any more, or never were. */
#include "store/sample.h"

#include "store/open.h"

/* A store of 60 trials with an artifact, as a file and as bytes (free them). */
static unsigned char *make_store(const char *path, size_t *size)
{
    const sur_stored_artifact artifact = {"k", "spectrum", "u1", "9", 0, "spectrum", 9};
    const sur_legend row = {"width", "option", "width", NULL, "log", NULL, 0};
    sur_store *store;
    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, NULL));
    CHECK_OK(sample_append(store, 0, 60, NULL));
    CHECK_OK(sur_store_keep(store, &artifact, NULL));
    CHECK_OK(sur_store_explain(store, &row, 1, NULL));
    CHECK_OK(sur_store_log_run(store, "command", "v", "b", "h", NULL));
    sur_store_close(store);

    unsigned char *bytes = malloc(1 << 20);
    FILE *file = fopen(path, "rb");
    CHECK(bytes && file);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

static sur_status ignore_run(void *payload, const sur_stored_run *run, sur_error *err)
{
    (void)payload, (void)run, (void)err;
    return SUR_OK;
}

/* Every way of reading works or says that the file is damaged, in one line. */
static void read_everything(sur_store *store)
{
    sur_error err = {SUR_OK, ""};
    sur_store *copy;
    sur_idx added;
    char *names;
    void *data;
    size_t size;
    int count = 0;
    bool flag;

    CHECK_OK(sur_store_open(&copy, ":memory:", SUR_STORE_WRITE, NULL));
    const sur_status results[] = {
        sur_store_each(store, NULL, sample_count, &count, &err),
        sur_store_each(store, "descent", sample_count, &count, &err),
        sur_store_each_run(store, ignore_run, NULL, &err),
        sur_store_experiments(store, &names, &err),
        sur_store_has(store, "descent", 1, "{\"width\":6,\"family\":\"relu\"}", &flag,
                      NULL, &err),
        sur_store_find(store, "k", &data, &size, &err),
        sur_store_merge(copy, store, &added, &flag, &err),
    };
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (results[i] != SUR_OK && results[i] != SUR_EPARSE)
            fail_msg("reading %zu: %s (%s)", i, sur_status_text(results[i]),
                     err.message);
    CHECK(!strchr(err.message, '\n'));
    free(names);
    free(data);
    sur_store_close(copy);
}

static void a_store_cut_anywhere_is_refused(void **state)
{
    (void)state;
    const char *path = sample_path("cut.db"), *cut = sample_path("cut_off.db");
    sur_store *store;
    sur_error err;
    size_t size;
    unsigned char *bytes = make_store(path, &size);

    for (size_t i = 0; i <= 100; i++) {
        const size_t left = i == 100 ? size - 1 : i * size / 100;
        write_file(cut, bytes, left);
        CHECK_STATUS(sur_store_open(&store, cut, SUR_STORE_READ, &err), SUR_EPARSE);
        CHECK_CONTAINS(err.message, cut);
        CHECK(!store && !strchr(err.message, '\n'));
        if (left == 0) continue;
        CHECK_STATUS(sur_store_open(&store, cut, SUR_STORE_WRITE, &err), SUR_EPARSE);
        CHECK(!store);
    }
    write_file(cut, bytes, size);
    CHECK_OK(sur_store_open(&store, cut, SUR_STORE_READ, &err));
    sur_store_close(store);
    free(bytes);
}

static void flipped_bits_are_noticed_or_harmless(void **state)
{
    (void)state;
    sur_store *store;
    sur_error err;
    size_t size;
    unsigned char *bytes = make_store(sample_path("flip.db"), &size);
    uint64_t random = 12345;

    for (int i = 0; i < 1500; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        /* every other flip in the first bytes of a page, where its structure is */
        size_t at = (size_t)(random >> 33) % size;
        if (i % 2) at = at / 4096 * 4096 + at % 4096 % 100;
        const unsigned char bit = (unsigned char)(1u << (random >> 30 & 7));
        bytes[at] ^= bit;
        const sur_status opened = sur_store_open_bytes(&store, bytes, size, &err);
        if (opened == SUR_OK)
            read_everything(store);
        else if (opened != SUR_EPARSE &&
                 opened != SUR_EIO) /* EIO: now asks for a log */
            fail_msg("flip at %zu: %s (%s)", at, sur_status_text(opened), err.message);
        sur_store_close(store);
        bytes[at] ^= bit;
    }
    free(bytes);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    CHECK(sqlite3_close(db) == SQLITE_OK);
}

/* Refused in both modes, saying so, and left as it is. */
static void check_refused(const char *path, const char *part)
{
    sur_store *store;
    sur_error err;
    char command[400];

    snprintf(command, sizeof command, "cp '%s' '%s.before'", path, path);
    CHECK(system(command) == 0);
    for (int mode = 0; mode < 2; mode++) {
        CHECK_STATUS(
            sur_store_open(&store, path, mode ? SUR_STORE_WRITE : SUR_STORE_READ, &err),
            SUR_EPARSE);
        CHECK(!store);
        CHECK_CONTAINS(err.message, part);
    }
    snprintf(command, sizeof command, "cmp '%s' '%s.before'", path, path);
    CHECK(system(command) == 0);
}

static void other_files_are_no_stores(void **state)
{
    (void)state;
    const char *text = sample_path("text.csv"), *other = sample_path("other.sqlite");
    const char *log = sample_path("log.sqlite");

    write_file(text, "width,test_error\n10,0.3\n", 24);
    check_refused(text, "not a surplus store");
    run_sql(other, "CREATE TABLE trial(id); INSERT INTO trial VALUES(1)");
    check_refused(other, "not a surplus store");
    run_sql(log, "PRAGMA journal_mode=WAL; CREATE TABLE trial(id)");
    check_refused(log, "not a surplus store");
}

static void a_store_of_a_newer_version_says_so(void **state)
{
    (void)state;
    const char *path = sample_path("newer.db");
    size_t size;
    free(make_store(path, &size));
    run_sql(path, "PRAGMA user_version=7");
    check_refused(path, "newer surplus");
}

static void a_store_with_changed_tables_is_refused(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "DROP TABLE legend",
        "ALTER TABLE trial ADD COLUMN note TEXT",
        "DROP TABLE run; CREATE VIEW run AS SELECT 1 AS id",
        "DROP INDEX measurement_trial",
    };
    const char *path = sample_path("changed.db");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        size_t size;
        free(make_store(path, &size));
        run_sql(path, changes[i]);
        check_refused(path, "changed by another program");
        unlink(path);
    }
}

/* What a reader adds for itself does no harm, and a trigger never fires. */
static void own_views_are_allowed_and_triggers_do_not_run(void **state)
{
    (void)state;
    const char *path = sample_path("views.db");
    sur_store *store;
    size_t size;
    int count = 0;

    free(make_store(path, &size));
    run_sql(path,
            "CREATE VIEW best AS SELECT min(value) FROM measurement;"
            "CREATE INDEX by_metric ON measurement(metric);"
            "CREATE TRIGGER trap AFTER INSERT ON trial BEGIN DELETE FROM trial; END");
    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, NULL));
    CHECK_OK(sample_append(store, 60, 70, NULL));
    CHECK_OK(sur_store_each(store, NULL, sample_expect, &count, NULL));
    CHECK(count == 70);
    sur_store_close(store);
}

static void values_of_a_wrong_kind_are_damage(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE trial SET status='splendid' WHERE id=3",
        "UPDATE trial SET spec=cast(x'7b00007d' AS TEXT) WHERE id=3",
    };
    const char *path = sample_path("kinds.db");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        sur_store *store;
        sur_error err;
        size_t size;
        int count = 0;
        free(make_store(path, &size));
        run_sql(path, changes[i]);
        CHECK_OK(sur_store_open(&store, path, SUR_STORE_READ, &err));
        CHECK_STATUS(sur_store_each(store, NULL, sample_count, &count, &err),
                     SUR_EPARSE);
        CHECK_CONTAINS(err.message, "damaged store");
        sur_store_close(store);
        unlink(path);
    }
}

static void an_empty_file_may_become_a_store_but_is_none(void **state)
{
    (void)state;
    const char *path = sample_path("empty.db");
    sur_store *store;
    sur_error err;

    write_file(path, "", 0);
    CHECK_STATUS(sur_store_open(&store, path, SUR_STORE_READ, &err), SUR_EPARSE);
    CHECK_CONTAINS(err.message, "empty file");
    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, &err));
    sur_store_close(store);
    CHECK_OK(sur_store_open(&store, path, SUR_STORE_READ, &err));
    sur_store_close(store);
}

static void what_is_missing_or_no_file_is_refused(void **state)
{
    (void)state;
    sur_store *store;
    sur_error err;

    CHECK_STATUS(sur_store_open(&store, sample_path("none.db"), SUR_STORE_READ, &err),
                 SUR_EIO);
    CHECK_CONTAINS(err.message, "none.db");
    CHECK(access(sample_path("none.db"), F_OK) != 0);
    CHECK_STATUS(sur_store_open(&store, sample_folder, SUR_STORE_READ, &err), SUR_EIO);
    CHECK_STATUS(sur_store_open(&store, sample_folder, SUR_STORE_WRITE, &err),
                 SUR_EWRITE);
    CHECK_STATUS(sur_store_open(&store, "/dev/null", SUR_STORE_READ, &err), SUR_EIO);
    CHECK_STATUS(sur_store_open(&store, "", SUR_STORE_READ, &err), SUR_EIO);
    CHECK_STATUS(sur_store_open(&store, "", SUR_STORE_WRITE, &err), SUR_EWRITE);
    CHECK_STATUS(
        sur_store_open(&store, sample_path("no/where.db"), SUR_STORE_WRITE, &err),
        SUR_EWRITE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_cut_anywhere_is_refused),
        cmocka_unit_test(flipped_bits_are_noticed_or_harmless),
        cmocka_unit_test(other_files_are_no_stores),
        cmocka_unit_test(a_store_of_a_newer_version_says_so),
        cmocka_unit_test(a_store_with_changed_tables_is_refused),
        cmocka_unit_test(own_views_are_allowed_and_triggers_do_not_run),
        cmocka_unit_test(values_of_a_wrong_kind_are_damage),
        cmocka_unit_test(an_empty_file_may_become_a_store_but_is_none),
        cmocka_unit_test(what_is_missing_or_no_file_is_refused),
    };
    return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
