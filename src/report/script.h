/* script.h -- a drawing as a gnuplot script, data and all. */
#ifndef REPORT_SCRIPT_H
#define REPORT_SCRIPT_H

#include "report/drawing.h"

#define SUR_INK "#333333"
#define SUR_MUTED "#666666"
#define SUR_FRAME "#888888"
#define SUR_GRID "#e6e6e6"

typedef enum sur_dash {
    SUR_SOLID,
    SUR_DASHED,
    SUR_DOTTED,
    SUR_DASH_DOT,
    SUR_SHORT
} sur_dash;

/* How a curve looks: told apart by colour on a screen, by dash and marker in gray. */
typedef struct sur_pen {
    const char *colour; /* "#3b6fb6" */
    sur_dash dash;
    int point; /* gnuplot's pt; 0: no markers */
} sur_pen;
sur_pen sur_pen_of(const sur_drawing *drawing, const sur_curve *curve);

/* The short name of one of the figures' colours ("w0"), NULL for another colour; and
 * all of them as a style sheet's declarations "--w0:#3b6fb6;". */
const char *sur_colour_name(const char *hex);
void sur_put_colours(FILE *out);

/* A legend: one row per series, then one per kind of line where there are several; only
 * the kinds of line when there is one series. */
typedef struct sur_key {
    const char *name;
    sur_pen pen;
    sur_idx series; /* whose curves it stands for, -1: of all */
    int role;       /* likewise */
} sur_key;
enum { SUR_MOST_KEYS = SUR_MOST_SERIES + 24 };
int sur_keys(sur_key *keys, const sur_drawing *drawing);

typedef enum sur_script_kind {
    SUR_FIGURE, /* complete: title, note, legend */
    SUR_PANEL,  /* for the page, which has those in HTML: only the frame and curves */
    SUR_NARROW_PANEL, /* likewise, for a phone */
    SUR_TERMINAL      /* characters */
} sur_script_kind;

/* Where the frame of a panel lies, as shares of its width and height from the upper
 * left. */
typedef struct sur_box {
    double left, right, top, bottom;
} sur_box;
sur_box sur_panel_box(const sur_drawing *drawing, sur_script_kind kind);

/* terminal: what follows `set terminal`. output: a file for `set output`, or NULL. */
void sur_script(FILE *out, const sur_drawing *drawing, const char *terminal,
                const char *output, sur_script_kind kind);

/* In which order the plot elements of a script stand: calls see(payload, element,
 * curve) for element 1, 2, ... (gnuplot's plot_1, plot_2, ...) with the curve it
 * belongs to. */
void sur_script_elements(const sur_drawing *drawing, sur_script_kind kind,
                         void (*see)(void *payload, int element, sur_idx curve),
                         void *payload);

/* ---- parts of sur_script ---- */

/* A curve's points, as a block of lines "x value low high"; those that stand apart, at
 * infinity or at the zero of a logarithmic axis, in a block of their own. */
void sur_put_line_data(FILE *out, const sur_drawing *drawing,
                       sur_idx c); /* $curve<c> */
void sur_put_edge_data(FILE *out, const sur_drawing *drawing, sur_idx c); /* $edge<c> */
sur_idx sur_line_points(const sur_drawing *drawing, sur_idx c);
sur_idx sur_edge_points(const sur_drawing *drawing, sur_idx c);

#endif
