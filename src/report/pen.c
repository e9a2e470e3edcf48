/* pen.c -- how curves are told apart. */
#include "report/picture.h"
#include "report/script.h"

#include <string.h>

/* Every colour of a figure, with the name by which the page's style sheet may give it
 * another value in the dark. The words' colours differ in hue for the colour-blind and
 * in lightness for print in gray; the numbers' go from dark to light. */
enum { COLOURS = SUR_MOST_SERIES };
static const struct colour {
    const char *hex, *name;
} fixed[] = {
    {SUR_INK, "ink"}, {SUR_MUTED, "muted"}, {SUR_FRAME, "frame"}, {SUR_GRID, "grid"}};
static const struct colour of_words[COLOURS] = {
    {"#3b6fb6", "w0"}, {"#d98a1f", "w1"}, {"#2a8f6a", "w2"}, {"#a8456b", "w3"},
    {"#56a5cc", "w4"}, {"#6b57a5", "w5"}, {"#7f7a2e", "w6"}, {"#6b7280", "w7"},
    {"#c4433a", "w8"}, {"#3a3d42", "w9"}};
static const struct colour of_numbers[COLOURS] = {
    {"#440154", "n0"}, {"#481f70", "n1"}, {"#443983", "n2"}, {"#3b528b", "n3"},
    {"#31688e", "n4"}, {"#287c8e", "n5"}, {"#21918c", "n6"}, {"#20a486", "n7"},
    {"#35b779", "n8"}, {"#5ec962", "n9"}};
static const struct {
    const struct colour *at;
    int count;
} palettes[] = {
    {fixed, sizeof fixed / sizeof *fixed}, {of_words, COLOURS}, {of_numbers, COLOURS}};
enum { PALETTES = sizeof palettes / sizeof *palettes };

static const int markers[] = {7, 5, 9, 13, 11, 6, 4, 8, 12, 10};

sur_pen sur_pen_of(const sur_drawing *drawing, const sur_curve *curve)
{
    static const sur_dash dashes[] = {SUR_SOLID, SUR_DASHED, SUR_DASH_DOT, SUR_SHORT};
    const sur_idx n = drawing->series_count;
    if (n == 1) {
        if (curve->theory) return (sur_pen){SUR_INK, SUR_DOTTED, 0};
        const int k = curve->role % COLOURS;
        return (sur_pen){of_words[k].hex, dashes[k == 0 ? 0 : k % 4], markers[k]};
    }
    const sur_idx k = curve->series % COLOURS;
    const char *colour = drawing->ordered && n > 2
                             ? of_numbers[(k * (COLOURS - 1)) / (n - 1)].hex
                             : of_words[k].hex;
    return (sur_pen){colour, curve->theory ? SUR_DOTTED : dashes[curve->role % 4],
                     markers[k]};
}

const char *sur_class_colour(sur_idx class) { return of_words[class % COLOURS].hex; }

int sur_keys(sur_key *keys, const sur_drawing *drawing)
{
    const bool several = drawing->series_count > 1;
    int count = 0;
    for (sur_idx c = 0; several && c < drawing->curve_count; c++) {
        const sur_curve *curve = &drawing->curves[c];
        if (c > 0 && curve->series == curve[-1].series) continue;
        const sur_pen pen = sur_pen_of(drawing, curve);
        keys[count++] =
            (sur_key){drawing->series[curve->series], pen, curve->series, -1};
    }
    for (int role = 0; role < drawing->role_count; role++) {
        if (several && drawing->role_count == 1) break;
        const sur_curve *curve = drawing->curves;
        while (curve < drawing->curves + drawing->curve_count && curve->role != role)
            curve++;
        if (curve == drawing->curves + drawing->curve_count) continue;
        sur_pen pen = sur_pen_of(drawing, curve);
        if (several) pen = (sur_pen){SUR_MUTED, pen.dash, 0};
        keys[count++] = (sur_key){drawing->roles[role], pen, -1, role};
    }
    return count;
}

const char *sur_colour_name(const char *hex)
{
    for (int p = 0; p < PALETTES; p++)
        for (int c = 0; c < palettes[p].count; c++)
            if (strcmp(palettes[p].at[c].hex, hex) == 0) return palettes[p].at[c].name;
    return NULL;
}

void sur_put_colours(FILE *out)
{
    for (int p = 0; p < PALETTES; p++)
        for (int c = 0; c < palettes[p].count; c++)
            fprintf(out, "--%s:%s;", palettes[p].at[c].name, palettes[p].at[c].hex);
}
