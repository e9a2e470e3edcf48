/* kernel.c -- one text of the inner loops, compiled for three kinds of processor.
 *
 * The loops are written on vectors of 16 floats (a GNU C extension that gcc and clang
 * share); each target splits them as its registers allow, so that the arithmetic is the
 * same up to fused multiply-adds. Reading memory is what takes the time: one pass over
 * m rows of L floats costs 4 m L bytes.
 *
 * Normals: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011) of the counter (block,
 * tag, row) under the key, turned by Box and Muller's method with single precision
 * polynomials for the logarithm, sine and cosine. */
#include "experiments/recover/kernel.h"

#include <string.h>

/* The loops are vectorized by hand; fused products change no law and are measured. */
#ifdef __clang__
#pragma clang fp contract(fast)
#else
#pragma GCC optimize("O3", "fp-contract=fast")
#endif

typedef float floats __attribute__((vector_size(64)));
typedef double doubles __attribute__((vector_size(128)));
typedef double octet __attribute__((vector_size(64)));
typedef uint32_t words __attribute__((vector_size(64)));
typedef int32_t ints __attribute__((vector_size(64)));
typedef uint64_t longs __attribute__((vector_size(128)));

/* Arrays of vectors stay in registers only where the loops over them are unrolled. */
#ifdef __clang__
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED _Pragma("GCC unroll 8")
#endif
#define INLINE static inline __attribute__((always_inline))
enum { VECTOR = 16, TILE_ROWS = 4, TILE_RUNS = 4 };
#define TAG 0x73656e73u /* of the counters: no other stream of a seed has it */

/* Numbers j .. j + 31 of a row, as two vectors in the order of recover_place. */
INLINE void load(floats a[2], const void *row, sur_idx j, bool half)
{
    if (half) {
        words w;
        memcpy(&w, (const uint16_t *)row + j, sizeof w);
        a[0] = (floats)(w << 16);
        a[1] = (floats)(w & 0xffff0000u);
    } else {
        memcpy(a, (const float *)row + j, 2 * sizeof *a);
    }
}

INLINE const void *row_at(const void *rows, sur_idx i, sur_idx length, bool half)
{
    return (const char *)rows + i * length * (half ? 2 : 4);
}

INLINE double total(const doubles *v)
{
    double part[VECTOR];
    memcpy(part, v, sizeof part);
    for (int width = VECTOR / 2; width > 0; width /= 2)
        for (int l = 0; l < width; l++) part[l] += part[l + width];
    return part[0];
}

/* out[i][k] for rows_in rows and runs_in runs, both known when compiling. */
INLINE void dot_tile(double *out, const void *rows, sur_idx length, const float *x,
                     sur_idx runs, int rows_in, int runs_in, bool half)
{
    doubles sum[KERNEL_ROWS * TILE_RUNS] = {0};
    for (sur_idx from = 0; from < length; from += KERNEL_FLUSH) {
        const sur_idx end = from + KERNEL_FLUSH < length ? from + KERNEL_FLUSH : length;
        floats s[KERNEL_ROWS * TILE_RUNS] = {0};
        for (sur_idx j = from; j < end; j += KERNEL_LANES) {
            floats v[TILE_RUNS][2];
            UNROLLED for (int k = 0; k < runs_in; k++)
                memcpy(v[k], x + k * length + j, sizeof v[k]);
            UNROLLED for (int i = 0; i < rows_in; i++)
            {
                floats a[2];
                load(a, row_at(rows, i, length, half), j, half);
                UNROLLED for (int k = 0; k < runs_in; k++)
                {
                    s[i * runs_in + k] += a[0] * v[k][0];
                    s[i * runs_in + k] += a[1] * v[k][1];
                }
            }
        }
        for (int q = 0; q < rows_in * runs_in; q++)
            sum[q] += __builtin_convertvector(s[q], doubles);
    }
    for (int i = 0; i < rows_in; i++)
        for (int k = 0; k < runs_in; k++)
            out[i * runs + k] = total(&sum[i * runs_in + k]);
}

INLINE void dots_body(double *out, const void *rows, sur_idx length, const float *x,
                      sur_idx runs, bool half)
{
    sur_idx k = 0;
    for (; k + TILE_RUNS <= runs; k += TILE_RUNS)
        for (int i = 0; i < KERNEL_ROWS; i += TILE_ROWS)
            dot_tile(out + i * runs + k, row_at(rows, i, length, half), length,
                     x + k * length, runs, TILE_ROWS, TILE_RUNS, half);
    for (; k < runs; k++)
        dot_tile(out + k, rows, length, x + k * length, runs, KERNEL_ROWS, 1, half);
}

INLINE void adds_body(float *g, const void *rows, sur_idx length, const float *r,
                      sur_idx runs, bool half)
{
    for (sur_idx j = 0; j < length; j += KERNEL_LANES) {
        floats a[KERNEL_ROWS][2];
        UNROLLED for (int i = 0; i < KERNEL_ROWS; i++)
            load(a[i], row_at(rows, i, length, half), j, half);
        for (sur_idx k = 0; k < runs; k++) {
            floats s[2];
            memcpy(s, g + k * length + j, sizeof s);
            UNROLLED for (int i = 0; i < KERNEL_ROWS; i++)
            {
                s[0] += r[i * runs + k] * a[i][0];
                s[1] += r[i * runs + k] * a[i][1];
            }
            memcpy(g + k * length + j, s, sizeof s);
        }
    }
}

/* Numbers j .. j + 31 of a row in double, in the order of recover_place. */
INLINE void load_wide(octet wide[4], const void *row, sur_idx j, bool half)
{
    floats a[2];
    load(a, row, j, half);
    UNROLLED for (int v = 0; v < 2; v++)
    {
        wide[2 * v] = __builtin_convertvector(
            __builtin_shufflevector(a[v], a[v], 0, 1, 2, 3, 4, 5, 6, 7), octet);
        wide[2 * v + 1] = __builtin_convertvector(
            __builtin_shufflevector(a[v], a[v], 8, 9, 10, 11, 12, 13, 14, 15), octet);
    }
}

INLINE void exact_dots_body(double *out, const void *rows, sur_idx length,
                            const double *x, bool half)
{
    for (int first = 0; first < KERNEL_ROWS; first += TILE_ROWS) {
        octet s[TILE_ROWS][4] = {{{0}}};
        for (sur_idx j = 0; j < length; j += KERNEL_LANES) {
            octet v[4];
            memcpy(v, x + j, sizeof v);
            UNROLLED for (int i = 0; i < TILE_ROWS; i++)
            {
                octet a[4];
                load_wide(a, row_at(rows, first + i, length, half), j, half);
                UNROLLED for (int l = 0; l < 4; l++) s[i][l] += a[l] * v[l];
            }
        }
        for (int i = 0; i < TILE_ROWS; i++) {
            const octet sum = (s[i][0] + s[i][1]) + (s[i][2] + s[i][3]);
            out[first + i] = ((sum[0] + sum[1]) + (sum[2] + sum[3])) +
                             ((sum[4] + sum[5]) + (sum[6] + sum[7]));
        }
    }
}

INLINE void exact_adds_body(double *g, const void *rows, sur_idx length,
                            const double *r, bool half)
{
    for (sur_idx j = 0; j < length; j += KERNEL_LANES) {
        octet s[4];
        memcpy(s, g + j, sizeof s);
        UNROLLED for (int i = 0; i < KERNEL_ROWS; i++)
        {
            octet a[4];
            load_wide(a, row_at(rows, i, length, half), j, half);
            UNROLLED for (int l = 0; l < 4; l++) s[l] += r[i] * a[l];
        }
        memcpy(g + j, s, sizeof s);
    }
}

/* ---- normals ---- */

/* Vectors go by pointer: by value, their layout would depend on the target. */
INLINE void multiply(words *high, words *low, const words *a, uint32_t by)
{
    const longs product = __builtin_convertvector(*a, longs) * (uint64_t)by;
    *high = __builtin_convertvector(product >> 32, words);
    *low = __builtin_convertvector(product, words);
}

INLINE void philox(words *c, uint32_t k0, uint32_t k1)
{
    for (int round = 0; round < 10; round++) {
        words high0, low0, high1, low1;
        multiply(&high0, &low0, &c[0], 0xD2511F53u);
        multiply(&high1, &low1, &c[2], 0xCD9E8D57u);
        c[0] = high1 ^ c[1] ^ k0;
        c[1] = low1;
        c[2] = high0 ^ c[3] ^ k1;
        c[3] = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

/* Natural logarithm of x in (0, 1), to about 1e-7: x = 2^e (1 + t), t between
 * sqrt(1/2) - 1 and sqrt(2) - 1, and a polynomial in t. */
INLINE void logarithm(floats *x)
{
    const ints bits = (ints)*x, e = (bits - 0x3f3504f3) >> 23;
    const floats t = (floats)(bits - (e << 23)) - 1.0f, t2 = t * t;
    floats p = t * 7.0376836292e-2f - 1.1514610310e-1f;
    p = p * t + 1.1676998740e-1f;
    p = p * t - 1.2420140846e-1f;
    p = p * t + 1.4249322787e-1f;
    p = p * t - 1.6668057665e-1f;
    p = p * t + 2.0000714765e-1f;
    p = p * t - 2.4999993993e-1f;
    p = p * t + 3.3333331174e-1f;
    *x = __builtin_convertvector(e, floats) * 0.69314718056f +
         (t + (p * t * t2 - 0.5f * t2));
}

/* Two normals from two words: radius from u, angle from v (quarter in its first two
 * bits, place in the quarter in the rest). */
INLINE void box_muller(floats out[2], const words *from)
{
    const words v = from[1];
    floats square =
        (__builtin_convertvector((ints)(from[0] >> 8), floats) + 0.5f) * 0x1p-24f;
    logarithm(&square);
    square *= -2.0f;
    /* its square root: a first guess from the exponent, then Newton's method for
     * 1 / sqrt(x), each step of which doubles the digits */
    const words bits = (words)square & 0x7fffffffu; /* u = 1 gives -0 */
    square = (floats)bits;
    floats inverse = (floats)(0x5f3759dfu - (bits >> 1));
    for (int turn = 0; turn < 4; turn++)
        inverse *= 1.5f - 0.5f * square * inverse * inverse;
    floats radius = square * inverse;

    const ints place = (ints)(v >> 6 & 0xffffff) - 0x800000;
    const floats f =
        __builtin_convertvector(place, floats) * (1.57079632679f * 0x1p-24f);
    const floats f2 = f * f;
    const floats sine =
        f +
        f * f2 * (-1.6666654611e-1f + f2 * (8.3321608736e-3f - 1.9515295891e-4f * f2));
    const floats cosine =
        1.0f - 0.5f * f2 +
        f2 * f2 *
            (4.166664568298827e-2f +
             f2 * (-1.388731625493765e-3f + 2.443315711809948e-5f * f2));
    const words odd = (words)((v >> 30 & 1) == 1), minus = (v >> 31) << 31;
    radius = (floats)((words)radius ^ minus);
    out[0] = radius * (floats)((odd & (words)cosine) | (~odd & (words)sine));
    out[1] = radius * (floats)((odd & (words)sine) | (~odd & (words)cosine));
}

INLINE void normals_body(float *out, sur_idx length, uint64_t key, uint64_t row)
{
    const words lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (sur_idx j = 0; j < length; j += 4 * VECTOR) {
        words c[4] = {{0}};
        floats made[4];
        c[0] = lane + (uint32_t)(j / 4);
        c[1] += TAG;
        c[2] += (uint32_t)row;
        c[3] += (uint32_t)(row >> 32);
        philox(c, (uint32_t)key, (uint32_t)(key >> 32));
        box_muller(made, c);
        box_muller(made + 2, c + 2);
        const sur_idx left = length - j;
        memcpy(out + j, made,
               left < 4 * VECTOR ? (size_t)left * sizeof *out : sizeof made);
    }
}

/* ---- the three kinds ---- */

#define KERNEL(kind, attribute)                                                       \
    attribute static void dots_f32_##kind(double *o, const void *a, sur_idx l,        \
                                          const float *x, sur_idx k)                  \
    {                                                                                 \
        dots_body(o, a, l, x, k, false);                                              \
    }                                                                                 \
    attribute static void dots_bf16_##kind(double *o, const void *a, sur_idx l,       \
                                           const float *x, sur_idx k)                 \
    {                                                                                 \
        dots_body(o, a, l, x, k, true);                                               \
    }                                                                                 \
    attribute static void adds_f32_##kind(float *g, const void *a, sur_idx l,         \
                                          const float *r, sur_idx k)                  \
    {                                                                                 \
        adds_body(g, a, l, r, k, false);                                              \
    }                                                                                 \
    attribute static void adds_bf16_##kind(float *g, const void *a, sur_idx l,        \
                                           const float *r, sur_idx k)                 \
    {                                                                                 \
        adds_body(g, a, l, r, k, true);                                               \
    }                                                                                 \
    attribute static void exact_dots_f32_##kind(double *o, const void *a, sur_idx l,  \
                                                const double *x)                      \
    {                                                                                 \
        exact_dots_body(o, a, l, x, false);                                           \
    }                                                                                 \
    attribute static void exact_dots_bf16_##kind(double *o, const void *a, sur_idx l, \
                                                 const double *x)                     \
    {                                                                                 \
        exact_dots_body(o, a, l, x, true);                                            \
    }                                                                                 \
    attribute static void exact_adds_f32_##kind(double *g, const void *a, sur_idx l,  \
                                                const double *r)                      \
    {                                                                                 \
        exact_adds_body(g, a, l, r, false);                                           \
    }                                                                                 \
    attribute static void exact_adds_bf16_##kind(double *g, const void *a, sur_idx l, \
                                                 const double *r)                     \
    {                                                                                 \
        exact_adds_body(g, a, l, r, true);                                            \
    }                                                                                 \
    attribute static void normals_##kind(float *o, sur_idx l, uint64_t key,           \
                                         uint64_t row)                                \
    {                                                                                 \
        normals_body(o, l, key, row);                                                 \
    }

#define KERNEL_ENTRY(kind)                                                         \
    {                                                                              \
#kind, {dots_f32_##kind, dots_bf16_##kind },                               \
                {adds_f32_##kind, adds_bf16_##kind },                              \
                 {exact_dots_f32_##kind, exact_dots_bf16_##kind },                 \
                  {exact_adds_f32_##kind, exact_adds_bf16_##kind }, normals_##kind \
    }

KERNEL(plain, )
#ifdef __x86_64__
KERNEL(avx512, __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma"))))
KERNEL(avx2, __attribute__((target("avx2,fma"))))

static const recover_kernel kernels[] = {KERNEL_ENTRY(avx512), KERNEL_ENTRY(avx2),
                                         KERNEL_ENTRY(plain)};

const recover_kernel *recover_kernels(sur_idx *count)
{
    const bool avx512 = __builtin_cpu_supports("avx512f") &&
                        __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512vl"),
               avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const int skipped = avx512 ? 0 : avx2 ? 1 : 2;
    *count = 3 - skipped;
    return kernels + skipped;
}
#else
static const recover_kernel kernels[] = {KERNEL_ENTRY(plain)};

const recover_kernel *recover_kernels(sur_idx *count)
{
    *count = 1;
    return kernels;
}
#endif
