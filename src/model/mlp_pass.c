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
 * bias last. */
#include "model/pass.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

/* Rows of a gradient are made and taken so many floats at a time: half an L1 cache. */
enum { BLOCK = 6144, ROWS_LEAST = 48 };
/* Products of so many multiplications are shared among threads, if there are any. */
#define SHARED 2e6

typedef struct layer {
    sur_idx in, out, stride; /* stride: out, padded */
    sur_idx offset;          /* of its block in the working layout */
} layer;

typedef struct mlp_pass {
    sur_pass base;
    layer layer[SUR_MLP_DEPTH_MOST + 1];
    sur_idx layers;                   /* depth + 1 */
    float *a[SUR_MLP_DEPTH_MOST + 2]; /* [batch x stride] inputs, then each layer's */
    float *slope[SUR_MLP_DEPTH_MOST + 1]; /* s' of each hidden layer, for gelu */
    float *next;                          /* [batch x widest], as delta */
    float *turned, *across;               /* transposes for the way back */
    float *block;                         /* rows of one layer's gradient */
    void *arena;                          /* what is freed */
} mlp_pass;

static void mlp_free(sur_pass *base)
{
    mlp_pass *p = (mlp_pass *)base;
    free(p->arena);
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

/* Lays the arrays out; called without an arena to count, then with one. */
static sur_idx lay_out(mlp_pass *p, float *arena, bool back)
{
    const sur_idx rows = sur_padded(p->base.batch), n = p->layers;
    sur_idx used = 0, widest = sur_padded(p->base.network.inputs), longest = 0;
    p->a[0] = carve(arena, &used, rows * widest);
    for (sur_idx l = 0; l < n; l++) {
        const layer *at = &p->layer[l];
        p->a[l + 1] = carve(arena, &used, rows * at->stride);
        widest = larger(widest, at->stride);
        longest = larger(longest, at->stride);
        if (l < n - 1 && p->base.network.activation == SUR_UNIT_GELU)
            p->slope[l] = carve(arena, &used, rows * at->stride);
    }
    if (!back) {
        p->base.delta = carve(arena, &used, rows * longest);
        return used;
    }
    p->base.delta = carve(arena, &used, rows * widest);
    p->next = carve(arena, &used, rows * widest);
    sur_idx turned = 0;
    for (sur_idx l = 1; l < n; l++) {
        /* whichever go_down turns; with fewer rows it never needs more */
        const sur_idx in = sur_padded(p->layer[l].in), stride = p->layer[l].stride;
        const bool whole = in * stride <= rows * (in + stride);
        turned = larger(turned, (whole ? in : rows) * stride);
    }
    p->turned = carve(arena, &used, turned);
    p->across = carve(arena, &used, rows * widest);
    p->block = carve(arena, &used, larger(BLOCK, ROWS_LEAST * longest));
    return used;
}

static void mlp_pad(float *working, const sur_pass *base, const float *vector, bool all)
{
    (void)all;
    const mlp_pass *pass = (const mlp_pass *)base;
    for (sur_idx l = 0; l < pass->layers; l++) {
        const layer *at = &pass->layer[l];
        for (sur_idx i = 0; i <= at->in; i++, vector += at->out)
            memcpy(working + at->offset + i * at->stride, vector,
                   (size_t)at->out * sizeof *working);
    }
}

static void mlp_unpad(float *vector, const sur_pass *base, const float *working,
                      bool all)
{
    (void)all;
    const mlp_pass *pass = (const mlp_pass *)base;
    for (sur_idx l = 0; l < pass->layers; l++) {
        const layer *at = &pass->layer[l];
        for (sur_idx i = 0; i <= at->in; i++, vector += at->out)
            memcpy(vector, working + at->offset + i * at->stride,
                   (size_t)at->out * sizeof *working);
    }
}

/* a[0] = the rows picked. */
static void gather(mlp_pass *pass, const sur_inputs *inputs, const sur_idx *picks,
                   sur_idx first, sur_idx count)
{
    const size_t bytes = (size_t)inputs->stride * sizeof *inputs->x;
    for (sur_idx i = 0; i < count; i++) {
        const sur_idx row = picks ? picks[i] : first + i;
        memcpy(pass->a[0] + i * inputs->stride, inputs->x + row * inputs->stride,
               bytes);
    }
}

/* Threads share the columns of the product; each number is made by one of them, as
 * ever.
 */
static void multiply(const mlp_pass *pass, const sur_product *p)
{
    const double work = (double)p->m * (double)p->n * (double)p->k;
    if (pass->base.threads < 2 || work < SHARED) {
        pass->base.kernels->product(p);
        return;
    }
    const sur_idx parts = 2 * pass->base.threads;
    const sur_idx cols = ((p->n + parts - 1) / parts + 63) / 64 * 64;
#pragma omp parallel for schedule(dynamic, 1) num_threads(pass->base.threads)
    for (sur_idx j = 0; j < p->n; j += cols) {
        sur_product part = *p;
        part.n = p->n - j < cols ? p->n - j : cols;
        part.b = p->b + j;
        part.c = p->c + j;
        part.bias = p->bias ? p->bias + j : NULL;
        pass->base.kernels->product(&part);
    }
}

static sur_status mlp_forward(sur_pass *base, float *padded, const sur_inputs *inputs,
                              const sur_idx *picks, sur_idx first, sur_idx count,
                              sur_mode mode, sur_error *err)
{
    mlp_pass *pass = (mlp_pass *)base;
    (void)mode, (void)err;
    gather(pass, inputs, picks, first, count);
    sur_idx lda = sur_padded(pass->base.network.inputs);
    for (sur_idx l = 0; l < pass->layers; l++) {
        const layer *at = &pass->layer[l];
        const float *w = padded + at->offset;
        const sur_unit unit = pass->base.network.activation;
        const bool hidden = l < pass->layers - 1, relu = unit == SUR_UNIT_RELU;
        multiply(pass, &(sur_product){.m = count,
                                      .n = at->stride,
                                      .k = at->in,
                                      .a = pass->a[l],
                                      .row = lda,
                                      .col = 1,
                                      .b = w,
                                      .ldb = at->stride,
                                      .c = pass->a[l + 1],
                                      .ldc = at->stride,
                                      .bias = w + at->in * at->stride,
                                      .relu = hidden && relu});
        if (hidden && !relu)
            pass->base.kernels->activate(pass->a[l + 1], pass->slope[l],
                                         count * at->stride, unit);
        lda = at->stride;
    }
    return SUR_OK;
}

/* next = (delta W') * s' of the layer below layer l >= 1. */
static void go_down(mlp_pass *pass, const float *padded, sur_idx l, sur_idx count)
{
    const sur_kernels *k = pass->base.kernels;
    const layer *at = &pass->layer[l];
    const sur_idx in = sur_padded(at->in), out = at->stride, rows = sur_padded(count);
    const float *w = padded + at->offset;

    if (in * out <= rows * (in + out)) {
        /* rows in .. of w are the bias and the next layer: columns of padding, which
         * are cleared below. */
        const sur_idx whole = (at->in + 7) / 8 * 8;
        const sur_idx safe =
            whole * out <= pass->base.size - at->offset ? whole : at->in / 8 * 8;
        k->transpose(pass->turned, in, w, out, safe, out);
        for (sur_idx j = 0; j < out; j++) {
            float *line = pass->turned + j * in;
            for (sur_idx i = safe; i < at->in; i++) line[i] = w[i * out + j];
            for (sur_idx i = at->in; i < in; i++) line[i] = 0.0F;
        }
        multiply(pass, &(sur_product){.m = count,
                                      .n = in,
                                      .k = at->out,
                                      .a = pass->base.delta,
                                      .row = out,
                                      .col = 1,
                                      .b = pass->turned,
                                      .ldb = in,
                                      .c = pass->next,
                                      .ldc = in});
    } else {
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
    k->chain(pass->next, pass->a[l], pass->slope[l - 1], count * in,
             pass->base.network.activation);
}

/* Rows of dW a block at a time, then db. */
static void give_layer(mlp_pass *pass, sur_idx l, sur_idx count, sur_pass_take take,
                       void *payload)
{
    const layer *at = &pass->layer[l];
    const sur_idx n = at->stride,
                  lda = l == 0 ? sur_padded(at->in) : pass->layer[l - 1].stride;
    const sur_idx fit = BLOCK / n, rows = fit < ROWS_LEAST ? ROWS_LEAST : fit / 6 * 6;
    for (sur_idx i = 0; i < at->in; i += rows) {
        const sur_idx m = at->in - i < rows ? at->in - i : rows;
        multiply(pass, &(sur_product){.m = m,
                                      .n = n,
                                      .k = count,
                                      .a = pass->a[l] + i,
                                      .row = 1,
                                      .col = lda,
                                      .b = pass->base.delta,
                                      .ldb = n,
                                      .c = pass->block,
                                      .ldc = n});
        take(payload, at->offset + i * n, pass->block, m * n);
    }
    memset(pass->block, 0, (size_t)n * sizeof(float));
    for (sur_idx i = 0; i < count; i++)
        pass->base.kernels->add(pass->block, pass->base.delta + i * n, n);
    take(payload, at->offset + at->in * n, pass->block, n);
}

static sur_status mlp_backward(sur_pass *base, const float *padded, sur_idx count,
                               sur_pass_take take, void *payload, sur_error *err)
{
    mlp_pass *pass = (mlp_pass *)base;
    (void)err;
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
        at->stride = sur_padded(at->out);
        at->offset = p->base.size;
        p->base.size += (at->in + 1) * at->stride;
    }
    p->base.trained = p->base.size;
    p->base.stride = p->layer[p->layers - 1].stride;
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
