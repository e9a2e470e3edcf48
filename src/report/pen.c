/* pen.c -- how curves are told apart. */
#include "report/script.h"

/* Differ in hue for the colour-blind, and in lightness for print in gray. */
static const char *const words_palette[] = {"#3b6fb6", "#d98a1f", "#2a8f6a", "#a8456b",
                                            "#56a5cc", "#6b57a5", "#7f7a2e", "#6b7280"};
/* Dark to light: a number that grows. */
static const char *const number_palette[] = {"#440154", "#482878", "#3e4989",
                                             "#31688e", "#26828e", "#1f9e89",
                                             "#35b779", "#6ece58"};
static const int markers[] = {7, 5, 9, 13, 11, 6, 4, 8};
enum { COLOURS = 8 };

sur_pen sur_pen_of(const sur_drawing *drawing, const sur_curve *curve)
{
    static const sur_dash dashes[] = {SUR_SOLID, SUR_DASHED, SUR_DASH_DOT, SUR_SHORT};
    const sur_idx n = drawing->series_count;
    if (n == 1) {
        if (curve->theory) return (sur_pen){SUR_INK, SUR_DOTTED, 0};
        const int k = curve->role % COLOURS;
        return (sur_pen){words_palette[k], dashes[k == 0 ? 0 : k % 4], markers[k]};
    }
    const sur_idx k = curve->series % COLOURS;
    const char *colour = drawing->ordered && n > 2
                             ? number_palette[(k * (COLOURS - 1)) / (n - 1)]
                             : words_palette[k];
    return (sur_pen){colour, curve->theory ? SUR_DOTTED : dashes[curve->role % 4],
                     markers[k]};
}

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
