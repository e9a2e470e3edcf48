/* region_ball.c -- centre + radius w^(1/d) g / |g|, g normal in R^d and w uniform, is
 * uniform in the ball. */
#include "experiments/unlearn/region.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

/* The points of centre i. */
static void draw(sur_mat *points, const double *centre, double radius, uint64_t seed,
                 const char *purpose, sur_idx i)
{
    const sur_idx d = points->cols;
    sur_rng rng = sur_rng_make(seed, purpose, (uint64_t)i);
    for (sur_idx r = 0; r < points->rows; r++) {
        double *x = sur_mat_row(points, r);
        sur_rng_normals(&rng, x, d, 1.0);
        const double length = sur_norm2(x, d),
                     to = radius * pow(sur_rng_uniform(&rng), 1.0 / (double)d);
        for (sur_idx j = 0; j < d; j++)
            x[j] = centre[j] + (length > 0.0 ? to * x[j] / length : 0.0);
    }
}

sur_status unlearn_ball_change(sur_mat *change, const unlearn_judge *judge, int models,
                               const sur_mat *centres, double radius, sur_idx points,
                               uint64_t seed, const char *purpose, sur_error *err)
{
    sur_mat x = {0};
    int32_t *first = NULL, *other = NULL;
    sur_status status;

    SUR_FAIL_IF(models < 2 || models > UNLEARN_MODELS_MOST || points < 1, SUR_EINVAL,
                "%d models and %lld points cannot be compared", models,
                (long long)points);
    SUR_FAIL_IF(!(radius >= 0.0) || !isfinite(radius), SUR_EINVAL,
                "a ball cannot have the radius %g", radius);
    SUR_TRY(sur_mat_new(&x, points, centres->cols, err));
    SUR_TRY(sur_alloc(&first, points, sizeof *first, err));
    SUR_TRY(sur_alloc(&other, points, sizeof *other, err));
    for (sur_idx i = 0; i < centres->rows; i++) {
        draw(&x, sur_mat_row(centres, i), radius, seed, purpose, i);
        SUR_TRY(judge[0].answer(judge[0].payload, first, &x, err));
        for (int m = 1; m < models; m++) {
            sur_idx differ = 0;
            SUR_TRY(judge[m].answer(judge[m].payload, other, &x, err));
            for (sur_idx r = 0; r < points; r++) differ += first[r] != other[r];
            sur_mat_row(change, m - 1)[i] = (double)differ / (double)points;
        }
    }

done:
    sur_mat_free(&x);
    free(first);
    free(other);
    return status;
}
