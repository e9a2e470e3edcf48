/* test_results.c -- records come back as they were stored, in order; filters; gates. */
#include <surplus/study.h>

#include "support/check.h"

typedef struct options {
    int64_t width, family, seed;
    double ridge;
    bool standardize;
    char *data, *columns, *out;
} options;

static const char *const families[] = {"relu", "fourier", "linear", NULL};

#define FIELD(f, k, p, lo, hi, fl)                                                     \
    {                                                                                  \
        .name = #f, .kind = k, .offset = offsetof(options, f), .preset = p, .low = lo, \
        .high = hi, .flags = fl, .help = "the " #f                                     \
    }
static const sur_field rows[] = {
    FIELD(data, SUR_PATH, NULL, 0, 0, 0),
    {.name = "family",
     .kind = SUR_CHOICE,
     .offset = offsetof(options, family),
     .preset = "relu",
     .choices = families,
     .flags = SUR_AXIS,
     .help = "the family"},
    FIELD(width, SUR_INT, "10:1000:log5", 1, 1e9, SUR_AXIS | SUR_MAY_BE_INF),
    FIELD(ridge, SUR_REAL, "0", 0, 1e9, SUR_AXIS | SUR_AUTO),
    FIELD(standardize, SUR_FLAG, "true", 0, 0, 0),
    FIELD(columns, SUR_LIST, NULL, 0, 0, 0),
    FIELD(seed, SUR_INT, "1", 0, 1e18, SUR_AXIS),
    FIELD(out, SUR_PATH, NULL, 0, 0, SUR_HIDDEN),
};
static const sur_fields fields = {rows, sizeof rows / sizeof *rows, sizeof(options)};

static const sur_metric metrics[] = {
    {.name = "test_error", .label = "test error", .scale = "linear", .better = -1},
    {.name = "train_loss", .label = "train loss", .scale = "log", .better = -1},
};

static sur_status summarize(const sur_records *records, sur_finding **findings,
                            sur_idx *count, sur_error *err)
{
    const sur_status status = sur_alloc(findings, 1, sizeof **findings, err);
    if (status != SUR_OK) return status;
    strcpy((*findings)->name, "peak_width");
    (*findings)->value = records->count > 0 ? 30 : NAN;
    (*findings)->low = 20;
    (*findings)->high = 40;
    *count = 1;
    return SUR_OK;
}

static const sur_experiment experiment = {.name = "made_up",
                                          .revision = 2,
                                          .fields = &fields,
                                          .metrics = metrics,
                                          .metric_count = 2,
                                          .summarize = summarize};

static sur_store *open_memory(void)
{
    sur_store *store;
    CHECK_OK(sur_store_open(&store, ":memory:", SUR_STORE_WRITE, NULL));
    return store;
}

static sur_stored_trial trial_of(const char *spec, const sur_stored_measurement *m,
                                 sur_idx count)
{
    return (sur_stored_trial){.experiment = "made_up",
                              .revision = 2,
                              .spec = spec,
                              .code = "c",
                              .host = "h; p",
                              .seconds = 1,
                              .measurements = m,
                              .count = count};
}

static void put(sur_store *store, const char *spec, double test_error)
{
    const sur_stored_measurement m = {
        "test_error", NULL, 0, test_error, test_error - 0.1, test_error + 0.1, 100};
    const sur_stored_trial trial = trial_of(spec, &m, 1);
    CHECK_OK(sur_store_append(store, &trial, 1, NULL));
}

static sur_results read_results(sur_store *store)
{
    sur_results results;
    sur_error err;
    const sur_status status = sur_results_read(&results, store, &experiment, &err);
    if (status != SUR_OK) fail_msg("%s", err.message);
    return results;
}

static const options *at(const sur_results *results, sur_idx i)
{
    return results->records.at[i].options;
}

/* The widths that are left, "10,20,inf". */
static const char *widths_of(const sur_results *results)
{
    static char text[200];
    text[0] = '\0';
    for (sur_idx i = 0; i < results->records.count; i++) {
        char one[40];
        sur_field_text(&rows[2], at(results, i), one, sizeof one);
        if (i) strcat(text, ",");
        strcat(text, one);
    }
    return text;
}

static void every_option_is_read_back_from_its_spec(void **state)
{
    (void)state;
    options made;
    char *spec;
    sur_store *store = open_memory();

    CHECK_OK(sur_fields_preset(&fields, &made, NULL));
    static const char *const values[][2] = {{"data", "some/where/events.csv"},
                                            {"family", "fourier"},
                                            {"width", "inf"},
                                            {"ridge", "1e-7"},
                                            {"standardize", "false"},
                                            {"columns", "3,5,x"},
                                            {"seed", "900719925474099312"}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        CHECK_OK(sur_fields_set(&fields, &made, values[i][0], values[i][1], NULL));
    CHECK_OK(sur_fields_to_json(&fields, &made, &spec, NULL));
    put(store, spec, 0.5);

    sur_results results = read_results(store);
    CHECK(results.records.count == 1 && results.experiment == &experiment);
    const options *read = at(&results, 0);
    CHECK_TEXT(read->data, "events.csv");
    CHECK(read->family == 1 && read->width == SUR_INF && read->ridge == 1e-7);
    CHECK(!read->standardize && read->seed == 900719925474099312);
    CHECK_TEXT(read->columns, "3,5,x");
    char *again;
    CHECK_OK(sur_fields_to_json(&fields, read, &again, NULL));
    CHECK_TEXT(again, spec);
    free(again);
    free(spec);
    sur_results_free(&results);
    sur_results_free(&results); /* harmless */
    sur_fields_free(&fields, &made);
    sur_store_close(store);
}

static void records_are_ordered_field_by_field_numbers_as_numbers(void **state)
{
    (void)state;
    static const char *const ordered[] = {
        "{\"family\":\"relu\",\"width\":9,\"ridge\":null,\"seed\":2}",
        "{\"family\":\"relu\",\"width\":9,\"ridge\":1e-10,\"seed\":1}",
        "{\"family\":\"relu\",\"width\":9,\"ridge\":0.5,\"seed\":2}",
        "{\"family\":\"relu\",\"width\":9,\"ridge\":0.5,\"seed\":10}",
        "{\"family\":\"relu\",\"width\":10,\"ridge\":0.0,\"seed\":1}",
        "{\"family\":\"relu\",\"width\":\"inf\",\"ridge\":0.0,\"seed\":1}",
        "{\"family\":\"fourier\",\"width\":1,\"ridge\":0.0,\"seed\":1}",
        "{\"family\":\"linear\",\"width\":1,\"ridge\":0.0,\"seed\":1}",
        "{\"data\":\"a.csv\",\"family\":\"relu\",\"width\":1,\"ridge\":0.0,\"seed\":1}",
    };
    enum { COUNT = sizeof ordered / sizeof *ordered };
    sur_store *store = open_memory();
    for (int i = 0; i < COUNT; i++) put(store, ordered[i * 4 % COUNT], i * 4 % COUNT);
    sur_results results = read_results(store);
    CHECK(results.records.count == COUNT);
    for (int i = 0; i < COUNT; i++)
        CHECK(sur_record_get(&results.records.at[i], "test_error")->value == i);
    sur_results_free(&results);
    sur_store_close(store);
}

static void final_values_come_first_in_the_order_of_the_metrics(void **state)
{
    (void)state;
    static const sur_stored_measurement stored[] = {
        {"odd", NULL, 0, 7, NAN, NAN, 0},
        {"train_loss", NULL, 20, 5, NAN, NAN, 0},
        {"train_loss", NULL, 0, 1, NAN, NAN, 0},
        {"test_error", NULL, 10, 3, NAN, NAN, 0},
        {"train_loss", NULL, 10, 4, NAN, NAN, 0},
        {"test_error", "validation", 0, 2, 1, 3, 9},
        {"test_error", NULL, 0, 0.5, 0.4, 0.6, 50},
    };
    static const double order[] = {0.5, 2, 1, 7, 3, 4, 5};
    sur_stored_trial trial = trial_of("{\"width\":3}", stored, 7);
    trial.status = SUR_ENUMERIC;
    trial.message = "diverged";
    sur_store *store = open_memory();
    CHECK_OK(sur_store_append(store, &trial, 1, NULL));
    sur_results results = read_results(store);
    const sur_record *record = &results.records.at[0];
    CHECK(record->count == 7 && record->status == SUR_ENUMERIC && record->seconds == 1);
    CHECK_TEXT(record->message, "diverged");
    for (int i = 0; i < 7; i++) CHECK(record->measurements[i].value == order[i]);
    CHECK(record->measurements[0].metric == metrics[0].name); /* borrowed, not copied */
    CHECK_TEXT(record->measurements[1].split, "validation");

    const sur_measurement *m = sur_record_get(record, "test_error");
    CHECK(m && m->low == 0.4 && m->high == 0.6 && m->n == 50);
    CHECK(!sur_record_get(record, "nothing"));
    sur_results_free(&results);
    sur_store_close(store);
}

static void only_this_experiment_and_revision_are_read(void **state)
{
    (void)state;
    sur_store *store = open_memory();
    sur_stored_trial trial = trial_of("{\"width\":3}", NULL, 0);
    put(store, "{\"width\":4}", 0);
    trial.revision = 1;
    CHECK_OK(sur_store_append(store, &trial, 1, NULL));
    trial.revision = 2;
    trial.experiment = "other";
    trial.spec = "not even JSON";
    CHECK_OK(sur_store_append(store, &trial, 1, NULL));
    sur_results results = read_results(store);
    CHECK_TEXT(widths_of(&results), "4");
    CHECK(results.elder == 1);
    sur_results_free(&results);
    sur_store_close(store);
}

static void a_spec_that_does_not_fit_names_its_trial(void **state)
{
    (void)state;
    static const char *const specs[][2] = {
        {"{\"width\":", "JSON"},           {"[1]", "object"},
        {"{\"widht\":3}", "width"},        {"{\"width\":0}", "width"},
        {"{\"family\":\"tanh\"}", "tanh"}, {"{\"width\":[1,2]}", "width"}};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        sur_store *store = open_memory();
        sur_results results;
        sur_error err;
        put(store, "{\"width\":4}", 0);
        put(store, specs[i][0], 0);
        CHECK_STATUS(sur_results_read(&results, store, &experiment, &err), SUR_EPARSE);
        CHECK(err.status == SUR_EPARSE);
        CHECK_CONTAINS(err.message, "trial 2 of made_up");
        CHECK_CONTAINS(err.message, specs[i][1]);
        sur_results_free(&results); /* harmless */
        sur_store_close(store);
    }
}

static void artifacts_are_found_by_the_place_of_their_record(void **state)
{
    (void)state;
    static const char *const keys[] = {"a", "b"};
    sur_store *store = open_memory();
    for (int i = 0; i < 2; i++) {
        const sur_stored_artifact artifact = {keys[i], "model", "u1", "1",
                                              0,       keys[i], 1};
        sur_stored_trial trial =
            trial_of(i ? "{\"width\":1}" : "{\"width\":2}", NULL, 0);
        trial.keys = &keys[i];
        trial.key_count = 1;
        CHECK_OK(sur_store_keep(store, &artifact, NULL));
        CHECK_OK(sur_store_append(store, &trial, 1, NULL));
    }
    sur_results results = read_results(store);
    const sur_records *records = &results.records;
    void *bytes;
    size_t size;
    for (sur_idx i = 0; i < 2; i++) { /* width 1 was stored second */
        CHECK_OK(records->artifact(records->payload, i, "model", &bytes, &size, NULL));
        CHECK(size == 1 && *(char *)bytes == (i ? 'a' : 'b'));
        free(bytes);
    }
    CHECK_OK(sur_results_filter(&results, "width=2", NULL));
    CHECK_OK(records->artifact(records->payload, 0, "model", &bytes, &size, NULL));
    CHECK(size == 1 && *(char *)bytes == 'a');
    free(bytes);
    CHECK_OK(records->artifact(records->payload, 0, "curve", &bytes, &size, NULL));
    CHECK(!bytes);
    sur_results_free(&results);
    sur_store_close(store);
}

/* Widths 10, 20, 30 and inf, test errors 0.4, 0.7, 0.5 and none. */
static sur_store *four_widths(void)
{
    sur_store *store = open_memory();
    sur_stored_trial none =
        trial_of("{\"width\":\"inf\",\"ridge\":null,\"standardize\":false}", NULL, 0);
    put(store, "{\"data\":\"h.npz\",\"width\":10,\"columns\":\"a,b\",\"ridge\":0.1}",
        0.4);
    put(store, "{\"data\":\"h.npz\",\"width\":20,\"columns\":\"a\",\"ridge\":0.2}",
        0.7);
    put(store, "{\"family\":\"linear\",\"width\":30,\"ridge\":0.3}", 0.5);
    none.status = SUR_ENUMERIC;
    CHECK_OK(sur_store_append(store, &none, 1, NULL));
    return store;
}

static void a_filter_keeps_what_meets_every_condition(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"width>10", "inf,30,20"},
        {"width >= 10 , width<inf", "30,10,20"},
        {"width=inf", "inf"},
        {"width!=20", "inf,30,10"},
        {"width==20", "20"},
        {"ridge=0.1", "10"},
        {"ridge=", "inf"},
        {"ridge!=", "30,10,20"},
        {"ridge!=0.1", "inf,30,20"},
        {"ridge<=0.2", "10,20"},
        {"family=linear", "30"},
        {"family!=linear", "inf,10,20"},
        {"standardize=false", "inf"},
        {"standardize=true,width<25", "10,20"},
        {"data=h.npz", "10,20"},
        {"data=/any/where/h.npz", "10,20"},
        {"data=", "inf,30"},
        {"data!=h.npz", "inf,30"},
        {"columns=a,b", "10"},
        {"columns=a", "20"},
        {"columns=a,b,width=10", "10"},
        {"test_error>0.45", "30,20"},
        {"test-error>0.45,width<25", "20"},
        {"train_loss<1", ""},
        {"test_error!=0.4", "30,20"},
    };
    sur_store *store = four_widths();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sur_results results = read_results(store);
        sur_error err;
        const sur_status status = sur_results_filter(&results, cases[i][0], &err);
        if (status != SUR_OK) fail_msg("%s: %s", cases[i][0], err.message);
        if (strcmp(widths_of(&results), cases[i][1]) != 0)
            fail_msg("%s keeps %s, not %s", cases[i][0], widths_of(&results),
                     cases[i][1]);
        sur_results_free(&results);
    }
    sur_store_close(store);
}

static void a_wrong_filter_is_explained_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"widht>3", "\"width\""},
        {"test_eror<1", "\"test_error\""},
        {"out=x", "no option"},
        {"width", "is not a condition"},
        {"", "is not a condition"},
        {"width>3,", "is not a condition"},
        {"width>abc", "not a number"},
        {"width>", "not a number"},
        {"test_error=", "not a number"},
        {"width>1 2", "not a number"},
        {"family=rellu", "\"relu\""},
        {"family<relu", "= and !="},
        {"data>a", "= and !="},
        {"standardize=maybe", "standardize"},
        {"=3", "no option"},
        {"ridge=0,1", "is not a condition"},
        {"width=nan", "not a number"},
    };
    sur_store *store = four_widths();
    sur_results results = read_results(store);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sur_error err;
        const sur_status status = sur_results_filter(&results, cases[i][0], &err);
        if (status != SUR_EINVAL)
            fail_msg("%s: %s", cases[i][0], sur_status_text(status));
        CHECK_CONTAINS(err.message, cases[i][1]);
        CHECK(results.records.count == 4);
    }
    sur_results_free(&results);
    sur_store_close(store);
}

static void a_gate_looks_at_the_chosen_bound_of_the_worst_result(void **state)
{
    (void)state;
    enum { LOW, VALUE, HIGH };
    static const struct {
        const char *gate;
        int64_t on;
        bool violated;
        const char *part;
    } cases[] = {
        {"test_error>0.65", VALUE, true, "test_error is 0.7 (95 % interval 0.6 to 0.8"},
        {"test_error>0.65", LOW, false, "width 20"},
        {"test_error>0.75", HIGH, true, "1 of 3 trials"},
        {"test_error>0.45", VALUE, true, "2 of 3 trials"},
        {"test_error<0.45", VALUE, true, "width 10"},
        {"test_error<0.35", LOW, true, "width 10"},
        {"test_error<0.35", VALUE, false, "width 10"},
        {"test-error>=0.7", VALUE, true, "ridge 0.2"},
        {"test_error>0.9,test_error<0.45", VALUE, true, "0.4"},
        {"peak_width>25", VALUE, true, "peak_width is 30"},
        {"peak_width>25", LOW, false, "20 to 40"},
        {"peak_width>35", HIGH, true, "peak_width is 30"},
        {"train_loss>1", VALUE, true, "no result has a value"},
    };
    sur_store *store = four_widths();
    sur_results results = read_results(store);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[300];
        bool violated;
        CHECK_OK(sur_results_gate(&results, cases[i].gate, cases[i].on, &violated, line,
                                  sizeof line, NULL));
        if (violated != cases[i].violated || !strstr(line, cases[i].part))
            fail_msg("%s: %d, %s", cases[i].gate, violated, line);
        CHECK_CONTAINS(line, cases[i].gate);
    }
    sur_results_free(&results);
    sur_store_close(store);
}

static void a_gate_without_results_is_not_passed(void **state)
{
    (void)state;
    char line[300];
    bool violated;
    sur_store *store = open_memory();
    sur_results results = read_results(store);
    CHECK(results.records.count == 0);
    CHECK_OK(sur_results_gate(&results, "test_error>9", 1, &violated, line, 300, NULL));
    CHECK(violated);
    CHECK_OK(sur_results_gate(&results, "peak_width>9", 1, &violated, line, 300, NULL));
    CHECK(violated);
    sur_results_free(&results);
    sur_store_close(store);
}

static void a_wrong_gate_is_explained(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"test_eror>1", "\"test_error\""},
                                           {"peak_widht>1", "\"peak_width\""},
                                           {"width>1", "no metric or finding"},
                                           {"test_error", "is not a condition"},
                                           {"test_error>much", "not a number"}};
    sur_store *store = four_widths();
    sur_results results = read_results(store);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sur_error err;
        char line[300];
        bool violated;
        CHECK_STATUS(
            sur_results_gate(&results, cases[i][0], 1, &violated, line, 300, &err),
            SUR_EINVAL);
        CHECK_CONTAINS(err.message, cases[i][1]);
    }
    sur_results_free(&results);
    sur_store_close(store);
}

static void a_wrong_gate_is_known_before_there_are_results(void **state)
{
    (void)state;
    sur_experiment mute = experiment;
    sur_error err;
    CHECK_OK(sur_gate_check(&experiment, "test_error>1,peak_width<3", NULL));
    CHECK_STATUS(sur_gate_check(&experiment, "test_error", &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "such as test_error>0.3");
    CHECK_STATUS(sur_gate_check(&experiment, "test_error>much", &err), SUR_EINVAL);
    CHECK_OK(sur_gate_check(&experiment, "no_finding_yet>1", NULL));
    mute.summarize = NULL;
    CHECK_STATUS(sur_gate_check(&mute, "test_eror>1", &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "\"test_error\"");
}

static void the_records_of_a_study_are_its_trials_only(void **state)
{
    (void)state;
    sur_store *store = open_memory();
    sur_study *study;
    sur_plan plan;
    const sur_run_options run = {
        .jobs = 1, .threads = 1, .time_limit = HUGE_VAL, .memory_limit = NAN};
    CHECK_OK(sur_study_new(&study, &experiment, NULL));
    CHECK_OK(sur_study_set(study, "width", "10,30", NULL));
    CHECK_OK(sur_study_plan(study, store, &run, &plan, NULL, NULL));
    CHECK(plan.trials == 2);
    for (sur_idx i = 0; i < 2; i++) put(store, sur_study_spec(study, i, NULL), 0.5);
    put(store, "{\"width\":20}", 0.5);
    sur_results results = read_results(store);
    CHECK_TEXT(widths_of(&results), "10,20,30");
    CHECK_OK(sur_results_of_study(&results, study, NULL));
    CHECK_TEXT(widths_of(&results), "10,30");
    sur_results_free(&results);
    sur_study_free(study);
    sur_store_close(store);
}

static sur_status everything(sur_store *store)
{
    sur_results results = {0};
    char line[300];
    bool violated;
    sur_status status = sur_results_read(&results, store, &experiment, NULL);
    if (status == SUR_OK)
        status = sur_results_filter(&results, "width>5,data=h.npz", NULL);
    if (status == SUR_OK)
        status = sur_results_gate(&results, "test_error>0.1,peak_width>5", 1, &violated,
                                  line, sizeof line, NULL);
    sur_results_free(&results);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sur_store *store = four_widths();
    CHECK_EVERY_ALLOCATION(everything(store), 15, sur_store_close(store));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_is_read_back_from_its_spec),
        cmocka_unit_test(records_are_ordered_field_by_field_numbers_as_numbers),
        cmocka_unit_test(final_values_come_first_in_the_order_of_the_metrics),
        cmocka_unit_test(only_this_experiment_and_revision_are_read),
        cmocka_unit_test(a_spec_that_does_not_fit_names_its_trial),
        cmocka_unit_test(artifacts_are_found_by_the_place_of_their_record),
        cmocka_unit_test(a_filter_keeps_what_meets_every_condition),
        cmocka_unit_test(a_wrong_filter_is_explained_and_changes_nothing),
        cmocka_unit_test(a_gate_looks_at_the_chosen_bound_of_the_worst_result),
        cmocka_unit_test(a_gate_without_results_is_not_passed),
        cmocka_unit_test(a_wrong_gate_is_explained),
        cmocka_unit_test(a_wrong_gate_is_known_before_there_are_results),
        cmocka_unit_test(the_records_of_a_study_are_its_trials_only),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
