/* test_merge.c -- the laws of joining two stores. */
#include "store/sample.h"

#include "store/open.h"

static sur_store *open_memory(void)
{
    sur_store *store;
    CHECK_OK(sur_store_open(&store, ":memory:", SUR_STORE_WRITE, NULL));
    return store;
}

static sur_store *with_samples(int first, int last)
{
    sur_store *store = open_memory();
    CHECK_OK(sample_append(store, first, last, NULL));
    return store;
}

/* Which of the samples 0 ... 255 a store holds, each checked to be as it was made. */
typedef struct holding {
    int times[256], count;
} holding;

static sur_status hold(void *payload, const sur_stored_trial *trial, sur_error *err)
{
    (void)err;
    holding *held = payload;
    int number = -1;
    sample_specs spec;
    CHECK(sscanf(trial->spec, "{\"width\":%d", &number) == 1 && number >= 0 &&
          number < 256);
    const sur_stored_trial expected = sample_trial(number, &spec);
    check_same_trial(trial, &expected);
    held->times[number]++;
    held->count++;
    return SUR_OK;
}

static holding holding_of(sur_store *store)
{
    holding held = {{0}, 0};
    CHECK_OK(sur_store_each(store, NULL, hold, &held, NULL));
    return held;
}

static sur_idx merge(sur_store *to, sur_store *from)
{
    sur_idx added;
    bool differ;
    sur_error err;
    CHECK_OK(sur_store_merge(to, from, &added, &differ, &err));
    CHECK(!differ);
    return added;
}

static void merging_gives_the_union_each_identity_once(void **state)
{
    (void)state;
    sur_store *a = with_samples(0, 100), *b = with_samples(60, 180);
    CHECK(merge(a, b) == 80);
    const holding held = holding_of(a);
    CHECK(held.count == 180);
    for (int i = 0; i < 180; i++) CHECK(held.times[i] == 1);
    CHECK(holding_of(b).count == 120);
    sur_store_close(a);
    sur_store_close(b);
}

static void merging_again_adds_nothing(void **state)
{
    (void)state;
    sur_store *a = with_samples(0, 100), *b = with_samples(60, 180);
    CHECK(merge(a, b) == 80);
    CHECK(merge(a, b) == 0);
    CHECK(merge(a, a) == 0);
    CHECK(holding_of(a).count == 180);
    sur_store_close(a);
    sur_store_close(b);
}

static void merging_either_way_gives_the_same_trials(void **state)
{
    (void)state;
    sur_store *a = with_samples(0, 100), *b = with_samples(60, 180);
    sur_store *ab = open_memory(), *ba = open_memory();
    merge(ab, a);
    merge(ab, b);
    merge(ba, b);
    merge(ba, a);
    const holding left = holding_of(ab), right = holding_of(ba);
    CHECK(memcmp(&left, &right, sizeof left) == 0);
    sur_store *const all[] = {a, b, ab, ba};
    for (int i = 0; i < 4; i++) sur_store_close(all[i]);
}

static void a_success_wins_over_a_failure_on_either_side(void **state)
{
    (void)state;
    sample_specs spec;
    sur_stored_trial good = sample_trial(6, &spec); /* the sample is a failure */
    sur_store *failed = with_samples(0, 10), *both = with_samples(0, 10);
    sur_store *ok = open_memory();
    sur_status status;
    bool found;

    good.status = SUR_OK;
    good.message = NULL;
    CHECK_OK(sur_store_append(ok, &good, 1, NULL));
    CHECK(merge(both, ok) == 0);
    CHECK_OK(sur_store_has(both, "descent", 1, spec.text, &found, &status, NULL));
    CHECK(found && status == SUR_OK);
    CHECK(merge(ok, failed) == 9);
    CHECK_OK(sur_store_has(ok, "descent", 1, spec.text, &found, &status, NULL));
    CHECK(found && status == SUR_OK);
    sur_store_close(failed);
    sur_store_close(both);
    sur_store_close(ok);
}

static sur_status id_of_five(void *payload, const sur_stored_trial *trial,
                             sur_error *err)
{
    (void)err;
    if (strstr(trial->spec, ":5,")) *(int64_t *)payload = trial->id;
    return SUR_OK;
}

static void artifacts_runs_and_legend_come_along(void **state)
{
    (void)state;
    const char *const keys[] = {"spectrum of 5"};
    const sur_stored_artifact artifact = {keys[0], "spectrum",         "f8", "2",
                                          0,       "0123456789abcdef", 16};
    const sur_stored_artifact loose = {"tuning", "ledger", "json", "", 0, "{}", 2};
    const sur_legend row = {"width", "option", "width", NULL, "log", NULL, 0};
    sur_store *a = with_samples(10, 20), *b = open_memory();
    sample_specs spec;
    sur_stored_trial trial = sample_trial(5, &spec);
    int64_t id = 0;
    void *data;
    size_t size;

    trial.keys = keys;
    trial.key_count = 1;
    CHECK_OK(sur_store_keep(b, &artifact, NULL));
    CHECK_OK(sur_store_keep(b, &loose, NULL));
    CHECK_OK(sur_store_append(b, &trial, 1, NULL));
    CHECK_OK(sur_store_explain(b, &row, 1, NULL));
    CHECK_OK(sur_store_log_run(b, "command", "v", "b", "h", NULL));
    CHECK(merge(a, b) == 1);
    CHECK_OK(sur_store_each(a, NULL, id_of_five, &id, NULL));
    CHECK(id > 1); /* another id than in b, where it is 1 */
    CHECK_OK(sur_store_artifact(a, id, "spectrum", &data, &size, NULL));
    CHECK(data && size == 16 && memcmp(data, artifact.data, 16) == 0);
    free(data);
    CHECK_OK(sur_store_find(a, "tuning", &data, &size, NULL));
    CHECK(data && size == 2);
    free(data);
    sur_store_close(a);
    sur_store_close(b);
}

static void another_build_or_processor_is_noticed_another_host_is_not(void **state)
{
    (void)state;
    static const struct {
        const char *code, *host;
        bool differ;
    } cases[] = {{"0.1.0 gcc", "node2; Some Processor", false},
                 {"0.1.0 gcc", "node1; Other Processor", true},
                 {"0.2.0 gcc", "node1; Some Processor", true}};
    for (int i = 0; i < 3; i++) {
        sur_store *a = with_samples(0, 3), *b = open_memory(), *none = open_memory();
        sample_specs spec;
        sur_stored_trial trial = sample_trial(9, &spec);
        sur_idx added;
        bool differ;
        trial.code = cases[i].code;
        trial.host = cases[i].host;
        CHECK_OK(sur_store_append(b, &trial, 1, NULL));
        CHECK_OK(sur_store_merge(none, b, &added, &differ, NULL));
        CHECK(!differ && added == 1);
        CHECK_OK(sur_store_merge(a, b, &added, &differ, NULL));
        CHECK(differ == cases[i].differ && added == 1);
        CHECK_OK(sur_store_merge(b, a, &added, &differ, NULL));
        CHECK(differ == cases[i].differ && added == 3);
        sur_store_close(a);
        sur_store_close(b);
        sur_store_close(none);
    }
}

static void a_damaged_artifact_stops_the_merge_and_nothing_of_it_stays(void **state)
{
    (void)state;
    const sur_stored_artifact artifact = {"k", "spectrum", "f8", "2", 0, "abcdefgh", 8};
    const char *path = sample_path("damaged.db");
    sur_store *a = with_samples(0, 10), *b;
    sqlite3 *db;
    sur_error err;
    sur_idx added;
    bool differ;
    void *data;
    size_t size;

    CHECK_OK(sur_store_open(&b, path, SUR_STORE_WRITE, &err));
    CHECK_OK(sample_append(b, 20, 30, &err));
    CHECK_OK(sur_store_keep(b, &artifact, &err));
    sur_store_close(b);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "UPDATE artifact SET data=x'00'", NULL, NULL, NULL) ==
          SQLITE_OK);
    sqlite3_close(db);

    CHECK_OK(sur_store_open(&b, path, SUR_STORE_READ, &err));
    CHECK_STATUS(sur_store_find(b, "k", &data, &size, &err), SUR_EPARSE);
    CHECK_CONTAINS(err.message, "checksum");
    CHECK(!data);
    CHECK_STATUS(sur_store_merge(a, b, &added, &differ, &err), SUR_EPARSE);
    CHECK(added == 0 && holding_of(a).count == 10);
    sur_store_close(a);
    sur_store_close(b);
}

static sur_status merge_once(sur_store *from)
{
    sur_store *to = NULL;
    sur_idx added;
    bool differ;
    sur_status status = sur_store_open(&to, ":memory:", SUR_STORE_WRITE, NULL);
    if (status == SUR_OK) status = sur_store_merge(to, from, &added, &differ, NULL);
    sur_store_close(to);
    return status;
}

static void every_allocation_of_a_merge_may_fail(void **state)
{
    (void)state;
    const sur_stored_artifact artifact = {"k", "spectrum", "f8", "2", 0, "abcdefgh", 8};
    sur_store *from = with_samples(0, 10);
    CHECK_OK(sur_store_keep(from, &artifact, NULL));
    CHECK_OK(sur_store_log_run(from, "command", "v", "b", "h", NULL));
    CHECK_EVERY_ALLOCATION(merge_once(from), 6, sur_store_close(from));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merging_gives_the_union_each_identity_once),
        cmocka_unit_test(merging_again_adds_nothing),
        cmocka_unit_test(merging_either_way_gives_the_same_trials),
        cmocka_unit_test(a_success_wins_over_a_failure_on_either_side),
        cmocka_unit_test(artifacts_runs_and_legend_come_along),
        cmocka_unit_test(another_build_or_processor_is_noticed_another_host_is_not),
        cmocka_unit_test(a_damaged_artifact_stops_the_merge_and_nothing_of_it_stays),
        cmocka_unit_test(every_allocation_of_a_merge_may_fail),
    };
    return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
