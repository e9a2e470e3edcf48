/* conv_room.c -- where maps, derivatives and partial gradients lie in a chunk's room.
 *
 * Operation i is done at time i, its way back at time 2 n + 1 - i, the linear layer in
 * between. Each array has a life in this time; arrays whose lives meet have places
 * apart, found by first fit, the largest first. Maps that the way back reads live to
 * its end, so that it can be gone again. Derivatives of a normalization and of an add
 * take the place of those they are made from. */
#include "model/conv_pass.h"

enum { PIECES_MOST = 4 * SUR_CONV_OPS_MOST + 4, NONE = -1 };

typedef struct piece {
    sur_idx floats, at;
    int from, to;
} piece;

typedef struct room {
    const sur_conv_pass *pass;
    piece piece[PIECES_MOST];
    int count;
    int map[SUR_CONV_OPS_MOST + 1], slope[SUR_CONV_OPS_MOST + 1]; /* pieces of maps */
} room;

static int add(room *r, sur_idx floats, int from, int to)
{
    r->piece[r->count] = (piece){sur_padded(floats), 0, from, to};
    return r->count++;
}

static void use(room *r, int which, int time)
{
    if (r->piece[which].to < time) r->piece[which].to = time;
}

static int add_map(room *r, int map, int time)
{
    return add(r, r->pass->rows * sur_conv_map_floats(r->pass, map), time, time);
}

static bool meet(const piece *a, const piece *b)
{
    return a->from <= b->to && b->from <= a->to && a->at < b->at + b->floats &&
           b->at < a->at + a->floats;
}

/* Gives every piece its place; returns how much room they need. */
static sur_idx settle(room *r)
{
    bool settled[PIECES_MOST] = {false};
    sur_idx all = 0;
    for (int step = 0; step < r->count; step++) {
        int best = 0;
        while (settled[best]) best++;
        for (int i = best + 1; i < r->count; i++)
            if (!settled[i] && r->piece[i].floats > r->piece[best].floats) best = i;
        piece *p = &r->piece[best];
        for (int i = 0; i < r->count; i++) {
            if (!settled[i] || !meet(p, &r->piece[i])) continue;
            p->at = r->piece[i].at + r->piece[i].floats;
            i = -1; /* look again at all of them */
        }
        settled[best] = true;
        if (p->at + p->floats > all) all = p->at + p->floats;
    }
    return all;
}

static void live_forward(room *r)
{
    const sur_conv_plan *plan = &r->pass->plan;
    r->map[0] = add_map(r, 0, 0);
    for (int i = 0; i < plan->ops; i++) {
        const sur_conv_op *op = &plan->op[i];
        if (op->out != op->in) r->map[op->out] = add_map(r, op->out, i);
        use(r, r->map[op->in], i);
        if (op->kind == SUR_CONV_ADD) use(r, r->map[op->other], i);
    }
    use(r, r->map[plan->maps - 1], plan->ops);
}

/* The time when chunks meet next after operation i on the way back. */
static int next_meeting(const sur_conv_plan *plan, int i)
{
    int j = i - 1;
    while (j >= 0 && plan->op[j].kind != SUR_CONV_NORM) j--;
    return 2 * plan->ops + 1 - (j < 0 ? 0 : j);
}

/* What operation i needs and makes on the way back, at its time. */
static void live_back(room *r, sur_conv_layer *layer, int i)
{
    const sur_conv_plan *plan = &r->pass->plan;
    const sur_conv_op *op = &plan->op[i];
    const int end = 2 * plan->ops + 1, time = end - i, dout = r->slope[op->out];
    int *din = &r->slope[op->in];

    use(r, dout, time);
    layer->dout = dout;
    layer->aside = NONE;
    if (op->kind == SUR_CONV_ADD) {
        r->slope[op->other] = dout;
        return;
    }
    layer->fresh = *din == NONE;
    if (op->kind == SUR_CONVOLVE) {
        use(r, r->map[op->in], end);
        layer->dw = add(r, sur_conv_size(layer->conv), time, next_meeting(plan, i));
        if (op->in == 0) return;
        if (!layer->fresh) layer->aside = add_map(r, op->in, time);
    } else if (op->kind != SUR_CONV_MEAN) {
        use(r, r->map[op->in], end);
    }
    if (layer->fresh)
        *din = op->kind == SUR_CONV_NORM ? dout : add_map(r, op->in, time);
    use(r, *din, time);
    layer->din = *din;
}

void sur_conv_room(sur_conv_pass *pass, bool back)
{
    const sur_conv_plan *plan = &pass->plan;
    room r = {.pass = pass};
    sur_idx scratch = 0;
    for (int i = 0; i <= SUR_CONV_OPS_MOST; i++) r.slope[i] = NONE;
    for (int i = 0; i < plan->ops; i++) {
        const sur_conv *conv = pass->layer[i].conv;
        const sur_idx size =
            conv ? (sur_idx)(sur_conv_scratch(conv) / sizeof(float)) + 1 : 0;
        scratch = size > scratch ? size : scratch;
    }
    const int work = add(&r, scratch, 0, 2 * plan->ops + 1);
    live_forward(&r);
    if (back) {
        r.slope[plan->maps - 1] = add_map(&r, plan->maps - 1, plan->ops + 1);
        pass->dtop = r.slope[plan->maps - 1];
        for (int i = plan->ops - 1; i >= 0; i--) live_back(&r, &pass->layer[i], i);
    }
    pass->each = settle(&r);
    pass->scratch = r.piece[work].at;
    pass->top = r.piece[r.map[plan->maps - 1]].at;
    if (back) pass->dtop = r.piece[pass->dtop].at;
    for (int i = 0; i < plan->ops; i++) {
        sur_conv_layer *layer = &pass->layer[i];
        const sur_conv_op *op = &plan->op[i];
        layer->in = r.piece[r.map[op->in]].at;
        layer->out = r.piece[r.map[op->out]].at;
        if (op->kind == SUR_CONV_ADD) layer->other = r.piece[r.map[op->other]].at;
        if (!back) continue;
        layer->dout = r.piece[layer->dout].at;
        layer->din = r.piece[layer->din].at;
        layer->dw = r.piece[layer->dw].at;
        if (layer->aside != NONE) layer->aside = r.piece[layer->aside].at;
    }
}
