/* blas.c -- products and threads, from CBLAS and OpenBLAS. */
#include <surplus/dense.h>

#include "dense/lapack.h"

#include <assert.h>
#include <cblas.h>
#include <omp.h>

static CBLAS_TRANSPOSE op(sur_side side)
{
    return side == SUR_PLAIN ? CblasNoTrans : CblasTrans;
}

/* The first column of op(b), as BLAS steps through it. */
static int step(const sur_mat *b, sur_side side)
{
    return side == SUR_PLAIN ? leading(b) : 1;
}

void sur_mat_multiply(sur_mat *c, double alpha, const sur_mat *a, sur_side side_a,
                      const sur_mat *b, sur_side side_b, double beta)
{
    const sur_idx inner = side_a == SUR_PLAIN ? a->cols : a->rows;
    assert(c->rows == (side_a == SUR_PLAIN ? a->rows : a->cols));
    assert(inner == (side_b == SUR_PLAIN ? b->rows : b->cols));
    assert(c->cols == (side_b == SUR_PLAIN ? b->cols : b->rows));

    if (c->rows == 0 || c->cols == 0) return;
    if (inner == 0) {
        for (sur_idx i = 0; i < c->rows; i++)
            for (sur_idx j = 0; j < c->cols; j++)
                sur_mat_row(c, i)[j] = beta == 0.0 ? 0.0 : beta * sur_mat_row(c, i)[j];
    } else if (c->cols == 1) {
        cblas_dgemv(CblasRowMajor, op(side_a), (int)a->rows, (int)a->cols, alpha,
                    a->data, leading(a), b->data, step(b, side_b), beta, c->data,
                    leading(c));
    } else {
        cblas_dgemm(CblasRowMajor, op(side_a), op(side_b), (int)c->rows, (int)c->cols,
                    (int)inner, alpha, a->data, leading(a), b->data, leading(b), beta,
                    c->data, leading(c));
    }
}

void sur_threads_set(int threads)
{
    if (threads < 1) threads = 1;
    openblas_set_num_threads(threads);
    omp_set_num_threads(threads);
}

int sur_threads_get(void) { return openblas_get_num_threads(); }

const char *sur_threads_kind(void)
{
    static const char *const kinds[] = {"none", "pthread", "openmp"};
    const int kind = openblas_get_parallel();
    return kind >= 0 && kind < 3 ? kinds[kind] : "unknown";
}
