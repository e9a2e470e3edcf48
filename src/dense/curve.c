/* curve.c -- every point of a curve of least-squares fits from one pass over the
 * columns.
 *
 * Points are taken by growing width. Widths up to n share one QR factorization
 * (narrow.c), wider ones one Gram matrix (wide.c); both advance in whole blocks of
 * columns, and each width is finished on a copy with shapes that depend on it alone. So
 * a point's bits depend on its width, ridge and outputs, on the columns and on those
 * outputs' targets, whatever other points there are. Several outputs of one point are
 * solved as one matrix: their bits depend on how many the point has.
 *
 * Condition numbers: at "qr", "cholesky" and "row qr" points extreme eigenvalues by
 * Lanczos iteration (2-norm, about one percent, from below; factor.c); at "tridiagonal"
 * points of a wide design from all eigenvalues of the Gram matrix, of a narrow one by
 * Lanczos; at "svd" points and with weights of both signs from all singular values. */
#include "dense/curve.h"

#include "base/memory.h"
#include "base/try.h"
#include "dense/lapack.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

sur_idx dense_curve_outputs(const dense_curve *c, sur_idx point)
{
    const sur_curve_point *p = &c->points[point];
    return p->outputs > 0 ? p->outputs : c->y.rows;
}

void dense_curve_targets(const dense_curve *c, sur_idx point, sur_mat *y)
{
    for (sur_idx k = 0; k < y->cols; k++) {
        const double *from = sur_mat_row(&c->y, c->points[point].output + k);
        for (sur_idx i = 0; i < y->rows; i++) sur_mat_row(y, i)[k] = from[i];
    }
}

sur_status dense_curve_give(const dense_curve *c, sur_idx point, const sur_mat *b,
                            sur_curve_fit *fit, sur_error *err)
{
    const sur_curve_point *p = &c->points[point];
    fit->norm = sur_mat_norm(b);
    fit->residual /= (double)c->columns.source->rows;
    if (!isfinite(fit->norm) || !isfinite(fit->residual))
        return sur_fail(err, SUR_ENUMERIC,
                        "the fit of width %lld, ridge %g leaves the finite numbers",
                        (long long)p->width, p->ridge);
    return c->take(c->payload, point, b, fit, err);
}

sur_status dense_gelsd_point(dense_curve *c, sur_idx point, sur_error *err)
{
    const sur_idx n = c->columns.rows, p = c->points[point].width;
    const sur_idx outputs = dense_curve_outputs(c, point);
    sur_curve_fit fit = {.method = "gelsd"};
    sur_mat a = {0}, x = {0}, b = {0}, r = {0};
    double condition;
    sur_status status;

    SUR_TRY(sur_mat_new(&a, p, n, err));
    SUR_TRY(sur_mat_new(&x, outputs, n > p ? n : p, err));
    SUR_TRY(sur_mat_new(&b, p, outputs, err));
    SUR_TRY(sur_mat_new(&r, n, outputs, err));
    SUR_TRY(dense_columns_transposed(&c->columns, &a, err));
    dense_curve_targets(c, point, &r);
    sur_mat targets = sur_mat_part(&x, 0, outputs, 0, n);
    dense_transpose(&targets, &r);
    SUR_TRY(dense_gelsd(&a, &x, -1.0, &condition, &fit.rank, err));
    const sur_mat solution = sur_mat_part(&x, 0, outputs, 0, p);
    dense_transpose(&b, &solution);
    SUR_TRY(dense_columns_subtract(&c->columns, &b, &r, err));
    const double left = sur_mat_norm(&r);
    fit.condition = condition * condition;
    fit.effective = (double)fit.rank;
    fit.residual = left * left;
    SUR_TRY(dense_curve_give(c, point, &b, &fit, err));
done:
    sur_mat_free(&r);
    sur_mat_free(&b);
    sur_mat_free(&x);
    sur_mat_free(&a);
    return status;
}

sur_status dense_check_points(const sur_columns *z, const sur_mat *y,
                              const sur_curve_point *points, sur_idx count,
                              sur_error *err)
{
    if (z->rows < 1 || y->cols < 1)
        return sur_fail(err, SUR_EINVAL, "nothing to fit: %lld rows, %lld outputs",
                        (long long)z->rows, (long long)y->cols);
    for (sur_idx i = 0; i < count; i++) {
        const sur_curve_point *p = &points[i];
        if (p->width < 1 || p->width > z->cols || p->width > INT32_MAX - DENSE_BLOCK)
            return sur_fail(err, SUR_EINVAL, "width %lld is not in 1 .. %lld",
                            (long long)p->width, (long long)z->cols);
        if (!(p->ridge >= 0.0) || !isfinite(p->ridge))
            return sur_fail(err, SUR_EINVAL, "a ridge penalty cannot be %g", p->ridge);
        if (p->output < 0 || p->outputs < 0 || p->output > y->cols - p->outputs ||
            (p->outputs == 0 && p->output != 0))
            return sur_fail(
                err, SUR_EINVAL, "outputs %lld to %lld of %lld", (long long)p->output,
                (long long)(p->output + p->outputs - 1), (long long)y->cols);
    }
    return SUR_OK;
}

typedef struct place {
    sur_idx width;
    double ridge;
    sur_idx index;
} place;

static int by_width_then_ridge(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->width != y->width) return x->width < y->width ? -1 : 1;
    if (x->ridge != y->ridge) return x->ridge < y->ridge ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

sur_status dense_sort_points(sur_idx *order, const sur_curve_point *points,
                             sur_idx count, sur_error *err)
{
    place *places;
    const sur_status status = sur_alloc(&places, count, sizeof *places, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < count; i++)
        places[i] = (place){points[i].width, points[i].ridge, i};
    qsort(places, (size_t)count, sizeof *places, by_width_then_ridge);
    for (sur_idx i = 0; i < count; i++) order[i] = places[i].index;
    free(places);
    return SUR_OK;
}

static sur_status solve_all(dense_curve *c, const sur_idx *order, sur_idx count,
                            sur_error *err)
{
    const sur_idx n = c->columns.rows;
    const sur_idx widest = c->points[order[count - 1]].width;
    dense_narrow narrow = {0};
    dense_wide wide = {0};
    sur_status status;

    SUR_TRY(dense_narrow_open(&narrow, c, widest < n ? widest : n, err));
    for (sur_idx i = 0; i < count;) {
        dense_width w = {order + i, 0, c->points[order[i]].width};
        while (i < count && c->points[order[i]].width == w.width) i++, w.count++;
        if (w.width <= n) {
            SUR_TRY(dense_narrow_width(&narrow, c, &w, err));
        } else {
            dense_narrow_free(&narrow);
            if (!wide.gram.data) SUR_TRY(dense_wide_open(&wide, c, err));
            SUR_TRY(dense_wide_width(&wide, c, &w, err));
        }
    }
done:
    dense_wide_free(&wide);
    dense_narrow_free(&narrow);
    return status;
}

sur_status sur_curve_solve(const sur_columns *z, const sur_mat *y, const double *weight,
                           const sur_curve_point *points, sur_idx count,
                           sur_curve_take take, void *payload, sur_error *err)
{
    dense_curve c = {.points = points, .take = take, .payload = payload};
    sur_idx *order = NULL;
    sur_status status;
    assert(y->rows == z->rows && count >= 0);

    SUR_TRY(dense_check_points(z, y, points, count, err));
    if (count == 0) goto done;
    SUR_TRY(sur_alloc(&order, count, sizeof *order, err));
    SUR_TRY(dense_sort_points(order, points, count, err));
    SUR_TRY(
        dense_columns_open(&c.columns, z, weight, points[order[count - 1]].width, err));
    SUR_TRY(sur_mat_new(&c.y, y->cols, c.columns.rows, err));
    SUR_TRY(dense_columns_targets(&c.columns, &c.y, y, err));
    if (!c.columns.sign) SUR_TRY(solve_all(&c, order, count, err));
    for (sur_idx i = 0; c.columns.sign && i < count; i++)
        SUR_TRY(dense_signed_point(&c, order[i], err));
done:
    sur_mat_free(&c.y);
    dense_columns_free(&c.columns);
    free(order);
    return status;
}

double sur_curve_memory(sur_idx rows, sur_idx outputs, sur_idx widest)
{
    const double n = (double)rows, k = (double)outputs;
    const double p = (double)(widest + DENSE_BLOCK); /* whole blocks */
    const double r = fmin(n, p), group = k + DENSE_GROUP;
    const double columns = fmin(n * p, DENSE_KEPT) + 2.0 * n * DENSE_BLOCK;
    /* the first columns, their reflectors; the singular values of R with LAPACK's
     * copies */
    const double spectrum = 11.0 * r * r + 100.0 * r;
    const double narrow = n * r + r * DENSE_BLOCK + fmax(spectrum, n * r + 4.0 * r * r);
    /* two n x n of the Gram matrix and two of R, the reflectors of all columns; then
     * dgelsd's copy of all columns or the singular values */
    const double reflectors = n * p * (1.0 + (double)DENSE_REFLECTORS / DENSE_BLOCK);
    const double wide = 4.0 * n * n + 2.0 * n * DENSE_BLOCK + reflectors +
                        fmax(spectrum, n * p + 4.0 * n * n);
    const double lanczos = 80.0 * r;
    const double points = 3.0 * group * (n + p) + 5.0 * k * (n + p);
    return sizeof(double) * (columns + (widest > rows ? wide : narrow) + lanczos +
                             points + 2.0 * k * n + 1e5);
}
