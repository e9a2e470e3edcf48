/* solve.c -- descent on the factors of a low-rank matrix, several runs at once.
 *
 * One pass over the measurements per iteration serves all runs. Each keeps its own
 * step, hold-out and end; nothing a run computes depends on the others. */
#include <surplus/recover.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/recover.h"

#include <math.h>
#include <stdlib.h>

/* Float products disturb a residual by about 1e-7 of || X ||: below this relative
 * residual everything is in double. */
static const double exact_below = 1e-3;
/* A residual that grows by more than this in one step means the step is too long. A
 * rolling ball swings: it is stopped where a swing grows by more than that, and the
 * step from there is judged again. */
static const double growth = 1.01, swing = 1.5;
/* A residual that has grown this far will not come back. */
static const double blown_up = 1e3;
/* Phase I is over, and patience starts, once the residual has fallen this far. */
static const double escaped = 0.995;
/* The heavy ball rolls in phase III, below this residual: before it, phase I is the
 * power method that the phases are told from. */
static const double rolls_below = 0.3;
enum { PATIENCE = 60, MOST_HALVINGS = 60 };

sur_recover_options sur_recover_defaults(void)
{
    return (sur_recover_options){.method = SUR_RECOVER_PREC,
                                 .init_scale = 1e-5,
                                 .step = (double)NAN,
                                 .damping = (double)NAN,
                                 .momentum = (double)NAN,
                                 .iterations = 2000,
                                 .tolerance = 1e-10,
                                 .holdout = 0.1,
                                 .seed = 1};
}

void sur_recover_free(sur_recover_result *result)
{
    sur_mat_free(&result->left);
    sur_mat_free(&result->right);
    free(result->singular);
    *result = (sur_recover_result){0};
}

static sur_status check(const sur_operator *op, const double *y,
                        const sur_recover_options *o, sur_error *err)
{
    sur_status status = SUR_OK;
    const sur_idx most = op->rows > op->cols ? op->rows : op->cols;
    SUR_FAIL_IF(o->rank < 0 || o->rank > 4 * most, SUR_EINVAL,
                "rank %lld of a %lld x %lld matrix", (long long)o->rank,
                (long long)op->rows, (long long)op->cols);
    SUR_FAIL_IF(!(o->init_scale > 0.0) || !isfinite(o->init_scale), SUR_EINVAL,
                "init_scale = %g", o->init_scale);
    SUR_FAIL_IF(!isnan(o->step) && (!(o->step > 0.0) || !isfinite(o->step)), SUR_EINVAL,
                "step = %g", o->step);
    SUR_FAIL_IF(!isnan(o->momentum) && !(o->momentum >= 0.0 && o->momentum < 1.0),
                SUR_EINVAL, "momentum = %g is not between 0 and 1", o->momentum);
    SUR_FAIL_IF(!(o->holdout >= 0.0) || o->holdout > 0.9, SUR_EINVAL,
                "holdout = %g is not between 0 and 0.9", o->holdout);
    SUR_FAIL_IF(o->iterations < 0, SUR_EINVAL, "iterations = %lld",
                (long long)o->iterations);
    for (sur_idx i = 0; i < op->count; i++)
        SUR_FAIL_IF(!isfinite(y[i]), SUR_EINVAL, "reading %lld is %g", (long long)i + 1,
                    y[i]);
done:
    return status;
}

/* ---- one iteration of one run ---- */

static void measure(recover_run *run, sur_idx count)
{
    double fit = 0.0, held = 0.0;
    for (sur_idx i = 0; i < count; i++) {
        const double square = run->residual[i] * run->residual[i];
        if (run->weight && run->weight[i] == 0.0)
            held += square;
        else
            fit += square;
    }
    run->fit = sqrt(fit) / run->y_norm;
    run->holdout = run->weight ? sqrt(held) / run->held_norm : (double)NAN;
}

/* The iterate is not to be used: half of the last step back, or, from numbers that are
 * not finite, a new start. */
static void shorten(recover_run *run, const sur_operator *op)
{
    run->step *= 0.5;
    run->stepped = run->rolled = false;
    run->result->halvings++;
    if (isfinite(run->fit)) {
        sur_mat_axpy(&run->left, run->step, &run->left_last);
        if (!op->symmetric) sur_mat_axpy(&run->right, run->step, &run->right_last);
    } else {
        run->step *= 0.25;
        recover_draw(run, op);
        run->iteration = 0;
        run->last_fit = HUGE_VAL;
    }
}

/* U <- U - mu D, D = direction, + beta D_last where the ball rolls; D is kept for the
 * next step, and should this one have to be shortened. */
static void step(recover_run *run, const sur_operator *op)
{
    const bool stopped = run->rolled && run->fit > swing * run->last_fit;
    run->rolled =
        run->momentum > 0.0 && run->stepped && !stopped && run->fit < rolls_below;
    if (run->rolled) {
        sur_mat_axpy(&run->left_dir, run->momentum, &run->left_last);
        if (!op->symmetric)
            sur_mat_axpy(&run->right_dir, run->momentum, &run->right_last);
    }
    run->stepped = true;
    sur_mat swapped = run->left_last;
    run->left_last = run->left_dir;
    run->left_dir = swapped;
    sur_mat_axpy(&run->left, -run->step, &run->left_last);
    if (!op->symmetric) {
        swapped = run->right_last;
        run->right_last = run->right_dir;
        run->right_dir = swapped;
        sur_mat_axpy(&run->right, -run->step, &run->right_last);
    }
    run->last_fit = run->fit;
    run->iteration++;
}

static void keep_best(recover_run *run)
{
    if (!run->weight || !(run->holdout < run->best_holdout)) return;
    run->best_holdout = run->holdout;
    run->result->best = run->iteration;
    run->result->fit = run->fit;
    sur_mat_copy(&run->best_left, &run->left);
    if (run->right.data) sur_mat_copy(&run->best_right, &run->right);
}

static bool impatient(const recover_run *run)
{
    const int64_t best = run->result->best,
                  patience = best > PATIENCE ? best : PATIENCE;
    return run->weight && run->fit < escaped && run->iteration - best > patience;
}

static void finish(recover_run *run, sur_recover_end end)
{
    run->done = true;
    run->result->end = end;
    run->result->iterations = run->iteration;
    run->result->step = run->step;
}

/* After a pass: judge the iterate, then step. */
static sur_status advance(recover_run *run, const sur_operator *op, sur_idx index,
                          sur_error *err)
{
    const sur_recover_options *o = run->options;
    const bool worse =
        !isfinite(run->fit) || run->fit > (!run->chosen  ? blown_up * run->first_fit
                                           : run->rolled ? HUGE_VAL
                                                         : growth * run->last_fit);
    sur_status status = SUR_OK;
    bool go_on = true;

    if (worse && run->chosen && run->result->halvings < MOST_HALVINGS) {
        shorten(run, op);
        return status;
    }
    if (worse) {
        finish(run, SUR_END_DIVERGED);
        return status;
    }
    if (run->last_fit == HUGE_VAL) run->first_fit = run->fit;
    keep_best(run);
    if (o->observe) {
        const sur_recover_view view = {.run = index,
                                       .iteration = run->iteration,
                                       .left = &run->left,
                                       .right =
                                           op->symmetric ? &run->left : &run->right,
                                       .fit = run->fit,
                                       .holdout = run->holdout,
                                       .step = run->step};
        SUR_TRY(o->observe(o->payload, &view, &go_on, err));
    }
    if (!go_on)
        finish(run, SUR_END_OBSERVER);
    else if (run->fit <= o->tolerance)
        finish(run, SUR_END_TOLERANCE);
    else if (impatient(run))
        finish(run, SUR_END_HOLDOUT);
    else if (run->iteration >= o->iterations)
        finish(run, SUR_END_ITERATIONS);
    if (run->done) return status;

    SUR_TRY(recover_precondition(run, err));
    step(run, op);
done:
    return status;
}

/* ---- all runs ---- */

static sur_status iterate(recover_run *runs, sur_pass *passes, sur_idx *active,
                          const sur_operator *op, const double *y, sur_idx count,
                          sur_error *err)
{
    sur_status status = SUR_OK;
    for (;;) {
        sur_idx live = 0;
        for (sur_idx k = 0; k < count; k++) {
            recover_run *run = &runs[k];
            if (run->done) continue;
            SUR_FAIL_IF(run->options->stop && run->options->stop(run->options->payload),
                        SUR_ESTOPPED, "stopped on request");
            passes[live] =
                (sur_pass){.left = &run->left,
                           .right = op->symmetric ? &run->left : &run->right,
                           .y = y,
                           .weight = run->weight,
                           .residual = run->residual,
                           .left_out = &run->left_dir,
                           .right_out = op->symmetric ? NULL : &run->right_dir,
                           .exact = run->last_fit < exact_below};
            active[live++] = k;
        }
        if (live == 0) return status;
        SUR_TRY(sur_operator_pass(op, passes, live, err));
        for (sur_idx q = 0; q < live; q++) {
            recover_run *run = &runs[active[q]];
            run->result->passes++;
            measure(run, op->count);
            SUR_TRY(advance(run, op, active[q], err));
        }
    }
done:
    return status;
}

sur_status sur_recover_many(sur_recover_result *results, const sur_operator *op,
                            const double *y, const sur_recover_options *options,
                            sur_idx count, sur_error *err)
{
    const double begun = sur_clock();
    recover_run *runs = NULL;
    sur_pass *passes = NULL;
    sur_idx *active = NULL;
    double gain = 0.0;
    sur_status status = SUR_OK;

    for (sur_idx k = 0; k < count; k++) results[k] = (sur_recover_result){0};
    for (sur_idx k = 0; k < count; k++) SUR_TRY(check(op, y, &options[k], err));
    SUR_TRY(sur_alloc(&runs, count, sizeof *runs, err));
    SUR_TRY(sur_alloc(&passes, count, sizeof *passes, err));
    SUR_TRY(sur_alloc(&active, count, sizeof *active, err));
    SUR_TRY(sur_operator_gain(&gain, op, err));
    for (sur_idx k = 0; k < count; k++)
        SUR_TRY(recover_run_begin(&runs[k], k > 0 ? &runs[k - 1] : NULL, op, y, gain,
                                  &options[k], &results[k], err));
    SUR_TRY(iterate(runs, passes, active, op, y, count, err));
    for (sur_idx k = 0; k < count; k++) {
        SUR_TRY(recover_run_end(&runs[k], op, gain, err));
        results[k].seconds = (sur_clock() - begun) / (double)count;
    }
done:
    for (sur_idx k = 0; runs && k < count; k++) recover_run_free(&runs[k]);
    free(runs);
    free(passes);
    free(active);
    return status;
}

sur_status sur_recover_run(sur_recover_result *result, const sur_operator *op,
                           const double *y, const sur_recover_options *options,
                           sur_error *err)
{
    sur_status status;
    *result = (sur_recover_result){0};
    SUR_TRY(sur_operator_test(op, NULL, err));
    SUR_TRY(sur_recover_many(result, op, y, options, 1, err));
    SUR_FAIL_IF(result->end == SUR_END_DIVERGED, SUR_ENUMERIC,
                "step %g diverges at iteration %lld; %g would do", options->step,
                (long long)result->iterations, result->advice);
done:
    return status;
}
