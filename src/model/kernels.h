/* kernels.h -- the arithmetic of small networks, one table per kind of processor.
 *
 * Matrices are row-major floats. A row has a multiple of LANES floats, the last of them
 * padding; every array may be read and written in whole rows. The order of all sums is
 * fixed: c_ij is summed over l = 0, 1, ... one product at a time, whatever the shape,
 * so that a number does not depend on what is computed beside it. The tables for AVX2
 * and AVX-512 fuse each product with its addition; the plain one rounds in between and
 * so differs from them in the last bits. */
#ifndef MODEL_KERNELS_H
#define MODEL_KERNELS_H

#include <surplus/network.h>

enum { LANES = 16 };

/* n rounded up to whole rows. */
static inline sur_idx sur_padded(sur_idx n) { return (n + LANES - 1) / LANES * LANES; }

/* c (m x n) = a b + bias, through max(0, .) if relu, or c += a b if add. Entry (i, l)
 * of a (m x k) is a[i row + l col]; n is a multiple of LANES; bias ([n]) may be NULL.
 */
typedef struct sur_product {
    sur_idx m, n, k;
    const float *a;
    sur_idx row, col;
    const float *b;
    sur_idx ldb;
    float *c;
    sur_idx ldc;
    const float *bias;
    bool add, relu;
} sur_product;

/* One step of an optimizer for a run of parameters. See train/descend.c. */
typedef enum sur_rule { SUR_RULE_SGD, SUR_RULE_MOMENTUM, SUR_RULE_ADAM } sur_rule;
typedef struct sur_update {
    sur_rule rule;
    float rate, scale;     /* learning rate; factor of the gradient (clipping) */
    float shrink, pull;    /* w <- shrink w (decoupled decay); g <- g + pull w */
    float momentum, blend; /* of v <- momentum v + g; step = blend v + look g */
    float look;
    float beta1, beta2, correct1, correct2, epsilon;
} sur_update;

typedef struct sur_kernels {
    const char *name;
    void (*product)(const sur_product *p);
    /* out (cols x rows) = in' ; both dimensions multiples of 8 */
    void (*transpose)(float *out, sur_idx ldo, const float *in, sur_idx ldi,
                      sur_idx rows, sur_idx cols);
    /* a = s(a); slope = s'(a) for gelu, untouched otherwise */
    void (*activate)(float *a, float *slope, sur_idx count, sur_unit unit);
    /* delta *= s', from a (relu, tanh) or slope (gelu) */
    void (*chain)(float *delta, const float *a, const float *slope, sur_idx count,
                  sur_unit unit);
    void (*exps)(float *x, sur_idx count);                /* x = exp(x) */
    void (*add)(float *y, const float *x, sur_idx count); /* y += x */
    void (*update)(float *w, const float *g, float *m, float *v, sur_idx count,
                   const sur_update *u);
    /* of batch normalization: kernels_lane.h */
    void (*lane_sum)(float *out, const float *x, sur_idx count);
    void (*lane_square)(float *out, const float *x, const float *mean, sur_idx count);
    void (*lane_normal)(float *y, const float *x, const float *a, const float *b,
                        sur_idx count);
    void (*lane_slopes)(float *out, const float *dy, const float *x, const float *a,
                        const float *b, const float *mean, sur_idx count);
    void (*lane_back)(float *dx, const float *dy, const float *x, const float *a,
                      const float *b, const float *mean, const float *slant,
                      const float *level, sur_idx count, bool add);
} sur_kernels;

/* Table i that this processor can run, the best first and the plain one last; NULL past
 * the end. */
const sur_kernels *sur_kernels_at(int i);

extern const sur_kernels sur_kernels_plain, sur_kernels_avx2, sur_kernels_avx512;

#endif
