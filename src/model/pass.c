/* pass.c -- forward and backward through the layers.
 *
 * Forward  a_(l+1) = s(a_l W_l + b_l). With delta_l the derivative of the loss by the
 * layer's outputs before s, backward
 *   dW_l = a_l' delta_l,  db_l = sum of the rows of delta_l,
 *   delta_(l-1) = (delta_l W_l') * s'.
 * Products want their right factor in rows, so W_l' needs a transpose: of W_l, or of
 * delta_l and of the result, whichever is less to move. Both sum in the same order. */
#include "model/pass.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

/* Rows of a gradient are made and taken so many floats at a time: half an L1 cache. */
enum { BLOCK = 6144, ROWS_LEAST = 48 };
/* Products of so many multiplications are shared among threads, if there are any. */
#define SHARED 2e6

sur_status sur_floats_new(float **out, void **block, sur_idx count, sur_error *err)
{
    *out = NULL;
    const sur_status status = sur_alloc(block, count + 16, sizeof(float), err);
    if (status == SUR_OK)
        *out = (float *)*block + (64 - (uintptr_t)*block % 64) % 64 / sizeof(float);
    return status;
}

void sur_pass_free(sur_pass *pass)
{
    free(pass->arena);
    *pass = (sur_pass){0};
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
static sur_idx lay_out(sur_pass *p, float *arena, bool back)
{
    const sur_idx rows = sur_padded(p->batch), n = p->layers;
    sur_idx used = 0, widest = sur_padded(p->network.inputs), longest = 0;
    p->a[0] = carve(arena, &used, rows * widest);
    for (sur_idx l = 0; l < n; l++) {
        const sur_layer *layer = &p->layer[l];
        p->a[l + 1] = carve(arena, &used, rows * layer->stride);
        widest = larger(widest, layer->stride);
        longest = larger(longest, layer->stride);
        if (l < n - 1 && p->network.activation == SUR_UNIT_GELU)
            p->slope[l] = carve(arena, &used, rows * layer->stride);
    }
    if (!back) {
        p->delta = carve(arena, &used, rows * longest);
        return used;
    }
    p->delta = carve(arena, &used, rows * widest);
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

sur_status sur_pass_new(sur_pass *out, const sur_mlp *network, sur_idx batch, bool back,
                        sur_error *err)
{
    sur_pass p = {.kernels = sur_kernels_at(0),
                  .network = *network,
                  .layers = network->depth + 1,
                  .batch = batch,
                  .threads = 1};
    float *arena;

    *out = (sur_pass){0};
    for (sur_idx l = 0; l < p.layers; l++) {
        sur_layer *layer = &p.layer[l];
        layer->in = l == 0 ? network->inputs : network->width;
        layer->out = l == p.layers - 1 ? network->outputs : network->width;
        layer->stride = sur_padded(layer->out);
        layer->offset = p.size;
        p.size += (layer->in + 1) * layer->stride;
    }
    const sur_idx count = lay_out(&p, NULL, back);
    const sur_status status = sur_floats_new(&arena, &p.arena, count, err);
    if (status != SUR_OK) return status;
    lay_out(&p, arena, back);
    *out = p;
    return SUR_OK;
}

void sur_pass_pad(float *padded, const sur_pass *pass, const float *parameters)
{
    for (sur_idx l = 0; l < pass->layers; l++) {
        const sur_layer *layer = &pass->layer[l];
        for (sur_idx i = 0; i <= layer->in; i++, parameters += layer->out)
            memcpy(padded + layer->offset + i * layer->stride, parameters,
                   (size_t)layer->out * sizeof *padded);
    }
}

void sur_pass_unpad(float *parameters, const sur_pass *pass, const float *padded)
{
    for (sur_idx l = 0; l < pass->layers; l++) {
        const sur_layer *layer = &pass->layer[l];
        for (sur_idx i = 0; i <= layer->in; i++, parameters += layer->out)
            memcpy(parameters, padded + layer->offset + i * layer->stride,
                   (size_t)layer->out * sizeof *padded);
    }
}

void sur_pass_gather(sur_pass *pass, const sur_inputs *inputs, const sur_idx *picks,
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
static void multiply(const sur_pass *pass, const sur_product *p)
{
    const double work = (double)p->m * (double)p->n * (double)p->k;
    if (pass->threads < 2 || work < SHARED) {
        pass->kernels->product(p);
        return;
    }
    const sur_idx parts = 2 * pass->threads;
    const sur_idx cols = ((p->n + parts - 1) / parts + 63) / 64 * 64;
#pragma omp parallel for schedule(dynamic, 1) num_threads(pass->threads)
    for (sur_idx j = 0; j < p->n; j += cols) {
        sur_product part = *p;
        part.n = p->n - j < cols ? p->n - j : cols;
        part.b = p->b + j;
        part.c = p->c + j;
        part.bias = p->bias ? p->bias + j : NULL;
        pass->kernels->product(&part);
    }
}

void sur_pass_forward(sur_pass *pass, const float *padded, sur_idx count)
{
    sur_idx lda = sur_padded(pass->network.inputs);
    for (sur_idx l = 0; l < pass->layers; l++) {
        const sur_layer *layer = &pass->layer[l];
        const float *w = padded + layer->offset;
        const sur_unit unit = pass->network.activation;
        const bool hidden = l < pass->layers - 1, relu = unit == SUR_UNIT_RELU;
        multiply(pass, &(sur_product){.m = count,
                                      .n = layer->stride,
                                      .k = layer->in,
                                      .a = pass->a[l],
                                      .row = lda,
                                      .col = 1,
                                      .b = w,
                                      .ldb = layer->stride,
                                      .c = pass->a[l + 1],
                                      .ldc = layer->stride,
                                      .bias = w + layer->in * layer->stride,
                                      .relu = hidden && relu});
        if (hidden && !relu)
            pass->kernels->activate(pass->a[l + 1], pass->slope[l],
                                    count * layer->stride, unit);
        lda = layer->stride;
    }
}

/* next = (delta W') * s' of the layer below layer l >= 1. */
static void go_down(sur_pass *pass, const float *padded, sur_idx l, sur_idx count)
{
    const sur_kernels *k = pass->kernels;
    const sur_layer *layer = &pass->layer[l];
    const sur_idx in = sur_padded(layer->in), out = layer->stride,
                  rows = sur_padded(count);
    const float *w = padded + layer->offset;

    if (in * out <= rows * (in + out)) {
        /* rows in .. of w are the bias and the next layer: columns of padding, which
         * are cleared below. */
        const sur_idx whole = (layer->in + 7) / 8 * 8;
        const sur_idx safe =
            whole * out <= pass->size - layer->offset ? whole : layer->in / 8 * 8;
        k->transpose(pass->turned, in, w, out, safe, out);
        for (sur_idx j = 0; j < out; j++) {
            float *line = pass->turned + j * in;
            for (sur_idx i = safe; i < layer->in; i++) line[i] = w[i * out + j];
            for (sur_idx i = layer->in; i < in; i++) line[i] = 0.0F;
        }
        multiply(pass, &(sur_product){.m = count,
                                      .n = in,
                                      .k = layer->out,
                                      .a = pass->delta,
                                      .row = out,
                                      .col = 1,
                                      .b = pass->turned,
                                      .ldb = in,
                                      .c = pass->next,
                                      .ldc = in});
    } else {
        k->transpose(pass->turned, rows, pass->delta, out, rows, out);
        multiply(pass, &(sur_product){.m = layer->in,
                                      .n = rows,
                                      .k = layer->out,
                                      .a = w,
                                      .row = out,
                                      .col = 1,
                                      .b = pass->turned,
                                      .ldb = rows,
                                      .c = pass->across,
                                      .ldc = rows});
        memset(pass->across + layer->in * rows, 0,
               (size_t)((in - layer->in) * rows) * sizeof(float));
        k->transpose(pass->next, in, pass->across, rows, in, rows);
    }
    k->chain(pass->next, pass->a[l], pass->slope[l - 1], count * in,
             pass->network.activation);
}

/* Rows of dW a block at a time, then db. */
static void give_layer(sur_pass *pass, sur_idx l, sur_idx count, sur_pass_take take,
                       void *payload)
{
    const sur_layer *layer = &pass->layer[l];
    const sur_idx n = layer->stride,
                  lda = l == 0 ? sur_padded(layer->in) : pass->layer[l - 1].stride;
    const sur_idx fit = BLOCK / n, rows = fit < ROWS_LEAST ? ROWS_LEAST : fit / 6 * 6;
    for (sur_idx i = 0; i < layer->in; i += rows) {
        const sur_idx m = layer->in - i < rows ? layer->in - i : rows;
        multiply(pass, &(sur_product){.m = m,
                                      .n = n,
                                      .k = count,
                                      .a = pass->a[l] + i,
                                      .row = 1,
                                      .col = lda,
                                      .b = pass->delta,
                                      .ldb = n,
                                      .c = pass->block,
                                      .ldc = n});
        take(payload, layer->offset + i * n, pass->block, m * n);
    }
    memset(pass->block, 0, (size_t)n * sizeof(float));
    for (sur_idx i = 0; i < count; i++)
        pass->kernels->add(pass->block, pass->delta + i * n, n);
    take(payload, layer->offset + layer->in * n, pass->block, n);
}

void sur_pass_backward(sur_pass *pass, const float *padded, sur_idx count,
                       sur_pass_take take, void *payload)
{
    for (sur_idx l = pass->layers - 1; l >= 0; l--) {
        if (l > 0) go_down(pass, padded, l, count);
        give_layer(pass, l, count, take, payload);
        float *done = pass->delta;
        pass->delta = pass->next;
        pass->next = done;
    }
}
