/* choose.c -- the method, the sketch and the steps, where they are not given.
 *
 * Let rho = d/N. For rows in general position a sketch multiplies the condition number
 * by ((sqrt rho + 1)/(sqrt rho - 1))^2; d kappa is least at rho = (1 + sqrt 2)^2 = 5.83
 * for gradient descent, d sqrt kappa at the golden ratio squared, 2.618, for heavy
 * ball. precond needs rows that are independent, no more: 1.1. A model near that of
 * least norm, whose norm is but D/(d - N - 1) times larger, takes far more: 12. */
#include "experiments/distribute/run.h"

#include <math.h>

#define RHO_BALL 2.618
#define RHO_DESCENT 5.83
#define RHO_PRECOND 1.1
#define RHO_FIXED 1.25 /* precond with --bits, which cannot ask for better rows */
#define RHO_PREDICTION 12.0

enum { BITS = 6, BITS_NETWORK = 5 };
#define KAPPA_EASY 256.0 /* up to which BITS are enough */
#define ROW_BITS 5.0     /* precond, coded: what a number of the rows takes */
#define ROUND_BITS 4.0   /* and a number of a round */

static bool has_momentum(const sur_distribute_options *o, int64_t method)
{
    return o->momentum == MOMENTUM_ON ||
           (o->momentum == MOMENTUM_AUTO && method == DISTRIBUTE_SKETCH);
}

/* d of a method that sketches; 0 where the sketch would be as long as the model. */
static sur_idx sketch_of(const sur_distribute_options *o, const distribute_data *data,
                         int64_t method)
{
    if (o->sketch_size != SUR_UNSET) return o->sketch_size;
    if (!distribute_methods[method].sketched) return 0;
    const double rho = o->quality == QUALITY_PREDICTION ? RHO_PREDICTION
                       : method == DISTRIBUTE_PRECOND
                           ? (o->bits == SUR_UNSET ? RHO_PRECOND : RHO_FIXED)
                       : has_momentum(o, method) ? RHO_BALL
                                                 : RHO_DESCENT;
    const double rank = fmin((double)data->n, (double)data->width);
    const double d = fmax(ceil(rho * rank), rank + 4.0);
    return d < (double)data->width ? (sur_idx)d : 0;
}

static double spread(double rho) /* of the condition number, by a sketch */
{
    const double root = sqrt(rho);
    return root > 1.0 ? pow((root + 1.0) / (root - 1.0), 2.0) : HUGE_VAL;
}

/* Bits up a star or a tree: a node's rows travel as many links as it is deep. */
static double precond_bits(const sur_distribute_options *o, const distribute_data *data,
                           const sur_graph *g, double d)
{
    const double k = (double)data->outputs;
    double rows = 0.0;
    for (sur_idx i = 0; i < g->nodes; i++)
        rows += (double)((data->first[i + 1] - data->first[i]) * g->depth[i]);
    const double rounds = fmax(2.0, ceil(-0.5 * log2(o->tolerance) / 3.5));
    return rows * d * ROW_BITS +
           rounds * ROUND_BITS * k * (rows + (double)(g->nodes - 1) * d);
}

static double sketch_bits(const sur_distribute_options *o, const sur_graph *g, double d,
                          double n, double k, double condition)
{
    const double kappa = condition * spread(d / n);
    const double rounds = fmax(4.0, 0.5 * sqrt(kappa) * -0.5 * log(o->tolerance) * 1.5);
    return 2.0 * (double)(g->nodes - 1) * (BITS * d * k + 8.0) * rounds;
}

distribute_choice distribute_choose(const sur_distribute_options *o,
                                    const distribute_data *data, const sur_graph *graph,
                                    const distribute_reference *reference)
{
    int64_t method = o->compress;
    if (o->family == DISTRIBUTE_WIDE_MLP) {
        if (method == DISTRIBUTE_AUTO) method = DISTRIBUTE_SKETCH;
        sur_idx d = o->sketch_size == SUR_UNSET ? 0 : o->sketch_size;
        if (d == 0 && distribute_methods[method].sketched)
            d = distribute_wide_mlp_sketch(o, data->n, data->inputs, data->outputs);
        return (distribute_choice){method, d};
    }
    const sur_idx once = sketch_of(o, data, DISTRIBUTE_PRECOND);
    const sur_idx often = sketch_of(o, data, DISTRIBUTE_SKETCH);
    if (method == DISTRIBUTE_AUTO) {
        const double n = fmin((double)data->n, (double)data->width);
        const double condition =
            isnan(reference->condition) ? 1.0 : reference->condition;
        const double first =
            precond_bits(o, data, graph, (double)(once ? once : data->width));
        const double second =
            sketch_bits(o, graph, (double)(often ? often : data->width), n,
                        (double)data->outputs, condition);
        const bool fits = !(reference->loss > o->tolerance * data->square);
        method = fits && first <= second ? DISTRIBUTE_PRECOND : DISTRIBUTE_SKETCH;
    }
    return (distribute_choice){method, method == DISTRIBUTE_PRECOND ? once
                                       : method == DISTRIBUTE_SKETCH
                                           ? often
                                           : sketch_of(o, data, method)};
}

/* Heavy ball multiplies what quantizing adds by about the square root of the condition
 * number, so that numbers get half a bit more for each doubling of it. */
static int bits_of(const distribute_run *run)
{
    const double kappa = run->task->high / run->task->low;
    if (run->options->family == DISTRIBUTE_WIDE_MLP) return BITS_NETWORK;
    if (run->momentum == 0.0) return BITS;
    const double more = ceil(0.5 * log2(kappa / KAPPA_EASY));
    return BITS + (int)fmin(fmax(more, 0.0), 10.0);
}

void distribute_settle(distribute_run *run, const distribute_choice *choice)
{
    const sur_distribute_options *o = run->options;
    const distribute_task *task = run->task;
    const distribute_method *method = &distribute_methods[choice->method];
    const double high = sqrt(task->high), low = sqrt(task->low);
    run->method = choice->method;
    run->step = method->step * 2.0 / (task->high + task->low);
    run->momentum = 0.0;
    if (o->family == DISTRIBUTE_WIDE_MLP) {
        run->step = method->step * 2.0 / task->high;
        if (has_momentum(o, choice->method) && task->low > 0.0)
            run->momentum = pow(1.0 - sqrt(run->step * task->low), 2.0);
    } else if (has_momentum(o, choice->method)) {
        run->step = method->step * 4.0 / ((high + low) * (high + low));
        run->momentum = pow((high - low) / (high + low), 2.0);
    }
    const bool given = o->bits != SUR_UNSET;
    run->code =
        (sur_compressor_options){.bits = given ? (int)o->bits : bits_of(run),
                                 .code = given ? SUR_CODE_FIXED : SUR_CODE_RANGE,
                                 .levels = o->levels == SUR_UNSET ? 0 : o->levels,
                                 .keep = o->keep == SUR_UNSET ? 0 : o->keep,
                                 .columns_kept = o->columns_kept};
    /* rows of norm 1 in d numbers: an entropy of ROW_BITS each */
    const double d = (double)task->dim / (double)run->data->outputs;
    run->data_step = floor(4.0 * log2(4.133 / sqrt(d) / exp2(ROW_BITS)));
}
