/* drawing.c -- one figure's curves, computed from records and not yet drawn. */
#include "report/drawing.h"

#include "base/memory.h"
#include "base/try.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <surplus/stats.h>

/* ---- what is gathered ---- */

typedef struct sample {
    sur_idx series;
    int role;
    double x, value, low, high;
} sample;

/* A line of the figure: a metric of one model role. */
typedef struct role {
    const char *metric, *split, *label;
    bool theory;
} role;

enum { MOST_ROLES = 24 };

typedef struct gathering {
    const sur_view *view;
    const sur_figure *figure;
    const sur_field *x;       /* NULL: iteration */
    const sur_factor *factor; /* of x, when it varies */
    role roles[MOST_ROLES];
    int role_count;
    sur_idx *series; /* [records] */
    sur_idx series_count;
    sample *samples; /* [count] */
    sur_idx count, room;
} gathering;

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_words(const sur_field *field)
{
    return field && field->kind != SUR_REAL && field->kind != SUR_INT;
}

/* Whether a row belongs on the figure's x axis: final values, or a trace. */
static bool on_axis(const gathering *g, const sur_measurement *row)
{
    return g->x ? row->iteration == 0 : row->iteration > 0;
}

/* Whether some record has the metric: on its way where trace, else at its end. */
static bool measured(const sur_results *results, const char *metric, bool trace)
{
    for (sur_idx i = 0; i < results->records.count; i++) {
        const sur_record *record = &results->records.at[i];
        for (sur_idx k = 0; k < record->count; k++) {
            const sur_measurement *row = &record->measurements[k];
            if ((row->iteration > 0) == trace && isfinite(row->value) &&
                same_text(row->metric, metric))
                return true;
        }
    }
    return false;
}

bool sur_drawing_possible(const sur_results *results, const sur_figure *figure)
{
    const char *wanted = figure->condition ? figure->condition : figure->metrics[0];
    const bool trace = strcmp(figure->x, "iteration") == 0;
    if (figure->unless && measured(results, figure->unless, trace)) return false;
    return measured(results, wanted, trace);
}

/* The roles of one metric: the plain one, or one for each split it exists for. */
static void add_roles(gathering *g, const char *metric, const char *label, bool theory)
{
    const sur_records *records = &g->view->results->records;
    const int first = g->role_count;
    for (sur_idx i = 0; i < records->count; i++)
        for (sur_idx k = 0; k < records->at[i].count; k++) {
            const sur_measurement *row = &records->at[i].measurements[k];
            if (!on_axis(g, row) || isnan(row->value) ||
                strcmp(row->metric, metric) != 0)
                continue;
            int r = first;
            while (r < g->role_count && !same_text(g->roles[r].split, row->split)) r++;
            if (r == g->role_count && r < MOST_ROLES)
                g->roles[g->role_count++] = (role){metric, row->split, label, theory};
        }
}

static void find_roles(gathering *g)
{
    const sur_figure *figure = g->figure;
    for (int m = 0; m < 4 && figure->metrics[m]; m++) {
        const sur_metric *metric =
            sur_metric_find(g->view->results->experiment, figure->metrics[m]);
        const char *label = figure->labels[m] ? figure->labels[m]
                            : metric          ? metric->label
                                              : figure->metrics[m];
        add_roles(g, figure->metrics[m], label, false);
    }
    if (figure->theory) add_roles(g, figure->theory, "theory", true);
}

/* The factors that make series, the one the figure names first. */
static bool makes_series(const gathering *g, const sur_factor *factor)
{
    return factor != g->factor && !factor->replicate && !factor->derived;
}

static sur_status find_series(gathering *g, sur_error *err)
{
    const sur_idx n = g->view->results->records.count;
    const sur_factor *first = sur_view_factor(g->view, g->figure->series);
    sur_status status;

    g->series_count = 1;
    SUR_TRY(sur_alloc(&g->series, n, sizeof *g->series, err));
    if (first && makes_series(g, first))
        SUR_TRY(sur_refine(g->series, &g->series_count, first->code, n, err));
    for (sur_idx f = 0; f < g->view->factor_count; f++) {
        const sur_factor *factor = &g->view->factors[f];
        if (factor != first && makes_series(g, factor))
            SUR_TRY(sur_refine(g->series, &g->series_count, factor->code, n, err));
    }
done:
    return status;
}

/* At most SUR_MOST_SERIES series are drawn, evenly through their order: the new number
 * of a series, or -1. */
static sur_idx drawn_series(const gathering *g, sur_idx series)
{
    if (g->series_count <= SUR_MOST_SERIES) return series;
    for (sur_idx k = 0; k < SUR_MOST_SERIES; k++)
        if (series == (k * (g->series_count - 1)) / (SUR_MOST_SERIES - 1)) return k;
    return -1;
}

static sur_status gather(gathering *g, sur_error *err)
{
    const sur_records *records = &g->view->results->records;
    for (sur_idx i = 0; i < records->count; i++) {
        const sur_record *record = &records->at[i];
        const sur_idx series = drawn_series(g, g->series[i]);
        if (series < 0 || record->status != SUR_OK) continue;
        for (sur_idx k = 0; k < record->count; k++) {
            const sur_measurement *row = &record->measurements[k];
            int r = 0;
            while (r < g->role_count && !(same_text(g->roles[r].metric, row->metric) &&
                                          same_text(g->roles[r].split, row->split)))
                r++;
            if (r == g->role_count || !on_axis(g, row)) continue;
            const double x = !g->x             ? (double)row->iteration
                             : !is_words(g->x) ? sur_field_number(g->x, record->options)
                             : g->factor       ? (double)g->factor->code[i]
                                               : 0.0;
            if (isnan(x)) continue;
            if (g->count == g->room) {
                const sur_idx room = g->room ? 2 * g->room : 256;
                const sur_status status =
                    sur_resize(&g->samples, room, sizeof *g->samples, err);
                if (status != SUR_OK) return status;
                g->room = room;
            }
            g->samples[g->count++] =
                (sample){series, r, x, row->value, row->low, row->high};
        }
    }
    return SUR_OK;
}

/* ---- from samples to points ---- */

static int compare_samples(const void *a, const void *b)
{
    const sample *s = a, *t = b;
    if (s->series != t->series) return s->series < t->series ? -1 : 1;
    if (s->role != t->role) return s->role < t->role ? -1 : 1;
    if (s->x != t->x) return s->x < t->x ? -1 : 1;
    return (s->value > t->value) -
           (s->value < t->value); /* the same sum in any order */
}

/* The mean of the finite values and its interval. A metric whose natural axis is
 * logarithmic gets the t interval carried over to the logarithm (delta method),
 * mean exp(+- h / mean), which cannot reach zero. values has room for count numbers. */
static sur_point point_of(const sample *samples, sur_idx count, bool in_log,
                          double *values)
{
    sur_point point = {samples[0].x, nan(""), nan(""), nan(""), count};
    sur_idx n = 0;
    bool positive = in_log;
    for (sur_idx i = 0; i < count; i++)
        if (isfinite(samples[i].value)) {
            positive = positive && samples[i].value > 0;
            values[n++] = samples[i].value;
        }
    if (n == 0) return point;
    point.trials = n;
    if (count == 1) {
        point.value = samples[0].value;
        point.low = samples[0].low;
        point.high = samples[0].high;
        return point;
    }
    const sur_interval mean = sur_mean_t(values, n, 0.95);
    const double half = mean.high - mean.value;
    point.value = mean.value;
    point.low = positive ? mean.value * exp(-half / mean.value) : mean.low;
    point.high = positive ? mean.value * exp(half / mean.value) : mean.high;
    return point;
}

static bool natural_log(const gathering *g, int r)
{
    const sur_metric *metric =
        sur_metric_find(g->view->results->experiment, g->roles[r].metric);
    return metric && metric->scale && strcmp(metric->scale, "log") == 0;
}

static sur_status make_curves(sur_drawing *drawing, const gathering *g, sur_error *err)
{
    double *values = NULL;
    sur_idx made = 0;
    sur_status status;

    SUR_TRY(sur_alloc(&values, g->count, sizeof *values, err));
    SUR_TRY(sur_alloc(&drawing->points, g->count, sizeof *drawing->points, err));
    SUR_TRY(sur_alloc(&drawing->curves, drawing->series_count * g->role_count,
                      sizeof *drawing->curves, err));
    for (sur_idx i = 0, next; i < g->count; i = next) {
        const sample *s = &g->samples[i];
        next = i + 1;
        while (next < g->count && s->series == g->samples[next].series &&
               s->role == g->samples[next].role && s->x == g->samples[next].x)
            next++;
        sur_curve *curve = &drawing->curves[drawing->curve_count - 1];
        if (i == 0 || curve->series != s->series || curve->role != s->role) {
            curve = &drawing->curves[drawing->curve_count++];
            *curve = (sur_curve){s->series,
                                 s->role,
                                 g->roles[s->role].theory,
                                 false,
                                 &drawing->points[made],
                                 0};
        }
        drawing->points[made] = point_of(s, next - i, natural_log(g, s->role), values);
        if (curve->theory)
            drawing->points[made].low = drawing->points[made].high = nan("");
        if (!isnan(drawing->points[made].low) &&
            (drawing->series_count == 1 || s->role == 0))
            curve->band = true;
        made++;
        curve->count++;
    }
done:
    free(values);
    return status;
}

/* ---- names ---- */

static sur_status finish_text(FILE *out, sur_error *err)
{
    return fclose(out) == 0 ? SUR_OK
                            : sur_fail(err, SUR_ENOMEM, "cannot allocate a label");
}

static sur_status name_series(sur_drawing *drawing, const gathering *g, sur_error *err)
{
    const sur_records *records = &g->view->results->records;
    const sur_factor *first = sur_view_factor(g->view, g->figure->series);
    size_t size;
    sur_status status;

    SUR_TRY(sur_alloc(&drawing->series, drawing->series_count, sizeof *drawing->series,
                      err));
    for (sur_idx i = 0; i < records->count; i++) {
        const sur_idx s = drawn_series(g, g->series[i]);
        if (s < 0 || drawing->series[s]) continue;
        FILE *out = open_memstream(&drawing->series[s], &size);
        SUR_FAIL_IF(!out, SUR_ENOMEM, "cannot allocate a label");
        sur_idx named = 0, numbers = 0;
        for (sur_idx f = -1; f < g->view->factor_count; f++) {
            const sur_factor *factor = f < 0 ? first : &g->view->factors[f];
            if (!factor || (f >= 0 && factor == first) || !makes_series(g, factor))
                continue;
            if (named++) fputs(", ", out);
            sur_put_name(out, factor->field->name, SUR_AS_TEXT);
            fputc(' ', out);
            sur_put_option(out, factor->field, records->at[i].options, SUR_AS_TEXT);
            numbers += !is_words(factor->field);
        }
        drawing->ordered = named == 1 && numbers == 1;
        SUR_TRY(finish_text(out, err));
    }
done:
    return status;
}

static sur_status name_roles(sur_drawing *drawing, const gathering *g, sur_error *err)
{
    sur_status status;
    size_t size;

    drawing->role_count = g->role_count;
    SUR_TRY(sur_alloc(&drawing->roles, g->role_count, sizeof *drawing->roles, err));
    for (int r = 0; r < g->role_count; r++) {
        FILE *out = open_memstream(&drawing->roles[r], &size);
        SUR_FAIL_IF(!out, SUR_ENOMEM, "cannot allocate a label");
        sur_put_escaped(out, g->roles[r].label, SUR_AS_TEXT);
        if (g->roles[r].split) fputs(", ", out);
        sur_put_escaped(out, g->roles[r].split, SUR_AS_TEXT);
        SUR_TRY(finish_text(out, err));
    }
done:
    return status;
}

static sur_status name_ticks(sur_drawing *drawing, const gathering *g, sur_error *err)
{
    const sur_records *records = &g->view->results->records;
    const sur_idx count = g->factor ? g->factor->count : 1;
    size_t size;
    sur_status status;

    SUR_TRY(sur_alloc(&drawing->x.names, count, sizeof *drawing->x.names, err));
    drawing->x.name_count = count;
    for (sur_idx c = 0; c < count; c++) {
        FILE *out = open_memstream(&drawing->x.names[c], &size);
        SUR_FAIL_IF(!out, SUR_ENOMEM, "cannot allocate a label");
        const sur_idx example = g->factor ? g->factor->example[c] : 0;
        sur_put_option(out, g->x, records->at[example].options, SUR_AS_TEXT);
        SUR_TRY(finish_text(out, err));
    }
done:
    return status;
}

/* ---- the interpolation threshold and its like ---- */

/* The mark's place for one series: an option's value, or the mean of a metric. */
static double mark_of(const gathering *g, sur_idx series)
{
    const sur_records *records = &g->view->results->records;
    const sur_field *field =
        sur_fields_find(g->view->results->experiment->fields, g->figure->threshold);
    const sur_column metric = {
        .metric = g->figure->threshold ? sur_metric_find(g->view->results->experiment,
                                                         g->figure->threshold)
                                       : NULL};
    double sum = 0;
    sur_idx n = 0;
    for (sur_idx i = 0; i < records->count; i++) {
        if (drawn_series(g, g->series[i]) != series) continue;
        const sur_measurement *row =
            metric.metric ? sur_view_cell(&records->at[i], &metric) : NULL;
        const double x = field ? sur_field_number(field, records->at[i].options)
                         : row ? row->value
                               : nan("");
        if (!isfinite(x)) continue;
        sum += x;
        n++;
    }
    return n ? sum / (double)n : nan("");
}

static void find_marks(sur_drawing *drawing, const gathering *g)
{
    if (!g->figure->threshold || is_words(g->x)) return;
    bool one = true;
    for (sur_idx s = 0; s < drawing->series_count; s++) {
        const double x = mark_of(g, s);
        if (isnan(x)) continue;
        drawing->marks[drawing->mark_count++] = (sur_mark){x, s};
        one = one && x == drawing->marks[0].x;
    }
    if (!one || drawing->mark_count == 0) return;
    drawing->mark_count = 1;
    drawing->marks[0].series = -1;
}

/* ---- all of it ---- */

sur_status sur_drawing_new(sur_drawing *out, const sur_view *view,
                           const sur_figure *figure, sur_error *err)
{
    sur_drawing drawing = {.figure = figure};
    gathering g = {.view = view, .figure = figure};
    sur_status status;

    *out = (sur_drawing){0};
    g.x = sur_fields_find(view->results->experiment->fields, figure->x);
    g.factor = sur_view_factor(view, figure->x);
    find_roles(&g);
    SUR_TRY(find_series(&g, err));
    SUR_TRY(gather(&g, err));
    SUR_FAIL_IF(g.count == 0, SUR_EINVAL, "figure %s: no trial has %s to draw",
                figure->name, figure->metrics[0]);
    qsort(g.samples, (size_t)g.count, sizeof *g.samples, compare_samples);

    drawing.series_found = g.series_count;
    drawing.series_count =
        g.series_count < SUR_MOST_SERIES ? g.series_count : SUR_MOST_SERIES;
    SUR_TRY(make_curves(&drawing, &g, err));
    SUR_TRY(name_series(&drawing, &g, err));
    SUR_TRY(name_roles(&drawing, &g, err));
    if (is_words(g.x)) SUR_TRY(name_ticks(&drawing, &g, err));
    find_marks(&drawing, &g);
    sur_drawing_axes(&drawing, view);
    SUR_TRY(sur_drawing_words(&drawing, view, err));
    *out = drawing;
    drawing = (sur_drawing){0};
done:
    free(g.series);
    free(g.samples);
    sur_drawing_free(&drawing);
    return status;
}

static void free_texts(char **texts, sur_idx count)
{
    for (sur_idx i = 0; texts && i < count; i++) free(texts[i]);
    free(texts);
}

void sur_drawing_free(sur_drawing *drawing)
{
    free_texts(drawing->series, drawing->series_count);
    free_texts(drawing->roles, drawing->role_count);
    free_texts(drawing->x.names, drawing->x.name_count);
    free(drawing->x.label);
    free(drawing->y.label);
    free(drawing->title);
    free(drawing->note);
    free(drawing->caption);
    free(drawing->curves);
    free(drawing->points);
    *drawing = (sur_drawing){0};
}
