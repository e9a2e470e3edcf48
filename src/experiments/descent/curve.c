/* curve.c -- all widths, penalties and label noises of one split, and the baseline.
 *
 * A stop is one width with one label noise: the trials there, each a penalty, and the
 * candidates of the baseline, mu_c = 0 and mu_c = 10^(c/2) 10^-6 s_p,   s_p = sum_i
 * |w_i| ||z_i||^2 / n, of which the one with the lowest error (loss for regression, and
 * for ties) on the validation part is the tuned ridge. All points go through one solve;
 * finished stops are evaluated together whenever they hold more than DESCENT_HELD
 * bytes, so that memory stays bounded and features of the test examples are seldom made
 * twice. */
#include "experiments/descent/curve.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the plan ---- */

static int by_width(const void *a, const void *b)
{
    const sur_descent_fit *x = a, *y = b;
    const double p = (double)x->options->width, q = (double)y->options->width;
    const double r = x->options->ridge, s = y->options->ridge;
    const double f = x->options->data.label_noise, g = y->options->data.label_noise;
    if (p != q) return p < q ? -1 : 1;
    if (f != g) return f < g ? -1 : 1;
    if (r != s) return r < s ? -1 : 1;
    return x->trial < y->trial ? -1 : x->trial > y->trial;
}

/* Problems of growing dimension, each of a stop. */
static sur_status nest_problems(sur_descent_curve *c, sur_error *err)
{
    sur_idx *widths = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&widths, c->stop_count, sizeof *widths, err));
    for (sur_idx s = 0; s < c->stop_count; s++) widths[s] = c->stops[s].width;
    SUR_TRY(sur_descent_nest(&c->nested, &c->targets, c->problems, c->fits[0].options,
                             widths, c->stop_count, err));
    for (sur_idx s = 0; s < c->stop_count; s++) {
        c->stops[s].problem = &c->nested[s];
        c->stops[s].output = s;
    }

done:
    free(widths);
    return status;
}

/* One problem for each label noise: the same examples, other targets. */
static sur_status make_problems(sur_descent_curve *c, sur_idx dimension, sur_error *err)
{
    const void *input = c->context->input;
    const size_t size = c->context->input_size;
    sur_status status;

    SUR_TRY(sur_alloc(&c->problems, c->stop_count, sizeof *c->problems, err));
    for (sur_idx s = 0; s < c->stop_count; s++) {
        sur_descent_stop *at = &c->stops[s];
        for (sur_idx t = 0; t < s; t++)
            if (c->stops[t].label_noise == at->label_noise) {
                at->problem = c->stops[t].problem;
                at->output = c->stops[t].output;
                break;
            }
        if (at->problem) continue;
        const sur_idx v = c->problem_count;
        SUR_TRY(sur_descent_problem_new(&c->problems[v], c->fits[at->first].options,
                                        dimension, c->streamed, input, size, err));
        c->problem_count++;
        at->problem = &c->problems[v];
        at->output = v * c->problems->outputs;
    }
    if (sur_descent_is_nested(c->fits[0].options)) return nest_problems(c, err);
    if (c->problem_count == 1 || c->streamed) return SUR_OK;
    const sur_idx n = c->problems->train.rows, k = c->problems->outputs;
    SUR_TRY(sur_mat_new(&c->targets, n, k * c->problem_count, err));
    for (sur_idx v = 0; v < c->problem_count; v++) {
        sur_mat place = sur_mat_part(&c->targets, 0, n, v * k, k);
        sur_mat_copy(&place, &c->problems[v].target);
    }

done:
    return status;
}

static sur_status make_stops(sur_descent_curve *c, sur_idx dimension, sur_error *err)
{
    const sur_idx candidates = c->tune ? DESCENT_CANDIDATES : 0;
    sur_status status;

    SUR_TRY(sur_alloc(&c->stops, c->fit_count, sizeof *c->stops, err));
    for (sur_idx i = 0; i < c->fit_count; i++) {
        const sur_idx width = c->fits[i].options->width;
        const double noise = c->fits[i].options->data.label_noise;
        const sur_descent_stop *last = i ? &c->stops[c->stop_count - 1] : NULL;
        if (!last || last->width != width || last->label_noise != noise) {
            if (width != SUR_INF) c->finite++;
            c->stops[c->stop_count++] = (sur_descent_stop){.width = width,
                                                           .label_noise = noise,
                                                           .first = i,
                                                           .tuned_ridge = nan("")};
        }
        c->stops[c->stop_count - 1].count++;
        c->fits[i].stop = c->stop_count - 1;
    }
    c->tall = sur_descent_is_tall(c->fits[0].options);
    c->streamed = c->tall &&
                  c->stops[c->stop_count - 1].width <= c->fits[0].options->data.samples;
    SUR_TRY(make_problems(c, dimension, err));
    const sur_idx most = c->fit_count + c->stop_count * candidates;
    SUR_TRY(sur_alloc(&c->points, most, sizeof *c->points, err));
    SUR_TRY(sur_alloc(&c->owner, most, sizeof *c->owner, err));
    SUR_TRY(sur_alloc(&c->list, c->fit_count + c->stop_count, sizeof(void *), err));
    for (sur_idx s = 0; s < c->finite; s++) {
        sur_descent_stop *at = &c->stops[s];
        at->points = c->point_count;
        at->missing = at->count + candidates;
        for (sur_idx i = 0; i < at->missing; i++) c->owner[c->point_count + i] = s;
        for (sur_idx i = 0; i < at->count; i++)
            c->points[c->point_count + i] = (sur_curve_point){
                .width = at->width, .ridge = c->fits[at->first + i].options->ridge};
        for (sur_idx i = 0; i < at->missing; i++) {
            c->points[c->point_count + i].output = at->output;
            c->points[c->point_count + i].outputs = c->problems->outputs;
        }
        c->point_count += at->missing;
    }

done:
    return status;
}

static void set_penalties(const sur_descent_curve *c, sur_descent_stop *at,
                          double scale)
{
    for (int j = 0; j < DESCENT_CANDIDATES; j++)
        at->penalty[j] = j == 0 ? 0.0 : pow(10.0, -6.0 + 0.5 * (j - 1)) * scale;
    if (at->width == SUR_INF) return;
    for (int j = 0; j < DESCENT_CANDIDATES; j++) {
        sur_curve_point *point = &c->points[at->points + at->count + j];
        point->width = at->width;
        point->ridge = at->penalty[j];
    }
}

/* s_p of every finite stop. */
static sur_status scale_penalties(sur_descent_curve *c, sur_error *err)
{
    const sur_idx widest = c->finite ? c->stops[c->finite - 1].width : 0;
    double *square = NULL, sum = 0.0;
    sur_status status = SUR_OK;

    if (!c->tune || widest == 0) return SUR_OK;
    const sur_idx n =
        c->tall ? c->problems->part[DESCENT_TRAIN].count : c->problems->train.rows;
    SUR_TRY(sur_alloc(&square, widest, sizeof *square, err));
    SUR_TRY(sur_descent_squares(square, widest, c, err));
    for (sur_idx j = 0, s = 0; j < widest; j++) {
        sum += square[j];
        for (; s < c->finite && c->stops[s].width == j + 1; s++)
            set_penalties(c, &c->stops[s], sum / (double)n);
    }

done:
    free(square);
    return status;
}

/* ---- solved points come in ---- */

/* Stores the coefficients of candidate j among the others of its stop. */
static sur_status store_candidate(sur_descent_curve *c, sur_descent_stop *at, sur_idx j,
                                  const sur_mat *b, sur_error *err)
{
    const sur_idx k = c->problems->outputs;
    if (!at->candidates.b.data) {
        const sur_status status = sur_descent_model_new(
            &at->candidates, at->width, b->rows, DESCENT_CANDIDATES * k, err);
        if (status != SUR_OK) return status;
        c->held += sur_descent_bytes(&at->candidates.b);
    }
    sur_mat place = sur_mat_part(&at->candidates.b, 0, b->rows, j * k, k);
    sur_mat_copy(&place, b);
    at->usable[j] = true;
    return SUR_OK;
}

static sur_status store_point(sur_descent_curve *c, sur_descent_stop *at, sur_idx index,
                              const sur_mat *b, const sur_curve_fit *info,
                              sur_error *err)
{
    at->missing--;
    if (index >= at->count) return store_candidate(c, at, index - at->count, b, err);
    sur_descent_fit *f = &c->fits[at->first + index];
    const sur_status status =
        sur_descent_model_new(&f->model, at->width, b->rows, b->cols, err);
    if (status != SUR_OK) return status;
    sur_mat_copy(&f->model.b, b);
    f->info = *info;
    c->held += sur_descent_held(c, b);
    return SUR_OK;
}

/* ---- solving ---- */

static sur_status take_point(void *payload, sur_idx point, const sur_mat *b,
                             const sur_curve_fit *info, sur_error *err)
{
    sur_descent_curve *c = payload;
    sur_descent_stop *at = &c->stops[c->owner[point]];
    const sur_status status = store_point(c, at, point - at->points, b, info, err);
    if (status != SUR_OK || c->held < DESCENT_HELD) return status;
    return sur_descent_flush(c, 0, c->finite, err);
}

/* Where a point was solved alone, which of the curve it is. */
typedef struct alone {
    sur_descent_curve *curve;
    sur_idx point;
} alone;

static sur_status take_alone(void *payload, sur_idx point, const sur_mat *b,
                             const sur_curve_fit *info, sur_error *err)
{
    const alone *one = payload;
    (void)point;
    return take_point(one->curve, one->point, b, info, err);
}

/* Negative weights can leave single points without a solution; then each is solved
 * alone, and those that have none fail alone. A point has the same bits either way. */
static sur_status solve_one_by_one(sur_descent_curve *c, sur_error *err)
{
    for (sur_idx i = 0; i < c->point_count; i++) {
        sur_descent_stop *at = &c->stops[c->owner[i]];
        const sur_idx index = i - at->points;
        if (at->done) continue;
        if (index < at->count ? c->fits[at->first + index].model.b.data != NULL
                              : at->usable[index - at->count])
            continue;
        alone one = {c, i};
        sur_error why = {0};
        const sur_status status =
            sur_descent_solve(c, &c->points[i], 1, take_alone, &one, &why);
        if (status == SUR_OK) continue;
        if (status != SUR_ENUMERIC) return sur_fail(err, status, "%s", why.message);
        at->missing--;
        if (index >= at->count) continue;
        sur_descent_fit *f = &c->fits[at->first + index];
        f->status = status;
        snprintf(f->message, sizeof f->message, "%.250s", why.message);
    }
    return SUR_OK;
}

static sur_status solve_finite(sur_descent_curve *c, sur_error *err)
{
    sur_status status;

    if (c->finite == 0) return SUR_OK;
    SUR_TRY(scale_penalties(c, err));
    status = sur_descent_solve(c, c->points, c->point_count, take_point, c, err);
    if (status == SUR_ENUMERIC) status = solve_one_by_one(c, err);
    if (status == SUR_OK) status = sur_descent_flush(c, 0, c->finite, err);

done:
    return status;
}

static sur_status solve_infinite(sur_descent_curve *c, sur_error *err)
{
    sur_descent_kernel kernel = {0};
    sur_curve_fit info;
    sur_mat a = {0};
    sur_status status = SUR_OK;

    if (c->finite == c->stop_count) return SUR_OK;
    const sur_idx n = c->problems->train.rows;
    const sur_mat *targets = c->targets.data ? &c->targets : &c->problems->target;
    SUR_TRY(sur_descent_kernel_new(&kernel, c->problems, targets, err));
    SUR_TRY(sur_mat_new(&a, n, c->problems->outputs, err));
    for (sur_idx s = c->finite; s < c->stop_count; s++) {
        sur_descent_stop *at = &c->stops[s];
        set_penalties(c, at, sur_descent_kernel_trace(&kernel) / (double)n);
        at->missing = at->count + (c->tune ? DESCENT_CANDIDATES : 0);
        for (sur_idx i = 0, all = at->missing; i < all; i++) {
            const double ridge = i < at->count ? c->fits[at->first + i].options->ridge
                                               : at->penalty[i - at->count];
            sur_descent_kernel_solve(&a, &info, &kernel, at->output, ridge);
            SUR_TRY(store_point(c, at, i, &a, &info, err));
        }
    }
    SUR_TRY(sur_descent_flush(c, c->finite, c->stop_count, err));

done:
    sur_mat_free(&a);
    sur_descent_kernel_free(&kernel);
    return status;
}

static void curve_free(sur_descent_curve *c)
{
    for (sur_idx i = 0; i < c->fit_count && c->fits; i++)
        sur_descent_model_free(&c->fits[i].model);
    for (sur_idx s = 0; s < c->stop_count; s++) {
        sur_descent_model_free(&c->stops[s].candidates);
        sur_descent_model_free(&c->stops[s].tuned);
    }
    sur_descent_nest_free(c->nested, c->stop_count);
    sur_mat_free(&c->targets);
    free(c->fits);
    free(c->stops);
    free(c->points);
    free(c->owner);
    free(c->list);
    for (sur_idx v = 0; v < c->problem_count; v++)
        sur_descent_problem_free(&c->problems[v]);
    free(c->problems);
}

sur_status sur_descent_curve_run(const void *const *options, const sur_idx *trials,
                                 sur_idx count, const sur_context *context,
                                 sur_error *err)
{
    const sur_descent_options *first = options[trials[0]];
    sur_descent_curve c = {.context = context,
                           .fit_count = count,
                           .tune = first->tune == DESCENT_YES,
                           .since = sur_clock()};
    sur_status status;

    sur_idx dimension = first->data.dimension;
    for (sur_idx i = 0; i < count; i++) {
        const sur_descent_options *o = options[trials[i]];
        if (o->data.dimension > dimension) dimension = o->data.dimension;
    }
    SUR_TRY(sur_alloc(&c.fits, count, sizeof *c.fits, err));
    for (sur_idx i = 0; i < count; i++) {
        c.fits[i].trial = trials[i];
        c.fits[i].options = options[trials[i]];
    }
    qsort(c.fits, (size_t)count, sizeof *c.fits, by_width);
    SUR_TRY(make_stops(&c, dimension, err));
    SUR_TRY(solve_finite(&c, err));
    SUR_TRY(solve_infinite(&c, err));

done:
    curve_free(&c);
    return status;
}
