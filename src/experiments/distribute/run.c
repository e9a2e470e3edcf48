/* run.c -- one run of the nodes for all trials that differ in the network's speed. */
#include "experiments/distribute/run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void distribute_outcome_free(distribute_outcome *o)
{
    sur_ledger_free(&o->ledger);
    free(o->model);
    free(o->trace);
    *o = (distribute_outcome){0};
}

/* What watches a run from outside. */
typedef struct watch {
    const sur_context *context;
    const distribute_task *task;
    const distribute_team *team;
    distribute_outcome *out;
    bool trace;
    sur_idx room;
} watch;

static bool stop(void *payload)
{
    const watch *w = payload;
    return w->context->stop(w->context->payload);
}

/* The loss of node 0's model, for --trace. */
static sur_status after_round(void *payload, int64_t round, sur_error *err)
{
    watch *w = payload;
    distribute_score score;
    if (!w->trace || w->team->first > 0) return SUR_OK;
    if (round >= w->room) {
        const sur_idx room = 2 * round + 64;
        const sur_status status =
            sur_resize(&w->out->trace, room, sizeof *w->out->trace, err);
        if (status != SUR_OK) return status;
        for (sur_idx r = w->room; r < room; r++) w->out->trace[r] = nan("");
        w->room = room;
    }
    const sur_status status =
        w->task->score(w->task, &score, w->team->model(w->team->node[0]), false, err);
    w->out->trace[round] = score.loss;
    w->out->traced = round + 1;
    return status;
}

/* ---- models at the end ---- */

/* Every node's model in one block [nodes x dim] at rank 0; NULL at the others. */
static sur_status gather_models(double **all, const distribute_team *team,
                                const distribute_task *task, double timeout,
                                sur_error *err)
{
    const size_t size = (size_t)task->dim * sizeof(double);
    size_t *offset = NULL;
    void *bytes = NULL;
    sur_status status;

    *all = NULL;
    if (sur_world_size() == 0) {
        SUR_TRY(sur_alloc(all, task->nodes * task->dim, sizeof **all, err));
        for (sur_idx i = 0; i < task->nodes; i++)
            memcpy(*all + i * task->dim, team->model(team->node[i]), size);
        return SUR_OK;
    }
    SUR_TRY(sur_alloc(&offset, task->nodes + 1, sizeof *offset, err));
    SUR_TRY(sur_world_collect(&bytes, offset, team->model(team->node[0]), size, timeout,
                              err));
    *all = bytes;

done:
    free(offset);
    return status;
}

/* The worst node's loss, the disagreement, and what node 0's model is worth. */
static sur_status judge(distribute_outcome *out, const distribute_task *task,
                        const double *all, sur_error *err)
{
    double *gap = NULL;
    sur_status status;

    SUR_TRY(task->score(task, &out->score, all, true, err));
    SUR_TRY(sur_alloc(&gap, task->dim, sizeof *gap, err));
    const double norm = sur_norm2(all, task->dim);
    for (sur_idx i = 1; i < task->nodes; i++) {
        const double *v = all + i * task->dim;
        distribute_score other;
        for (sur_idx j = 0; j < task->dim; j++) gap[j] = v[j] - all[j];
        const double far = sur_norm2(gap, task->dim);
        if (far == 0.0) continue;
        out->consensus = fmax(out->consensus, norm > 0.0 ? far / norm : HUGE_VAL);
        SUR_TRY(task->score(task, &other, v, false, err));
        out->score.loss = fmax(out->score.loss, other.loss);
    }
    SUR_TRY(sur_alloc(&out->model, task->dim, sizeof *out->model, err));
    memcpy(out->model, all, (size_t)task->dim * sizeof *all);
    out->dim = task->dim;

done:
    free(gap);
    return status;
}

/* ---- one run ---- */

/* Sum over the levels of the tree of the most children that a node there has. */
static double spread_of(const sur_graph *g)
{
    double sum = 0.0;
    for (sur_idx level = 0; level < g->height; level++) {
        sur_idx most = 0;
        for (sur_idx i = 0; i < g->nodes; i++) {
            sur_idx children = 0;
            if (g->depth[i] != level) continue;
            for (sur_idx e = g->start[i]; e < g->start[i + 1]; e++)
                children += g->parent[g->peer[e]] == i;
            if (children > most) most = children;
        }
        sum += (double)most;
    }
    return sum;
}

static sur_status run_team(distribute_outcome *out, const distribute_run *run,
                           const char *identity, const sur_context *context,
                           sur_error *err)
{
    const sur_distribute_options *o = run->options;
    const bool ranks = sur_world_size() > 0;
    const distribute_task *task = run->task;
    distribute_team team = {0};
    watch w = {
        .context = context, .task = task, .team = &team, .out = out, .trace = o->trace};
    const sur_comm_options comm = {.ranks = ranks,
                                   .timeout = o->timeout,
                                   .stop = stop,
                                   .after_round = after_round,
                                   .payload = &w,
                                   .checkpoint = o->checkpoint,
                                   .every = o->checkpoint_every,
                                   .identity = identity,
                                   .resume = o->resume};
    double *all = NULL;
    sur_status status;

    status = distribute_team_new(&team, run, ranks ? sur_world_rank() : 0,
                                 ranks ? 1 : task->nodes, err);
    if (ranks) status = sur_world_agree(status, o->timeout, err);
    if (status != SUR_OK) goto done;
    SUR_TRY(after_round(&w, 0, err));
    SUR_TRY(sur_comm_run(team.agent, run->graph, &comm, &out->ledger, &out->comm, err));
    out->reached = team.reached(team.node[0]);
    SUR_TRY(gather_models(&all, &team, task, o->timeout, err));
    if (all) SUR_TRY(judge(out, task, all, err));

done:
    free(all);
    distribute_team_free(&team);
    return status;
}

/* Of the graph and the targets in the order of the nodes. */
static uint64_t problem_hash(const sur_graph *g, const distribute_data *data)
{
    uint64_t hash = 14695981039346656037u;
    for (sur_idx e = 0; g->start && e < g->start[g->nodes]; e++)
        hash = (hash ^ (uint64_t)g->peer[e]) * 1099511628211u;
    for (sur_idx r = 0; data->target.data && r < data->n; r++) {
        uint64_t bits;
        memcpy(&bits, sur_mat_row(&data->target, r), sizeof bits);
        hash = (hash ^ bits) * 1099511628211u;
    }
    return hash;
}

/* All that makes its rounds what they are: not how many there may be, nor what is told
 * of them. */
static sur_status make_identity(char **out, const sur_distribute_options *options,
                                uint64_t hash, sur_error *err)
{
    sur_distribute_options o = *options;
    sur_text text = {0};
    char *json = NULL;
    sur_status status;

    o.max_rounds = 1;
    o.bandwidth = o.latency = 1.0;
    o.trace = false;
    SUR_TRY(sur_fields_to_json(&sur_distribute_fields, &o, &json, err));
    SUR_TRY(sur_text_format(&text, err, "%s %016llx %s", json, (unsigned long long)hash,
                            sur_version()));
    *out = text.at;
    text.at = NULL;

done:
    free(json);
    sur_text_free(&text);
    return status;
}

/* What every rank makes for itself, the same on all. */
static sur_status make_problem(sur_graph *graph, distribute_data *data, char **identity,
                               const sur_distribute_options *o,
                               const sur_context *context, sur_error *err)
{
    uint64_t hash = 0;
    sur_status status =
        sur_graph_make(graph, (sur_topology)o->topology, o->nodes, o->density,
                       (uint64_t)o->data.seed, o->edges, err);
    if (status == SUR_OK) status = distribute_data_new(data, o, context, err);
    if (status == SUR_OK) {
        hash = problem_hash(graph, data);
        status = make_identity(identity, o, hash, err);
    }
    return distribute_same_problem(status, hash, o->timeout, err);
}

static sur_status run_one(distribute_outcome *out, const sur_distribute_options *o,
                          const sur_context *context, sur_error *err)
{
    distribute_data data = {0};
    distribute_task task = {0};
    sur_graph graph = {0};
    char *identity = NULL;
    sur_status status;

    SUR_TRY(make_problem(&graph, &data, &identity, o, context, err));
    out->reference.norm = out->reference.condition = out->reference.gd_rounds = nan("");
    out->reference.score.test_loss = out->reference.score.test_error = nan("");
    if (o->family != DISTRIBUTE_WIDE_MLP)
        SUR_TRY(distribute_reference_of(&out->reference, &data, o->tolerance, err));
    out->samples = data.n;
    out->outputs = data.outputs;
    out->square = data.square;
    out->test = data.test;
    for (sur_idx i = 0; i < data.nodes; i++) {
        const sur_idx own = data.first[i + 1] - data.first[i];
        out->idle += own == 0;
        out->proved +=
            distribute_proved_bits((double)(data.n * data.outputs),
                                   (double)(own * data.outputs), o->tolerance);
    }
    const distribute_choice choice =
        distribute_choose(o, &data, &graph, &out->reference);
    distribute_run run = {.data = &data, .graph = &graph, .options = o};
    SUR_TRY((o->family == DISTRIBUTE_WIDE_MLP
                 ? distribute_wide_mlp_new
                 : distribute_linear_new)(&task, &data, o, choice.sketch, err));
    if (o->family != DISTRIBUTE_WIDE_MLP && !isnan(out->reference.loss)) {
        task.target = distribute_target(&out->reference, data.square, o->tolerance);
        task.floored = task.target > o->tolerance * data.square;
    }
    run.task = &task;
    distribute_settle(&run, &choice);
    out->method = choice.method;
    out->sketch = choice.sketch;
    out->width = task.width;
    out->target = task.target;
    out->floored = task.floored;
    out->wide = o->family == DISTRIBUTE_WIDE_MLP;
    out->height = graph.height;
    out->spread = spread_of(&graph);
    SUR_TRY(run_team(out, &run, identity, context, err));

done:
    free(identity);
    distribute_task_free(&task);
    distribute_data_free(&data);
    sur_graph_free(&graph);
    return status;
}

/* ---- groups ---- */

/* Whether two trials have the same run: all but the speed of the network is equal. */
static bool is_same_run(const sur_distribute_options *a,
                        const sur_distribute_options *b)
{
    for (sur_idx f = 0; f < sur_distribute_fields.count; f++) {
        const sur_field *field = &sur_distribute_fields.at[f];
        char one[512], two[512];
        if (!(field->flags & SUR_AXIS) || strcmp(field->name, "bandwidth") == 0 ||
            strcmp(field->name, "latency") == 0)
            continue;
        sur_field_text(field, a, one, sizeof one);
        sur_field_text(field, b, two, sizeof two);
        if (strcmp(one, two) != 0) return false;
    }
    return true;
}

static sur_status run_group(const void *const *options, sur_idx first, sur_idx count,
                            bool *done, const sur_context *context, sur_error *err)
{
    distribute_outcome out = {0};
    sur_error why = {0};
    const sur_distribute_options *o = options[first];
    sur_status status = distribute_same(&sur_distribute_fields, o, o->timeout, err);
    if (status != SUR_OK) return status;
    const double began = sur_clock();
    const sur_status outcome = run_one(&out, o, context, &why);
    out.seconds = sur_clock() - began; /* told once: the others cost nothing */
    if (outcome == SUR_ESTOPPED || outcome == SUR_ENOMEM || out.comm.lost)
        status = sur_fail(err, outcome, "%s", why.message);
    for (sur_idx i = first; i < count && status == SUR_OK; i++) {
        if (done[i] || !is_same_run(o, options[i])) continue;
        done[i] = true;
        status = outcome == SUR_OK
                     ? distribute_emit(&out, options[i], i, context, err)
                     : context->emit(context->payload, i,
                                     &(sur_outcome){.status = outcome,
                                                    .message = why.message,
                                                    .seconds = out.seconds},
                                     err);
        out.seconds = 0.0;
    }
    distribute_outcome_free(&out);
    return status;
}

sur_status sur_distribute_run(const void *const *options, sur_idx count,
                              const sur_context *context, sur_error *err)
{
    bool *done = NULL;
    sur_status status;

    if (context->threads > 0) sur_threads_set(context->threads);
    SUR_TRY(sur_alloc(&done, count, sizeof *done, err));
    for (sur_idx i = 0; i < count; i++) {
        if (done[i]) continue;
        SUR_FAIL_IF(context->stop(context->payload), SUR_ESTOPPED, "stopped");
        SUR_TRY(run_group(options, i, count, done, context, err));
    }

done:
    free(done);
    return status;
}
