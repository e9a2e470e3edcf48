/* axes.c -- ranges, logarithms, and where zero and infinity stand.
 *
 * An axis is logarithmic when its option or metric says so, or, where neither says,
 * when its positive values span more than a factor of 30. Infinity stands in the right
 * margin, and the 0 of a logarithmic axis in the left one, apart from the rest. */
#include "report/drawing.h"

#include <math.h>
#include <string.h>

static const double LOG_SPAN = 30.0, LEAST_SPAN = 4.0; /* less needs no logarithm */

/* The finite values seen: least, greatest, least positive. */
typedef struct span {
    double low, high, positive;
    bool zero, infinity;
} span;

static const span EMPTY_SPAN = {HUGE_VAL, -HUGE_VAL, HUGE_VAL, false, false};

static void see(span *s, double value)
{
    if (isnan(value)) return;
    if (isinf(value)) {
        s->infinity = s->infinity || value > 0;
        return;
    }
    if (value < s->low) s->low = value;
    if (value > s->high) s->high = value;
    if (value > 0 && value < s->positive) s->positive = value;
    s->zero = s->zero || value == 0;
}

/* Panels share their axis: that of all trials, measured there or not. */
static void see_all(span *s, const sur_view *view, const sur_field *field)
{
    for (sur_idx i = 0; i < view->results->records.count; i++)
        see(s, sur_field_number(field, view->results->records.at[i].options));
}

static bool has_scale(const sur_metric *metric, const char *scale)
{
    return metric && metric->scale && strcmp(metric->scale, scale) == 0;
}

/* field NULL: x is a metric or the iteration. */
static void x_axis(sur_drawing *drawing, const sur_view *view, const sur_field *field)
{
    const bool natural_log =
        field
            ? field->flags & SUR_LOG
            : has_scale(sur_metric_find(view->results->experiment, drawing->figure->x),
                        "log");
    sur_axis *axis = &drawing->x;
    span s = EMPTY_SPAN;
    if (drawing->figure->panel && field) see_all(&s, view, field);
    for (sur_idx c = 0; c < drawing->curve_count; c++)
        for (sur_idx i = 0; i < drawing->curves[c].count; i++)
            see(&s, drawing->curves[c].points[i].x);

    for (int m = 0; !field && m < drawing->mark_count; m++)
        see(&s, drawing->marks[m].x); /* a bound stands apart from what it bounds */

    axis->zero = axis->infinity = nan("");
    if (axis->names) {
        axis->low = -0.5;
        axis->high = (double)axis->name_count - 0.5;
        return;
    }
    if (s.low > s.high) s.low = s.high = s.positive = 1; /* nothing but infinity */
    const bool positive = s.low >= 0 && s.high > 0;
    axis->log = positive && ((natural_log && s.high > LEAST_SPAN * s.positive) ||
                             (s.low > 0 && s.high > LOG_SPAN * s.low));
    if (axis->log) {
        const double step = pow(s.high / s.positive, 0.07);
        axis->low = s.positive;
        axis->high = s.high;
        if (s.zero) axis->low = (axis->zero = s.positive / step) / sqrt(step);
        if (s.infinity) axis->high = (axis->infinity = s.high * step) * sqrt(step);
        const double room = pow(s.high / s.positive, 0.012); /* for the first marker */
        if (!s.zero) axis->low /= room;
        if (!s.infinity) axis->high *= room;
    } else {
        const double width = s.high > s.low ? s.high - s.low : fmax(fabs(s.high), 1.0);
        axis->low = s.high > s.low ? s.low : s.low - 0.5 * width;
        axis->high = s.high > s.low ? s.high : s.high + 0.5 * width;
        if (s.infinity)
            axis->high = (axis->infinity = s.high + 0.08 * width) + 0.04 * width;
        if (s.low < 0 || s.low > 0.1 * width) axis->low -= 0.012 * width;
        if (!s.infinity) axis->high += 0.012 * width;
    }
}

/* What the values and their intervals span: all curves; the first metric and theory. */
typedef struct spans {
    span lines, main, bands;
} spans;

static spans y_spans(const sur_drawing *drawing)
{
    spans s = {EMPTY_SPAN, EMPTY_SPAN, EMPTY_SPAN};
    for (sur_idx c = 0; c < drawing->curve_count; c++)
        for (sur_idx i = 0; i < drawing->curves[c].count; i++) {
            const sur_point *p = &drawing->curves[c].points[i];
            see(&s.lines, p->value);
            see(&s.bands, p->low);
            see(&s.bands, p->high);
            if (drawing->curves[c].role == 0 || drawing->curves[c].theory)
                see(&s.main, p->value);
        }
    if (s.main.low > s.main.high) s.main = s.lines;
    if (s.lines.low > s.lines.high) s.lines = s.main = (span){0, 1, 1, true, false};
    return s;
}

/* Bars, not bands: no line joins the points. */
static bool has_bars(const sur_drawing *drawing)
{
    for (sur_idx c = 0; c < drawing->curve_count; c++)
        if (drawing->curves[c].count > 1) return drawing->x.names != NULL;
    return true;
}

/* The lines decide the range; a band may add a third to it, a wider one leaves the
 * frame. Bars are seen whole. */
static void y_axis(sur_drawing *drawing, const sur_metric *metric)
{
    sur_axis *axis = &drawing->y;
    const spans s = y_spans(drawing);
    const double share = has_bars(drawing) ? 1e3 : 0.33;
    const double room = drawing->mark_count ? 0.16 : 0.06; /* for the mark's name */

    axis->zero = axis->infinity = nan("");
    axis->log =
        s.main.low > 0 && !has_scale(metric, "linear") &&
        s.main.high > (has_scale(metric, "log") ? LEAST_SPAN : LOG_SPAN) * s.main.low;
    if (axis->log) {
        /* secondary curves may fall a factor of 10 below the main one, no further */
        const double low = fmax(fmin(s.lines.positive, s.main.low), s.main.low / 10);
        const double high = fmax(s.lines.high, s.main.high);
        const double beyond = pow(high / low, share);
        axis->low = fmax(fmin(low, s.bands.positive), low / beyond);
        axis->high = fmin(fmax(high, s.bands.high), high * beyond);
        const double decade = axis->high / axis->low;
        axis->low /= pow(decade, 0.04);
        axis->high *= pow(decade, room);
        return;
    }
    double width = s.lines.high - s.lines.low;
    if (!(width > 0)) width = fmax(fabs(s.lines.high), 1e-3);
    axis->low = fmax(fmin(s.lines.low, s.bands.low), s.lines.low - share * width);
    axis->high = fmin(fmax(s.lines.high, s.bands.high), s.lines.high + share * width);
    width = axis->high - axis->low > 0 ? axis->high - axis->low : width;
    const bool from_zero = s.lines.low >= 0 && axis->low < 0.5 * axis->high;
    axis->low = from_zero ? 0.0 : axis->low - 0.06 * width;
    axis->high += room * width;
}

void sur_drawing_axes(sur_drawing *drawing, const sur_view *view)
{
    const sur_experiment *experiment = view->results->experiment;
    const sur_field *x = sur_fields_find(experiment->fields, drawing->figure->x);
    const sur_metric *y = sur_metric_find(experiment, drawing->figure->metrics[0]);

    x_axis(drawing, view, x);
    y_axis(drawing, y);
    for (int m = 0; m < drawing->mark_count;) {
        const sur_mark *mark = &drawing->marks[m];
        if (mark->x > drawing->x.low && mark->x < drawing->x.high)
            m++;
        else
            drawing->marks[m] = drawing->marks[--drawing->mark_count];
    }
}
