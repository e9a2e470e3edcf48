/* run.c -- all nodes in this process, and what a node does wherever it is. */
#include "comm/run.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

/* ---- one node ---- */

sur_status sur_mover_charge(sur_mover *mover, const sur_packet *packet, sur_error *err)
{
    if (packet->model_bits < 0 || packet->model_bits > 8 * (int64_t)packet->size)
        return sur_fail(err, SUR_EBACKEND, "node %lld: %lld bits in %lld bytes",
                        (long long)mover->node, (long long)packet->model_bits,
                        (long long)packet->size);
    mover->sent += (int64_t)packet->size;
    return sur_log_send(mover->log, packet, mover->round, err);
}

/* As the receiver sees it: from the parent a message comes down. */
static sur_direction coming(const sur_graph *graph, sur_idx node, sur_idx peer)
{
    return graph->parent[node] == peer   ? SUR_DOWN
           : graph->parent[peer] == node ? SUR_UP
                                         : SUR_ACROSS;
}

sur_status sur_mover_take(sur_mover *mover, int64_t tick, sur_idx peer,
                          const uint8_t *bytes, size_t size, const sur_graph *graph,
                          sur_error *err)
{
    const sur_agent *agent = mover->agent;
    mover->received += (int64_t)size;
    sur_log_receive(mover->log, size, coming(graph, mover->node, peer));
    return agent->kind->receive(agent->self, tick, peer, bytes, size, err);
}

sur_status sur_mover_tick(sur_mover *mover, int64_t tick, bool *ended, sur_error *err)
{
    const sur_agent *agent = mover->agent;
    const sur_status status =
        sur_log_tick(mover->log, tick, mover->sent, mover->received, err);
    mover->sent = mover->received = 0;
    *ended = agent->kind->ended(agent->self, tick, &mover->round);
    return status;
}

sur_status sur_mover_save(const sur_mover *mover, sur_idx nodes, int64_t tick,
                          const sur_comm_options *options, sur_error *err)
{
    const sur_agent *agent = mover->agent;
    if (!options->checkpoint || mover->round == 0 || mover->round % options->every != 0)
        return SUR_OK;
    sur_saved what = {.round = mover->round, .tick = tick, .log = *mover->log};
    what.state = agent->kind->state(agent->self, &what.size);
    return sur_saved_write(options->checkpoint, options->identity, mover->node, nodes,
                           mover->round / options->every, &what, err);
}

sur_status sur_mover_newest(int64_t *round, const sur_mover *mover, sur_idx nodes,
                            const sur_comm_options *options, sur_error *err)
{
    sur_saved saved;
    bool found;
    const sur_status status =
        sur_saved_read(&saved, &found, options->checkpoint, options->identity,
                       mover->node, nodes, -1, err);
    *round = status == SUR_OK && found ? saved.round : -1;
    sur_saved_free(&saved);
    return status;
}

sur_status sur_mover_restore(sur_mover *mover, int64_t *tick, sur_idx nodes,
                             int64_t round, const sur_comm_options *options,
                             sur_error *err)
{
    const sur_agent *agent = mover->agent;
    sur_saved saved = {0};
    size_t size = 0;
    bool found = false;
    sur_status status;

    SUR_TRY(sur_saved_read(&saved, &found, options->checkpoint, options->identity,
                           mover->node, nodes, round, err));
    SUR_FAIL_IF(!found, SUR_EPARSE,
                "%s: node %lld has no checkpoint of round %lld, the newest all have",
                options->checkpoint, (long long)mover->node, (long long)round);
    void *state = agent->kind->state(agent->self, &size);
    SUR_FAIL_IF(size != saved.size, SUR_EPARSE,
                "%s: the state of node %lld has %lld bytes, not %lld",
                options->checkpoint, (long long)mover->node, (long long)saved.size,
                (long long)size);
    if (size) memcpy(state, saved.state, size);
    *tick = saved.tick;
    mover->round = saved.round;
    sur_log_free(mover->log);
    *mover->log = saved.log;
    saved.log = (sur_log){0};
    if (agent->kind->restored) SUR_TRY(agent->kind->restored(agent->self, err));

done:
    sur_saved_free(&saved);
    return status;
}

/* ---- all nodes ---- */

typedef struct field {
    const sur_graph *graph;
    const sur_comm_options *options;
    sur_mover *mover;          /* [nodes] */
    const sur_packet **packet; /* [edges, both ways] what peer[e] is sent */
    sur_idx *back;             /* [edges] the same edge from its other end */
} field;

static sur_idx edge_to(const sur_graph *g, sur_idx from, sur_idx to)
{
    sur_idx low = g->start[from], high = g->start[from + 1] - 1;
    while (low < high) {
        const sur_idx mid = (low + high) / 2;
        if (g->peer[mid] < to)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static sur_status send_all(field *f, int64_t tick, sur_error *err)
{
    const sur_graph *g = f->graph;
    sur_status status = SUR_OK;
    for (sur_idx i = 0; i < g->nodes; i++) {
        sur_mover *m = &f->mover[i];
        const sur_agent *agent = m->agent;
        status = agent->kind->prepare(agent->self, tick, err);
        for (sur_idx e = g->start[i]; e < g->start[i + 1] && status == SUR_OK; e++) {
            f->packet[e] = agent->kind->send(agent->self, tick, g->peer[e]);
            if (f->packet[e]) status = sur_mover_charge(m, f->packet[e], err);
        }
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

static sur_status take_all(field *f, int64_t tick, sur_error *err)
{
    const sur_graph *g = f->graph;
    for (sur_idx i = 0; i < g->nodes; i++) {
        sur_mover *m = &f->mover[i];
        for (sur_idx e = g->start[i]; e < g->start[i + 1]; e++) {
            const sur_packet *packet = f->packet[f->back[e]];
            const bool expected =
                m->agent->kind->expects(m->agent->self, tick, g->peer[e]);
            if (expected != (packet != NULL))
                return sur_fail(err, SUR_EBACKEND,
                                "tick %lld: node %lld %s a message from node %lld",
                                (long long)tick, (long long)i,
                                expected ? "misses" : "does not expect",
                                (long long)g->peer[e]);
            if (!packet) continue;
            const sur_status status = sur_mover_take(m, tick, g->peer[e], packet->bytes,
                                                     packet->size, g, err);
            if (status != SUR_OK) return status;
        }
    }
    return SUR_OK;
}

/* All nodes complete their rounds in the same tick, and end in the same one. */
static sur_status close_tick(field *f, int64_t tick, bool *ended, bool *turned,
                             sur_error *err)
{
    const int64_t before = f->mover[0].round;
    sur_idx at_end = 0;
    for (sur_idx i = 0; i < f->graph->nodes; i++) {
        bool one = false;
        const sur_status status = sur_mover_tick(&f->mover[i], tick, &one, err);
        if (status != SUR_OK) return status;
        at_end += one;
    }
    if (at_end != 0 && at_end != f->graph->nodes)
        return sur_fail(err, SUR_EBACKEND, "tick %lld: %lld of %lld nodes ended",
                        (long long)tick, (long long)at_end, (long long)f->graph->nodes);
    *ended = at_end > 0;
    *turned = f->mover[0].round != before;
    return SUR_OK;
}

static sur_status after_round(field *f, int64_t tick, bool ended, sur_error *err)
{
    const sur_comm_options *o = f->options;
    for (sur_idx i = 0; i < f->graph->nodes && !ended; i++) {
        const sur_status status =
            sur_mover_save(&f->mover[i], f->graph->nodes, tick, o, err);
        if (status != SUR_OK) return status;
    }
    return o->after_round ? o->after_round(o->payload, f->mover[0].round, err) : SUR_OK;
}

/* The newest round that every node has is the oldest of the newest. */
static sur_status resume(field *f, int64_t *tick, int64_t *resumed, sur_error *err)
{
    const sur_idx nodes = f->graph->nodes;
    int64_t common = INT64_MAX;
    for (sur_idx i = 0; i < nodes; i++) {
        int64_t round = -1;
        const sur_status status =
            sur_mover_newest(&round, &f->mover[i], nodes, f->options, err);
        if (status != SUR_OK) return status;
        if (round < common) common = round;
    }
    if (common < 0) return SUR_OK;
    for (sur_idx i = 0; i < nodes; i++) {
        const sur_status status =
            sur_mover_restore(&f->mover[i], tick, nodes, common, f->options, err);
        if (status != SUR_OK) return status;
    }
    *tick += 1;
    *resumed = common;
    return SUR_OK;
}

static sur_status run_here(const sur_agent *agents, const sur_graph *g,
                           const sur_comm_options *options, sur_ledger *ledger,
                           sur_comm_result *result, sur_error *err)
{
    field f = {.graph = g, .options = options};
    const sur_idx edges = g->start[g->nodes];
    int64_t tick = 0;
    sur_status status;

    SUR_TRY(sur_alloc(&f.mover, g->nodes, sizeof *f.mover, err));
    SUR_TRY(sur_alloc(&f.packet, edges, sizeof *f.packet, err));
    SUR_TRY(sur_alloc(&f.back, edges, sizeof *f.back, err));
    for (sur_idx i = 0; i < g->nodes; i++) {
        f.mover[i] = (sur_mover){&agents[i], i, &ledger->node[i], 0, 0, 0};
        for (sur_idx e = g->start[i]; e < g->start[i + 1]; e++)
            f.back[e] = edge_to(g, g->peer[e], i);
    }
    if (options->resume) SUR_TRY(resume(&f, &tick, &result->resumed, err));
    for (bool ended = false, turned = false; !ended; tick++) {
        SUR_FAIL_IF(options->stop && options->stop(options->payload), SUR_ESTOPPED,
                    "stopped in round %lld", (long long)f.mover[0].round + 1);
        SUR_TRY(send_all(&f, tick, err));
        SUR_TRY(take_all(&f, tick, err));
        SUR_TRY(close_tick(&f, tick, &ended, &turned, err));
        if (turned) SUR_TRY(after_round(&f, tick, ended, err));
    }

done:
    if (f.mover) result->rounds = f.mover[0].round;
    result->ticks = tick;
    free(f.mover);
    free(f.packet);
    free(f.back);
    return status;
}

sur_status sur_comm_run(const sur_agent *agents, const sur_graph *graph,
                        const sur_comm_options *options, sur_ledger *ledger,
                        sur_comm_result *result, sur_error *err)
{
    sur_ledger made = {0};
    sur_status status;

    *result = (sur_comm_result){.resumed = -1};
    if (ledger) *ledger = made;
    SUR_TRY(sur_ledger_new(&made, graph->nodes, err));
    if (options->ranks)
        SUR_TRY(sur_comm_run_ranks(agents, graph, options, &made, result, err));
    else
        SUR_TRY(run_here(agents, graph, options, &made, result, err));
    if (ledger) {
        *ledger = made;
        made = (sur_ledger){0};
    }

done:
    sur_ledger_free(&made);
    return status;
}
