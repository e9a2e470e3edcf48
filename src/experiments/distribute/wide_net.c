/* wide_net.c -- the network of wide.h: forward, backward, and where it stands. */
#include "experiments/distribute/wide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/try.h"

static const double leak = 0.3, log_two = 0.69314718055994531;

/* ---- the network ---- */

/* exp(-z), z >= 0: 2^-n times a series in the rest, |rest| <= log(2) / 2. Only sums and
 * products, so that loops of it are done by several at once. */
static inline double decay(double z)
{
    const double shift = 0x1.8p52, capped = z < 700.0 ? z : 700.0;
    const double whole = capped * 1.4426950408889634 + shift, n = whole - shift;
    const double x = (n * 0.69314718036912382 - capped) + n * 1.9082149292705877e-10;
    double sum = 1.0 / 479001600.0;
    uint64_t bits;
    sum = sum * x + 1.0 / 39916800.0;
    sum = sum * x + 1.0 / 3628800.0;
    sum = sum * x + 1.0 / 362880.0;
    sum = sum * x + 1.0 / 40320.0;
    sum = sum * x + 1.0 / 5040.0;
    sum = sum * x + 1.0 / 720.0;
    sum = sum * x + 1.0 / 120.0;
    sum = sum * x + 1.0 / 24.0;
    sum = sum * x + 1.0 / 6.0;
    sum = sum * x + 0.5;
    sum = sum * x + 1.0;
    sum = sum * x + 1.0;
    memcpy(&bits, &whole, sizeof bits); /* n is in its lowest bits */
    bits = (UINT64_C(1023) - bits) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

/* log(1 + e), 0 <= e <= 1, as 2 artanh(e / (2 + e)) */
static inline double log_one_plus(double e)
{
    const double t = e / (2.0 + e), square = t * t;
    double sum = 1.0 / 29.0;
    sum = sum * square + 1.0 / 27.0;
    sum = sum * square + 1.0 / 25.0;
    sum = sum * square + 1.0 / 23.0;
    sum = sum * square + 1.0 / 21.0;
    sum = sum * square + 1.0 / 19.0;
    sum = sum * square + 1.0 / 17.0;
    sum = sum * square + 1.0 / 15.0;
    sum = sum * square + 1.0 / 13.0;
    sum = sum * square + 1.0 / 11.0;
    sum = sum * square + 1.0 / 9.0;
    sum = sum * square + 1.0 / 7.0;
    sum = sum * square + 1.0 / 5.0;
    sum = sum * square + 1.0 / 3.0;
    sum = sum * square + 1.0;
    return 2.0 * t * sum;
}

enum { AT_ONCE = 256 };

/* a <- s(a) of count <= AT_ONCE numbers, and slope <- s'(a) if it is not NULL. */
static void activate_some(double *restrict a, double *restrict slope, sur_idx count)
{
    double e[AT_ONCE];
    for (sur_idx j = 0; j < count; j++) e[j] = decay(fabs(a[j]));
    for (sur_idx j = 0; slope && j < count; j++)
        slope[j] = leak + (1.0 - leak) * (a[j] > 0.0 ? 1.0 : e[j]) / (1.0 + e[j]);
    for (sur_idx j = 0; j < count; j++) {
        const double x = a[j];
        const double soft = 0.5 * (x + fabs(x)) + log_one_plus(e[j]) - log_two;
        a[j] = leak * x + (1.0 - leak) * soft;
    }
}

static void activate(sur_mat *a, sur_mat *slope)
{
    for (sur_idx i = 0; i < a->rows; i++)
        for (sur_idx j = 0; j < a->cols; j += AT_ONCE)
            activate_some(sur_mat_row(a, i) + j,
                          slope ? sur_mat_row(slope, i) + j : NULL,
                          a->cols - j < AT_ONCE ? a->cols - j : AT_ONCE);
}

static void times(sur_mat *a, const sur_mat *slope)
{
    for (sur_idx i = 0; i < a->rows; i++)
        for (sur_idx j = 0; j < a->cols; j++)
            sur_mat_row(a, i)[j] *= sur_mat_row(slope, i)[j];
}

static sur_mat view(double *data, sur_idx rows, sur_idx cols)
{
    return (sur_mat){data, rows, cols, cols};
}

sur_mat wide_weights(const wide *w, double *theta, int layer)
{
    return layer == 1   ? view(theta, w->p, w->n1)
           : layer == 2 ? view(theta + w->p * w->n1, w->n1, w->n)
                        : view(theta + w->p * w->n1 + w->n1 * w->n, w->n2, w->k);
}

/* f1 <- s(x W_1) and its slope (may be NULL) */
static void wide_layer(const wide *w, sur_mat *f1, sur_mat *slope, const sur_mat *x,
                       double *theta)
{
    const sur_mat w1 = wide_weights(w, theta, 1);
    sur_mat_multiply(f1, 1.0, x, SUR_PLAIN, &w1, SUR_PLAIN, 0.0);
    activate(f1, slope);
}

/* out <- what follows A; a becomes s(A). last_layer is W_3. */
static void finish(const wide *w, sur_mat *out, sur_mat *a, sur_mat *slope,
                   const sur_mat *last_layer)
{
    if (w->n2 == 0) {
        sur_mat_copy(out, a);
        return;
    }
    activate(a, slope);
    sur_mat_multiply(out, 1.0, a, SUR_PLAIN, last_layer, SUR_PLAIN, 0.0);
}

/* From R = df/dout (in out) and s(A) (in a): the gradient by W_3 into g3, and by A into
 * a. */
static void back(const wide *w, sur_mat *a, sur_mat *g3, const sur_mat *out,
                 const sur_mat *slope, const sur_mat *last_layer)
{
    if (w->n2 == 0) {
        sur_mat_copy(a, out);
        return;
    }
    sur_mat_multiply(g3, 1.0, a, SUR_TRANSPOSED, out, SUR_PLAIN, 0.0);
    sur_mat_multiply(a, 1.0, out, SUR_PLAIN, last_layer, SUR_TRANSPOSED, 0.0);
    times(a, slope);
}

/* ---- coordinates ---- */

/* theta at v; kept, because the nodes of one process ask for the same one in turn. */
sur_status wide_place(wide *w, sur_idx dim, const double *v, sur_error *err)
{
    const size_t bytes = (size_t)dim * sizeof *v;
    sur_status status = SUR_OK;
    if (memcmp(w->last, v, bytes) == 0) return SUR_OK;
    memcpy(w->last, v, bytes);
    if (w->layer) return SUR_OK;
    if (w->sketch.cols == 0) {
        memcpy(w->theta, v, bytes);
        return SUR_OK;
    }
    memcpy(w->theta, w->first, (size_t)w->all * sizeof *w->theta);
    status = sur_sketch_expand(w->theta, &w->sketch, 1.0, v, 0, w->all, err);
    if (status != SUR_OK) w->last[0] = NAN; /* equal to nothing */
    return status;
}

/* (V, W_3) of scheme layer, in v or in a gradient */
static sur_mat layer_v(const wide *w, double *v)
{
    return view(v, w->sketch.cols, w->n);
}

sur_mat wide_last(const wide *w, double *v)
{
    return view(v + w->sketch.cols * w->n, w->n2, w->k);
}

/* Outputs of `rows` examples into the scratch, ready to go back. x: their inputs, or
 * for scheme layer z and a0. Scheme layer needs no theta. */
void wide_forward(wide *w, const sur_mat *x, const sur_mat *a0)
{
    const sur_idx rows = x->rows;
    sur_mat a = wide_top(&w->a, rows), slope2 = wide_top(&w->slope2, rows),
            out = wide_top(&w->out, rows);
    if (w->layer) {
        const sur_mat v = layer_v(w, w->last), w3 = wide_last(w, w->last);
        sur_mat_copy(&a, a0);
        sur_mat_multiply(&a, 1.0, x, SUR_PLAIN, &v, SUR_PLAIN, 1.0);
        finish(w, &out, &a, &slope2, &w3);
        return;
    }
    sur_mat f1 = wide_top(&w->f1, rows), slope1 = wide_top(&w->slope1, rows);
    const sur_mat w2 = wide_weights(w, w->theta, 2), w3 = wide_weights(w, w->theta, 3);
    wide_layer(w, &f1, &slope1, x, w->theta);
    sur_mat_multiply(&a, 1.0, &f1, SUR_PLAIN, &w2, SUR_PLAIN, 0.0);
    finish(w, &out, &a, &slope2, &w3);
}

/* After forward: g [dim] <- J' R for the R (rows x k) that now stands in w->out. */
sur_status wide_backward(wide *w, double *g, sur_idx dim, const sur_mat *x,
                         sur_error *err)
{
    const sur_idx rows = x->rows;
    sur_mat a = wide_top(&w->a, rows), slope2 = wide_top(&w->slope2, rows),
            out = wide_top(&w->out, rows);
    if (w->layer) {
        sur_mat gv = layer_v(w, g), g3 = wide_last(w, g);
        const sur_mat w3 = wide_last(w, w->last);
        back(w, &a, &g3, &out, &slope2, &w3);
        sur_mat_multiply(&gv, 1.0, x, SUR_TRANSPOSED, &a, SUR_PLAIN, 0.0);
        return SUR_OK;
    }
    double *whole = w->sketch.cols ? w->gradient : g;
    sur_mat f1 = wide_top(&w->f1, rows), slope1 = wide_top(&w->slope1, rows),
            g1 = wide_weights(w, whole, 1), g2 = wide_weights(w, whole, 2),
            g3 = wide_weights(w, whole, 3);
    const sur_mat w2 = wide_weights(w, w->theta, 2), w3 = wide_weights(w, w->theta, 3);
    back(w, &a, &g3, &out, &slope2, &w3);
    sur_mat_multiply(&g2, 1.0, &f1, SUR_TRANSPOSED, &a, SUR_PLAIN, 0.0);
    sur_mat_multiply(&f1, 1.0, &a, SUR_PLAIN, &w2, SUR_TRANSPOSED, 0.0);
    times(&f1, &slope1);
    sur_mat_multiply(&g1, 1.0, x, SUR_TRANSPOSED, &f1, SUR_PLAIN, 0.0);
    if (w->sketch.cols == 0) return SUR_OK;
    const sur_mat row = view(whole, 1, w->all);
    sur_mat to = view(g, 1, dim);
    sur_mat_fill(&to, 0.0);
    return sur_sketch_columns(&to, &w->sketch, &row, 0, err);
}

/* What forward and backward read of a node's examples. */
void wide_examples(const wide *w, sur_idx node, sur_mat *x, sur_mat *a0)
{
    const sur_idx first = w->data->first[node], rows = w->data->first[node + 1] - first;
    *x = wide_rows(w->layer ? &w->z : &w->data->train, first, rows);
    *a0 = w->layer ? wide_rows(&w->a0, first, rows) : (sur_mat){0};
}

/* Z = F_1 S and A_0 = F_1 W_2^0 of all training rows, block by block. */
sur_status wide_features(wide *w, sur_error *err)
{
    const sur_idx n = w->data->n;
    const sur_mat w2 = wide_weights(w, w->first, 2);
    sur_status status;
    SUR_TRY(sur_mat_new(&w->z, n, w->sketch.cols, err));
    SUR_TRY(sur_mat_new(&w->a0, n, w->n, err));
    for (sur_idx i = 0; i < n; i += w->most) {
        const sur_idx rows = n - i < w->most ? n - i : w->most;
        const sur_mat x = wide_rows(&w->data->train, i, rows);
        sur_mat f1 = wide_top(&w->f1, rows), z = wide_rows(&w->z, i, rows),
                a0 = wide_rows(&w->a0, i, rows);
        wide_layer(w, &f1, NULL, &x, w->first);
        sur_mat_multiply(&a0, 1.0, &f1, SUR_PLAIN, &w2, SUR_PLAIN, 0.0);
        SUR_TRY(sur_sketch_columns(&z, &w->sketch, &f1, 0, err));
    }

done:
    return status;
}

/* out (rows x k) <- outputs for inputs x, in blocks of the scratch. */
sur_status wide_answer(wide *w, sur_mat *out, const sur_mat *x, sur_error *err)
{
    sur_mat z = {0};
    sur_status status;
    SUR_TRY(sur_mat_new(&z, w->most, w->layer ? w->sketch.cols : 0, err));
    for (sur_idx i = 0; i < x->rows; i += w->most) {
        const sur_idx rows = x->rows - i < w->most ? x->rows - i : w->most;
        sur_mat to = wide_rows(out, i, rows), part = wide_rows(x, i, rows),
                a0 = wide_top(&w->slope2, rows), zs = wide_top(&z, rows),
                f1 = wide_top(&w->f1, rows);
        const sur_mat w2 = wide_weights(w, w->first, 2), from = wide_top(&w->out, rows);
        if (w->layer) {
            wide_layer(w, &f1, NULL, &part, w->first);
            sur_mat_multiply(&a0, 1.0, &f1, SUR_PLAIN, &w2, SUR_PLAIN, 0.0);
            sur_mat_fill(&zs, 0.0);
            SUR_TRY(sur_sketch_columns(&zs, &w->sketch, &f1, 0, err));
        }
        wide_forward(w, w->layer ? &zs : &part, &a0);
        sur_mat_copy(&to, &from);
    }

done:
    sur_mat_free(&z);
    return status;
}

/* theta <- (W_1^0, W_2^0 + S V, W_3) of scheme layer */
sur_status wide_model(wide *w, sur_error *err)
{
    const sur_idx d = w->sketch.cols;
    const sur_mat v = layer_v(w, w->last), w2 = wide_weights(w, w->theta, 2),
                  w3 = wide_last(w, w->last);
    double *from = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&from, d + w->n1, sizeof *from, err));
    double *to = from + d;
    memcpy(w->theta, w->first, (size_t)w->all * sizeof *w->theta);
    for (sur_idx j = 0; j < w->n; j++) {
        for (sur_idx i = 0; i < d; i++) from[i] = sur_mat_row(&v, i)[j];
        memset(to, 0, (size_t)w->n1 * sizeof *to);
        SUR_TRY(sur_sketch_expand(to, &w->sketch, 1.0, from, 0, w->n1, err));
        for (sur_idx i = 0; i < w->n1; i++) sur_mat_row(&w2, i)[j] += to[i];
    }
    if (w->n2) {
        sur_mat last = wide_weights(w, w->theta, 3);
        sur_mat_copy(&last, &w3);
    }

done:
    free(from);
    return status;
}
