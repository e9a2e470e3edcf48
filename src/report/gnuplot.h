/* gnuplot.h -- gnuplot, run as a separate program. */
#ifndef REPORT_GNUPLOT_H
#define REPORT_GNUPLOT_H

#include <stdio.h>
#include <surplus/base.h>

/* Runs the script (a file with a descriptor, read from its start) with output going to
 * `output` (likewise; written from its start). SUR_EBACKEND: gnuplot is missing, or
 * what it complained of. SUR_EWRITE: no room for temporary files. */
SUR_MUST_USE sur_status sur_gnuplot_run(FILE *output, FILE *script, sur_error *err);

#endif
