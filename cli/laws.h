/* laws.h -- what `surplus check` checks: a table of laws, one row each.
 *
 * A law says what a number must be: by a theorem, a closed form, or a second way to the
 * same number. Most are a small study whose options are in the row, so that everything
 * between an option and a stored number is checked with them. */
#ifndef LAWS_H
#define LAWS_H

#include "cli.h"

typedef struct law_reading {
    double expected, measured;
    double tolerance; /* holds: |measured - expected| <= tolerance */
} law_reading;

/* How a law is read. All take the whole row, so that a row's numbers are in one place.
 */
typedef struct cli_law cli_law;
typedef sur_status (*cli_law_take)(const cli_law *law, law_reading *reading,
                                   sur_error *err);

struct cli_law {
    const char *part;   /* "descent": whose law it is */
    const char *text;   /* the law, for people */
    const char *source; /* of what is expected */
    cli_law_take take;
    const char *words;  /* "name=value name=value": the study's options */
    const char *metric; /* what is measured */
    const char *theory; /* the metric that says what is expected; NULL: `expected` */
    double expected;
    double
        share; /* tolerance: this times |expected| (or as it is where that is 0) ... */
};

extern const cli_law cli_laws[]; /* ended by a NULL part */

/* ---- laws_take.c: ways to read a study ---- */

/* The mean of the metric over the trials; 4 standard errors are added to the tolerance.
 */
sur_status law_mean(const cli_law *law, law_reading *reading, sur_error *err);

/* The trial that is farthest off. */
sur_status law_each(const cli_law *law, law_reading *reading, sur_error *err);

/* The width at which the metric's mean is largest. */
sur_status law_peak(const cli_law *law, law_reading *reading, sur_error *err);

/* d log metric / d log init_scale; the theory is 2 (1 - rate_ratio). */
sur_status law_slope(const cli_law *law, law_reading *reading, sur_error *err);

/* ---- laws_direct.c: ways to read the library ---- */

/* The largest relative distance of sur_curve_solve's predictions from gelsd's. */
sur_status law_curve(const cli_law *law, law_reading *reading, sur_error *err);

/* The largest relative distance of a network's directional derivatives from central
 * differences. */
sur_status law_gradient(const cli_law *law, law_reading *reading, sur_error *err);

#endif
