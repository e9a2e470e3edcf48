/* kernel_rows.h -- products with rows and sums of rows, compiled once per kind of
 * vector.
 *
 * Included by kernel_plain.c, kernel_avx2.c and kernel_avx512.c, which define KERNEL
 * (the attribute of their functions), WIDTH (floats in a register) and TILE_RUNS (how
 * many runs share a row in registers).
 *
 * The loops are written on vectors as wide as a register (a GNU C extension that gcc
 * and clang share). A step takes 2 WIDTH numbers of a row as two vectors, which stand
 * WIDTH h and WIDTH h + 16 places behind a multiple of 32: the even and the odd ones of
 * a bfloat16 row, in the order of recover_place. Reading memory is what takes the time:
 * one pass over m rows of L floats costs 4 m L bytes. */
#include "experiments/recover/kernel.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline)) KERNEL
/* Arrays of vectors stay in registers only where the loops over them are unrolled. */
#ifdef __clang__
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

enum {
    APART = KERNEL_LANES / 2,
    STEPS = APART / WIDTH,
    TILE_MOST = KERNEL_STEP * TILE_RUNS,
    ADD_CHUNK = 256
};

typedef float floats __attribute__((vector_size(4 * WIDTH)));
typedef uint32_t words __attribute__((vector_size(4 * WIDTH)));
typedef float half_floats __attribute__((vector_size(2 * WIDTH)));
typedef uint32_t half_words __attribute__((vector_size(2 * WIDTH)));
typedef double doubles __attribute__((vector_size(4 * WIDTH)));

INLINE const void *row_at(const void *rows, sur_idx i, sur_idx length, bool half)
{
    return (const char *)rows + i * length * (half ? 2 : 4);
}

/* Step h of the numbers j .. j + 31 of a row. */
INLINE void load(floats a[2], const void *row, sur_idx j, int h, bool half)
{
    if (half) {
        words w;
        memcpy(&w, (const uint16_t *)row + j + 2 * WIDTH * h, sizeof w);
        a[0] = (floats)(w << 16);
        a[1] = (floats)(w & 0xffff0000u);
    } else {
        memcpy(&a[0], (const float *)row + j + WIDTH * h, sizeof a[0]);
        memcpy(&a[1], (const float *)row + j + WIDTH * h + APART, sizeof a[1]);
    }
}

/* The same in double, in steps half as wide. */
INLINE void load_double(doubles a[2], const void *row, sur_idx j, int h, bool half)
{
    half_floats f[2];
    if (half) {
        half_words w;
        memcpy(&w, (const uint16_t *)row + j + WIDTH * h, sizeof w);
        f[0] = (half_floats)(w << 16);
        f[1] = (half_floats)(w & 0xffff0000u);
    } else {
        memcpy(&f[0], (const float *)row + j + WIDTH / 2 * h, sizeof f[0]);
        memcpy(&f[1], (const float *)row + j + WIDTH / 2 * h + APART, sizeof f[1]);
    }
    a[0] = WIDEN(f[0]);
    a[1] = WIDEN(f[1]);
}

INLINE double total(const double *v, int count)
{
    double part[WIDTH];
    memcpy(part, v, (size_t)count * sizeof *part);
    for (int width = count / 2; width > 0; width /= 2)
        for (int l = 0; l < width; l++) part[l] += part[l + width];
    return part[0];
}

/* sum[i][k] += the products of the numbers from .. end - 1, for rows_in rows and
 * runs_in runs, both known when compiling. */
INLINE void dot_tile(double (*sum)[WIDTH], const void *rows, sur_idx length,
                     const float *x, sur_idx runs, sur_idx from, sur_idx end,
                     const int rows_in, const int runs_in, bool half)
{
    floats s[TILE_MOST];
    UNROLLED for (int q = 0; q < rows_in * runs_in; q++) s[q] = (floats){0};
    for (sur_idx j = from; j < end; j += KERNEL_LANES)
        UNROLLED for (int h = 0; h < STEPS; h++)
        {
            floats v[TILE_RUNS][2];
            UNROLLED for (int k = 0; k < runs_in; k++)
                load(v[k], x + k * length, j, h, false);
            UNROLLED for (int i = 0; i < rows_in; i++)
            {
                floats a[2];
                load(a, row_at(rows, i, length, half), j, h, half);
                UNROLLED for (int k = 0; k < runs_in; k++)
                {
                    s[i * runs_in + k] += a[0] * v[k][0];
                    s[i * runs_in + k] += a[1] * v[k][1];
                }
            }
        }
    for (int i = 0; i < rows_in; i++)
        for (int k = 0; k < runs_in; k++)
            for (int l = 0; l < WIDTH; l++)
                sum[i * runs + k][l] += (double)s[i * runs_in + k][l];
}

/* A chunk of every x stays in cache while the rows go by, and a chunk of four rows
 * while the runs do. */
INLINE void dots(double *out, const void *rows, sur_idx count, sur_idx length,
                 const float *x, sur_idx runs, bool half)
{
    double sum[KERNEL_ROWS * KERNEL_RUNS][WIDTH];
    memset(sum, 0, (size_t)(count * runs) * sizeof *sum);
    for (sur_idx from = 0; from < length; from += KERNEL_FLUSH) {
        const sur_idx end = from + KERNEL_FLUSH < length ? from + KERNEL_FLUSH : length;
        for (sur_idx i = 0; i < count; i += KERNEL_STEP) {
            const void *tile = row_at(rows, i, length, half);
            double(*at)[WIDTH] = sum + i * runs;
            sur_idx k = 0;
            for (; k + TILE_RUNS <= runs; k += TILE_RUNS)
                dot_tile(at + k, tile, length, x + k * length, runs, from, end,
                         KERNEL_STEP, TILE_RUNS, half);
            for (; k < runs; k++)
                dot_tile(at + k, tile, length, x + k * length, runs, from, end,
                         KERNEL_STEP, 1, half);
        }
    }
    for (sur_idx q = 0; q < count * runs; q++) out[q] = total(sum[q], WIDTH);
}

/* Four rows to the numbers j .. j + 31 of every g, asking meanwhile for the rows that
 * the next block begins with: memory would rest otherwise. */
INLINE void add_rows(float *restrict g, const void *rows, sur_idx length,
                     const float *restrict r, sur_idx runs, sur_idx j,
                     const void *ahead, bool half)
{
    UNROLLED for (int i = 0; i < KERNEL_STEP; i++)
    {
        const char *line =
            (const char *)row_at(ahead, i, length, half) + j * (half ? 2 : 4);
        __builtin_prefetch(line, 0, 2);
        if (!half) __builtin_prefetch(line + 64, 0, 2);
    }
    UNROLLED for (int h = 0; h < STEPS; h++)
    {
        floats a[KERNEL_STEP][2];
        UNROLLED for (int i = 0; i < KERNEL_STEP; i++)
            load(a[i], row_at(rows, i, length, half), j, h, half);
        for (sur_idx k = 0; k < runs; k++) {
            float *at = g + k * length + j + WIDTH * h;
            floats s[2];
            memcpy(&s[0], at, sizeof s[0]);
            memcpy(&s[1], at + APART, sizeof s[1]);
            UNROLLED for (int i = 0; i < KERNEL_STEP; i++)
            {
                s[0] += r[i * runs + k] * a[i][0];
                s[1] += r[i * runs + k] * a[i][1];
            }
            memcpy(at, &s[0], sizeof s[0]);
            memcpy(at + APART, &s[1], sizeof s[1]);
        }
    }
}

/* A chunk of every g stays in cache while the rows go by. */
INLINE void adds(float *restrict g, const void *rows, sur_idx count, sur_idx length,
                 const float *restrict r, sur_idx runs, const void *ahead, bool half)
{
    for (sur_idx from = 0; from < length; from += ADD_CHUNK) {
        const sur_idx end = from + ADD_CHUNK < length ? from + ADD_CHUNK : length;
        for (sur_idx i = 0; i < count; i += KERNEL_STEP)
            for (sur_idx j = from; j < end; j += KERNEL_LANES)
                add_rows(g, row_at(rows, i, length, half), length, r + i * runs, runs,
                         j, row_at(ahead, i, length, half), half);
    }
}

INLINE void exact_dots(double *out, const void *rows, sur_idx count, sur_idx length,
                       const double *x, bool half)
{
    for (sur_idx first = 0; first < count; first += KERNEL_STEP) {
        doubles s[KERNEL_STEP][2];
        UNROLLED for (int i = 0; i < KERNEL_STEP; i++) s[i][0] = s[i][1] = (doubles){0};
        for (sur_idx j = 0; j < length; j += KERNEL_LANES)
            UNROLLED for (int h = 0; h < 2 * STEPS; h++)
            {
                const double *at = x + j + WIDTH / 2 * h;
                doubles v[2];
                memcpy(&v[0], at, sizeof v[0]);
                memcpy(&v[1], at + APART, sizeof v[1]);
                UNROLLED for (int i = 0; i < KERNEL_STEP; i++)
                {
                    doubles a[2];
                    load_double(a, row_at(rows, first + i, length, half), j, h, half);
                    s[i][0] += a[0] * v[0];
                    s[i][1] += a[1] * v[1];
                }
            }
        for (int i = 0; i < KERNEL_STEP; i++) {
            double part[WIDTH];
            memcpy(part, s[i], sizeof part);
            out[first + i] = total(part, WIDTH);
        }
    }
}

INLINE void exact_adds(double *restrict g, const void *rows, sur_idx count,
                       sur_idx length, const double *restrict r, bool half)
{
    for (sur_idx first = 0; first < count; first += KERNEL_STEP)
        for (sur_idx j = 0; j < length; j += KERNEL_LANES)
            for (int h = 0; h < 2 * STEPS; h++) {
                double *at = g + j + WIDTH / 2 * h;
                doubles s[2];
                memcpy(&s[0], at, sizeof s[0]);
                memcpy(&s[1], at + APART, sizeof s[1]);
                UNROLLED for (int i = 0; i < KERNEL_STEP; i++)
                {
                    doubles a[2];
                    load_double(a, row_at(rows, first + i, length, half), j, h, half);
                    s[0] += r[first + i] * a[0];
                    s[1] += r[first + i] * a[1];
                }
                memcpy(at, &s[0], sizeof s[0]);
                memcpy(at + APART, &s[1], sizeof s[1]);
            }
}

/* ---- what the table of a kind holds ---- */

KERNEL static void dots_f32(double *o, const void *a, sur_idx c, sur_idx l,
                            const float *x, sur_idx k)
{
    dots(o, a, c, l, x, k, false);
}
KERNEL static void dots_bf16(double *o, const void *a, sur_idx c, sur_idx l,
                             const float *x, sur_idx k)
{
    dots(o, a, c, l, x, k, true);
}
KERNEL static void adds_f32(float *g, const void *a, sur_idx c, sur_idx l,
                            const float *r, sur_idx k, const void *n)
{
    adds(g, a, c, l, r, k, n, false);
}
KERNEL static void adds_bf16(float *g, const void *a, sur_idx c, sur_idx l,
                             const float *r, sur_idx k, const void *n)
{
    adds(g, a, c, l, r, k, n, true);
}
KERNEL static void exact_dots_f32(double *o, const void *a, sur_idx c, sur_idx l,
                                  const double *x)
{
    exact_dots(o, a, c, l, x, false);
}
KERNEL static void exact_dots_bf16(double *o, const void *a, sur_idx c, sur_idx l,
                                   const double *x)
{
    exact_dots(o, a, c, l, x, true);
}
KERNEL static void exact_adds_f32(double *g, const void *a, sur_idx c, sur_idx l,
                                  const double *r)
{
    exact_adds(g, a, c, l, r, false);
}
KERNEL static void exact_adds_bf16(double *g, const void *a, sur_idx c, sur_idx l,
                                   const double *r)
{
    exact_adds(g, a, c, l, r, true);
}
