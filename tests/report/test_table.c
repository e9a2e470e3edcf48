/* test_table.c -- TSV, CSV, aligned columns and JSON. */
#include "support/check.h"
#include "support/sample.h"
#include <jansson.h>
#include <surplus/report.h>

static char *table_of(const sur_results *results, const char *metrics,
                      sur_table_style style)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    CHECK_OK(sur_report_table(out, results, metrics, style, NULL));
    fclose(out);
    return text;
}

/* Cuts the next cell off the row. */
static char *cell(char **row)
{
    char *start = *row, *end = start + strcspn(start, "\t\n");
    *row = *end ? end + 1 : end;
    *end = '\0';
    return start;
}

static void the_columns_are_the_options_that_vary_and_the_metrics(void **state)
{
    (void)state;
    sample s = sample_make(12, 2, 1);
    char *text = table_of(&s.results, NULL, SUR_TABLE_TSV);
    text[strcspn(text, "\n")] = '\0';
    CHECK_TEXT(text,
               "width\tdimension\tridge\ttest_error\ttest_error_low\t"
               "test_error_high\ttrain_error\ttest_loss\ttrain_loss\ttheory_loss\t"
               "gram_condition\trejection\trejection_low\trejection_high\tfit_seconds");
    free(text);
    text = table_of(&s.results, "rejection, train_loss", SUR_TABLE_TSV);
    text[strcspn(text, "\n")] = '\0';
    CHECK_TEXT(text, "width\tdimension\tridge\ttrain_loss\trejection\trejection_low\t"
                     "rejection_high");
    free(text);
    sample_free(&s);
}

static void every_number_reads_back_exactly(void **state)
{
    (void)state;
    sample s = sample_make(12, 2, 2);
    char *text = table_of(&s.results, "test_error", SUR_TABLE_TSV);
    char *row = strchr(text, '\n') + 1;
    for (sur_idx i = 0; i < s.results.records.count; i++) {
        const sur_measurement *error = &s.records[i].measurements[0];
        const sample_options *o = &s.options[i];
        const double width = o->width == SUR_INF ? HUGE_VAL : (double)o->width;
        const double want[] = {width,        width,      o->ridge,   (double)o->seed,
                               error->value, error->low, error->high};
        for (int k = 0; k < 7; k++) CHECK(strtod(cell(&row), NULL) == want[k]);
    }
    CHECK_TEXT(row, "");
    free(text);
    sample_free(&s);
}

static void one_trial_alone_still_names_its_main_option(void **state)
{
    (void)state;
    sample s = sample_make(1, 1, 1);
    char *text = table_of(&s.results, "train_error", SUR_TABLE_CSV);
    CHECK_CONTAINS(text, "width,train_error\n10,");
    free(text);
    s.results.records.count = 0;
    text = table_of(&s.results, NULL, SUR_TABLE_ALIGNED);
    CHECK_CONTAINS(text, "width");
    free(text);
    s.results.records.count = 1;
    sample_free(&s);
}

static void a_failed_trial_says_so_in_its_row(void **state)
{
    (void)state;
    sample s = sample_make(4, 1, 1);
    s.records[2].status = SUR_ENUMERIC;
    s.records[2].message = "tab\there";
    s.records[2].count = 0;
    char *text = table_of(&s.results, "test_loss", SUR_TABLE_TSV);
    CHECK_CONTAINS(text, "\ttest_loss\tstatus\tmessage\n");
    CHECK_CONTAINS(text, "\t\tfailed\ttab\\there\n");
    CHECK_CONTAINS(text, "\tok\t\n");
    free(text);
    sample_free(&s);
}

static void hostile_names_change_neither_rows_nor_columns(void **state)
{
    (void)state;
    sample s = sample_make(3, 1, 1);
    const char *const names[] = {"a\tb\n\"c\",d", "\033[2Je", "'; system('x') #"};
    for (int i = 0; i < 3; i++)
        CHECK_OK(sur_fields_set(&sample_fields, &s.options[i], "data", names[i], NULL));
    char *text = table_of(&s.results, "test_loss", SUR_TABLE_TSV);
    sur_idx tabs = 0, lines = 0;
    for (const char *c = text; *c; c++) {
        tabs += *c == '\t';
        lines += *c == '\n';
        CHECK(*c != '\033');
    }
    assert_int_equal(lines, 4);
    assert_int_equal(tabs, 4 * 3);
    free(text);
    text = table_of(&s.results, "test_loss", SUR_TABLE_CSV);
    CHECK_CONTAINS(text, "\"a\tb\n\"\"c\"\",d\",10,");
    free(text);
    sample_free(&s);
}

static void aligned_columns_have_one_width(void **state)
{
    (void)state;
    sample s = sample_make(12, 2, 2);
    char *text =
        table_of(&s.results, "test_error,rejection,fit_seconds", SUR_TABLE_ALIGNED);
    sur_idx width = 0, first = 0;
    for (const char *c = text; *c; c++) {
        if (*c != '\n') {
            width += (*c & 0xc0) != 0x80;
            continue;
        }
        if (!first) first = width;
        assert_int_equal(width, first);
        width = 0;
    }
    CHECK_CONTAINS(text, "width (features)");
    CHECK_CONTAINS(text, "fit_seconds (s)");
    CHECK_CONTAINS(text, "test_error [95 %]");
    CHECK_CONTAINS(text, "∞");
    free(text);
    sample_free(&s);
}

static void a_wrong_metric_is_answered_with_the_nearest(void **state)
{
    (void)state;
    sample s = sample_make(2, 1, 1);
    sur_error err;
    CHECK_STATUS(sur_report_table(stdout, &s.results, "test_eror", SUR_TABLE_TSV, &err),
                 SUR_EINVAL);
    CHECK_CONTAINS(err.message, "did you mean \"test_error\"?");
    CHECK_STATUS(
        sur_report_table(stdout, &s.results, "test_loss,zzz", SUR_TABLE_TSV, &err),
        SUR_EINVAL);
    CHECK_CONTAINS(err.message, "\"zzz\"");
    sample_free(&s);
}

static void a_metric_of_several_roles_has_a_column_for_each(void **state)
{
    (void)state;
    sample s = sample_make(2, 1, 1);
    for (sur_idx i = 0; i < 2; i++) {
        s.rows[i * SAMPLE_ROWS + 1].metric = "test_error";
        s.rows[i * SAMPLE_ROWS + 1].split = "validation";
    }
    char *text = table_of(&s.results, "test_error", SUR_TABLE_TSV);
    CHECK_CONTAINS(text, "\ttest_error\ttest_error_low\ttest_error_high\t"
                         "test_error.validation\n");
    free(text);
    sample_free(&s);
}

/* ---- JSON ---- */

static json_t *json_of(const sur_results *const *results, sur_idx count)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    CHECK_OK(sur_report_json(out, results, count, NULL));
    fclose(out);
    json_error_t why;
    json_t *json = json_loads(text, 0, &why);
    if (!json) fail_msg("%s at line %d", why.text, why.line);
    free(text);
    return json;
}

static void check_keys(json_t *object, const char *const *keys)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) CHECK_TEXT(key, *keys++);
    CHECK(*keys == NULL);
}

static void json_holds_every_record_in_order_and_to_the_last_bit(void **state)
{
    (void)state;
    sample s = sample_make(6, 1, 2);
    const sur_results *two[] = {&s.results, &s.results};
    json_t *json = json_of(two, 2);
    const sur_idx n = s.results.records.count;
    assert_int_equal(json_array_size(json), 2 * n);
    for (sur_idx i = 0; i < 2 * n; i++) {
        json_t *one = json_array_get(json, (size_t)i);
        const sur_record *record = &s.records[i % n];
        const char *const keys[] = {"experiment", "spec",         "status",
                                    "seconds",    "measurements", NULL};
        check_keys(one, keys);
        CHECK_TEXT(json_string_value(json_object_get(one, "status")), "ok");
        char *spec = NULL, *back;
        CHECK_OK(sur_fields_to_json(&sample_fields, record->options, &spec, NULL));
        back = json_dumps(json_object_get(one, "spec"),
                          JSON_COMPACT | JSON_REAL_PRECISION(15));
        CHECK_TEXT(back, spec);
        free(back);
        free(spec);
        json_t *rows = json_object_get(one, "measurements");
        assert_int_equal(json_array_size(rows), record->count);
        for (sur_idx k = 0; k < record->count; k++) {
            json_t *row = json_array_get(rows, (size_t)k);
            const sur_measurement *m = &record->measurements[k];
            const char *const names[] = {"metric", "split", "iteration", "value",
                                         "low",    "high",  "n",         NULL};
            check_keys(row, names);
            CHECK(json_is_null(json_object_get(row, "split")));
            CHECK(json_number_value(json_object_get(row, "value")) == m->value);
            CHECK(json_is_null(json_object_get(row, "low")) == isnan(m->low));
            assert_int_equal(json_integer_value(json_object_get(row, "iteration")),
                             m->iteration);
        }
    }
    json_decref(json);
    sample_free(&s);
}

static void json_has_null_for_infinity_and_says_why_a_trial_failed(void **state)
{
    (void)state;
    sample s = sample_make(2, 1, 1);
    s.rows[0].value = HUGE_VAL;
    s.rows[0].high = HUGE_VAL;
    s.records[1].status = SUR_ENUMERIC;
    s.records[1].message = "quote \" and \xff byte";
    s.records[1].count = 0;
    const sur_results *one[] = {&s.results};
    json_t *json = json_of(one, 1);
    json_t *row =
        json_array_get(json_object_get(json_array_get(json, 0), "measurements"), 0);
    CHECK(json_is_null(json_object_get(row, "value")));
    CHECK(json_is_null(json_object_get(row, "high")));
    json_t *failed = json_array_get(json, 1);
    CHECK_TEXT(json_string_value(json_object_get(failed, "status")), "failed");
    CHECK_CONTAINS(json_string_value(json_object_get(failed, "message")),
                   "quote \" and");
    json_decref(json);
    json = json_of(one, 0);
    assert_int_equal(json_array_size(json), 0);
    json_decref(json);
    sample_free(&s);
}

/* ---- the rest ---- */

static void the_summary_leads_with_the_headline(void **state)
{
    (void)state;
    sample s = sample_make(3, 1, 1);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    CHECK_OK(sur_report_summary(out, &s.results, NULL));
    fclose(out);
    CHECK(strncmp(text, "Test error peaks at width 1000", 30) == 0);
    CHECK_CONTAINS(text, "\n  The classical minimum");
    free(text);
    sample_free(&s);
}

static void the_summary_tells_of_trials_of_another_revision(void **state)
{
    (void)state;
    for (sur_idx elder = 0; elder <= 3; elder += 3) {
        sample s = sample_make(3, 1, 1);
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        s.results.elder = elder;
        CHECK_OK(sur_report_summary(out, &s.results, NULL));
        fclose(out);
        CHECK((strstr(text, "\n3 trials of another revision of ") != NULL) ==
              (elder > 0));
        free(text);
        sample_free(&s);
    }
}

static void a_full_disk_is_noticed(void **state)
{
    (void)state;
    sample s = sample_make(12, 4, 3);
    const sur_results *one[] = {&s.results};
    FILE *full = fopen("/dev/full", "w");
    if (!full) skip();
    CHECK_STATUS(sur_report_table(full, &s.results, NULL, SUR_TABLE_TSV, NULL),
                 SUR_EWRITE);
    clearerr(full);
    CHECK_STATUS(sur_report_json(full, one, 1, NULL), SUR_EWRITE);
    clearerr(full);
    CHECK_STATUS(sur_report_summary(full, &s.results, NULL), SUR_EWRITE);
    fclose(full);
    sample_free(&s);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sample s = sample_make(3, 2, 1);
    const sur_results *one[] = {&s.results};
    FILE *out = fopen("/dev/null", "w");
    assert_non_null(out);
    CHECK_EVERY_ALLOCATION(
        sur_report_table(out, &s.results, NULL, SUR_TABLE_ALIGNED, NULL), 5, (void)0);
    CHECK_EVERY_ALLOCATION(sur_report_json(out, one, 1, NULL), 5, (void)0);
    fclose(out);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_columns_are_the_options_that_vary_and_the_metrics),
        cmocka_unit_test(every_number_reads_back_exactly),
        cmocka_unit_test(one_trial_alone_still_names_its_main_option),
        cmocka_unit_test(a_failed_trial_says_so_in_its_row),
        cmocka_unit_test(hostile_names_change_neither_rows_nor_columns),
        cmocka_unit_test(aligned_columns_have_one_width),
        cmocka_unit_test(a_wrong_metric_is_answered_with_the_nearest),
        cmocka_unit_test(a_metric_of_several_roles_has_a_column_for_each),
        cmocka_unit_test(json_holds_every_record_in_order_and_to_the_last_bit),
        cmocka_unit_test(json_has_null_for_infinity_and_says_why_a_trial_failed),
        cmocka_unit_test(the_summary_leads_with_the_headline),
        cmocka_unit_test(the_summary_tells_of_trials_of_another_revision),
        cmocka_unit_test(a_full_disk_is_noticed),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
