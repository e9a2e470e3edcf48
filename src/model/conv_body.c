/* conv_body.c -- what a convolutional network is: sizes, table, start, costs. */
#include <surplus/random.h>

#include "model/conv.h"

#include <math.h>
#include <string.h>

static sur_status check_sizes(const sur_network *n, sur_error *err)
{
    const sur_idx *image = n->image;
    if (n->outputs < 1 || n->width < 1)
        return sur_fail(err, SUR_EINVAL, "a network of width %lld with %lld outputs",
                        (long long)n->width, (long long)n->outputs);
    for (int i = 0; i < 3; i++)
        if (image[i] < 1 || image[i] > 1 << 15)
            return sur_fail(err, SUR_EINVAL,
                            "images of %lld channels, %lld x %lld: not within 1 .. %d",
                            (long long)image[0], (long long)image[1],
                            (long long)image[2], 1 << 15);
    if (image[0] * image[1] * image[2] != n->inputs)
        return sur_fail(err, SUR_EINVAL,
                        "%lld inputs are no image of %lld channels, %lld x %lld",
                        (long long)n->inputs, (long long)image[0], (long long)image[1],
                        (long long)image[2]);
    if (n->width > 1 << 14 || n->outputs > 1 << 20)
        return sur_fail(err, SUR_EINVAL,
                        "width %lld with %lld outputs: at most %d and %d",
                        (long long)n->width, (long long)n->outputs, 1 << 14, 1 << 20);
    return SUR_OK;
}

static sur_status conv_check(const sur_network *network, sur_error *err)
{
    sur_conv_plan plan;
    double count = 0.0;
    sur_status status = sur_conv_available(err);
    if (status == SUR_OK) status = check_sizes(network, err);
    if (status != SUR_OK) return status;
    sur_conv_plan_make(&plan, network);
    for (int i = 0; i < plan.tensors; i++)
        count += (double)sur_tensor_count(&plan.tensor[i]);
    if (count > 0x1p31)
        return sur_fail(err, SUR_EINVAL, "a network of %.3g parameters", count);
    return SUR_OK;
}

static sur_idx conv_tensors(sur_tensor *out, const sur_network *network)
{
    sur_conv_plan plan;
    sur_conv_plan_make(&plan, network);
    if (out) memcpy(out, plan.tensor, (size_t)plan.tensors * sizeof *out);
    return plan.tensors;
}

static double conv_work(const sur_network *network)
{
    sur_conv_plan plan;
    sur_conv_plan_make(&plan, network);
    return plan.work;
}

typedef struct law {
    sur_init init;
    double scale;
    uint64_t seed;
} law;

/* Layer `layer`: weights (out x in x ..) and, for the linear one, its biases. */
static void draw_layer(float *vector, const sur_tensor *weight, const sur_tensor *bias,
                       int layer, const law *by)
{
    const double place = (double)(weight->shape[2] * weight->shape[3]),
                 in = place * (double)weight->shape[1],
                 out = place * (double)weight->shape[0];
    const double deviation = by->scale * sqrt(2.0 / in);
    const double limit =
        by->scale *
        (by->init == SUR_INIT_GLOROT ? sqrt(6.0 / (in + out)) : 1 / sqrt(in));
    sur_rng rng = sur_rng_make(by->seed, "conv", (uint64_t)layer);
    float *w = vector + weight->offset;
    for (sur_idx i = 0; i < sur_tensor_count(weight); i++)
        w[i] = (float)(by->init == SUR_INIT_HE
                           ? deviation * sur_rng_normal(&rng)
                           : limit * (2.0 * sur_rng_uniform(&rng) - 1.0));
    for (sur_idx i = 0; bias && i < sur_tensor_count(bias); i++)
        vector[bias->offset + i] =
            by->init == SUR_INIT_UNIFORM
                ? (float)(limit * (2.0 * sur_rng_uniform(&rng) - 1.0))
                : 0.0F;
}

static void fill(float *vector, const sur_tensor *t, float value)
{
    for (sur_idx i = 0; i < sur_tensor_count(t); i++) vector[t->offset + i] = value;
}

static void conv_draw(float *vector, const sur_network *network, sur_init init,
                      double scale, uint64_t seed)
{
    const law by = {init, scale, seed};
    sur_conv_plan p;
    sur_conv_plan_make(&p, network);
    for (int i = 0; i < p.ops; i++) {
        const sur_conv_op *op = &p.op[i];
        if (op->kind == SUR_CONVOLVE)
            draw_layer(vector, &p.tensor[op->first], NULL, i, &by);
        if (op->kind != SUR_CONV_NORM) continue;
        fill(vector, &p.tensor[op->first], 1.0F);
        fill(vector, &p.tensor[op->first + 1], 0.0F);
        fill(vector, &p.tensor[op->running], 0.0F);
        fill(vector, &p.tensor[op->running + 1], 1.0F);
    }
    draw_layer(vector, &p.tensor[p.linear], &p.tensor[p.linear + 1], p.ops, &by);
}

/* Two numbers of every map are kept for the way back, and the largest few besides. */
static double conv_memory(const sur_network *network, sur_idx batch)
{
    sur_conv_plan p;
    double all = 0.0, largest = 0.0;
    sur_conv_plan_make(&p, network);
    for (int i = 0; i < p.maps; i++) {
        const double channels = (double)sur_padded(p.map[i].channels);
        const double floats =
            channels * (double)p.map[i].height * (double)p.map[i].width;
        all += floats;
        largest = floats > largest ? floats : largest;
    }
    return 4.0 * (double)batch * (all + 4.0 * largest);
}

const sur_body sur_body_conv = {conv_check, conv_tensors,      conv_work,
                                conv_draw,  sur_conv_pass_new, conv_memory};
