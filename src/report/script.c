/* script.c -- a drawing as a gnuplot script, data and all.
 *
 * Every word that may come from data stands in single quotes, escaped, with noenhanced:
 * gnuplot neither substitutes nor formats there. */
#include "report/script.h"

#include "base/text.h"
#include <math.h>
#include <string.h>

/* ---- axes ---- */

static void put_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    sur_put_escaped(out, text, SUR_AS_GNUPLOT);
    fputc('\'', out);
}

static void put_power(FILE *out, double mantissa, int exponent, bool as_power,
                      bool plain)
{
    if (!as_power)
        fprintf(out, "'%g'", mantissa * pow(10, exponent));
    else if (plain)
        fprintf(out, "'%ge%d'", mantissa, exponent);
    else if (exponent == 0)
        fprintf(out, "'%g'", mantissa);
    else if (mantissa != 1)
        fprintf(out, "'%g·10^{%d}'", mantissa, exponent);
    else
        fprintf(out, "'10^{%d}'", exponent);
    fprintf(out, " %ge%d", mantissa, exponent);
}

/* Powers of ten, at most seven or so; 1, 2, 5 times them when there are fewer than two.
 */
static void put_log_ticks(FILE *out, const sur_axis *axis, bool plain)
{
    static const double mantissas[] = {1, 2, 5};
    const double low = isnan(axis->zero) ? axis->low : axis->zero * 1.001;
    const double high = isnan(axis->infinity) ? axis->high : axis->infinity / 1.001;
    const int first = (int)floor(log10(low)), last = (int)floor(log10(high));
    const bool fine = log10(high) - log10(low) < 1.7;
    const int step = 1 + (last - first) / 7;
    const bool as_power = first < -4 || last > 5;
    const char *separator = "";
    for (int e = first; e <= last; e += step)
        for (int m = 0; m < (fine ? 3 : 1); m++) {
            const double at = mantissas[m] * pow(10, e);
            if (at < axis->low || at > high) continue;
            fputs(separator, out);
            put_power(out, mantissas[m], e, as_power, plain);
            separator = ", ";
        }
    if (!isnan(axis->zero)) fprintf(out, "%s'0' %.10g", separator, axis->zero);
    if (!isnan(axis->zero)) separator = ", ";
    if (!isnan(axis->infinity)) fprintf(out, "%s'∞' %.10g", separator, axis->infinity);
}

static bool is_panel(sur_script_kind kind)
{
    return kind == SUR_PANEL || kind == SUR_NARROW_PANEL;
}

/* Too long to stand side by side. */
static bool long_words(const sur_axis *axis, sur_script_kind kind)
{
    size_t letters = 0;
    for (sur_idx k = 0; k < axis->name_count; k++)
        letters += 2 + strlen(axis->names[k]);
    return letters > (kind == SUR_NARROW_PANEL ? 40 : 90);
}

static void put_word_ticks(FILE *out, const sur_axis *axis, sur_script_kind kind)
{
    fputc('(', out);
    for (sur_idx k = 0; k < axis->name_count; k++) {
        fputs(k ? ", '" : "'", out);
        sur_put_escaped(out, axis->names[k], SUR_AS_FORMAT);
        fprintf(out, "' %lld", (long long)k);
    }
    fprintf(out, ") noenhanced%s", long_words(axis, kind) ? " rotate by -25" : "");
}

static void put_axis(FILE *out, char name, const sur_axis *axis, sur_script_kind kind)
{
    fprintf(out, "set %crange [%.10g:%.10g]\n", name, axis->low, axis->high);
    if (axis->log) fprintf(out, "set logscale %c\n", name);
    fprintf(out, "set format %c '%%g'\n", name);
    if (name == 'y' && is_panel(kind)) { /* above its axis, where it can be read */
        fputs("set label ", out);
        put_quoted(out, axis->label);
        fprintf(out, " at graph 0, graph 1 left offset character -1,0.8");
    } else {
        fprintf(out, "set %clabel ", name);
        put_quoted(out, axis->label);
    }
    fprintf(out, " textcolor rgb '%s' noenhanced\nset %ctics ", SUR_MUTED, name);
    if (axis->names) {
        put_word_ticks(out, axis, kind);
    } else if (axis->log) {
        fputc('(', out);
        put_log_ticks(out, axis, kind == SUR_TERMINAL);
        fputc(')', out);
    } else if (!isnan(axis->infinity)) {
        fprintf(out, "autofreq\nset %ctics add ('∞' %.10g)", name, axis->infinity);
    } else {
        fputs("autofreq", out);
    }
    fputc('\n', out);
}

/* ---- marks ---- */

static double fraction(const sur_axis *axis, double x)
{
    return axis->log ? log(x / axis->low) / log(axis->high / axis->low)
                     : (x - axis->low) / (axis->high - axis->low);
}

static void put_marks(FILE *out, const sur_drawing *drawing)
{
    for (int m = 0; m < drawing->mark_count; m++) {
        const sur_mark *mark = &drawing->marks[m];
        const sur_curve first = {.series = mark->series};
        const char *colour =
            mark->series < 0 ? SUR_FRAME : sur_pen_of(drawing, &first).colour;
        fprintf(out,
                "set arrow from %.10g, graph 0 to %.10g, graph 1 nohead dashtype (7,5) "
                "linewidth 1.2 linecolor rgb '%s' back\n",
                mark->x, mark->x, colour);
    }
    if (drawing->mark_count == 0 || !drawing->figure->threshold_label) return;
    const double x = drawing->marks[drawing->mark_count - 1].x;
    const bool right = fraction(&drawing->x, x) < 0.6; /* of its line */
    fputs("set label ", out);
    put_quoted(out, drawing->figure->threshold_label);
    fprintf(out,
            " at %.10g, graph 0.955 %s offset character %g,0 textcolor rgb '%s' "
            "noenhanced\n",
            x, right ? "left" : "right", right ? 0.8 : -0.8, SUR_MUTED);
}

/* ---- the plot command ---- */

static const char *const dash_text[] = {"solid", "(10,5)", "(2.5,5)", "(11,4,2.5,4)",
                                        "(6,4)"};

enum layer { BAND, LINE, EDGE, LAYERS };

/* No line joins the points: words on the x axis, or one point only. */
static bool alone(const sur_drawing *drawing, sur_idx c)
{
    return drawing->x.names || drawing->figure->points ||
           sur_line_points(drawing, c) == 1;
}

static bool drawn(const sur_drawing *drawing, sur_script_kind kind, sur_idx c,
                  int layer)
{
    const sur_curve *curve = &drawing->curves[c];
    if (layer == EDGE) return sur_edge_points(drawing, c) > 0;
    if (sur_line_points(drawing, c) == 0) return false;
    return layer == LINE || (curve->band && !alone(drawing, c) && kind != SUR_TERMINAL);
}

void sur_script_elements(const sur_drawing *drawing, sur_script_kind kind,
                         void (*see)(void *payload, int element, sur_idx curve),
                         void *payload)
{
    int element = 0;
    for (int layer = 0; layer < LAYERS; layer++)
        for (sur_idx c = 0; c < drawing->curve_count; c++)
            if (drawn(drawing, kind, c, layer)) see(payload, ++element, c);
}

/* Ends beyond the axis are drawn on it: gnuplot's own clipping of an area that leaves
 * the range also leaves it at the side. */
static void put_band(FILE *out, const sur_drawing *drawing, sur_idx c, sur_pen pen)
{
    fprintf(out, "$curve%lld using 1", (long long)c);
    for (int column = 3; column <= 4; column++)
        fprintf(out, ":($%d < %.10g ? %.10g : $%d > %.10g ? %.10g : $%d)", column,
                drawing->y.low, drawing->y.low, column, drawing->y.high,
                drawing->y.high, column);
    fprintf(out,
            " with filledcurves fillcolor rgb '%s' fillstyle transparent solid 0.17 "
            "noborder notitle",
            pen.colour);
}

/* Points that no line joins: words on the x axis, and the edges. */
static void put_bars(FILE *out, const char *block, sur_idx c, sur_pen pen, bool theory)
{
    fprintf(out,
            "$%s%lld using 1:2%s with %s linecolor rgb '%s' linewidth 1.6 pointtype %d "
            "pointsize 0.7 notitle",
            block, (long long)c, theory ? "" : ":3:4", theory ? "points" : "yerrorbars",
            pen.colour, theory ? 6 : pen.point);
}

static void put_line(FILE *out, const sur_drawing *drawing, sur_idx c, sur_pen pen)
{
    const bool marked = pen.dash == SUR_SOLID && sur_line_points(drawing, c) <= 40;
    fprintf(out,
            "$curve%lld using 1:2 with %s linecolor rgb '%s' dashtype %s linewidth %g",
            (long long)c, marked ? "linespoints" : "lines", pen.colour,
            dash_text[pen.dash], pen.dash == SUR_DOTTED ? 2.0 : 2.4);
    if (marked) fprintf(out, " pointtype %d pointsize 0.45", pen.point);
    fputs(" notitle", out);
}

/* Of characters, the line's type alone says which: each curve has its own and names
 * itself. */
static void put_characters(FILE *out, const sur_drawing *drawing, sur_idx c,
                           const char *block, bool bare)
{
    const sur_curve *curve = &drawing->curves[c];
    fprintf(out, "$%s%lld using 1:2 with %s linetype %lld", block, (long long)c,
            bare ? "points" : "lines", (long long)c + 1);
    if (bare) fprintf(out, " pointtype %lld", (long long)c + 1);
    if (drawing->curve_count == 1 || strcmp(block, "edge") == 0) {
        fputs(" notitle", out);
        return;
    }
    const bool several = drawing->series_count > 1;
    char name[256];
    snprintf(name, sizeof name, "%.120s%s%.120s",
             several ? drawing->series[curve->series] : "",
             several && drawing->role_count > 1 ? ", " : "",
             several && drawing->role_count == 1 ? "" : drawing->roles[curve->role]);
    fputs(" title ", out);
    put_quoted(out, name);
}

/* The legend's entries draw nothing: NaN stands for their data. */
static void put_keys(FILE *out, const sur_drawing *drawing)
{
    sur_key keys[SUR_MOST_KEYS];
    const int count = sur_keys(keys, drawing);
    for (int k = 0; k < count; k++) {
        const sur_pen pen = keys[k].pen;
        const bool bare = drawing->x.names || drawing->figure->points;
        const bool marked = pen.point && pen.dash == SUR_SOLID;
        fprintf(out,
                ", \\\n     NaN with %s linecolor rgb '%s' dashtype %s linewidth %g",
                bare     ? "points"
                : marked ? "linespoints"
                         : "lines",
                pen.colour, dash_text[pen.dash], pen.dash == SUR_DOTTED ? 2.0 : 2.4);
        if (bare || marked)
            fprintf(out, " pointtype %d pointsize %g", pen.point ? pen.point : 6,
                    bare ? 0.7 : 0.45);
        fputs(" title ", out);
        put_quoted(out, keys[k].name);
    }
}

static void put_plot(FILE *out, const sur_drawing *drawing, sur_script_kind kind)
{
    const char *separator = "plot ";
    for (int layer = 0; layer < LAYERS; layer++)
        for (sur_idx c = 0; c < drawing->curve_count; c++) {
            if (!drawn(drawing, kind, c, layer)) continue;
            const sur_pen pen = sur_pen_of(drawing, &drawing->curves[c]);
            const bool theory = drawing->curves[c].theory;
            fputs(separator, out);
            if (kind == SUR_TERMINAL)
                put_characters(out, drawing, c, layer == EDGE ? "edge" : "curve",
                               layer == EDGE || alone(drawing, c));
            else if (layer == BAND)
                put_band(out, drawing, c, pen);
            else if (layer == EDGE || alone(drawing, c))
                put_bars(out, layer == EDGE ? "edge" : "curve", c, pen, theory);
            else
                put_line(out, drawing, c, pen);
            separator = ", \\\n     ";
        }
    if (kind == SUR_FIGURE) put_keys(out, drawing);
    fputc('\n', out);
}

/* ---- the whole script ---- */

/* A legend of few short names fits above the frame in one row; others stand at its
 * right. */
static void put_key(FILE *out, const sur_drawing *drawing)
{
    sur_key keys[SUR_MOST_KEYS];
    const int count = sur_keys(keys, drawing);
    size_t letters = 0;
    for (int k = 0; k < count; k++) letters += 6 + strlen(keys[k].name);
    const bool above = letters < 76 && count < 6;

    fprintf(out, "set tmargin %g\n", above && count > 1 ? 5.6 : 4.2);
    if (count < 2) {
        fputs("unset key\n", out); /* the axis says it */
        return;
    }
    fprintf(out,
            "set key %s Left reverse noenhanced samplen 3 spacing 1.15 textcolor rgb "
            "'%s'\n",
            above ? "at graph -0.01, screen 0.87 left top horizontal"
                  : "rmargin vertical",
            SUR_INK);
}

/* Bold is a matter of enhanced text, whose own signs are escaped here. */
static void put_bold(FILE *out, const char *text)
{
    char one[2] = {0};
    fputs("'{/:Bold ", out);
    for (; *text; text++) {
        if (strchr("{}^_@&~\\", *text)) fputc('\\', out);
        one[0] = *text;
        if ((unsigned char)*text < 0x80)
            sur_put_escaped(out, one, SUR_AS_GNUPLOT);
        else
            fputc(*text,
                  out); /* inside a character, which sur_put_escaped has checked */
    }
    fputs("}'", out);
}

static void put_title(FILE *out, const sur_drawing *drawing, sur_script_kind kind)
{
    if (is_panel(kind)) {
        const sur_box box = sur_panel_box(drawing, kind);
        fprintf(out,
                "unset key\nset lmargin at screen %g\nset rmargin at screen %g\n"
                "set tmargin at screen %g\nset bmargin at screen %g\n",
                box.left, box.right, 1 - box.top, 1 - box.bottom);
        return;
    }
    if (kind == SUR_TERMINAL) {
        fputs("set key top right noenhanced\nset title ", out);
        put_quoted(out, drawing->title);
        fputs(" noenhanced\n", out);
        return;
    }
    put_key(out, drawing);
    fputs("set label ", out);
    put_bold(out, drawing->title);
    fprintf(out,
            " at graph 0, screen 0.955 left textcolor rgb '%s' enhanced\nset label ",
            SUR_INK);
    put_quoted(out, drawing->note);
    fprintf(out,
            " at graph 0, screen 0.91 left textcolor rgb '%s' noenhanced\n"
            "set bmargin 4.8\nset label ",
            SUR_MUTED);
    put_quoted(out, drawing->caption);
    fprintf(out, " at graph 0, screen 0.028 left textcolor rgb '%s' noenhanced\n",
            SUR_FRAME);
}

sur_box sur_panel_box(const sur_drawing *drawing, sur_script_kind kind)
{
    const bool slanted = drawing->x.names && long_words(&drawing->x, kind);
    sur_box box = {0.07, 0.975, 0.085, 0.87};
    if (kind == SUR_NARROW_PANEL) box = (sur_box){0.135, 0.955, 0.1, 0.81};
    if (drawing->figure->panel) { /* lower, with the same margins */
        box.top += 0.055;
        box.bottom -= kind == SUR_PANEL ? 0.09 : 0.07;
    }
    if (slanted) box.bottom -= 0.12;
    return box;
}

void sur_script(FILE *out, const sur_drawing *drawing, const char *terminal,
                const char *output, sur_script_kind kind)
{
    fprintf(out, "set terminal %s\nset encoding utf8\n", terminal);
    if (output) {
        fputs("set output ", out);
        put_quoted(out, output);
        fputc('\n', out);
    }
    fprintf(out,
            "set border 3 linecolor rgb '%s' linewidth 1\n"
            "set pointintervalbox 0\n" /* else points with bars have a white halo */
            "set tics nomirror scale 0.6 textcolor rgb '%s'\n",
            SUR_FRAME, SUR_MUTED);
    if (kind != SUR_TERMINAL)
        fprintf(out,
                "set grid ytics linetype 1 linecolor rgb '%s' linewidth 1 dashtype 1\n",
                SUR_GRID);
    put_title(out, drawing, kind);
    put_axis(out, 'x', &drawing->x, kind);
    put_axis(out, 'y', &drawing->y, kind);
    put_marks(out, drawing);
    for (sur_idx c = 0; c < drawing->curve_count; c++) {
        sur_put_line_data(out, drawing, c);
        sur_put_edge_data(out, drawing, c);
    }
    put_plot(out, drawing, kind);
}
