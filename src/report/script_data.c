/* script_data.c -- the points of a script, in gnuplot's data blocks. */
#include "report/script.h"

#include "base/text.h"
#include <math.h>

enum { MOST_POINTS = 600 }; /* of a curve; more cannot be seen */

static double place(const sur_axis *axis, double x)
{
    if (isinf(x)) return axis->infinity;
    return axis->log && x == 0 ? axis->zero : x;
}

/* At infinity, or at the zero of a logarithmic axis: apart from the line. */
static bool at_edge(const sur_axis *axis, double x)
{
    return isinf(x) || (axis->log && x == 0);
}

static void put_point(FILE *out, const sur_drawing *drawing, const sur_curve *curve,
                      const sur_point *p)
{
    char text[4][32];
    double x = place(&drawing->x, p->x);
    const sur_idx which = drawing->x.names ? curve - drawing->curves : curve->series;
    const sur_idx of = drawing->x.names ? drawing->curve_count : drawing->series_count;
    const double side = ((double)which + 0.5) / (double)of - 0.5;
    if (drawing->x.names)
        x += 0.6 * side; /* side by side over a word, and at an edge */
    else if (at_edge(&drawing->x, p->x) && drawing->x.log)
        x *= pow(drawing->x.high / drawing->x.low, 0.06 * side);
    else if (at_edge(&drawing->x, p->x))
        x += 0.06 * side * (drawing->x.high - drawing->x.low);
    double low = isnan(p->low) ? p->value : p->low;
    double high = isnan(p->high) ? p->value : p->high;
    double value = p->value;
    if (drawing->y.log) { /* below the frame, but not without end */
        const double least = 0.2 * drawing->y.low;
        value = fmax(value, least);
        low = fmax(low, least);
        high = fmax(high, least);
    }
    if (isinf(high)) high = 2 * fabs(drawing->y.high); /* out of the frame */
    fprintf(out, "%s %s %s %s\n", sur_number_text(x, text[0]),
            sur_number_text(value, text[1]), sur_number_text(low, text[2]),
            sur_number_text(high, text[3]));
}

/* Of a long curve, the least and the greatest value of each stretch are kept. */
static void put_stretch(FILE *out, const sur_drawing *drawing, const sur_curve *curve,
                        sur_idx from, sur_idx to)
{
    sur_idx low = from, high = from;
    for (sur_idx i = from; i < to; i++) {
        if (curve->points[i].value < curve->points[low].value) low = i;
        if (curve->points[i].value > curve->points[high].value) high = i;
    }
    put_point(out, drawing, curve, &curve->points[low < high ? low : high]);
    if (low != high)
        put_point(out, drawing, curve, &curve->points[low < high ? high : low]);
}

void sur_put_line_data(FILE *out, const sur_drawing *drawing, sur_idx c)
{
    const sur_curve *curve = &drawing->curves[c];
    const sur_idx step = curve->count > MOST_POINTS
                             ? (2 * curve->count + MOST_POINTS - 1) / MOST_POINTS
                             : 1;
    fprintf(out, "$curve%lld << EOD\n", (long long)c);
    for (sur_idx i = 0, next; i < curve->count; i = next) {
        const sur_point *p = &curve->points[i];
        next = i + 1;
        if (at_edge(&drawing->x, p->x)) continue;
        if (!isfinite(p->value)) {
            fputc('\n', out); /* a gap in the line */
            continue;
        }
        while (next < curve->count && next < i + step &&
               isfinite(curve->points[next].x) && isfinite(curve->points[next].value))
            next++;
        put_stretch(out, drawing, curve, i, next);
    }
    fputs("EOD\n", out);
}

sur_idx sur_edge_points(const sur_drawing *drawing, sur_idx c)
{
    const sur_curve *curve = &drawing->curves[c];
    sur_idx count = 0;
    for (sur_idx i = 0; i < curve->count; i++)
        count += at_edge(&drawing->x, curve->points[i].x) &&
                 isfinite(curve->points[i].value);
    return count;
}

void sur_put_edge_data(FILE *out, const sur_drawing *drawing, sur_idx c)
{
    const sur_curve *curve = &drawing->curves[c];
    if (sur_edge_points(drawing, c) == 0) return;
    fprintf(out, "$edge%lld << EOD\n", (long long)c);
    for (sur_idx i = 0; i < curve->count; i++)
        if (at_edge(&drawing->x, curve->points[i].x) &&
            isfinite(curve->points[i].value))
            put_point(out, drawing, curve, &curve->points[i]);
    fputs("EOD\n", out);
}

sur_idx sur_line_points(const sur_drawing *drawing, sur_idx c)
{
    const sur_curve *curve = &drawing->curves[c];
    sur_idx count = 0;
    for (sur_idx i = 0; i < curve->count; i++)
        count += !at_edge(&drawing->x, curve->points[i].x) &&
                 isfinite(curve->points[i].value);
    return count;
}
