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
        if (p->mask) chain(c, p->mask + i * p->ldc, NULL, p->n, SUR_UNIT_RELU);
    }
}

static void dots(const sur_product *p)
{
    for (sur_idx i = 0; i < p->m; i++)
        for (sur_idx j = 0; j < p->n; j++) {
            const float *a = p->a + i * p->row, *b = p->b + j * p->ldb;
            float s[8] = {0};
            for (sur_idx l = 0; l < p->k; l += 8)
                for (int r = 0; r < 8; r++) s[r] += a[l + r] * b[l + r];
            const float low = (s[0] + s[1]) + (s[2] + s[3]),
                        high = (s[4] + s[5]) + (s[6] + s[7]);
            p->c[j * p->ldc + i] = (low + high) + p->bias[j];
        }
}

static void sum(float *out, const float *x, sur_idx rows, sur_idx n)
{
    memset(out, 0, (size_t)n * sizeof *out);
    for (sur_idx i = 0; i < rows; i++) add(out, x + i * n, n);
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

const sur_kernels sur_kernels_plain = SUR_KERNELS("plain");
