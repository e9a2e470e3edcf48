/* page_picture.c -- maps on the page: two sizes of the picture, legend, caption. */
#include "report/gnuplot.h"
#include "report/page.h"
#include "report/picture.h"
#include "report/script.h"

#include "base/try.h"

#include <stdlib.h>

static const struct size {
    const char *class, *letter;
    int width, height; /* of one row */
} sizes[] = {{"wide", "w", 860, 285}, {"narrow", "n", 420, 160}};

static sur_status put_panel(FILE *out, const sur_maps *maps, const struct size *size,
                            int number, sur_error *err)
{
    const int height = size->height * maps->rows;
    char terminal[128], prefix[32];
    snprintf(terminal, sizeof terminal, "svg size %d,%d dynamic font 'DejaVu Sans,13'",
             size->width, height);
    snprintf(prefix, sizeof prefix, "f%d%s-", number, size->letter);
    FILE *script = tmpfile();
    if (!script) return sur_fail(err, SUR_EWRITE, "no temporary file for gnuplot");
    sur_maps_script(script, maps, terminal, NULL, false);
    fprintf(out,
            "<svg class=\"%s\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "aria-labelledby=\"f%d-title\">",
            size->class, size->width, height, number);
    const sur_status status = sur_page_put_svg(out, script, prefix, err);
    fputs("</svg>\n", out);
    fclose(script);
    return status;
}

static void put_legend(FILE *out, const sur_maps *maps)
{
    fputs("<ul class=\"legend\">\n", out);
    for (sur_idx c = 0; c < maps->classes; c++) {
        if (!maps->present[c]) continue;
        fprintf(out,
                "<li><svg class=\"swatch\" viewBox=\"0 0 30 12\" aria-hidden=\"true\" "
                "style=\"fill:var(--%s)\"><path d=\"M9 0h12v12h-12z\"/></svg>"
                "<span class=\"name\">",
                sur_colour_name(sur_class_colour(c)));
        if (maps->row[0].class_name[c])
            sur_put_escaped(out, maps->row[0].class_name[c], SUR_AS_HTML);
        else
            fprintf(out, "%lld", (long long)c);
        fputs("</span></li>\n", out);
    }
    fputs("</ul>\n", out);
}

/* What the marks are: "x: forgotten example 17; o: test example 3, test example 8". */
static void put_marks(FILE *out, const sur_maps *maps)
{
    const sur_plane *p = &maps->row[0];
    for (int k = 0; k < p->points; k++) {
        fputs(k == 0 ? " × " : k == 1 ? "; ○ " : ", ", out);
        sur_put_escaped(out, p->point_name[k], SUR_AS_HTML);
    }
    if (p->points) fputs(".", out);
}

static sur_status put_csv_link(FILE *out, const sur_view *view, const sur_maps *maps,
                               sur_error *err)
{
    char *csv = NULL;
    size_t size;
    FILE *text = open_memstream(&csv, &size);
    if (!text) return sur_fail(err, SUR_ENOMEM, "cannot allocate a picture's data");
    sur_maps_csv(text, maps);
    const bool closed = fclose(text) == 0;
    if (closed) {
        fputs(" <a class=\"data\" download=\"", out);
        sur_put_escaped(out, view->results->experiment->name, SUR_AS_HTML);
        fprintf(out, "-%s.csv\" href=\"", maps->picture->name);
        sur_put_data_link(out, csv, size);
        fputs("\">Data as CSV</a>", out);
    }
    free(csv);
    return closed ? SUR_OK
                  : sur_fail(err, SUR_ENOMEM, "cannot allocate a picture's data");
}

sur_status sur_page_picture(FILE *out, const sur_view *view, const sur_picture *picture,
                            int *number, sur_error *err)
{
    sur_maps maps;
    sur_status status = sur_maps_new(&maps, view, picture, err);
    if (status != SUR_OK || maps.rows == 0) return status;
    ++*number;
    fprintf(out, "<figure id=\"f%d\" class=\"picture\">\n<h3 id=\"f%d-title\">",
            *number, *number);
    sur_put_escaped(out, picture->title, SUR_AS_HTML);
    fputs("</h3>\n<p class=\"note\">", out);
    sur_put_escaped(out, maps.note, SUR_AS_HTML);
    fputs("</p>\n<div class=\"panel\">\n", out);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        SUR_TRY(put_panel(out, &maps, &sizes[s], *number, err));
    fputs("</div>\n", out);
    put_legend(out, &maps);
    fputs("<figcaption>", out);
    sur_put_escaped(out, picture->caption, SUR_AS_HTML);
    put_marks(out, &maps);
    SUR_TRY(put_csv_link(out, view, &maps, err));
    fputs("</figcaption>\n</figure>\n", out);

done:
    sur_maps_free(&maps);
    return status;
}
