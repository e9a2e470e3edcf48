/* results_order.c -- the order in which results are shown.
 *
 * Records: by spec, field by field in table order, numbers as numbers, what was not
 * given first. Measurements: final values (iteration 0) in the order of the metric
 * table, then what was traced, by iteration. */
#include "base/field.h"
#include "base/memory.h"
#include "study/results.h"
#include <stdlib.h>
#include <string.h>

static int compare_numbers(double a, double b) { return (a > b) - (a < b); }

static const char *text_of(const sur_field *field, const void *options)
{
    const char *text;
    memcpy(&text, (const char *)options + field->offset, sizeof text);
    return text ? text : "";
}

static int compare_field(const sur_field *field, const void *a, const void *b)
{
    const bool given_a = sur_field_given(field, a), given_b = sur_field_given(field, b);
    if (!given_a || !given_b) return given_a - given_b;
    switch (field->kind) {
    case SUR_REAL:
    case SUR_INT:
    case SUR_CHOICE:
    case SUR_FLAG:
        return compare_numbers(sur_field_number(field, a), sur_field_number(field, b));
    case SUR_TEXT:
    case SUR_PATH:
    case SUR_LIST:
        break;
    }
    return strcmp(text_of(field, a), text_of(field, b));
}

int sur_row_compare(const void *a, const void *b)
{
    const sur_row *x = a, *y = b;
    for (sur_idx i = 0; i < x->fields->count; i++) {
        const sur_field *field = &x->fields->at[i];
        if (field->flags & SUR_HIDDEN) continue;
        const int order = compare_field(field, x->record.options, y->record.options);
        if (order) return order;
    }
    const int order = strcmp(x->spec, y->spec); /* whole numbers above 2^53 */
    return order ? order : (x->id > y->id) - (x->id < y->id);
}

typedef struct entry {
    sur_measurement m;
    sur_idx metric, position; /* in the metric table; as stored */
} entry;

static int compare_entries(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->m.iteration != y->m.iteration)
        return x->m.iteration < y->m.iteration ? -1 : 1;
    if (x->metric != y->metric) return x->metric < y->metric ? -1 : 1;
    int order = strcmp(x->m.metric, y->m.metric);
    if (order == 0)
        order = strcmp(x->m.split ? x->m.split : "", y->m.split ? y->m.split : "");
    if (order) return order;
    return (x->position > y->position) - (x->position < y->position);
}

static sur_idx place_of(const sur_experiment *experiment, const char *metric)
{
    sur_idx i = 0;
    while (i < experiment->metric_count &&
           strcmp(experiment->metrics[i].name, metric) != 0)
        i++;
    return i;
}

sur_status sur_measurements_sort(sur_measurement *measurements, sur_idx count,
                                 const sur_experiment *experiment, sur_error *err)
{
    entry *entries;
    const sur_status status = sur_alloc(&entries, count, sizeof *entries, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < count; i++)
        entries[i] =
            (entry){measurements[i], place_of(experiment, measurements[i].metric), i};
    qsort(entries, (size_t)count, sizeof *entries, compare_entries);
    for (sur_idx i = 0; i < count; i++) measurements[i] = entries[i].m;
    free(entries);
    return SUR_OK;
}
