/* ways.h -- the ways to move through trials that vary in several numbers.
 *
 * A figure over a metric joins trials that differ in one number alone. Each number that
 * varies is a way; on it are the trials whose other numbers have their base value, the
 * most frequent one. Trials at the base in everything are on every way. */
#ifndef REPORT_WAYS_H
#define REPORT_WAYS_H

#include "report/view.h"

enum { SUR_MOST_WAYS = 8 };

typedef struct sur_ways {
    const sur_factor *factor[SUR_MOST_WAYS];
    sur_idx base[SUR_MOST_WAYS]; /* code of the most frequent value */
    int count;                   /* 0: all trials are on one way */
} sur_ways;

/* Whether an option can be a way: a number that is no seed and follows from no other.
 */
bool sur_ways_fit(const sur_factor *factor);
SUR_MUST_USE sur_status sur_ways_find(sur_ways *out, const sur_view *view,
                                      sur_error *err);

/* At least 1. */
int sur_ways_count(const sur_ways *ways);
bool sur_ways_has(const sur_ways *ways, const sur_factor *factor);
bool sur_ways_on(const sur_ways *ways, int way, sur_idx record);

/* The place of a record along its way. */
double sur_ways_rank(const sur_ways *ways, int way, sur_idx record);

#endif
