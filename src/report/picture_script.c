/* picture_script.c -- maps as boxes: each run of one class along a line is one box,
 * reaching into the next line, which is drawn over it, so that no seam shows. */
#include "report/picture.h"
#include "report/script.h"

#include <math.h>
#include <string.h>

enum { KEY_NAMES = 20 }; /* classes that a legend names */

static void put_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    sur_put_escaped(out, text, SUR_AS_GNUPLOT);
    fputc('\'', out);
}

static double edge(const double ends[2], sur_idx i, sur_idx resolution)
{
    const double step = (ends[1] - ends[0]) / (double)(resolution - 1);
    return ends[0] + ((double)i - 0.5) * step;
}

static void put_map_data(FILE *out, const sur_plane *p, int row, int m)
{
    const sur_idx r = p->resolution;
    const int32_t *map = p->map + m * r * r;
    const double over = 0.5 * (p->y[1] - p->y[0]) / (double)(r - 1);
    fprintf(out, "$map%d_%d << EOD\n", row, m);
    for (sur_idx line = 0; line < r; line++)
        for (sur_idx i = 0, next; i < r; i = next) {
            const int32_t class = map[line * r + i];
            for (next = i + 1; next < r && map[line * r + next] == class;) next++;
            const double left = edge(p->x, i, r), right = edge(p->x, next, r),
                         low = edge(p->y, line, r),
                         high = edge(p->y, line + 1, r) + (line + 1 < r ? over : 0.0);
            fprintf(out, "%.6g %.6g %.6g %.6g %.6g %.6g 0x%s\n", 0.5 * (left + right),
                    0.5 * (low + high), left, right, low, high,
                    sur_class_colour(class) + 1);
        }
    fputs("EOD\n", out);
}

static void put_point_data(FILE *out, const sur_plane *p, int row)
{
    fprintf(out, "$points%d << EOD\n", row);
    for (int k = 0; k < p->points; k++)
        fprintf(out, "%.6g %.6g\n", p->at[k][0], p->at[k][1]);
    fputs("EOD\n", out);
}

/* The first point is a cross, the others are circles; on white, so that they show. */
static void put_plot(FILE *out, const sur_plane *p, int row, int m)
{
    fprintf(out, "set xrange [%.6g:%.6g]\nset yrange [%.6g:%.6g]\nset title ",
            edge(p->x, 0, p->resolution), edge(p->x, p->resolution, p->resolution),
            edge(p->y, 0, p->resolution), edge(p->y, p->resolution, p->resolution));
    char title[256];
    snprintf(title, sizeof title, "%.120s%s%.120s", p->label, *p->label ? ": " : "",
             p->map_name[m]);
    put_quoted(out, title);
    fprintf(
        out,
        " noenhanced offset 0,-0.6 textcolor rgb '%s'\n"
        "plot $map%d_%d using 1:2:3:4:5:6:7 with boxxyerror fillstyle solid noborder "
        "linecolor rgb variable notitle",
        SUR_INK, row, m);
    if (p->points > 0)
        fprintf(out,
                ", \\\n     $points%d every ::0::0 using 1:2 with points pointtype 7 "
                "pointsize 1.5 linecolor rgb '#ffffff' notitle"
                ", \\\n     $points%d every ::0::0 using 1:2 with points pointtype 2 "
                "pointsize 1 linewidth 2.2 linecolor rgb '#000000' notitle",
                row, row);
    if (p->points > 1)
        fprintf(out,
                ", \\\n     $points%d every ::1 using 1:2 with points pointtype 7 "
                "pointsize 1 linecolor rgb '#ffffff' notitle"
                ", \\\n     $points%d every ::1 using 1:2 with points pointtype 6 "
                "pointsize 0.8 linewidth 1.6 linecolor rgb '#000000' notitle",
                row, row);
    fputc('\n', out);
}

/* Squares and names of the classes along the lower edge. */
static void put_legend(FILE *out, const sur_maps *maps)
{
    double at = 0.03;
    int named = 0;
    for (sur_idx c = 0; c < maps->classes && named < KEY_NAMES; c++) {
        const char *name = maps->row[0].class_name[c];
        char number[32];
        snprintf(number, sizeof number, "%lld", (long long)c);
        if (!maps->present[c]) continue;
        if (!name) name = number;
        fprintf(out,
                "set label '■' at screen %.4g, screen 0.05 left textcolor rgb '%s' "
                "noenhanced\nset label ",
                at, sur_class_colour(c));
        put_quoted(out, name);
        fprintf(out,
                " at screen %.4g, screen 0.05 left textcolor rgb '%s' noenhanced\n",
                at + 0.018, SUR_MUTED);
        at += 0.03 + 0.012 * (double)strlen(name);
        named++;
        if (at > 0.94) break;
    }
}

static void put_words(FILE *out, const sur_maps *maps)
{
    fputs("set label ", out);
    put_quoted(out, maps->picture->title);
    fprintf(out, " at screen 0.03, screen 0.965 left textcolor rgb '%s' noenhanced\n",
            SUR_INK);
    fputs("set label ", out);
    put_quoted(out, maps->note);
    fprintf(out, " at screen 0.03, screen 0.925 left textcolor rgb '%s' noenhanced\n",
            SUR_MUTED);
    put_legend(out, maps);
}

void sur_maps_script(FILE *out, const sur_maps *maps, const char *terminal,
                     const char *output, bool whole)
{
    int columns = 1;
    for (int r = 0; r < maps->rows; r++)
        if (maps->row[r].maps > columns) columns = maps->row[r].maps;
    fprintf(out, "set terminal %s\nset encoding utf8\n", terminal);
    if (output) {
        fputs("set output ", out);
        put_quoted(out, output);
        fputc('\n', out);
    }
    for (int r = 0; r < maps->rows; r++) {
        put_point_data(out, &maps->row[r], r);
        for (int m = 0; m < maps->row[r].maps; m++)
            put_map_data(out, &maps->row[r], r, m);
    }
    fprintf(out,
            "unset key\nunset tics\nset border 15 linecolor rgb '%s' linewidth 1\n"
            "set pointintervalbox 0\nset multiplot\n",
            SUR_FRAME);
    if (whole) put_words(out, maps);
    const double top = whole ? 0.9 : 1.0, bottom = whole ? 0.08 : 0.0,
                 width = 1.0 / columns, height = (top - bottom) / maps->rows;
    fputs("set size ratio -1\nset lmargin 1\nset rmargin 1\nset tmargin 1.6\n"
          "set bmargin 0.5\n",
          out);
    for (int r = 0; r < maps->rows; r++)
        for (int m = 0; m < maps->row[r].maps; m++) {
            fprintf(out, "set size %.6g,%.6g\nset origin %.6g,%.6g\n", width, height,
                    m * width, top - (r + 1) * height);
            put_plot(out, &maps->row[r], r, m);
            if (r == 0 && m == 0) fputs("unset label\n", out); /* once is enough */
        }
    fputs("unset multiplot\n", out);
}

void sur_maps_csv(FILE *out, const sur_maps *maps)
{
    fputs("row,map,x,y,class\n", out);
    for (int r = 0; r < maps->rows; r++) {
        const sur_plane *p = &maps->row[r];
        const sur_idx side = p->resolution;
        for (int m = 0; m < p->maps; m++)
            for (sur_idx g = 0; g < side * side; g++) {
                const int32_t class = p->map[m * side * side + g];
                sur_put_escaped(out, p->label, SUR_AS_CSV);
                fputc(',', out);
                sur_put_escaped(out, p->map_name[m], SUR_AS_CSV);
                fprintf(
                    out, ",%.6g,%.6g,",
                    0.5 * (edge(p->x, g % side, side) + edge(p->x, g % side + 1, side)),
                    0.5 *
                        (edge(p->y, g / side, side) + edge(p->y, g / side + 1, side)));
                if (p->class_name[class])
                    sur_put_escaped(out, p->class_name[class], SUR_AS_CSV);
                else
                    fprintf(out, "%d", (int)class);
                fputc('\n', out);
            }
    }
}
