/* network.c -- what every network is, by the table of its family. */
#include "model/pass.h"

const char *const sur_activation_choices[] = {"relu", "gelu", "tanh", NULL};
const char *const sur_loss_choices[] = {"squared", "cross_entropy", NULL};
const char *const sur_init_choices[] = {"he", "glorot", "uniform", NULL};
const char *const sur_compute_choices[] = {"float32", "bfloat16", NULL};

bool sur_family_is_network(int64_t family) { return family >= SUR_MLP; }

bool sur_family_is_conv(int64_t family) { return family > SUR_MLP; }

const sur_body *sur_body_of(const sur_network *network)
{
    if (!sur_family_is_network(network->family)) return NULL;
    return sur_family_is_conv(network->family) ? &sur_body_conv : &sur_body_mlp;
}

sur_status sur_network_check(const sur_network *network, sur_error *err)
{
    const sur_body *body = sur_body_of(network);
    if (!body || network->family >= SUR_FAMILY_COUNT)
        return sur_fail(err, SUR_EINVAL, "the family is not one of networks");
    return body->check(network, err);
}

sur_idx sur_tensor_count(const sur_tensor *t)
{
    return t->shape[0] * t->shape[1] * t->shape[2] * t->shape[3];
}

static sur_idx count_floats(const sur_network *network, bool all)
{
    sur_tensor table[SUR_NETWORK_TENSORS_MOST];
    const sur_idx rows = sur_network_tensors(table, network);
    sur_idx count = 0;
    for (sur_idx i = 0; i < rows; i++)
        if (all || table[i].trained) count += sur_tensor_count(&table[i]);
    return count;
}

sur_idx sur_network_parameters(const sur_network *network)
{
    return count_floats(network, false);
}

sur_idx sur_network_size(const sur_network *network)
{
    return count_floats(network, true);
}

sur_idx sur_network_tensors(sur_tensor *out, const sur_network *network)
{
    return sur_body_of(network)->tensors(out, network);
}

double sur_network_work(const sur_network *network)
{
    return sur_body_of(network)->work(network);
}

void sur_network_draw(float *vector, const sur_network *network, sur_init init,
                      double scale, uint64_t seed)
{
    sur_body_of(network)->draw(vector, network, init, scale, seed);
}
