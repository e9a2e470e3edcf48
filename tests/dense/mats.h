/* mats.h -- matrices for the tests of dense. */
#ifndef TEST_DENSE_MATS_H
#define TEST_DENSE_MATS_H

#include <surplus/dense.h>
#include <surplus/random.h>

#include "support/check.h"

static inline sur_mat zeros(sur_idx rows, sur_idx cols)
{
    sur_mat m;
    CHECK_OK(sur_mat_new(&m, rows, cols, NULL));
    return m;
}

static inline sur_mat random_mat(sur_idx rows, sur_idx cols, uint64_t seed)
{
    sur_mat m = zeros(rows, cols);
    sur_rng rng = sur_rng_make(seed, "test matrix", 0);
    sur_rng_normals(&rng, m.data, rows * cols, 1.0);
    return m;
}

static inline sur_status fill_from_mat(void *payload, sur_idx first, sur_mat *out,
                                       sur_error *err)
{
    const sur_mat *z = payload;
    (void)err;
    const sur_mat part = sur_mat_part(z, 0, z->rows, first, out->cols);
    sur_mat_copy(out, &part);
    return SUR_OK;
}

static inline sur_columns columns_of(sur_mat *z)
{
    return (sur_columns){z->rows, z->cols, fill_from_mat, z};
}

/* Rows with singular values that fall: row i is the sum over j of s_j g_ij w_j, j <
 * latent, where s_j falls from 1 to 10^-digits and g, w are random. Parts of its rows
 * are draws of one law; the condition number of the first p columns is largest near p =
 * rows. */
static inline sur_mat decaying_mat(sur_idx rows, sur_idx cols, sur_idx latent,
                                   double digits, uint64_t seed)
{
    sur_mat g = random_mat(rows, latent, seed),
            w = random_mat(latent, cols, seed + 1000), z = zeros(rows, cols);
    for (sur_idx j = 0; j < latent && latent > 1; j++)
        for (sur_idx k = 0; k < cols; k++)
            sur_mat_row(&w, j)[k] *=
                pow(10.0, -digits * (double)j / (double)(latent - 1));
    sur_mat_multiply(&z, 1.0, &g, SUR_PLAIN, &w, SUR_PLAIN, 0.0);
    sur_mat_free(&g), sur_mat_free(&w);
    return z;
}

/* || a - b || <= tolerance || b || */
static inline void check_same_mat(const sur_mat *a, const sur_mat *b, double tolerance)
{
    sur_mat difference = zeros(a->rows, a->cols);
    sur_mat_copy(&difference, a);
    sur_mat_axpy(&difference, -1.0, b);
    CHECK_NEAR(sur_mat_norm(&difference), 0.0, tolerance * sur_mat_norm(b), 0.0);
    sur_mat_free(&difference);
}

#endif
