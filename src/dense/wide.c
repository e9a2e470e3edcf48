/* wide.c -- widths p > n from an n x n matrix that grows with the columns.
 *
 * K = Z Z', the sum of z z' over the columns, is summed in whole blocks of DENSE_BLOCK
 * columns; a width that ends inside a block adds its part of the block to a copy. Then
 *   mu = 0: K = R' R (Cholesky), b = Z' K^-1 y, refined with what is left of y taken
 * through Z itself: r = y - Z b, b += Z' K^-1 r. It is b that is added to: K^-1 y is
 * large where K is ill conditioned, and the rounding errors of Z' times it would remain
 * (Bjorck, "Stability analysis of the method of seminormal equations", Linear Algebra
 * Appl. 88, 1987). mu > 0: K is reduced to tridiagonal form; see path.c. Where cond(K)
 * is too large for that, Z' = Q R (row_qr.c) and b = Q R'^-1 y for mu = 0, or through
 * the singular values of R for mu > 0; beyond, dgelsd. */
#include "dense/curve.h"

#include "base/memory.h"
#include "base/try.h"
#include "dense/cholesky.h"
#include "dense/lapack.h"
#include "dense/spectrum.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

sur_status dense_wide_open(dense_wide *s, const dense_curve *c, sur_error *err)
{
    const sur_idx n = c->columns.rows;
    sur_status status;
    *s = (dense_wide){0};
    SUR_TRY(sur_mat_new(&s->gram, n, n, err));
    SUR_TRY(sur_mat_new(&s->at, n, n, err));
done:
    return status;
}

void dense_wide_free(dense_wide *s)
{
    dense_row_qr_free(&s->qr);
    sur_mat_free(&s->at);
    sur_mat_free(&s->gram);
    *s = (dense_wide){0};
}

static void add_columns(sur_mat *k, const sur_mat *z)
{
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, (int)z->rows, (int)z->cols,
                1.0, z->data, leading(z), 1.0, k->data, leading(k));
}

/* The lower triangle of k = that of K at width p. */
static sur_status gram_at(dense_wide *s, dense_curve *c, sur_idx p, sur_mat *k,
                          sur_error *err)
{
    sur_mat z;
    sur_status status = SUR_OK;
    for (; s->summed < p / DENSE_BLOCK; s->summed++) {
        SUR_TRY(dense_columns_block(&c->columns, s->summed, &z, err));
        add_columns(&s->gram, &z);
    }
    for (sur_idx i = 0; i < k->rows; i++)
        memcpy(sur_mat_row(k, i), sur_mat_row(&s->gram, i),
               (size_t)(i + 1) * sizeof(double));
    if (p % DENSE_BLOCK > 0) {
        SUR_TRY(dense_columns_block(&c->columns, p / DENSE_BLOCK, &z, err));
        const sur_mat part = sur_mat_part(&z, 0, z.rows, 0, p % DENSE_BLOCK);
        add_columns(k, &part);
    }
    for (sur_idx i = 0; i < k->rows; i++)
        SUR_FAIL_IF(
            !isfinite(sur_mat_row(k, i)[i]), SUR_ENUMERIC,
            "row %lld of the design matrix is not finite, or its squares are not",
            (long long)(c->columns.row ? c->columns.row[i] : i));
done:
    return status;
}

static sur_status row_qr_at(dense_wide *s, dense_curve *c, sur_idx p, sur_error *err)
{
    sur_status status = SUR_OK;
    if (!s->qr.work)
        status = dense_row_qr_open(&s->qr, c->columns.rows, c->columns.width, err);
    return status == SUR_OK ? dense_row_qr_advance(&s->qr, &c->columns, p, err)
                            : status;
}

/* ---- mu = 0 through K ---- */

/* b = Z' K^-1 y with K = R' R, refined until what is left of y is rounding error. */
static sur_status cholesky_point(dense_curve *c, const dense_factor *r_of_k,
                                 double condition, sur_idx point, sur_error *err)
{
    enum { MOST = 5 };
    const sur_idx n = c->columns.rows, p = c->points[point].width;
    const sur_idx outputs = dense_curve_outputs(c, point);
    sur_mat a = {0}, r = {0}, b = {0}, db = {0};
    sur_status status;

    SUR_TRY(sur_mat_new(&a, n, outputs, err));
    SUR_TRY(sur_mat_new(&r, n, outputs, err));
    SUR_TRY(sur_mat_new(&b, p, outputs, err));
    SUR_TRY(sur_mat_new(&db, p, outputs, err));
    dense_curve_targets(c, point, &r);
    const double enough = 1e-11 * sur_mat_norm(&r);
    double left = HUGE_VAL, before;
    int turn = 0;
    do {
        sur_mat_copy(&a, &r);
        dense_factor_solve(r_of_k, &a);
        SUR_TRY(dense_columns_pass(&c->columns, p, &a, &db, &r, err));
        sur_mat_axpy(&b, 1.0, &db);
        before = left;
        left = sur_mat_norm(&r);
    } while (left > enough && left < 0.25 * before && ++turn < MOST);
    sur_curve_fit fit = {.condition = condition,
                         .rank = n,
                         .effective = (double)n,
                         .residual = left * left,
                         .method = "cholesky"};
    SUR_TRY(dense_curve_give(c, point, &b, &fit, err));
done:
    sur_mat_free(&db);
    sur_mat_free(&b);
    sur_mat_free(&r);
    sur_mat_free(&a);
    return status;
}

/* ---- through Z' = Q R ---- */

/* b = Q c with R' c = y or, if there is a spectrum R' = U S V', c = V S (S^2 + mu)^-1
 * U' y. */
static sur_status row_qr_point(dense_wide *s, dense_curve *c,
                               const dense_spectrum *spectrum, double condition,
                               sur_idx point, sur_error *err)
{
    const sur_idx n = c->columns.rows, p = c->points[point].width;
    const sur_idx outputs = dense_curve_outputs(c, point);
    const double mu = c->points[point].ridge;
    const dense_factor r = dense_row_qr_factor(&s->qr);
    sur_curve_fit fit = {
        .condition = condition, .rank = n, .effective = (double)n, .method = "row qr"};
    sur_mat b = {0}, left = {0}, at = {0}, scratch = {0};
    double *column = NULL;
    sur_status status;

    if (spectrum)
        fit = (sur_curve_fit){.condition = spectrum->condition,
                              .rank = spectrum->rank,
                              .effective = dense_spectrum_effective(spectrum, mu),
                              .method = "svd"};
    SUR_TRY(sur_mat_new(&b, p, outputs, err));
    SUR_TRY(sur_mat_new(&left, n, outputs, err));
    SUR_TRY(sur_mat_new(&at, n, 1, err));
    SUR_TRY(sur_mat_new(&scratch, n, 1, err));
    SUR_TRY(sur_alloc(&column, p, sizeof *column, err));
    dense_curve_targets(c, point, &left);
    for (sur_idx k = 0; k < outputs; k++) {
        memcpy(at.data, sur_mat_row(&c->y, c->points[point].output + k),
               (size_t)n * sizeof(double));
        if (spectrum)
            dense_spectrum_apply(spectrum, &at, &spectrum->v, mu, &spectrum->u, &at,
                                 &scratch);
        else
            dense_factor_divide(&r, SUR_TRANSPOSED, at.data);
        SUR_TRY(dense_row_qr_apply(&s->qr, at.data, column, err));
        for (sur_idx j = 0; j < p; j++) sur_mat_row(&b, j)[k] = column[j];
    }
    SUR_TRY(dense_columns_subtract(&c->columns, &b, &left, err));
    const double norm = sur_mat_norm(&left);
    fit.residual = norm * norm;
    SUR_TRY(dense_curve_give(c, point, &b, &fit, err));
done:
    free(column);
    sur_mat_free(&scratch);
    sur_mat_free(&at);
    sur_mat_free(&left);
    sur_mat_free(&b);
    return status;
}

static sur_status plain_points(dense_wide *s, dense_curve *c, const dense_width *w,
                               sur_error *err)
{
    const sur_idx n = c->columns.rows;
    const dense_factor of_k = {s->at.data, n, n};
    double condition = HUGE_VAL;
    bool positive;
    sur_status status;

    SUR_TRY(gram_at(s, c, w->width, &s->at, err));
    SUR_TRY(dense_cholesky(&s->at, &positive, err));
    if (positive) SUR_TRY(dense_factor_condition(&condition, &of_k, err));
    if (condition <= DENSE_GRAM_LIMIT) {
        for (sur_idx i = 0; i < w->count; i++)
            SUR_TRY(cholesky_point(c, &of_k, condition, w->point[i], err));
        goto done;
    }
    SUR_TRY(row_qr_at(s, c, w->width, err));
    const dense_factor r = dense_row_qr_factor(&s->qr);
    SUR_TRY(dense_factor_condition(&condition, &r, err));
    for (sur_idx i = 0; i < w->count; i++)
        SUR_TRY(condition <= DENSE_DESIGN_LIMIT
                    ? row_qr_point(s, c, NULL, condition, w->point[i], err)
                    : dense_gelsd_point(c, w->point[i], err));
done:
    return status;
}

/* ---- mu > 0 through the tridiagonal form of K ---- */

typedef struct wide_path {
    dense_curve *curve;
    sur_mat db; /* DENSE_GROUP x width */
} wide_path;

static void path_start(void *payload, sur_idx output, double *g)
{
    const dense_curve *c = ((wide_path *)payload)->curve;
    memcpy(g, sur_mat_row(&c->y, output), (size_t)c->y.cols * sizeof *g);
}

/* b += Z' dx, g -= Z Z' dx + mu dx */
static sur_status path_step(void *payload, bool first, const sur_idx *output,
                            const double *mu, const sur_mat *x, const sur_mat *dx,
                            sur_mat *b, sur_mat *g, sur_error *err)
{
    wide_path *w = payload;
    (void)output, (void)x;
    const sur_status status = dense_columns_pass_rows(&w->curve->columns, b->cols, dx,
                                                      first ? b : &w->db, g, err);
    if (status != SUR_OK) return status;
    if (!first) sur_mat_axpy(b, 1.0, &w->db);
    for (int c = 0; g && c < DENSE_GROUP; c++) {
        sur_mat to = sur_mat_part(g, c, 1, 0, g->cols);
        const sur_mat by = sur_mat_part(dx, c, 1, 0, g->cols);
        sur_mat_axpy(&to, -mu[c], &by);
    }
    return SUR_OK;
}

/* y - Z b = mu x */
static void path_squares(void *payload, const sur_idx *output, const double *mu,
                         const sur_mat *x, double *squares)
{
    (void)payload;
    for (int c = 0; c < DENSE_GROUP && output[c] >= 0; c++) {
        const double norm = mu[c] * sur_norm2(sur_mat_row(x, c), x->cols);
        squares[c] = norm * norm;
    }
}

static sur_status ridge_points(dense_wide *s, dense_curve *c, const dense_width *w,
                               sur_error *err)
{
    dense_tridiagonal t = {0};
    dense_spectrum spectrum = {0};
    wide_path at = {c, {0}};
    sur_status status;

    SUR_TRY(dense_tridiagonal_new(&t, c->columns.rows, err));
    SUR_TRY(gram_at(s, c, w->width, &t.m, err));
    SUR_TRY(dense_tridiagonal_reduce(&t, err));
    const double condition = dense_tridiagonal_condition(&t, 0.0);
    if (condition <= DENSE_GRAM_LIMIT) {
        SUR_TRY(sur_mat_new(&at.db, DENSE_GROUP, w->width, err));
        const dense_path path = {&t,         condition, t.m.rows,    &at,
                                 path_start, path_step, path_squares};
        SUR_TRY(dense_path_run(c, &path, w, err));
        goto done;
    }
    dense_tridiagonal_free(&t);
    SUR_TRY(row_qr_at(s, c, w->width, err));
    const dense_factor r = dense_row_qr_factor(&s->qr);
    SUR_TRY(dense_spectrum_new(&spectrum, &r, w->width, err));
    for (sur_idx i = 0; i < w->count; i++)
        SUR_TRY(row_qr_point(s, c, &spectrum, spectrum.condition, w->point[i], err));
done:
    sur_mat_free(&at.db);
    dense_spectrum_free(&spectrum);
    dense_tridiagonal_free(&t);
    return status;
}

sur_status dense_wide_width(dense_wide *s, dense_curve *c, const dense_width *w,
                            sur_error *err)
{
    sur_idx plain = 0;
    sur_status status = SUR_OK;
    /* points come sorted by ridge: those without come first */
    while (plain < w->count && c->points[w->point[plain]].ridge == 0.0) plain++;
    const dense_width without = {w->point, plain, w->width};
    const dense_width with = {w->point + plain, w->count - plain, w->width};
    if (without.count > 0) SUR_TRY(plain_points(s, c, &without, err));
    if (with.count > 0) SUR_TRY(ridge_points(s, c, &with, err));
done:
    return status;
}
