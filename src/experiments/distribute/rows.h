/* rows.h -- least squares on a few rows, read from memory once.
 *
 *     r_i = z_i v - y_i,   g += r_i z_i
 *
 * for four rows at a time: their second reading is from the cache. All sums are in an
 * order that depends on n and d alone, not on threads or the processor: over columns
 * eight by eight and chunk by chunk, over rows four by four. */
#ifndef DISTRIBUTE_ROWS_H
#define DISTRIBUTE_ROWS_H

#include <surplus/dense.h>

/* r [n], g [d] of z (n x d), v [d] and y [n]; g is overwritten. */
void distribute_rows(double *r, double *g, const sur_mat *z, const double *v,
                     const double *y);

#endif
