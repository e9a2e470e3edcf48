/* region_plane.c -- the plane through three inputs, walked in lines along u. */
#include "experiments/unlearn/region.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_ROWS = 512 }; /* of inputs that are made at once, about */

void unlearn_plane_free(unlearn_plane *plane)
{
    free(plane->map);
    *plane = (unlearn_plane){0};
}

/* u and v (2 x d) and the coordinates of the points; false where they lie on a line. */
static bool span(unlearn_plane *p, sur_mat *basis, const sur_mat *x,
                 const sur_idx triplet[3])
{
    const sur_idx d = x->cols;
    const double *origin = sur_mat_row(x, triplet[0]),
                 *second = sur_mat_row(x, triplet[1]),
                 *third = sur_mat_row(x, triplet[2]);
    double *u = sur_mat_row(basis, 0), *v = sur_mat_row(basis, 1), along = 0.0;
    for (sur_idx j = 0; j < d; j++) {
        u[j] = second[j] - origin[j];
        v[j] = third[j] - origin[j];
    }
    const double length = sur_norm2(u, d), whole = sur_norm2(v, d);
    if (!(length > 0.0)) return false;
    for (sur_idx j = 0; j < d; j++) u[j] /= length;
    for (sur_idx j = 0; j < d; j++) along += u[j] * v[j];
    for (sur_idx j = 0; j < d; j++) v[j] -= along * u[j];
    const double height = sur_norm2(v, d);
    if (!(height > 1e-9 * whole)) return false;
    for (sur_idx j = 0; j < d; j++) v[j] /= height;
    memset(p->point, 0, sizeof p->point);
    p->point[1][0] = length;
    p->point[2][0] = along;
    p->point[2][1] = height;
    return true;
}

static void frame(double ends[2], const unlearn_plane *p, int axis, double range)
{
    double low = p->point[0][axis], high = low;
    for (int k = 1; k < 3; k++) {
        low = fmin(low, p->point[k][axis]);
        high = fmax(high, p->point[k][axis]);
    }
    ends[0] = low - range * (high - low);
    ends[1] = high + range * (high - low);
}

static double at(const double ends[2], sur_idx i, sur_idx resolution)
{
    return ends[0] + (ends[1] - ends[0]) * (double)i / (double)(resolution - 1);
}

/* Asks all models about `lines` lines from `line` on. */
static sur_status ask(unlearn_plane *p, const unlearn_judge *judge, sur_mat *inputs,
                      const double *origin, const sur_mat *basis, sur_idx line,
                      sur_idx lines, sur_error *err)
{
    const sur_idx r = p->resolution, d = basis->cols;
    const double *u = sur_mat_row(basis, 0), *v = sur_mat_row(basis, 1);
    sur_mat used = sur_mat_part(inputs, 0, lines * r, 0, d);
    for (sur_idx i = 0; i < lines * r; i++) {
        const double a = at(p->x, i % r, r), b = at(p->y, line + i / r, r);
        double *to = sur_mat_row(&used, i);
        for (sur_idx j = 0; j < d; j++) to[j] = origin[j] + a * u[j] + b * v[j];
    }
    for (int m = 0; m < p->models; m++) {
        const sur_status status = judge[m].answer(
            judge[m].payload, p->map + ((sur_idx)m * r + line) * r, &used, err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

sur_status unlearn_plane_make(unlearn_plane *out, const unlearn_judge *judge,
                              int models, const sur_mat *x, const sur_idx triplet[3],
                              sur_idx resolution, double range, sur_error *err)
{
    const sur_idx r = resolution, step = BLOCK_ROWS / r > 1 ? BLOCK_ROWS / r : 1;
    sur_mat basis = {0}, inputs = {0};
    sur_status status;

    *out = (unlearn_plane){.resolution = r, .models = models};
    SUR_FAIL_IF(models < 1 || models > UNLEARN_MODELS_MOST || r < 2 || r > 4096,
                SUR_EINVAL, "%d models on a grid of %lld values per axis", models,
                (long long)r);
    SUR_FAIL_IF(!(range >= 0.0) || !isfinite(range), SUR_EINVAL,
                "a plane cannot reach %g beyond its points", range);
    SUR_TRY(sur_mat_new(&basis, 2, x->cols, err));
    SUR_FAIL_IF(!span(out, &basis, x, triplet), SUR_EINVAL,
                "rows %lld, %lld and %lld lie on one line", (long long)triplet[0],
                (long long)triplet[1], (long long)triplet[2]);
    frame(out->x, out, 0, range);
    frame(out->y, out, 1, range);
    SUR_TRY(sur_alloc(&out->map, models * r * r, sizeof *out->map, err));
    SUR_TRY(sur_mat_new(&inputs, step * r, x->cols, err));
    for (sur_idx line = 0; line < r; line += step)
        SUR_TRY(ask(out, judge, &inputs, sur_mat_row(x, triplet[0]), &basis, line,
                    r - line < step ? r - line : step, err));

done:
    sur_mat_free(&basis);
    sur_mat_free(&inputs);
    if (status != SUR_OK) unlearn_plane_free(out);
    return status;
}

/* Whether three points span a plane. */
static sur_status spans(bool *yes, const sur_mat *x, const sur_idx triplet[3],
                        sur_error *err)
{
    unlearn_plane p;
    sur_mat basis;
    const sur_status status = sur_mat_new(&basis, 2, x->cols, err);
    if (status != SUR_OK) return status;
    *yes = span(&p, &basis, x, triplet);
    sur_mat_free(&basis);
    return SUR_OK;
}

sur_status unlearn_plane_change(sur_mat *change, const unlearn_judge *judge, int models,
                                const sur_mat *x, const sur_idx *triplets,
                                sur_idx count, sur_idx resolution, double range,
                                sur_error *err)
{
    const sur_idx cells = resolution * resolution;
    unlearn_plane plane = {0};
    sur_status status = SUR_OK;

    for (sur_idx i = 0; i < count; i++) {
        bool yes;
        SUR_TRY(spans(&yes, x, triplets + 3 * i, err));
        if (yes)
            SUR_TRY(unlearn_plane_make(&plane, judge, models, x, triplets + 3 * i,
                                       resolution, range, err));
        for (int m = 1; m < models; m++) {
            sur_idx differ = 0;
            for (sur_idx g = 0; yes && g < cells; g++)
                differ += plane.map[g] != plane.map[m * cells + g];
            sur_mat_row(change, m - 1)[i] =
                yes ? (double)differ / (double)cells : nan("");
        }
        unlearn_plane_free(&plane);
    }

done:
    return status;
}

sur_status unlearn_triplets(sur_idx *triplets, sur_idx count, const sur_idx *first,
                            sur_idx first_count, const sur_idx *rest,
                            sur_idx rest_count, uint64_t seed, const char *purpose,
                            sur_error *err)
{
    if (first_count < 1 || rest_count < 3)
        return sur_fail(err, SUR_EINVAL,
                        "planes need an example and three others, not %lld and %lld",
                        (long long)first_count, (long long)rest_count);
    for (sur_idx i = 0; i < count; i++) {
        sur_rng rng = sur_rng_make(seed, purpose, (uint64_t)i);
        sur_idx *t = triplets + 3 * i;
        t[0] = first[i % first_count];
        do t[1] = rest[sur_rng_below(&rng, rest_count)];
        while (t[1] == t[0]);
        do t[2] = rest[sur_rng_below(&rng, rest_count)];
        while (t[2] == t[0] || t[2] == t[1]);
    }
    return SUR_OK;
}
