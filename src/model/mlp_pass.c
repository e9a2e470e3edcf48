/* mlp_pass.c -- forward and backward through the layers.
 *
 * Forward  a_(l+1) = s(a_l W_l + b_l). With delta_l the derivative of the loss by the
 * layer's outputs before s, backward
 *   dW_l = a_l' delta_l,  db_l = sum of the rows of delta_l,
 *   delta_(l-1) = (delta_l W_l') * s'.
 * Products want their right factor in rows, so W_l' needs a transpose: of W_l, or of
 * delta_l and of the result, whichever is less to move. Both sum in the same order.
 *
 * In the working layout layer l is one block, (fan in + 1) rows of `stride` floats, the
 * bias last. Of a last layer of at most FEW outputs it is W_l', a row of the padded fan
 * in for each output, then a row of LANES for the bias; its answers and delta lie by
 * output, too, and no product of it wants a transpose. */
#include "model/multiply.h"
#include "model/pass.h"

#include "base/memory.h"
#include "base/try.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* Gradients are made and taken so many floats at a time, half an L1 cache; those of
 * rows of WIDE and more in blocks of ROWS_WIDE x COLS_WIDE, about an L2 cache, for
 * which products copy what they read. Long rows are what an update reads fast. */
enum { BLOCK = 6144, ROWS_LEAST = 48, WIDE = 512, ROWS_WIDE = 144, COLS_WIDE = 1024 };
typedef struct layer {
    sur_idx in, out;
    bool few;       /* laid out for few outputs */
    sur_idx stride; /* of a row of the block: out, padded; in, padded */
    sur_idx bias;   /* where its bias begins in the block */
    sur_idx offset; /* of the block in the working layout */
} layer;

typedef struct mlp_pass {
    sur_pass base;
    layer layer[SUR_MLP_DEPTH_MOST + 1];
    sur_idx layers;                   /* depth + 1 */
    bool blas;                        /* OpenBLAS may make large products */
    float *a[SUR_MLP_DEPTH_MOST + 2]; /* [batch x stride] inputs, then each layer's */
    float *slope[SUR_MLP_DEPTH_MOST + 1]; /* s' of each hidden layer, for gelu */
    float *next;                          /* [batch x widest], as delta */
    float *turned, *across;               /* transposes for the way back */
    float *block;                         /* [lanes x block_size] of a gradient */
    sur_idx block_size;
    int lanes;
    void *arena, *more; /* what is freed; more: block, with more lanes than one */
} mlp_pass;

static void mlp_free(sur_pass *base)
{
    mlp_pass *p = (mlp_pass *)base;
    free(p->arena);
    free(p->more);
    free(p);
}

static sur_idx larger(sur_idx a, sur_idx b) { return a > b ? a : b; }

/* The next `count` floats of the arena. */
static float *carve(float *arena, sur_idx *used, sur_idx count)
{
    float *at = arena ? arena + *used : NULL;
    *used += sur_padded(count);
    return at;
}

/* Floats of the answers of `rows` rows of a layer. */
static sur_idx answers_of(const layer *at, sur_idx rows)
{
    return rows * (at->few ? at->out : at->stride);
}

/* Rows and columns of the blocks in which a layer's gradient is made. */
static void block_shape(sur_idx *rows, sur_idx *cols, const layer *at, sur_idx batch)
{
    const sur_idx n = at->stride, fit = BLOCK / n;
    const bool blas = (double)batch * (double)at->in * (double)n >= SUR_WIDE;
    *rows = at->few ? at->out : fit < ROWS_LEAST ? ROWS_LEAST : fit / 6 * 6;
    *cols = n;
    if (n < WIDE) return;
    *cols = at->few ? WIDE : n < COLS_WIDE ? n : COLS_WIDE;
    if (!at->few) *rows = blas ? SUR_WIDE_ROWS : ROWS_WIDE;
}

/* Lays the arrays out; called without an arena to count, then with one. */
static sur_idx lay_out(mlp_pass *p, float *arena, bool back)
{
    const sur_idx rows = sur_padded(p->base.batch), n = p->layers;
    sur_idx used = 0, widest = rows * sur_padded(p->base.network.inputs), longest = 0;
    p->a[0] = carve(arena, &used, widest);
    for (sur_idx l = 0; l < n; l++) {
        const layer *at = &p->layer[l];
        sur_idx high, wide;
        const sur_idx floats = answers_of(at, rows);
        p->a[l + 1] = carve(arena, &used, floats);
        widest = larger(widest, floats);
        block_shape(&high, &wide, at, p->base.batch);
        longest = larger(longest, larger(high * wide, at->stride)); /* dW, db */
        if (l < n - 1 && p->base.network.activation == SUR_UNIT_GELU)
            p->slope[l] = carve(arena, &used, floats);
    }
    if (!back) {
        p->base.delta = carve(arena, &used, answers_of(&p->layer[n - 1], rows));
        return used;
    }
    p->base.delta = carve(arena, &used, widest);
    p->next = carve(arena, &used, widest);
    sur_idx turned = 0;
    for (sur_idx l = 1; l < n && !p->layer[l].few; l++) {
        /* whichever go_down turns; with fewer rows it never needs more */
        const sur_idx in = sur_padded(p->layer[l].in), stride = p->layer[l].stride;
        const bool whole = in * stride <= rows * (in + stride);
        turned = larger(turned, (whole ? in : rows) * stride);
    }
    p->turned = carve(arena, &used, turned);
    p->across = carve(arena, &used, widest);
    p->block_size = longest;
    p->block = carve(arena, &used, longest);
    return used;
}

static void mlp_pad(float *working, const sur_pass *base, const float *vector, bool all)
{
    (void)all;
    const mlp_pass *pass = (const mlp_pass *)base;
    for (sur_idx l = 0; l < pass->layers; l++) {
        const layer *at = &pass->layer[l];
        float *block = working + at->offset;
        for (sur_idx i = 0; i < at->in; i++, vector += at->out)
            for (sur_idx j = 0; j < at->out; j++)
                block[at->few ? j * at->stride + i : i * at->stride + j] = vector[j];
        memcpy(block + at->bias, vector, (size_t)at->out * sizeof *vector);
        vector += at->out;
    }
}

static void mlp_unpad(float *vector, const sur_pass *base, const float *working,
                      bool all)
{
    (void)all;
    const mlp_pass *pass = (const mlp_pass *)base;
    for (sur_idx l = 0; l < pass->layers; l++) {
        const layer *at = &pass->layer[l];
        const float *block = working + at->offset;
        for (sur_idx i = 0; i < at->in; i++, vector += at->out)
            for (sur_idx j = 0; j < at->out; j++)
                vector[j] = block[at->few ? j * at->stride + i : i * at->stride + j];
        memcpy(vector, block + at->bias, (size_t)at->out * sizeof *vector);
        vector += at->out;
    }
}

static void multiply(const mlp_pass *pass, const sur_product *p)
{
    sur_multiply(pass->base.kernels, p, pass->base.threads, pass->blas);
}

static sur_status mlp_forward(sur_pass *base, float *padded, const sur_inputs *inputs,
                              const sur_idx *picks, sur_idx first, sur_idx count,
                              sur_mode mode, sur_error *err)
{
    mlp_pass *pass = (mlp_pass *)base;
    const sur_kernels *k = base->kernels;
    const sur_unit unit = base->network.activation;
    (void)err;
    pass->blas = mode == SUR_TRAINING; /* answers depend on no other rows */
    sur_gather(k, pass->a[0], inputs, picks, first, count, base->ahead, base->threads);
    sur_idx lda = inputs->stride;
    for (sur_idx l = 0; l < pass->layers; l++) {
        const layer *at = &pass->layer[l];
        const float *w = padded + at->offset;
        const bool hidden = l < pass->layers - 1, relu = unit == SUR_UNIT_RELU;
        const sur_product p = {.m = count,
                               .n = at->few ? at->out : at->stride,
                               .k = at->few ? lda : at->in,
                               .a = pass->a[l],
                               .row = lda,
                               .col = 1,
                               .b = w,
                               .ldb = at->stride,
                               .c = pass->a[l + 1],
                               .ldc = at->few ? base->col : at->stride,
                               .bias = w + at->bias,
                               .relu = hidden && relu};
        if (at->few)
            sur_dots(k, &p, base->threads);
        else
            multiply(pass, &p);
        if (hidden && !relu)
            k->activate(pass->a[l + 1], pass->slope[l], count * at->stride, unit);
        lda = at->stride;
    }
    return SUR_OK;
}

/* turned = W' of a layer. Rows in .. of w are the bias and the next layer: columns of
 * padding, which are cleared. */
static void turn(mlp_pass *pass, const layer *at, const float *w)
{
    const sur_idx in = sur_padded(at->in), out = at->stride;
    const sur_idx whole = (at->in + 7) / 8 * 8;
    const sur_idx safe =
        whole * out <= pass->base.size - at->offset ? whole : at->in / 8 * 8;
    pass->base.kernels->transpose(pass->turned, in, w, out, safe, out);
    for (sur_idx j = 0; j < out; j++) {
        float *line = pass->turned + j * in;
        for (sur_idx i = safe; i < at->in; i++) line[i] = w[i * out + j];
        for (sur_idx i = at->in; i < in; i++) line[i] = 0.0F;
    }
}

/* next = delta W', by a transpose of delta and one of the result. */
static void go_across(mlp_pass *pass, const layer *at, const float *w, sur_idx count)
{
    const sur_kernels *k = pass->base.kernels;
    const sur_idx in = sur_padded(at->in), out = at->stride, rows = sur_padded(count);
    k->transpose(pass->turned, rows, pass->base.delta, out, rows, out);
    multiply(pass, &(sur_product){.m = at->in,
                                  .n = rows,
                                  .k = at->out,
                                  .a = w,
                                  .row = out,
                                  .col = 1,
                                  .b = pass->turned,
                                  .ldb = rows,
                                  .c = pass->across,
                                  .ldc = rows});
    memset(pass->across + at->in * rows, 0,
           (size_t)((in - at->in) * rows) * sizeof(float));
    k->transpose(pass->next, in, pass->across, rows, in, rows);
}

/* next = (delta W') * s' of the layer below layer l >= 1. */
static void go_down(mlp_pass *pass, const float *padded, sur_idx l, sur_idx count)
{
    const layer *at = &pass->layer[l];
    const sur_idx in = sur_padded(at->in), out = at->stride, rows = sur_padded(count);
    const sur_unit unit = pass->base.network.activation;
    const float *w = padded + at->offset;
    const bool relu = unit == SUR_UNIT_RELU,
               whole = at->few || in * out <= rows * (in + out);

    if (whole && !at->few) turn(pass, at, w);
    if (whole)
        multiply(pass, &(sur_product){.m = count,
                                      .n = in,
                                      .k = at->out,
                                      .a = pass->base.delta,
                                      .row = at->few ? 1 : out,
                                      .col = at->few ? pass->base.col : 1,
                                      .b = at->few ? w : pass->turned,
                                      .ldb = in,
                                      .c = pass->next,
                                      .ldc = in,
                                      .mask = relu ? pass->a[l] : NULL});
    else
        go_across(pass, at, w, count);
    if (!whole || !relu)
        pass->base.kernels->chain(pass->next, pass->a[l], pass->slope[l - 1],
                                  count * in, unit);
}

/* What give_layer works on. */
typedef struct giving {
    mlp_pass *pass;
    const layer *at;
    const float *a;
    sur_idx lda, count, rows, cols;
    bool blas;
    sur_pass_take take;
    void *payload;
} giving;

/* Rows i .. and columns j .. of dW. */
static void give_block(const giving *g, sur_idx i, sur_idx j, float *block)
{
    const layer *at = g->at;
    const sur_pass *base = &g->pass->base;
    const sur_idx n = at->stride, high = at->few ? at->out : at->in;
    const sur_idx m = high - i < g->rows ? high - i : g->rows,
                  width = n - j < g->cols ? n - j : g->cols;
    const sur_product p = {.m = m,
                           .n = width,
                           .k = g->count,
                           .a = at->few ? base->delta : g->a + i,
                           .row = at->few ? base->col : 1,
                           .col = at->few ? 1 : g->lda,
                           .b = at->few ? g->a : base->delta + j,
                           .ldb = n,
                           .c = block,
                           .ldc = width};
    if (g->blas)
        sur_multiply_blas(base->kernels, &p);
    else
        base->kernels->product(&p);
    if (width == n) {
        g->take(g->payload, at->offset + i * n, block, m * n);
        return;
    }
    for (sur_idx r = 0; r < m; r++)
        g->take(g->payload, at->offset + (i + r) * n + j, block + r * width, width);
}

/* db of few outputs: sums of the rows of delta', by lanes. */
static void sum_few(float *db, const mlp_pass *pass, const layer *at, sur_idx count)
{
    const sur_idx whole = (count + 7) / 8 * 8;
    memset(db, 0, LANES * sizeof *db);
    for (sur_idx j = 0; j < at->out; j++) {
        float *line = pass->base.delta + j * pass->base.col, lanes[LANES];
        for (sur_idx i = count; i < whole; i++) line[i] = 0.0F;
        pass->base.kernels->lane_sum(lanes, line, whole);
        for (int i = 0; i < LANES; i++) db[j] += lanes[i];
    }
}

/* A block of dW at a time, then db. Threads share the blocks. */
static void give_layer(mlp_pass *pass, sur_idx l, sur_idx count, sur_pass_take take,
                       void *payload)
{
    const layer *at = &pass->layer[l];
    giving g = {.pass = pass,
                .at = at,
                .a = pass->a[l],
                .lda = l == 0 ? sur_padded(at->in) : pass->layer[l - 1].stride,
                .count = count,
                .take = take,
                .payload = payload};
    block_shape(&g.rows, &g.cols, at, pass->base.batch);
    const sur_idx high = at->few ? at->out : at->in, n = at->stride;
    const sur_idx across = (n + g.cols - 1) / g.cols,
                  blocks = (high + g.rows - 1) / g.rows * across;
    const double work = (double)count * (double)high * (double)n;
    const int hands = work < SUR_SHARED ? 1 : pass->lanes;
    g.blas = pass->blas && work >= SUR_WIDE && !at->few;
    if (hands < 2) /* without a microsecond for OpenMP */
        for (sur_idx b = 0; b < blocks; b++)
            give_block(&g, b / across * g.rows, b % across * g.cols, pass->block);
    else
#pragma omp parallel for schedule(dynamic, 1) num_threads(hands)
        for (sur_idx b = 0; b < blocks; b++)
            give_block(&g, b / across * g.rows, b % across * g.cols,
                       pass->block + omp_get_thread_num() * pass->block_size);
    if (at->few)
        sum_few(pass->block, pass, at, count);
    else
        pass->base.kernels->sum(pass->block, pass->base.delta, count, n);
    take(payload, at->offset + at->bias, pass->block, at->few ? LANES : n);
}

/* A block for each of the threads. */
static sur_status more_lanes(mlp_pass *pass, sur_error *err)
{
    float *block;
    void *more;
    const int lanes = pass->base.threads;
    if (lanes <= pass->lanes) return SUR_OK;
    const sur_status status =
        sur_floats_new(&block, &more, lanes * pass->block_size, err);
    if (status != SUR_OK) return status;
    free(pass->more);
    pass->more = more;
    pass->block = block;
    pass->lanes = lanes;
    return SUR_OK;
}

static sur_status mlp_backward(sur_pass *base, const float *padded, sur_idx count,
                               sur_pass_take take, void *payload, sur_error *err)
{
    mlp_pass *pass = (mlp_pass *)base;
    const sur_status status = more_lanes(pass, err);
    if (status != SUR_OK) return status;
    for (sur_idx l = pass->layers - 1; l >= 0; l--) {
        if (l > 0) go_down(pass, padded, l, count);
        give_layer(pass, l, count, take, payload);
        float *done = pass->base.delta;
        pass->base.delta = pass->next;
        pass->next = done;
    }
    return SUR_OK;
}

static const sur_pass_kind mlp_kind = {mlp_free, mlp_pad, mlp_unpad, mlp_forward,
                                       mlp_backward};

sur_status sur_mlp_pass_new(sur_pass **out, const sur_network *network, sur_idx batch,
                            bool back, sur_error *err)
{
    mlp_pass *p;
    float *arena;
    sur_status status = sur_alloc(&p, 1, sizeof *p, err);
    *out = NULL;
    if (status != SUR_OK) return status;
    p->base = (sur_pass){.kind = &mlp_kind,
                         .kernels = sur_kernels_at(0),
                         .network = *network,
                         .batch = batch,
                         .threads = 1};
    p->layers = network->depth + 1;
    for (sur_idx l = 0; l < p->layers; l++) {
        layer *at = &p->layer[l];
        at->in = l == 0 ? network->inputs : network->width;
        at->out = l == p->layers - 1 ? network->outputs : network->width;
        at->few = l == p->layers - 1 && at->out <= FEW;
        at->stride = sur_padded(at->few ? at->in : at->out);
        at->bias = (at->few ? at->out : at->in) * at->stride;
        at->offset = p->base.size;
        p->base.size += at->bias + (at->few ? LANES : at->stride);
    }
    const layer *last = &p->layer[p->layers - 1];
    p->base.trained = p->base.size;
    p->base.row = last->few ? 1 : last->stride;
    p->base.col = last->few ? sur_padded(batch) : 1;
    p->lanes = 1;
    status = sur_floats_new(&arena, &p->arena, lay_out(p, NULL, back), err);
    if (status != SUR_OK) {
        mlp_free(&p->base);
        return status;
    }
    lay_out(p, arena, back);
    p->base.answer = p->a[p->layers];
    *out = &p->base;
    return SUR_OK;
}
