/* surplus/model.h -- feature maps whose width can grow: linear, Fourier, ReLU.
 *
 * Feature j of an input x in R^d, for every j = 0, 1, ... without limit:
 *   linear      z_j = x_j                                     (width at most d)
 *   projection  z_j = <w_j, x>, w_j ~ N(0, I/d)
 *   fourier     z_j = sqrt(2) cos(<w_j, x>/(bandwidth sqrt d) + b_j), w_j ~ N(0, I),
 * b_j uniform on [0, 2 pi)                      (Rahimi & Recht 2007) relu        z_j =
 * max(0, <w_j, x> / sqrt d), w_j ~ N(0, I)  (Cho & Saul 2009 in the limit) Feature j
 * depends on (seed, j) alone, so a wider model contains a narrower one. Kernel limits,
 * k(x, x') = lim (1/P) sum_j z_j(x) z_j(x'): Gaussian, arc-cosine of order 1. */
#ifndef SUR_MODEL_H
#define SUR_MODEL_H

#include <surplus/dense.h>
#include <surplus/field.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sur_family {
    SUR_LINEAR,
    SUR_PROJECTION,
    SUR_FOURIER,
    SUR_RELU,
    SUR_MLP, /* from here on no feature maps but networks, see network.h */
    SUR_CNN5,
    SUR_ALLCNN,
    SUR_RESNET18,
    SUR_RESNET50,
    SUR_FAMILY_COUNT
} sur_family;

SUR_API extern const char
    *const sur_family_choices[]; /* NULL-terminated, by sur_family */

typedef struct sur_features {
    sur_family family;
    sur_idx inputs; /* d */
    uint64_t seed;
    double bandwidth; /* fourier: in units of sqrt d; > 0 */
} sur_features;

/* The largest width the family has for these inputs: d for linear, INT32_MAX otherwise.
 */
SUR_API sur_idx sur_features_limit(const sur_features *features);

/* out (rows x count) = features first .. first+count-1 of the rows of x (rows x d). The
 * numbers of a feature do not depend on first, on count or on the other rows. Fails
 * with SUR_EINVAL (more features than the limit, a bandwidth that is not positive),
 * SUR_ENOMEM. Features are made in blocks of 128 whose first index is a multiple of
 * 128; ask for whole blocks where speed matters. */
SUR_CHECKED sur_status sur_features_fill(sur_mat *out, const sur_features *features,
                                         const sur_mat *x, sur_idx first,
                                         sur_error *err);

/* k (rows of a x rows of b): the kernel limit; linear and projection have <x, x'>/d.
 * Fails with SUR_EINVAL (a bandwidth that is not positive), SUR_ENOMEM. */
SUR_CHECKED sur_status sur_features_kernel(sur_mat *k, const sur_features *features,
                                           const sur_mat *a, const sur_mat *b,
                                           sur_error *err);

#ifdef __cplusplus
}
#endif
#endif
