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

/* c (m x n) = a b + bias, through max(0, .) if relu, 0 where mask is not positive, or
 * c += a b if add. Entry (i, l) of a (m x k) is a[i row + l col]; n is a multiple of
 * LANES; bias ([n]) and mask (laid out as c) may be NULL. */
typedef struct sur_product {
    sur_idx m, n, k;
    const float *a;
    sur_idx row, col;
    const float *b;
    sur_idx ldb;
    float *c;
    sur_idx ldc;
    const float *bias, *mask;
    bool add, relu;
} sur_product;

/* What the last layer of at most FEW outputs is laid out for: rows of weights are those
 * of the fan in, and answers f of an output lie together, row i of the batch at
 * f[j ld + i]. Nothing is lost to padding then, and rows of the batch are lanes. */
enum { FEW = 12, SOFT = 64 };

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
    /* c' (n x m) = b a' + bias: of rows i of a (col 1) and rows j of b the sum
     * c[j ldc + i], by 8 sums over l = 0 .. 7 mod 8 added in pairs; k a multiple of 8.
     * Rows of a up to the next multiple of 8 are read, their sums mean nothing. */
    void (*dots)(const sur_product *p);
    /* p = scale exp(f - most) / total, of at most SOFT rows: most ([count]) is the
     * largest answer, total the sum of the exponentials; count is rounded up to 8 */
    void (*softmax)(float *p, float *most, float *total, const float *f, sur_idx ld,
                    sur_idx classes, sur_idx count, float scale);
    /* out ([n]) = the sum of `rows` rows of n floats */
    void (*sum)(float *out, const float *x, sur_idx rows, sur_idx n);
    /* out = rows picks[0 .. count-1] (NULL: first ..) of x, `stride` floats each; the
     * `ahead` picks behind them are fetched into the cache */
    void (*gather)(float *out, const float *x, sur_idx stride, const sur_idx *picks,
                   sur_idx first, sur_idx count, sur_idx ahead);
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

/* The table of the functions of one kernels_*.c. */
#define SUR_KERNELS(kind)                                                            \
    {                                                                                \
        kind, product, dots, softmax, sum, gather, transpose, activate, chain, exps, \
            add, update, lane_sum, lane_square, lane_normal, lane_slopes, lane_back  \
    }

/* Table i that this processor can run, the best first and the plain one last; NULL past
 * the end. */
const sur_kernels *sur_kernels_at(int i);

extern const sur_kernels sur_kernels_plain, sur_kernels_avx2, sur_kernels_avx512;

#endif
