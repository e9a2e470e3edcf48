/* descent_node.c -- gradient descent and heavy ball through a compressor.
 *
 * g_i the gradient of node i at v; Q what the other end of a link understands.
 *
 *     up     s_i = g_i + sum over children of Q(s_c), to the parent as Q(s_i)
 *     root   G = s_0, to all as Q(G)
 *     all    v <- v - eta Q(G) + beta (v - v_last)
 *
 * With the "adaptive" compressor in the coordinates of a sketch this is LC-AQ of the
 * documentation; with others it is the method of that name. */
#include "experiments/distribute/methods.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

/* A loss so many times the least is too much: steps are too long, or the ball rolls up
 * the other side; if that comes again within AGAIN moves, it is the steps. */
#define WORSE 2.0
#define WORSE_BALL 1.1
#define AGAIN 5.0

typedef struct shared {
    tree_plan plan;
    sur_compressor code;
} shared;

typedef struct node {
    tree_node tree;
    const distribute_run *run;
    sur_compressor up, down;
    double *v, *last, *up_memory, *down_memory, *child_memory; /* in tree.state */
    double *factor, *halted;    /* in tree.state: of the step, 1 at first; 1: no move */
    double *moves;              /* in tree.state: since the last retreat */
    double *gradient, *sum, *q; /* [dim] */
    bool heard;                 /* a child, in this round: sum is not empty */
} node;

static uint64_t seed_of(const distribute_run *run, sur_idx i)
{
    return (uint64_t)run->options->data.seed * 1000003u + (uint64_t)i;
}

static sur_compressor code_of(const distribute_run *run, const sur_compressor *code,
                              sur_idx sender)
{
    sur_compressor c = *code;
    c.options.seed = seed_of(run, sender);
    return c;
}

/* Which of the root's or a node's children, from 0. */
static sur_idx child_number(const node *n, sur_idx child)
{
    const sur_graph *g = n->run->graph;
    sur_idx number = 0;
    for (sur_idx e = g->start[n->tree.node]; g->peer[e] != child; e++)
        number += g->parent[g->peer[e]] == n->tree.node;
    return number;
}

static sur_status compute(void *self, double *loss, sur_error *err)
{
    node *n = self;
    const distribute_part *part = &n->run->task->part[n->tree.node];
    return part->gradient(part->self, n->v, n->gradient, loss, err);
}

/* s_i: what the children said is in sum. */
static const double *add_own(node *n)
{
    if (!n->heard) return n->gradient;
    for (sur_idx i = 0; i < n->run->task->dim; i++) n->sum[i] += n->gradient[i];
    n->heard = false;
    return n->sum;
}

static sur_status say(void *self, sur_message *m, sur_error *err)
{
    node *n = self;
    double *q = n->up.sender ? n->q : NULL; /* plain floats are not needed here */
    return sur_compress(m, q, &n->up, n->up_memory, add_own(n), err);
}

static sur_status hear(void *self, sur_idx child, sur_reader *reader, sur_error *err)
{
    node *n = self;
    const sur_compressor code = code_of(n->run, &n->up, child);
    double *memory = n->child_memory + child_number(n, child) * code.receiver;
    const sur_status status =
        sur_decompress(n->heard ? n->q : n->sum, &code, memory, reader, err);
    for (sur_idx i = 0; status == SUR_OK && n->heard && i < n->run->task->dim; i++)
        n->sum[i] += n->q[i];
    n->heard = true;
    return status;
}

/* Without momentum `last` is for retreats alone. */
static void move(node *n)
{
    const double eta = n->run->step * *n->factor, beta = n->run->momentum;
    const sur_idx dim = n->run->task->dim;
    if (*n->halted != 0.0) {
        *n->halted = 0.0;
        return;
    }
    *n->moves += 1.0;
    if (beta == 0.0 && n->run->task->uncertain)
        memcpy(n->last, n->v, (size_t)dim * sizeof *n->v);
    for (sur_idx i = 0; i < dim && beta == 0.0; i++) n->v[i] -= eta * n->q[i];
    for (sur_idx i = 0; i < dim && beta != 0.0; i++) {
        const double v = n->v[i];
        n->v[i] = v - eta * n->q[i] + beta * (v - n->last[i]);
        n->last[i] = v;
    }
}

static sur_status decide(void *self, double loss, sur_message *m, sur_error *err)
{
    node *n = self;
    (void)loss;
    const sur_status status =
        sur_compress(m, n->q, &n->down, n->down_memory, add_own(n), err);
    if (status == SUR_OK) move(n);
    return status;
}

static sur_status follow(void *self, sur_reader *reader, sur_error *err)
{
    node *n = self;
    const sur_status status =
        sur_decompress(n->q, &n->down, n->down_memory, reader, err);
    if (status == SUR_OK) move(n);
    return status;
}

/* With momentum it may have been that, which is lost here; the step is to blame if the
 * next retreat comes soon. */
static void retreat(void *self)
{
    node *n = self;
    memcpy(n->v, n->last, (size_t)n->run->task->dim * sizeof *n->v);
    if (n->run->momentum == 0.0 || *n->moves < AGAIN) *n->factor *= 0.5;
    *n->halted = 1.0;
    *n->moves = 0.0;
}

static const tree_ops ops = {compute, say, hear, decide, follow, retreat};

static void release(void *self)
{
    node *n = self;
    tree_node_free(&n->tree);
    free(n->gradient);
    free(n->sum);
    free(n->q);
    free(n);
}

static const double *model(const void *self) { return ((const node *)self)->v; }

static bool reached(const void *self)
{
    return ((const node *)self)->tree.state[TREE_REACHED] != 0.0;
}

static sur_status node_new(node **out, const distribute_run *run, const shared *s,
                           sur_idx i, sur_error *err)
{
    const sur_idx dim = run->task->dim;
    const sur_graph *g = run->graph;
    node *n = NULL;
    sur_idx children = 0;
    sur_status status;

    *out = NULL;
    SUR_TRY(sur_alloc(&n, 1, sizeof *n, err));
    n->run = run;
    n->up = code_of(run, &s->code, i);
    n->down = code_of(run, &s->code, g->nodes);
    for (sur_idx e = g->start[i]; e < g->start[i + 1]; e++)
        children += g->parent[g->peer[e]] == i;
    const sur_idx up = i ? n->up.sender : 0;
    const sur_idx down = i ? n->down.receiver : n->down.sender;
    SUR_TRY(tree_node_new(&n->tree, &s->plan, &ops, n, i,
                          3 + 2 * dim + up + down + children * n->up.receiver, err));
    n->factor = n->tree.state + TREE_NUMBERS;
    n->halted = n->factor + 1;
    *n->factor = 1.0;
    n->moves = n->halted + 1;
    n->v = n->moves + 1;
    n->last = n->v + dim;
    n->up_memory = n->last + dim;
    n->down_memory = n->up_memory + up;
    n->child_memory = n->down_memory + down;
    for (sur_idx k = 0; run->task->start && k < dim; k++)
        n->v[k] = n->last[k] = run->task->start[k];
    SUR_TRY(sur_alloc(&n->gradient, dim, sizeof *n->gradient, err));
    SUR_TRY(sur_alloc(&n->sum, dim, sizeof *n->sum, err));
    SUR_TRY(sur_alloc(&n->q, dim, sizeof *n->q, err));
    *out = n;
    n = NULL;

done:
    if (n) release(n);
    return status;
}

sur_status distribute_descent_team(distribute_team *out, const distribute_run *run,
                                   sur_error *err)
{
    shared *s;
    sur_status status = sur_alloc(&s, 1, sizeof *s, err);
    if (status != SUR_OK) return status;
    out->shared = s;
    out->release = release;
    out->model = model;
    out->reached = reached;
    s->plan = (tree_plan){.graph = run->graph,
                          .target = run->task->target,
                          .exact = run->task->floored,
                          .uncertain = run->task->uncertain,
                          .worse = run->momentum > 0.0 ? WORSE_BALL : WORSE,
                          .max_rounds = run->options->max_rounds};
    status = sur_compressor_make(&s->code, distribute_methods[run->method].compressor,
                                 run->task->dim, &run->code, err);
    for (sur_idx i = 0; i < out->count && status == SUR_OK; i++) {
        node *made;
        status = node_new(&made, run, s, out->first + i, err);
        out->node[i] = made;
        if (made) out->agent[i] = (sur_agent){&tree_agent, &made->tree};
    }
    return status;
}
