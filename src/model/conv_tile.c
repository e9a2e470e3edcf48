/* conv_tile.c -- sums of a few places of a row are held in registers.
 *
 *     y(o, r, q) = sum_{i, a, b} w(o, i, a, b) x(i, r + a - 1, q + b - 1)
 *
 * Forward, a segment of up to MOST places of a row of 8 channels o: x of one channel i
 * and one place is broadcast once and serves three of them, b = 0, 1, 2. The sum of a
 * place is over i's blocks, rows a, channels i, columns b, in this order wherever the
 * segment begins. Weights' derivatives of 4 channels i and 3 columns b are held while a
 * whole image goes by, then added to those of the images before. Each product is fused
 * with its addition. */
#include "model/conv_tile.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define TILE __attribute__((target("avx2,fma")))
#define TILE_INLINE TILE static inline __attribute__((always_inline))

enum { LINE = 8, MOST = 11, TAP = LINE * LINE, TAPS = 9 * TAP };

bool sur_tiles_run(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

/* Where a segment stands. */
typedef struct segment {
    const float *x, *w; /* the image, the weights of the first of its blocks */
    float *y;
    sur_idx row, from; /* first place */
    int low, high;     /* rows a within the image */
    bool left, right;  /* whether there are places beside it */
} segment;

/* `places` sums of `blocks` blocks of 8 channels. */
TILE_INLINE void sums(const segment *s, const sur_tiling *t, const int places,
                      const int blocks)
{
    const sur_idx line = t->width * LINE, plane = t->height * line,
                  next = t->in_blocks * TAPS;
    __m256 sum[2][MOST], w[2][3];
#pragma GCC unroll 2
    for (int n = 0; n < blocks; n++)
#pragma GCC unroll 11
        for (int q = 0; q < places; q++) sum[n][q] = _mm256_setzero_ps();
    for (sur_idx block = 0; block < t->in_blocks; block++) {
        const sur_idx left = t->used - block * LINE, count = left < LINE ? left : LINE;
        for (int a = s->low; a < s->high; a++) {
            const float *x = s->x + block * plane + (s->row + a - 1) * line +
                             s->from * LINE,
                        *tap = s->w + block * TAPS + (sur_idx)a * 3 * TAP;
            for (sur_idx i = 0; i < count; i++, x++, tap += LINE) {
#pragma GCC unroll 2
                for (int n = 0; n < blocks; n++)
#pragma GCC unroll 3
                    for (int b = 0; b < 3; b++)
                        w[n][b] = _mm256_loadu_ps(tap + n * next + (sur_idx)b * TAP);
                if (s->left) {
                    const __m256 one = _mm256_broadcast_ss(x - LINE);
#pragma GCC unroll 2
                    for (int n = 0; n < blocks; n++)
                        sum[n][0] = _mm256_fmadd_ps(one, w[n][0], sum[n][0]);
                }
#pragma GCC unroll 11
                for (int q = 0; q < places; q++) {
                    const __m256 one = _mm256_broadcast_ss(x + (sur_idx)q * LINE);
#pragma GCC unroll 2
                    for (int n = 0; n < blocks; n++) {
                        if (q > 0)
                            sum[n][q - 1] =
                                _mm256_fmadd_ps(one, w[n][2], sum[n][q - 1]);
                        sum[n][q] = _mm256_fmadd_ps(one, w[n][1], sum[n][q]);
                        if (q + 1 < places)
                            sum[n][q + 1] =
                                _mm256_fmadd_ps(one, w[n][0], sum[n][q + 1]);
                    }
                }
                if (s->right) {
                    const __m256 one = _mm256_broadcast_ss(x + (sur_idx)places * LINE);
#pragma GCC unroll 2
                    for (int n = 0; n < blocks; n++)
                        sum[n][places - 1] =
                            _mm256_fmadd_ps(one, w[n][2], sum[n][places - 1]);
                }
            }
        }
    }
#pragma GCC unroll 2
    for (int n = 0; n < blocks; n++)
#pragma GCC unroll 11
        for (int q = 0; q < places; q++)
            _mm256_storeu_ps(s->y + n * plane + s->row * line + (s->from + q) * LINE,
                             sum[n][q]);
}

#define SUMS(places, blocks)                                                         \
    TILE static void sums_##places##_##blocks(const segment *s, const sur_tiling *t) \
    {                                                                                \
        sums(s, t, places, blocks);                                                  \
    }
SUMS(1, 1)
SUMS(2, 1) SUMS(3, 1) SUMS(4, 1) SUMS(5, 1) SUMS(6, 1) SUMS(7, 1) SUMS(8, 1) SUMS(9, 1)
    SUMS(10, 1) SUMS(11, 1) SUMS(1, 2) SUMS(2, 2) SUMS(3, 2) SUMS(4, 2)

        typedef void (*sums_of)(const segment *s, const sur_tiling *t);
static const sums_of one_block[] = {NULL,     sums_1_1, sums_2_1,  sums_3_1,
                                    sums_4_1, sums_5_1, sums_6_1,  sums_7_1,
                                    sums_8_1, sums_9_1, sums_10_1, sums_11_1},
                     two_blocks[] = {NULL, sums_1_2, sums_2_2, sums_3_2, sums_4_2};
enum { NARROW = 4 }; /* so few sums of one block would wait for each other */

/* One row of an image, of one block of channels or two. */
static void row_forward(segment *s, const sur_tiling *t, sur_idx blocks)
{
    const sur_idx pieces = (t->width + MOST - 1) / MOST;
    s->low = s->row == 0 ? 1 : 0;
    s->high = s->row == t->height - 1 ? 2 : 3;
    for (sur_idx p = 0; p < pieces; p++) {
        const sur_idx from = t->width * p / pieces, to = t->width * (p + 1) / pieces;
        s->from = from;
        s->left = from > 0;
        s->right = to < t->width;
        (blocks == 2 ? two_blocks : one_block)[to - from](s, t);
    }
}

void sur_tiles_forward(float *y, const float *x, const float *w, const sur_tiling *t)
{
    const sur_idx plane = t->height * t->width * LINE;
    for (sur_idx image = 0; image < t->images; image++, x += t->in_blocks * plane)
        for (sur_idx o = 0; o < t->out_blocks;) {
            const sur_idx blocks = t->width <= NARROW && o + 1 < t->out_blocks ? 2 : 1;
            segment s = {.x = x, .w = w + o * t->in_blocks * TAPS, .y = y};
            for (; s.row < t->height; s.row++) row_forward(&s, t, blocks);
            y += blocks * plane;
            o += blocks;
        }
}

/* ---- the derivative by the weights ---- */

enum { FEW = 4 };

/* dw of FEW channels of a block, from rows a of one image. */
TILE static void slopes(float *dw, const float *dy, const float *x, const sur_tiling *t,
                        int a)
{
    const sur_idx line = t->width * LINE, first = a == 0 ? 1 : 0,
                  last = a == 2 ? t->height - 1 : t->height;
    __m256 sum[FEW][3];
#pragma GCC unroll 4
    for (int i = 0; i < FEW; i++)
#pragma GCC unroll 3
        for (int b = 0; b < 3; b++) sum[i][b] = _mm256_setzero_ps();
    for (sur_idx r = first; r < last; r++) {
        const float *from = x + (r + a - 1) * line, *at = dy + r * line;
        __m256 before = _mm256_setzero_ps(), here = _mm256_loadu_ps(at);
        for (sur_idx q = 0; q < t->width; q++, from += LINE, at += LINE) {
            const __m256 after =
                q + 1 < t->width ? _mm256_loadu_ps(at + LINE) : _mm256_setzero_ps();
#pragma GCC unroll 4
            for (int i = 0; i < FEW; i++) {
                const __m256 one = _mm256_broadcast_ss(from + i);
                sum[i][0] = _mm256_fmadd_ps(one, after, sum[i][0]);
                sum[i][1] = _mm256_fmadd_ps(one, here, sum[i][1]);
                sum[i][2] = _mm256_fmadd_ps(one, before, sum[i][2]);
            }
            before = here;
            here = after;
        }
    }
#pragma GCC unroll 4
    for (int i = 0; i < FEW; i++)
#pragma GCC unroll 3
        for (int b = 0; b < 3; b++) {
            float *to = dw + (sur_idx)b * TAP + (sur_idx)i * LINE;
            _mm256_storeu_ps(to, _mm256_add_ps(_mm256_loadu_ps(to), sum[i][b]));
        }
}

void sur_tiles_weights(float *dw, const float *dy, const float *x, const sur_tiling *t)
{
    const sur_idx plane = t->height * t->width * LINE;
    memset(dw, 0, (size_t)(t->out_blocks * t->in_blocks * TAPS) * sizeof *dw);
    for (sur_idx image = 0; image < t->images; image++, x += t->in_blocks * plane)
        for (sur_idx o = 0; o < t->out_blocks; o++, dy += plane)
            for (sur_idx i = 0; i < t->used; i += FEW)
                for (int a = 0; a < 3; a++)
                    slopes(dw + (o * t->in_blocks + i / LINE) * TAPS +
                               (sur_idx)a * 3 * TAP + i % LINE * LINE,
                           dy, x + i / LINE * plane + i % LINE, t, a);
}

#else

bool sur_tiles_run(void) { return false; }

void sur_tiles_forward(float *y, const float *x, const float *w, const sur_tiling *t)
{
    (void)y, (void)x, (void)w, (void)t;
}

void sur_tiles_weights(float *dw, const float *dy, const float *x, const sur_tiling *t)
{
    (void)dw, (void)dy, (void)x, (void)t;
}
#endif
