/* network.h -- a network the slow and obvious way, in double, to compare the kernels
 * with. */
#ifndef TEST_NETWORK_H
#define TEST_NETWORK_H

#include "check.h"

#include <surplus/network.h>
#include <surplus/random.h>

static inline double network_unit(double z, sur_unit unit)
{
    if (unit == SUR_UNIT_RELU) return z > 0.0 ? z : 0.0;
    if (unit == SUR_UNIT_TANH) return tanh(z);
    return 0.5 * z * erfc(-z / sqrt(2.0));
}

static inline double network_slope(double z, sur_unit unit)
{
    if (unit == SUR_UNIT_RELU) return z > 0.0 ? 1.0 : 0.0;
    if (unit == SUR_UNIT_TANH) return 1.0 - tanh(z) * tanh(z);
    return 0.5 * erfc(-z / sqrt(2.0)) + z * exp(-0.5 * z * z) / sqrt(2.0 * acos(-1.0));
}

enum { NETWORK_MOST = 300 };

/* The loss of one example with parameters w; adds its derivative to gradient (or
 * NULL). target has k numbers; class < 0: squared loss. */
static inline double network_loss(double *gradient, const sur_network *net,
                                  const double *w, const double *x,
                                  const double *target, int class)
{
    static double z[SUR_MLP_DEPTH_MOST + 2][NETWORK_MOST],
        a[SUR_MLP_DEPTH_MOST + 2][NETWORK_MOST], delta[NETWORK_MOST],
        below[NETWORK_MOST];
    sur_tensor table[2 * (SUR_MLP_DEPTH_MOST + 1)];
    const sur_idx layers = sur_network_tensors(table, net) / 2, k = net->outputs;
    memcpy(a[0], x, (size_t)net->inputs * sizeof *x);
    for (sur_idx l = 0; l < layers; l++) {
        const sur_tensor *t = &table[2 * l], *b = t + 1;
        for (sur_idx j = 0; j < t->shape[1]; j++) {
            double sum = w[b->offset + j];
            for (sur_idx i = 0; i < t->shape[0]; i++)
                sum += a[l][i] * w[t->offset + i * t->shape[1] + j];
            z[l + 1][j] = sum;
            a[l + 1][j] = l < layers - 1 ? network_unit(sum, net->activation) : sum;
        }
    }
    const double *f = a[layers];
    double loss = 0.0, most = f[0], total = 0.0;
    for (sur_idx j = 0; j < k; j++) most = fmax(most, f[j]);
    for (sur_idx j = 0; j < k; j++) total += exp(f[j] - most);
    for (sur_idx j = 0; j < k; j++) {
        if (class < 0) {
            loss += (f[j] - target[j]) * (f[j] - target[j]) / (double)k;
            delta[j] = 2.0 * (f[j] - target[j]) / (double)k;
        } else {
            delta[j] = exp(f[j] - most) / total - (j == class ? 1.0 : 0.0);
        }
    }
    if (class >= 0) loss = most + log(total) - f[class];
    for (sur_idx l = layers - 1; l >= 0 && gradient; l--) {
        const sur_tensor *t = &table[2 * l], *b = t + 1;
        for (sur_idx i = 0; i < t->shape[0]; i++) {
            double sum = 0.0;
            for (sur_idx j = 0; j < t->shape[1]; j++) {
                gradient[t->offset + i * t->shape[1] + j] += a[l][i] * delta[j];
                sum += delta[j] * w[t->offset + i * t->shape[1] + j];
            }
            below[i] = l > 0 ? sum * network_slope(z[l][i], net->activation) : 0.0;
        }
        for (sur_idx j = 0; j < t->shape[1]; j++) gradient[b->offset + j] += delta[j];
        memcpy(delta, below, sizeof delta);
    }
    return loss;
}

/* Inputs of normals, labels and targets for them. */
typedef struct network_data {
    sur_mat x;
    sur_inputs inputs;
    float target[NETWORK_MOST * 12], weight[NETWORK_MOST];
    int32_t label[NETWORK_MOST];
} network_data;

static inline void network_data_make(network_data *d, sur_idx rows, sur_idx cols,
                                     sur_idx outputs, uint64_t seed)
{
    sur_rng rng = sur_rng_make(seed, "test", 0);
    CHECK_OK(sur_mat_new(&d->x, rows, cols, NULL));
    sur_rng_normals(&rng, d->x.data, rows * cols, 1.0);
    for (sur_idx i = 0; i < rows * cols; i++)
        d->x.data[i] = (double)(float)d->x.data[i];
    CHECK_OK(sur_inputs_new(&d->inputs, &d->x, NULL));
    for (sur_idx i = 0; i < rows; i++) {
        d->label[i] = (int32_t)sur_rng_below(&rng, outputs);
        d->weight[i] = (float)sur_rng_exponential(&rng);
        for (sur_idx j = 0; j < outputs; j++)
            d->target[i * outputs + j] = (float)sur_rng_normal(&rng);
    }
}

static inline void network_data_free(network_data *d)
{
    sur_mat_free(&d->x);
    sur_inputs_free(&d->inputs);
}

#endif
