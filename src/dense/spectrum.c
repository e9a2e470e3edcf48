/* spectrum.c -- least squares through the singular values of a triangular factor R' = U
 * S V'.
 *
 * Narrow designs: Z = Q R = Q V S U', so B = U S (S^2 + mu)^-1 V' Q' Y.
 * Wide ones: Z = R' Q' = U S V' Q', so B = Q V S (S^2 + mu)^-1 U' Y.
 * Singular values up to DBL_EPSILON max(n, p) times the largest count as zero, as they
 * do in LAPACK's dgelsd. */
#include "dense/spectrum.h"

#include "base/memory.h"
#include "base/try.h"

#include <float.h>
#include <stdlib.h>

sur_status dense_spectrum_new(dense_spectrum *s, const dense_factor *f, sur_idx longer,
                              sur_error *err)
{
    const sur_idx n = f->order;
    sur_mat lower = {0}; /* R' by rows */
    sur_status status;
    *s = (dense_spectrum){.condition = 1.0};
    SUR_TRY(sur_mat_new(&lower, n, n, err));
    for (sur_idx j = 0; j < n; j++)
        for (sur_idx i = 0; i <= j; i++)
            sur_mat_row(&lower, j)[i] = f->r[i + j * f->step];
    SUR_TRY(sur_mat_new(&s->u, n, n, err));
    SUR_TRY(sur_mat_new(&s->v, n, n, err));
    SUR_TRY(sur_alloc(&s->values, n, sizeof *s->values, err));
    SUR_TRY(sur_svd(s->values, &s->u, &s->v, &lower, err));
    const double threshold = DBL_EPSILON * (double)longer * s->values[0];
    while (s->rank < n && s->values[s->rank] > threshold) s->rank++;
    if (s->rank > 0) {
        const double ratio = s->values[0] / s->values[s->rank - 1];
        s->condition = ratio * ratio;
    }
done:
    sur_mat_free(&lower);
    return status;
}

void dense_spectrum_free(dense_spectrum *s)
{
    free(s->values);
    sur_mat_free(&s->v);
    sur_mat_free(&s->u);
    *s = (dense_spectrum){0};
}

void dense_spectrum_apply(const dense_spectrum *s, sur_mat *to, const sur_mat *left,
                          double mu, const sur_mat *right, const sur_mat *from,
                          sur_mat *scratch)
{
    sur_mat_multiply(scratch, 1.0, right, SUR_TRANSPOSED, from, SUR_PLAIN, 0.0);
    for (sur_idx i = 0; i < scratch->rows; i++) {
        /* value^2 could underflow where mu / value does not */
        const double value = s->values[i];
        const double gain = i < s->rank ? 1.0 / (value + mu / value) : 0.0;
        for (sur_idx k = 0; k < scratch->cols; k++) sur_mat_row(scratch, i)[k] *= gain;
    }
    sur_mat_multiply(to, 1.0, left, SUR_PLAIN, scratch, SUR_PLAIN, 0.0);
}

double dense_spectrum_effective(const dense_spectrum *s, double mu)
{
    double sum = 0.0;
    for (sur_idx i = 0; i < s->rank; i++)
        sum += s->values[i] / (s->values[i] + mu / s->values[i]);
    return sum;
}
