/* conv_tile_weights.c -- the derivative of convolutions by their weights.
 *
 *     dw(o, i, a, b) = sum over images, r, q of dy(o, r, q) x(i, s r + a - 1, s q + b -
 * 1)
 *
 * Of FEW channels i, all three columns b and a block of 8 channels o they are held in
 * registers while one image goes by, and then added to those of the images before. Each
 * product is fused with its addition. */
#include "model/conv_tile.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define TILE __attribute__((target("avx2,fma")))
#define TILE_INLINE TILE static inline __attribute__((always_inline))
#define EACH_CHANNEL _Pragma("GCC unroll 4") for (int i = 0; i < FEW; i++)
#define EACH_COLUMN _Pragma("GCC unroll 3") for (int b = 0; b < 3; b++)

enum { LINE = 8, TAP = LINE * LINE, TAPS = 9 * TAP, FEW = 4 };

/* A row of dy against a row of x, stride 1: x of a place meets three of dy. */
TILE_INLINE void meet(__m256 (*sum)[3], const float *dy, const float *x, sur_idx width)
{
    __m256 before = _mm256_setzero_ps(), here = _mm256_loadu_ps(dy);
    for (sur_idx q = 0; q < width; q++, x += LINE, dy += LINE) {
        const __m256 after =
            q + 1 < width ? _mm256_loadu_ps(dy + LINE) : _mm256_setzero_ps();
        EACH_CHANNEL
        {
            const __m256 one = _mm256_broadcast_ss(x + i);
            sum[i][0] = _mm256_fmadd_ps(one, after, sum[i][0]);
            sum[i][1] = _mm256_fmadd_ps(one, here, sum[i][1]);
            sum[i][2] = _mm256_fmadd_ps(one, before, sum[i][2]);
        }
        before = here;
        here = after;
    }
}

/* Stride 2: dy of a place meets three of x. */
TILE_INLINE void meet_halved(__m256 (*sum)[3], const float *dy, const float *x,
                             sur_idx width, sur_idx across)
{
    for (sur_idx q = 0; q < across; q++, x += 2 * LINE, dy += LINE) {
        const __m256 here = _mm256_loadu_ps(dy);
        if (q > 0)
            EACH_CHANNEL sum[i][0] =
                _mm256_fmadd_ps(_mm256_broadcast_ss(x + i - LINE), here, sum[i][0]);
        EACH_CHANNEL sum[i][1] =
            _mm256_fmadd_ps(_mm256_broadcast_ss(x + i), here, sum[i][1]);
        if (2 * q + 1 < width)
            EACH_CHANNEL sum[i][2] =
                _mm256_fmadd_ps(_mm256_broadcast_ss(x + i + LINE), here, sum[i][2]);
    }
}

/* dw of FEW channels and row a, from one image. */
TILE_INLINE void slopes(float *dw, const float *dy, const float *x, const sur_tiling *t,
                        sur_idx a, const int stride)
{
    __m256 sum[FEW][3];
    EACH_CHANNEL EACH_COLUMN sum[i][b] = _mm256_setzero_ps();
    for (sur_idx r = a == 0 ? 1 : 0; r < t->down; r++) {
        const sur_idx row = r * stride + a - 1;
        const float *from = x + row * t->width * LINE, *at = dy + r * t->across * LINE;
        if (row >= t->height) break;
        if (stride == 2)
            meet_halved(sum, at, from, t->width, t->across);
        else
            meet(sum, at, from, t->width);
    }
    EACH_CHANNEL EACH_COLUMN
    {
        float *to = dw + (sur_idx)b * TAP + (sur_idx)i * LINE;
        _mm256_storeu_ps(to, _mm256_add_ps(_mm256_loadu_ps(to), sum[i][b]));
    }
}

TILE static void slopes_1(float *dw, const float *dy, const float *x,
                          const sur_tiling *t, sur_idx a)
{
    slopes(dw, dy, x, t, a, 1);
}

TILE static void slopes_2(float *dw, const float *dy, const float *x,
                          const sur_tiling *t, sur_idx a)
{
    slopes(dw, dy, x, t, a, 2);
}

void sur_tiles_weights(float *dw, const float *dy, const float *x, const sur_tiling *t)
{
    const sur_idx plane = t->height * t->width * LINE;
    memset(dw, 0, (size_t)(t->out_blocks * t->in_blocks * TAPS) * sizeof *dw);
    for (sur_idx image = 0; image < t->images; image++, x += t->in_blocks * plane)
        for (sur_idx o = 0; o < t->out_blocks; o++, dy += t->down * t->across * LINE)
            for (sur_idx i = 0; i < t->used; i += FEW)
                for (sur_idx a = 0; a < 3; a++)
                    (t->stride == 2 ? slopes_2 : slopes_1)(
                        dw + (o * t->in_blocks + i / LINE) * TAPS + a * 3 * TAP +
                            i % LINE * LINE,
                        dy, x + i / LINE * plane + i % LINE, t, a);
}

#else

void sur_tiles_weights(float *dw, const float *dy, const float *x, const sur_tiling *t)
{
    (void)dw, (void)dy, (void)x, (void)t;
}
#endif
