/* tree.c -- one node's part in the rounds of tree.h. */
#include "experiments/distribute/tree.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAD = 7, ASK = 8, STOP = 16, REACHED = 32, RETREAT = 64 }; /* of a head */
enum { UP_MOST = 72, DOWN_HEAD = 8 };                             /* bits */
enum { PATIENCE = 100, LONG = 1000 };                             /* rounds */
#define HARDLY 0.01 /* of the loss's logarithm, in PATIENCE rounds */
#define HOPE 2.0
#define NEAR                                                                 \
    4.0 /* a report is asked for if the loss may come within so many targets \
         */

unsigned tree_loss_pack(double loss)
{
    const float rounded = (float)loss;
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    if ((double)rounded < loss) bits += 1;
    return (bits >> 16) + ((bits & 0xffffu) != 0);
}

double tree_loss_unpack(unsigned packed)
{
    const uint32_t bits = (uint32_t)packed << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

sur_status tree_node_new(tree_node *out, const tree_plan *plan, const tree_ops *ops,
                         void *self, sur_idx node, sur_idx count, sur_error *err)
{
    *out = (tree_node){.plan = plan, .ops = ops, .self = self, .node = node};
    out->count = TREE_NUMBERS + count;
    sur_status status = sur_alloc(&out->state, out->count, sizeof *out->state, err);
    if (status == SUR_OK) status = sur_message_new(&out->up, 64, err);
    if (status == SUR_OK) status = sur_message_new(&out->down, 64, err);
    if (status != SUR_OK) tree_node_free(out);
    return status;
}

void tree_node_free(tree_node *node)
{
    free(node->state);
    sur_message_free(&node->up);
    sur_message_free(&node->down);
    *node = (tree_node){0};
}

/* ---- where in the round ---- */

static sur_idx depth(const tree_node *n, sur_idx node)
{
    return n->plan->graph->depth[node];
}

static sur_idx parent(const tree_node *n, sur_idx node)
{
    return n->plan->graph->parent[node];
}

static sur_idx place(const tree_node *n, int64_t tick)
{
    return tick - (int64_t)n->state[TREE_BASE];
}

static sur_idx up_at(const tree_node *n, sur_idx node)
{
    return n->plan->graph->height - depth(n, node);
}

static sur_idx down_at(const tree_node *n, sur_idx node)
{
    return n->plan->graph->height + depth(n, node);
}

/* ---- what is said ---- */

static sur_status begin(sur_message *m, unsigned flags, sur_error *err)
{
    sur_message_clear(m);
    const sur_status status = sur_message_reserve(m, UP_MOST, err);
    if (status == SUR_OK) sur_message_put(m, flags, 8);
    return status;
}

/* Fills in how many bits of the last byte say nothing. */
static void finish(sur_packet *packet, sur_message *m, int head,
                   sur_direction direction)
{
    const sur_idx size = (m->bits + 7) / 8;
    m->bytes[0] |= (uint8_t)(8 * size - m->bits);
    *packet = (sur_packet){.bytes = m->bytes,
                           .size = (size_t)size,
                           .model_bits = m->bits - head,
                           .direction = direction};
}

static void put_loss(sur_message *m, double loss, bool exact)
{
    uint64_t bits = tree_loss_pack(loss);
    if (exact) memcpy(&bits, &loss, sizeof bits);
    sur_message_put(m, bits, exact ? 64 : 16);
}

static double take_loss(sur_reader *reader, bool exact)
{
    const uint64_t bits = sur_reader_take(reader, exact ? 64 : 16);
    double loss;
    memcpy(&loss, &bits, sizeof loss);
    return exact ? loss : tree_loss_unpack((unsigned)bits);
}

static sur_status speak_up(tree_node *n, sur_error *err)
{
    sur_status status = begin(&n->up, 0, err);
    if (status != SUR_OK) return status;
    put_loss(&n->up, n->loss, n->plan->exact);
    const int head = (int)n->up.bits;
    if (n->state[TREE_REPORT] == 0.0) status = n->ops->say(n->self, &n->up, err);
    if (status == SUR_OK) finish(&n->up_packet, &n->up, head, SUR_UP);
    return status;
}

/* Whether the loss after this round may be near the target, if it falls as before. */
static bool is_near(const tree_node *n)
{
    const double last = n->state[TREE_LAST], target = n->plan->target;
    const double rate = last > 0.0 ? fmin(1.0, n->loss / last) : 0.0;
    if (n->plan->exact) return n->loss - 2.0 * fmax(0.0, last - n->loss) <= target;
    return n->loss * rate <= NEAR * target;
}

/* Every PATIENCE rounds: has the loss hardly fallen, or has it had LONG, and would the
 * target take more than HOPE times the rounds there are, if it fell on like this? */
static void weigh(tree_node *n)
{
    const int64_t round = (int64_t)n->state[TREE_ROUND] + 1;
    if (round % PATIENCE != 0) return;
    const double fell = log(n->state[TREE_MARK] / n->loss);
    const double wanted = log(n->loss / n->plan->target);
    if (n->state[TREE_MARK] > 0.0 && (fell < HARDLY || round >= LONG) &&
        !(wanted * PATIENCE <= fell * HOPE * (double)n->plan->max_rounds))
        n->state[TREE_IN_VAIN] = 1.0;
    n->state[TREE_MARK] = n->loss;
}

/* A loss far above the least: steps are too long here. */
static bool is_worse(tree_node *n)
{
    const bool worse =
        n->state[TREE_LEAST] > 0.0 && n->loss > n->plan->worse * n->state[TREE_LEAST];
    if (worse || !(n->state[TREE_LEAST] > 0.0) || n->loss < n->state[TREE_LEAST])
        n->state[TREE_LEAST] = n->loss;
    return worse;
}

static sur_status decide(tree_node *n, sur_error *err)
{
    if (n->plan->uncertain && n->state[TREE_REPORT] == 0.0) weigh(n);
    const bool last = n->state[TREE_IN_VAIN] != 0.0 ||
                      (int64_t)n->state[TREE_ROUND] + 1 >= n->plan->max_rounds;
    const bool report = n->state[TREE_REPORT] != 0.0;
    const bool reached = n->loss <= n->plan->target;
    n->flags = 0;
    if (report && (reached || last)) n->flags = STOP | (reached ? REACHED : 0);
    if (!report && (is_near(n) || last)) n->flags = ASK;
    if (n->plan->uncertain && !report && is_worse(n)) {
        n->flags |= RETREAT;
        n->ops->retreat(n->self);
    }
    sur_status status = begin(&n->down, n->flags, err);
    if (status == SUR_OK && !report) {
        status = n->ops->decide(n->self, n->loss, &n->down, err);
        n->state[TREE_LAST] = n->loss;
        n->fresh = false;
    }
    if (status == SUR_OK) finish(&n->down_packet, &n->down, DOWN_HEAD, SUR_DOWN);
    return status;
}

static sur_status prepare(void *self, int64_t tick, sur_error *err)
{
    tree_node *n = self;
    const sur_idx at = place(n, tick);
    sur_status status = SUR_OK;
    if (at == 0) n->loss = 0.0;
    if (at != up_at(n, n->node)) return SUR_OK;
    if (!n->fresh) status = n->ops->compute(n->self, &n->own, err);
    if (status != SUR_OK) return status;
    n->fresh = true;
    n->loss += n->own;
    if (!isfinite(n->loss) || n->loss > 1e300 || !isfinite((double)(float)n->loss))
        return sur_fail(err, SUR_ENUMERIC,
                        "the loss of node %lld is not finite in round %lld",
                        (long long)n->node, (long long)n->state[TREE_ROUND] + 1);
    return n->node == 0 ? decide(n, err) : speak_up(n, err);
}

static const sur_packet *send(void *self, int64_t tick, sur_idx peer)
{
    tree_node *n = self;
    const sur_idx at = place(n, tick);
    if (peer == parent(n, n->node) && at == up_at(n, n->node)) return &n->up_packet;
    if (parent(n, peer) == n->node && at == down_at(n, n->node)) return &n->down_packet;
    return NULL;
}

static bool expects(void *self, int64_t tick, sur_idx peer)
{
    const tree_node *n = self;
    const sur_idx at = place(n, tick);
    if (parent(n, peer) == n->node) return at == up_at(n, peer);
    return peer == parent(n, n->node) && at == down_at(n, peer);
}

/* ---- what is heard ---- */

static sur_status hear_child(tree_node *n, sur_idx child, sur_reader *reader,
                             sur_error *err)
{
    n->loss += take_loss(reader, n->plan->exact);
    if (n->state[TREE_REPORT] != 0.0) return SUR_OK;
    return n->ops->hear(n->self, child, reader, err);
}

static bool has_children(const tree_node *n)
{
    const sur_graph *g = n->plan->graph;
    for (sur_idx e = g->start[n->node]; e < g->start[n->node + 1]; e++)
        if (g->parent[g->peer[e]] == n->node) return true;
    return false;
}

/* The parent's words are followed, and kept for the children if there are any. */
static sur_status hear_parent(tree_node *n, const uint8_t *bytes, size_t size,
                              unsigned flags, sur_reader *reader, sur_error *err)
{
    n->flags = flags;
    if (has_children(n)) {
        sur_message_clear(&n->down);
        const sur_status status =
            sur_message_reserve(&n->down, 8 * (sur_idx)size + 64, err);
        if (status != SUR_OK) return status;
        memcpy(n->down.bytes, bytes, size);
        n->down_packet = (sur_packet){.bytes = n->down.bytes,
                                      .size = size,
                                      .model_bits = reader->bits - DOWN_HEAD,
                                      .direction = SUR_DOWN};
    }
    if (n->state[TREE_REPORT] != 0.0) return SUR_OK;
    n->fresh = false;
    if (flags & RETREAT && n->ops->retreat) n->ops->retreat(n->self);
    return n->ops->follow(n->self, reader, err);
}

static sur_status receive(void *self, int64_t tick, sur_idx peer, const uint8_t *bytes,
                          size_t size, sur_error *err)
{
    tree_node *n = self;
    (void)tick;
    if (size < 1)
        return sur_fail(err, SUR_EPARSE, "an empty message from node %lld",
                        (long long)peer);
    const sur_idx pad = bytes[0] & PAD;
    sur_reader reader = sur_reader_make(bytes, 8 * (sur_idx)size - pad);
    const unsigned flags = (unsigned)sur_reader_take(&reader, 8);
    const bool from_child = parent(n, peer) == n->node;
    sur_status status = from_child ? hear_child(n, peer, &reader, err)
                                   : hear_parent(n, bytes, size, flags, &reader, err);
    if (status == SUR_OK) status = sur_reader_end(&reader, err);
    return status;
}

static bool ended(void *self, int64_t tick, int64_t *round)
{
    tree_node *n = self;
    const sur_idx height = n->plan->graph->height;
    const sur_idx ticks = height > 0 ? 2 * height : 1;
    *round = (int64_t)n->state[TREE_ROUND];
    if (place(n, tick) + 1 < ticks) return false;
    n->state[TREE_BASE] = (double)(tick + 1);
    n->state[TREE_REPORT] = n->flags & ASK ? 1.0 : 0.0;
    if (n->flags & ASK) return false;
    n->state[TREE_REACHED] = n->flags & REACHED ? 1.0 : 0.0;
    n->state[TREE_ROUND] += 1.0;
    *round += 1;
    return (n->flags & STOP) != 0;
}

static void *state(void *self, size_t *size)
{
    const tree_node *n = self;
    *size = (size_t)n->count * sizeof *n->state;
    return n->state;
}

static sur_status restored(void *self, sur_error *err)
{
    tree_node *n = self;
    (void)err;
    n->fresh = false;
    return SUR_OK;
}

const sur_agent_kind tree_agent = {
    .prepare = prepare,
    .send = send,
    .expects = expects,
    .receive = receive,
    .ended = ended,
    .state = state,
    .restored = restored,
};
