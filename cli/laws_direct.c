/* laws_direct.c -- laws of the library itself, read without a study. */
#include "laws.h"

#include <surplus/dense.h>
#include <surplus/network.h>
#include <surplus/random.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- a curve of fits against one fit after the other ---- */

enum { ROWS = 40, WIDEST = 120, FRESH = 25 };

typedef struct fits {
    sur_mat z, fresh, y; /* ROWS x WIDEST, FRESH x WIDEST, ROWS x 2 */
    const sur_curve_point *points;
    double worst;
} fits;

static sur_status fill(void *payload, sur_idx first, sur_mat *out, sur_error *err)
{
    const fits *f = payload;
    const sur_mat part = sur_mat_part(&f->z, 0, ROWS, first, out->cols);
    (void)err;
    sur_mat_copy(out, &part);
    return SUR_OK;
}

/* Predictions of b and of gelsd's coefficients for rows neither has seen. */
static sur_status compare(void *payload, sur_idx point, const sur_mat *b,
                          const sur_curve_fit *fit, sur_error *err)
{
    fits *f = payload;
    const sur_idx p = f->points[point].width;
    const sur_mat z = sur_mat_part(&f->z, 0, ROWS, 0, p);
    const sur_mat fresh = sur_mat_part(&f->fresh, 0, FRESH, 0, p);
    sur_mat other = {0}, answers = {0}, apart = {0};
    (void)fit;
    sur_status status = sur_mat_new(&other, p, 2, err);
    if (status == SUR_OK) status = sur_mat_new(&answers, FRESH, 2, err);
    if (status == SUR_OK) status = sur_mat_new(&apart, FRESH, 2, err);
    if (status == SUR_OK) status = sur_lstsq(&other, NULL, NULL, &z, &f->y, -1.0, err);
    if (status == SUR_OK) {
        sur_mat_multiply(&answers, 1.0, &fresh, SUR_PLAIN, &other, SUR_PLAIN, 0.0);
        sur_mat_multiply(&apart, 1.0, &fresh, SUR_PLAIN, b, SUR_PLAIN, 0.0);
        sur_mat_axpy(&apart, -1.0, &answers);
        f->worst = fmax(f->worst, sur_mat_norm(&apart) / sur_mat_norm(&answers));
    }
    sur_mat_free(&other);
    sur_mat_free(&answers);
    sur_mat_free(&apart);
    return status;
}

sur_status law_curve(const cli_law *law, law_reading *reading, sur_error *err)
{
    static const sur_curve_point points[] = {
        {1, 0, 0, 0},  {20, 0, 0, 0}, {39, 0, 0, 0}, {40, 0, 0, 0},
        {41, 0, 0, 0}, {60, 0, 0, 0}, {120, 0, 0, 0}};
    fits f = {.points = points};
    sur_rng rng = sur_rng_make(1, "law of curves", 0);
    const sur_columns columns = {ROWS, WIDEST, fill, &f};
    sur_status status = sur_mat_new(&f.z, ROWS, WIDEST, err);
    if (status == SUR_OK) status = sur_mat_new(&f.fresh, FRESH, WIDEST, err);
    if (status == SUR_OK) status = sur_mat_new(&f.y, ROWS, 2, err);
    if (status == SUR_OK) {
        sur_rng_normals(&rng, f.z.data, ROWS * WIDEST, 1.0);
        sur_rng_normals(&rng, f.fresh.data, FRESH * WIDEST, 1.0);
        sur_rng_normals(&rng, f.y.data, ROWS * 2, 1.0);
        status = sur_curve_solve(&columns, &f.y, NULL, points,
                                 sizeof points / sizeof *points, compare, &f, err);
    }
    *reading = (law_reading){0.0, f.worst, law->share};
    sur_mat_free(&f.z);
    sur_mat_free(&f.fresh);
    sur_mat_free(&f.y);
    return status;
}

/* ---- a network's gradient ---- */

enum { EXAMPLES = 24, INPUTS = 6, OUTPUTS = 3 };

/* In a random direction v: <gradient, v> against (f(w + h v) - f(w - h v)) / 2h. */
static sur_status derivative(double *off, const sur_network *network,
                             const sur_inputs *inputs, const sur_goal *goal,
                             uint64_t seed, sur_error *err)
{
    const sur_idx n = sur_network_parameters(network);
    const double h = 2e-3;
    float *block = calloc((size_t)n, 3 * sizeof *block), *w = block;
    double loss[2], slope = 0.0, norm = 0.0;
    if (!block) return sur_fail(err, SUR_ENOMEM, "cannot allocate a network");
    float *gradient = block + n, *v = block + 2 * n;
    sur_rng rng = sur_rng_make(seed, "law of gradients", 0);
    sur_network_draw(w, network, SUR_INIT_HE, 1.0, seed);
    sur_status status =
        sur_network_loss(loss, gradient, network, w, inputs, goal, NULL, EXAMPLES, err);
    for (sur_idx i = 0; i < n; i++) {
        v[i] = (float)(sur_rng_normal(&rng) / sqrt((double)n));
        slope += (double)gradient[i] * (double)v[i];
        norm += (double)gradient[i] * (double)gradient[i] / (double)n;
    }
    for (int side = 0; side < 2 && status == SUR_OK; side++) {
        const float step = (float)(side ? -2.0 * h : h);
        for (sur_idx i = 0; i < n; i++) w[i] += step * v[i];
        status = sur_network_loss(&loss[side], NULL, network, w, inputs, goal, NULL,
                                  EXAMPLES, err);
    }
    *off = fabs((loss[0] - loss[1]) / (2.0 * h) - slope) / sqrt(norm);
    free(block);
    return status;
}

sur_status law_gradient(const cli_law *law, law_reading *reading, sur_error *err)
{
    float target[EXAMPLES * OUTPUTS];
    int32_t label[EXAMPLES];
    double worst = 0.0, off = 0.0;
    sur_mat x = {0};
    sur_inputs inputs = {0};
    sur_rng rng = sur_rng_make(2, "law of gradients", 0);
    sur_status status = sur_mat_new(&x, EXAMPLES, INPUTS, err);
    if (status == SUR_OK) {
        sur_rng_normals(&rng, x.data, EXAMPLES * INPUTS, 1.0);
        status = sur_inputs_new(&inputs, &x, err);
    }
    for (int i = 0; i < EXAMPLES * OUTPUTS; i++)
        target[i] = (float)sur_rng_normal(&rng);
    for (int i = 0; i < EXAMPLES; i++) label[i] = (int32_t)sur_rng_below(&rng, OUTPUTS);
    for (int unit = 0; sur_activation_choices[unit]; unit++)
        for (int loss = 0; sur_loss_choices[loss]; loss++) {
            const sur_network network = {.family = SUR_MLP,
                                         .inputs = INPUTS,
                                         .outputs = OUTPUTS,
                                         .depth = 2,
                                         .width = 32,
                                         .activation = (sur_unit)unit};
            const sur_goal goal = {(sur_loss)loss, target, label, NULL};
            if (status == SUR_OK)
                status = derivative(&off, &network, &inputs, &goal, 3, err);
            if (status == SUR_OK) worst = fmax(worst, off);
        }
    *reading = (law_reading){0.0, worst, law->share};
    sur_inputs_free(&inputs);
    sur_mat_free(&x);
    return status;
}
