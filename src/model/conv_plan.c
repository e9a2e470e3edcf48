/* conv_plan.c -- convolutional networks as lists: operations, maps, tensors.
 *
 * Names and shapes of tensors are those that PyTorch gives the same layers: weights of
 * convolutions (out x in x kernel x kernel), of the linear layer (out x in). Trained
 * tensors come first, in the order of the list; then the running statistics. */
#include "model/conv.h"

#include <stdio.h>
#include <string.h>

static int add_tensor(sur_conv_plan *p, const char *name, const char *part, int dims,
                      const sur_idx shape[4], bool trained)
{
    sur_tensor *t = &p->tensor[p->tensors];
    *t = (sur_tensor){.dims = dims, .trained = trained};
    snprintf(t->name, sizeof t->name, "%.24s.%s", name, part);
    for (int i = 0; i < 4; i++) t->shape[i] = i < dims ? shape[i] : 1;
    if (p->tensors > 0) t->offset = t[-1].offset + sur_tensor_count(&t[-1]);
    return p->tensors++;
}

static int add_map(sur_conv_plan *p, sur_idx channels, sur_idx height, sur_idx width)
{
    p->map[p->maps] = (sur_conv_map){channels, height, width};
    return p->maps++;
}

static sur_conv_op *add_op(sur_conv_plan *p, sur_conv_kind kind, int in, int out)
{
    sur_conv_op *op = &p->op[p->ops++];
    *op = (sur_conv_op){.kind = kind, .in = in, .out = out, .other = -1};
    return op;
}

int sur_conv_convolve(sur_conv_plan *p, int in, sur_idx channels, sur_idx kernel,
                      sur_idx stride, const char *name)
{
    const sur_conv_map from = p->map[in];
    const int out = add_map(p, channels, (from.height - 1) / stride + 1,
                            (from.width - 1) / stride + 1);
    sur_conv_op *op = add_op(p, SUR_CONVOLVE, in, out);
    op->kernel = kernel;
    op->stride = stride;
    op->first =
        add_tensor(p, name, "weight", 4,
                   (const sur_idx[4]){channels, from.channels, kernel, kernel}, true);
    p->work += (double)sur_tensor_count(&p->tensor[op->first]) *
               (double)p->map[out].height * (double)p->map[out].width;
    return out;
}

/* Its running statistics get their rows in the table at the end; until then `running`
 * counts normalizations. */
int sur_conv_norm(sur_conv_plan *p, int in, const char *name)
{
    const sur_conv_map from = p->map[in];
    const int out = add_map(p, from.channels, from.height, from.width);
    sur_conv_op *op = add_op(p, SUR_CONV_NORM, in, out);
    const sur_idx shape[4] = {from.channels, 1, 1, 1};
    op->first = add_tensor(p, name, "weight", 1, shape, true);
    add_tensor(p, name, "bias", 1, shape, true);
    p->work += 2.0 * (double)from.channels * (double)from.height * (double)from.width;
    return out;
}

int sur_conv_add(sur_conv_plan *p, int in, int other)
{
    add_op(p, SUR_CONV_ADD, in, in)->other = other;
    return in;
}

int sur_conv_pool(sur_conv_plan *p, int in, sur_idx window)
{
    const sur_conv_map from = p->map[in];
    sur_idx h = 1, w = 1;
    if (window > 0) {
        h = from.height < window ? 1 : from.height / window;
        w = from.width < window ? 1 : from.width / window;
    }
    const int out = add_map(p, from.channels, h, w);
    add_op(p, SUR_CONV_POOL, in, out)->kernel = window;
    return out;
}

int sur_conv_mean(sur_conv_plan *p, int in)
{
    const int out = add_map(p, p->map[in].channels, 1, 1);
    add_op(p, SUR_CONV_MEAN, in, out);
    return out;
}

void sur_conv_plan_make(sur_conv_plan *p, const sur_network *network)
{
    *p = (sur_conv_plan){0};
    add_map(p, network->image[0], network->image[1], network->image[2]);
    sur_conv_family_of(network->family)(p, network->width);
    const sur_idx features = p->map[p->maps - 1].channels, k = network->outputs;
    p->linear =
        add_tensor(p, "linear", "weight", 2, (const sur_idx[4]){k, features}, true);
    add_tensor(p, "linear", "bias", 1, (const sur_idx[4]){k}, true);
    p->work += (double)(features + 1) * (double)k;
    for (int i = 0; i < p->ops; i++) {
        if (p->op[i].kind != SUR_CONV_NORM) continue;
        const sur_tensor *scale = &p->tensor[p->op[i].first];
        char name[sizeof scale->name];
        memcpy(name, scale->name, sizeof name);
        *strrchr(name, '.') = '\0';
        p->op[i].running = add_tensor(p, name, "running_mean", 1, scale->shape, false);
        add_tensor(p, name, "running_var", 1, scale->shape, false);
    }
}
