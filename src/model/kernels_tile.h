/* kernels_tile.h -- matrix products by register tiles, compiled once per kind of
 * vector.
 *
 * Included by kernels_avx2.c and kernels_avx512.c, which define KERNEL, VEC, WIDTH
 * (floats in a vector), MOST (vectors across a tile), DEEP and the operations V_*.
 *
 * A tile of c is R rows by N vectors, held in registers: for each l one vector row of b
 * is loaded and each of R entries of a is broadcast against it. The panel of b stays in
 * the cache while the rows of a go by. Panels of wide matrices are copied first, DEEP
 * rows at a time: rows that lie a power of two apart would share a few lines of the
 * cache. Of large products a is copied, too, HIGH rows at a time, in strips of the
 * rows of a tile, so that tiles read both without a gap (Goto & van de Geijn, "Anatomy
 * of high-performance matrix multiplication", ACM TOMS 34, 2008). Between the pieces
 * sums rest in c, which moves no bits. */
#include "model/kernels_flat.h"
#include "model/kernels_lane.h"

enum {
    ROWS = 6,
    PANEL = MOST * WIDTH,
    HIGH = 144,
    TALL = 12,   /* rows of a tile one vector across */
    STEEP = 12,  /* rows that make the copy of a panel pay */
    LARGE = 512, /* columns that make the copy of a pay */
    AHEAD = 256, /* floats that an update asks the cache for ahead */
};

KERNEL_INLINE void tile(const sur_product *p, const float *a, const float *b, sur_idx i,
                        sur_idx j, const int rows, const int vectors)
{
    const sur_idx row = p->row, col = p->col, ldb = p->ldb, ldc = p->ldc, k = p->k;
    const float *bias = p->bias ? p->bias + j : NULL;
    const float *mask = p->mask ? p->mask + i * ldc + j : NULL;
    float *c = p->c + i * ldc + j;
    const bool relu = p->relu;
    VEC sum[TALL][MOST];

#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) sum[r][v] = V_ZERO();
    if (p->add) {
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                sum[r][v] = V_LOAD(c + r * ldc + WIDTH * v);
    }
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
    if (bias) {
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                sum[r][v] = V_ADD(sum[r][v], V_LOAD(bias + WIDTH * v));
    }
    if (relu) { /* a NaN stays one */
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) sum[r][v] = V_MAX(V_ZERO(), sum[r][v]);
    }
    if (mask) {
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                sum[r][v] = V_KEEP(sum[r][v], V_LOAD(mask + r * ldc + WIDTH * v));
    }
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) V_STORE(c + r * ldc + WIDTH * v, sum[r][v]);
}

/* Columns j .. of c from the panel of b that begins at b. Row i of a begins at p->a + i
 * step, for those i where tiles begin. */
KERNEL_INLINE void panel(const sur_product *p, sur_idx step, const float *b, sur_idx j,
                         const int vectors)
{
    sur_idx i = 0;
    /* One vector across leaves registers, and needs more sums in flight. */
    for (; vectors == 1 && step == p->row && i + TALL <= p->m; i += TALL)
        tile(p, p->a + i * step, b, i, j, TALL, vectors);
    for (; i + ROWS <= p->m; i += ROWS)
        tile(p, p->a + i * step, b, i, j, ROWS, vectors);
    switch (p->m - i) {
    case 5:
        tile(p, p->a + i * step, b, i, j, 5, vectors);
        break;
    case 4:
        tile(p, p->a + i * step, b, i, j, 4, vectors);
        break;
    case 3:
        tile(p, p->a + i * step, b, i, j, 3, vectors);
        break;
    case 2:
        tile(p, p->a + i * step, b, i, j, 2, vectors);
        break;
    case 1:
        tile(p, p->a + i * step, b, i, j, 1, vectors);
        break;
    default:
        break;
    }
}

/* Piece l .. l + depth - 1 of the sums of p, rows i .. i + m - 1. */
KERNEL_INLINE void piece_of(sur_product *part, const sur_product *p, sur_idx l,
                            sur_idx depth)
{
    *part = *p;
    part->k = depth;
    part->a += l * p->col;
    part->b += l * p->ldb;
    part->add = p->add || l > 0;
    if (l + depth == p->k) return;
    part->bias = part->mask = NULL;
    part->relu = false;
}

/* Depth of the pieces of k, all about as deep. */
KERNEL_INLINE sur_idx depth_of(sur_idx k)
{
    const sur_idx pieces = (k + DEEP - 1) / DEEP;
    return (k + pieces - 1) / pieces;
}

KERNEL_INLINE void copied_panel(const sur_product *p, sur_idx step, sur_idx j,
                                const int vectors)
{
    _Alignas(64) float copy[DEEP * PANEL];
    const sur_idx width = vectors * WIDTH, depth = depth_of(p->k);
    for (sur_idx l = 0; l < p->k; l += depth) {
        sur_product part;
        piece_of(&part, p, l, p->k - l < depth ? p->k - l : depth);
        for (sur_idx i = 0; i < part.k; i++) {
            const float *from = part.b + i * p->ldb + j;
            for (int v = 0; v < vectors; v++)
                V_STORE(copy + i * width + v * WIDTH, V_LOAD(from + v * WIDTH));
        }
        part.ldb = width;
        panel(&part, step, copy, j, vectors);
    }
}

/* A panel, copied where that pays. */
KERNEL_INLINE void any_panel(const sur_product *p, sur_idx step, sur_idx j,
                             const int vectors)
{
    if (p->n > 2 * PANEL && p->m >= STEEP && p->k >= 16)
        copied_panel(p, step, j, vectors);
    else
        panel(p, step, p->b + j, j, vectors);
}

/* Of each strip of ROWS rows of a, column after column. */
KERNEL static void pack(float *to, const sur_product *p)
{
    for (sur_idx i = 0; i < p->m; i += ROWS, to += ROWS * p->k) {
        const sur_idx rows = p->m - i < ROWS ? p->m - i : ROWS;
        const float *a = p->a + i * p->row;
        if (rows == ROWS)
            for (sur_idx l = 0; l < p->k; l++)
#pragma GCC unroll 6
                for (sur_idx r = 0; r < ROWS; r++)
                    to[l * ROWS + r] = a[r * p->row + l * p->col];
        else
            for (sur_idx r = 0; r < rows; r++)
                for (sur_idx l = 0; l < p->k; l++)
                    to[l * ROWS + r] = a[r * p->row + l * p->col];
    }
}

/* All panels of p, row i of a at p->a + i step. */
KERNEL static void panels(const sur_product *p, sur_idx step);

KERNEL static void product(const sur_product *p)
{
    _Alignas(64) float packed[HIGH * DEEP];
    if (p->n < LARGE || p->m < STEEP || p->k < 16) {
        panels(p, p->row);
        return;
    }
    const sur_idx depth = depth_of(p->k);
    for (sur_idx l = 0; l < p->k; l += depth) {
        sur_product deep;
        piece_of(&deep, p, l, p->k - l < depth ? p->k - l : depth);
        for (sur_idx i = 0; i < p->m; i += HIGH) {
            sur_product part = deep;
            part.m = p->m - i < HIGH ? p->m - i : HIGH;
            part.a += i * p->row;
            part.c += i * p->ldc;
            if (part.mask) part.mask += i * p->ldc;
            pack(packed, &part);
            part.a = packed;
            part.row = 1;
            part.col = ROWS;
            panels(&part, part.k);
        }
    }
}

/* out = the sums of `vectors` vectors of each row. */
KERNEL_INLINE void sum_part(float *out, const float *x, sur_idx rows, sur_idx n,
                            const int vectors)
{
    VEC sum[64 / WIDTH];
    for (int v = 0; v < vectors; v++) sum[v] = V_ZERO();
    for (sur_idx i = 0; i < rows; i++, x += n)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) sum[v] = V_ADD(sum[v], V_LOAD(x + WIDTH * v));
    for (int v = 0; v < vectors; v++) V_STORE(out + WIDTH * v, sum[v]);
}

KERNEL static void sum(float *out, const float *x, sur_idx rows, sur_idx n)
{
    sur_idx j = 0;
    for (; j + 64 <= n; j += 64) sum_part(out + j, x + j, rows, n, 64 / WIDTH);
    for (; j < n; j += LANES) sum_part(out + j, x + j, rows, n, LANES / WIDTH);
}

/* Eight rows of a at a time, whose sums become lanes of one vector. */
KERNEL static void dots(const sur_product *p)
{
    for (sur_idx i = 0; i < p->m; i += 8)
        for (sur_idx j = 0; j < p->n; j++) {
            const float *a = p->a + i * p->row, *b = p->b + j * p->ldb;
            __m256 s[8];
#pragma GCC unroll 8
            for (int r = 0; r < 8; r++) s[r] = _mm256_setzero_ps();
            for (sur_idx l = 0; l < p->k; l += 8) {
                const __m256 w = _mm256_loadu_ps(b + l);
#pragma GCC unroll 8
                for (int r = 0; r < 8; r++)
                    s[r] =
                        _mm256_fmadd_ps(_mm256_loadu_ps(a + r * p->row + l), w, s[r]);
            }
            /* pairs of lanes, pairs of pairs, halves */
            const __m256 x = _mm256_hadd_ps(_mm256_hadd_ps(s[0], s[1]),
                                            _mm256_hadd_ps(s[2], s[3])),
                         y = _mm256_hadd_ps(_mm256_hadd_ps(s[4], s[5]),
                                            _mm256_hadd_ps(s[6], s[7]));
            const __m256 all = _mm256_add_ps(_mm256_permute2f128_ps(x, y, 0x20),
                                             _mm256_permute2f128_ps(x, y, 0x31));
            _mm256_storeu_ps(p->c + j * p->ldc + i,
                             _mm256_add_ps(all, _mm256_set1_ps(p->bias[j])));
        }
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
        if (i + AHEAD < count) __builtin_prefetch(w + i + AHEAD, 1);
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
