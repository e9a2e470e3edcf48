/* ranks.c -- one node per MPI rank.
 *
 * Messages go by MPI_Isend and come by MPI_Improbe and MPI_Mrecv, so that their length
 * needs no message of its own and waiting can end. A rank that fails tells its
 * neighbours instead of sending what they expect, and they tell theirs; then all agree
 * on the first failure. A rank that no longer answers cannot agree: result->lost. Those
 * who waited for one that itself waited learn from it whom it missed, so that all blame
 * the same one. */
#include "comm/run.h"
#include "comm/world.h"

#include "base/memory.h"
#include "base/try.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATA = 1, ABORT = 2, TELLINGS = 8 };
#define FAREWELL 1.0 /* s that neighbours have to take the news of a failure */

/* Why a neighbour gave up. */
typedef struct news {
    sur_error error;
    bool lost;
} news;

typedef struct post {
    const sur_graph *graph;
    const sur_comm_options *options;
    sur_mover mover;
    MPI_Comm comm;
    MPI_Request *request; /* [neighbours], then [TELLINGS x neighbours] of news */
    uint8_t *buffer;      /* of the message being taken */
    sur_idx room;
    news said[TELLINGS]; /* to all neighbours, and heard before */
    int tellings;
    sur_idx source; /* whom the failure was heard from, or who is silent */
    bool lost;
} post;

static sur_status hear(post *p, MPI_Message *message, const MPI_Status *envelope,
                       sur_error *err)
{
    news n;
    sur_status status = sur_mpi_check(
        MPI_Mrecv(&n, (int)sizeof n, MPI_BYTE, message, MPI_STATUS_IGNORE), "receive",
        err);
    if (status != SUR_OK) return status;
    p->source = envelope->MPI_SOURCE;
    p->lost |= n.lost;
    n.error.message[sizeof n.error.message - 1] = '\0';
    return sur_fail(err, n.error.status, "%s", n.error.message);
}

static sur_status give_up(post *p, sur_idx peer, sur_error *err)
{
    const sur_comm_options *o = p->options;
    p->lost = true;
    p->source = peer;
    return sur_fail(
        err, SUR_EBACKEND,
        "round %lld: node %lld heard nothing from node %lld for %g s; %s%.200s",
        (long long)p->mover.round + 1, (long long)p->mover.node, (long long)peer,
        o->timeout,
        o->checkpoint ? "what was saved is in the checkpoint " : "nothing was saved",
        o->checkpoint ? o->checkpoint : "");
}

/* Takes the message's bytes into the buffer. */
static sur_status take(post *p, MPI_Message *message, MPI_Status *envelope, int *size,
                       sur_error *err)
{
    sur_status status =
        sur_mpi_check(MPI_Get_count(envelope, MPI_BYTE, size), "receive", err);
    if (status == SUR_OK && *size > p->room) {
        status = sur_resize(&p->buffer, *size, 1, err);
        if (status == SUR_OK) p->room = *size;
    }
    if (status == SUR_OK)
        status = sur_mpi_check(
            MPI_Mrecv(p->buffer, *size, MPI_BYTE, message, MPI_STATUS_IGNORE),
            "receive", err);
    return status;
}

/* Waits for a peer's message, or for anyone's news of a failure. */
static sur_status receive(post *p, sur_idx peer, int *size, sur_error *err)
{
    const sur_comm_options *o = p->options;
    sur_pause pause = sur_pause_make(o->timeout);
    MPI_Message message;
    MPI_Status envelope;
    sur_status status;
    for (int there = 0;;) {
        status = sur_mpi_check(
            MPI_Improbe((int)peer, DATA, p->comm, &there, &message, &envelope),
            "receive", err);
        if (status != SUR_OK) return status;
        if (there) return take(p, &message, &envelope, size, err);
        status = sur_mpi_check(
            MPI_Improbe(MPI_ANY_SOURCE, ABORT, p->comm, &there, &message, &envelope),
            "receive", err);
        if (status != SUR_OK) return status;
        if (there) return hear(p, &message, &envelope, err);
        if (o->stop && o->stop(o->payload))
            return sur_fail(err, SUR_ESTOPPED,
                            "stopped in round %lld, waiting for node %lld",
                            (long long)p->mover.round + 1, (long long)peer);
        if (!sur_pause_wait(&pause)) return give_up(p, peer, err);
    }
}

static sur_status send(post *p, int64_t tick, sur_error *err)
{
    const sur_graph *g = p->graph;
    sur_mover *m = &p->mover;
    sur_status status = m->agent->kind->prepare(m->agent->self, tick, err);
    for (sur_idx e = g->start[m->node]; e < g->start[m->node + 1]; e++) {
        MPI_Request *request = &p->request[e - g->start[m->node]];
        *request = MPI_REQUEST_NULL;
        if (status != SUR_OK) continue;
        const sur_packet *packet =
            m->agent->kind->send(m->agent->self, tick, g->peer[e]);
        if (!packet) continue;
        if (packet->size > INT_MAX)
            status = sur_fail(err, SUR_EBACKEND, "a message of %llu bytes is too long",
                              (unsigned long long)packet->size);
        if (status == SUR_OK) status = sur_mover_charge(m, packet, err);
        if (status == SUR_OK)
            status = sur_mpi_check(MPI_Isend(packet->bytes, (int)packet->size, MPI_BYTE,
                                             (int)g->peer[e], DATA, p->comm, request),
                                   "send", err);
    }
    return status;
}

static sur_status take_all(post *p, int64_t tick, sur_error *err)
{
    const sur_graph *g = p->graph;
    sur_mover *m = &p->mover;
    for (sur_idx e = g->start[m->node]; e < g->start[m->node + 1]; e++) {
        int size = 0;
        if (!m->agent->kind->expects(m->agent->self, tick, g->peer[e])) continue;
        sur_status status = receive(p, g->peer[e], &size, err);
        if (status == SUR_OK)
            status =
                sur_mover_take(m, tick, g->peer[e], p->buffer, (size_t)size, g, err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

/* What was sent must have left before the next prepare changes it. */
static sur_status flush(post *p, sur_error *err)
{
    const sur_graph *g = p->graph;
    const sur_idx first = g->start[p->mover.node];
    const sur_idx count = g->start[p->mover.node + 1] - first;
    for (sur_idx k = 0; k < count; k++) {
        sur_pause pause = sur_pause_make(p->options->timeout);
        for (int done = 0; !done;) {
            const sur_status status = sur_mpi_check(
                MPI_Test(&p->request[k], &done, MPI_STATUS_IGNORE), "send", err);
            if (status != SUR_OK) return status;
            if (!done && !sur_pause_wait(&pause))
                return give_up(p, g->peer[first + k], err);
        }
    }
    return SUR_OK;
}

static void say(post *p, sur_status status, const sur_error *err)
{
    const sur_graph *g = p->graph;
    const sur_idx first = g->start[p->mover.node];
    const sur_idx count = g->start[p->mover.node + 1] - first;
    news *n = &p->said[p->tellings++];
    *n = (news){.lost = p->lost, .error.status = status};
    snprintf(n->error.message, sizeof n->error.message, "%s", err->message);
    for (sur_idx k = 0; k < count; k++)
        MPI_Isend(n, (int)sizeof *n, MPI_BYTE, (int)g->peer[first + k], ABORT, p->comm,
                  &p->request[p->tellings * count + k]);
}

/* Tells all neighbours why this node ends, and does not wait long for them. Where one
 * is lost, the source may yet say better which. */
static void tell(post *p, sur_status status, sur_error *err)
{
    const sur_graph *g = p->graph;
    const sur_idx count = g->start[p->mover.node + 1] - g->start[p->mover.node];
    sur_pause pause = sur_pause_make(FAREWELL);
    MPI_Message message;
    MPI_Status envelope;
    for (sur_idx k = 0; k < count; k++)
        if (p->request[k] != MPI_REQUEST_NULL) MPI_Request_free(&p->request[k]);
    say(p, status, err);
    for (int done = 0; !done || p->lost;) {
        int there = 0;
        done = 1;
        for (sur_idx k = count; k < (1 + TELLINGS) * count; k++) {
            int one = 0;
            MPI_Test(&p->request[k], &one, MPI_STATUS_IGNORE);
            done &= one;
        }
        if (p->lost && p->tellings < TELLINGS)
            MPI_Improbe((int)p->source, ABORT, p->comm, &there, &message, &envelope);
        if (there) say(p, hear(p, &message, &envelope, err), err);
        if (!sur_pause_wait(&pause)) break;
    }
}

/* ---- from the start or from a checkpoint ---- */

static sur_status resume(post *p, int64_t *tick, int64_t *resumed, sur_error *err)
{
    const sur_comm_options *o = p->options;
    int64_t mine = -1, common = -1;
    MPI_Request request;
    sur_status status = sur_mover_newest(&mine, &p->mover, p->graph->nodes, o, err);
    status = sur_world_agree(status, o->timeout, err);
    if (status == SUR_OK)
        status = sur_mpi_check(MPI_Iallreduce(&mine, &common, 1, MPI_INT64_T, MPI_MIN,
                                              MPI_COMM_WORLD, &request),
                               "agree", err);
    if (status == SUR_OK) status = sur_mpi_wait(&request, o->timeout, "agree", err);
    if (status != SUR_OK || common < 0) return status;
    status = sur_mover_restore(&p->mover, tick, p->graph->nodes, common, o, err);
    status = sur_world_agree(status, o->timeout, err);
    *tick += 1;
    *resumed = common;
    return status;
}

static sur_status loop(post *p, int64_t *tick, sur_error *err)
{
    const sur_comm_options *o = p->options;
    sur_mover *m = &p->mover;
    sur_status status = SUR_OK;
    for (bool ended = false; !ended && status == SUR_OK; *tick += 1) {
        const int64_t before = m->round;
        if (o->stop && o->stop(o->payload))
            status = sur_fail(err, SUR_ESTOPPED, "stopped in round %lld",
                              (long long)m->round + 1);
        if (status == SUR_OK) status = send(p, *tick, err);
        if (status == SUR_OK) status = take_all(p, *tick, err);
        if (status == SUR_OK) status = flush(p, err);
        if (status == SUR_OK) status = sur_mover_tick(m, *tick, &ended, err);
        if (status != SUR_OK || m->round == before) continue;
        if (!ended) status = sur_mover_save(m, p->graph->nodes, *tick, o, err);
        if (status == SUR_OK && o->after_round)
            status = o->after_round(o->payload, m->round, err);
    }
    return status;
}

/* Rank 0 gets every node's log. */
static sur_status collect_logs(sur_ledger *ledger, sur_idx node, double timeout,
                               sur_error *err)
{
    uint8_t *mine = NULL;
    void *all = NULL;
    size_t *offset = NULL, size = 0;
    sur_status status;

    SUR_TRY(sur_alloc(&offset, ledger->nodes + 1, sizeof *offset, err));
    SUR_TRY(sur_log_pack(&mine, &size, &ledger->node[node], err));
    SUR_TRY(sur_world_collect(&all, offset, mine, size, timeout, err));
    for (sur_idx i = 0; all && i < ledger->nodes; i++) {
        sur_log_free(&ledger->node[i]);
        SUR_TRY(sur_log_unpack(&ledger->node[i], (const uint8_t *)all + offset[i],
                               offset[i + 1] - offset[i], err));
    }

done:
    free(mine);
    free(all);
    free(offset);
    return status;
}

sur_status sur_comm_run_ranks(const sur_agent *agent, const sur_graph *graph,
                              const sur_comm_options *options, sur_ledger *ledger,
                              sur_comm_result *result, sur_error *err)
{
    const sur_idx node = sur_world_rank();
    post p = {.graph = graph,
              .options = options,
              .comm = MPI_COMM_NULL,
              .mover = {agent, node, &ledger->node[node], 0, 0, 0}};
    sur_error unread = {0};
    int64_t tick = 0;
    MPI_Request request;
    sur_status status;

    if (sur_world_size() != graph->nodes)
        return sur_fail(err, SUR_EINVAL, "%lld nodes, but %lld ranks",
                        (long long)graph->nodes, (long long)sur_world_size());
    const sur_idx degree = graph->start[node + 1] - graph->start[node];
    status = sur_alloc(&p.request, (1 + TELLINGS) * degree, sizeof *p.request, err);
    for (sur_idx k = 0; p.request && k < (1 + TELLINGS) * degree; k++)
        p.request[k] = MPI_REQUEST_NULL;
    status = sur_world_agree(status, options->timeout, err);
    if (status == SUR_OK)
        status = sur_mpi_check(MPI_Comm_idup(MPI_COMM_WORLD, &p.comm, &request),
                               "start", err);
    if (status == SUR_OK)
        status = sur_mpi_wait(&request, options->timeout, "start", err);
    if (status == SUR_OK && options->resume)
        status = resume(&p, &tick, &result->resumed, err);
    if (status == SUR_OK) {
        status = loop(&p, &tick, err);
        if (status != SUR_OK) tell(&p, status, err ? err : &unread);
        if (!p.lost) status = sur_world_agree(status, options->timeout, err);
        if (status == SUR_OK)
            status = collect_logs(ledger, node, options->timeout, err);
    }
    result->rounds = p.mover.round;
    result->ticks = tick;
    result->lost = p.lost;
    /* News may be underway still; a communicator of the same number would hear them. */
    if (status == SUR_OK) MPI_Comm_free(&p.comm);
    free(p.request);
    free(p.buffer);
    return status;
}
