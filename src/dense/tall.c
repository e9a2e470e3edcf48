/* tall.c -- widths far below the number of rows, from one or two passes over the rows.
 *
 * With Z = Q R (n x p) and C = Q' Y a fit needs no more of its rows than
 *     ||Z b - y||^2 + mu ||b||^2 = ||R b - c||^2 + mu ||b||^2 + (||y||^2 - ||c||^2),
 * so that a width is solved as one of p rows, whatever n is. R and C are summed up in
 * blocks of rows that are made, used and forgotten:
 *   1. as normal equations G = Z' Z, H = Z' Y, where R is the Cholesky factor of G and
 *      C = R'^-1 H. Predictions err by about condition of G x precision, so this serves
 *      where the condition number is at most NORMAL_LIMIT;
 *   2. beyond, in a second pass, as an orthogonal factorization: the rows of a block
 * are put below R and rotated into it (LAPACK's dtpqrt), at three times the work. Both
 * advance in whole blocks of columns with shapes that depend on the block's place
 * alone: a width has the same R and C, and bits, whichever others there are. Rows are
 * scaled by sqrt |w|. With weights of both signs G is the sum of w z z', which has a
 * minimum to offer where it is positive definite, and there is no second pass. */
#include "dense/curve.h"

#include "base/memory.h"
#include "base/try.h"
#include "dense/lapack.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 2048, JOINED = 32 };
#define NORMAL_LIMIT 1e7
#define SIGNED_LIMIT 1e8

typedef struct tall {
    const sur_rows *source;
    const sur_curve_point *points;
    sur_curve_take take;
    void *payload;
    bool normal;   /* r and c hold G and H */
    bool negative; /* some weight is */
    sur_mat r;     /* P x P: row j is column j of R, or of G down to its diagonal */
    sur_mat c;     /* k x P: C' */
    double *left; /* [k] sum of w y^2; the second pass: what lies outside the columns */
    sur_mat z, y; /* ROWS x P, ROWS x k: a block */
    double *weight; /* [ROWS] */
    sur_mat minus;  /* ROWS x DENSE_BLOCK: columns with the signs of the weights */
    sur_mat tz, ty; /* P x ROWS, k x ROWS: the block by columns */
    double *t, *work;
    const sur_idx *at; /* points of the width at hand */
    double *outside;   /* [k] of the width at hand */
} tall;

static sur_idx least(sur_idx a, sur_idx b) { return a < b ? a : b; }

/* Whole blocks of columns, as far as there are columns. */
static sur_idx whole(const sur_rows *source, sur_idx width)
{
    return least((width + DENSE_BLOCK - 1) / DENSE_BLOCK * DENSE_BLOCK, source->cols);
}

static sur_status tall_open(tall *s, sur_idx width, sur_error *err)
{
    const sur_idx p = whole(s->source, width), k = s->source->outputs;
    const sur_idx n = least(ROWS, s->source->rows);
    sur_status status;
    SUR_TRY(sur_mat_new(&s->r, p, p, err));
    SUR_TRY(sur_mat_new(&s->c, k, p, err));
    SUR_TRY(sur_alloc(&s->left, k, sizeof *s->left, err));
    SUR_TRY(sur_alloc(&s->outside, k, sizeof *s->outside, err));
    SUR_TRY(sur_mat_new(&s->z, n, p, err));
    SUR_TRY(sur_mat_new(&s->y, n, k, err));
    SUR_TRY(sur_alloc(&s->weight, n, sizeof *s->weight, err));
    if (s->normal) {
        SUR_TRY(sur_mat_new(&s->minus, n, DENSE_BLOCK, err));
    } else {
        SUR_TRY(sur_mat_new(&s->tz, p, n, err));
        SUR_TRY(sur_mat_new(&s->ty, k, n, err));
        SUR_TRY(sur_alloc(&s->t, JOINED * DENSE_BLOCK, sizeof *s->t, err));
        SUR_TRY(sur_alloc(&s->work, JOINED * (DENSE_BLOCK + k), sizeof *s->work, err));
    }
done:
    return status;
}

static void tall_free(tall *s)
{
    free(s->work);
    free(s->t);
    sur_mat_free(&s->ty);
    sur_mat_free(&s->tz);
    sur_mat_free(&s->minus);
    free(s->weight);
    sur_mat_free(&s->y);
    sur_mat_free(&s->z);
    free(s->outside);
    free(s->left);
    sur_mat_free(&s->c);
    sur_mat_free(&s->r);
}

/* ---- one block of rows ---- */

/* Rows first .. into z and y, scaled by sqrt |w|; weight keeps the signs. */
static sur_status make_rows(tall *s, sur_idx first, sur_mat *z, sur_mat *y,
                            sur_error *err)
{
    const sur_rows *from = s->source;
    const sur_idx count = least(ROWS, from->rows - first);
    sur_status status;
    *z = sur_mat_part(&s->z, 0, count, 0, s->z.cols);
    *y = sur_mat_part(&s->y, 0, count, 0, s->y.cols);
    SUR_TRY(
        from->fill(from->payload, first, z, y, from->weighted ? s->weight : NULL, err));
    for (sur_idx i = 0; i < count && from->weighted; i++) {
        const double w = s->weight[i], scale = sqrt(fabs(w));
        SUR_FAIL_IF(!isfinite(w), SUR_ENUMERIC, "the weight of row %lld is %g",
                    (long long)(first + i), w);
        for (sur_idx j = 0; j < z->cols; j++) sur_mat_row(z, i)[j] *= scale;
        for (sur_idx j = 0; j < y->cols; j++) sur_mat_row(y, i)[j] *= scale;
        s->negative = s->negative || w < 0.0;
    }
done:
    return status;
}

static double sign_of(const tall *s, sur_idx i)
{
    return s->source->weighted && s->weight[i] < 0.0 ? -1.0 : 1.0;
}

/* G += Z' S Z, H += Z' S Y, S the signs of the weights. */
static void add_normal(tall *s, const sur_mat *z, const sur_mat *y)
{
    for (sur_idx j = 0; j < z->cols; j += DENSE_BLOCK) {
        const sur_idx count = least(DENSE_BLOCK, z->cols - j), end = j + count;
        sur_mat own = sur_mat_part(z, 0, z->rows, j, count);
        if (s->negative) {
            own = sur_mat_part(&s->minus, 0, z->rows, 0, count);
            for (sur_idx i = 0; i < z->rows; i++)
                for (sur_idx l = 0; l < count; l++)
                    sur_mat_row(&own, i)[l] = sign_of(s, i) * sur_mat_row(z, i)[j + l];
        }
        const sur_mat before = sur_mat_part(z, 0, z->rows, 0, end);
        sur_mat g = sur_mat_part(&s->r, j, count, 0, end);
        sur_mat h = sur_mat_part(&s->c, 0, y->cols, j, count);
        sur_mat_multiply(&g, 1.0, &own, SUR_TRANSPOSED, &before, SUR_PLAIN, 1.0);
        sur_mat_multiply(&h, 1.0, y, SUR_TRANSPOSED, &own, SUR_PLAIN, 1.0);
    }
    for (sur_idx i = 0; i < y->rows; i++)
        for (sur_idx k = 0; k < y->cols; k++)
            s->left[k] += sign_of(s, i) * sur_mat_row(y, i)[k] * sur_mat_row(y, i)[k];
}

/* (R_jl ; B) = Q_j' (R_jl ; B) for the reflectors of block j, which end in its rows. */
static sur_status turn(tall *s, sur_idx j, int order, int rows, double *r, double *b,
                       int columns, sur_error *err)
{
    const int ld = (int)s->tz.stride;
    return dense_check_info(
        LAPACKE_dtpmqrt_work(LAPACK_COL_MAJOR, 'L', 'T', rows, columns, order, 0,
                             order < JOINED ? order : JOINED, sur_mat_row(&s->tz, j),
                             ld, s->t, JOINED, r, (int)s->r.cols, b, ld, s->work),
        "dtpmqrt", err);
}

/* (R ; Z) = Q (R_new ; 0), and Q' goes on to the targets. */
static sur_status add_rotated(tall *s, const sur_mat *z, const sur_mat *y,
                              sur_error *err)
{
    const sur_idx p = z->cols;
    const int rows = (int)z->rows, k = (int)y->cols, ld = (int)s->tz.stride;
    sur_mat tz = sur_mat_part(&s->tz, 0, p, 0, z->rows);
    sur_mat ty = sur_mat_part(&s->ty, 0, y->cols, 0, y->rows);
    sur_status status = SUR_OK;
    dense_transpose(&tz, z);
    dense_transpose(&ty, y);
    for (sur_idx j = 0; j < p; j += DENSE_BLOCK) {
        const int order = (int)least(DENSE_BLOCK, p - j);
        SUR_TRY(dense_check_info(LAPACKE_dtpqrt_work(LAPACK_COL_MAJOR, rows, order, 0,
                                                     order < JOINED ? order : JOINED,
                                                     sur_mat_row(&s->r, j) + j, (int)p,
                                                     sur_mat_row(&tz, j), ld, s->t,
                                                     JOINED, s->work),
                                 "dtpqrt", err));
        for (sur_idx l = j + DENSE_BLOCK; l < p; l += DENSE_BLOCK)
            SUR_TRY(turn(s, j, order, rows, sur_mat_row(&s->r, l) + j,
                         sur_mat_row(&tz, l), (int)least(DENSE_BLOCK, p - l), err));
        SUR_TRY(turn(s, j, order, rows, s->c.data + j, ty.data, k, err));
    }
    for (sur_idx o = 0; o < y->cols; o++) {
        const double norm = sur_norm2(sur_mat_row(&ty, o), y->rows);
        s->left[o] += norm * norm;
    }
done:
    return status;
}

static sur_status add_all(tall *s, sur_error *err)
{
    sur_mat z, y;
    double total = 0.0;
    sur_status status = SUR_OK;
    for (sur_idx first = 0; first < s->source->rows; first += ROWS) {
        SUR_TRY(make_rows(s, first, &z, &y, err));
        if (s->normal)
            add_normal(s, &z, &y);
        else
            SUR_TRY(add_rotated(s, &z, &y, err));
        for (sur_idx i = 0; i < z.rows; i++)
            total += s->source->weighted ? fabs(s->weight[i]) : 1.0;
    }
    SUR_FAIL_IF(total == 0.0, SUR_EINVAL, "all %lld weights are zero",
                (long long)s->source->rows);
    for (sur_idx k = 0; k < s->source->outputs; k++)
        SUR_FAIL_IF(!isfinite(s->left[k]), SUR_ENUMERIC,
                    "output %lld of the targets is not finite", (long long)k);
    for (sur_idx j = 0; j < s->r.rows; j++)
        SUR_FAIL_IF(!isfinite(sur_mat_row(&s->r, j)[j]), SUR_ENUMERIC,
                    "column %lld of the design matrix is not finite", (long long)j);
done:
    return status;
}

/* ---- one width ---- */

/* R_p (p x p, by columns) and C_p' (k x p) of the width; *good is false where the
 * normal equations do not serve. */
static sur_status factor_width(tall *s, sur_mat *r, sur_mat *c, bool *good,
                               sur_error *err)
{
    const sur_idx p = r->rows, k = c->rows;
    const dense_factor f = {r->data, p, p};
    sur_status status = SUR_OK;
    *good = true;
    for (sur_idx j = 0; j < p; j++)
        memcpy(sur_mat_row(r, j), sur_mat_row(&s->r, j),
               (size_t)(j + 1) * sizeof(double));
    for (sur_idx o = 0; o < k; o++)
        memcpy(sur_mat_row(c, o), sur_mat_row(&s->c, o), (size_t)p * sizeof(double));
    memcpy(s->outside, s->left, (size_t)k * sizeof(double));
    if (!s->normal) {
        for (sur_idx o = 0; o < k; o++)
            for (sur_idx i = p; i < s->c.cols; i++)
                s->outside[o] += sur_mat_row(&s->c, o)[i] * sur_mat_row(&s->c, o)[i];
        goto done;
    }
    const lapack_int info =
        LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', (int)p, r->data, (int)p);
    double condition = INFINITY;
    if (info == 0) SUR_TRY(dense_factor_condition(&condition, &f, err));
    *good = condition <= (s->negative ? SIGNED_LIMIT : NORMAL_LIMIT);
    for (sur_idx o = 0; o < k && *good; o++) {
        double *row = sur_mat_row(c, o);
        dense_factor_divide(&f, SUR_TRANSPOSED, row);
        const double norm = sur_norm2(row, p);
        s->outside[o] -= norm * norm;
        if (s->outside[o] < 0.0 && !s->negative) s->outside[o] = 0.0;
    }
done:
    return status;
}

static sur_status fill_factor(void *payload, sur_idx first, sur_mat *out,
                              sur_error *err)
{
    const sur_mat *r = payload;
    (void)err;
    for (sur_idx i = 0; i < out->rows; i++)
        for (sur_idx j = 0; j < out->cols; j++)
            sur_mat_row(out, i)[j] =
                i <= first + j ? sur_mat_row(r, first + j)[i] : 0.0;
    return SUR_OK;
}

static sur_status take_width(void *payload, sur_idx index, const sur_mat *b,
                             const sur_curve_fit *fit, sur_error *err)
{
    const tall *s = payload;
    const sur_curve_point *point = &s->points[s->at[index]];
    sur_curve_fit whole_fit = *fit;
    double squares = fit->residual * (double)point->width;
    for (sur_idx k = 0; k < b->cols; k++) squares += s->outside[point->output + k];
    whole_fit.residual = squares / (double)s->source->rows;
    return s->take(s->payload, s->at[index], b, &whole_fit, err);
}

/* All points of one width as those of its p rows; *good as for factor_width. */
static sur_status solve_width(tall *s, const sur_idx *at, sur_idx count, bool *good,
                              sur_error *err)
{
    const sur_idx p = s->points[at[0]].width, k = s->source->outputs;
    sur_mat r = {0}, c = {0}, y = {0};
    sur_curve_point *points = NULL;
    sur_status status;

    SUR_TRY(sur_mat_new(&r, p, p, err));
    SUR_TRY(sur_mat_new(&c, k, p, err));
    SUR_TRY(sur_mat_new(&y, p, k, err));
    SUR_TRY(sur_alloc(&points, count, sizeof *points, err));
    SUR_TRY(factor_width(s, &r, &c, good, err));
    SUR_FAIL_IF(
        !*good && s->negative, SUR_ENUMERIC,
        "width %lld: with weights of both signs the squared loss has no minimum, "
        "or hardly one",
        (long long)p);
    if (!*good) goto done;
    dense_transpose(&y, &c);
    for (sur_idx i = 0; i < count; i++) points[i] = s->points[at[i]];
    s->at = at;
    const sur_columns columns = {p, p, fill_factor, &r};
    SUR_TRY(sur_curve_solve(&columns, &y, NULL, points, count, take_width, s, err));
done:
    free(points);
    sur_mat_free(&y);
    sur_mat_free(&c);
    sur_mat_free(&r);
    return status;
}

/* One pass for the points order[0 .. *count-1], sorted by width; those that the normal
 * equations do not serve stay in it. */
static sur_status pass(tall *s, sur_idx *order, sur_idx *count, sur_error *err)
{
    sur_idx rest = 0;
    sur_status status;
    SUR_TRY(tall_open(s, s->points[order[*count - 1]].width, err));
    SUR_TRY(add_all(s, err));
    for (sur_idx i = 0, next; i < *count; i = next) {
        bool good;
        for (next = i + 1; next < *count; next++)
            if (s->points[order[next]].width != s->points[order[i]].width) break;
        SUR_TRY(solve_width(s, order + i, next - i, &good, err));
        if (good) continue;
        memmove(order + rest, order + i, (size_t)(next - i) * sizeof *order);
        rest += next - i;
    }
    *count = rest;
done:
    return status;
}

sur_status sur_tall_solve(const sur_rows *rows, const sur_curve_point *points,
                          sur_idx count, sur_curve_take take, void *payload,
                          sur_error *err)
{
    const sur_columns shape = {least(rows->rows, rows->cols), rows->cols, NULL, NULL};
    const sur_mat outputs = {NULL, rows->rows, rows->outputs, rows->outputs};
    sur_idx *order = NULL;
    sur_status status;

    SUR_TRY(dense_check_points(&shape, &outputs, points, count, err));
    for (sur_idx i = 0; i < count; i++)
        SUR_FAIL_IF(points[i].width > rows->rows, SUR_EINVAL,
                    "width %lld is above the %lld rows", (long long)points[i].width,
                    (long long)rows->rows);
    if (count == 0) goto done;
    SUR_TRY(sur_alloc(&order, count, sizeof *order, err));
    SUR_TRY(dense_sort_points(order, points, count, err));
    for (int second = 0; second < 2 && count > 0; second++) {
        tall s = {.source = rows, .points = points, .take = take, .payload = payload};
        s.normal = second == 0;
        status = pass(&s, order, &count, err);
        tall_free(&s);
        if (status != SUR_OK) goto done;
    }
done:
    free(order);
    return status;
}

double sur_tall_memory(sur_idx outputs, sur_idx widest)
{
    const double p = (double)(widest + DENSE_BLOCK), k = (double)outputs;
    return sur_curve_memory(widest, outputs, widest) +
           sizeof(double) *
               (2.0 * p * p + 3.0 * k * p + ROWS * (2.0 * (p + k) + DENSE_BLOCK + 1.0) +
                JOINED * (2.0 * DENSE_BLOCK + k));
}
