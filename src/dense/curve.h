/* curve.h -- what the parts of the curve solver share. */
#ifndef DENSE_CURVE_H
#define DENSE_CURVE_H

#include "dense/columns.h"
#include "dense/factor.h"
#include "dense/row_qr.h"
#include "dense/tridiagonal.h"

typedef struct dense_curve {
    dense_columns columns;
    sur_mat y; /* outputs x n: targets, weighted as the columns are */
    const sur_curve_point *points;
    sur_curve_take take;
    void *payload;
} dense_curve;

/* Points that share a width: indices into curve->points. */
typedef struct dense_width {
    const sur_idx *point;
    sur_idx count, width;
} dense_width;

/* Limits on the condition number of the Gram matrix, which is the square of Z's.
 *   GRAM:   up to here refinement makes a fit through the Gram matrix as good as one
 * through an orthogonal factorization of Z: each refinement multiplies the error in the
 *           predictions by about condition x precision.
 *   DESIGN: up to here an orthogonal factorization and LAPACK's dgelsd agree to 1e-8;
 * above, any two stable methods differ by about sqrt(condition) x precision, and dgelsd
 *           itself is called. */
#define DENSE_GRAM_LIMIT 1e12
#define DENSE_DESIGN_LIMIT 1e16

/* Refinements for a solution with a matrix of this condition number. */
static inline int dense_refinements(double condition)
{
    return condition <= 1e6 ? 0 : condition <= 1e9 ? 1 : 3;
}

/* SUR_EINVAL unless every point lies within the columns and the outputs. */
SUR_MUST_USE sur_status dense_check_points(const sur_columns *z, const sur_mat *y,
                                           const sur_curve_point *points, sur_idx count,
                                           sur_error *err);

/* order [count] = the points by width, and at one width by ridge. */
SUR_MUST_USE sur_status dense_sort_points(sur_idx *order, const sur_curve_point *points,
                                          sur_idx count, sur_error *err);

/* How many columns of Y the point fits. */
sur_idx dense_curve_outputs(const dense_curve *c, sur_idx point);

/* y (n x outputs of the point) = its targets. */
void dense_curve_targets(const dense_curve *c, sur_idx point, sur_mat *y);

/* Completes fit by b's norm and hands both to take. SUR_ENUMERIC if b is not finite. */
SUR_MUST_USE sur_status dense_curve_give(const dense_curve *c, sur_idx point,
                                         const sur_mat *b, sur_curve_fit *fit,
                                         sur_error *err);

/* One point by LAPACK's dgelsd (mu = 0). */
SUR_MUST_USE sur_status dense_gelsd_point(dense_curve *c, sur_idx point,
                                          sur_error *err);

/* ---- path.c: the ridge points of one width through a tridiagonal matrix ---- */

/* Solves (M + mu I) x = g for DENSE_GROUP rows at a time, and refines. output[c] is the
 * column of Y that row c belongs to, or -1 for an empty row; empty rows come last. */
typedef struct dense_path {
    dense_tridiagonal *t;
    double condition; /* of M */
    sur_idx rank;     /* of Z */
    void *payload;
    /* g [order] for this column of Y */
    void (*start)(void *payload, sur_idx output, double *g);
    /* x has grown by dx, the first time from 0: take b (DENSE_GROUP x width) along and,
     * unless it is NULL, make g what is left of the right-hand sides, through the
     * design and not through M */
    sur_status (*step)(void *payload, bool first, const sur_idx *output,
                       const double *mu, const sur_mat *x, const sur_mat *dx,
                       sur_mat *b, sur_mat *g, sur_error *err);
    /* the sum of squares that is left of each row's targets */
    void (*squares)(void *payload, const sur_idx *output, const double *mu,
                    const sur_mat *x, double *squares);
} dense_path;

SUR_MUST_USE sur_status dense_path_run(const dense_curve *c, const dense_path *path,
                                       const dense_width *w, sur_error *err);

/* ---- narrow.c: widths up to n ---- */

typedef struct dense_narrow {
    sur_mat a; /* columns x n: row j holds column j of the factors, R above, V below */
    sur_mat t; /* DENSE_BLOCK rows for each block: its triangular T, by columns */
    sur_mat q; /* outputs x n: Q' Y after `applied` blocks */
    double *work;              /* DENSE_BLOCK^2 */
    sur_idx factored, applied; /* blocks */
} dense_narrow;

SUR_MUST_USE sur_status dense_narrow_open(dense_narrow *s, const dense_curve *c,
                                          sur_idx widest, sur_error *err);
void dense_narrow_free(dense_narrow *s);
SUR_MUST_USE sur_status dense_narrow_width(dense_narrow *s, dense_curve *c,
                                           const dense_width *w, sur_error *err);

/* ---- wide.c: widths above n ---- */

typedef struct dense_wide {
    sur_mat gram; /* n x n, lower triangle: Z Z' of `summed` whole blocks */
    sur_mat at;   /* n x n: the same at the width at hand, then its Cholesky factor */
    sur_idx summed;
    dense_row_qr qr; /* made when the first width asks for it */
} dense_wide;

SUR_MUST_USE sur_status dense_wide_open(dense_wide *s, const dense_curve *c,
                                        sur_error *err);
void dense_wide_free(dense_wide *s);
SUR_MUST_USE sur_status dense_wide_width(dense_wide *s, dense_curve *c,
                                         const dense_width *w, sur_error *err);

/* ---- signed.c: weights of both signs ---- */

SUR_MUST_USE sur_status dense_signed_point(dense_curve *c, sur_idx point,
                                           sur_error *err);

#endif
