/* results_gate.c -- gates: "advantage>0.2" is violated if any result meets it.
 *
 * What a gate looks at is one bound of an interval: the low one says "violated for
 * certain", the high one "not excluded". Where there is no interval it is the value. A
 * gate that finds nothing to look at is violated too: silence is no proof. */
#include "base/field.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "study/results.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOW, VALUE, HIGH }; /* as gate_on */

/* The value of the worst result so far, and whose it is. */
typedef struct worst {
    double value, low, high, looked_at;
    const sur_record *record; /* NULL: a finding's */
    sur_idx seen, violating;
} worst;

static double bound_of(double value, double low, double high, int64_t gate_on)
{
    const double bound = gate_on == LOW ? low : gate_on == HIGH ? high : value;
    return isnan(bound) ? value : bound;
}

/* Whether a is worse than b for a gate with this comparison and number. */
static bool worse(sur_compare compare, double a, double b, double number)
{
    switch (compare) {
    case SUR_LT:
    case SUR_LE:
        return a < b;
    case SUR_GT:
    case SUR_GE:
        return a > b;
    case SUR_EQ:
        return fabs(a - number) < fabs(b - number);
    case SUR_NE:
        break;
    }
    return fabs(a - number) > fabs(b - number);
}

static void look(worst *w, double value, double low, double high,
                 const sur_record *record, sur_compare compare, double number,
                 int64_t gate_on)
{
    const double bound = bound_of(value, low, high, gate_on);
    if (isnan(bound)) return;
    w->violating += sur_compare_numbers(compare, bound, number);
    if (w->seen++ == 0 || worse(compare, bound, w->looked_at, number)) {
        w->value = value;
        w->low = low;
        w->high = high;
        w->looked_at = bound;
        w->record = record;
    }
}

/* The experiment's findings of that name, or the error that there is none. */
static sur_status look_at_findings(worst *w, const sur_results *results,
                                   const sur_condition *c, double number,
                                   int64_t gate_on, sur_error *err)
{
    const sur_experiment *experiment = results->experiment;
    sur_finding *findings = NULL;
    const char **names = NULL;
    sur_idx count = 0, matching = 0;
    sur_status status = SUR_OK;

    if (experiment->summarize)
        SUR_TRY(experiment->summarize(&results->records, &findings, &count, err));
    SUR_TRY(sur_alloc(&names, count, sizeof *names, err));
    for (sur_idx i = 0; i < count; i++) {
        const sur_finding *f = &findings[i];
        names[i] = f->name;
        if (sur_edit_distance(f->name, c->name) != 0) continue;
        matching++;
        look(w, f->value, f->low, f->high, NULL, c->compare, number, gate_on);
    }
    if (matching == 0)
        SUR_TRY(sur_no_such_name(experiment, "metric or finding", c->name, NULL, names,
                                 count, err));

done:
    free(names);
    free(findings);
    return status;
}

/* "width 1000, seed 2": the options that vary among the records. */
static sur_status say_where(sur_text *text, const sur_results *results,
                            const sur_record *record, sur_error *err)
{
    const sur_fields *fields = results->experiment->fields;
    const char *before = " at ";
    sur_status status = SUR_OK;

    for (sur_idx i = 0; i < fields->count && status == SUR_OK; i++) {
        const sur_field *field = &fields->at[i];
        char here[80], there[80];
        bool varies = false;
        if (field->flags & SUR_HIDDEN) continue;
        sur_field_text(field, record->options, here, sizeof here);
        for (sur_idx r = 0; r < results->records.count && !varies; r++) {
            sur_field_text(field, results->records.at[r].options, there, sizeof there);
            varies = strcmp(here, there) != 0;
        }
        if (!varies || !here[0]) continue;
        status = sur_text_format(text, err, "%s%s %s", before, field->name, here);
        before = ", ";
    }
    return status;
}

static sur_status say(char *line, size_t size, const sur_results *results,
                      const worst *w, const sur_condition *c, const char *gate,
                      int64_t gate_on, sur_error *err)
{
    static const char *const bounds[] = {"low", "value", "high"};
    sur_text text = {0};
    sur_status status;

    SUR_TRY(sur_text_format(&text, err, "%s: ", gate));
    if (w->seen == 0) {
        SUR_TRY(
            sur_text_format(&text, err, "no result has a value of \"%s\"", c->name));
    } else {
        SUR_TRY(sur_text_format(&text, err, "%s is %.4g", c->name, w->value));
        if (!isnan(w->low) || !isnan(w->high))
            SUR_TRY(sur_text_format(&text, err,
                                    " (95 %% interval %.4g to %.4g; gate on %s)",
                                    w->low, w->high, bounds[gate_on]));
        if (w->record) {
            SUR_TRY(say_where(&text, results, w->record, err));
            SUR_TRY(sur_text_format(&text, err, "; %lld of %lld trials meet it",
                                    (long long)w->violating, (long long)w->seen));
        }
    }
    if (size) snprintf(line, size, "%s", text.at);

done:
    sur_text_free(&text);
    return status;
}

static sur_status check_one(const sur_results *results, const sur_condition *c,
                            const char *gate, int64_t gate_on, bool *violated,
                            char *line, size_t size, sur_error *err)
{
    const sur_metric *metric = sur_metric_find(results->experiment, c->name);
    worst w = {0};
    double number;
    sur_status status;

    SUR_TRY(sur_condition_number(c, &number, err));
    if (!metric) SUR_TRY(look_at_findings(&w, results, c, number, gate_on, err));
    for (sur_idx i = 0; i < results->records.count && metric; i++) {
        const sur_record *record = &results->records.at[i];
        const sur_measurement *m = sur_record_get(record, metric->name);
        if (m) look(&w, m->value, m->low, m->high, record, c->compare, number, gate_on);
    }
    SUR_TRY(say(line, size, results, &w, c, gate, gate_on, err));
    *violated = w.seen == 0 || w.violating > 0;

done:
    return status;
}

sur_status sur_gate_check(const sur_experiment *experiment, const char *gate,
                          sur_error *err)
{
    sur_condition *conditions = NULL;
    sur_idx count = 0;
    double number;
    sur_status status;

    SUR_TRY(sur_conditions_read(&conditions, &count, gate, NULL, err));
    for (sur_idx i = 0; i < count; i++) {
        SUR_TRY(sur_condition_number(&conditions[i], &number, err));
        if (!experiment->summarize && !sur_metric_find(experiment, conditions[i].name))
            SUR_TRY(sur_no_such_name(experiment, "metric", conditions[i].name, NULL,
                                     NULL, 0, err));
    }

done:
    sur_conditions_free(conditions, count);
    return status;
}

sur_status sur_results_gate(const sur_results *results, const char *gate,
                            int64_t gate_on, bool *violated, char *line, size_t size,
                            sur_error *err)
{
    sur_condition *conditions = NULL;
    sur_idx count = 0;
    bool found = false;
    sur_status status;

    if (gate_on < LOW || gate_on > HIGH) gate_on = VALUE;
    SUR_TRY(sur_gate_check(results->experiment, gate, err));
    SUR_TRY(sur_conditions_read(&conditions, &count, gate, NULL, err));
    for (sur_idx i = 0; i < count && !found; i++)
        SUR_TRY(
            check_one(results, &conditions[i], gate, gate_on, &found, line, size, err));
    *violated = found;

done:
    sur_conditions_free(conditions, count);
    return status;
}
