/* test_store.c -- what is appended is what is read. */
#include "store/sample.h"

#include <fcntl.h>
#include <sys/stat.h>

static void an_appended_trial_is_read_back_equal(void **state)
{
    (void)state;
    sur_store *store;
    sur_error err;
    int next = 0;
    const char *path = sample_path("equal.db");

    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, &err));
    CHECK_OK(sample_append(store, 0, 100, &err));
    CHECK_OK(sample_append(store, 100, 300, &err));
    CHECK_OK(sur_store_each(store, NULL, sample_expect, &next, &err));
    CHECK(next == 300);
    sur_store_close(store);

    next = 0;
    CHECK_OK(sur_store_open(&store, path, SUR_STORE_READ, &err));
    CHECK_OK(sur_store_each(store, NULL, sample_expect, &next, &err));
    CHECK(next == 300);
    next = 0;
    CHECK_OK(sur_store_each(store, "privacy", sample_count, &next, &err));
    CHECK(next == 100);
    next = 0;
    CHECK_OK(sur_store_each(store, "nothing", sample_count, &next, &err));
    CHECK(next == 0);
    sur_store_close(store);
}

static sur_status has_no_numbers(void *payload, const sur_stored_trial *trial,
                                 sur_error *err)
{
    (void)payload, (void)err;
    const sur_stored_measurement *m = trial->measurements;
    CHECK(isnan(trial->seconds) && trial->count == 1);
    CHECK(isnan(m->value) && isnan(m->low) && isnan(m->high) && m->n == 1);
    return SUR_OK;
}

static void infinity_is_read_back_as_nan(void **state)
{
    (void)state;
    const sur_stored_measurement numbers = {"ams",     NULL, 0, HUGE_VAL,
                                            -HUGE_VAL, NAN,  1};
    sample_specs spec;
    sur_stored_trial trial = sample_trial(1, &spec);
    sur_store *store;
    sur_error err;

    trial.measurements = &numbers;
    trial.seconds = HUGE_VAL;
    CHECK_OK(sur_store_open(&store, ":memory:", SUR_STORE_WRITE, &err));
    CHECK_OK(sur_store_append(store, &trial, 1, &err));
    CHECK_OK(sur_store_each(store, NULL, has_no_numbers, NULL, &err));
    sur_store_close(store);
}

static void a_trial_is_held_under_its_whole_identity(void **state)
{
    (void)state;
    sur_store *store;
    sur_status status;
    sur_error err;
    bool found;

    CHECK_OK(sur_store_open(&store, ":memory:", SUR_STORE_WRITE, &err));
    CHECK_OK(sample_append(store, 0, 10, &err));
    const char *spec = "{\"width\":6,\"family\":\"relu\"}";
    CHECK_OK(sur_store_has(store, "descent", 1, spec, &found, &status, &err));
    CHECK(found && status == SUR_ENUMERIC);
    CHECK_OK(sur_store_has(store, "descent", 2, spec, &found, NULL, &err));
    CHECK(!found);
    CHECK_OK(sur_store_has(store, "privacy", 1, spec, &found, NULL, &err));
    CHECK(!found);
    CHECK_OK(sur_store_has(store, "descent", 1, "{\"width\":6}", &found, NULL, &err));
    CHECK(!found);
    sur_store_close(store);
}

static sur_status remember_id(void *payload, const sur_stored_trial *trial,
                              sur_error *err)
{
    (void)err;
    if (strstr(trial->spec, ":6,")) *(int64_t *)payload = trial->id;
    return SUR_OK;
}

static sur_status has_three_values(void *payload, const sur_stored_trial *trial,
                                   sur_error *err)
{
    (void)err;
    if (trial->id == *(int64_t *)payload) CHECK(trial->count == 3 && !trial->message);
    return SUR_OK;
}

static void a_retried_failure_replaces_what_it_was_and_keeps_its_id(void **state)
{
    (void)state;
    sample_specs spec;
    sur_stored_trial again = sample_trial(6, &spec);
    sur_store *store;
    sur_status status;
    sur_error err;
    int64_t before = 0, after = 0;
    int count = 0;
    bool found;

    again.status = SUR_OK;
    again.message = NULL;
    again.measurements = sample_measurements;
    again.count = 3;
    CHECK_OK(sur_store_open(&store, ":memory:", SUR_STORE_WRITE, &err));
    CHECK_OK(sample_append(store, 0, 10, &err));
    CHECK_OK(sur_store_each(store, NULL, remember_id, &before, &err));
    CHECK_OK(sur_store_append(store, &again, 1, &err));
    CHECK_OK(sur_store_append(store, &again, 1, &err));
    CHECK_OK(sur_store_each(store, NULL, remember_id, &after, &err));
    CHECK(before == after && before != 0);
    CHECK_OK(sur_store_each(store, NULL, has_three_values, &after, &err));
    CHECK_OK(sur_store_each(store, NULL, sample_count, &count, &err));
    CHECK(count == 10);
    CHECK_OK(sur_store_has(store, "descent", 1, spec.text, &found, &status, &err));
    CHECK(found && status == SUR_OK);
    sur_store_close(store);
}

/* A taker that writes to the store it is reading, and stops at the 70th trial. */
static sur_status busybody(void *payload, const sur_stored_trial *trial, sur_error *err)
{
    static int calls;
    bool found;
    CHECK_OK(
        sur_store_has(payload, trial->experiment, 1, trial->spec, &found, NULL, err));
    CHECK(found);
    CHECK_OK(sur_store_append(payload, trial, 1, err));
    return ++calls < 70 ? SUR_OK : sur_fail(err, SUR_ESTOPPED, "enough");
}

static void a_taker_may_use_the_store_and_end_the_loop(void **state)
{
    (void)state;
    sur_store *store;
    sur_error err;
    int next = 0;

    CHECK_OK(sur_store_open(&store, ":memory:", SUR_STORE_WRITE, &err));
    CHECK_OK(sample_append(store, 0, 200, &err));
    CHECK_STATUS(sur_store_each(store, NULL, busybody, store, &err), SUR_ESTOPPED);
    CHECK_TEXT(err.message, "enough");
    CHECK_OK(sur_store_each(store, NULL, sample_expect, &next, &err));
    CHECK(next == 200);
    sur_store_close(store);
}

static sur_status last_run(void *payload, const sur_stored_run *run, sur_error *err)
{
    (void)err;
    CHECK(run->started > 1e9);
    snprintf(payload, 64, "%s|%s|%s|%s", run->command, run->version, run->build,
             run->host);
    return SUR_OK;
}

static sur_status count_run(void *payload, const sur_stored_run *run, sur_error *err)
{
    (void)run, (void)err;
    ++*(int *)payload;
    return SUR_OK;
}

static void a_command_is_logged_once_for_each_build_and_host(void **state)
{
    (void)state;
    char last[64];
    sur_store *store;
    sur_error err;
    int runs = 0;

    CHECK_OK(sur_store_open(&store, ":memory:", SUR_STORE_WRITE, &err));
    for (int i = 0; i < 3; i++) {
        CHECK_OK(sur_store_log_run(store, "surplus descent", "0.1", "gcc", "a", &err));
        CHECK_OK(sur_store_log_run(store, "surplus descent", "0.1", "gcc", "b", &err));
    }
    CHECK_OK(sur_store_each_run(store, count_run, &runs, &err));
    CHECK(runs == 2);
    CHECK_OK(sur_store_each_run(store, last_run, last, &err));
    CHECK_TEXT(last, "surplus descent|0.1|gcc|b");
    sur_store_close(store);
}

static void the_experiments_of_a_store_are_named_once_each(void **state)
{
    (void)state;
    sur_store *store;
    sur_error err;
    char *names;

    CHECK_OK(sur_store_open(&store, ":memory:", SUR_STORE_WRITE, &err));
    CHECK_OK(sur_store_experiments(store, &names, &err));
    CHECK_TEXT(names, "");
    free(names);
    CHECK_OK(sample_append(store, 0, 10, &err));
    CHECK_OK(sur_store_experiments(store, &names, &err));
    CHECK_TEXT(names, "descent,privacy");
    free(names);
    sur_store_close(store);
}

static void artifacts_come_back_by_key_and_by_trial(void **state)
{
    (void)state;
    unsigned char bytes[1000];
    const char *const keys[] = {"signals of seed 1"};
    sample_specs spec;
    sur_stored_trial trial = sample_trial(1, &spec);
    sur_store *store;
    sur_error err;
    int64_t id = 0;
    void *data;
    size_t size;

    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 7);
    sur_stored_artifact artifact = {keys[0], "signals", "u1",        "10,100",
                                    0,       bytes,     sizeof bytes};
    CHECK_OK(sur_store_open(&store, ":memory:", SUR_STORE_WRITE, &err));
    CHECK_OK(sur_store_find(store, keys[0], &data, &size, &err));
    CHECK(!data);
    CHECK_OK(sur_store_keep(store, &artifact, &err));
    trial.keys = keys;
    trial.key_count = 1;
    trial.spec = "{\"width\":6,}";
    CHECK_OK(sur_store_append(store, &trial, 1, &err));
    CHECK_OK(sur_store_each(store, NULL, remember_id, &id, &err));

    CHECK_OK(sur_store_find(store, keys[0], &data, &size, &err));
    CHECK(data && size == sizeof bytes && memcmp(data, bytes, size) == 0);
    free(data);
    CHECK_OK(sur_store_artifact(store, id, "signals", &data, &size, &err));
    CHECK(data && size == sizeof bytes && memcmp(data, bytes, size) == 0);
    free(data);
    CHECK_OK(sur_store_artifact(store, id, "spectrum", &data, &size, &err));
    CHECK(!data);

    artifact.size = 0; /* nothing at all is something too; and it stays the trial's */
    CHECK_OK(sur_store_keep(store, &artifact, &err));
    CHECK_OK(sur_store_artifact(store, id, "signals", &data, &size, &err));
    CHECK(data && size == 0);
    free(data);
    sur_store_close(store);
}

static void a_legend_is_replaced_by_name_and_role(void **state)
{
    (void)state;
    const sur_legend rows[] = {
        {"width", "option", "width", NULL, "log", NULL, 0},
        {"test_error", "metric", "test error", NULL, "linear", "Wilson 95 %", -1},
        {"width", "option", "features", "1", "log", NULL, 0}};
    const char *path = sample_path("legend.db");
    sqlite3 *db;
    sqlite3_stmt *query;
    sur_store *store;
    sur_error err;

    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, &err));
    CHECK_OK(sur_store_explain(store, rows, 3, &err));
    sur_store_close(store);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    const char *sql = "SELECT group_concat(name||role||label||scale||better||"
                      "coalesce(interval,'-')||coalesce(unit,'-'),';') FROM legend";
    CHECK(sqlite3_prepare_v2(db, sql, -1, &query, NULL) == SQLITE_OK);
    CHECK(sqlite3_step(query) == SQLITE_ROW);
    CHECK_TEXT(
        (const char *)sqlite3_column_text(query, 0),
        "widthoptionfeatureslog0-1;test_errormetrictest errorlinear-1Wilson 95 %-");
    sqlite3_finalize(query);
    sqlite3_close(db);
}

static void writing_what_is_there_already_changes_no_byte(void **state)
{
    (void)state;
    const sur_legend row = {"width", "option", "width", NULL, "log", NULL, 0};
    const char *path = sample_path("same.db");
    sur_store *store;
    sur_error err;
    struct stat before, after;
    char copy[400];

    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, &err));
    CHECK_OK(sur_store_explain(store, &row, 1, &err));
    CHECK_OK(sur_store_log_run(store, "c", "v", "b", "h", &err));
    sur_store_close(store);
    snprintf(copy, sizeof copy, "cp '%s' '%s.copy'", path, path);
    CHECK(system(copy) == 0 && stat(path, &before) == 0);
    CHECK_OK(sur_store_open(&store, path, SUR_STORE_WRITE, &err));
    CHECK_OK(sur_store_explain(store, &row, 1, &err));
    CHECK_OK(sur_store_log_run(store, "c", "v", "b", "h", &err));
    sur_store_close(store);
    snprintf(copy, sizeof copy, "cmp '%s' '%s.copy'", path, path);
    CHECK(system(copy) == 0 && stat(path, &after) == 0);
    CHECK(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
}

/* Everything once, into one store; for the failing allocations. */
static sur_status everything(void)
{
    static const char *const keys[] = {"k"};
    const sur_legend row = {"width", "option", "width", NULL, "log", NULL, 0};
    const sur_stored_artifact artifact = {"k", "a", "u1", "3", 0, "abc", 3};
    sur_store *store = NULL;
    sample_specs spec;
    sur_stored_trial trial = sample_trial(5, &spec);
    char *names = NULL;
    void *data = NULL, *named = NULL;
    size_t size;
    int count = 0;
    sur_status status;

    trial.keys = keys;
    trial.key_count = 1;
    status =
        sur_store_open(&store, sample_path("allocations.db"), SUR_STORE_WRITE, NULL);
    if (status == SUR_OK) status = sur_store_keep(store, &artifact, NULL);
    if (status == SUR_OK) status = sur_store_append(store, &trial, 1, NULL);
    if (status == SUR_OK) status = sur_store_explain(store, &row, 1, NULL);
    if (status == SUR_OK) status = sur_store_log_run(store, "c", "v", "b", "h", NULL);
    if (status == SUR_OK)
        status = sur_store_each(store, NULL, sample_count, &count, NULL);
    if (status == SUR_OK) status = sur_store_each_run(store, count_run, &count, NULL);
    if (status == SUR_OK) status = sur_store_experiments(store, &names, NULL);
    if (status == SUR_OK) status = sur_store_find(store, "k", &data, &size, NULL);
    if (status == SUR_OK)
        status = sur_store_artifact(store, 1, "a", &named, &size, NULL);
    free(named);
    free(data);
    free(names);
    sur_store_close(store);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    CHECK_EVERY_ALLOCATION(everything(), 8, );
    unlink(sample_path("allocations.db"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_appended_trial_is_read_back_equal),
        cmocka_unit_test(infinity_is_read_back_as_nan),
        cmocka_unit_test(a_trial_is_held_under_its_whole_identity),
        cmocka_unit_test(a_retried_failure_replaces_what_it_was_and_keeps_its_id),
        cmocka_unit_test(a_taker_may_use_the_store_and_end_the_loop),
        cmocka_unit_test(a_command_is_logged_once_for_each_build_and_host),
        cmocka_unit_test(the_experiments_of_a_store_are_named_once_each),
        cmocka_unit_test(artifacts_come_back_by_key_and_by_trial),
        cmocka_unit_test(a_legend_is_replaced_by_name_and_role),
        cmocka_unit_test(writing_what_is_there_already_changes_no_byte),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
