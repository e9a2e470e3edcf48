/* page_figure.c -- one figure of the page: two sizes of the picture, legend, caption,
 * data. */
#include "base/memory.h"
#include "base/try.h"
#include "report/gnuplot.h"
#include "report/page.h"
#include "report/script.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Alone, and one of several under each other. */
enum { PANELS = 2 };
static const struct panel {
    sur_script_kind kind;
    const char *class, *letter;
    int width, height, font;
} panels[][PANELS] = {
    {{SUR_PANEL, "wide", "w", 860, 430, 13},
     {SUR_NARROW_PANEL, "narrow", "n", 420, 345, 13}},
    {{SUR_PANEL, "wide", "w", 860, 270, 13},
     {SUR_NARROW_PANEL, "narrow", "n", 420, 260, 13}},
};

/* All of a file, zero-ended; malloc'd. */
static sur_status read_all(char **text, FILE *file, sur_error *err)
{
    sur_idx length = 0, room = 1 << 16;
    sur_status status;

    SUR_TRY(sur_alloc(text, room, 1, err));
    for (;;) {
        const size_t got = fread(*text + length, 1, (size_t)(room - length - 1), file);
        length += (sur_idx)got;
        (*text)[length] = '\0';
        if (got == 0) break;
        if (length == room - 1) {
            room *= 2;
            SUR_TRY(sur_resize(text, room, 1, err));
        }
    }
    SUR_FAIL_IF(ferror(file), SUR_EBACKEND, "gnuplot's picture could not be read back");
done:
    return status;
}

sur_status sur_page_put_svg(FILE *out, FILE *script, const char *prefix, sur_error *err)
{
    FILE *picture = tmpfile();
    char *svg = NULL;
    sur_status status;

    SUR_FAIL_IF(!picture, SUR_EWRITE, "no temporary file for gnuplot");
    SUR_TRY(sur_gnuplot_run(picture, script, err));
    SUR_TRY(read_all(&svg, picture, err));
    sur_put_inline_svg(out, svg, prefix);
done:
    free(svg);
    if (picture) fclose(picture);
    return status;
}

static sur_status put_panel(FILE *out, const sur_drawing *drawing,
                            const struct panel *panel, int number, sur_error *err)
{
    FILE *script = tmpfile();
    char terminal[128], prefix[32];
    const sur_box box = sur_panel_box(drawing, panel->kind);

    if (!script) return sur_fail(err, SUR_EWRITE, "no temporary file for gnuplot");
    snprintf(terminal, sizeof terminal, "svg size %d,%d dynamic font 'DejaVu Sans,%d'",
             panel->width, panel->height, panel->font);
    snprintf(prefix, sizeof prefix, "f%d%s-", number, panel->letter);
    sur_script(script, drawing, terminal, NULL, panel->kind);
    fprintf(out,
            "<svg class=\"%s\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "aria-labelledby=\"f%d-title\" "
            "data-box=\"%g %g %g %g\">",
            panel->class, panel->width, panel->height, number, box.left, box.right,
            box.top, box.bottom);
    const sur_status status = sur_page_put_svg(out, script, prefix, err);
    fputs("</svg>\n", out);
    fclose(script);
    return status;
}

/* ---- legend ---- */

/* Lists the elements of the picture that one entry of the legend stands for. */
typedef struct listing {
    FILE *out;
    const sur_drawing *drawing;
    const sur_key *key;
    const char *separator;
} listing;

static void list_element(void *payload, int element, sur_idx c)
{
    listing *list = payload;
    const sur_curve *curve = &list->drawing->curves[c];
    if (list->key->series >= 0 && list->key->series != curve->series) return;
    if (list->key->role >= 0 && list->key->role != curve->role) return;
    fprintf(list->out, "%s%d", list->separator, element);
    list->separator = " ";
}

/* gnuplot's markers 4 to 13 on a field of 30 x 12. */
static const char *marker_path(int point)
{
    static const char *const paths[] = {[4] = "M12 3h6v6h-6z",
                                        [5] = "M12 3h6v6h-6z",
                                        [6] = "M15 6m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
                                        [7] = "M15 6m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
                                        [8] = "M15 2l4 7h-8z",
                                        [9] = "M15 2l4 7h-8z",
                                        [11] = "M15 10l4-7h-8z",
                                        [13] = "M15 2l4 4-4 4-4-4z"};
    const int count = sizeof paths / sizeof *paths;
    return point > 0 && point < count && paths[point] ? paths[point] : NULL;
}

static void put_swatch(FILE *out, sur_pen pen, bool lines)
{
    static const char *const dashes[] = {"", "7 3.5", "1.5 3.5", "8 3 1.5 3", "4 3"};
    const char *name = sur_colour_name(pen.colour);
    const char *marker = marker_path(pen.point);
    const bool open = pen.point == 4 || pen.point == 6 || pen.point == 8;
    fprintf(out,
            "<svg class=\"swatch\" viewBox=\"0 0 30 12\" aria-hidden=\"true\" "
            "style=\"stroke:var(--%s);fill:var(--%s)\">",
            name, name);
    if (lines)
        fprintf(out,
                "<path d=\"M0 6H30\" stroke-width=\"2.4\" stroke-dasharray=\"%s\"/>",
                dashes[pen.dash]);
    if (marker && (!lines || pen.dash == SUR_SOLID))
        fprintf(out, "<path d=\"%s\" stroke-width=\"1\"%s/>", marker,
                open ? " fill=\"none\"" : "");
    fputs("</svg>", out);
}

static void put_legend(FILE *out, const sur_drawing *drawing)
{
    sur_key keys[SUR_MOST_KEYS];
    const int count = sur_keys(keys, drawing);
    fputs("<ul class=\"legend\">\n", out);
    for (int k = 0; k < count; k++) {
        const bool of_all = drawing->series_count > 1 && keys[k].series < 0;
        listing list = {out, drawing, &keys[k], ""};
        fputs("<li data-elements=\"", out);
        sur_script_elements(drawing, SUR_PANEL, list_element, &list);
        if (!of_all) {
            fputs("\" data-series=\"", out);
            sur_put_escaped(out,
                            drawing->series[keys[k].series < 0 ? 0 : keys[k].series],
                            SUR_AS_HTML);
            fputs("\" data-curve=\"", out);
            sur_put_escaped(out, drawing->roles[keys[k].role < 0 ? 0 : keys[k].role],
                            SUR_AS_HTML);
        }
        fputs("\">", out);
        put_swatch(out, keys[k].pen,
                   of_all || !(drawing->x.names || drawing->figure->points));
        fputs("<span class=\"name\">", out);
        sur_put_escaped(out, keys[k].name, SUR_AS_HTML);
        fputs("</span>", out);
        if (!of_all) fputs("<span class=\"value\"></span>", out);
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
}

/* ---- data ---- */

static sur_status put_csv_link(FILE *out, const sur_view *view,
                               const sur_drawing *drawing, sur_error *err)
{
    char *csv = NULL;
    size_t size;
    FILE *text = open_memstream(&csv, &size);
    if (!text) return sur_fail(err, SUR_ENOMEM, "cannot allocate a figure's data");
    sur_drawing_csv(text, drawing);
    const bool closed = fclose(text) == 0;
    if (closed) {
        fputs("<a class=\"data\" download=\"", out);
        sur_put_escaped(out, view->results->experiment->name, SUR_AS_HTML);
        fputc('-', out);
        sur_put_escaped(out, drawing->figure->name, SUR_AS_HTML);
        fputs(".csv\" href=\"", out);
        sur_put_data_link(out, csv, size);
        fputs("\">Data as CSV</a>", out);
    }
    free(csv);
    return closed ? SUR_OK
                  : sur_fail(err, SUR_ENOMEM, "cannot allocate a figure's data");
}

/* Where the script of the page finds things: the x axis in numbers. */
static void put_axis(FILE *out, const sur_axis *x)
{
    const double numbers[] = {x->low, x->high, x->zero, x->infinity};
    fprintf(out, " data-log=\"%d\" data-axis=\"", x->log);
    for (int k = 0; k < 4; k++)
        fprintf(out, isnan(numbers[k]) ? "%snan" : "%s%.10g", k ? " " : "", numbers[k]);
    fputc('"', out);
}

/* The words of the x axis, for the script. */
static void put_names(FILE *out, const sur_axis *x)
{
    if (!x->names) return;
    fputs("<template class=\"names\">", out);
    for (sur_idx k = 0; k < x->name_count; k++) {
        fputs("<i>", out);
        sur_put_escaped(out, x->names[k], SUR_AS_HTML);
        fputs("</i>", out);
    }
    fputs("</template>\n", out);
}

sur_status sur_page_figure(FILE *out, const sur_view *view, const sur_figure *figure,
                           int number, sur_error *err)
{
    sur_drawing drawing = {0};
    sur_status status;

    SUR_TRY(sur_drawing_new(&drawing, view, figure, err));
    fprintf(out, "<figure id=\"f%d\"%s", number,
            figure->panel ? " class=\"stack\"" : "");
    put_axis(out, &drawing.x);
    fprintf(out, ">\n<h3 id=\"f%d-title\">", number);
    sur_put_escaped(out, drawing.title, SUR_AS_HTML);
    fputs("</h3>\n<p class=\"note\">", out);
    sur_put_escaped(out, drawing.note, SUR_AS_HTML);
    fputs("</p>\n<div class=\"panel\">\n", out);
    for (int p = 0; p < PANELS; p++)
        SUR_TRY(put_panel(out, &drawing, &panels[figure->panel][p], number, err));
    put_names(out, &drawing.x);
    fputs("</div>\n<p class=\"readout\" aria-live=\"polite\"></p>\n", out);
    put_legend(out, &drawing);
    fputs("<figcaption>", out);
    sur_put_escaped(out, drawing.caption, SUR_AS_HTML);
    fputs(" ", out);
    SUR_TRY(put_csv_link(out, view, &drawing, err));
    fputs("</figcaption>\n</figure>\n", out);
done:
    sur_drawing_free(&drawing);
    return status;
}
