/* gather.c -- which measurements a figure draws, and where. */
#include "report/gathering.h"

#include "base/memory.h"
#include "base/try.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool sur_field_of_words(const sur_field *field)
{
    return field && field->kind != SUR_REAL && field->kind != SUR_INT;
}

/* Whether a row belongs on the figure's x axis: final values, or a trace. */
static bool on_axis(const sur_gathering *g, const sur_measurement *row)
{
    return g->trace ? row->iteration > 0 : row->iteration == 0;
}

static bool is_trace(const sur_figure *figure)
{
    return strcmp(figure->x, "iteration") == 0 ||
           (figure->along && strcmp(figure->along, "iteration") == 0);
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
    const bool trace = is_trace(figure);
    if (figure->unless && measured(results, figure->unless, trace)) return false;
    return measured(results, wanted, trace);
}

bool sur_drawing_moves(const sur_view *view, const sur_figure *figure)
{
    if (is_trace(figure)) return true;
    if (!sur_metric_find(view->results->experiment, figure->x))
        return sur_view_varies(view, figure->x);
    for (sur_idx f = 0; f < view->factor_count; f++)
        if (sur_ways_fit(&view->factors[f])) return true;
    return false;
}

/* The roles of one metric: the plain one, or one for each split it exists for; that of
 * the experiment's own model first. */
static void add_roles(sur_gathering *g, const char *metric, const char *label,
                      bool theory)
{
    const sur_records *records = &g->view->results->records;
    const char *own = g->view->results->experiment->role;
    const int first = g->role_count;
    for (sur_idx i = 0; i < records->count; i++)
        for (sur_idx k = 0; k < records->at[i].count; k++) {
            const sur_measurement *row = &records->at[i].measurements[k];
            if (!on_axis(g, row) || isnan(row->value) ||
                strcmp(row->metric, metric) != 0)
                continue;
            int r = first;
            while (r < g->role_count && !same_text(g->roles[r].split, row->split)) r++;
            if (r == g->role_count && r < SUR_MOST_ROLES)
                g->roles[g->role_count++] =
                    (sur_role){metric, row->split, label, theory};
        }
    for (int r = first + 1; own && r < g->role_count; r++)
        if (same_text(g->roles[r].split, own)) {
            const sur_role role = g->roles[r];
            memmove(&g->roles[first + 1], &g->roles[first],
                    (size_t)(r - first) * sizeof role);
            g->roles[first] = role;
        }
}

static void find_roles(sur_gathering *g)
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
    if (figure->theory)
        add_roles(g, figure->theory,
                  figure->theory_label ? figure->theory_label : "theory", true);
}

/* The factors that make series, the one the figure names first. */
bool sur_gathered_by(const sur_gathering *g, const sur_factor *factor)
{
    return factor != g->factor && !factor->replicate && !factor->derived &&
           !sur_ways_has(&g->ways, factor);
}

static sur_status find_series(sur_gathering *g, sur_error *err)
{
    const sur_idx n = g->view->results->records.count;
    const sur_factor *first = sur_view_factor(g->view, g->figure->series);
    sur_status status;

    g->series_count = 1;
    SUR_TRY(sur_alloc(&g->series, n, sizeof *g->series, err));
    if (first && sur_gathered_by(g, first))
        SUR_TRY(sur_refine(g->series, &g->series_count, first->code, n, err));
    for (sur_idx f = 0; f < g->view->factor_count; f++) {
        const sur_factor *factor = &g->view->factors[f];
        if (factor != first && sur_gathered_by(g, factor))
            SUR_TRY(sur_refine(g->series, &g->series_count, factor->code, n, err));
    }
    g->series_count *= sur_ways_count(&g->ways);
done:
    return status;
}

sur_idx sur_gathered_series(const sur_gathering *g, sur_idx record, int way)
{
    const sur_idx series = g->series[record] * sur_ways_count(&g->ways) + way;
    if (g->series_count <= SUR_MOST_SERIES) return series;
    for (sur_idx k = 0; k < SUR_MOST_SERIES; k++)
        if (series == (k * (g->series_count - 1)) / (SUR_MOST_SERIES - 1)) return k;
    return -1;
}

static sur_status add_sample(sur_gathering *g, sur_sample next, sur_error *err)
{
    if (g->count == g->room) {
        const sur_idx room = g->room ? 2 * g->room : 256;
        const sur_status status =
            sur_resize(&g->samples, room, sizeof *g->samples, err);
        if (status != SUR_OK) return status;
        g->room = room;
    }
    g->samples[g->count++] = next;
    return SUR_OK;
}

/* Where a row stands on the x axis: over a metric, at that of its own split, or else at
 * the plain one. */
static double place_of(const sur_gathering *g, sur_idx record,
                       const sur_measurement *row)
{
    const sur_record *r = &g->view->results->records.at[record];
    if (g->over) {
        double plain = nan("");
        for (sur_idx k = 0; k < r->count; k++) {
            const sur_measurement *other = &r->measurements[k];
            if (other->iteration != row->iteration ||
                strcmp(other->metric, g->over->name) != 0)
                continue;
            if (same_text(other->split, row->split)) return other->value;
            if (!other->split) plain = other->value;
        }
        return plain;
    }
    if (!g->x) return (double)row->iteration;
    if (!sur_field_of_words(g->x)) return sur_field_number(g->x, r->options);
    return g->factor ? (double)g->factor->code[record] : 0.0;
}

/* One row, as a point of each way that its record is on. */
static sur_status gather_row(sur_gathering *g, sur_idx record, int r,
                             const sur_measurement *row, sur_error *err)
{
    const double x = place_of(g, record, row);
    if (isnan(x)) return SUR_OK;
    for (int way = 0; way < sur_ways_count(&g->ways); way++) {
        const sur_idx series = sur_gathered_series(g, record, way);
        if (series < 0 || !sur_ways_on(&g->ways, way, record)) continue;
        const bool joined = g->over && !g->trace; /* points of different trials */
        const sur_sample next = {.series = series,
                                 .role = r,
                                 .at = !g->over ? x
                                       : joined ? sur_ways_rank(&g->ways, way, record)
                                                : (double)row->iteration,
                                 .x = x,
                                 .value = row->value,
                                 .low = joined ? nan("") : row->low,
                                 .high = joined ? nan("") : row->high};
        const sur_status status = add_sample(g, next, err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

static sur_status gather(sur_gathering *g, sur_error *err)
{
    const sur_records *records = &g->view->results->records;
    for (sur_idx i = 0; i < records->count; i++) {
        const sur_record *record = &records->at[i];
        if (record->status != SUR_OK) continue;
        for (sur_idx k = 0; k < record->count; k++) {
            const sur_measurement *row = &record->measurements[k];
            int r = 0;
            while (r < g->role_count && !(same_text(g->roles[r].metric, row->metric) &&
                                          same_text(g->roles[r].split, row->split)))
                r++;
            if (r == g->role_count || !on_axis(g, row)) continue;
            const sur_status status = gather_row(g, i, r, row, err);
            if (status != SUR_OK) return status;
        }
    }
    return SUR_OK;
}

sur_status sur_gathering_new(sur_gathering *g, const sur_view *view,
                             const sur_figure *figure, sur_error *err)
{
    const sur_experiment *experiment = view->results->experiment;
    sur_status status = SUR_OK;

    *g = (sur_gathering){.view = view,
                         .figure = figure,
                         .x = sur_fields_find(experiment->fields, figure->x),
                         .factor = sur_view_factor(view, figure->x),
                         .trace = is_trace(figure)};
    if (!g->x) g->over = sur_metric_find(experiment, figure->x);
    if (g->over && !g->trace) SUR_TRY(sur_ways_find(&g->ways, view, err));
    find_roles(g);
    SUR_TRY(find_series(g, err));
    SUR_TRY(gather(g, err));
    SUR_FAIL_IF(g->count == 0, SUR_EINVAL, "figure %s: no trial has %s to draw",
                figure->name, figure->metrics[0]);
done:
    return status;
}

void sur_gathering_free(sur_gathering *g)
{
    free(g->series);
    free(g->samples);
    *g = (sur_gathering){0};
}
