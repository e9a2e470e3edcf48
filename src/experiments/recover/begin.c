/* begin.c -- how a run starts: hold-out, scales, step, the small random factors. */
#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/recover.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

sur_status recover_holdout(double **weight, sur_idx *used, sur_idx count, double share,
                           uint64_t seed, sur_error *err)
{
    sur_idx held = (sur_idx)llround(share * (double)count), *order = NULL;
    sur_rng rng = sur_rng_make(seed, "recover hold-out", 0);
    sur_status status = SUR_OK;

    *weight = NULL;
    *used = count;
    if (held >= count) held = count - 1;
    if (held < 1) return status;
    SUR_TRY(sur_alloc(&order, count, sizeof *order, err));
    SUR_TRY(sur_alloc(weight, count, sizeof **weight, err));
    sur_rng_permutation(&rng, order, count);
    for (sur_idx i = 0; i < count; i++) (*weight)[order[i]] = i < held ? 0.0 : 1.0;
    *used = count - held;
done:
    free(order);
    return status;
}

/* || y || on the two parts, as the operator sees it. residual is scratch. */
static void norms(recover_run *run, const sur_operator *op, const double *y)
{
    double fit = 0.0, held = 0.0;
    memcpy(run->residual, y, (size_t)op->count * sizeof *y);
    recover_center(op, run->residual, run->weight);
    for (sur_idx i = 0; i < op->count; i++) {
        const double square = run->residual[i] * run->residual[i];
        if (run->weight && run->weight[i] == 0.0)
            held += square;
        else
            fit += square;
    }
    run->y_norm = sqrt(fit);
    run->held_norm = held > 0.0 ? sqrt(held) : 1.0;
    for (sur_idx i = 0; run->weight && i < op->count; i++)
        run->residual[i] *= run->weight[i];
}

static sur_status shapes(recover_run *run, const sur_operator *op, sur_idx r,
                         sur_error *err)
{
    sur_mat *lefts[] = {&run->left, &run->left_dir, &run->left_last, &run->best_left},
            *rights[] = {&run->right, &run->right_dir, &run->right_last,
                         &run->best_right};
    sur_status status = SUR_OK;
    for (int i = 0; i < 4; i++) {
        if (i == 3 && !run->weight) continue;
        SUR_TRY(sur_mat_new(lefts[i], op->rows, r, err));
        if (!op->symmetric) SUR_TRY(sur_mat_new(rights[i], op->cols, r, err));
    }
    if (run->options->method != SUR_RECOVER_GD) {
        SUR_TRY(sur_mat_new(&run->gram, r, r, err));
        if (!op->symmetric) SUR_TRY(sur_mat_new(&run->other_gram, r, r, err));
    }
done:
    return status;
}

void recover_draw(recover_run *run, const sur_operator *op)
{
    const double deviation = run->result->alpha / sqrt((double)run->left.cols);
    sur_rng rng = sur_rng_make(run->options->seed, "recover start", 0);
    for (sur_idx i = 0; i < op->rows; i++)
        sur_rng_normals(&rng, sur_mat_row(&run->left, i), run->left.cols, deviation);
    for (sur_idx i = 0; !op->symmetric && i < op->cols; i++)
        sur_rng_normals(&rng, sur_mat_row(&run->right, i), run->left.cols, deviation);
}

sur_status recover_run_begin(recover_run *run, const recover_run *like,
                             const sur_operator *op, const double *y, double gain,
                             const sur_recover_options *o, sur_recover_result *result,
                             sur_error *err)
{
    enum { WIDEST = 50 };
    const sur_idx least = op->rows < op->cols ? op->rows : op->cols;
    const sur_idx r = o->rank > 0 ? o->rank : least < WIDEST ? least : WIDEST;
    sur_status status;

    *run = (recover_run){.options = o,
                         .result = result,
                         .last_fit = HUGE_VAL,
                         .first_fit = HUGE_VAL,
                         .best_holdout = HUGE_VAL,
                         .chosen = isnan(o->step)};
    SUR_TRY(
        recover_holdout(&run->weight, &run->used, op->count, o->holdout, o->seed, err));
    SUR_TRY(sur_alloc(&run->residual, op->count, sizeof *run->residual, err));
    SUR_TRY(shapes(run, op, r, err));
    run->factor = gain / (double)run->used;
    norms(run, op, y);
    SUR_FAIL_IF(!(run->y_norm > 0.0) || !isfinite(run->y_norm), SUR_ENUMERIC,
                "the readings have norm %g: there is nothing to recover", run->y_norm);
    if (like && like->options->holdout == o->holdout &&
        (!run->weight || like->options->seed == o->seed)) {
        run->scale = like->scale;
    } else {
        SUR_TRY(sur_operator_norm(&run->scale, op, run->residual, err));
        run->scale *= run->factor;
        result->passes += 1;
    }
    SUR_FAIL_IF(!(run->scale > 0.0) || !isfinite(run->scale), SUR_ENUMERIC,
                "A*(y) has norm %g", run->scale);
    result->scale = run->scale;
    result->rank = r;
    result->holdout = result->fit = (double)NAN;
    result->alpha = o->init_absolute ? o->init_scale : o->init_scale * sqrt(run->scale);
    result->advice = o->method == SUR_RECOVER_GD ? 0.25 / run->scale : 0.5;
    run->step = isnan(o->step) ? result->advice : o->step;
    run->momentum = !isnan(o->momentum)             ? o->momentum
                    : o->method == SUR_RECOVER_PREC ? 0.5
                                                    : 0.0;
    run->damping = isnan(o->damping) ? 0.05 * run->scale : o->damping;
    recover_draw(run, op);
    if (o->start == SUR_START_JUMP) SUR_TRY(recover_jump(run, op, y, err));
done:
    return status;
}

void recover_run_free(recover_run *run)
{
    sur_mat *all[] = {&run->left,      &run->right,      &run->left_dir,
                      &run->right_dir, &run->left_last,  &run->right_last,
                      &run->best_left, &run->best_right, &run->gram,
                      &run->other_gram};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) sur_mat_free(all[i]);
    free(run->weight);
    free(run->residual);
    *run = (recover_run){0};
}
