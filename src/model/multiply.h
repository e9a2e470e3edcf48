/* multiply.h -- products of layers: which arithmetic, and how threads share it. */
#ifndef MODEL_MULTIPLY_H
#define MODEL_MULTIPLY_H

#include "model/kernels.h"

/* Products of so many multiplications are shared among threads, if there are any. */
#define SUR_SHARED 1e6
/* Those of so many are OpenBLAS's, where its bits may be. On a processor with AVX2 the
 * kernels and its sgemm were equal at 1e8; at 1.6e9 the kernels had 77 to 80 Gflop/s,
 * OpenBLAS 88 to 91, and oneDNN, whose inner products are its sgemm there, 80 to 87. */
#define SUR_WIDE 5e8

/* What one call of OpenBLAS makes at most, and of gradients, which are made in blocks.
 */
enum { SUR_WIDE_COLS = 1024, SUR_WIDE_ROWS = 512 };

/* Batches of so many floats are gathered by all threads. */
enum { SUR_GATHERED = 32768 };

static inline double sur_product_work(const sur_product *p)
{
    return (double)p->m * (double)p->n * (double)p->k;
}

/* The product, its columns shared by threads; blas: by OpenBLAS if it is that large.
 * The bits do not depend on the number of threads; with blas, a row's may on m. */
void sur_multiply(const sur_kernels *kernels, const sur_product *p, int threads,
                  bool blas);

/* What kernels->dots and ->gather do, rows shared by threads. */
void sur_dots(const sur_kernels *kernels, const sur_product *p, int threads);
void sur_gather(const sur_kernels *kernels, float *out, const sur_inputs *inputs,
                const sur_idx *picks, sur_idx first, sur_idx count, sur_idx ahead,
                int threads);

/* c = a b of p by OpenBLAS on this thread; add is not heeded. */
void sur_multiply_blas(const sur_kernels *kernels, const sur_product *p);

#endif
