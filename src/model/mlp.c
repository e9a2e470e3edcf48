/* mlp.c -- what a network is: sizes, the table of its parameters, how they are drawn.
 */
#include <surplus/mlp.h>
#include <surplus/random.h>

#include <math.h>
#include <stdio.h>

const char *const sur_activation_choices[] = {"relu", "gelu", "tanh", NULL};
const char *const sur_loss_choices[] = {"squared", "cross_entropy", NULL};
const char *const sur_init_choices[] = {"he", "glorot", "uniform", NULL};

sur_status sur_mlp_check(const sur_mlp *network, sur_error *err)
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
static void fans(sur_idx *in, sur_idx *out, const sur_mlp *network, sur_idx l)
{
    *in = l == 0 ? network->inputs : network->width;
    *out = l == network->depth ? network->outputs : network->width;
}

sur_idx sur_mlp_parameters(const sur_mlp *network)
{
    sur_idx count = 0, in, out;
    for (sur_idx l = 0; l <= network->depth; l++) {
        fans(&in, &out, network, l);
        count += (in + 1) * out;
    }
    return count;
}

sur_idx sur_mlp_tensors(sur_tensor *table, const sur_mlp *network)
{
    sur_idx offset = 0, in, out;
    for (sur_idx l = 0; l <= network->depth && table; l++) {
        fans(&in, &out, network, l);
        sur_tensor *t = &table[2 * l];
        t[0] = (sur_tensor){.offset = offset, .rows = in, .cols = out};
        t[1] = (sur_tensor){.offset = offset + in * out, .rows = 1, .cols = out};
        snprintf(t[0].name, sizeof t[0].name, "layers.%d.weight", (int)l);
        snprintf(t[1].name, sizeof t[1].name, "layers.%d.bias", (int)l);
        offset += (in + 1) * out;
    }
    return 2 * (network->depth + 1);
}

void sur_mlp_draw(float *parameters, const sur_mlp *network, sur_init init,
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
