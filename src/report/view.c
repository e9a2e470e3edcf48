/* view.c -- records seen as a table: which options vary, and which metrics were
 * measured. */
#include "report/view.h"

#include "base/memory.h"
#include "base/try.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- values as ranks ---- */

typedef struct key {
    double number;
    const char *text;
    sur_idx record;
} key;

static bool is_text(const sur_field *field)
{
    return field->kind == SUR_TEXT || field->kind == SUR_PATH ||
           field->kind == SUR_LIST;
}

static key key_of(const sur_field *field, const sur_record *record, sur_idx index)
{
    key k = {.record = index, .text = "", .number = 0};
    if (is_text(field)) {
        char *text;
        memcpy(&text, (const char *)record->options + field->offset, sizeof text);
        if (text) k.text = text;
    } else {
        k.number = sur_field_number(field, record->options);
        if (isnan(k.number)) k.number = -HUGE_VAL; /* not given: first */
    }
    return k;
}

static int compare_keys(const void *a, const void *b)
{
    const key *x = a, *y = b;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    const int order = strcmp(x->text, y->text);
    return order ? order : (x->record > y->record) - (x->record < y->record);
}

static bool same_value(const key *a, const key *b)
{
    return a->number == b->number && strcmp(a->text, b->text) == 0;
}

static bool varies(const sur_field *field, const sur_records *records)
{
    if (field->flags & SUR_HIDDEN) return false;
    for (sur_idx i = 1; i < records->count; i++) {
        const key first = key_of(field, &records->at[0], 0);
        const key other = key_of(field, &records->at[i], i);
        if (!same_value(&first, &other)) return true;
    }
    return false;
}

static sur_status factor_new(sur_factor *out, const sur_field *field,
                             const sur_records *records, key *scratch, sur_error *err)
{
    const sur_idx n = records->count;
    const size_t length = strlen(field->name);
    sur_status status;

    out->field = field;
    out->replicate = length >= 4 && strcmp(field->name + length - 4, "seed") == 0;
    SUR_TRY(sur_alloc(&out->code, n, sizeof *out->code, err));
    SUR_TRY(sur_alloc(&out->example, n, sizeof *out->example, err));
    for (sur_idx i = 0; i < n; i++) scratch[i] = key_of(field, &records->at[i], i);
    qsort(scratch, (size_t)n, sizeof *scratch, compare_keys);
    for (sur_idx i = 0; i < n; i++) {
        if (i == 0 || !same_value(&scratch[i - 1], &scratch[i]))
            out->example[out->count++] = scratch[i].record;
        out->code[scratch[i].record] = out->count - 1;
    }
done:
    return status;
}

/* ---- groups ---- */

typedef struct pair {
    sur_idx group, code, record;
} pair;

static int compare_pairs(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    if (x->code != y->code) return x->code < y->code ? -1 : 1;
    return (x->record > y->record) - (x->record < y->record);
}

sur_status sur_refine(sur_idx *group, sur_idx *count, const sur_idx *code, sur_idx n,
                      sur_error *err)
{
    pair *pairs = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&pairs, n, sizeof *pairs, err));
    for (sur_idx i = 0; i < n; i++) pairs[i] = (pair){group[i], code[i], i};
    qsort(pairs, (size_t)n, sizeof *pairs, compare_pairs);
    *count = 0;
    for (sur_idx i = 0; i < n; i++) {
        if (i == 0 || pairs[i].group != pairs[i - 1].group ||
            pairs[i].code != pairs[i - 1].code)
            ++*count;
        group[pairs[i].record] = *count - 1;
    }
done:
    free(pairs);
    return status;
}

static bool is_x(const sur_experiment *experiment, const char *name)
{
    for (sur_idx f = 0; f < experiment->figure_count; f++)
        if (strcmp(experiment->figures[f].x, name) == 0) return true;
    return false;
}

/* A computed default that follows from the other options that vary is no condition of
 * its own. Those that a figure is drawn over are looked at last (a width may be the
 * dimension, and the dimension the width); else later options of the table first. */
static sur_status mark_derived(sur_view *view, sur_error *err)
{
    const sur_idx n = view->results->records.count;
    sur_idx *group = NULL;
    sur_status status = SUR_OK;

    for (sur_idx k = 2 * view->factor_count; k-- > 0;) {
        const sur_idx f = k % view->factor_count;
        sur_factor *factor = &view->factors[f];
        if (!(factor->field->flags & SUR_AUTO)) continue;
        if (is_x(view->results->experiment, factor->field->name) ==
            (k >= view->factor_count))
            continue;
        free(group);
        SUR_TRY(sur_alloc(&group, n, sizeof *group, err));
        sur_idx count = 1, finer = 0;
        for (sur_idx g = 0; g < view->factor_count; g++)
            if (g != f && !view->factors[g].derived)
                SUR_TRY(sur_refine(group, &count, view->factors[g].code, n, err));
        SUR_TRY(sur_refine(group, &finer, factor->code, n, err));
        factor->derived = finer == count;
    }
done:
    free(group);
    return status;
}

static sur_status find_factors(sur_view *view, sur_error *err)
{
    const sur_fields *fields = view->results->experiment->fields;
    const sur_records *records = &view->results->records;
    key *scratch = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&view->factors, fields->count, sizeof *view->factors, err));
    SUR_TRY(sur_alloc(&scratch, records->count, sizeof *scratch, err));
    for (sur_idx f = 0; f < fields->count; f++)
        if (varies(&fields->at[f], records))
            SUR_TRY(factor_new(&view->factors[view->factor_count++], &fields->at[f],
                               records, scratch, err));
    SUR_TRY(mark_derived(view, err));
done:
    free(scratch);
    return status;
}

/* ---- metrics ---- */

/* Whether a name is in a list of names joined by commas. */
static bool listed(const char *list, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += length)
        if ((at == list || at[-1] == ',' || at[-1] == ' ') &&
            (!at[length] || at[length] == ',' || at[length] == ' '))
            return true;
    return false;
}

static bool in_a_figure(const sur_experiment *experiment, const char *name)
{
    for (sur_idx f = 0; f < experiment->figure_count; f++) {
        const sur_figure *figure = &experiment->figures[f];
        if (figure->theory && strcmp(figure->theory, name) == 0) return true;
        for (int m = 0; m < 4 && figure->metrics[m]; m++)
            if (strcmp(figure->metrics[m], name) == 0) return true;
    }
    return false;
}

static sur_status check_metrics(const sur_experiment *experiment, const char *metrics,
                                sur_error *err)
{
    for (const char *at = metrics; at && *at;) {
        at += strspn(at, ", ");
        const size_t length = strcspn(at, ", ");
        bool found = length == 0;
        for (sur_idx m = 0; m < experiment->metric_count && !found; m++)
            found = strlen(experiment->metrics[m].name) == length &&
                    strncmp(experiment->metrics[m].name, at, length) == 0;
        char wrong[80];
        snprintf(wrong, sizeof wrong, "%.*s", (int)(length < 79 ? length : 79), at);
        if (!found)
            return sur_no_such_name(experiment, "metric", wrong, NULL, NULL, 0, err);
        at += length;
    }
    return SUR_OK;
}

static bool same_split(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Adds the columns of one metric: one for each split that some record has. */
static sur_status add_columns(sur_view *view, sur_idx *room, const sur_metric *metric,
                              sur_error *err)
{
    const sur_records *records = &view->results->records;
    const sur_idx first = view->column_count;
    sur_status status = SUR_OK;

    for (sur_idx i = 0; i < records->count; i++)
        for (sur_idx k = 0; k < records->at[i].count; k++) {
            const sur_measurement *row = &records->at[i].measurements[k];
            if (row->iteration != 0 || strcmp(row->metric, metric->name) != 0) continue;
            sur_idx c = first;
            while (c < view->column_count &&
                   !same_split(view->columns[c].split, row->split))
                c++;
            if (c == *room) {
                *room *= 2;
                SUR_TRY(sur_resize(&view->columns, *room, sizeof *view->columns, err));
            }
            if (c == view->column_count)
                view->columns[view->column_count++] =
                    (sur_column){metric, row->split, false};
            if (!isnan(row->low) || !isnan(row->high)) view->columns[c].interval = true;
        }
done:
    return status;
}

static sur_status find_columns(sur_view *view, const char *metrics, sur_error *err)
{
    const sur_experiment *experiment = view->results->experiment;
    sur_idx room = experiment->metric_count + 8;
    sur_status status;

    SUR_TRY(check_metrics(experiment, metrics, err));
    SUR_TRY(sur_alloc(&view->columns, room, sizeof *view->columns, err));
    for (sur_idx m = 0; m < experiment->metric_count; m++) {
        const sur_metric *metric = &experiment->metrics[m];
        const bool wanted =
            metrics ? listed(metrics, metric->name)
                    : metric->better != 0 || in_a_figure(experiment, metric->name);
        if (wanted) SUR_TRY(add_columns(view, &room, metric, err));
    }
done:
    return status;
}

/* ---- the view ---- */

sur_status sur_view_new(sur_view *out, const sur_results *results, const char *metrics,
                        sur_error *err)
{
    sur_view view = {.results = results};
    sur_status status;

    *out = (sur_view){0};
    SUR_TRY(find_factors(&view, err));
    SUR_TRY(find_columns(&view, metrics, err));
    *out = view;
    view = (sur_view){0};
done:
    sur_view_free(&view);
    return status;
}

void sur_view_free(sur_view *view)
{
    for (sur_idx f = 0; f < view->factor_count; f++) {
        free(view->factors[f].code);
        free(view->factors[f].example);
    }
    free(view->factors);
    free(view->columns);
    *view = (sur_view){0};
}

const sur_factor *sur_view_factor(const sur_view *view, const char *name)
{
    for (sur_idx f = 0; name && f < view->factor_count; f++)
        if (strcmp(view->factors[f].field->name, name) == 0) return &view->factors[f];
    return NULL;
}

bool sur_view_varies(const sur_view *view, const char *name)
{
    return strcmp(name, "iteration") == 0 || sur_view_factor(view, name);
}

const sur_measurement *sur_view_cell(const sur_record *record, const sur_column *column)
{
    for (sur_idx k = 0; k < record->count; k++) {
        const sur_measurement *row = &record->measurements[k];
        if (row->iteration == 0 && strcmp(row->metric, column->metric->name) == 0 &&
            same_split(row->split, column->split))
            return row;
    }
    return NULL;
}

void sur_put_option(FILE *out, const sur_field *field, const void *options,
                    sur_escape escape)
{
    char number[SUR_NUMBER_SIZE];
    if (field->kind == SUR_INT || field->kind == SUR_REAL) {
        const double value = sur_field_number(field, options);
        sur_put_escaped(out, sur_number_short(number, value, 6), escape);
        return;
    }
    char text[256]; /* choices and flags are short; texts are looked at in place */
    const char *shown = text;
    if (is_text(field))
        memcpy(&shown, (const char *)options + field->offset, sizeof shown);
    else
        sur_field_text(field, options, text, sizeof text);
    const char *slash = shown && field->kind == SUR_PATH ? strrchr(shown, '/') : NULL;
    if (slash && slash[1]) shown = slash + 1;
    sur_put_escaped(out, shown && *shown ? shown : "–", escape);
}
