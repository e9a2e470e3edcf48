/* measure.c -- reads metrics off a finished trial. */
#include "experiments/recover/measure.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINAL = 64, PER_POINT = 18, MOST_POINTS = 1000, NOTE = 1024 };

typedef struct list {
    sur_measurement *at;
    sur_idx count, room;
} list;

static void add(list *l, const char *metric, int64_t iteration, double value)
{
    if (isnan(value) || l->count == l->room) return;
    l->at[l->count++] = (sur_measurement){.metric = metric,
                                          .iteration = iteration,
                                          .value = value,
                                          .low = (double)NAN,
                                          .high = (double)NAN};
}

static void add_iteration(list *l, const char *metric, int64_t iteration)
{
    if (iteration >= 0) add(l, metric, 0, (double)iteration);
}

/* Root mean square of the errors of n predictions, with the normal interval of the
 * mean square. */
static void add_rmse(list *l, const char *metric, double sum, double square, sur_idx n)
{
    if (n < 1 || l->count == l->room) return;
    const double mean = sum / (double)n,
                 spread = sqrt(fmax(0.0, square / (double)n - mean * mean) / (double)n),
                 half = 1.959963984540054 * spread;
    add(l, metric, 0, sqrt(mean));
    sur_measurement *m = &l->at[l->count - 1];
    m->low = sqrt(fmax(0.0, mean - half));
    m->high = sqrt(mean + half);
    m->n = n;
}

/* The entry that the factors answer, effects apart. */
static double inner_at(const recover_done *d, sur_idx i, sur_idx j)
{
    const sur_mat *left = &d->result->left,
                  *right = d->result->right.data ? &d->result->right : left;
    double inner = 0.0;
    for (sur_idx k = 0; k < left->cols; k++)
        inner += sur_mat_row(left, i)[k] * sur_mat_row(right, j)[k];
    return inner;
}

static void predictions(list *l, const recover_done *d)
{
    const recover_problem *p = d->problem;
    double sums[2] = {0}, squares[2] = {0}, whole = 0.0;
    for (sur_idx q = 0; q < p->test_count; q++) {
        const sur_idx i = p->test_row[q], j = p->test_col[q];
        const double effects = recover_effects_at(d->effects, i, j),
                     errors[2] = {p->test_value[q] - effects - inner_at(d, i, j),
                                  p->test_value[q] - effects};
        whole += p->test_value[q] * p->test_value[q];
        for (int s = 0; s < 2; s++) {
            const double square = errors[s] * errors[s];
            sums[s] += square;
            squares[s] += square * square;
        }
    }
    add_rmse(l, "rmse", sums[0], squares[0], p->test_count);
    if (d->effects->row)
        add_rmse(l, "effects_rmse", sums[1], squares[1], p->test_count);
    if (whole > 0.0) add(l, "relative_error", 0, sqrt(sums[0] / whole));
}

/* The hold-out of a descent on entries of a file, in units of the entries. */
static sur_status holdout_rmse(list *l, const recover_done *d, sur_error *err)
{
    const recover_problem *p = d->problem;
    double *weight = NULL, sum = 0.0, square = 0.0;
    sur_idx used = 0;
    sur_status status = SUR_OK;
    if (!d->trace || !p->input || !p->input->entries || !(d->options->holdout > 0.0))
        return status;
    SUR_TRY(recover_holdout(&weight, &used, p->op.count, d->options->holdout,
                            (uint64_t)d->options->start_seed, err));
    for (sur_idx q = 0; weight && q < p->op.count; q++) {
        if (weight[q] != 0.0) continue;
        const double e = p->y[q] -
                         recover_effects_at(d->effects, p->row[q], p->col[q]) -
                         inner_at(d, p->row[q], p->col[q]);
        sum += e * e;
        square += e * e * e * e;
    }
    add_rmse(l, "holdout_rmse", sum, square, p->op.count - used);
done:
    free(weight);
    return status;
}

static sur_status result_metrics(list *l, const recover_done *d, sur_error *err)
{
    const sur_recover_result *r = d->result;
    double error;
    if (d->problem->truth.data) {
        const sur_status status =
            recover_error(&error, &r->left, &r->right, &d->problem->truth, err);
        if (status != SUR_OK) return status;
        add(l, "recovery_error", 0, error);
        add(l, "recovered", 0, error < 0.01);
    }
    predictions(l, d);
    const sur_status status = holdout_rmse(l, d, err);
    if (status != SUR_OK) return status;
    add(l, "fit_error", 0, r->fit);
    add(l, "holdout_error", 0, r->holdout);
    add(l, "iterations", 0, (double)r->iterations);
    add(l, "best_iteration", 0, (double)r->best);
    add(l, "passes", 0, (double)r->passes);
    if (r->jumped > 0) add(l, "jumped", 0, (double)r->jumped);
    add(l, "rank_found", 0, (double)r->rank_found);
    add(l, "threshold", 0, r->threshold);
    add(l, "step_used", 0, r->step);
    add(l, "seconds", 0, r->seconds);
    return SUR_OK;
}

static const char *const singular_names[TRACE_SINGULAR] = {
    "singular_1", "singular_2", "singular_3", "singular_4",
    "singular_5", "singular_6", "singular_7", "singular_8"};

static void path_metrics(list *l, const recover_done *d)
{
    const recover_trace *t = d->trace;
    const recover_phases phases = recover_trace_phases(t);
    static const char *const ends[] = {"phase1_end", "phase2_end", "phase3_end"};
    for (int k = 0; k < 3; k++) add_iteration(l, ends[k], phases.end[k]);
    add_iteration(l, "spectral_until", phases.spectral_until);
    add(l, "angle_min", 0, phases.angle_min);
    add(l, "angle_end", 0, phases.angle_end);
    add(l, "spectral_angle", 0, t->angle_start);
    add(l, "nuisance", 0, phases.nuisance);
    add(l, "signal_min", 0, phases.signal_min);
    add(l, "imbalance", 0, phases.imbalance);
    add(l, "oracle_error", 0, phases.oracle_error);
    if (t->count > 0) add(l, "last_error", 0, t->points[t->count - 1].recovery);
    if (d->options->solver == SOLVER_GD && t->edge > 0.0 && t->gap > 0.0)
        add(l, "rate_ratio", 0,
            log1p(d->result->step * t->edge) / log1p(d->result->step * t->gap));
    if (d->options->solver == SOLVER_GD)
        add(l, "predicted_error", 0, recover_predicted_error(t, d->result));
    for (int i = 0; i < TRACE_SINGULAR && i < d->result->rank; i++)
        add(l, singular_names[i], 0, sqrt(d->result->singular[i]));
}

static void point_metrics(list *l, const recover_point *p)
{
    const int64_t t = p->iteration;
    if (t < 1) return; /* 0 stands for the final value */
    add(l, "recovery_error", t, p->recovery);
    add(l, "fit_error", t, p->fit);
    add(l, "holdout_error", t, p->holdout);
    add(l, "angle_min", t, p->angle_l);
    add(l, "angle_truth", t, p->angle_x);
    add(l, "signal_min", t, p->signal);
    add(l, "nuisance", t, p->nuisance);
    add(l, "spectral_gap", t, p->apart);
    add(l, "imbalance", t, p->imbalance);
    for (int i = 0; i < TRACE_SINGULAR; i++)
        add(l, singular_names[i], t, p->singular[i]);
}

/* ---- the note ---- */

static void say(char *note, const char *fmt, ...) SUR_PRINTF(2, 3);
static void say(char *note, const char *fmt, ...)
{
    const size_t used = strlen(note);
    va_list args;
    if (used + 3 >= NOTE) return;
    if (used > 0) memcpy(note + used, "; ", 3);
    va_start(args, fmt);
    vsnprintf(note + strlen(note), NOTE - strlen(note), fmt, args);
    va_end(args);
}

/* Rows (side 0) or columns without an entry that was used. */
static void say_empty(char *note, const recover_done *d, int side, const bool *seen)
{
    const recover_problem *p = d->problem;
    const sur_idx keys = side ? p->op.cols : p->op.rows;
    const double *ids =
        recover_array(p->input, side ? p->input->col_id : p->input->row_id);
    sur_idx empty = 0, first = -1;
    for (sur_idx i = 0; i < keys; i++)
        if (!seen[i]) {
            empty++;
            if (first < 0) first = i;
        }
    if (empty > 0)
        say(note,
            "%lld %s without entries, the first is %.15g: %s missing in the answer",
            (long long)empty, side ? "columns" : "rows", ids[first],
            empty > 1 ? "they are" : "it is");
}

static void say_everything(char *note, const recover_done *d, const bool *rows,
                           const bool *cols)
{
    const sur_operator *op = &d->problem->op;
    const sur_recover_result *r = d->result;
    const sur_idx need = op->symmetric ? op->rows : op->rows + op->cols - 1;
    char plateaus[400];
    note[0] = '\0';
    if (op->count < need)
        say(note, "only %lld measurements: a %lld x %lld matrix of rank 1 needs %lld",
            (long long)op->count, (long long)op->rows, (long long)op->cols,
            (long long)need);
    if (d->problem->rounding > 0.0)
        say(note, "matrices rounded to bfloat16, by %.2g of their norm",
            d->problem->rounding);
    if (r->halvings == 1) say(note, "step halved, to %g", r->step);
    if (r->halvings > 1)
        say(note, "step halved %lld times, to %g", (long long)r->halvings, r->step);
    if (rows) say_empty(note, d, 0, rows);
    if (cols) say_empty(note, d, 1, cols);
    if (d->effects->row && d->options->center == CENTER_DAMPED)
        say(note, "effects damped by %g", d->effects->damping);
    if (!d->trace) return;
    recover_plateaus(plateaus, sizeof plateaus, d->trace, r->threshold);
    if (plateaus[0]) say(note, "%s", plateaus);
}

/* Which rows and columns have an entry; NULL where that is not a question. */
static sur_status seen_of(bool **seen, const recover_problem *p, sur_error *err)
{
    sur_status status = SUR_OK;
    if (!p->input || !p->input->entries) return status;
    SUR_TRY(sur_alloc(seen, p->op.rows + p->op.cols, sizeof **seen, err));
    for (sur_idx q = 0; q < p->op.count; q++) {
        (*seen)[p->row[q]] = true;
        (*seen)[p->op.rows + p->col[q]] = true;
        if (p->op.symmetric) {
            (*seen)[p->col[q]] = true;
            (*seen)[p->op.rows + p->row[q]] = true;
        }
    }
done:
    return status;
}

sur_status recover_emit(const recover_done *d, sur_idx index,
                        const sur_context *context, sur_error *err)
{
    const sur_recover_result *r = d->result;
    const bool failed = r->end == SUR_END_DIVERGED,
               trace = d->trace && d->options->trace;
    list l = {.room = FINAL + (trace ? MOST_POINTS * PER_POINT : 0)};
    bool *seen = NULL;
    char note[NOTE];
    sur_status status;

    SUR_TRY(sur_alloc(&l.at, l.room, sizeof *l.at, err));
    SUR_TRY(seen_of(&seen, d->problem, err));
    if (failed) {
        snprintf(note, sizeof note, "step %g diverges at iteration %lld; %g would do",
                 r->step, (long long)r->iterations, r->advice);
    } else {
        SUR_TRY(result_metrics(&l, d, err));
        if (d->trace) path_metrics(&l, d);
        say_everything(note, d, seen, seen ? seen + d->problem->op.rows : NULL);
    }
    const sur_idx points = trace ? d->trace->count : 0,
                  every = points / MOST_POINTS + 1;
    for (sur_idx i = 0; i < points; i += every) point_metrics(&l, &d->trace->points[i]);
    const sur_outcome outcome = {.status = failed ? SUR_ENUMERIC : SUR_OK,
                                 .message = note[0] ? note : NULL,
                                 .seconds = r->seconds,
                                 .measurements = l.at,
                                 .count = l.count};
    SUR_TRY(context->emit(context->payload, index, &outcome, err));
done:
    free(l.at);
    free(seen);
    return status;
}
