/* mlp_run.c -- trials that are trained networks.
 *
 * Trials of one width are states of one training, looked at when their steps are done;
 * under a cosine schedule, which depends on its end, each end is a training of its own.
 * A training is looked at on a grid of steps that does not depend on its end, so that a
 * trial has the same bits whatever else is in the group. The start is keyed by the seed
 * and the layer, the order of examples by the seed and the epoch. */
#include "experiments/descent/mlp.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

enum { TRACED = 8 }; /* measurements of one look, at most */

static int by_training(const void *a, const void *b)
{
    const sur_descent_member *x = a, *y = b;
    if (x->options->width != y->options->width)
        return x->options->width < y->options->width ? -1 : 1;
    if (x->steps != y->steps) return x->steps < y->steps ? -1 : 1;
    return x->trial < y->trial ? -1 : x->trial > y->trial;
}

static bool same_training(const sur_descent_member *x, const sur_descent_member *y)
{
    return x->options->width == y->options->width &&
           (x->steps == y->steps || x->options->network.schedule != SUR_RATE_COSINE);
}

static int by_number(const void *a, const void *b)
{
    const sur_idx x = *(const sur_idx *)a, y = *(const sur_idx *)b;
    return (x > y) - (x < y);
}

/* The grid up to the last step, and the steps of all trials. */
static sur_status plan_stops(sur_descent_net *net, const sur_descent_member *members,
                             bool looks, sur_error *err)
{
    const sur_idx last = members[net->count - 1].steps;
    const sur_idx grid = looks ? sur_descent_look(NULL, last) : 0;
    const sur_status status =
        sur_alloc(&net->stops, grid + net->count, sizeof *net->stops, err);
    if (status != SUR_OK) return status;
    if (looks) sur_descent_look(net->stops, last);
    for (sur_idx i = 0; i < net->count; i++) net->stops[grid + i] = members[i].steps;
    qsort(net->stops, (size_t)(grid + net->count), sizeof *net->stops, by_number);
    for (sur_idx i = 0; i < grid + net->count; i++)
        if (i == 0 || net->stops[i] != net->stops[net->stop_count - 1])
            net->stops[net->stop_count++] = net->stops[i];
    return SUR_OK;
}

static sur_status plan_net(sur_descent_crowd *c, sur_idx index, sur_idx first,
                           sur_idx count, sur_error *err)
{
    sur_descent_net *net = &c->nets[index];
    const sur_descent_member *members = &c->members[first];
    const sur_descent_options *o = members->options;
    const bool early = o->early_stop == DESCENT_YES;
    sur_status status;

    *net = (sur_descent_net){.first = first, .count = count, .best_loss = HUGE_VAL};
    SUR_TRY(plan_stops(net, members, early || o->trace, err));
    sur_job *job = &c->jobs[index];
    *job =
        (sur_job){.network = sur_descent_network(o, c->problem.data.cols, c->classes),
                  .options = o->network,
                  .inputs = &c->side[DESCENT_TRAIN].inputs,
                  .count = c->side[DESCENT_TRAIN].inputs.rows,
                  .goal = {(sur_loss)o->network.loss, c->target, c->label, c->weight},
                  .seed = (uint64_t)o->data.seed,
                  .order = (uint64_t)o->data.seed,
                  .steps = net->stops[net->stop_count - 1]};
    c->stops[index] = net->stops;
    c->stop_counts[index] = net->stop_count;
    SUR_TRY(sur_network_check(&job->network, err));
    if (early)
        SUR_TRY(sur_alloc(&net->best, sur_network_size(&job->network),
                          sizeof *net->best, err));
    if (o->trace)
        SUR_TRY(
            sur_alloc(&net->trace, net->stop_count * TRACED, sizeof *net->trace, err));

done:
    return status;
}

static sur_status plan(sur_descent_crowd *c, const void *const *options,
                       const sur_idx *trials, sur_error *err)
{
    const sur_idx count = c->member_count;
    sur_status status;

    SUR_TRY(sur_alloc(&c->members, count, sizeof *c->members, err));
    for (sur_idx i = 0; i < count; i++) {
        const sur_descent_options *o = options[trials[i]];
        c->members[i] = (sur_descent_member){o, trials[i], sur_descent_steps(o)};
    }
    qsort(c->members, (size_t)count, sizeof *c->members, by_training);
    SUR_TRY(sur_alloc(&c->nets, count, sizeof *c->nets, err));
    SUR_TRY(sur_alloc(&c->jobs, count, sizeof *c->jobs, err));
    SUR_TRY(sur_alloc(&c->stops, count, sizeof *c->stops, err));
    SUR_TRY(sur_alloc(&c->stop_counts, count, sizeof *c->stop_counts, err));
    for (sur_idx first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count; next++)
            if (!same_training(&c->members[first], &c->members[next])) break;
        SUR_TRY(plan_net(c, c->net_count++, first, next - first, err));
    }

done:
    return status;
}

static bool asked_to_stop(void *payload)
{
    const sur_descent_crowd *c = payload;
    return c->context->stop(c->context->payload);
}

static void crowd_free(sur_descent_crowd *c)
{
    for (int r = 0; r < DESCENT_PARTS; r++) {
        sur_inputs_free(&c->side[r].inputs);
        sur_mat_free(&c->side[r].answer);
        sur_mat_free(&c->side[r].raw);
    }
    for (sur_idx i = 0; i < c->net_count; i++) {
        free(c->nets[i].stops);
        free(c->nets[i].trace);
        free(c->nets[i].best);
    }
    free(c->clean);
    free(c->target);
    free(c->label);
    free(c->weight);
    free(c->members);
    free(c->nets);
    free(c->jobs);
    free(c->stops);
    free(c->stop_counts);
    sur_descent_problem_free(&c->problem);
}

sur_status sur_descent_mlp_run(const void *const *options, const sur_idx *trials,
                               sur_idx count, const sur_context *context,
                               sur_error *err)
{
    sur_descent_crowd c = {
        .context = context, .options = options[trials[0]], .member_count = count};
    sur_status status;

    SUR_TRY(sur_descent_crowd_data(&c, c.options->data.dimension, err));
    SUR_TRY(plan(&c, options, trials, err));
    SUR_TRY(sur_train_many(c.jobs, c.stops, c.stop_counts, c.net_count,
                           context->threads > 0 ? context->threads : 1,
                           sur_descent_crowd_take, asked_to_stop, &c, err));

done:
    crowd_free(&c);
    return status;
}
