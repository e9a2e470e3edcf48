/* kernels_plain.c -- for any processor, and the reference for the others. */
#include "model/kernels.h"

#define KERNEL
#include "model/kernels_flat.h"
#include "model/kernels_lane.h"

static void product(const sur_product *p)
{
    for (sur_idx i = 0; i < p->m; i++) {
        float *restrict c = p->c + i * p->ldc;
        if (!p->add) memset(c, 0, (size_t)p->n * sizeof *c);
        for (sur_idx l = 0; l < p->k; l++) {
            const float a = p->a[i * p->row + l * p->col];
            const float *restrict b = p->b + l * p->ldb;
#pragma omp simd
            for (sur_idx j = 0; j < p->n; j++) c[j] += a * b[j];
        }
        if (p->bias) add(c, p->bias, p->n);
        if (p->relu) activate(c, NULL, p->n, SUR_UNIT_RELU);
    }
}

static void transpose(float *out, sur_idx ldo, const float *in, sur_idx ldi,
                      sur_idx rows, sur_idx cols)
{
    for (sur_idx i = 0; i < rows; i++)
        for (sur_idx j = 0; j < cols; j++) out[j * ldo + i] = in[i * ldi + j];
}

static void update(float *restrict w, const float *restrict gradient, float *restrict m,
                   float *restrict v, sur_idx count, const sur_update *u)
{
    for (sur_idx i = 0; i < count; i++) {
        const float g = gradient[i] * u->scale + w[i] * u->pull, x = w[i] * u->shrink;
        float step = g;
        if (u->rule == SUR_RULE_MOMENTUM) {
            m[i] = m[i] * u->momentum + g;
            step = m[i] * u->blend + g * u->look;
        } else if (u->rule == SUR_RULE_ADAM) {
            m[i] = m[i] * u->beta1 + g * (1.0F - u->beta1);
            v[i] = v[i] * u->beta2 + (g * g) * (1.0F - u->beta2);
            step = (m[i] * u->correct1) / (sqrtf(v[i] * u->correct2) + u->epsilon);
        }
        w[i] = x - step * u->rate;
    }
}

const sur_kernels sur_kernels_plain = {
    "plain", product,  transpose,   activate,    chain,       exps,     add,
    update,  lane_sum, lane_square, lane_normal, lane_slopes, lane_back};
