/* mlp_take.c -- a network at one of its stops: what is looked at, what is emitted. */
#include "experiments/descent/mlp.h"

#include "base/memory.h"
#include "base/try.h"
#include "train/look.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a look writes down. */
enum { TRACED = 5 };
static const char *const traced_names[TRACED] = {
    "test_error", "test_loss", "excess_loss", "train_error", "train_loss"};

static sur_interval plain(double value)
{
    return (sur_interval){value, nan(""), nan("")};
}

/* Remembers the parameters if the validation loss was never less. */
static sur_status look_at_validation(sur_descent_crowd *c, sur_descent_net *net,
                                     const sur_moment *m, sur_error *err)
{
    const sur_network *network = &c->jobs[m->job].network;
    sur_descent_score score;
    const sur_status status = sur_descent_crowd_score(
        &score, c, DESCENT_VALIDATION, network, m->parameters, NULL, 0, err);
    if (status != SUR_OK || !(score.loss < net->best_loss)) return status;
    net->best_loss = score.loss;
    net->best_step = m->step;
    memcpy(net->best, m->parameters,
           (size_t)sur_network_size(network) * sizeof *net->best);
    return SUR_OK;
}

static void add_trace(sur_descent_net *net, const sur_descent_list *list, sur_idx step)
{
    for (sur_idx i = 0; i < list->count; i++) {
        net->trace[net->trace_count] = list->at[i];
        net->trace[net->trace_count++].iteration = step;
    }
}

static sur_status look_at_all(sur_descent_crowd *c, sur_descent_net *net,
                              const sur_moment *m, sur_error *err)
{
    const sur_network *network = &c->jobs[m->job].network;
    sur_descent_list list = {.count = 0};
    sur_descent_score score;
    sur_status status;

    SUR_TRY(sur_descent_crowd_score(&score, c, DESCENT_TEST, network, m->parameters,
                                    NULL, 0, err));
    sur_descent_put_score(&list, "test_error", "test_loss", NULL, &score);
    if (c->clean)
        sur_descent_put(&list, "excess_loss", NULL, sur_descent_excess(c), score.count);
    SUR_TRY(sur_descent_crowd_score(&score, c, DESCENT_TRAIN, network, m->parameters,
                                    NULL, 0, err));
    sur_descent_put_score(&list, "train_error", "train_loss", NULL, &score);
    add_trace(net, &list, m->step);

done:
    return status;
}

/* ---- what a trial is emitted with ---- */

static double norm_of(const float *x, sur_idx count)
{
    double square = 0.0;
    for (sur_idx i = 0; i < count; i++) square += (double)x[i] * (double)x[i];
    return sqrt(square);
}

static sur_status put_training(sur_descent_list *list, sur_descent_crowd *c,
                               const sur_moment *m, const sur_descent_options *o,
                               sur_error *err)
{
    const sur_job *job = &c->jobs[m->job];
    const sur_idx count = sur_network_parameters(&job->network), n = job->count;
    const double k = (double)job->network.outputs;
    const double threshold = sur_descent_threshold(&job->network, (double)n * k);
    float *gradient = NULL;
    double loss, sharpness;
    sur_status status;

    SUR_TRY(sur_alloc(&gradient, count, sizeof *gradient, err));
    SUR_TRY(sur_network_loss(&loss, gradient, &job->network, m->parameters, job->inputs,
                             &job->goal, NULL, n, err));
    sur_descent_put(list, "parameters", NULL, plain((double)count), 0);
    if (!isnan(threshold))
        sur_descent_put(list, "threshold_width", NULL, plain(threshold), 0);
    sur_descent_put(list, "threshold_samples", NULL, plain((double)count / k), 0);
    sur_descent_put(list, "norm", NULL, plain(norm_of(m->parameters, count)), 0);
    sur_descent_put(list, "gradient_norm", NULL, plain(norm_of(gradient, count)), 0);
    sur_descent_put(list, "steps_done", NULL, plain((double)m->step), 0);
    if (o->effective_rank) {
        double rank;
        SUR_TRY(sur_descent_network_rank(&rank, &job->network, m->parameters,
                                         job->inputs, err));
        sur_descent_put(list, "effective_rank", NULL, plain(rank), 0);
    }
    if (!o->sharpness) goto done;
    SUR_TRY(sur_sharpness(&sharpness, &job->network, m->parameters, job->inputs,
                          &job->goal, NULL, n, err));
    sur_descent_put(list, "sharpness", NULL, plain(sharpness), 0);

done:
    free(gradient);
    return status;
}

/* The best of the looks and of the trial's own end, whose validation loss is `last`. */
static sur_status put_early(sur_descent_list *list, sur_descent_crowd *c,
                            const sur_descent_net *net, const sur_moment *m,
                            double last, sur_descent_blocks *blocks, sur_error *err)
{
    const bool at_end = !(net->best_loss <= last);
    sur_descent_score score;
    const sur_status status = sur_descent_crowd_score(
        &score, c, DESCENT_TEST, &c->jobs[m->job].network,
        at_end ? m->parameters : net->best, blocks, DESCENT_BLOCK_TUNED_ERROR, err);
    if (status != SUR_OK) return status;
    sur_descent_put_score(list, "early_stopped_test_error", "early_stopped_test_loss",
                          NULL, &score);
    sur_descent_put(list, "early_stopped_step", NULL,
                    plain((double)(at_end ? m->step : net->best_step)), 0);
    return SUR_OK;
}

/* Final values, then the trace up to here and these values at its end, in one array. */
static sur_status emit_list(sur_descent_crowd *c, const sur_descent_member *member,
                            const sur_descent_net *net, const sur_descent_list *list,
                            sur_idx step, sur_error *err)
{
    const sur_idx traced = member->options->trace ? net->trace_count : 0;
    const bool ends = traced > 0 && net->trace[traced - 1].iteration < step;
    sur_idx count = list->count + traced;
    sur_measurement *all;
    sur_status status = sur_alloc(&all, 2 * list->count + traced, sizeof *all, err);
    if (status != SUR_OK) return status;
    memcpy(all, list->at, (size_t)list->count * sizeof *all);
    if (traced > 0) memcpy(all + list->count, net->trace, (size_t)traced * sizeof *all);
    for (sur_idx i = 0; i < list->count && ends; i++)
        for (sur_idx k = 0; k < TRACED; k++)
            if (traced_names[k] && strcmp(traced_names[k], list->at[i].metric) == 0) {
                all[count] = list->at[i];
                all[count++].iteration = step;
            }
    status = c->context->emit(c->context->payload, member->trial,
                              &(sur_outcome){.status = SUR_OK,
                                             .seconds = net->seconds,
                                             .measurements = all,
                                             .count = count},
                              err);
    free(all);
    return status;
}

static sur_status emit_trial(sur_descent_crowd *c, sur_descent_net *net,
                             const sur_descent_member *member, const sur_moment *m,
                             sur_error *err)
{
    const sur_descent_options *o = member->options;
    const sur_network *network = &c->jobs[m->job].network;
    sur_descent_list list = {.count = 0};
    sur_descent_blocks blocks = {0};
    sur_descent_score score = {.loss = HUGE_VAL}, test;
    sur_status status;

    SUR_TRY(sur_descent_crowd_score(&test, c, DESCENT_TEST, network, m->parameters,
                                    &blocks, DESCENT_BLOCK_ERROR, err));
    sur_descent_put_score(&list, "test_error", "test_loss", NULL, &test);
    if (c->clean)
        sur_descent_put(&list, "excess_loss", NULL, sur_descent_excess(c), test.count);
    SUR_TRY(sur_descent_put_ranking(&list, &c->problem, o,
                                    &c->side[DESCENT_TEST].answer, err));
    SUR_TRY(sur_descent_crowd_score(&score, c, DESCENT_TRAIN, network, m->parameters,
                                    NULL, 0, err));
    sur_descent_put_score(&list, "train_error", "train_loss", NULL, &score);
    sur_descent_put(&list, "interpolates", NULL,
                    plain(score.loss < o->interpolates_below * c->problem.variance), 0);
    if (c->side[DESCENT_VALIDATION].inputs.rows > 0) {
        SUR_TRY(sur_descent_crowd_score(&score, c, DESCENT_VALIDATION, network,
                                        m->parameters, NULL, 0, err));
        sur_descent_put_score(&list, "validation_error", "validation_loss",
                              "validation", &score);
    }
    SUR_TRY(put_training(&list, c, m, o, err));
    if (o->early_stop == DESCENT_YES)
        SUR_TRY(put_early(&list, c, net, m, score.loss, &blocks, err));
    SUR_TRY(sur_descent_keep_blocks(c->context, member->trial, o, &blocks, err));
    SUR_TRY(emit_list(c, member, net, &list, m->step, err));

done:
    return status;
}

/* Divergence ends this network's trials, and no others. */
static sur_status emit_failures(sur_descent_crowd *c, sur_descent_net *net,
                                const sur_moment *m, sur_error *err)
{
    for (; net->next < net->count; net->next++) {
        const sur_status status = c->context->emit(
            c->context->payload, c->members[net->first + net->next].trial,
            &(sur_outcome){
                .status = m->status, .message = m->message, .seconds = net->seconds},
            err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

sur_status sur_descent_crowd_take(void *payload, const sur_moment *m, sur_error *err)
{
    sur_descent_crowd *c = payload;
    sur_descent_net *net = &c->nets[m->job];
    const sur_idx step = net->stops[m->stop]; /* asked for; m->step may be less */
    sur_status status = SUR_OK;

    net->seconds += m->seconds;
    if (m->status != SUR_OK) return emit_failures(c, net, m, err);
    const bool look = sur_look_at(step);
    if (net->best && look) SUR_TRY(look_at_validation(c, net, m, err));
    const bool again =
        net->trace_count > 0 && net->trace[net->trace_count - 1].iteration == m->step;
    if (net->trace && look && !again) SUR_TRY(look_at_all(c, net, m, err));
    while (net->next < net->count && c->members[net->first + net->next].steps == step) {
        SUR_TRY(emit_trial(c, net, &c->members[net->first + net->next], m, err));
        net->next++;
    }

done:
    return status;
}
