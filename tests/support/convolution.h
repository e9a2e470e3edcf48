/* convolution.h -- convolutional networks the slow and obvious way, in double: every
 * operation of the list as nested loops, forward and backward, to compare with. */
#ifndef TEST_CONVOLUTION_H
#define TEST_CONVOLUTION_H

#include "check.h"

#include "model/conv.h"

enum { REFERENCE_MAPS = SUR_CONV_OPS_MOST + 1 };

/* A batch of `rows`: maps [row][channel][y][x], derivatives of the loss by them; of
 * normalizations the mean and variance used. */
typedef struct reference {
    sur_conv_plan plan;
    sur_idx rows, outputs;
    double *map[REFERENCE_MAPS], *slope[REFERENCE_MAPS];
    double *mean[SUR_CONV_OPS_MOST], *variance[SUR_CONV_OPS_MOST];
    double *answer; /* [rows x outputs] */
} reference;

static inline sur_idx reference_floats(const reference *r, int map)
{
    const sur_conv_map *m = &r->plan.map[map];
    return r->rows * m->channels * m->height * m->width;
}

static inline double *reference_zeros(sur_idx count)
{
    double *x = calloc((size_t)count, sizeof *x);
    CHECK(x != NULL);
    return x;
}

static inline void reference_new(reference *r, const sur_network *net, sur_idx rows)
{
    *r = (reference){.rows = rows, .outputs = net->outputs};
    sur_conv_plan_make(&r->plan, net);
    for (int i = 0; i < r->plan.maps; i++) {
        r->map[i] = reference_zeros(reference_floats(r, i));
        r->slope[i] = reference_zeros(reference_floats(r, i));
    }
    for (int i = 0; i < r->plan.ops; i++) {
        const sur_idx channels = r->plan.map[r->plan.op[i].in].channels;
        r->mean[i] = reference_zeros(channels);
        r->variance[i] = reference_zeros(channels);
    }
    r->answer = reference_zeros(rows * net->outputs);
}

static inline void reference_free(reference *r)
{
    for (int i = 0; i < r->plan.maps; i++) free(r->map[i]), free(r->slope[i]);
    for (int i = 0; i < r->plan.ops; i++) free(r->mean[i]), free(r->variance[i]);
    free(r->answer);
}

/* The place of (row, channel, y, x) in a map. */
static inline sur_idx reference_at(const sur_conv_map *m, sur_idx n, sur_idx c,
                                   sur_idx y, sur_idx x)
{
    return ((n * m->channels + c) * m->height + y) * m->width + x;
}

/* Both ways: y += w x; or, with back, dw += dy x and dx += w dy. */
static inline void reference_convolve(reference *r, const sur_conv_op *op,
                                      const double *w, double *dw, bool back)
{
    const sur_conv_map *in = &r->plan.map[op->in], *out = &r->plan.map[op->out];
    const sur_idx k = op->kernel, s = op->stride;
    double *x = r->map[op->in], *y = r->map[op->out], *dx = r->slope[op->in],
           *dy = r->slope[op->out];
    for (sur_idx n = 0; n < r->rows; n++)
        for (sur_idx o = 0; o < out->channels; o++)
            for (sur_idx i = 0; i < in->channels; i++)
                for (sur_idx v = 0; v < out->height; v++)
                    for (sur_idx u = 0; u < out->width; u++)
                        for (sur_idx a = 0; a < k; a++)
                            for (sur_idx b = 0; b < k; b++) {
                                const sur_idx p = v * s + a - k / 2,
                                              q = u * s + b - k / 2;
                                if (p < 0 || p >= in->height || q < 0 || q >= in->width)
                                    continue;
                                const sur_idx to = reference_at(out, n, o, v, u),
                                              from = reference_at(in, n, i, p, q),
                                              at =
                                                  ((o * in->channels + i) * k + a) * k +
                                                  b;
                                if (!back) {
                                    y[to] += w[at] * x[from];
                                    continue;
                                }
                                dw[at] += dy[to] * x[from];
                                dx[from] += w[at] * dy[to];
                            }
}

static inline void reference_moments(reference *r, int op, sur_idx c)
{
    const sur_conv_map *m = &r->plan.map[r->plan.op[op].in];
    const double *x = r->map[r->plan.op[op].in];
    const double count = (double)(r->rows * m->height * m->width);
    double sum = 0.0, square = 0.0;
    for (int way = 0; way < 2; way++)
        for (sur_idx n = 0; n < r->rows; n++)
            for (sur_idx i = 0; i < m->height * m->width; i++) {
                const double at = x[reference_at(m, n, c, 0, 0) + i];
                if (way == 0)
                    sum += at;
                else
                    square += (at - sum / count) * (at - sum / count);
            }
    r->mean[op][c] = sum / count;
    r->variance[op][c] = square / count;
}

/* scale, shift and running are of the table; running moves in training. */
static inline void reference_norm(reference *r, int i, const double *scale,
                                  const double *shift, double *mean, double *variance,
                                  bool training)
{
    const sur_conv_op *op = &r->plan.op[i];
    const sur_conv_map *m = &r->plan.map[op->in];
    const double count = (double)(r->rows * m->height * m->width);
    for (sur_idx c = 0; c < m->channels; c++) {
        r->mean[i][c] = mean[c];
        r->variance[i][c] = variance[c];
        if (training) {
            reference_moments(r, i, c);
            mean[c] += 0.1 * (r->mean[i][c] - mean[c]);
            variance[c] +=
                0.1 * (r->variance[i][c] * count / (count - 1) - variance[c]);
        }
        for (sur_idx n = 0; n < r->rows; n++)
            for (sur_idx j = 0; j < m->height * m->width; j++) {
                const sur_idx at = reference_at(m, n, c, 0, 0) + j;
                const double z = (r->map[op->in][at] - r->mean[i][c]) /
                                     sqrt(r->variance[i][c] + 1e-5) * scale[c] +
                                 shift[c];
                r->map[op->out][at] = z > 0.0 ? z : 0.0;
            }
    }
}

static inline void reference_norm_back(reference *r, int i, const double *scale,
                                       double *dscale, double *dshift, bool training)
{
    const sur_conv_op *op = &r->plan.op[i];
    const sur_conv_map *m = &r->plan.map[op->in];
    const sur_idx places = m->height * m->width;
    const double count = (double)(r->rows * places);
    for (sur_idx c = 0; c < m->channels; c++) {
        const double inverse = 1.0 / sqrt(r->variance[i][c] + 1e-5);
        double sum[2] = {0.0, 0.0};
        for (int way = 0; way < 2; way++)
            for (sur_idx n = 0; n < r->rows; n++)
                for (sur_idx j = 0; j < places; j++) {
                    const sur_idx at = reference_at(m, n, c, 0, 0) + j;
                    const double hat = (r->map[op->in][at] - r->mean[i][c]) * inverse;
                    const double g =
                        r->map[op->out][at] > 0.0 ? r->slope[op->out][at] : 0.0;
                    if (way == 0) {
                        sum[0] += g;
                        sum[1] += g * hat;
                        continue;
                    }
                    const double pull =
                        training ? sum[0] / count + hat * sum[1] / count : 0.0;
                    r->slope[op->in][at] += scale[c] * inverse * (g - pull);
                }
        dshift[c] += sum[0];
        dscale[c] += sum[1];
    }
}

/* Windows of a pool: forward the largest, backward to the first of the largest. */
static inline void reference_pool(reference *r, const sur_conv_op *op, bool back)
{
    const sur_conv_map *in = &r->plan.map[op->in], *out = &r->plan.map[op->out];
    const sur_idx h = op->kernel && op->kernel < in->height ? op->kernel : in->height,
                  w = op->kernel && op->kernel < in->width ? op->kernel : in->width;
    for (sur_idx n = 0; n < r->rows; n++)
        for (sur_idx c = 0; c < in->channels; c++)
            for (sur_idx v = 0; v < out->height; v++)
                for (sur_idx u = 0; u < out->width; u++) {
                    sur_idx best = -1;
                    for (sur_idx a = 0; a < h; a++)
                        for (sur_idx b = 0; b < w; b++) {
                            const sur_idx at =
                                reference_at(in, n, c, v * h + a, u * w + b);
                            if (best < 0 || r->map[op->in][at] > r->map[op->in][best])
                                best = at;
                        }
                    const sur_idx to = reference_at(out, n, c, v, u);
                    if (back)
                        r->slope[op->in][best] += r->slope[op->out][to];
                    else
                        r->map[op->out][to] = r->map[op->in][best];
                }
}

static inline void reference_mean(reference *r, const sur_conv_op *op, bool back)
{
    const sur_conv_map *in = &r->plan.map[op->in];
    const sur_idx places = in->height * in->width;
    for (sur_idx p = 0; p < r->rows * in->channels; p++)
        for (sur_idx j = 0; j < places; j++) {
            if (back)
                r->slope[op->in][p * places + j] +=
                    r->slope[op->out][p] / (double)places;
            else
                r->map[op->out][p] += r->map[op->in][p * places + j] / (double)places;
        }
}

/* Answers for x ([rows x inputs]) with the vector w, whose running statistics move in
 * training. */
static inline void reference_forward(reference *r, double *w, const double *x,
                                     bool training)
{
    const sur_conv_plan *p = &r->plan;
    const sur_tensor *t = p->tensor;
    for (int i = 0; i < p->maps; i++)
        memset(r->map[i], 0, (size_t)reference_floats(r, i) * sizeof(double));
    memcpy(r->map[0], x, (size_t)reference_floats(r, 0) * sizeof *x);
    for (int i = 0; i < p->ops; i++) {
        const sur_conv_op *op = &p->op[i];
        if (op->kind == SUR_CONVOLVE)
            reference_convolve(r, op, w + t[op->first].offset, NULL, false);
        if (op->kind == SUR_CONV_NORM)
            reference_norm(r, i, w + t[op->first].offset, w + t[op->first + 1].offset,
                           w + t[op->running].offset, w + t[op->running + 1].offset,
                           training);
        for (sur_idx j = 0; op->kind == SUR_CONV_ADD && j < reference_floats(r, op->in);
             j++)
            r->map[op->in][j] += r->map[op->other][j];
        if (op->kind == SUR_CONV_POOL) reference_pool(r, op, false);
        if (op->kind == SUR_CONV_MEAN) reference_mean(r, op, false);
    }
    const sur_tensor *linear = &t[p->linear], *bias = linear + 1;
    const sur_idx f = linear->shape[1];
    for (sur_idx n = 0; n < r->rows; n++)
        for (sur_idx o = 0; o < r->outputs; o++) {
            double sum = w[bias->offset + o];
            for (sur_idx i = 0; i < f; i++)
                sum += w[linear->offset + o * f + i] * r->map[p->maps - 1][n * f + i];
            r->answer[n * r->outputs + o] = sum;
        }
}

/* gradient ([N], zeroed) from delta ([rows x outputs]), after reference_forward. */
static inline void reference_backward(reference *r, double *gradient, const double *w,
                                      const double *delta, bool training)
{
    const sur_conv_plan *p = &r->plan;
    const sur_tensor *t = p->tensor, *linear = &t[p->linear], *bias = linear + 1;
    const sur_idx f = linear->shape[1];
    for (int i = 0; i < p->maps; i++)
        memset(r->slope[i], 0, (size_t)reference_floats(r, i) * sizeof(double));
    for (sur_idx n = 0; n < r->rows; n++)
        for (sur_idx o = 0; o < r->outputs; o++) {
            const double d = delta[n * r->outputs + o];
            gradient[bias->offset + o] += d;
            for (sur_idx i = 0; i < f; i++) {
                gradient[linear->offset + o * f + i] +=
                    d * r->map[p->maps - 1][n * f + i];
                r->slope[p->maps - 1][n * f + i] += d * w[linear->offset + o * f + i];
            }
        }
    for (int i = p->ops - 1; i >= 0; i--) {
        const sur_conv_op *op = &p->op[i];
        double *own = gradient + t[op->first].offset;
        if (op->kind == SUR_CONVOLVE)
            reference_convolve(r, op, w + t[op->first].offset, own, true);
        if (op->kind == SUR_CONV_NORM)
            reference_norm_back(r, i, w + t[op->first].offset, own,
                                gradient + t[op->first + 1].offset, training);
        for (sur_idx j = 0; op->kind == SUR_CONV_ADD && j < reference_floats(r, op->in);
             j++)
            r->slope[op->other][j] += r->slope[op->in][j];
        if (op->kind == SUR_CONV_POOL) reference_pool(r, op, true);
        if (op->kind == SUR_CONV_MEAN) reference_mean(r, op, true);
    }
}

#endif
