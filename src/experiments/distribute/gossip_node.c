/* gossip_node.c -- every node keeps a model and talks to its neighbours.
 *
 * v^_j what neighbours believe of node j's model; W the Metropolis weights 1/(1 + the
 * larger degree); gamma the mixing.
 *
 *     x_i  = v_i - eta g_i(v_i)
 *     tell v^_i <- Q(x_i), through a tracker that both ends hold
 *     v_i <- x_i + gamma sum over j of W_ij (v^_j - v^_i)
 *
 * With a quantizer this is CHOCO, with 32-bit differences decentralized gradient
 * descent. Where all local losses vanish at one v (interpolation), constant steps lead
 * there.
 *
 * Every CHECK rounds the tree's edges carry a report, all framing: up go the sum of the
 * losses of own models on own rows, the largest distance delta of a model from what is
 * believed of a neighbour's, and the sum Lambda of curvatures; the run ends when
 * (sqrt loss + 2 H delta sqrt Lambda)^2, a bound for every node's model on all rows, is
 * at the target. */
#include "experiments/distribute/methods.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK = 20, REPORT_HEAD = 48 };
enum { BASE, CHECKING, ROUND, REACHED, BELOW, NUMBERS }; /* of the state */

typedef struct shared {
    sur_compressor code;
    double step, mixing, target;
} shared;

typedef struct node {
    const distribute_run *run;
    const shared *shared;
    sur_idx node, degree;
    sur_compressor code;
    double *state; /* NUMBERS, v, v^_i, v^_j of all neighbours, memories */
    sur_idx count;
    double *v, *own, *other, *memory, *other_memory;
    double *gradient, *x, *q; /* [dim] */
    double loss, delta, curvature;
    bool fresh, stop, reached_now;
    sur_message message;
    sur_packet packet;
} node;

static const sur_graph *graph(const node *n) { return n->run->graph; }
static sur_idx dim(const node *n) { return n->run->task->dim; }

static sur_idx number_of(const node *n, sur_idx peer)
{
    const sur_graph *g = graph(n);
    sur_idx number = 0;
    while (g->peer[g->start[n->node] + number] != peer) number++;
    return number;
}

static double weight(const sur_graph *g, sur_idx a, sur_idx b)
{
    const sur_idx one = g->start[a + 1] - g->start[a],
                  two = g->start[b + 1] - g->start[b];
    return 1.0 / (1.0 + (double)(one > two ? one : two));
}

static sur_status compute(node *n, sur_error *err)
{
    const distribute_part *part = &n->run->task->part[n->node];
    if (n->fresh) return SUR_OK;
    const sur_status status =
        part->gradient(part->self, n->v, n->gradient, &n->loss, err);
    if (status != SUR_OK) return status;
    if (!isfinite(n->loss) || !isfinite((double)(float)n->loss))
        return sur_fail(err, SUR_ENUMERIC,
                        "the loss of node %lld is not finite in round %lld",
                        (long long)n->node, (long long)n->state[ROUND] + 1);
    n->fresh = true;
    return SUR_OK;
}

/* ---- what is told ---- */

/* own becomes Q(x); a compressor without a tracker is told the change. */
static sur_status tell(node *n, sur_error *err)
{
    const bool difference = distribute_methods[n->run->method].difference;
    const sur_idx count = dim(n);
    sur_message_clear(&n->message);
    for (sur_idx i = 0; i < count; i++)
        n->q[i] = difference ? n->x[i] - n->own[i] : n->x[i];
    const sur_status status =
        sur_compress(&n->message, n->q, &n->code, n->memory, n->q, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < count; i++)
        n->own[i] = difference ? n->own[i] + n->q[i] : n->q[i];
    n->packet = (sur_packet){.bytes = n->message.bytes,
                             .size = (size_t)((n->message.bits + 7) / 8),
                             .model_bits = n->message.bits,
                             .direction = SUR_ACROSS};
    return SUR_OK;
}

static sur_status believe(node *n, sur_idx peer, sur_reader *reader, sur_error *err)
{
    const bool difference = distribute_methods[n->run->method].difference;
    const sur_idx number = number_of(n, peer), count = dim(n);
    double *other = n->other + number * count;
    const sur_status status = sur_decompress(
        n->q, &n->code, n->other_memory + number * n->code.receiver, reader, err);
    for (sur_idx i = 0; status == SUR_OK && i < count; i++)
        other[i] = difference ? other[i] + n->q[i] : n->q[i];
    return status;
}

static void mix(node *n)
{
    const sur_graph *g = graph(n);
    const sur_idx count = dim(n);
    memcpy(n->v, n->x, (size_t)count * sizeof *n->v);
    for (sur_idx j = 0; j < n->degree; j++) {
        const double *other = n->other + j * count;
        const double w =
            n->shared->mixing * weight(g, n->node, g->peer[g->start[n->node] + j]);
        for (sur_idx i = 0; i < count; i++) n->v[i] += w * (other[i] - n->own[i]);
    }
    n->fresh = false;
}

/* ---- reports ---- */

static double disagreement(node *n)
{
    const sur_idx count = dim(n);
    double most = 0.0;
    for (sur_idx j = 0; j < n->degree; j++) {
        for (sur_idx i = 0; i < count; i++) n->q[i] = n->v[i] - n->other[j * count + i];
        most = fmax(most, sur_norm2(n->q, count));
    }
    return most;
}

static sur_status report(node *n, sur_error *err)
{
    const sur_graph *g = graph(n);
    sur_status status = compute(n, err);
    if (status != SUR_OK) return status;
    n->delta = fmax(n->delta, disagreement(n));
    n->curvature += n->run->task->part[n->node].curvature;
    sur_message_clear(&n->message);
    status = sur_message_reserve(&n->message, REPORT_HEAD, err);
    if (status != SUR_OK) return status;
    const double loss = n->loss + n->state[BELOW];
    if (n->node > 0) {
        sur_message_put(&n->message, tree_loss_pack(loss), 16);
        sur_message_put(&n->message, tree_loss_pack(n->delta), 16);
        sur_message_put(&n->message, tree_loss_pack(n->curvature), 16);
    } else {
        const double bound =
            sqrt(loss) + 2.0 * (double)g->height * n->delta * sqrt(n->curvature);
        n->reached_now = bound * bound <= n->shared->target;
        n->stop =
            n->reached_now || (int64_t)n->state[ROUND] >= n->run->options->max_rounds;
        sur_message_put(&n->message, (n->stop ? 1u : 0u) | (n->reached_now ? 2u : 0u),
                        8);
    }
    n->packet = (sur_packet){.bytes = n->message.bytes,
                             .size = (size_t)((n->message.bits + 7) / 8),
                             .direction = n->node > 0 ? SUR_UP : SUR_DOWN};
    return SUR_OK;
}

static sur_status hear_report(node *n, sur_idx peer, sur_reader *reader, sur_error *err)
{
    if (graph(n)->parent[peer] == n->node) {
        n->state[BELOW] += tree_loss_unpack((unsigned)sur_reader_take(reader, 16));
        n->delta =
            fmax(n->delta, tree_loss_unpack((unsigned)sur_reader_take(reader, 16)));
        n->curvature += tree_loss_unpack((unsigned)sur_reader_take(reader, 16));
        return SUR_OK;
    }
    const unsigned flags = (unsigned)sur_reader_take(reader, 8);
    n->stop = (flags & 1u) != 0;
    n->reached_now = (flags & 2u) != 0;
    sur_message_clear(&n->message);
    const sur_status status = sur_message_reserve(&n->message, 8, err);
    if (status != SUR_OK) return status;
    sur_message_put(&n->message, flags, 8);
    n->packet =
        (sur_packet){.bytes = n->message.bytes, .size = 1, .direction = SUR_DOWN};
    return SUR_OK;
}

/* ---- the agent ---- */

static sur_idx place(const node *n, int64_t tick)
{
    return tick - (int64_t)n->state[BASE];
}

static sur_idx up_at(const node *n, sur_idx i)
{
    return graph(n)->height - graph(n)->depth[i];
}
static sur_idx down_at(const node *n, sur_idx i)
{
    return graph(n)->height + graph(n)->depth[i];
}

static sur_status prepare(void *self, int64_t tick, sur_error *err)
{
    node *n = self;
    if (n->state[CHECKING] != 0.0) {
        if (place(n, tick) == 0) n->state[BELOW] = n->delta = n->curvature = 0.0;
        return place(n, tick) == up_at(n, n->node) ? report(n, err) : SUR_OK;
    }
    const sur_status status = compute(n, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < dim(n); i++)
        n->x[i] = n->v[i] - n->shared->step * n->gradient[i];
    return tell(n, err);
}

static const sur_packet *send(void *self, int64_t tick, sur_idx peer)
{
    node *n = self;
    const sur_graph *g = graph(n);
    if (n->state[CHECKING] == 0.0) return &n->packet;
    if (peer == g->parent[n->node] && place(n, tick) == up_at(n, n->node))
        return &n->packet;
    return g->parent[peer] == n->node && place(n, tick) == down_at(n, n->node)
               ? &n->packet
               : NULL;
}

static bool expects(void *self, int64_t tick, sur_idx peer)
{
    const node *n = self;
    const sur_graph *g = graph(n);
    if (n->state[CHECKING] == 0.0) return true;
    if (g->parent[peer] == n->node) return place(n, tick) == up_at(n, peer);
    return peer == g->parent[n->node] && place(n, tick) == down_at(n, peer);
}

static sur_status receive(void *self, int64_t tick, sur_idx peer, const uint8_t *bytes,
                          size_t size, sur_error *err)
{
    node *n = self;
    sur_reader reader = sur_reader_make(bytes, 8 * (sur_idx)size);
    (void)tick;
    sur_status status = n->state[CHECKING] != 0.0 ? hear_report(n, peer, &reader, err)
                                                  : believe(n, peer, &reader, err);
    if (status != SUR_OK) return status;
    const sur_idx left = reader.bits - reader.at; /* fills up the last byte */
    if (left < 0 || left > 7 || sur_reader_take(&reader, (int)left) != 0 || reader.bad)
        return sur_fail(err, SUR_EPARSE, "a message from node %lld is damaged",
                        (long long)peer);
    return SUR_OK;
}

/* After how many rounds all tell their losses. */
static bool is_due(const node *n)
{
    const int64_t done = (int64_t)n->state[ROUND];
    return done % CHECK == 0 || done >= n->run->options->max_rounds;
}

static bool ended(void *self, int64_t tick, int64_t *round)
{
    node *n = self;
    const sur_idx height = graph(n)->height, ticks = height > 0 ? 2 * height : 1;
    if (n->state[CHECKING] == 0.0) {
        mix(n);
        n->state[ROUND] += 1.0;
        n->state[CHECKING] = is_due(n) ? 1.0 : 0.0;
        n->state[BASE] = (double)(tick + 1);
        n->stop = false;
        *round = (int64_t)n->state[ROUND];
        return false;
    }
    *round = (int64_t)n->state[ROUND];
    if (place(n, tick) + 1 < ticks) return false;
    n->state[CHECKING] = 0.0;
    n->state[BASE] = (double)(tick + 1);
    n->state[REACHED] = n->reached_now ? 1.0 : 0.0;
    return n->stop;
}

static void *state(void *self, size_t *size)
{
    const node *n = self;
    *size = (size_t)n->count * sizeof *n->state;
    return n->state;
}

/* A state is saved where a round ended; there may be more rounds now. */
static sur_status restored(void *self, sur_error *err)
{
    node *n = self;
    (void)err;
    n->fresh = false;
    n->state[CHECKING] = is_due(n) ? 1.0 : 0.0;
    return SUR_OK;
}

static const sur_agent_kind agent = {
    .prepare = prepare,
    .send = send,
    .expects = expects,
    .receive = receive,
    .ended = ended,
    .state = state,
    .restored = restored,
};

/* ---- the team ---- */

static void release(void *self)
{
    node *n = self;
    free(n->state);
    free(n->gradient);
    free(n->x);
    free(n->q);
    sur_message_free(&n->message);
    free(n);
}

static const double *model(const void *self) { return ((const node *)self)->v; }

static bool reached(const void *self)
{
    return ((const node *)self)->state[REACHED] != 0.0;
}

static sur_status node_new(node **out, const distribute_run *run, const shared *s,
                           sur_idx i, sur_error *err)
{
    const sur_idx count = run->task->dim;
    node *n = NULL;
    sur_status status;

    *out = NULL;
    SUR_TRY(sur_alloc(&n, 1, sizeof *n, err));
    n->run = run;
    n->shared = s;
    n->node = i;
    n->code = s->code;
    n->degree = run->graph->start[i + 1] - run->graph->start[i];
    n->count = NUMBERS + (2 + n->degree) * count + n->code.sender +
               n->degree * n->code.receiver;
    SUR_TRY(sur_alloc(&n->state, n->count, sizeof *n->state, err));
    n->v = n->state + NUMBERS;
    n->own = n->v + count;
    n->other = n->own + count;
    n->memory = n->other + n->degree * count;
    n->other_memory = n->memory + n->code.sender;
    for (sur_idx k = 0; run->task->start && k < count; k++)
        n->v[k] = run->task->start[k];
    SUR_TRY(sur_alloc(&n->gradient, count, sizeof *n->gradient, err));
    SUR_TRY(sur_alloc(&n->x, count, sizeof *n->x, err));
    SUR_TRY(sur_alloc(&n->q, count, sizeof *n->q, err));
    SUR_TRY(sur_message_new(&n->message, REPORT_HEAD, err));
    *out = n;
    n = NULL;

done:
    if (n) release(n);
    return status;
}

sur_status distribute_gossip_team(distribute_team *out, const distribute_run *run,
                                  sur_error *err)
{
    const distribute_method *method = &distribute_methods[run->method];
    double most = 0.0;
    shared *s;
    sur_status status = sur_alloc(&s, 1, sizeof *s, err);
    if (status != SUR_OK) return status;
    out->shared = s;
    out->release = release;
    out->model = model;
    out->reached = reached;
    for (sur_idx i = 0; i < run->graph->nodes; i++)
        most = fmax(most, run->task->part[i].curvature);
    *s = (shared){.step = method->step / most,
                  .mixing = method->mixing,
                  .target = run->task->target};
    status = sur_compressor_make(&s->code, method->compressor, run->task->dim,
                                 &run->code, err);
    for (sur_idx i = 0; i < out->count && status == SUR_OK; i++) {
        node *made;
        status = node_new(&made, run, s, out->first + i, err);
        out->node[i] = made;
        if (made) out->agent[i] = (sur_agent){&agent, made};
    }
    return status;
}
