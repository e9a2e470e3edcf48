/* test_artifacts.c -- what one trial paid for, another finds. */
#include "support/toy.h"

/* Trials of one seed share an array of `size` bytes under a key; whoever comes first
 * makes it. `mode` says how the first run goes wrong, if it does. */
typedef struct keep_options {
    int64_t seed, method, size, mode;
} keep_options;

#define KEEP(f, p, hi, fl)                                                             \
    {                                                                                  \
        .name = #f, .kind = SUR_INT, .offset = offsetof(keep_options, f), .preset = p, \
        .low = 0, .high = hi, .flags = fl, .help = #f                                  \
    }
static const sur_field keep_rows[] = {
    KEEP(seed, "1", 1e6, SUR_AXIS),
    KEEP(method, "1", 1e6, SUR_AXIS),
    KEEP(size, "1000", 1e10, SUR_HIDDEN),
    KEEP(mode, "0", 9, SUR_HIDDEN),
};
static const sur_fields keep_fields = {keep_rows, 4, sizeof(keep_options)};
static const sur_metric keep_metrics[] = {
    {.name = "s", .label = "sum", .scale = "linear"},
    {.name = "made_seconds", .label = "whether it was made here", .scale = "linear"},
};

static void fill(unsigned char *bytes, const keep_options *o)
{
    for (int64_t i = 0; i < o->size; i++)
        bytes[i] = (unsigned char)((i * 31 + o->seed * 7) % 253);
}

static sur_status run_one(const keep_options *o, sur_idx index,
                          const sur_context *context, sur_error *err)
{
    char key[64], shape[32];
    void *found = NULL;
    size_t size = 0;
    double sum = 0;
    snprintf(key, sizeof key, "shared %lld", (long long)o->seed);
    snprintf(shape, sizeof shape, "%lld", (long long)o->size);
    sur_status status = context->find(context->payload, key, &found, &size, err);
    const bool made = !found;
    if (status == SUR_OK && made) {
        status = sur_alloc(&found, o->size, 1, err);
        if (status == SUR_OK) {
            fill(found, o);
            const sur_artifact artifact = {key,   "shared", "u1",
                                           shape, found,    (size_t)o->size};
            status = context->keep(context->payload, index, &artifact, err);
        }
        if (o->mode == 1) abort();
    }
    for (int64_t i = 0; status == SUR_OK && i < o->size; i++)
        sum += ((const unsigned char *)found)[i];
    free(found);
    const sur_measurement m[] = {
        {.metric = o->mode == 2 ? "som" : "s", .value = sum},
        {.metric = "made_seconds", .value = made},
    };
    const sur_outcome outcome = {.measurements = m, .count = 2};
    if (status == SUR_OK)
        status = context->emit(context->payload, index, &outcome, err);
    if (status == SUR_OK && o->mode == 3) {
        const sur_artifact late = {"late", "late", "u1", "1", key, 1};
        status = context->keep(context->payload, index, &late, err);
    }
    return status;
}

static sur_status keep_run(const void *const *options, sur_idx count,
                           const sur_context *context, sur_error *err)
{
    sur_status status = SUR_OK;
    for (sur_idx i = 0; i < count && status == SUR_OK; i++)
        status = run_one(options[i], i, context, err);
    return status;
}

static const sur_experiment keeper = {.name = "keeper",
                                      .revision = 1,
                                      .fields = &keep_fields,
                                      .metrics = keep_metrics,
                                      .metric_count = 2,
                                      .run = keep_run};

static sur_study_result keep_do(sur_store *store, const char *options, int64_t jobs)
{
    sur_error err;
    sur_study_result result = {0};
    sur_study *study = toy_study_of(&keeper, options);
    const sur_run_options run = toy_run_options(jobs);
    const sur_status status =
        sur_study_run(study, store, &run, "test", NULL, &result, &err);
    if (status != SUR_OK) fail_msg("%s", err.message);
    sur_study_free(study);
    return result;
}

static sur_status find_id(void *payload, const sur_stored_trial *trial, sur_error *err)
{
    (void)err;
    int64_t *id = payload;
    if (*id == 0) *id = trial->id;
    return SUR_OK;
}

static void what_one_trial_keeps_the_next_one_finds(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    CHECK(keep_do(store, "seed=1 method=1", 1).done == 1);
    CHECK(keep_do(store, "seed=1 method=1:3", 1).done == 2);
    CHECK(toy_get(store, "\"method\":1", "made_seconds").value == 1);
    CHECK(toy_get(store, "\"method\":3", "made_seconds").value == 0);
    CHECK(toy_get(store, "\"method\":3", "s").value ==
          toy_get(store, "\"method\":1", "s").value);
    sur_store_close(store);
}

static void an_artifact_belongs_to_the_trial_that_kept_it(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    int64_t id = 0;
    void *data = NULL;
    size_t size = 0;
    keep_do(store, "seed=5 size=777", 1);
    CHECK_OK(sur_store_each(store, NULL, find_id, &id, NULL));
    CHECK_OK(sur_store_artifact(store, id, "shared", &data, &size, NULL));
    CHECK(data && size == 777);
    unsigned char want[777];
    fill(want, &(keep_options){.seed = 5, .size = 777});
    CHECK(memcmp(data, want, 777) == 0);
    free(data);
    sur_store_close(store);
}

static void a_large_artifact_passes_while_other_groups_wait(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    const sur_study_result result =
        keep_do(store, "seed=1:4 method=1:8 size=3000000", 2);
    CHECK(result.done == 32 && result.failed == 0);
    for (int seed = 1; seed <= 4; seed++) {
        char part[40];
        double sum = 0;
        static unsigned char bytes[3000000];
        const keep_options o = {.seed = seed, .size = sizeof bytes};
        fill(bytes, &o);
        for (size_t i = 0; i < sizeof bytes; i++) sum += bytes[i];
        snprintf(part, sizeof part, "\"seed\":%d,\"method\":8", seed);
        CHECK(toy_get(store, part, "s").value == sum);
    }
    sur_store_close(store);
}

static void
what_a_crashed_trial_kept_is_not_lost_and_becomes_the_next_ones(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    int64_t id = 0;
    void *data = NULL;
    size_t size = 0;
    /* dies after keeping; run again, it finds what it kept and goes through */
    const sur_study_result result = keep_do(store, "seed=1 mode=1", 1);
    CHECK(result.done == 1);
    CHECK(toy_get(store, "\"seed\":1", "made_seconds").value == 0);
    CHECK_OK(sur_store_each(store, NULL, find_id, &id, NULL));
    CHECK_OK(sur_store_artifact(store, id, "shared", &data, &size, NULL));
    CHECK(data && size == 1000);
    free(data);
    sur_store_close(store);
}

static void a_metric_that_is_not_in_the_table_is_refused(void **state)
{
    (void)state;
    sur_store *store = toy_store();
    CHECK(keep_do(store, "seed=1 mode=2", 1).failed == 1);
    CHECK_TEXT(toy_get(store, "\"seed\":1", "s").message,
               "\"som\" is not a metric of keeper");
    sur_store_close(store);
}

static void nothing_is_kept_for_a_trial_that_is_over(void **state)
{
    (void)state;
    void *data = NULL;
    size_t size = 0;
    sur_store *store = toy_store();
    CHECK(keep_do(store, "seed=1 mode=3", 1).done == 1); /* emitted before the error */
    CHECK_OK(sur_store_find(store, "late", &data, &size, NULL));
    CHECK(!data);
    sur_store_close(store);
}

int main(int argc, char **argv)
{
    TOY_WORKER(&keeper);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_trial_keeps_the_next_one_finds),
        cmocka_unit_test(an_artifact_belongs_to_the_trial_that_kept_it),
        cmocka_unit_test(a_large_artifact_passes_while_other_groups_wait),
        cmocka_unit_test(
            what_a_crashed_trial_kept_is_not_lost_and_becomes_the_next_ones),
        cmocka_unit_test(a_metric_that_is_not_in_the_table_is_refused),
        cmocka_unit_test(nothing_is_kept_for_a_trial_that_is_over),
    };
    return RUN(tests);
}
