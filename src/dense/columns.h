/* columns.h -- the design matrix as the curve solver sees it. */
#ifndef DENSE_COLUMNS_H
#define DENSE_COLUMNS_H

#include <surplus/dense.h>

/* Columns are handled in blocks of this many, aligned to the column's index, so that
 * what is computed from whole blocks does not depend on the widths that were asked for.
 */
enum { DENSE_BLOCK = 64 };

/* Up to this many numbers the columns are kept; more are made again when needed again.
 */
enum { DENSE_KEPT = 1 << 27 };

/* How many columns of the block that starts at column `first` lie below p. */
static inline sur_idx dense_in_block(sur_idx first, sur_idx p)
{
    return p - first < DENSE_BLOCK ? p - first : DENSE_BLOCK;
}

typedef struct dense_columns {
    const sur_columns *source;
    sur_idx rows;  /* n: rows whose weight is not zero */
    sur_idx width; /* P: columns from here on are not made, and read as zero */
    sur_idx *row;  /* [n] the rows of the source; NULL: all of them */
    double *scale; /* [n] sqrt |weight|; NULL: all 1 */
    double *sign;  /* [n] of the weight; NULL: all positive */
    double *kept;  /* the blocks one after the other, or NULL */
    sur_mat
        *view; /* where each block lies that has been made: there or at the source */
    sur_idx made;
    sur_mat raw;   /* source rows x DENSE_BLOCK: a block before weighting */
    sur_mat block; /* n x DENSE_BLOCK: the block at hand if none is kept */
} dense_columns;

/* Prepares to make the first `width` columns. c is empty, or what was acquired so far,
 * after a failure: free it either way. */
SUR_MUST_USE sur_status dense_columns_open(dense_columns *c, const sur_columns *source,
                                           const double *weight, sur_idx width,
                                           sur_error *err);

void dense_columns_free(dense_columns *c);

/* Block number `index` (n x DENSE_BLOCK), weighted; valid until the next call, and
 * not to be written to. */
SUR_MUST_USE sur_status dense_columns_block(dense_columns *c, sur_idx index,
                                            sur_mat *block, sur_error *err);

/* One pass over the first p columns: b (p x k) = Z' a, and, unless r is NULL, r -= Z b.
 */
SUR_MUST_USE sur_status dense_columns_pass(dense_columns *c, sur_idx p,
                                           const sur_mat *a, sur_mat *b, sur_mat *r,
                                           sur_error *err);

/* The same with one right-hand side a row: b (k x p) = a Z, r -= b Z'. */
SUR_MUST_USE sur_status dense_columns_pass_rows(dense_columns *c, sur_idx p,
                                                const sur_mat *a, sur_mat *b,
                                                sur_mat *r, sur_error *err);

/* r (n x k) -= Z b over the first b->rows columns. */
SUR_MUST_USE sur_status dense_columns_subtract(dense_columns *c, const sur_mat *b,
                                               sur_mat *r, sur_error *err);

/* The first p columns by columns: a (p x n) = Z'. */
SUR_MUST_USE sur_status dense_columns_transposed(dense_columns *c, sur_mat *a,
                                                 sur_error *err);

/* to (k x n): column j of y, its rows chosen and weighted as those of Z, is row j. */
SUR_MUST_USE sur_status dense_columns_targets(const dense_columns *c, sur_mat *to,
                                              const sur_mat *y, sur_error *err);

#endif
