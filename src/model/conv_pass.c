/* conv_pass.c -- forward and backward through the list of operations.
 *
 * Both go in stretches between normalizations, all chunks through one stretch before
 * any goes on to the next (forward by running statistics is one stretch). A chunk's
 * part of a weight gradient is kept until its stretch is over; then parts are added in
 * the order of chunks and given away. */
#include "model/conv_pass.h"

#include <string.h>

/* ---- chunks ---- */

/* A stretch of so many multiplications is worth that threads wait for each other. */
#define SHARED 4e6

/* Operations from `from` towards `to`, of chunk c; false: oneDNN failed. */
typedef bool (*stretch)(sur_conv_pass *p, int from, int to, int c);

static sur_status on_chunks(sur_conv_pass *p, stretch work, int from, int to,
                            sur_error *err)
{
    bool good[SUR_CHUNKS_MOST];
    const bool shared = p->stretch * (double)p->count >= SHARED;
    const int most = shared ? p->base.threads : 1,
              threads = most < p->used ? most : p->used;
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
    for (int c = 0; c < p->used; c++) good[c] = work(p, from, to, c);
    for (int c = 0; c < p->used; c++)
        if (!good[c])
            return sur_fail(err, SUR_EBACKEND, "oneDNN: a convolution failed");
    return SUR_OK;
}

/* ---- forward ---- */

static bool forward_one(sur_conv_pass *p, int i, int c)
{
    sur_conv_layer *layer = &p->layer[i];
    switch (p->plan.op[i].kind) {
    case SUR_CONVOLVE:
        return sur_conv_forward(layer->conv, c, sur_chunk_at(p, c, layer->out),
                                sur_chunk_at(p, c, layer->in),
                                sur_chunk_at(p, c, p->scratch));
    case SUR_CONV_NORM:
        sur_conv_norm_forward(p, i, c);
        break;
    case SUR_CONV_ADD:
        p->base.kernels->add(sur_chunk_at(p, c, layer->in),
                             sur_chunk_at(p, c, layer->other),
                             p->rows * sur_conv_map_floats(p, p->plan.op[i].in));
        break;
    case SUR_CONV_POOL:
        sur_conv_pool_forward(p, i, c);
        break;
    case SUR_CONV_MEAN:
        sur_conv_mean_forward(p, i, c);
        break;
    }
    return true;
}

/* From operation `from` up to `to`, and the moments of what `to` normalizes. */
static bool forward_stretch(sur_conv_pass *p, int from, int to, int c)
{
    for (int i = from; i < to; i++)
        if (!forward_one(p, i, c)) return false;
    if (to < p->plan.ops) {
        sur_conv_moments(p, to, c);
        return true;
    }
    const sur_idx floats = sur_conv_map_floats(p, p->plan.maps - 1);
    const float *top = sur_chunk_at(p, c, p->top);
    for (sur_idx i = 0; i < sur_chunk_rows(p, c); i++)
        memcpy(p->feature + (c * p->rows + i) * p->features, top + i * floats,
               (size_t)floats * sizeof *top);
    return true;
}

static sur_status prepare(sur_conv_pass *p, float *working, sur_error *err)
{
    for (int i = 0; i < p->plan.ops; i++) {
        sur_conv_layer *layer = &p->layer[i];
        if (layer->conv && !sur_conv_take(layer->conv, working + layer->weight, false))
            return sur_fail(err, SUR_EBACKEND, "oneDNN: a reorder of weights failed");
        if (p->plan.op[i].kind == SUR_CONV_NORM && p->mode == SUR_ANSWERING)
            sur_conv_norm_settle(p, i, working);
    }
    return SUR_OK;
}

static sur_status go_forward(sur_conv_pass *p, float *working, sur_error *err)
{
    const sur_conv_plan *plan = &p->plan;
    int from = 0;
    sur_status status = prepare(p, working, err);
    while (status == SUR_OK && from < plan->ops) {
        int to = from + 1;
        while (to < plan->ops &&
               (p->mode == SUR_ANSWERING || plan->op[to].kind != SUR_CONV_NORM))
            to++;
        status = on_chunks(p, forward_stretch, from, to, err);
        if (to < plan->ops && status == SUR_OK) sur_conv_norm_settle(p, to, working);
        from = to;
    }
    return status;
}

sur_status sur_conv_pass_forward(sur_pass *base, float *working,
                                 const sur_inputs *inputs, const sur_idx *picks,
                                 sur_idx first, sur_idx count, sur_mode mode,
                                 sur_error *err)
{
    sur_conv_pass *p = (sur_conv_pass *)base;
    const int before = sur_conv_alone();
    p->count = count;
    p->used = (int)((count + p->rows - 1) / p->rows);
    p->mode = mode;
    for (int c = 0; c < p->used; c++) sur_conv_gather(p, inputs, picks, first, c);
    const sur_status status = go_forward(p, working, err);
    sur_conv_alone_end(before);
    if (status != SUR_OK) return status;
    const float *w = working + p->linear;
    base->kernels->product(&(sur_product){.m = count,
                                          .n = base->row,
                                          .k = p->features,
                                          .a = p->feature,
                                          .row = p->features,
                                          .col = 1,
                                          .b = w,
                                          .ldb = base->row,
                                          .c = base->answer,
                                          .ldc = base->row,
                                          .bias = w + p->features * base->row});
    return SUR_OK;
}

/* ---- backward ---- */

static bool backward_convolution(sur_conv_pass *p, int i, int c)
{
    sur_conv_layer *layer = &p->layer[i];
    const int in = p->plan.op[i].in;
    float *dy = sur_chunk_at(p, c, layer->dout);
    void *scratch = sur_chunk_at(p, c, p->scratch);
    if (!sur_conv_back_weights(layer->conv, c, sur_chunk_at(p, c, layer->dw), dy,
                               sur_chunk_at(p, c, layer->in), scratch))
        return false;
    if (in == 0) return true;
    float *din = sur_chunk_at(p, c, layer->din);
    if (layer->fresh) return sur_conv_back_data(layer->conv, c, din, dy, scratch);
    float *aside = sur_chunk_at(p, c, layer->aside);
    if (!sur_conv_back_data(layer->conv, c, aside, dy, scratch)) return false;
    p->base.kernels->add(din, aside, p->rows * sur_conv_map_floats(p, in));
    return true;
}

/* From operation `from` down to above `to`; `from` may be a normalization whose slopes
 * are known, and those of `to` are made. */
static bool backward_stretch(sur_conv_pass *p, int from, int to, int c)
{
    if (from == p->plan.ops - 1) {
        const sur_idx floats = sur_conv_map_floats(p, p->plan.maps - 1);
        float *top = sur_chunk_at(p, c, p->dtop);
        memset(top, 0, (size_t)(p->rows * floats) * sizeof *top);
        for (sur_idx i = 0; i < sur_chunk_rows(p, c); i++)
            memcpy(top + i * floats, p->dfeature + (c * p->rows + i) * p->features,
                   (size_t)floats * sizeof *top);
    }
    for (int i = from; i > to; i--) {
        const sur_conv_kind kind = p->plan.op[i].kind;
        if (kind == SUR_CONVOLVE && !backward_convolution(p, i, c)) return false;
        if (kind == SUR_CONV_NORM) sur_conv_norm_back(p, i, c);
        if (kind == SUR_CONV_POOL) sur_conv_pool_back(p, i, c);
        if (kind == SUR_CONV_MEAN) sur_conv_mean_back(p, i, c);
    }
    if (to >= 0) sur_conv_slopes(p, to, c);
    return true;
}

/* The parts of a convolution's gradient, added up in the first chunk's. */
static void give_weights(sur_conv_pass *p, int i, sur_pass_take take, void *payload)
{
    enum { RUN = 4096 };
    const sur_conv_layer *layer = &p->layer[i];
    const sur_idx size = sur_padded(sur_conv_size(layer->conv));
    const int threads = size > 16 * RUN ? p->base.threads : 1;
    float *sum = sur_chunk_at(p, 0, layer->dw);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (sur_idx at = 0; at < size; at += RUN)
        for (int c = 1; c < p->used; c++)
            p->base.kernels->add(sum + at, sur_chunk_at(p, c, layer->dw) + at,
                                 size - at < RUN ? size - at : RUN);
    const sur_idx filled = sur_conv_size(layer->conv);
    memset(sum + filled, 0, (size_t)(size - filled) * sizeof *sum);
    take(payload, layer->weight, sum, size);
}

static void backward_linear(sur_conv_pass *p, const float *working, sur_pass_take take,
                            void *payload)
{
    const sur_kernels *k = p->base.kernels;
    const sur_idx f = p->features, n = p->base.row;
    k->transpose(p->turned, f, working + p->linear, n, f, n);
    k->product(&(sur_product){.m = p->count,
                              .n = f,
                              .k = n,
                              .a = p->base.delta,
                              .row = n,
                              .col = 1,
                              .b = p->turned,
                              .ldb = f,
                              .c = p->dfeature,
                              .ldc = f});
    k->product(&(sur_product){.m = f,
                              .n = n,
                              .k = p->count,
                              .a = p->feature,
                              .row = 1,
                              .col = f,
                              .b = p->base.delta,
                              .ldb = n,
                              .c = p->whole,
                              .ldc = n});
    float *bias = p->whole + f * n;
    memset(bias, 0, (size_t)n * sizeof *bias);
    for (sur_idx i = 0; i < p->count; i++) k->add(bias, p->base.delta + i * n, n);
    take(payload, p->linear, p->whole, (f + 1) * n);
}

static sur_status go_backward(sur_conv_pass *p, float *working, sur_pass_take take,
                              void *payload, sur_error *err)
{
    const sur_conv_plan *plan = &p->plan;
    int from = plan->ops - 1;
    while (from >= 0) {
        int to = plan->op[from].kind == SUR_CONV_NORM ? from - 1 : from;
        while (to >= 0 && plan->op[to].kind != SUR_CONV_NORM) to--;
        for (int i = from; i > to; i--) {
            sur_conv_layer *layer = &p->layer[i];
            if (layer->conv &&
                !sur_conv_take(layer->conv, working + layer->weight, true))
                return sur_fail(err, SUR_EBACKEND,
                                "oneDNN: a reorder of weights failed");
        }
        const sur_status status = on_chunks(p, backward_stretch, from, to, err);
        if (status != SUR_OK) return status;
        for (int i = from; i > to; i--)
            if (plan->op[i].kind == SUR_CONVOLVE) give_weights(p, i, take, payload);
        if (to >= 0) sur_conv_norm_give(p, to, take, payload);
        from = to;
    }
    return SUR_OK;
}

sur_status sur_conv_pass_backward(sur_pass *base, const float *working, sur_idx count,
                                  sur_pass_take take, void *payload, sur_error *err)
{
    sur_conv_pass *p = (sur_conv_pass *)base;
    const int before = sur_conv_alone();
    (void)count; /* of the last forward */
    backward_linear(p, working, take, payload);
    /* oneDNN wants handles of arrays that it may write; these it reads */
    const sur_status status = go_backward(p, (float *)working, take, payload, err);
    sur_conv_alone_end(before);
    return status;
}
