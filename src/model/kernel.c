/* kernel.c -- what the random features become when there are infinitely many.
 *
 *   linear, projection  k(x, x') = <x, x'> / d
 *   fourier             k(x, x') = exp(-||x - x'||^2 / (2 bandwidth^2 d))
 *                       (Rahimi & Recht, "Random features for large-scale kernel
 *                       machines", 2007)
 *   relu                k(x, x') = ||x|| ||x'|| (sin t + (pi - t) cos t) / (2 pi d), t
 * the angle between x and x': half the arc-cosine kernel of order 1 (Cho & Saul,
 * "Kernel methods for deep learning", 2009) All three are functions of the products <x,
 * x'>, which one matrix product makes. */
#include <surplus/model.h>

#include "base/memory.h"
#include "base/try.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const double pi = 3.141592653589793;

static sur_status norms_new(double **norms, const sur_mat *m, sur_error *err)
{
    sur_status status = sur_alloc(norms, m->rows, sizeof **norms, err);
    for (sur_idx i = 0; status == SUR_OK && i < m->rows; i++)
        (*norms)[i] = sur_norm2(sur_mat_row(m, i), m->cols);
    return status;
}

static double gaussian(double product, double norm_a, double norm_b, double scale)
{
    const double square = norm_a * norm_a + norm_b * norm_b - 2.0 * product;
    return exp(-0.5 * (square < 0.0 ? 0.0 : square) * scale);
}

static double arc_cosine(double product, double norm_a, double norm_b, double scale)
{
    const double norms = norm_a * norm_b;
    if (norms == 0.0) return 0.0;
    double c = product / norms;
    c = c > 1.0 ? 1.0 : c < -1.0 ? -1.0 : c; /* a NaN stays one */
    return norms * scale * (sqrt((1.0 - c) * (1.0 + c)) + (pi - acos(c)) * c) /
           (2.0 * pi);
}

sur_status sur_features_kernel(sur_mat *k, const sur_features *features,
                               const sur_mat *a, const sur_mat *b, sur_error *err)
{
    double *norm_a = NULL, *norm_b = NULL;
    sur_status status;
    const sur_family family = features->family;
    const double width = features->bandwidth, scale = 1.0 / (double)features->inputs;

    assert(k->rows == a->rows && k->cols == b->rows);
    assert(a->cols == features->inputs && b->cols == features->inputs);
    SUR_FAIL_IF(family == SUR_FOURIER && !(width > 0.0), SUR_EINVAL,
                "bandwidth %g is not positive", width);
    SUR_TRY(norms_new(&norm_a, a, err));
    SUR_TRY(norms_new(&norm_b, b, err));
    sur_mat_multiply(k, 1.0, a, SUR_PLAIN, b, SUR_TRANSPOSED, 0.0);

    for (sur_idx i = 0; i < k->rows; i++) {
        double *row = sur_mat_row(k, i);
        for (sur_idx j = 0; j < k->cols; j++) {
            if (family == SUR_FOURIER)
                row[j] =
                    gaussian(row[j], norm_a[i], norm_b[j], scale / (width * width));
            else if (family == SUR_RELU)
                row[j] = arc_cosine(row[j], norm_a[i], norm_b[j], scale);
            else
                row[j] *= scale;
        }
    }

done:
    free(norm_a);
    free(norm_b);
    return status;
}
