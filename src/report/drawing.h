/* drawing.h -- one figure's curves, computed from records and not yet drawn.
 *
 * A curve is one metric (of one model role) of one series; a series is one combination
 * of the options that vary and are neither x nor a seed. Its point at x is the mean
 * over the trials there (the seeds). The band is the 95 % t interval of that mean when
 * there are two trials or more, else the interval of the one measurement. */
#ifndef REPORT_DRAWING_H
#define REPORT_DRAWING_H

#include "report/view.h"

enum {
    SUR_MOST_SERIES = 10, /* drawn; more of them cannot be told apart */
    SUR_MOST_MARKS = SUR_MOST_SERIES
};

typedef struct sur_point {
    double x, value, low, high; /* low, high: NAN without a band */
    sur_idx trials;
} sur_point;

typedef struct sur_curve {
    sur_idx series;
    int role;    /* which line of the figure: metrics in turn, theory last */
    bool theory; /* drawn dotted, without a band */
    bool band;   /* drawn; of several series only that of the first line is */
    const sur_point *points; /* [count], x ascending, +inf last */
    sur_idx count;
} sur_curve;

typedef struct sur_axis {
    char *label; /* with the unit */
    bool log;
    double low, high; /* the range drawn, edges included */
    double zero,
        infinity; /* where 0 (of a log axis) and inf stand at the edge; NAN: no need */
    char **names; /* [name_count]: the axis is of words, at 0, 1, ...; NULL: numbers */
    sur_idx name_count;
} sur_axis;

typedef struct sur_mark {
    double x;
    sur_idx series; /* -1: of all */
} sur_mark;

typedef struct sur_drawing {
    const sur_figure *figure;
    char *title, *note; /* the note says what is held fixed, and what is not drawn */
    char *caption;      /* what a point and its band are */
    char **series;      /* [series_count] names; "" when there is only one */
    sur_idx series_count, series_found;
    bool ordered; /* the series are values of one number */
    char **roles; /* [role_count] "test", "train", "theory" */
    int role_count;
    sur_curve *curves; /* [curve_count], by series then role */
    sur_idx curve_count;
    sur_point *points; /* owned; of all curves */
    sur_axis x, y;
    sur_mark marks[SUR_MOST_MARKS];
    int mark_count;
} sur_drawing;

/* Whether the figure has anything to draw from these records. */
bool sur_drawing_possible(const sur_results *results, const sur_figure *figure);

/* Whether its x axis has more than one place. */
bool sur_drawing_moves(const sur_view *view, const sur_figure *figure);

SUR_MUST_USE sur_status sur_drawing_new(sur_drawing *out, const sur_view *view,
                                        const sur_figure *figure, sur_error *err);
void sur_drawing_free(sur_drawing *drawing);

/* The figure's data as CSV: series, curve, x, value, low, high, trials; means and
 * bounds to 8 digits. */
void sur_drawing_csv(FILE *out, const sur_drawing *drawing);

/* ---- parts of sur_drawing_new ---- */

/* Ranges, logarithms and where infinity stands, from the curves. */
void sur_drawing_axes(sur_drawing *drawing, const sur_view *view);

/* Title, labels, note and caption. */
SUR_MUST_USE sur_status sur_drawing_words(sur_drawing *drawing, const sur_view *view,
                                          sur_error *err);

#endif
