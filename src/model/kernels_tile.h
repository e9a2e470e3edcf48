/* kernels_tile.h -- matrix products by register tiles, compiled once per kind of
 * vector.
 *
 * Included by kernels_avx2.c and kernels_avx512.c, which define KERNEL, VEC, WIDTH
 * (floats in a vector), MOST (vectors across a tile) and the operations V_*.
 *
 * A tile of c is R rows by N vectors, held in registers: for each l one vector row of b
 * is loaded and each of R entries of a is broadcast against it. The panel of b stays in
 * the cache while the rows of a go by. Panels of wide matrices are copied first, DEEP
 * rows at a time: rows that lie a power of two apart would share a few lines of the
 * cache. Between the pieces sums rest in c, which moves no bits. */
#include "model/kernels_flat.h"
#include "model/kernels_lane.h"

enum { ROWS = 6, PANEL = MOST * WIDTH, DEEP = 128, FEW = 12, TALL = 12 };

KERNEL_INLINE void tile(const sur_product *p, const float *b, sur_idx i, sur_idx j,
                        const int rows, const int vectors)
{
    const float *a = p->a + i * p->row;
    const sur_idx row = p->row, col = p->col, ldb = p->ldb, k = p->k;
    VEC sum[TALL][MOST];

#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            sum[r][v] =
                p->add ? V_LOAD(p->c + (i + r) * p->ldc + j + WIDTH * v) : V_ZERO();
    for (sur_idx l = 0; l < k; l++, a += col, b += ldb) {
        VEC line[MOST];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) line[v] = V_LOAD(b + WIDTH * v);
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++) {
            const VEC one = V_SET(a[r * row]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                sum[r][v] = V_FMA(one, line[v], sum[r][v]);
        }
    }
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            VEC x = sum[r][v];
            if (p->bias) x = V_ADD(x, V_LOAD(p->bias + j + WIDTH * v));
            if (p->relu) x = V_MAX(V_ZERO(), x); /* a NaN in x stays one */
            V_STORE(p->c + (i + r) * p->ldc + j + WIDTH * v, x);
        }
}

/* Columns j .. of c from the panel of b that begins at b. */
KERNEL_INLINE void panel(const sur_product *p, const float *b, sur_idx j,
                         const int vectors)
{
    sur_idx i = 0;
    /* One vector across leaves registers, and needs more sums in flight. */
    for (; vectors == 1 && i + TALL <= p->m; i += TALL) tile(p, b, i, j, TALL, vectors);
    for (; i + ROWS <= p->m; i += ROWS) tile(p, b, i, j, ROWS, vectors);
    switch (p->m - i) {
    case 5:
        tile(p, b, i, j, 5, vectors);
        break;
    case 4:
        tile(p, b, i, j, 4, vectors);
        break;
    case 3:
        tile(p, b, i, j, 3, vectors);
        break;
    case 2:
        tile(p, b, i, j, 2, vectors);
        break;
    case 1:
        tile(p, b, i, j, 1, vectors);
        break;
    default:
        break;
    }
}

KERNEL_INLINE void copied_panel(const sur_product *p, sur_idx j, const int vectors)
{
    _Alignas(64) float copy[DEEP * PANEL];
    const sur_idx width = vectors * WIDTH;
    for (sur_idx l = 0; l < p->k; l += DEEP) {
        const sur_idx depth = p->k - l < DEEP ? p->k - l : DEEP;
        const bool last = l + depth == p->k;
        sur_product part = *p;
        for (sur_idx i = 0; i < depth; i++)
            for (int v = 0; v < vectors; v++)
                V_STORE(copy + i * width + v * WIDTH,
                        V_LOAD(p->b + (l + i) * p->ldb + j + v * WIDTH));
        part.a = p->a + l * p->col;
        part.k = depth;
        part.ldb = width;
        part.add = p->add || l > 0;
        if (!last) part.bias = NULL;
        part.relu = p->relu && last;
        panel(&part, copy, j, vectors);
    }
}

/* A panel, copied where that pays. */
KERNEL_INLINE void any_panel(const sur_product *p, sur_idx j, const int vectors)
{
    if (p->n > 2 * PANEL && p->m >= FEW && p->k >= 16)
        copied_panel(p, j, vectors);
    else
        panel(p, p->b + j, j, vectors);
}

/* Blocks of 8 x 8, each in registers of the compiler's choice. */
KERNEL static void transpose(float *restrict out, sur_idx ldo, const float *restrict in,
                             sur_idx ldi, sur_idx rows, sur_idx cols)
{
    for (sur_idx i = 0; i < rows; i += 8)
        for (sur_idx j = 0; j < cols; j += 8) {
            const float *from = in + i * ldi + j;
            float *to = out + j * ldo + i;
            const __m256 r0 = _mm256_loadu_ps(from), r1 = _mm256_loadu_ps(from + ldi),
                         r2 = _mm256_loadu_ps(from + 2 * ldi),
                         r3 = _mm256_loadu_ps(from + 3 * ldi),
                         r4 = _mm256_loadu_ps(from + 4 * ldi),
                         r5 = _mm256_loadu_ps(from + 5 * ldi),
                         r6 = _mm256_loadu_ps(from + 6 * ldi),
                         r7 = _mm256_loadu_ps(from + 7 * ldi);
            /* pairs of rows, then of pairs, then of halves */
            const __m256 p0 = _mm256_unpacklo_ps(r0, r1),
                         p1 = _mm256_unpackhi_ps(r0, r1),
                         p2 = _mm256_unpacklo_ps(r2, r3),
                         p3 = _mm256_unpackhi_ps(r2, r3),
                         p4 = _mm256_unpacklo_ps(r4, r5),
                         p5 = _mm256_unpackhi_ps(r4, r5),
                         p6 = _mm256_unpacklo_ps(r6, r7),
                         p7 = _mm256_unpackhi_ps(r6, r7);
            const __m256 q[8] = {
                _mm256_shuffle_ps(p0, p2, 0x44), _mm256_shuffle_ps(p0, p2, 0xee),
                _mm256_shuffle_ps(p1, p3, 0x44), _mm256_shuffle_ps(p1, p3, 0xee),
                _mm256_shuffle_ps(p4, p6, 0x44), _mm256_shuffle_ps(p4, p6, 0xee),
                _mm256_shuffle_ps(p5, p7, 0x44), _mm256_shuffle_ps(p5, p7, 0xee)};
#pragma GCC unroll 4
            for (int r = 0; r < 4; r++) {
                _mm256_storeu_ps(to + r * ldo,
                                 _mm256_permute2f128_ps(q[r], q[r + 4], 0x20));
                _mm256_storeu_ps(to + (r + 4) * ldo,
                                 _mm256_permute2f128_ps(q[r], q[r + 4], 0x31));
            }
        }
}

/* One pass over everything an optimizer keeps. */
KERNEL static void update(float *restrict w, const float *restrict gradient,
                          float *restrict m, float *restrict v, sur_idx count,
                          const sur_update *u)
{
    const VEC scale = V_SET(u->scale), pull = V_SET(u->pull), shrink = V_SET(u->shrink),
              rate = V_SET(u->rate), momentum = V_SET(u->momentum),
              blend = V_SET(u->blend), look = V_SET(u->look), beta1 = V_SET(u->beta1),
              beta2 = V_SET(u->beta2), rest1 = V_SET(1.0F - u->beta1),
              rest2 = V_SET(1.0F - u->beta2), correct1 = V_SET(u->correct1),
              correct2 = V_SET(u->correct2), epsilon = V_SET(u->epsilon);
    for (sur_idx i = 0; i < count; i += WIDTH) {
        const VEC old = V_LOAD(w + i), x = V_MUL(old, shrink);
        const VEC g = V_ADD(V_MUL(V_LOAD(gradient + i), scale), V_MUL(old, pull));
        VEC step = g;
        if (u->rule == SUR_RULE_MOMENTUM) {
            const VEC first = V_ADD(V_MUL(V_LOAD(m + i), momentum), g);
            V_STORE(m + i, first);
            step = V_ADD(V_MUL(first, blend), V_MUL(g, look));
        } else if (u->rule == SUR_RULE_ADAM) {
            const VEC first = V_ADD(V_MUL(V_LOAD(m + i), beta1), V_MUL(g, rest1));
            const VEC second =
                V_ADD(V_MUL(V_LOAD(v + i), beta2), V_MUL(V_MUL(g, g), rest2));
            V_STORE(m + i, first);
            V_STORE(v + i, second);
            step = V_DIV(V_MUL(first, correct1),
                         V_ADD(V_SQRT(V_MUL(second, correct2)), epsilon));
        }
        V_STORE(w + i, V_SUB(x, V_MUL(step, rate)));
    }
}
