/* features.c -- random features, a fixed block of them at a time.
 *
 * Feature j has a stream of its own, ("features", j): the d entries of w_j, then the
 * phase b_j. The projections <w_j, x> are matrix products of one fixed shape, BLOCK
 * rows by BLOCK features whose first index is a multiple of BLOCK, the last rows padded
 * with zeros. Whatever part of a block was asked for, the whole block is computed, so
 * that the numbers of a feature cannot depend on how the work was cut. */
#include <surplus/model.h>
#include <surplus/random.h>

#include "base/memory.h"
#include "base/try.h"
#include "model/cosine.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 128 };

const char *const sur_family_choices[] = {
    "linear", "projection", "fourier",  "relu",     "mlp",
    "cnn5",   "allcnn",     "resnet18", "resnet50", NULL};

/* One block of features: what is drawn for it, and room for its products. */
typedef struct block {
    sur_mat weights;      /* BLOCK x d: row j is w_j over its scale */
    sur_mat rows;         /* BLOCK x d: the last rows of x, padded with zeros */
    sur_mat products;     /* BLOCK x BLOCK */
    double phases[BLOCK]; /* b_j */
} block;

sur_idx sur_features_limit(const sur_features *features)
{
    return features->family == SUR_LINEAR ? features->inputs : INT32_MAX;
}

/* The draws of features index .. index + BLOCK - 1. */
static void draw(block *b, const sur_features *features, sur_idx index)
{
    const sur_idx d = features->inputs;
    const double root = sqrt((double)d);
    const double deviation = features->family == SUR_FOURIER
                                 ? 1.0 / (features->bandwidth * root)
                                 : 1.0 / root;

    for (sur_idx j = 0; j < BLOCK; j++) {
        sur_rng rng = sur_rng_make(features->seed, "features", (uint64_t)(index + j));
        sur_rng_normals(&rng, sur_mat_row(&b->weights, j), d, deviation);
        b->phases[j] = 6.283185307179586 * sur_rng_uniform(&rng);
    }
}

/* z = the features of count products. */
static void activate(double *restrict z, const double *restrict product,
                     const double *restrict phase, sur_family family, sur_idx count)
{
    if (family == SUR_FOURIER)
        sur_cosines(z, product, phase, 1.4142135623730951, count);
    else if (family == SUR_RELU) /* a NaN stays one */
        for (sur_idx j = 0; j < count; j++) z[j] = product[j] < 0.0 ? 0.0 : product[j];
    else
        memcpy(z, product, (size_t)count * sizeof *z);
}

/* Columns skip .. skip + out->cols - 1 of the block, for all rows of x. */
static void fill_block(sur_mat *out, block *b, const sur_mat *x, sur_idx skip,
                       sur_family family)
{
    for (sur_idx first = 0; first < x->rows; first += BLOCK) {
        const sur_idx count = x->rows - first < BLOCK ? x->rows - first : BLOCK;
        sur_mat rows = sur_mat_part(x, first, count, 0, x->cols);
        if (count < BLOCK) {
            sur_mat start = sur_mat_part(&b->rows, 0, count, 0, x->cols);
            sur_mat_copy(&start, &rows);
            rows = b->rows;
        }
        sur_mat_multiply(&b->products, 1.0, &rows, SUR_PLAIN, &b->weights,
                         SUR_TRANSPOSED, 0.0);
        for (sur_idx i = 0; i < count; i++)
            activate(sur_mat_row(out, first + i), sur_mat_row(&b->products, i) + skip,
                     b->phases + skip, family, out->cols);
    }
}

static sur_status check_features(const sur_features *features, sur_error *err)
{
    if (features->family > SUR_RELU)
        return sur_fail(err, SUR_EINVAL, "the family %s is no feature map",
                        sur_family_choices[features->family]);
    if (features->inputs < 1)
        return sur_fail(err, SUR_EINVAL, "%lld inputs", (long long)features->inputs);
    if (features->family == SUR_FOURIER && !(features->bandwidth > 0.0))
        return sur_fail(err, SUR_EINVAL, "bandwidth %g is not positive",
                        features->bandwidth);
    return SUR_OK;
}

sur_status sur_features_fill(sur_mat *out, const sur_features *features,
                             const sur_mat *x, sur_idx first, sur_error *err)
{
    block b = {0};
    sur_status status;
    const sur_idx d = features->inputs, end = first + out->cols;

    assert(out->rows == x->rows && x->cols == d && first >= 0);
    SUR_TRY(check_features(features, err));
    SUR_FAIL_IF(end > sur_features_limit(features), SUR_EINVAL,
                "feature %lld of %lld %s features", (long long)end,
                (long long)sur_features_limit(features),
                sur_family_choices[features->family]);
    if (features->family == SUR_LINEAR) {
        const sur_mat columns = sur_mat_part(x, 0, x->rows, first, out->cols);
        sur_mat_copy(out, &columns);
        goto done;
    }
    SUR_TRY(sur_mat_new(&b.weights, BLOCK, d, err));
    SUR_TRY(sur_mat_new(&b.rows, BLOCK, d, err));
    SUR_TRY(sur_mat_new(&b.products, BLOCK, BLOCK, err));

    for (sur_idx at = first; at < end;) {
        const sur_idx skip = at % BLOCK, left = end - at;
        const sur_idx count = left < BLOCK - skip ? left : BLOCK - skip;
        sur_mat part = sur_mat_part(out, 0, out->rows, at - first, count);
        draw(&b, features, at - skip);
        fill_block(&part, &b, x, skip, features->family);
        at += count;
    }

done:
    sur_mat_free(&b.weights);
    sur_mat_free(&b.rows);
    sur_mat_free(&b.products);
    return status;
}
