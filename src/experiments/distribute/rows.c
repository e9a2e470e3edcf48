/* rows.c -- see rows.h. */
#include "experiments/distribute/rows.h"

#include <stdbool.h>
#include <string.h>

enum { FEW = 4, CHUNK = 8192 };      /* rows, columns */
enum { CHUNKS = 64, SPLIT = 32768 }; /* at a time; columns worth several threads */

typedef double four __attribute__((vector_size(32), aligned(8), may_alias));
#define AT(p) (*(const four *)(p))

#define KERNEL
#define NAME(x) x##_plain
#include "experiments/distribute/rows_kernel.h"
#undef KERNEL
#undef NAME

#ifdef __x86_64__
#define KERNEL __attribute__((target("avx2")))
#define NAME(x) x##_avx2
#include "experiments/distribute/rows_kernel.h"
#undef KERNEL
#undef NAME
#endif

typedef struct kernels {
    void (*dots)(double *sum, const double *z, sur_idx ld, int rows, const double *v,
                 sur_idx n);
    void (*adds)(double *g, const double *r, const double *z, sur_idx ld, int rows,
                 sur_idx n, bool fresh);
} kernels;

static kernels of_this_processor(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) return (kernels){dots_avx2, adds_avx2};
#endif
    return (kernels){dots_plain, adds_plain};
}

typedef struct few {
    const double *z;
    sur_idx ld, d; /* rows of z are ld apart */
    int rows;
    const double *v;
    kernels k;
} few;

static void dots_of_chunk(double *sum, const few *f, sur_idx at)
{
    const sur_idx n = f->d - at < CHUNK ? f->d - at : CHUNK;
    f->k.dots(sum, f->z + at, f->ld, f->rows, f->v + at, n);
}

static void add_chunk(double *g, const double *r, const few *f, sur_idx at, bool fresh)
{
    const sur_idx n = f->d - at < CHUNK ? f->d - at : CHUNK;
    f->k.adds(g + at, r, f->z + at, f->ld, f->rows, n, fresh);
}

/* All chunks, one after the other: r += the sums, or g. */
static void alone(double *r, double *g, const few *f, bool fresh)
{
    for (sur_idx at = 0; at < f->d; at += CHUNK) {
        double part[FEW];
        if (g) add_chunk(g, r, f, at, fresh);
        if (!g) dots_of_chunk(part, f, at);
        for (int j = 0; !g && j < f->rows; j++) r[j] += part[j];
    }
}

/* The same by all threads. */
static void together(double *r, double *g, const few *f, bool fresh)
{
    for (sur_idx first = 0; first < f->d; first += CHUNKS * CHUNK) {
        double part[CHUNKS][FEW];
        const sur_idx left = (f->d - first + CHUNK - 1) / CHUNK,
                      chunks = left < CHUNKS ? left : CHUNKS;
#pragma omp parallel for schedule(static)
        for (sur_idx c = 0; c < chunks; c++) {
            if (g)
                add_chunk(g, r, f, first + c * CHUNK, fresh);
            else
                dots_of_chunk(part[c], f, first + c * CHUNK);
        }
        for (sur_idx c = 0; !g && c < chunks; c++)
            for (int j = 0; j < f->rows; j++) r[j] += part[c][j];
    }
}

void distribute_rows(double *r, double *g, const sur_mat *z, const double *v,
                     const double *y)
{
    const bool split = z->cols >= SPLIT && sur_threads_get() > 1;
    few f = {.ld = z->stride, .d = z->cols, .v = v, .k = of_this_processor()};
    if (z->rows == 0) memset(g, 0, (size_t)z->cols * sizeof *g);
    for (sur_idx i = 0; i < z->rows; i += f.rows) {
        f.rows = z->rows - i >= FEW ? FEW : 1;
        f.z = sur_mat_row(z, i);
        for (int j = 0; j < f.rows; j++) r[i + j] = 0.0;
        (split ? together : alone)(r + i, NULL, &f, false);
        for (int j = 0; j < f.rows; j++) r[i + j] -= y[i + j];
        (split ? together : alone)(r + i, g, &f, i == 0);
    }
}
