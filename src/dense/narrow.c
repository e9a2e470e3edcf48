/* narrow.c -- widths p <= n from one QR factorization of the first columns.
 *
 * Z = Q R, made in blocks of DENSE_BLOCK columns: block j is turned by the reflectors
 * of the blocks before it and then factored (dgeqrt), so that what is computed of a
 * column depends on the columns before it alone. The first p columns have the factor
 * R_p, the leading p x p part of R, and with q = Q' y
 *     ||Z_p b - y||^2 = ||R_p b - q_1..p||^2 + ||q_p+1..n||^2.
 * Within its last block a width applies just its own reflectors to y.
 *   mu = 0: b = R_p^-1 q.
 *   mu > 0: R_p' R_p = G is reduced to tridiagonal form; see path.c.
 * Where R_p is too ill conditioned for that, dgelsd solves for mu = 0 and the singular
 * values of R_p for mu > 0.
 */
#include "dense/curve.h"

#include "base/memory.h"
#include "base/try.h"
#include "dense/lapack.h"
#include "dense/spectrum.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

sur_status dense_narrow_open(dense_narrow *s, const dense_curve *c, sur_idx widest,
                             sur_error *err)
{
    const sur_idx blocks = (widest + DENSE_BLOCK - 1) / DENSE_BLOCK;
    sur_status status;
    *s = (dense_narrow){0};
    SUR_TRY(sur_mat_new(&s->a, blocks * DENSE_BLOCK, c->columns.rows, err));
    SUR_TRY(sur_mat_new(&s->t, blocks * DENSE_BLOCK, DENSE_BLOCK, err));
    SUR_TRY(sur_mat_new(&s->q, c->y.rows, c->y.cols, err));
    SUR_TRY(sur_alloc(&s->work, DENSE_BLOCK * DENSE_BLOCK, sizeof *s->work, err));
    sur_mat_copy(&s->q, &c->y);
done:
    return status;
}

void dense_narrow_free(dense_narrow *s)
{
    free(s->work);
    sur_mat_free(&s->q);
    sur_mat_free(&s->t);
    sur_mat_free(&s->a);
    *s = (dense_narrow){0};
}

/* Turns `count` vectors of length n, one after the other, by the first `used`
 * reflectors of a block. */
static sur_status turn(const dense_narrow *s, sur_idx block, sur_idx used, double *x,
                       sur_idx count, sur_error *err)
{
    const sur_idx n = s->a.cols, top = block * DENSE_BLOCK;
    return dense_check_info(LAPACKE_dlarfb_work(LAPACK_COL_MAJOR, 'L', 'T', 'F', 'C',
                                                (int)(n - top), (int)count, (int)used,
                                                sur_mat_row(&s->a, top) + top, (int)n,
                                                sur_mat_row(&s->t, top), DENSE_BLOCK,
                                                x + top, (int)n, s->work, DENSE_BLOCK),
                            "dlarfb", err);
}

static sur_status factor_block(dense_narrow *s, dense_curve *c, sur_error *err)
{
    const sur_idx n = s->a.cols, top = s->factored * DENSE_BLOCK, left = n - top;
    sur_mat block, columns = sur_mat_part(&s->a, top, DENSE_BLOCK, 0, n);
    sur_status status;
    SUR_TRY(dense_columns_block(&c->columns, s->factored, &block, err));
    dense_transpose(&columns, &block);
    for (sur_idx j = 0; j < s->factored; j++)
        SUR_TRY(turn(s, j, DENSE_BLOCK, columns.data, DENSE_BLOCK, err));
    SUR_TRY(dense_check_info(
        LAPACKE_dgeqrt_work(LAPACK_COL_MAJOR, (int)left, DENSE_BLOCK,
                            left < DENSE_BLOCK ? (int)left : DENSE_BLOCK,
                            columns.data + top, (int)n, sur_mat_row(&s->t, top),
                            DENSE_BLOCK, s->work),
        "dgeqrt", err));
    for (sur_idx j = 0; j < DENSE_BLOCK && j < left; j++)
        SUR_FAIL_IF(!isfinite(sur_mat_row(&columns, j)[top + j]), SUR_ENUMERIC,
                    "column %lld of the design matrix is not finite",
                    (long long)(top + j));
    s->factored++;
done:
    return status;
}

/* Everything of whole blocks below width p, and the factors of the block that p ends
 * in. */
static sur_status advance(dense_narrow *s, dense_curve *c, sur_idx p, sur_error *err)
{
    sur_status status = SUR_OK;
    while (s->factored * DENSE_BLOCK < p) SUR_TRY(factor_block(s, c, err));
    for (; s->applied < p / DENSE_BLOCK; s->applied++)
        for (sur_idx k = 0; k < s->q.rows; k++)
            SUR_TRY(turn(s, s->applied, DENSE_BLOCK, sur_mat_row(&s->q, k), 1, err));
done:
    return status;
}

/* ---- one width ---- */

typedef struct narrow_width {
    const dense_narrow *s;
    dense_factor r;  /* R_p */
    double *q;       /* [n] scratch: Q_p' y of the output at hand */
    double *scratch; /* [p] */
} narrow_width;

/* w->q = Q_p' y for this column of Y. */
static void rotate_target(narrow_width *w, sur_idx output)
{
    const dense_narrow *s = w->s;
    const sur_idx p = w->r.order, used = p % DENSE_BLOCK;
    memcpy(w->q, sur_mat_row(&s->q, output), (size_t)s->q.cols * sizeof *w->q);
    if (used > 0) {
        const sur_status status = turn(s, p / DENSE_BLOCK, used, w->q, 1, NULL);
        (void)status; /* dlarfb cannot fail with arguments that it took before */
    }
}

/* || R_p b - q ||^2 + || the rest of q ||^2; leaves q - R_p b in the first p of w->q.
 */
static double squares_left(narrow_width *w, const double *b, double *scratch)
{
    const sur_idx p = w->r.order, n = w->s->q.cols;
    memcpy(scratch, b, (size_t)p * sizeof *b);
    dense_factor_times(&w->r, SUR_PLAIN, scratch);
    for (sur_idx i = 0; i < p; i++) w->q[i] -= scratch[i];
    const double norm = sur_norm2(w->q, n);
    return norm * norm;
}

static void path_start(void *payload, sur_idx output, double *g)
{
    narrow_width *w = payload;
    rotate_target(w, output);
    memcpy(g, w->q, (size_t)w->r.order * sizeof *g);
    dense_factor_times(&w->r, SUR_TRANSPOSED, g);
}

/* b = x, g = R' (q - R x) - mu x */
static sur_status path_step(void *payload, bool first, const sur_idx *output,
                            const double *mu, const sur_mat *x, const sur_mat *dx,
                            sur_mat *b, sur_mat *g, sur_error *err)
{
    narrow_width *w = payload;
    (void)first, (void)dx, (void)err;
    sur_mat_copy(b, x);
    for (int c = 0; g && c < DENSE_GROUP && output[c] >= 0; c++) {
        double *row = sur_mat_row(g, c);
        const double *at = sur_mat_row(x, c);
        rotate_target(w, output[c]);
        squares_left(w, at, row);
        memcpy(row, w->q, (size_t)w->r.order * sizeof *row);
        dense_factor_times(&w->r, SUR_TRANSPOSED, row);
        for (sur_idx i = 0; i < w->r.order; i++) row[i] -= mu[c] * at[i];
    }
    return SUR_OK;
}

static void path_squares(void *payload, const sur_idx *output, const double *mu,
                         const sur_mat *x, double *squares)
{
    narrow_width *w = payload;
    (void)mu;
    for (int c = 0; c < DENSE_GROUP && output[c] >= 0; c++) {
        rotate_target(w, output[c]);
        squares[c] = squares_left(w, sur_mat_row(x, c), w->scratch);
    }
}

/* The ridge points, through the tridiagonal form of G = R' R. */
static sur_status ridge_points(narrow_width *w, dense_curve *c, double condition,
                               const dense_width *points, sur_error *err)
{
    const sur_idx p = w->r.order;
    dense_tridiagonal t = {0};
    sur_mat lower = {0}; /* R' by rows, zeros above */
    sur_status status;

    SUR_TRY(dense_tridiagonal_new(&t, p, err));
    SUR_TRY(sur_mat_new(&lower, p, p, err));
    for (sur_idx j = 0; j < p; j++)
        memcpy(sur_mat_row(&lower, j), w->r.r + j * w->r.step,
               (size_t)(j + 1) * sizeof(double));
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, (int)p, (int)p, 1.0,
                lower.data, (int)p, 0.0, t.m.data, (int)p);
    SUR_TRY(dense_tridiagonal_reduce(&t, err));
    const dense_path path = {&t, condition, p, w, path_start, path_step, path_squares};
    SUR_TRY(dense_path_run(c, &path, points, err));
done:
    sur_mat_free(&lower);
    dense_tridiagonal_free(&t);
    return status;
}

/* One point by back substitution, or through the singular values if there are any. */
static sur_status plain_point(narrow_width *w, dense_curve *c, const dense_spectrum *s,
                              double condition, sur_idx point, sur_error *err)
{
    const sur_idx p = w->r.order, outputs = dense_curve_outputs(c, point);
    const double mu = c->points[point].ridge;
    sur_curve_fit fit = {
        .condition = condition, .rank = p, .effective = (double)p, .method = "qr"};
    sur_mat b = {0}, column = {0}, scratch = {0};
    sur_status status;

    SUR_TRY(sur_mat_new(&b, p, outputs, err));
    SUR_TRY(sur_mat_new(&column, p, 1, err));
    SUR_TRY(sur_mat_new(&scratch, p, 1, err));
    if (s)
        fit = (sur_curve_fit){.condition = s->condition,
                              .rank = s->rank,
                              .effective = dense_spectrum_effective(s, mu),
                              .method = "svd"};
    for (sur_idx k = 0; k < outputs; k++) {
        rotate_target(w, c->points[point].output + k);
        memcpy(column.data, w->q, (size_t)p * sizeof(double));
        if (s)
            dense_spectrum_apply(s, &column, &s->u, mu, &s->v, &column, &scratch);
        else
            dense_factor_divide(&w->r, SUR_PLAIN, column.data);
        fit.residual += squares_left(w, column.data, scratch.data);
        for (sur_idx j = 0; j < p; j++) sur_mat_row(&b, j)[k] = column.data[j];
    }
    SUR_TRY(dense_curve_give(c, point, &b, &fit, err));
done:
    sur_mat_free(&scratch);
    sur_mat_free(&column);
    sur_mat_free(&b);
    return status;
}

sur_status dense_narrow_width(dense_narrow *s, dense_curve *c, const dense_width *w,
                              sur_error *err)
{
    narrow_width at = {s, {s->a.data, w->width, s->a.cols}, NULL, NULL};
    dense_spectrum spectrum = {0};
    sur_idx plain = 0;
    double condition;
    sur_status status;

    SUR_TRY(advance(s, c, w->width, err));
    SUR_TRY(sur_alloc(&at.q, s->a.cols, sizeof *at.q, err));
    SUR_TRY(sur_alloc(&at.scratch, w->width, sizeof *at.scratch, err));
    SUR_TRY(dense_factor_condition(&condition, &at.r, err));
    /* points come sorted by ridge: those without come first */
    while (plain < w->count && c->points[w->point[plain]].ridge == 0.0) plain++;
    const dense_width ridge = {w->point + plain, w->count - plain, w->width};
    const bool through_gram = condition <= DENSE_GRAM_LIMIT;
    for (sur_idx i = 0; i < plain; i++)
        SUR_TRY(condition <= DENSE_DESIGN_LIMIT
                    ? plain_point(&at, c, NULL, condition, w->point[i], err)
                    : dense_gelsd_point(c, w->point[i], err));
    if (ridge.count > 0 && through_gram)
        SUR_TRY(ridge_points(&at, c, condition, &ridge, err));
    if (ridge.count > 0 && !through_gram)
        SUR_TRY(dense_spectrum_new(&spectrum, &at.r, s->a.cols, err));
    for (sur_idx i = 0; i < ridge.count && !through_gram; i++)
        SUR_TRY(plain_point(&at, c, &spectrum, condition, ridge.point[i], err));
done:
    dense_spectrum_free(&spectrum);
    free(at.scratch);
    free(at.q);
    return status;
}
