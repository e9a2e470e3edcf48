/* kernel.h -- the inner loops of dense measurements, on rows of float or bfloat16.
 *
 * A row of `length` numbers (a multiple of KERNEL_LANES) is one A_i in coordinates;
 * rows are read in blocks of a few, which stay in cache between the inner products and
 * the update. Numbers of bfloat16 rows are unpacked as even and odd ones,
 * so that everything beside them is kept in the order of recover_place. */
#ifndef RECOVER_KERNEL_H
#define RECOVER_KERNEL_H

#include <surplus/base.h>

enum {
    KERNEL_STEP = 4,  /* blocks have a multiple of so many rows */
    KERNEL_ROWS = 32, /* and at most so many */
    KERNEL_RUNS = 16, /* the most at once */
    KERNEL_LANES = 32,
    KERNEL_FLUSH = 512
};

typedef struct recover_kernel {
    const char *name; /* "avx512", "avx2", "plain" */
    /* out[i * runs + k] = row i . x_k; float products, summed in double after every
     * KERNEL_FLUSH terms. Bits do not depend on runs. */
    void (*dots[2])(double *out, const void *rows, sur_idx count, sur_idx length,
                    const float *x, sur_idx runs);
    /* g_k += sum_i r[i * runs + k] row_i, in float, row after row. `ahead` is the block
     * that is read next, as long as this one, or again `rows`: it moves no number. */
    void (*adds[2])(float *g, const void *rows, sur_idx count, sur_idx length,
                    const float *r, sur_idx runs, const void *ahead);
    /* The same for one run, all in double. */
    void (*exact_dots[2])(double *out, const void *rows, sur_idx count, sur_idx length,
                          const double *x);
    void (*exact_adds[2])(double *g, const void *rows, sur_idx count, sur_idx length,
                          const double *r);
    /* out[0 .. length) = standard normals, a function of key, row and place alone. */
    void (*normals)(float *out, sur_idx length, uint64_t key, uint64_t row);
} recover_kernel; /* [0] float rows, [1] bfloat16 rows */

/* Table i that this processor can run, the best first and the plain one last; NULL past
 * the end. */
const recover_kernel *recover_kernel_at(int i);

extern const recover_kernel recover_kernel_plain, recover_kernel_avx2,
    recover_kernel_avx512;

/* Where coordinate j of a row stands in the vectors beside bfloat16 rows. */
static inline sur_idx recover_place(sur_idx j, bool half)
{
    if (!half) return j;
    const sur_idx lane = j % KERNEL_LANES;
    return j - lane + lane / 2 + lane % 2 * (KERNEL_LANES / 2);
}

#endif
