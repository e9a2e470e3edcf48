/* precond_node.c -- sketched rows once, then residuals up and corrections down.
 *
 * In the fixed way (--bits b, --data-bits b0) rows are told as b0-bit numbers with a
 * 16-bit scale each, residuals and corrections as b-bit numbers with an 8-bit scale:
 *
 *     bits = (N - N_0)(d b0 + 16) + T [(N - N_0) b + (M - 1)(8 + b d + 8)].
 *
 * In the coded way (the default) everything is told in steps of a size that the sender
 * chooses, entropy coded. The root foresees the error after its correction,
 *
 *     f^2 = (step_P^2 / 12) (N - N_0) |c|^2 + (step_e^2 / 12) (N - N_0) k
 *
 * (rows, residuals), and says c no better than that, or no better than the target needs
 * if that is coarser. If rows are so coarse that the error would hardly fall, it asks
 * for three bits more of each of their numbers. */
#include "experiments/distribute/precond.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SENT, REFINE, STEP, NUMBERS }; /* of the state */
enum { FINER = 12 };                  /* quarter octaves */

typedef struct shared {
    tree_plan plan;
    bool coded;
    sur_idx d, k, n; /* n: all rows */
} shared;

typedef struct node {
    tree_node tree;
    const distribute_run *run;
    const shared *shared;
    precond_rows rows;
    double *number, *v, *told; /* in tree.state; told: P^_i, at the root P^ of all */
    double *c;                 /* [d k] */
    sur_message forward;       /* of the subtree below, as it came */
    sur_mat e;                 /* root: n x k */
    double told_error;         /* root: of e, its expected square */
    precond_inverse inverse;   /* root */
    bool factored;
} node;

static sur_status code_make(sur_compressor *c, const node *n, sur_idx count,
                            sur_idx rows, int bits, sur_error *err)
{
    const bool coded = n->shared->coded;
    const sur_compressor_options o = {.bits = coded ? 0 : bits,
                                      .code = coded ? SUR_CODE_RANGE : SUR_CODE_FIXED,
                                      .rows = rows};
    return sur_compressor_make(c,
                               coded  ? "stepped"
                               : rows ? "rows"
                                      : "adaptive",
                               count, &o, err);
}

static sur_idx rows_of(const node *n, sur_idx i)
{
    return n->run->data->first[i + 1] - n->run->data->first[i];
}

static double rms(const double *x, sur_idx count)
{
    return count > 0 ? sur_norm2(x, count) / sqrt((double)count) : 0.0;
}

/* ---- up ---- */

static sur_status compute(void *self, double *loss, sur_error *err)
{
    node *n = self;
    (void)err;
    precond_rows_compute(&n->rows, n->v, loss);
    return SUR_OK;
}

static sur_status rows_code(sur_compressor *c, const node *n, sur_idx count,
                            sur_error *err)
{
    const sur_distribute_options *o = n->run->options;
    const int bits = (int)(o->data_bits == SUR_UNSET ? o->bits : o->data_bits);
    return code_make(c, n, count * n->shared->d, count, bits, err);
}

static sur_status say_rows(node *n, sur_message *m, sur_error *err)
{
    sur_compressor c;
    const sur_status status = rows_code(&c, n, n->rows.p.rows, err);
    if (status != SUR_OK) return status;
    if (n->number[SENT] != 0.0)
        n->number[STEP] -= FINER;
    else
        n->number[STEP] = n->run->data_step;
    c.options.step = (int)n->number[STEP];
    return sur_compress(m, NULL, &c, c.sender ? n->told : NULL, n->rows.p.data, err);
}

/* e_i from a memory of zeros: it has nothing to do with the last one. */
static sur_status say_residual(node *n, sur_message *m, sur_error *err)
{
    const sur_idx count = n->rows.e.rows * n->shared->k;
    double *memory = NULL;
    sur_compressor c;
    sur_status status;
    SUR_TRY(code_make(&c, n, count, 0, (int)n->run->options->bits, err));
    SUR_TRY(sur_alloc(&memory, c.sender, sizeof *memory, err));
    const double size = rms(n->rows.e.data, count);
    c.options.step = precond_step(fmax(PRECOND_UP * size, 1e-30));
    SUR_TRY(sur_compress(m, NULL, &c, memory, n->rows.e.data, err));

done:
    free(memory);
    return status;
}

static bool wants_rows(const node *n)
{
    return n->number[SENT] == 0.0 || n->number[REFINE] != 0.0;
}

static sur_status say(void *self, sur_message *m, sur_error *err)
{
    node *n = self;
    sur_status status = SUR_OK;
    if (wants_rows(n)) status = say_rows(n, m, err);
    n->number[SENT] = 1.0;
    if (status == SUR_OK) status = say_residual(n, m, err);
    if (status == SUR_OK) status = sur_message_reserve(m, n->forward.bits, err);
    if (status != SUR_OK) return status;
    sur_reader reader = sur_reader_make(n->forward.bytes, n->forward.bits);
    while (reader.at < reader.bits) {
        const sur_idx left = reader.bits - reader.at;
        const int width = left < 64 ? (int)left : 64;
        sur_message_put(m, sur_reader_take(&reader, width), width);
    }
    sur_message_clear(&n->forward);
    return SUR_OK;
}

/* Between leaf and root a node only passes on. */
static sur_status keep_for_parent(node *n, sur_reader *reader, sur_error *err)
{
    const sur_status status =
        sur_message_reserve(&n->forward, reader->bits - reader->at, err);
    if (status != SUR_OK) return status;
    while (reader->at < reader->bits) {
        const sur_idx left = reader->bits - reader->at;
        const int width = left < 64 ? (int)left : 64;
        sur_message_put(&n->forward, sur_reader_take(reader, width), width);
    }
    return SUR_OK;
}

static sur_status hear_rows(node *n, sur_idx i, sur_reader *reader, sur_error *err)
{
    const sur_idx count = rows_of(n, i) * n->shared->d;
    double *rows = n->told + n->run->data->first[i] * n->shared->d, *q = NULL;
    sur_compressor c;
    sur_status status;
    SUR_TRY(rows_code(&c, n, rows_of(n, i), err));
    SUR_TRY(sur_alloc(&q, count, sizeof *q, err));
    SUR_TRY(sur_decompress(q, &c, c.receiver ? rows : NULL, reader, err));
    if (count > 0) memcpy(rows, q, (size_t)count * sizeof *q);
    n->factored = false;

done:
    free(q);
    return status;
}

static sur_status hear_residual(node *n, sur_idx i, sur_reader *reader, sur_error *err)
{
    const sur_idx k = n->shared->k, count = rows_of(n, i) * k;
    double *e = n->e.data + n->run->data->first[i] * k, *memory = NULL;
    sur_compressor c;
    sur_status status;
    SUR_TRY(code_make(&c, n, count, 0, (int)n->run->options->bits, err));
    SUR_TRY(sur_alloc(&memory, c.receiver, sizeof *memory, err));
    SUR_TRY(sur_decompress(e, &c, memory, reader, err));
    const double step = PRECOND_UP * rms(e, count);
    n->told_error += (double)count * step * step / 12.0;

done:
    free(memory);
    return status;
}

/* A node's words, then those of the subtrees below it in ascending order. */
static sur_status hear_subtree(node *n, sur_idx i, sur_reader *reader, sur_error *err)
{
    const sur_graph *g = n->run->graph;
    sur_status status = SUR_OK;
    if (wants_rows(n)) status = hear_rows(n, i, reader, err);
    if (status == SUR_OK) status = hear_residual(n, i, reader, err);
    for (sur_idx e = g->start[i]; e < g->start[i + 1] && status == SUR_OK; e++)
        if (g->parent[g->peer[e]] == i)
            status = hear_subtree(n, g->peer[e], reader, err);
    return status;
}

static sur_status hear(void *self, sur_idx child, sur_reader *reader, sur_error *err)
{
    node *n = self;
    return n->tree.node == 0 ? hear_subtree(n, child, reader, err)
                             : keep_for_parent(n, reader, err);
}

/* ---- the root ---- */

/* Root mean square of the error of a told row's number. */
static double row_noise(const node *n)
{
    if (n->shared->coded) return precond_step_value((int)n->number[STEP]) / sqrt(12.0);
    return 0.0;
}

static sur_status factor(node *n, sur_error *err)
{
    const double noise = row_noise(n), d = (double)n->shared->d;
    const double others = (double)(n->shared->n - n->rows.p.rows);
    const sur_mat p = {n->told, n->shared->n, n->shared->d, n->shared->d};
    if (n->factored) return SUR_OK;
    n->factored = true;
    return precond_inverse_set(&n->inverse, &p,
                               PRECOND_CUT * noise * (sqrt(d) + sqrt(others)), err);
}

/* What is heard of other nodes' e, and the root's own. */
static void complete(node *n)
{
    const size_t own = (size_t)(n->rows.e.rows * n->shared->k) * sizeof(double);
    if (own) memcpy(n->e.data, n->rows.e.data, own);
    if (wants_rows(n)) {
        const size_t rows = (size_t)(n->rows.p.rows * n->shared->d) * sizeof(double);
        if (rows) memcpy(n->told, n->rows.p.data, rows);
        n->number[STEP] =
            n->number[SENT] != 0.0 ? n->number[STEP] - FINER : n->run->data_step;
        n->number[SENT] = 1.0;
        n->factored = false;
    }
}

/* The step of c, and whether better rows are needed first. */
static double choose_step(node *n, double loss, double lost, bool *refine)
{
    const double others = (double)(n->shared->n - n->rows.p.rows);
    const sur_idx numbers = n->shared->d * n->shared->k;
    const double size = sur_mat_norm(&n->e), noise = row_noise(n);
    const double moved = hypot(noise * sqrt(others) * sur_norm2(n->c, numbers), lost);
    const double error = sqrt(moved * moved + n->told_error);
    const double wanted = 0.6 * size * sqrt(fmin(1.0, n->shared->plan.target / loss));
    double down = 0.5 * error;
    *refine = moved > PRECOND_REFINE * size && wanted < moved;
    if (error < 0.9 * wanted) down = 0.9 * sqrt(wanted * wanted - error * error);
    const double rows = (double)(n->inverse.kept > 0 ? n->inverse.kept : 1);
    return fmax(down, 1e-30) * sqrt(12.0 / (rows * (double)n->shared->k));
}

static void move(node *n)
{
    for (sur_idx i = 0; i < n->shared->d * n->shared->k; i++) n->v[i] += n->c[i];
}

static sur_status decide(void *self, double loss, sur_message *m, sur_error *err)
{
    node *n = self;
    const sur_idx numbers = n->shared->d * n->shared->k;
    sur_mat c = {n->c, n->shared->d, n->shared->k, n->shared->k};
    double *memory = NULL;
    sur_compressor code;
    bool refine = false;
    sur_status status;

    complete(n);
    SUR_TRY(factor(n, err));
    const double lost = precond_inverse_apply(&c, &n->inverse, &n->e);
    SUR_TRY(code_make(&code, n, numbers, 0, (int)n->run->options->bits, err));
    SUR_TRY(sur_alloc(&memory, code.sender, sizeof *memory, err));
    if (n->shared->coded) {
        code.options.step = precond_step(choose_step(n, loss, lost, &refine));
        SUR_TRY(sur_message_reserve(m, 1, err));
        sur_message_put(m, refine, 1);
    }
    n->number[REFINE] = refine ? 1.0 : 0.0;
    n->told_error = 0.0;
    SUR_TRY(sur_compress(m, n->c, &code, memory, n->c, err));
    move(n);

done:
    free(memory);
    return status;
}

static sur_status follow(void *self, sur_reader *reader, sur_error *err)
{
    node *n = self;
    double *memory = NULL;
    sur_compressor code;
    sur_status status;
    if (n->shared->coded) n->number[REFINE] = (double)sur_reader_take(reader, 1);
    SUR_TRY(code_make(&code, n, n->shared->d * n->shared->k, 0,
                      (int)n->run->options->bits, err));
    SUR_TRY(sur_alloc(&memory, code.receiver, sizeof *memory, err));
    SUR_TRY(sur_decompress(n->c, &code, memory, reader, err));
    move(n);

done:
    free(memory);
    return status;
}

static const tree_ops ops = {compute, say, hear, decide, follow, NULL};

/* ---- the team ---- */

static void release(void *self)
{
    node *n = self;
    tree_node_free(&n->tree);
    precond_rows_free(&n->rows);
    precond_inverse_free(&n->inverse);
    sur_message_free(&n->forward);
    sur_mat_free(&n->e);
    free(n->c);
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
    node *n = NULL;
    sur_status status;

    *out = NULL;
    SUR_TRY(sur_alloc(&n, 1, sizeof *n, err));
    n->run = run;
    n->shared = s;
    SUR_TRY(precond_rows_new(&n->rows, run->task, i, err));
    const sur_idx told = (i ? n->rows.p.rows : s->n) * s->d;
    SUR_TRY(tree_node_new(&n->tree, &s->plan, &ops, n, i, NUMBERS + s->d * s->k + told,
                          err));
    n->number = n->tree.state + TREE_NUMBERS;
    n->v = n->number + NUMBERS;
    n->told = n->v + s->d * s->k;
    SUR_TRY(sur_message_new(&n->forward, 64, err));
    SUR_TRY(sur_alloc(&n->c, s->d * s->k, sizeof *n->c, err));
    if (i == 0) {
        SUR_TRY(sur_mat_new(&n->e, s->n, s->k, err));
        SUR_TRY(precond_inverse_new(&n->inverse, s->n, s->d, s->k, err));
    }
    *out = n;
    n = NULL;

done:
    if (n) release(n);
    return status;
}

sur_status distribute_precond_team(distribute_team *out, const distribute_run *run,
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
                          .max_rounds = run->options->max_rounds};
    s->coded = run->options->bits == SUR_UNSET;
    s->k = run->data->outputs;
    s->d = run->task->dim / s->k;
    s->n = run->data->n;
    for (sur_idx i = 0; i < out->count && status == SUR_OK; i++) {
        node *made;
        status = node_new(&made, run, s, out->first + i, err);
        out->node[i] = made;
        if (made) out->agent[i] = (sur_agent){&tree_agent, &made->tree};
    }
    return status;
}
