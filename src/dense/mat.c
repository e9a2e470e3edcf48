/* mat.c -- matrices as views on rows of doubles, and their norms. */
#include <surplus/dense.h>

#include "base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

sur_status sur_mat_new(sur_mat *m, sur_idx rows, sur_idx cols, sur_error *err)
{
    *m = (sur_mat){0};
    /* INT32_MAX: so that blas.c and its neighbours may cast dimensions to int */
    if (rows < 0 || cols < 0 || rows > INT32_MAX || cols > INT32_MAX)
        return sur_fail(err, SUR_ESHAPE, "a matrix cannot be %lld x %lld",
                        (long long)rows, (long long)cols);
    double *data;
    const sur_status status = sur_alloc(&data, rows * cols, sizeof *data, err);
    if (status == SUR_OK) *m = (sur_mat){data, rows, cols, cols};
    return status;
}

void sur_mat_free(sur_mat *m)
{
    free(m->data);
    *m = (sur_mat){0};
}

sur_mat sur_mat_part(const sur_mat *m, sur_idx first_row, sur_idx rows,
                     sur_idx first_col, sur_idx cols)
{
    assert(first_row >= 0 && rows >= 0 && first_row + rows <= m->rows);
    assert(first_col >= 0 && cols >= 0 && first_col + cols <= m->cols);
    return (sur_mat){m->data + first_row * m->stride + first_col, rows, cols,
                     m->stride};
}

void sur_mat_fill(sur_mat *m, double value)
{
    for (sur_idx i = 0; i < m->rows; i++) {
        double *row = sur_mat_row(m, i);
        for (sur_idx j = 0; j < m->cols; j++) row[j] = value;
    }
}

void sur_mat_copy(sur_mat *to, const sur_mat *from)
{
    assert(to->rows == from->rows && to->cols == from->cols);
    for (sur_idx i = 0; i < to->rows && to->cols > 0; i++)
        memcpy(sur_mat_row(to, i), sur_mat_row(from, i),
               (size_t)to->cols * sizeof(double));
}

void sur_mat_axpy(sur_mat *y, double a, const sur_mat *x)
{
    assert(y->rows == x->rows && y->cols == x->cols);
    for (sur_idx i = 0; i < y->rows; i++) {
        double *restrict to = sur_mat_row(y, i);
        const double *restrict from = sur_mat_row(x, i);
        for (sur_idx j = 0; j < y->cols; j++) to[j] += a * from[j];
    }
}

/* Sum of (factor x_i)^2, in eight partial sums: accurate, and the same on every
 * machine. */
static double sum_of_squares(const sur_mat *m, double factor)
{
    double part[8] = {0.0};
    for (sur_idx i = 0; i < m->rows; i++) {
        const double *x = sur_mat_row(m, i);
        sur_idx j = 0;
        for (; j + 8 <= m->cols; j += 8)
            for (int k = 0; k < 8; k++)
                part[k] += factor * x[j + k] * (factor * x[j + k]);
        for (; j < m->cols; j++) part[j % 8] += factor * x[j] * (factor * x[j]);
    }
    return ((part[0] + part[1]) + (part[2] + part[3])) +
           ((part[4] + part[5]) + (part[6] + part[7]));
}

double sur_mat_norm(const sur_mat *m)
{
    const double plain = sum_of_squares(m, 1.0);
    if (isnan(plain) || (plain > 1e-280 && plain < 1e280)) return sqrt(plain);
    double largest = 0.0; /* the squares left the range: scale by the largest entry */
    for (sur_idx i = 0; i < m->rows; i++)
        for (sur_idx j = 0; j < m->cols; j++)
            largest = fmax(largest, fabs(sur_mat_row(m, i)[j]));
    if (largest == 0.0 || isinf(largest)) return largest;
    const int exponent = ilogb(largest);
    const double factor = ldexp(1.0, exponent > -1000 ? -exponent : 1000);
    return sqrt(sum_of_squares(m, factor)) / factor;
}

double sur_norm2(const double *x, sur_idx n)
{
    double *entries = NULL; /* a view must not be const; the norm only reads it */
    memcpy(&entries, &x, sizeof entries);
    return sur_mat_norm(&(sur_mat){entries, 1, n, n});
}
