/* results_where.c -- conditions on options and metrics: "width>1000, ridge=0". */
#include "base/field.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "study/results.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The comparison at c and how many letters it has; 0: none. "==" is "=". */
static size_t comparison_at(const char *c, sur_compare *compare)
{
    static const struct {
        const char *text;
        sur_compare compare;
    } all[] = {{"!=", SUR_NE}, {"<=", SUR_LE}, {">=", SUR_GE}, {"==", SUR_EQ},
               {"=", SUR_EQ},  {"<", SUR_LT},  {">", SUR_GT}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strncmp(c, all[i].text, strlen(all[i].text)) == 0) {
            *compare = all[i].compare;
            return strlen(all[i].text);
        }
    return 0;
}

/* The letters from begin to end, without blanks around. */
static sur_status trim(char **out, const char *begin, const char *end, sur_error *err)
{
    while (begin < end && isspace((unsigned char)*begin)) begin++;
    while (end > begin && isspace((unsigned char)end[-1])) end--;
    const sur_status status = sur_alloc(out, end - begin + 1, 1, err);
    if (status == SUR_OK) memcpy(*out, begin, (size_t)(end - begin));
    return status;
}

static const char *end_of_part(const char *c)
{
    while (*c && *c != ',') c++;
    return c;
}

static bool has_comparison(const char *begin, const char *end)
{
    sur_compare compare;
    while (begin < end && comparison_at(begin, &compare) == 0) begin++;
    return begin < end;
}

static bool is_text(const sur_fields *fields, const char *name)
{
    const sur_field *field = fields ? sur_fields_find(fields, name) : NULL;
    return field && (field->kind == SUR_TEXT || field->kind == SUR_PATH ||
                     field->kind == SUR_LIST);
}

/* One condition at *text, which moves behind it and its comma. */
static sur_status read_one(sur_condition *out, const char **text,
                           const sur_fields *fields, sur_error *err)
{
    const char *begin = *text, *end = end_of_part(begin), *at = begin;
    sur_compare compare = SUR_EQ;
    size_t length = 0;
    sur_status status;

    while (at < end && (length = comparison_at(at, &compare)) == 0) at++;
    SUR_FAIL_IF(length == 0, SUR_EINVAL, "\"%.*s\" is not a condition such as %s",
                end - begin < 80 ? (int)(end - begin) : 80, begin,
                fields ? "width>1000 or ridge=0" : "test_error>0.3");
    out->compare = compare;
    SUR_TRY(trim(&out->name, begin, at, err));
    while (*end && is_text(fields, out->name) &&
           !has_comparison(end + 1, end_of_part(end + 1)))
        end = end_of_part(end + 1);
    SUR_TRY(trim(&out->value, at + length, end, err));
    *text = *end ? end + 1 : NULL;

done:
    return status;
}

sur_status sur_conditions_read(sur_condition **out, sur_idx *count, const char *text,
                               const sur_fields *fields, sur_error *err)
{
    sur_condition *conditions = NULL;
    sur_idx found = 0, most = 1;
    sur_status status;

    *out = NULL;
    *count = 0;
    for (const char *c = text; *c; c++) most += *c == ',';
    SUR_TRY(sur_alloc(&conditions, most, sizeof *conditions, err));
    while (text) SUR_TRY(read_one(&conditions[found++], &text, fields, err));
    *out = conditions;
    *count = found;
    return SUR_OK;

done:
    sur_conditions_free(conditions, found);
    return status;
}

void sur_conditions_free(sur_condition *conditions, sur_idx count)
{
    for (sur_idx i = 0; i < count; i++) {
        free(conditions[i].name);
        free(conditions[i].value);
    }
    free(conditions);
}

bool sur_compare_numbers(sur_compare compare, double a, double b)
{
    if (isnan(a) || isnan(b)) return false;
    switch (compare) {
    case SUR_EQ:
        return a == b;
    case SUR_NE:
        return a != b;
    case SUR_LT:
        return a < b;
    case SUR_LE:
        return a <= b;
    case SUR_GT:
        return a > b;
    case SUR_GE:
        break;
    }
    return a >= b;
}

sur_status sur_condition_number(const sur_condition *condition, double *x,
                                sur_error *err)
{
    char *end;
    *x = strtod(condition->value, &end);
    if (end == condition->value || *end || isnan(*x))
        return sur_fail(err, SUR_EINVAL, "%.80s: \"%.80s\" is not a number",
                        condition->name, condition->value);
    return SUR_OK;
}

const sur_metric *sur_metric_find(const sur_experiment *experiment, const char *name)
{
    for (sur_idx i = 0; i < experiment->metric_count; i++)
        if (sur_edit_distance(experiment->metrics[i].name, name) == 0)
            return &experiment->metrics[i];
    return NULL;
}

sur_status sur_no_such_name(const sur_experiment *experiment, const char *what,
                            const char *name, const sur_fields *fields,
                            const char *const *extra, sur_idx extra_count,
                            sur_error *err)
{
    const sur_idx field_count = fields ? fields->count : 0;
    const char **names;
    sur_idx count = 0;
    sur_status status =
        sur_alloc(&names, field_count + experiment->metric_count + extra_count,
                  sizeof *names, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < field_count; i++)
        if (!(fields->at[i].flags & SUR_HIDDEN)) names[count++] = fields->at[i].name;
    for (sur_idx i = 0; i < experiment->metric_count; i++)
        names[count++] = experiment->metrics[i].name;
    for (sur_idx i = 0; i < extra_count; i++) names[count++] = extra[i];
    const char *near = sur_nearest(name, names, count);
    free(names);
    return sur_fail(err, SUR_EINVAL, "there is no %s \"%.80s\"%s%s%s", what, name,
                    near ? "; did you mean \"" : "", near ? near : "",
                    near ? "\"?" : "");
}

/* ---- a condition made ready to be asked of many records ---- */

typedef struct test {
    const sur_field *field;   /* or */
    const sur_metric *metric; /* of the condition's name */
    sur_compare compare;
    double number;
    const char *text; /* of a text option; "" also stands for "not given" */
    bool ask_given;   /* whether the option was given, nothing else */
} test;

/* The value as the option itself would take it; flags and choices by their names. */
static sur_status prepare_named(test *t, const sur_condition *c,
                                const sur_fields *fields, sur_error *err)
{
    void *scratch = NULL;
    sur_status status;

    SUR_FAIL_IF(c->compare != SUR_EQ && c->compare != SUR_NE, SUR_EINVAL,
                "%s can be compared by = and != only", t->field->name);
    SUR_TRY(sur_alloc(&scratch, 1, fields->size, err));
    SUR_TRY(sur_fields_set(fields, scratch, t->field->name, c->value, err));
    t->number = sur_field_number(t->field, scratch);

done:
    free(scratch);
    return status;
}

static sur_status prepare(test *t, const sur_condition *c,
                          const sur_experiment *experiment, sur_error *err)
{
    const sur_fields *fields = experiment->fields;
    const char *slash = strrchr(c->value, '/');

    *t = (test){.compare = c->compare, .text = c->value};
    t->field = sur_fields_find(fields, c->name);
    if (t->field && t->field->flags & SUR_HIDDEN) t->field = NULL;
    if (!t->field) {
        t->metric = sur_metric_find(experiment, c->name);
        if (t->metric) return sur_condition_number(c, &t->number, err);
        return sur_no_such_name(experiment, "option or metric", c->name, fields, NULL,
                                0, err);
    }
    const bool number = t->field->kind == SUR_REAL || t->field->kind == SUR_INT;
    const bool equality = c->compare == SUR_EQ || c->compare == SUR_NE;
    t->ask_given = equality && !c->value[0];
    if (t->ask_given) return SUR_OK;
    if (number) return sur_condition_number(c, &t->number, err);
    if (t->field->kind == SUR_CHOICE || t->field->kind == SUR_FLAG)
        return prepare_named(t, c, fields, err);
    if (t->field->kind == SUR_PATH && slash) t->text = slash + 1; /* as specs keep it */
    return equality ? SUR_OK
                    : sur_fail(err, SUR_EINVAL, "%s can be compared by = and != only",
                               t->field->name);
}

static bool holds(const test *t, const sur_record *record)
{
    if (t->metric) {
        const sur_measurement *m = sur_record_get(record, t->metric->name);
        return m && sur_compare_numbers(t->compare, m->value, t->number);
    }
    const bool given = sur_field_given(t->field, record->options);
    if (t->ask_given) return given == (t->compare == SUR_NE);
    if (!given) return t->compare == SUR_NE;
    if (t->field->kind != SUR_TEXT && t->field->kind != SUR_PATH &&
        t->field->kind != SUR_LIST)
        return sur_compare_numbers(
            t->compare, sur_field_number(t->field, record->options), t->number);
    const char *text;
    memcpy(&text, (const char *)record->options + t->field->offset, sizeof text);
    return (strcmp(text, t->text) == 0) == (t->compare == SUR_EQ);
}

sur_status sur_results_filter(sur_results *results, const char *where, sur_error *err)
{
    const sur_records *records = &results->records;
    sur_condition *conditions = NULL;
    sur_idx count = 0;
    test *tests = NULL;
    bool *keep = NULL;
    sur_status status;

    SUR_TRY(sur_conditions_read(&conditions, &count, where, results->experiment->fields,
                                err));
    SUR_TRY(sur_alloc(&tests, count, sizeof *tests, err));
    SUR_TRY(sur_alloc(&keep, records->count, sizeof *keep, err));
    for (sur_idx i = 0; i < count; i++)
        SUR_TRY(prepare(&tests[i], &conditions[i], results->experiment, err));
    for (sur_idx r = 0; r < records->count; r++) {
        keep[r] = true;
        for (sur_idx i = 0; i < count; i++)
            keep[r] = keep[r] && holds(&tests[i], &records->at[r]);
    }
    sur_kept_compact(results, keep);

done:
    free(tests);
    free(keep);
    sur_conditions_free(conditions, count);
    return status;
}
