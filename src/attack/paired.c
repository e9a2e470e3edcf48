/* paired.c -- exact answers of a ridge model with and without each record.
 *
 * Z the rows trained on, M = Z'Z + mu, A = Z Z' + mu. For a row x trained on, with
 * h = x'M^-1 x and the residual r = y - f,
 *     out = y - r/(1 - h);     in the dual 1 - h = mu [A^-1]_ii,  r = mu [A^-1 y]_i.
 * For a row not trained on, with k = x'M^-1 x = (k(x,x) - k_x'A^-1 k_x)/mu,
 *     in = (f + k y)/(1 + k).                                (Sherman & Morrison 1950)
 * A set S left out: y_S - f_-S = (I - H_SS)^-1 (y - f)_S. The penalty mu is an absolute
 * one: a penalty that grows with the number of rows would change when one leaves. */
#include <surplus/attack.h>

#include "base/memory.h"
#include "base/try.h"
#include "dense/inverse.h"

#include <math.h>
#include <stdlib.h>

typedef struct work {
    sur_mat inverse, own, y, cross, mixed, b; /* of the rows trained on */
    sur_idx *rows;                            /* their numbers */
    sur_idx count;
} work;

static void work_free(work *w)
{
    sur_mat_free(&w->inverse);
    sur_mat_free(&w->own);
    sur_mat_free(&w->y);
    sur_mat_free(&w->cross);
    sur_mat_free(&w->mixed);
    sur_mat_free(&w->b);
    free(w->rows);
}

static sur_status gather(work *w, const sur_mat *y, const uint8_t *keep, sur_error *err)
{
    sur_status status;
    SUR_TRY(sur_alloc(&w->rows, y->rows, sizeof *w->rows, err));
    for (sur_idx i = 0; i < y->rows; i++)
        if (keep[i]) w->rows[w->count++] = i;
    SUR_TRY(sur_mat_new(&w->y, w->count, y->cols, err));
    for (sur_idx i = 0; i < w->count; i++)
        for (sur_idx j = 0; j < y->cols; j++)
            sur_mat_row(&w->y, i)[j] = sur_mat_row(y, w->rows[i])[j];

done:
    return status;
}

/* Writes both answers of row i: f is the model's own, k the leverage without the row.
 */
static void put(sur_mat *in, sur_mat *out, const sur_mat *y, sur_idx i, const double *f,
                double k, bool kept)
{
    for (sur_idx j = 0; j < y->cols; j++) {
        const double t = sur_mat_row(y, i)[j];
        sur_mat_row(in, i)[j] = kept ? f[j] : (f[j] + k * t) / (1.0 + k);
        sur_mat_row(out, i)[j] = kept ? t - (t - f[j]) * (1.0 + k) : f[j];
    }
}

static sur_status primal(sur_mat *in, sur_mat *out, const sur_mat *z, const sur_mat *y,
                         const uint8_t *keep, double mu, work *w, sur_error *err)
{
    const sur_idx p = z->cols;
    sur_status status;
    SUR_TRY(sur_mat_new(&w->own, w->count, p, err));
    for (sur_idx i = 0; i < w->count; i++)
        for (sur_idx j = 0; j < p; j++)
            sur_mat_row(&w->own, i)[j] = sur_mat_row(z, w->rows[i])[j];
    SUR_TRY(sur_mat_new(&w->inverse, p, p, err));
    sur_mat_multiply(&w->inverse, 1.0, &w->own, SUR_TRANSPOSED, &w->own, SUR_PLAIN, 0);
    for (sur_idx j = 0; j < p; j++) sur_mat_row(&w->inverse, j)[j] += mu;
    SUR_TRY(dense_invert(&w->inverse, err));
    SUR_TRY(sur_mat_new(&w->mixed, z->rows, p, err));
    sur_mat_multiply(&w->mixed, 1.0, z, SUR_PLAIN, &w->inverse, SUR_PLAIN, 0.0);
    SUR_TRY(sur_mat_new(&w->cross, p, y->cols, err));
    sur_mat_multiply(&w->cross, 1.0, &w->own, SUR_TRANSPOSED, &w->y, SUR_PLAIN, 0.0);
    SUR_TRY(sur_mat_new(&w->b, z->rows, y->cols, err));
    sur_mat_multiply(&w->b, 1.0, &w->mixed, SUR_PLAIN, &w->cross, SUR_PLAIN, 0.0);
    for (sur_idx i = 0; i < z->rows; i++) {
        double h = 0.0;
        for (sur_idx j = 0; j < p; j++)
            h += sur_mat_row(&w->mixed, i)[j] * sur_mat_row(z, i)[j];
        if (keep[i]) h = h / fmax(1.0 - h, 1e-15);
        put(in, out, y, i, sur_mat_row(&w->b, i), h, keep[i] != 0);
    }

done:
    return status;
}

static sur_status dual(sur_mat *in, sur_mat *out, const sur_mat *gram, const sur_mat *y,
                       const uint8_t *keep, double mu, work *w, sur_error *err)
{
    const sur_idx n = w->count, rows = gram->rows;
    sur_status status;
    SUR_TRY(sur_mat_new(&w->cross, rows, n, err));
    for (sur_idx i = 0; i < rows; i++)
        for (sur_idx j = 0; j < n; j++)
            sur_mat_row(&w->cross, i)[j] = sur_mat_row(gram, i)[w->rows[j]];
    SUR_TRY(sur_mat_new(&w->inverse, n, n, err));
    for (sur_idx i = 0; i < n; i++) {
        for (sur_idx j = 0; j < n; j++)
            sur_mat_row(&w->inverse, i)[j] = sur_mat_row(&w->cross, w->rows[i])[j];
        sur_mat_row(&w->inverse, i)[i] += mu;
    }
    SUR_TRY(dense_invert(&w->inverse, err));
    SUR_TRY(sur_mat_new(&w->own, n, y->cols, err)); /* A^-1 y */
    sur_mat_multiply(&w->own, 1.0, &w->inverse, SUR_PLAIN, &w->y, SUR_PLAIN, 0.0);
    SUR_TRY(sur_mat_new(&w->mixed, rows, n, err));
    sur_mat_multiply(&w->mixed, 1.0, &w->cross, SUR_PLAIN, &w->inverse, SUR_PLAIN, 0.0);
    SUR_TRY(sur_mat_new(&w->b, rows, y->cols, err));
    sur_mat_multiply(&w->b, 1.0, &w->cross, SUR_PLAIN, &w->own, SUR_PLAIN, 0.0);
    for (sur_idx i = 0, at = 0; i < rows; i++) {
        double *f = sur_mat_row(&w->b, i);
        if (keep[i]) {
            const double left = sur_mat_row(&w->inverse, at)[at]; /* (1 - h)/mu */
            for (sur_idx j = 0; j < y->cols; j++) {
                const double t = sur_mat_row(y, i)[j], a = sur_mat_row(&w->own, at)[j];
                sur_mat_row(in, i)[j] = t - mu * a;
                sur_mat_row(out, i)[j] = t - a / left;
            }
            at++;
            continue;
        }
        double k = sur_mat_row(gram, i)[i];
        for (sur_idx j = 0; j < n; j++)
            k -= sur_mat_row(&w->mixed, i)[j] * sur_mat_row(&w->cross, i)[j];
        put(in, out, y, i, f, fmax(k, 0.0) / mu, false);
    }

done:
    return status;
}

sur_status sur_paired_answers(sur_mat *in, sur_mat *out, const sur_mat *z,
                              const sur_mat *gram, const sur_mat *y,
                              const uint8_t *keep, double mu, sur_error *err)
{
    work w = {0};
    sur_status status;

    SUR_FAIL_IF(!(mu > 0.0), SUR_EINVAL, "the penalty is %g, not above 0", mu);
    SUR_TRY(gather(&w, y, keep, err));
    SUR_FAIL_IF(w.count == 0 || (!z && !gram), SUR_ESHAPE, "no rows to train on");
    status = z && (!gram || z->cols <= w.count)
                 ? primal(in, out, z, y, keep, mu, &w, err)
                 : dual(in, out, gram, y, keep, mu, &w, err);

done:
    work_free(&w);
    return status;
}

sur_status sur_leave_out(sur_mat *out, const sur_mat *z, const sur_mat *y,
                         const sur_idx *picks, sur_idx count, double mu, sur_error *err)
{
    const sur_idx p = z->cols, k = y->cols;
    sur_mat inverse = {0}, mine = {0}, mixed = {0}, b = {0}, cross = {0}, left = {0},
            residual = {0};
    sur_status status;

    SUR_TRY(sur_mat_new(&inverse, p, p, err));
    SUR_TRY(sur_mat_new(&mine, count, p, err));
    SUR_TRY(sur_mat_new(&mixed, count, p, err));
    SUR_TRY(sur_mat_new(&cross, p, k, err));
    SUR_TRY(sur_mat_new(&b, count, k, err));
    SUR_TRY(sur_mat_new(&left, count, count, err));
    SUR_TRY(sur_mat_new(&residual, count, k, err));
    sur_mat_multiply(&inverse, 1.0, z, SUR_TRANSPOSED, z, SUR_PLAIN, 0.0);
    for (sur_idx j = 0; j < p; j++) sur_mat_row(&inverse, j)[j] += mu;
    SUR_TRY(dense_invert(&inverse, err));
    for (sur_idx i = 0; i < count; i++)
        for (sur_idx j = 0; j < p; j++)
            sur_mat_row(&mine, i)[j] = sur_mat_row(z, picks[i])[j];
    sur_mat_multiply(&mixed, 1.0, &mine, SUR_PLAIN, &inverse, SUR_PLAIN, 0.0);
    sur_mat_multiply(&cross, 1.0, z, SUR_TRANSPOSED, y, SUR_PLAIN, 0.0);
    sur_mat_multiply(&b, 1.0, &mixed, SUR_PLAIN, &cross, SUR_PLAIN, 0.0);
    sur_mat_multiply(&left, -1.0, &mixed, SUR_PLAIN, &mine, SUR_TRANSPOSED, 0.0);
    for (sur_idx i = 0; i < count; i++) {
        sur_mat_row(&left, i)[i] += 1.0;
        for (sur_idx j = 0; j < k; j++)
            sur_mat_row(&residual, i)[j] =
                sur_mat_row(y, picks[i])[j] - sur_mat_row(&b, i)[j];
    }
    SUR_TRY(dense_invert(&left, err));
    sur_mat_multiply(&b, -1.0, &left, SUR_PLAIN, &residual, SUR_PLAIN, 0.0);
    for (sur_idx i = 0; i < count; i++)
        for (sur_idx j = 0; j < k; j++)
            sur_mat_row(out, i)[j] =
                sur_mat_row(y, picks[i])[j] + sur_mat_row(&b, i)[j];

done:
    sur_mat_free(&inverse);
    sur_mat_free(&mine);
    sur_mat_free(&mixed);
    sur_mat_free(&cross);
    sur_mat_free(&b);
    sur_mat_free(&left);
    sur_mat_free(&residual);
    return status;
}
