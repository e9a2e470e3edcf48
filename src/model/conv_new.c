/* conv_new.c -- making a convolutional network ready for work, and its working layout.
 *
 * In the working layout every tensor begins at a multiple of 16 floats: convolutions as
 * their gradients are computed, scales, shifts and statistics filled up with zeros, the
 * linear layer as [features][outputs, padded] with the biases as one more row. */
#include "model/conv_pass.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

/* oneDNN's kernels read so many channels without filling them up. */
enum { PLAIN_CHANNELS = 3 };

static void conv_free(sur_pass *base)
{
    sur_conv_pass *p = (sur_conv_pass *)base;
    for (int i = 0; i < p->plan.ops; i++) {
        sur_conv_layer *layer = &p->layer[i];
        sur_conv_free(layer->conv);
        free(layer->inverse);
        free(layer->mean);
    }
    free(p->room_block);
    free(p->rest_block);
    free(p);
}

/* ---- between the vector and the working layout ---- */

/* Of one convolution: to working from the vector, or back. */
static void move_weights(float *working, float *vector, const sur_conv *conv,
                         const sur_tensor *t, bool in)
{
    const sur_idx side = t->shape[2];
    sur_idx tap[9];
    for (sur_idx q = 0; q < side * side; q++)
        tap[q] = sur_conv_place(conv, 0, 0, q / side, q % side);
    for (sur_idx o = 0; o < t->shape[0]; o++)
        for (sur_idx i = 0; i < t->shape[1]; i++) {
            const sur_idx at = sur_conv_place(conv, o, i, 0, 0);
            for (sur_idx q = 0; q < side * side; q++, vector++) {
                if (in)
                    working[at + tap[q]] = *vector;
                else
                    *vector = working[at + tap[q]];
            }
        }
}

static void move_line(float *working, float *vector, const sur_tensor *t, bool in)
{
    const size_t bytes = (size_t)sur_tensor_count(t) * sizeof *vector;
    if (in)
        memcpy(working, vector, bytes);
    else
        memcpy(vector, working, bytes);
}

static void move_linear(float *working, float *vector, const sur_conv_pass *p, bool in)
{
    const sur_tensor *w = &p->plan.tensor[p->plan.linear], *b = w + 1;
    for (sur_idx o = 0; o < w->shape[0]; o++)
        for (sur_idx i = 0; i < w->shape[1]; i++) {
            float *at = working + i * p->base.row + o,
                  *number = vector + w->offset + o * w->shape[1] + i;
            if (in)
                *at = *number;
            else
                *number = *at;
        }
    move_line(working + p->features * p->base.row, vector + b->offset, b, in);
}

static void move_all(float *working, float *vector, const sur_conv_pass *p, bool in,
                     bool running)
{
    const sur_conv_plan *plan = &p->plan;
    for (int i = 0; i < plan->ops; i++) {
        const sur_conv_layer *layer = &p->layer[i];
        const sur_tensor *t = &plan->tensor[plan->op[i].first],
                         *r = &plan->tensor[plan->op[i].running];
        if (plan->op[i].kind == SUR_CONVOLVE)
            move_weights(working + layer->weight, vector + t->offset, layer->conv, t,
                         in);
        if (plan->op[i].kind != SUR_CONV_NORM) continue;
        move_line(working + layer->weight, vector + t->offset, t, in);
        move_line(working + layer->shift, vector + t[1].offset, t + 1, in);
        if (!running) continue;
        move_line(working + layer->running_mean, vector + r->offset, r, in);
        move_line(working + layer->running, vector + r[1].offset, r + 1, in);
    }
    move_linear(working + p->linear, vector, p, in);
}

static void conv_pad(float *working, const sur_pass *base, const float *vector,
                     bool all)
{
    /* what is moved in is not written */
    move_all(working, (float *)vector, (const sur_conv_pass *)base, true, all);
}

static void conv_unpad(float *vector, const sur_pass *base, const float *working,
                       bool all)
{
    move_all((float *)working, vector, (const sur_conv_pass *)base, false, all);
}

static const sur_pass_kind conv_kind = {conv_free, conv_pad, conv_unpad,
                                        sur_conv_pass_forward, sur_conv_pass_backward};

/* ---- making ---- */

/* Blocks of 16 channels where vectors are that long and no block would be part empty,
 * or oneDNN has kernels for no other. */
static sur_idx block_of(const sur_kernels *kernels, const sur_network *network)
{
    const bool full = network->width % 16 == 0 || network->compute == SUR_BFLOAT16;
    return kernels == &sur_kernels_avx512 && full ? 16 : 8;
}

static sur_status make_convolution(sur_conv_pass *p, int i, bool back, sur_error *err)
{
    const sur_conv_op *op = &p->plan.op[i];
    const sur_conv_map *in = &p->plan.map[op->in], *out = &p->plan.map[op->out];
    const sur_idx b = p->block;
    const bool plain = op->in == 0 && p->plain;
    const sur_conv_shape shape = {.images = p->rows,
                                  .in = plain ? in->channels
                                              : (in->channels + b - 1) / b * b,
                                  .out = (out->channels + b - 1) / b * b,
                                  .in_used = in->channels,
                                  .out_used = out->channels,
                                  .height = in->height,
                                  .width = in->width,
                                  .kernel = op->kernel,
                                  .stride = op->stride,
                                  .block = b,
                                  .plain = plain,
                                  .bfloat16 = p->base.network.compute == SUR_BFLOAT16};
    return sur_conv_new(&p->layer[i].conv, &shape, back, op->in != 0, p->chunks, err);
}

static sur_idx claim(sur_conv_pass *p, sur_idx floats)
{
    const sur_idx at = p->base.size;
    p->base.size += sur_padded(floats);
    return at;
}

/* Places of all numbers; the largest gradient but of convolutions goes to *whole. */
static void lay_out(sur_conv_pass *p, sur_idx *whole)
{
    const sur_conv_plan *plan = &p->plan;
    *whole = (p->features + 1) * p->base.row;
    for (int i = 0; i < plan->ops; i++) {
        sur_conv_layer *layer = &p->layer[i];
        const sur_idx channels = plan->map[plan->op[i].in].channels;
        layer->channels = (channels + p->block - 1) / p->block * p->block;
        if (layer->conv) layer->weight = claim(p, sur_conv_size(layer->conv));
        if (plan->op[i].kind != SUR_CONV_NORM) continue;
        layer->weight = claim(p, layer->channels);
        layer->shift = claim(p, layer->channels);
        const sur_idx both = 2 * (layer->shift - layer->weight);
        *whole = both > *whole ? both : *whole;
    }
    p->linear = claim(p, (p->features + 1) * p->base.row);
    p->base.trained = p->base.size;
    for (int i = 0; i < plan->ops; i++) {
        if (plan->op[i].kind != SUR_CONV_NORM) continue;
        p->layer[i].running_mean = claim(p, p->layer[i].channels);
        p->layer[i].running = claim(p, p->layer[i].channels);
    }
}

/* What a normalization keeps between its two ways. */
static sur_status make_norm(sur_conv_pass *p, int i, sur_error *err)
{
    sur_conv_layer *layer = &p->layer[i];
    const sur_idx channels = layer->channels, lanes = channels / p->block * LANES;
    sur_status status =
        sur_alloc(&layer->inverse, channels * (1 + 2 * p->chunks), sizeof(double), err);
    if (status == SUR_OK)
        status = sur_alloc(&layer->mean, 5 * lanes, sizeof(float), err);
    if (status != SUR_OK) return status;
    layer->part = layer->inverse + channels;
    float *floats = layer->mean;
    float **const each[] = {&layer->mean, &layer->factor, &layer->term, &layer->slant,
                            &layer->level};
    for (int j = 0; j < 5; j++) *each[j] = floats + j * lanes;
    return SUR_OK;
}

static sur_status make_rest(sur_conv_pass *p, sur_idx whole, bool back, sur_error *err)
{
    const sur_idx rows = p->chunks * p->rows, n = p->base.row, f = p->features;
    float *at;
    const sur_idx forth = rows * (f + 2 * n);
    const sur_status status = sur_floats_new(
        &at, &p->rest_block, forth + (back ? rows * f + n * f + whole : 0), err);
    if (status != SUR_OK) return status;
    p->feature = at;
    p->base.answer = at + rows * f;
    p->base.delta = p->base.answer + rows * n;
    if (!back) return SUR_OK;
    p->dfeature = at + forth;
    p->turned = p->dfeature + rows * f;
    p->whole = p->turned + n * f;
    return SUR_OK;
}

static sur_status make(sur_conv_pass *p, bool back, sur_error *err)
{
    const sur_conv_plan *plan = &p->plan;
    const sur_conv_map *top = &plan->map[plan->maps - 1];
    sur_idx whole;
    sur_status status;

    p->features = sur_padded((top->channels + p->block - 1) / p->block * p->block);
    for (int i = 0; i < plan->ops; i++)
        if (plan->op[i].kind == SUR_CONVOLVE)
            SUR_TRY(make_convolution(p, i, back, err));
    lay_out(p, &whole);
    int norms = 0;
    for (int i = 0; i < plan->ops; i++) {
        if (plan->op[i].kind != SUR_CONV_NORM) continue;
        SUR_TRY(make_norm(p, i, err));
        norms++;
    }
    p->stretch = plan->work / (norms + 1);
    SUR_TRY(make_rest(p, whole, back, err));
    sur_conv_room(p, back);
    SUR_TRY(sur_floats_new(&p->room, &p->room_block, p->chunks * p->each, err));

done:
    return status;
}

sur_status sur_conv_pass_new(sur_pass **out, const sur_network *network, sur_idx batch,
                             bool back, sur_error *err)
{
    sur_conv_pass *p;
    *out = NULL;
    sur_status status = sur_conv_available(err);
    if (status == SUR_OK) status = sur_alloc(&p, 1, sizeof *p, err);
    if (status != SUR_OK) return status;
    p->base = (sur_pass){.kind = &conv_kind,
                         .kernels = sur_kernels_at(0),
                         .network = *network,
                         .batch = batch,
                         .threads = 1,
                         .row = sur_padded(network->outputs),
                         .col = 1};
    sur_conv_plan_make(&p->plan, network);
    p->block = block_of(p->base.kernels, network);
    p->plain = network->image[0] == PLAIN_CHANNELS;
    p->rows = (batch + SUR_CHUNKS_MOST - 1) / SUR_CHUNKS_MOST;
    if (p->rows < SUR_CHUNK_LEAST) p->rows = SUR_CHUNK_LEAST;
    p->chunks = (int)((batch + p->rows - 1) / p->rows);
    status = make(p, back, err);
    if (status == SUR_OK)
        *out = &p->base;
    else
        conv_free(&p->base);
    return status;
}
