/* plot.c -- one figure to a file, to the terminal, or as a script. */
#include "base/memory.h"
#include "base/output.h"
#include "base/text.h"
#include "base/try.h"
#include "report/gnuplot.h"
#include "report/picture.h"
#include "report/script.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <surplus/report.h>

static const struct {
    const char *extension, *terminal;
} formats[] = {
    {".svg", "svg size 820,500 dynamic background rgb 'white' font 'DejaVu Sans,13' "
             "linewidth 1"},
    {".pdf", "pdfcairo size 6.4in,3.9in font 'DejaVu Sans,10' linewidth 1"},
    {".png", "pngcairo size 1230,750 font 'DejaVu Sans,15' linewidth 1.4"},
};
enum { FORMATS = sizeof formats / sizeof *formats };
static const char dumb[] = "dumb size 100,32 noenhanced";

static sur_status find_terminal(const char **terminal, const char *path, sur_error *err)
{
    const char *extension = strrchr(path, '.');
    for (int f = 0; extension && f < FORMATS; f++)
        if (strcasecmp(extension, formats[f].extension) == 0) {
            *terminal = formats[f].terminal;
            return SUR_OK;
        }
    return sur_fail(err, SUR_EINVAL, "%s: a figure is .svg, .pdf or .png", path);
}

/* The first figure that has something to draw and whose x varies; where none does, the
 * first that has something to draw; or NULL. */
static const sur_figure *main_figure(const sur_view *view)
{
    const sur_experiment *experiment = view->results->experiment;
    const sur_figure *possible = NULL;
    for (sur_idx f = 0; f < experiment->figure_count; f++) {
        const sur_figure *one = &experiment->figures[f];
        if (!sur_drawing_possible(view->results, one)) continue;
        if (sur_view_varies(view, one->x)) return one;
        if (!possible) possible = one;
    }
    return possible;
}

/* The figure or picture of that name; without a name the main figure. */
static sur_status find_figure(const sur_figure **figure, const sur_picture **picture,
                              const sur_view *view, const char *name, sur_error *err)
{
    const sur_experiment *experiment = view->results->experiment;
    const sur_idx figures = experiment->figure_count,
                  pictures = experiment->picture_count;
    const char **names = NULL;
    sur_status status = SUR_OK;

    *figure = name ? NULL : main_figure(view);
    *picture = NULL;
    for (sur_idx f = 0; name && f < figures && !*figure; f++)
        if (strcmp(experiment->figures[f].name, name) == 0)
            *figure = &experiment->figures[f];
    for (sur_idx k = 0; name && k < pictures && !*picture; k++)
        if (strcmp(experiment->pictures[k].name, name) == 0)
            *picture = &experiment->pictures[k];
    if (*figure || *picture) return SUR_OK;
    SUR_FAIL_IF(!name, SUR_EINVAL, "%s: no finished trial has anything to draw",
                experiment->name);
    SUR_TRY(sur_alloc(&names, figures + pictures, sizeof *names, err));
    for (sur_idx f = 0; f < figures; f++) names[f] = experiment->figures[f].name;
    for (sur_idx k = 0; k < pictures; k++)
        names[figures + k] = experiment->pictures[k].name;
    const char *nearest = sur_nearest(name, names, figures + pictures);
    SUR_FAIL_IF(true, SUR_EINVAL, "there is no figure \"%.80s\"%s%s%s", name,
                nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                nearest ? "\"?" : "");
done:
    free(names);
    return status;
}

static void copy_all(FILE *to, FILE *from)
{
    char block[16384];
    size_t got;
    while ((got = fread(block, 1, sizeof block, from)) > 0) fwrite(block, 1, got, to);
}

/* A figure, or the maps of a picture. */
typedef struct subject {
    sur_drawing drawing;
    sur_maps maps;
    bool is_maps;
} subject;

static sur_status make(subject *out, const sur_view *view, const char *name,
                       sur_error *err)
{
    const sur_figure *figure;
    const sur_picture *picture;
    sur_status status;
    SUR_TRY(find_figure(&figure, &picture, view, name, err));
    if (figure) return sur_drawing_new(&out->drawing, view, figure, err);
    SUR_TRY(sur_maps_new(&out->maps, view, picture, err));
    out->is_maps = true;
    SUR_FAIL_IF(out->maps.rows == 0, SUR_EINVAL,
                "no finished trial kept the picture %s", name);

done:
    return status;
}

static void put(FILE *out, const subject *what, const char *terminal,
                const char *output, sur_script_kind kind)
{
    if (what->is_maps)
        sur_maps_script(out, &what->maps, terminal, output, true);
    else
        sur_script(out, &what->drawing, terminal, output, kind);
}

static sur_status draw(FILE *out, const subject *what, const char *terminal,
                       sur_script_kind kind, sur_error *err)
{
    FILE *script = tmpfile(), *picture = tmpfile();
    sur_status status;

    SUR_FAIL_IF(!script || !picture, SUR_EWRITE, "no temporary file for gnuplot");
    put(script, what, terminal, NULL, kind);
    SUR_TRY(sur_gnuplot_run(picture, script, err));
    copy_all(out, picture);
done:
    if (script) fclose(script);
    if (picture) fclose(picture);
    return status;
}

/* A script to keep: draws an SVG named after the figure when run by plain gnuplot. */
static void put_script(FILE *out, const subject *what)
{
    char file[128];
    snprintf(file, sizeof file, "%.120s.svg",
             what->is_maps ? what->maps.picture->name : what->drawing.figure->name);
    fprintf(
        out,
        "# gnuplot draws %s from this file; for others change the first two lines,\n"
        "# for example: set terminal %s\n",
        file, formats[1].terminal);
    put(out, what, formats[0].terminal, file, SUR_FIGURE);
}

sur_status sur_report_plot(const sur_results *results, const char *figure,
                           const char *path, sur_plot_format format, sur_error *err)
{
    const bool to_stdout = strcmp(path, "-") == 0;
    const char *terminal = dumb;
    sur_view view = {0};
    subject what = {0};
    sur_output output = {0};
    sur_status status;

    if (format == SUR_PLOT_BY_NAME) SUR_TRY(find_terminal(&terminal, path, err));
    SUR_TRY(sur_view_new(&view, results, NULL, err));
    SUR_TRY(make(&what, &view, figure, err));
    SUR_FAIL_IF(what.is_maps && format == SUR_PLOT_TEXT, SUR_EINVAL,
                "%s is not drawn in characters: write it to a file", figure);
    if (!to_stdout) SUR_TRY(sur_output_open(&output, path, err));

    FILE *out = to_stdout ? stdout : output.file;
    if (format == SUR_PLOT_SCRIPT)
        put_script(out, &what);
    else
        SUR_TRY(draw(out, &what, terminal,
                     format == SUR_PLOT_TEXT ? SUR_TERMINAL : SUR_FIGURE, err));
    if (!to_stdout) SUR_TRY(sur_output_commit(&output, err));
    SUR_FAIL_IF(to_stdout && (fflush(stdout) != 0 || ferror(stdout)), SUR_EWRITE,
                "standard output: write failed");
done:
    sur_output_drop(&output);
    sur_drawing_free(&what.drawing);
    sur_maps_free(&what.maps);
    sur_view_free(&view);
    return status;
}
