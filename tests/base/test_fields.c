#include <surplus/field.h>

#include "support/check.h"

typedef struct options {
    double step;
    int64_t width, seed, solver;
    bool fast;
    char *data, *note;
} options;

static const char *const solvers[] = {"gd", "scaled", "prec", NULL};
#define ROW(m, ...)                                             \
    {                                                           \
        .name = #m, .offset = offsetof(options, m), __VA_ARGS__ \
    }
static const sur_field rows[] = {
    ROW(step, .kind = SUR_REAL, .preset = "0.2", .low = 1e-300, .high = 1e300,
        .flags = SUR_AXIS),
    ROW(width, .kind = SUR_INT, .preset = "10:1000:log5", .low = 1, .high = 1e9,
        .flags = SUR_AXIS | SUR_MAY_BE_INF),
    ROW(seed, .kind = SUR_INT, .low = 0, .high = 1e18, .flags = SUR_AXIS | SUR_AUTO),
    ROW(solver, .kind = SUR_CHOICE, .preset = "prec", .choices = solvers,
        .flags = SUR_AXIS),
    ROW(fast, .kind = SUR_FLAG, .preset = "true"),
    ROW(data, .kind = SUR_PATH),
    ROW(note, .kind = SUR_TEXT, .flags = SUR_HIDDEN),
};
static const sur_fields fields = {rows, sizeof rows / sizeof *rows, sizeof(options)};

/* The values an axis text expands to, joined by blanks. */
static const char *expanded(const char *name, const char *text)
{
    static char joined[4096];
    char **values;
    sur_idx count;
    CHECK_OK(
        sur_axis_expand(sur_fields_find(&fields, name), text, &values, &count, NULL));
    joined[0] = '\0';
    for (sur_idx i = 0; i < count; i++) {
        if (i) strcat(joined, " ");
        strcat(joined, values[i]);
    }
    free(values);
    return joined;
}

static void defaults_are_the_first_value_of_each_preset(void **state)
{
    (void)state;
    options o;
    CHECK_OK(sur_fields_preset(&fields, &o, NULL));
    CHECK(o.step == 0.2 && o.width == 10 && o.seed == SUR_UNSET && o.solver == 2);
    CHECK(o.fast && !o.data);
    CHECK_OK(sur_fields_check(&fields, &o, NULL));
    sur_fields_free(&fields, &o);
}

static void a_range_expands_to_rounded_values_without_repeats(void **state)
{
    (void)state;
    CHECK_TEXT(expanded("width", "8,16,32"), "8 16 32");
    CHECK_TEXT(expanded("width", "10:1000:log3"), "10 100 1000");
    CHECK_TEXT(expanded("width", "1:4:log9"), "1 2 3 4");
    CHECK_TEXT(expanded("width", "1:5"), "1 2 3 4 5");
    CHECK_TEXT(expanded("width", "5:1"), "5 4 3 2 1");
    CHECK_TEXT(expanded("width", "4:100:x2"), "4 8 16 32 64");
    CHECK_TEXT(expanded("width", "0.1e2,10,1e1,inf"), "10 inf");
    CHECK_TEXT(expanded("width", "10:50:20,7"), "10 30 50 7");
    CHECK_TEXT(expanded("step", "0.1:0.5:0.1"), "0.1 0.2 0.3 0.4 0.5");
    CHECK_TEXT(expanded("step", "0.5:1:lin3"), "0.5 0.75 1");
    CHECK_TEXT(expanded("solver", "gd,prec"), "gd prec");
    CHECK_TEXT(expanded("data", "a,b:c"), "a,b:c"); /* no axis: the text alone */
}

static void the_default_width_range_has_forty_widths_with_both_ends(void **state)
{
    (void)state;
    const char *all = expanded("width", "10:10000:log40");
    int blanks = 0;
    for (const char *c = all; *c; c++) blanks += *c == ' ';
    CHECK(blanks == 39);
    CHECK(strncmp(all, "10 12 14 ", 9) == 0);
    CHECK_TEXT(strrchr(all, ' '), " 10000");
}

static void an_impossible_axis_is_refused_with_its_cause(void **state)
{
    (void)state;
    static const char *const bad[][3] = {
        {"width", "0", "outside"},
        {"width", "1:", "two numbers"},
        {"width", "1:1e9", "1000000"},
        {"width", "0:10:log3", "above 0"},
        {"width", "1:9:log", "points"},
        {"width", "1:9:-1", "never ends"},
        {"width", "1:9:x1", "factor"},
        {"width", "1:9:zzz", "none of"},
        {"width", "1,,2", "empty"},
        {"width", "", "empty"},
        {"width", "2.5", "whole"},
        {"step", "nan", "number"},
        {"step", "0x10", "number"},
        {"step", "1:2:0", "never ends"},
        {"width", "1:1e7:log9e6", "1000000"},
        {"step", "inf", "number"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char **values;
        sur_idx count;
        sur_error err;
        CHECK_STATUS(sur_axis_expand(sur_fields_find(&fields, bad[i][0]), bad[i][1],
                                     &values, &count, &err),
                     SUR_EINVAL);
        CHECK(values == NULL);
        CHECK_CONTAINS(err.message, bad[i][2]);
    }
}

static void a_wrong_name_is_answered_with_the_nearest_right_one(void **state)
{
    (void)state;
    options o;
    sur_error err;
    CHECK_OK(sur_fields_preset(&fields, &o, NULL));
    CHECK_STATUS(sur_fields_set(&fields, &o, "widht", "3", &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "did you mean \"width\"");
    CHECK_STATUS(sur_fields_set(&fields, &o, "qqqqqq", "3", &err), SUR_EINVAL);
    CHECK(!strstr(err.message, "did you mean"));
    CHECK_STATUS(sur_fields_set(&fields, &o, "solver", "scald", &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "did you mean \"scaled\"");
    CHECK_STATUS(sur_fields_set(&fields, &o, "fast", "perhaps", &err), SUR_EINVAL);
    sur_fields_free(&fields, &o);
}

static void json_of_any_options_reads_back_to_the_same_options(void **state)
{
    (void)state;
    options o, back;
    CHECK_OK(sur_fields_preset(&fields, &o, NULL));
    CHECK_OK(sur_fields_set(&fields, &o, "step", "0.1", NULL));
    CHECK_OK(sur_fields_set(&fields, &o, "width", "inf", NULL));
    CHECK_OK(sur_fields_set(&fields, &o, "seed", "9007199254740993", NULL));
    CHECK_OK(
        sur_fields_set(&fields, &o, "data", "folder/\"odd\" \x01 name\xff.csv", NULL));
    CHECK_OK(sur_fields_set(&fields, &o, "note", "hidden", NULL));
    char *json, *again;
    CHECK_OK(sur_fields_to_json(&fields, &o, &json, NULL));
    CHECK_TEXT(json, "{\"step\":0.1,\"width\":\"inf\",\"seed\":9007199254740993,"
                     "\"solver\":\"prec\",\"fast\":true,"
                     "\"data\":\"\\\"odd\\\" \\u0001 name\xef\xbf\xbd.csv\"}");
    CHECK_OK(sur_fields_preset(&fields, &back, NULL));
    CHECK_OK(sur_fields_from_json(&fields, &back, json, NULL));
    CHECK_OK(sur_fields_to_json(&fields, &back, &again, NULL));
    CHECK_TEXT(again, json);
    CHECK(back.seed == 9007199254740993);
    free(json);
    free(again);
    sur_fields_free(&fields, &o);
    sur_fields_free(&fields, &back);
}

static void foreign_json_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{\"step\":[1]}",
        "{\"stepp\":1}",
        "{\"step\":1,\"step\":2}",
        "{\"step\":-1}",
        "{\"width\":1.5}",
        "{\"solver\":\"x\"}",
        "{\"step\":",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        options o;
        CHECK_OK(sur_fields_preset(&fields, &o, NULL));
        CHECK_STATUS(sur_fields_from_json(&fields, &o, bad[i], NULL), SUR_EPARSE);
        sur_fields_free(&fields, &o);
    }
}

static void null_in_json_means_not_given(void **state)
{
    (void)state;
    options o;
    CHECK_OK(sur_fields_preset(&fields, &o, NULL));
    CHECK_OK(sur_fields_set(&fields, &o, "seed", "3", NULL));
    CHECK_OK(sur_fields_from_json(&fields, &o, "{\"seed\":null,\"data\":null}", NULL));
    CHECK(o.seed == SUR_UNSET && !o.data);
    sur_fields_free(&fields, &o);
}

static sur_status whole_life(void)
{
    options o, copy;
    char *json = NULL;
    sur_status status = sur_fields_preset(&fields, &o, NULL);
    if (status != SUR_OK) return status;
    status = sur_fields_set(&fields, &o, "data", "x.csv", NULL);
    if (status == SUR_OK) status = sur_fields_copy(&fields, &copy, &o, NULL);
    if (status == SUR_OK) {
        status = sur_fields_to_json(&fields, &copy, &json, NULL);
        free(json);
        sur_fields_free(&fields, &copy);
    }
    sur_fields_free(&fields, &o);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    CHECK_EVERY_ALLOCATION(whole_life(), 10, (void)0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_first_value_of_each_preset),
        cmocka_unit_test(a_range_expands_to_rounded_values_without_repeats),
        cmocka_unit_test(the_default_width_range_has_forty_widths_with_both_ends),
        cmocka_unit_test(an_impossible_axis_is_refused_with_its_cause),
        cmocka_unit_test(a_wrong_name_is_answered_with_the_nearest_right_one),
        cmocka_unit_test(json_of_any_options_reads_back_to_the_same_options),
        cmocka_unit_test(foreign_json_is_refused),
        cmocka_unit_test(null_in_json_means_not_given),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
