/* estimate.c -- what a group of trials will cost, roughly. */
#include "experiments/unlearn/search.h"

#include <math.h>

/* A pass of a method over its rows, relative to one of training; searching included. */
static double passes_of(const sur_unlearn_options *o)
{
    const unlearn_method *method = &unlearn_methods[o->method];
    unlearn_grid grid;
    if (unlearn_grid_make(&grid, o, NULL) != SUR_OK) return 0.0;
    const double epochs = method->epochs == 0 || o->budget == SUR_UNSET
                              ? (double)method->epochs
                              : (double)o->budget;
    return 1.5 * (epochs + 2.0) * (1.0 + (double)unlearn_grid_size(&grid, o));
}

sur_status sur_unlearn_estimate(const void *const *options, sur_idx count,
                                const void *input, size_t size, double *seconds,
                                double *bytes, sur_error *err)
{
    static const double product = 15e9, flops = 40e9;
    const sur_unlearn_options *o = options[0];
    sur_dataset data = {.cols = o->data.dimension, .classes = 2};
    unlearn_input in;
    sur_status status = unlearn_input_view(&in, input, size, err);
    if (status == SUR_OK && in.data_size > 0)
        status = sur_dataset_view(&data, in.data, in.data_size, err);
    if (status != SUR_OK) return status;
    if (o->scores) {
        *seconds = 0.1 * (double)count;
        *bytes = 64e6 + 3.0 * (double)in.scores_size;
        return SUR_OK;
    }
    const double n = o->data.samples == SUR_UNSET ? 0.7 * (double)data.rows
                                                  : (double)o->data.samples;
    const double d = (double)data.cols, k = (double)data.classes;
    const double rows =
        n +
        (double)(data.rows > 0 ? data.rows : o->data.test_samples + o->data.samples);
    const double points =
        200.0 * (double)o->balls +
        2.0 * (double)o->planes * (double)(o->resolution * o->resolution);
    *seconds = 0.0;
    *bytes = 64e6 + 24.0 * rows * (d + 4.0 * k);
    if (!sur_family_is_network(o->family)) {
        const double p = o->width == SUR_INF ? n : (double)o->width;
        *seconds =
            (double)count * (4.0 * n * p * fmin(n, p) + points * p * d) / product;
        *bytes += 8.0 * (3.0 * n * p + 2.0 * fmin(n, p) * fmin(n, p));
        return SUR_OK;
    }
    sur_job job = {
        .network = unlearn_network(o, &data), .options = o->train, .count = (sur_idx)n};
    const double epochs = o->epochs == SUR_UNSET ? 100.0 : (double)o->epochs;
    job.steps = (sur_idx)(epochs * (double)sur_job_epoch(&job));
    const double work = sur_network_work(&job.network);
    const double once = sur_train_seconds(&job) / epochs;
    *seconds = once * epochs * (1.0 + (double)o->references);
    for (sur_idx i = 0; i < count; i++)
        *seconds += once * passes_of(options[i]) + 4.0 * points * work / flops;
    *bytes += sur_train_memory(&job) + 8.0 * (double)sur_network_size(&job.network) *
                                           (8.0 + (double)o->references);
    return SUR_OK;
}
