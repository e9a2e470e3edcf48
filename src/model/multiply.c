/* multiply.c -- products of layers.
 *
 * A number of c is made by one thread, in parts of columns that do not depend on how
 * many threads there are where OpenBLAS makes them. */
#include "model/multiply.h"

#include <surplus/dense.h>

#include <cblas.h>
#include <omp.h>

void sur_multiply_blas(const sur_kernels *kernels, const sur_product *p)
{
    const bool turned = p->col != 1;
    const int before = sur_threads_get(), threads = omp_get_max_threads();
    const bool among =
        !omp_in_parallel() && before > 1; /* it would take more threads */
    if (among) sur_threads_set(1);
    cblas_sgemm(CblasRowMajor, turned ? CblasTrans : CblasNoTrans, CblasNoTrans,
                (int)p->m, (int)p->n, (int)p->k, 1.0F, p->a,
                (int)(turned ? p->col : p->row), p->b, (int)p->ldb, 0.0F, p->c,
                (int)p->ldc);
    if (among) {
        sur_threads_set(before);
        omp_set_num_threads(threads);
    }
    for (sur_idx i = 0; i < p->m; i++) {
        float *c = p->c + i * p->ldc;
        if (p->bias) kernels->add(c, p->bias, p->n);
        if (p->relu) kernels->activate(c, NULL, p->n, SUR_UNIT_RELU);
        if (p->mask) kernels->chain(c, p->mask + i * p->ldc, NULL, p->n, SUR_UNIT_RELU);
    }
}

/* Columns j .. j + cols - 1 of it. */
static void part(const sur_kernels *kernels, const sur_product *p, sur_idx j,
                 sur_idx cols, bool blas)
{
    sur_product q = *p;
    q.n = p->n - j < cols ? p->n - j : cols;
    q.b += j;
    q.c += j;
    if (q.bias) q.bias += j;
    if (q.mask) q.mask += j;
    if (blas)
        sur_multiply_blas(kernels, &q);
    else
        kernels->product(&q);
}

void sur_multiply(const sur_kernels *kernels, const sur_product *p, int threads,
                  bool blas)
{
    const double work = sur_product_work(p);
    if (work < SUR_WIDE) blas = false;
    if (!blas && (threads < 2 || work < SUR_SHARED)) {
        kernels->product(p);
        return;
    }
    const sur_idx parts = 4 * (sur_idx)threads;
    const sur_idx cols =
        blas ? SUR_WIDE_COLS : ((p->n + parts - 1) / parts + 63) / 64 * 64;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (threads > 1)
    for (sur_idx j = 0; j < p->n; j += cols) part(kernels, p, j, cols, blas);
}

/* Rows i .. of it, `step` of them at most; a multiple of 8 but for the last. */
static void dots_of(const sur_kernels *kernels, const sur_product *p, sur_idx i,
                    sur_idx step)
{
    sur_product q = *p;
    q.m = p->m - i < step ? p->m - i : step;
    q.a += i * p->row;
    q.c += i;
    kernels->dots(&q);
}

void sur_dots(const sur_kernels *kernels, const sur_product *p, int threads)
{
    if (threads < 2 || sur_product_work(p) < SUR_SHARED) {
        kernels->dots(p);
        return;
    }
    const sur_idx step = (p->m / threads + 8) / 8 * 8;
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (sur_idx i = 0; i < p->m; i += step) dots_of(kernels, p, i, step);
}

void sur_gather(const sur_kernels *kernels, float *out, const sur_inputs *inputs,
                const sur_idx *picks, sur_idx first, sur_idx count, sur_idx ahead,
                int threads)
{
    const sur_idx stride = inputs->stride, step = count / threads + 1;
    if (threads < 2 || count * stride < SUR_GATHERED) {
        kernels->gather(out, inputs->x, stride, picks, first, count, ahead);
        return;
    }
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (sur_idx i = 0; i < count; i += step)
        kernels->gather(out + i * stride, inputs->x, stride, picks ? picks + i : NULL,
                        first + i, count - i < step ? count - i : step, 0);
}
