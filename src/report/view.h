/* view.h -- records seen as a table: which options vary, and which metrics were
 * measured. */
#ifndef REPORT_VIEW_H
#define REPORT_VIEW_H

#include <stdio.h>
#include <surplus/study.h>

#include "report/text.h"
#include "study/results.h"

/* An option that has more than one value among the records. */
typedef struct sur_factor {
    const sur_field *field;
    sur_idx *code;    /* [records]: the rank of the record's value, 0 .. count - 1 */
    sur_idx *example; /* [count]: a record that has the value; values ascend */
    sur_idx count;
    bool derived;   /* follows from the others (a dimension that is always the width) */
    bool replicate; /* a seed: its values are repetitions, not conditions */
} sur_factor;

/* A metric of one model role, final values. */
typedef struct sur_column {
    const sur_metric *metric;
    const char *split; /* NULL: the plain one */
    bool interval;     /* some record has low or high */
} sur_column;

typedef struct sur_view {
    const sur_results *results;
    sur_factor *factors; /* [factor_count], in table order */
    sur_idx factor_count;
    sur_column *columns; /* [column_count], in the order of the metric table */
    sur_idx column_count;
} sur_view;

/* metrics: names joined by commas; NULL: those of the figures and those with a better
 * direction. A name that is no metric is SUR_EINVAL with the nearest one. */
SUR_MUST_USE sur_status sur_view_new(sur_view *out, const sur_results *results,
                                     const char *metrics, sur_error *err);
void sur_view_free(sur_view *view);

/* The factor of that option, or NULL when it does not vary. */
const sur_factor *sur_view_factor(const sur_view *view, const char *name);

/* Whether it varies; "iteration" always does. */
bool sur_view_varies(const sur_view *view, const char *name);

/* The record's final measurement of the column, or NULL. */
const sur_measurement *sur_view_cell(const sur_record *record,
                                     const sur_column *column);

/* Writes an option's value for people: short numbers, names of choices. */
void sur_put_option(FILE *out, const sur_field *field, const void *options,
                    sur_escape escape);

/* ---- groups of records ---- */

/* Splits the groups by a second code: group[i] becomes the rank of (group[i], code[i]),
 * so that the order is lexicographic. *count is the number of groups before and after.
 */
SUR_MUST_USE sur_status sur_refine(sur_idx *group, sur_idx *count, const sur_idx *code,
                                   sur_idx n, sur_error *err);

#endif
