/* drawing.c -- one figure's curves, computed from records and not yet drawn. */
#include "report/gathering.h"

#include "base/memory.h"
#include "base/try.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <surplus/stats.h>

/* ---- from samples to points ---- */

static int compare_samples(const void *a, const void *b)
{
    const sur_sample *s = a, *t = b;
    if (s->series != t->series) return s->series < t->series ? -1 : 1;
    if (s->role != t->role) return s->role < t->role ? -1 : 1;
    if (s->at != t->at) return s->at < t->at ? -1 : 1;
    return (s->value > t->value) -
           (s->value < t->value); /* the same sum in any order */
}

/* The share of ones among values that are 0 or 1. */
static sur_interval share_of(const double *values, sur_idx n)
{
    double ones = 0.0;
    for (sur_idx i = 0; i < n; i++) ones += values[i];
    return sur_wilson(ones, (double)n, 0.95);
}

/* The mean of the finite values and its interval. A metric whose natural axis is
 * logarithmic gets the t interval carried over to the logarithm (delta method),
 * mean exp(+- h / mean), which cannot reach zero; a share gets Wilson's. values has
 * room for count numbers. */
static sur_point point_of(const sur_sample *samples, sur_idx count, const char *scale,
                          double *values)
{
    const bool share = scale && strcmp(scale, "share") == 0;
    sur_point point = {0.0, nan(""), nan(""), nan(""), count};
    sur_idx n = 0;
    bool positive = scale && strcmp(scale, "log") == 0;
    for (sur_idx i = 0; i < count; i++) {
        point.x += samples[i].x / (double)count;
        if (isfinite(samples[i].value)) {
            positive = positive && samples[i].value > 0;
            values[n++] = samples[i].value;
        }
    }
    if (samples[0].x == samples[count - 1].x) point.x = samples[0].x; /* inf, too */
    if (n == 0) return point;
    point.trials = n;
    if (count == 1 && !share) {
        point.value = samples[0].value;
        point.low = samples[0].low;
        point.high = samples[0].high;
        return point;
    }
    const sur_interval mean = share ? share_of(values, n) : sur_mean_t(values, n, 0.95);
    const double half = mean.high - mean.value;
    point.value = mean.value;
    point.low = positive ? mean.value * exp(-half / mean.value) : mean.low;
    point.high = positive ? mean.value * exp(half / mean.value) : mean.high;
    return point;
}

static const char *scale_of(const sur_gathering *g, int r)
{
    const sur_metric *metric =
        sur_metric_find(g->view->results->experiment, g->roles[r].metric);
    return metric ? metric->scale : NULL;
}

static sur_status make_curves(sur_drawing *drawing, const sur_gathering *g,
                              sur_error *err)
{
    double *values = NULL;
    sur_idx made = 0;
    sur_status status;

    SUR_TRY(sur_alloc(&values, g->count, sizeof *values, err));
    SUR_TRY(sur_alloc(&drawing->points, g->count, sizeof *drawing->points, err));
    SUR_TRY(sur_alloc(&drawing->curves, drawing->series_count * g->role_count,
                      sizeof *drawing->curves, err));
    for (sur_idx i = 0, next; i < g->count; i = next) {
        const sur_sample *s = &g->samples[i];
        next = i + 1;
        while (next < g->count && s->series == g->samples[next].series &&
               s->role == g->samples[next].role && s->at == g->samples[next].at)
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
        drawing->points[made] = point_of(s, next - i, scale_of(g, s->role), values);
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

static sur_status name_series(sur_drawing *drawing, const sur_gathering *g,
                              sur_error *err)
{
    const sur_records *records = &g->view->results->records;
    const sur_factor *first = sur_view_factor(g->view, g->figure->series);
    size_t size;
    sur_status status;

    SUR_TRY(sur_alloc(&drawing->series, drawing->series_count, sizeof *drawing->series,
                      err));
    for (sur_idx i = 0; i < records->count * sur_ways_count(&g->ways); i++) {
        const sur_idx record = i / sur_ways_count(&g->ways);
        const int way = (int)(i % sur_ways_count(&g->ways));
        const sur_idx s = sur_gathered_series(g, record, way);
        if (s < 0 || drawing->series[s]) continue;
        FILE *out = open_memstream(&drawing->series[s], &size);
        SUR_FAIL_IF(!out, SUR_ENOMEM, "cannot allocate a label");
        sur_idx named = 0, numbers = 0;
        for (sur_idx f = -1; f < g->view->factor_count; f++) {
            const sur_factor *factor = f < 0 ? first : &g->view->factors[f];
            if (!factor || (f >= 0 && factor == first) || !sur_gathered_by(g, factor))
                continue;
            if (named++) fputs(", ", out);
            sur_put_name(out, factor->field->name, SUR_AS_TEXT);
            fputc(' ', out);
            sur_put_option(out, factor->field, records->at[record].options,
                           SUR_AS_TEXT);
            numbers += !sur_field_of_words(factor->field);
        }
        if (g->ways.count > 0) {
            fputs(named++ ? ", by " : "by ", out);
            sur_put_name(out, g->ways.factor[way]->field->name, SUR_AS_TEXT);
        }
        drawing->ordered = named == 1 && numbers == 1;
        SUR_TRY(finish_text(out, err));
    }
done:
    return status;
}

static sur_status name_roles(sur_drawing *drawing, const sur_gathering *g,
                             sur_error *err)
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

static sur_status name_ticks(sur_drawing *drawing, const sur_gathering *g,
                             sur_error *err)
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
static double mark_of(const sur_gathering *g, sur_idx series)
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
        if (sur_gathered_series(g, i, 0) != series) continue;
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

static void find_marks(sur_drawing *drawing, const sur_gathering *g)
{
    if (!g->figure->threshold || sur_field_of_words(g->x)) return;
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
    sur_gathering g = {0};
    sur_status status;

    *out = (sur_drawing){0};
    SUR_TRY(sur_gathering_new(&g, view, figure, err));
    qsort(g.samples, (size_t)g.count, sizeof *g.samples, compare_samples);

    drawing.series_found = g.series_count;
    drawing.series_count =
        g.series_count < SUR_MOST_SERIES ? g.series_count : SUR_MOST_SERIES;
    SUR_TRY(make_curves(&drawing, &g, err));
    SUR_TRY(name_series(&drawing, &g, err));
    SUR_TRY(name_roles(&drawing, &g, err));
    if (sur_field_of_words(g.x)) SUR_TRY(name_ticks(&drawing, &g, err));
    find_marks(&drawing, &g);
    sur_drawing_axes(&drawing, view);
    SUR_TRY(sur_drawing_words(&drawing, view, err));
    *out = drawing;
    drawing = (sur_drawing){0};
done:
    sur_gathering_free(&g);
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
