/* sharpness.c -- the largest eigenvalue of the Hessian H of the loss.
 *
 * Power iteration v <- H v / |H v|, with H v = (g(w + e v) - g(w - e v)) / 2e. The step
 * e = 1e-3 max(|w|, 1e-3 sqrt N) weighs the roundings of g (float) against
 * its curvature; the iteration ends when v'Hv moves by less than 1e-3 of itself. */
#include <surplus/random.h>
#include <surplus/train.h>

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

enum { MOST = 100 };

typedef struct power {
    double *v;             /* [N] */
    float *ahead, *behind; /* [N] gradients */
    float *moved;          /* the vector */
} power;

static double norm_of(const double *v, sur_idx count)
{
    double square = 0.0;
    for (sur_idx i = 0; i < count; i++) square += v[i] * v[i];
    return sqrt(square);
}

sur_status sur_sharpness(double *eigenvalue, const sur_network *network,
                         const float *parameters, const sur_inputs *inputs,
                         const sur_goal *goal, const sur_idx *rows, sur_idx count,
                         sur_error *err)
{
    const sur_idx n = sur_network_parameters(network);
    const sur_idx all = sur_network_size(network);
    power p = {0};
    double size = 0.0, loss, last = nan("");
    sur_status status;

    *eigenvalue = nan("");
    SUR_TRY(sur_alloc(&p.v, n, sizeof *p.v, err));
    SUR_TRY(sur_alloc(&p.moved, all + 2 * n, sizeof *p.moved, err));
    p.ahead = p.moved + all;
    p.behind = p.ahead + n;
    sur_rng rng = sur_rng_make(1, "sharpness", 0);
    sur_rng_normals(&rng, p.v, n, 1.0);
    for (sur_idx i = 0; i < n; i++)
        size += (double)parameters[i] * (double)parameters[i];
    const double typical = fmax(sqrt(size / (double)n), 1e-3);
    for (sur_idx i = n; i < all; i++) p.moved[i] = parameters[i];
    const double e = 1e-3 * typical * sqrt((double)n);
    for (int t = 0; t < MOST; t++) {
        const double norm = norm_of(p.v, n);
        SUR_FAIL_IF(!isfinite(norm), SUR_ENUMERIC, "the gradient is not finite");
        if (norm == 0.0) break; /* the loss is flat */
        for (sur_idx i = 0; i < n; i++) p.v[i] /= norm;
        for (sur_idx i = 0; i < n; i++)
            p.moved[i] = (float)((double)parameters[i] + e * p.v[i]);
        SUR_TRY(sur_network_loss(&loss, p.ahead, network, p.moved, inputs, goal, rows,
                                 count, err));
        for (sur_idx i = 0; i < n; i++)
            p.moved[i] = (float)((double)parameters[i] - e * p.v[i]);
        SUR_TRY(sur_network_loss(&loss, p.behind, network, p.moved, inputs, goal, rows,
                                 count, err));
        double along = 0.0;
        for (sur_idx i = 0; i < n; i++) {
            const double product =
                ((double)p.ahead[i] - (double)p.behind[i]) / (2.0 * e);
            along += p.v[i] * product;
            p.v[i] = product;
        }
        *eigenvalue = along;
        if (fabs(along - last) < 1e-3 * fabs(along)) break;
        last = along;
    }
    if (isnan(*eigenvalue)) *eigenvalue = 0.0;

done:
    free(p.v);
    free(p.moved);
    return status;
}
