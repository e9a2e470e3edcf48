/* trials.c -- runs the trials of one problem together.
 *
 * Trials of a group differ by solver, width, start and stopping rules only. Those whose
 * readings are the same (effects taken off depend on the hold-out) descend in batches
 * that share each pass over the measurements; baselines run one by one. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 16 };

typedef struct group {
    const sur_recover_trial *const *options;
    const sur_context *context;
    recover_problem problem;
    double *y; /* readings without effects */
} group;

/* Readings of a trial: those of the problem without the effects of its hold-out. */
static sur_status readings(recover_effects *effects, group *g,
                           const sur_recover_trial *o, sur_error *err)
{
    const recover_problem *p = &g->problem;
    double *weight = NULL;
    sur_idx used;
    sur_status status;
    memcpy(g->y, p->y, (size_t)p->op.count * sizeof *g->y);
    *effects = (recover_effects){0};
    SUR_TRY(recover_holdout(&weight, &used, p->op.count, o->holdout,
                            (uint64_t)o->start_seed, err));
    SUR_TRY(recover_effects_fit(effects, p, o->center, weight, err));
    if (effects->row)
        for (sur_idx q = 0; q < p->op.count; q++)
            g->y[q] -= recover_effects_at(effects, p->row[q], p->col[q]);
done:
    free(weight);
    return status;
}

static sur_recover_options settings(const sur_recover_trial *o, group *g,
                                    recover_trace *trace)
{
    static const sur_recover_method methods[] = {[SOLVER_GD] = SUR_RECOVER_GD,
                                                 [SOLVER_SCALED] = SUR_RECOVER_SCALED,
                                                 [SOLVER_PREC] = SUR_RECOVER_PREC};
    sur_recover_options s = sur_recover_defaults();
    s.rank = o->rank;
    s.method = methods[o->solver];
    s.start = o->start ? SUR_START_JUMP : SUR_START_RANDOM;
    s.init_scale = o->init_scale;
    s.init_absolute = o->init_absolute;
    s.step = o->step;
    s.damping = o->damping;
    s.momentum = o->momentum;
    s.iterations = o->iterations;
    s.tolerance = o->tolerance;
    s.holdout = o->holdout;
    s.seed = (uint64_t)o->start_seed;
    s.stop = g->context->stop;
    s.observe = recover_trace_observe;
    s.payload = trace;
    return s;
}

/* stop and observe share one payload: this hands each its own. */
typedef struct share {
    recover_trace *trace;
    const sur_context *context;
} share;

static bool stop(void *payload)
{
    const share *s = payload;
    return s->context->stop && s->context->stop(s->context->payload);
}

static sur_status observe(void *payload, const sur_recover_view *view, bool *go_on,
                          sur_error *err)
{
    return recover_trace_observe(((share *)payload)->trace, view, go_on, err);
}

static sur_status hand_over(group *g, sur_idx index, const recover_effects *effects,
                            const sur_recover_result *result,
                            const recover_trace *trace, sur_error *err)
{
    const recover_done done_trial = {.options = g->options[index],
                                     .problem = &g->problem,
                                     .effects = effects,
                                     .result = result,
                                     .trace = trace};
    sur_status status;
    SUR_TRY(recover_keep(&done_trial, index, g->context, err));
    SUR_TRY(recover_emit(&done_trial, index, g->context, err));
done:
    return status;
}

static sur_status run_batch(group *g, const sur_idx *trials, sur_idx count,
                            sur_error *err)
{
    sur_recover_options s[BATCH];
    sur_recover_result results[BATCH] = {0};
    recover_trace traces[BATCH] = {0};
    share shares[BATCH];
    recover_effects effects = {0};
    sur_status status;

    if (count < 1) return SUR_OK;
    SUR_TRY(readings(&effects, g, g->options[trials[0]], err));
    for (sur_idx k = 0; k < count; k++) {
        const sur_recover_trial *o = g->options[trials[k]];
        SUR_TRY(recover_trace_begin(&traces[k], &g->problem, o, g->y, err));
        s[k] = settings(o, g, NULL);
        shares[k] = (share){&traces[k], g->context};
        s[k].payload = &shares[k];
        s[k].observe = observe;
        s[k].stop = stop;
    }
    SUR_TRY(sur_recover_many(results, &g->problem.op, g->y, s, count, err));
    for (sur_idx k = 0; k < count; k++)
        SUR_TRY(hand_over(g, trials[k], &effects, &results[k], &traces[k], err));
done:
    for (sur_idx k = 0; k < count; k++) {
        sur_recover_free(&results[k]);
        recover_trace_free(&traces[k]);
    }
    recover_effects_free(&effects);
    return status;
}

static sur_status run_baseline(group *g, sur_idx index, sur_error *err)
{
    const sur_recover_trial *o = g->options[index];
    const recover_problem *p = &g->problem;
    recover_effects effects = {0};
    sur_recover_result result = {0};
    const double begun = sur_clock();
    sur_status status;

    SUR_TRY(readings(&effects, g, o, err));
    if (o->solver == SOLVER_SPECTRAL)
        SUR_TRY(sur_recover_spectral(&result, &p->op, g->y, o->rank, err));
    else if (o->solver == SOLVER_NUCLEAR)
        SUR_TRY(sur_recover_nuclear(&result, &p->op, g->y,
                                    isnan(o->penalty) ? 0.0 : o->penalty,
                                    isnan(o->penalty) ? o->holdout : 0.0, o->iterations,
                                    (uint64_t)o->start_seed, err));
    else
        SUR_TRY(sur_recover_als(
            &result, p->row, p->col, g->y, p->op.count, p->op.rows, p->op.cols, o->rank,
            isnan(o->penalty) ? 0.1 : o->penalty,
            o->iterations < 50 ? o->iterations : 50, (uint64_t)o->start_seed, err));
    result.seconds = sur_clock() - begun;
    SUR_TRY(hand_over(g, index, &effects, &result, NULL, err));
done:
    sur_recover_free(&result);
    recover_effects_free(&effects);
    return status;
}

/* Whether two trials have the same readings, and so may share passes. */
static bool alike(const sur_recover_trial *a, const sur_recover_trial *b)
{
    return a->center == CENTER_NONE ||
           (a->holdout == b->holdout && a->start_seed == b->start_seed);
}

sur_status recover_trials(const void *const *options, sur_idx count,
                          const sur_context *context, sur_error *err)
{
    const sur_recover_trial *const *all = (const sur_recover_trial *const *)options;
    group g = {.options = all, .context = context};
    bool *taken = NULL;
    sur_status status = SUR_OK;

    if (count == 0) return status;
    if (context->threads > 0) sur_threads_set(context->threads);
    SUR_TRY(recover_problem_make(&g.problem, all[0], context->input,
                                 context->input_size, err));
    SUR_TRY(sur_alloc(&g.y, g.problem.op.count, sizeof *g.y, err));
    SUR_TRY(sur_alloc(&taken, count, sizeof *taken, err));
    for (sur_idx first = 0; first < count; first++) {
        sur_idx batch[BATCH], size = 0;
        if (taken[first]) continue;
        SUR_FAIL_IF(context->stop && context->stop(context->payload), SUR_ESTOPPED,
                    "stopped on request");
        if (all[first]->solver > SOLVER_PREC) {
            taken[first] = true;
            SUR_TRY(run_baseline(&g, first, err));
            continue;
        }
        for (sur_idx k = first; k < count && size < BATCH; k++) {
            if (taken[k] || all[k]->solver > SOLVER_PREC || !alike(all[first], all[k]))
                continue;
            taken[k] = true;
            batch[size++] = k;
        }
        SUR_TRY(run_batch(&g, batch, size, err));
    }
done:
    recover_problem_free(&g.problem);
    free(g.y);
    free(taken);
    return status;
}
