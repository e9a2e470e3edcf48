/* conv_tile.c -- sums of a few places of a row are held in registers.
 *
 *     y(o, r, q) = sum_{i, a, b} w(o, i, a, b) x(i, s r + a - 1, s q + b - 1)
 *
 * A segment is up to MOST places q of a row, of one block of 8 channels o, or of two. x
 * of one channel i and one place is broadcast once for all of its places that it has a
 * part in. A place's sum is over i's blocks, rows a, channels i, columns b, in this
 * order wherever the segment begins. Each product is fused with its addition. */
#include "model/conv_tile.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TILE __attribute__((target("avx2,fma")))
#define TILE_INLINE TILE static inline __attribute__((always_inline))
#define EACH_BLOCK _Pragma("GCC unroll 2") for (int n = 0; n < blocks; n++)
#define EACH_PLACE _Pragma("GCC unroll 11") for (int q = 0; q < places; q++)

enum { LINE = 8, MOST = 11, TAP = LINE * LINE, TAPS = 9 * TAP };
/* So few sums of one block would wait for each other. */
enum { NARROW = 4 };

bool sur_tiles_run(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

/* Where a segment stands, and what of x it sees. */
typedef struct segment {
    const float *x, *w;  /* the first place of x, weights of the first block, */
    sur_idx plane, line; /* floats of x from block to block, from row to row */
    sur_idx next;        /* of weights, from block to block of y */
    float *y;            /* its first place */
    sur_idx y_plane;
    sur_idx in_blocks, used;
    int first, last, step; /* rows a, and rows of x: a / step */
    bool left, right;      /* whether x has places beside it */
} segment;

enum { AS_IT_IS, HALVED, DOUBLED }; /* y beside x */

/* sum[.][q] += what x of channel i has for it, w[.][b] being the weights. */
TILE_INLINE void gain(__m256 (*sum)[MOST], __m256 (*w)[3], const float *x,
                      const segment *s, const int places, const int blocks,
                      const int way)
{
    if (way != DOUBLED && s->left) {
        const __m256 one = _mm256_broadcast_ss(x - LINE);
        EACH_BLOCK sum[n][0] = _mm256_fmadd_ps(one, w[n][0], sum[n][0]);
    }
    EACH_PLACE
    {
        if (way == DOUBLED && q % 2 == 1) continue;
        const int place = way == HALVED ? 2 * q : way == DOUBLED ? q / 2 : q;
        const __m256 one = _mm256_broadcast_ss(x + (sur_idx)place * LINE);
        EACH_BLOCK
        {
            if (way != HALVED && q > 0)
                sum[n][q - 1] = _mm256_fmadd_ps(one, w[n][2], sum[n][q - 1]);
            sum[n][q] = _mm256_fmadd_ps(one, w[n][1], sum[n][q]);
            if (way != HALVED && q + 1 < places)
                sum[n][q + 1] = _mm256_fmadd_ps(one, w[n][0], sum[n][q + 1]);
        }
        if (way != HALVED || q + 1 == places) continue;
        const __m256 odd = _mm256_broadcast_ss(x + (sur_idx)(place + 1) * LINE);
        EACH_BLOCK
        {
            sum[n][q] = _mm256_fmadd_ps(odd, w[n][2], sum[n][q]);
            sum[n][q + 1] = _mm256_fmadd_ps(odd, w[n][0], sum[n][q + 1]);
        }
    }
    if (s->right) {
        const int place =
            way == HALVED ? 2 * places - 1 : (way == DOUBLED ? places / 2 : places);
        const __m256 one = _mm256_broadcast_ss(x + (sur_idx)place * LINE);
        EACH_BLOCK sum[n][places - 1] =
            _mm256_fmadd_ps(one, w[n][2], sum[n][places - 1]);
    }
}

/* All of a segment of `places` places and `blocks` blocks. */
TILE_INLINE void sums(const segment *s, const int places, const int blocks,
                      const int way)
{
    __m256 sum[2][MOST], w[2][3];
    EACH_BLOCK EACH_PLACE sum[n][q] = _mm256_setzero_ps();
    for (sur_idx block = 0; block < s->in_blocks; block++) {
        const sur_idx left = s->used - block * LINE, count = left < LINE ? left : LINE;
        for (int a = s->first; a < s->last; a += s->step) {
            const float *x = s->x + block * s->plane + (sur_idx)(a / s->step) * s->line,
                        *tap = s->w + block * TAPS + (sur_idx)a * 3 * TAP;
            for (sur_idx i = 0; i < count; i++, x++, tap += LINE) {
                EACH_BLOCK
                {
                    _Pragma("GCC unroll 3") for (int b = 0; b < 3; b++) w[n][b] =
                        _mm256_loadu_ps(tap + n * s->next + (sur_idx)b * TAP);
                }
                gain(sum, w, x, s, places, blocks, way);
            }
        }
    }
    EACH_BLOCK EACH_PLACE _mm256_storeu_ps(s->y + n * s->y_plane + (sur_idx)q * LINE,
                                           sum[n][q]);
}

#define SUMS(places)                                                                  \
    TILE static void one_##places(const segment *s) { sums(s, places, 1, AS_IT_IS); } \
    TILE static void half_##places(const segment *s) { sums(s, places, 1, HALVED); }  \
    TILE static void double_##places(const segment *s) { sums(s, places, 1, DOUBLED); }
#define TWO(places)                                        \
    TILE static void one_two_##places(const segment *s)    \
    {                                                      \
        sums(s, places, 2, AS_IT_IS);                      \
    }                                                      \
    TILE static void half_two_##places(const segment *s)   \
    {                                                      \
        sums(s, places, 2, HALVED);                        \
    }                                                      \
    TILE static void double_two_##places(const segment *s) \
    {                                                      \
        sums(s, places, 2, DOUBLED);                       \
    }
SUMS(1)
SUMS(2)
SUMS(3)
SUMS(4)
SUMS(5)
SUMS(6)
SUMS(7)
SUMS(8)
SUMS(9)
SUMS(10)
SUMS(11)
TWO(1)
TWO(2)
TWO(3)
TWO(4)

typedef void (*sums_of)(const segment *s);
#define LIST(of)                                                                      \
    {                                                                                 \
        NULL, of##_1, of##_2, of##_3, of##_4, of##_5, of##_6, of##_7, of##_8, of##_9, \
            of##_10, of##_11                                                          \
    }
#define LIST_TWO(of)                                         \
    {                                                        \
        NULL, of##_two_1, of##_two_2, of##_two_3, of##_two_4 \
    }
static const sums_of single[][MOST + 1] = {LIST(one), LIST(half), LIST(double)},
                                     twin[][NARROW + 1] = {LIST_TWO(one),
                                                           LIST_TWO(half),
                                                           LIST_TWO(double)};

/* ---- rows of an image ---- */

/* Row r of y by `blocks` blocks from an image x; s has all that rows share. */
static void row_forward(segment *s, const sur_tiling *t, const float *x, float *y,
                        sur_idx r, sur_idx blocks)
{
    const sur_idx pieces = (t->across + MOST - 1) / MOST, stride = t->stride;
    const int way = stride == 2 ? HALVED : AS_IT_IS;
    s->first = r == 0 ? 1 : 0;
    s->last = r * stride + 1 < t->height ? 3 : 2;
    s->step = 1;
    for (sur_idx p = 0; p < pieces; p++) {
        const sur_idx from = t->across * p / pieces, to = t->across * (p + 1) / pieces;
        s->x = x + (r * stride - 1) * s->line + from * stride * LINE;
        s->y = y + (r * t->across + from) * LINE;
        s->left = from > 0;
        s->right = to * stride - (stride - 1) < t->width;
        (blocks == 2 ? twin[way] : single[way])[to - from](s);
    }
}

/* The same of sur_tiles_spread: segments begin at even places. */
static void row_spread(segment *s, const sur_tiling *t, const float *x, float *y,
                       sur_idx r, sur_idx blocks)
{
    const sur_idx halves = (t->width + 1) / 2, few = MOST / 2,
                  pieces = (halves + few - 1) / few;
    const bool odd = r % 2 == 1;
    s->first = odd ? 0 : 1;
    s->last = odd && (r + 1) / 2 < t->down ? 3 : odd ? 1 : 2;
    s->step = 2; /* a = 0, 1, 2 see rows 0, 0, 1 from (r - 1) / 2, r / 2, (r - 1) / 2 */
    for (sur_idx p = 0; p < pieces; p++) {
        const sur_idx from = halves * p / pieces, to = halves * (p + 1) / pieces,
                      places = (2 * to < t->width ? 2 * to : t->width) - 2 * from;
        s->x = x + r / 2 * s->line + from * LINE;
        s->y = y + (r * t->width + 2 * from) * LINE;
        s->right = places % 2 == 0 && to < t->across;
        (blocks == 2 ? twin[DOUBLED] : single[DOUBLED])[places](s);
    }
}

typedef void (*row_of)(segment *s, const sur_tiling *t, const float *x, float *y,
                       sur_idx r, sur_idx blocks);

static void each_row(float *y, const float *x, const float *w, const sur_tiling *t,
                     segment *s, row_of row, sur_idx rows, sur_idx width)
{
    s->in_blocks = t->in_blocks;
    s->used = t->used;
    s->next = t->in_blocks * TAPS;
    s->y_plane = rows * width * LINE;
    for (sur_idx image = 0; image < t->images; image++, x += t->in_blocks * s->plane)
        for (sur_idx o = 0; o < t->out_blocks;) {
            const sur_idx blocks = width <= NARROW && o + 1 < t->out_blocks ? 2 : 1;
            s->w = w + o * s->next;
            for (sur_idx r = 0; r < rows; r++) row(s, t, x, y, r, blocks);
            y += blocks * s->y_plane;
            o += blocks;
        }
}

void sur_tiles_forward(float *y, const float *x, const float *w, const sur_tiling *t)
{
    segment s = {.line = t->width * LINE, .plane = t->height * t->width * LINE};
    each_row(y, x, w, t, &s, row_forward, t->down, t->across);
}

void sur_tiles_spread(float *y, const float *x, const float *w, const sur_tiling *t)
{
    segment s = {.line = t->across * LINE, .plane = t->down * t->across * LINE};
    each_row(y, x, w, t, &s, row_spread, t->height, t->width);
}

#else

bool sur_tiles_run(void) { return false; }

void sur_tiles_forward(float *y, const float *x, const float *w, const sur_tiling *t)
{
    (void)y, (void)x, (void)w, (void)t;
}

void sur_tiles_spread(float *y, const float *x, const float *w, const sur_tiling *t)
{
    (void)y, (void)x, (void)w, (void)t;
}
#endif
