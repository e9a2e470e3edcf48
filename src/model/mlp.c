/* mlp.c -- what a network is: sizes, the table of its parameters, how they are drawn.
 */
#include <surplus/random.h>

#include "model/pass.h"

#include <math.h>
#include <stdio.h>

static sur_status mlp_check(const sur_network *network, sur_error *err)
{
    const double d = (double)network->inputs, k = (double)network->outputs,
                 w = (double)network->width, h = (double)network->depth;
    if (network->inputs < 1 || network->outputs < 1 || network->width < 1)
        return sur_fail(err, SUR_EINVAL,
                        "a network of %lld inputs, width %lld, %lld outputs",
                        (long long)network->inputs, (long long)network->width,
                        (long long)network->outputs);
    if (network->depth < 0 || network->depth > SUR_MLP_DEPTH_MOST)
        return sur_fail(err, SUR_EINVAL, "depth %lld is not within 0 .. %d",
                        (long long)network->depth, SUR_MLP_DEPTH_MOST);
    const double most =
        h == 0 ? (d + 1) * k : (d + 1) * w + (h - 1) * (w + 1) * w + (w + 1) * k;
    if (most > 0x1p31)
        return sur_fail(err, SUR_EINVAL, "a network of %.3g parameters", most);
    return SUR_OK;
}

/* Fan in and fan out of layer l = 0 .. depth. */
static void fans(sur_idx *in, sur_idx *out, const sur_network *network, sur_idx l)
{
    *in = l == 0 ? network->inputs : network->width;
    *out = l == network->depth ? network->outputs : network->width;
}

static sur_idx mlp_tensors(sur_tensor *table, const sur_network *network)
{
    sur_idx offset = 0, in, out;
    for (sur_idx l = 0; l <= network->depth && table; l++) {
        fans(&in, &out, network, l);
        sur_tensor *t = &table[2 * l];
        t[0] = (sur_tensor){
            .offset = offset, .dims = 2, .shape = {in, out, 1, 1}, .trained = true};
        t[1] = (sur_tensor){.offset = offset + in * out,
                            .dims = 1,
                            .shape = {out, 1, 1, 1},
                            .trained = true};
        snprintf(t[0].name, sizeof t[0].name, "layers.%d.weight", (int)l);
        snprintf(t[1].name, sizeof t[1].name, "layers.%d.bias", (int)l);
        offset += (in + 1) * out;
    }
    return 2 * (network->depth + 1);
}

static void mlp_draw(float *parameters, const sur_network *network, sur_init init,
                     double scale, uint64_t seed)
{
    sur_idx in, out;
    float *at = parameters;
    for (sur_idx l = 0; l <= network->depth; l++) {
        fans(&in, &out, network, l);
        sur_rng rng = sur_rng_make(seed, "mlp", (uint64_t)l);
        const double deviation = scale * sqrt(2.0 / (double)in);
        const double limit = init == SUR_INIT_GLOROT
                                 ? scale * sqrt(6.0 / (double)(in + out))
                                 : scale / sqrt((double)in);
        for (sur_idx i = 0; i < in * out; i++)
            *at++ = (float)(init == SUR_INIT_HE
                                ? deviation * sur_rng_normal(&rng)
                                : limit * (2.0 * sur_rng_uniform(&rng) - 1.0));
        for (sur_idx j = 0; j < out; j++)
            *at++ = init == SUR_INIT_UNIFORM
                        ? (float)(limit * (2.0 * sur_rng_uniform(&rng) - 1.0))
                        : 0.0F;
    }
}

static double mlp_work(const sur_network *network)
{
    double work = 0.0;
    sur_idx in, out;
    for (sur_idx l = 0; l <= network->depth; l++) {
        fans(&in, &out, network, l);
        work += (double)(in + 1) * (double)out;
    }
    return work;
}

static double mlp_memory(const sur_network *network, sur_idx batch)
{
    const double widest = (double)network->width + (double)network->inputs +
                          (double)network->outputs + 48.0;
    return 4.0 * (double)batch * widest * (4.0 + 2.0 * (double)network->depth);
}

const sur_body sur_body_mlp = {mlp_check, mlp_tensors,      mlp_work,
                               mlp_draw,  sur_mlp_pass_new, mlp_memory};
