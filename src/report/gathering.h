/* gathering.h -- the measurements that a figure draws, before they are averaged. */
#ifndef REPORT_GATHERING_H
#define REPORT_GATHERING_H

#include "report/drawing.h"
#include "report/ways.h"

typedef struct sur_sample {
    sur_idx series;
    int role;
    double at; /* what orders the points of a curve: x, but for a figure over a metric
                  the iteration or the rank of the option's value */
    double x, value, low, high;
} sur_sample;

/* A line of the figure: a metric of one model role. */
typedef struct sur_role {
    const char *metric, *split, *label;
    bool theory;
} sur_role;

enum { SUR_MOST_ROLES = 24 };

typedef struct sur_gathering {
    const sur_view *view;
    const sur_figure *figure;
    const sur_field *x;       /* NULL: iteration, or a metric */
    const sur_factor *factor; /* of x, when it varies */
    const sur_metric *over;   /* x is this metric; NULL: it is not */
    bool trace;               /* rows of iterations, not final ones */
    sur_ways ways;            /* of a figure over a metric */
    sur_role roles[SUR_MOST_ROLES];
    int role_count;
    sur_idx *series;      /* [records], without ways */
    sur_idx series_count; /* with them */
    sur_sample *samples;  /* [count] */
    sur_idx count, room;
} sur_gathering;

/* Finds roles and series, and gathers the samples; what it holds is freed by
 * sur_gathering_free. SUR_EINVAL: nothing to draw. */
SUR_MUST_USE sur_status sur_gathering_new(sur_gathering *g, const sur_view *view,
                                          const sur_figure *figure, sur_error *err);
void sur_gathering_free(sur_gathering *g);

/* The number of a record's series, of one way; at most SUR_MOST_SERIES are drawn,
 * evenly through their order, and those left out are -1. */
sur_idx sur_gathered_series(const sur_gathering *g, sur_idx record, int way);

/* Whether an option's values make series of their own. */
bool sur_gathered_by(const sur_gathering *g, const sur_factor *factor);

/* Whether an option is no number. */
bool sur_field_of_words(const sur_field *field);

#endif
