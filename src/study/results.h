/* results.h -- what the files of the results share. */
#ifndef STUDY_RESULTS_H
#define STUDY_RESULTS_H

#include <surplus/study.h>

#include "store/arena.h"

/* One stored trial on its way into the records, and what of it is not for summaries. */
typedef struct sur_row {
    sur_record record;
    const sur_fields *fields; /* for comparing */
    int64_t id;               /* in the store */
    const char *spec;         /* as stored; in the arena */
    sur_idx first;            /* of its measurements */
} sur_row;

/* sur_results.owned */
typedef struct sur_kept {
    sur_store *store; /* borrowed, for artifacts */
    sur_row *rows;    /* [count], in the order of the records */
    sur_idx count, capacity;
    sur_record *records; /* [count] */
    char *options;       /* [option_count] structs, the records' */
    sur_idx option_count, option_capacity;
    sur_measurement *measurements;
    sur_idx used, room;
    sur_arena text;
} sur_kept;

/* Keeps the rows for which keep[i] holds, in order. */
void sur_kept_compact(sur_results *results, const bool *keep);

/* results_order.c: rows by spec; measurements by iteration, metric, split. */
int sur_row_compare(const void *a, const void *b);
SUR_MUST_USE sur_status sur_measurements_sort(sur_measurement *measurements,
                                              sur_idx count,
                                              const sur_experiment *experiment,
                                              sur_error *err);

/* ---- conditions: "width>1000, ridge=0" ---- */

typedef enum sur_compare { SUR_EQ, SUR_NE, SUR_LT, SUR_LE, SUR_GT, SUR_GE } sur_compare;

typedef struct sur_condition {
    char *name, *value; /* as written, without blanks around; owned */
    sur_compare compare;
} sur_condition;

/* Reads conditions joined by commas. A part without a comparison belongs to the value
 * before it, if that is of a text option: "columns=a,b". fields may be NULL.
 * SUR_EINVAL. */
SUR_MUST_USE sur_status sur_conditions_read(sur_condition **out, sur_idx *count,
                                            const char *text, const sur_fields *fields,
                                            sur_error *err);
void sur_conditions_free(sur_condition *conditions, sur_idx count);

/* a COMPARE b; never with NaN on a side. */
bool sur_compare_numbers(sur_compare compare, double a, double b);
/* The value as a number, "inf" and "-inf" too. SUR_EINVAL. */
SUR_MUST_USE sur_status sur_condition_number(const sur_condition *condition, double *x,
                                             sur_error *err);
/* The metric of that name, '-' being '_', or NULL. */
const sur_metric *sur_metric_find(const sur_experiment *experiment, const char *name);

/* Reports a name that is neither an option (if options count), a metric nor one of
 * extra. */
SUR_MUST_USE sur_status sur_no_such_name(const sur_experiment *experiment,
                                         const char *what, const char *name,
                                         const sur_fields *fields,
                                         const char *const *extra, sur_idx extra_count,
                                         sur_error *err);

#endif
