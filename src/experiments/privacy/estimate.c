/* estimate.c -- what trials will cost, roughly: operations per second as in the descent
 * experiment. n members and as many others, p features. */
#include "experiments/privacy/models.h"
#include "experiments/privacy/scores.h"

#include <math.h>

static const double product = 15e9, masses = 4e7, kernels = 40e9;

typedef struct cost {
    double seconds, bytes;
} cost;

static cost of_laws(const sur_privacy_options *o)
{
    const double n = (double)o->data.samples, p = (double)o->width;
    const double draws = (o->queries > 0 ? (double)o->queries : 1.0) * (double)o->draws;
    cost c = {draws * 400.0 / masses, 8.0 * p * n * 4.0 + 24.0 * draws};
    if (o->problem != PROBLEM_LINEAR)
        c.seconds += draws * 2.0 * (4.0 * n * n * p / product + n * p / 6e7);
    return c;
}

static cost of_hats(const sur_privacy_options *o)
{
    const double n = (double)o->data.samples, rows = 2.0 * n,
                 models = 1.0 + (double)o->shadows;
    const double p = o->width == SUR_INF ? n : (double)o->width, m = fmin(p, n);
    const double steps = o->train.loss == SUR_LOSS_CROSS_ENTROPY ? 15.0 : 1.0;
    return (cost){steps * models * (4.0 * n * m * m + 2.0 * rows * m * m) / product +
                      rows * rows * p / product,
                  8.0 * (rows * p + (p > n ? 3.0 * rows * rows : 0.0) + 4.0 * rows * m +
                         4.0 * models * rows)};
}

static cost of_networks(const sur_privacy_options *o, const sur_dataset *data)
{
    sur_job job = {.network = privacy_network(o, data->cols, data->classes),
                   .options = o->train,
                   .count = o->data.samples};
    job.steps = o->epochs * sur_job_epoch(&job);
    const double rows = 2.0 * (double)o->data.samples, d = (double)data->cols,
                 k = (double)job.network.outputs, models = 1.0 + (double)o->shadows;
    const double answers = 2.0 * rows * sur_network_work(&job.network) / kernels;
    return (cost){models * (sur_train_seconds(&job) + answers),
                  sur_train_memory(&job) +
                      8.0 * (double)sur_network_size(&job.network) +
                      rows * (12.0 * (d + 16.0) + 4.0 * PRIVACY_BATCH * k + 16.0 * k +
                              16.0 * models)};
}

static sur_status of_scores(cost *c, const void *input, size_t size, sur_error *err)
{
    privacy_scores s;
    const sur_status status = privacy_scores_view(&s, input, size, err);
    if (status == SUR_OK) *c = (cost){(double)s.count * 4e-7, 64.0 * (double)s.count};
    return status;
}

static sur_status of_models(cost *c, const sur_privacy_options *o, const void *input,
                            size_t size, sur_error *err)
{
    sur_dataset data = {.cols = o->data.dimension,
                        .classes = o->data.task == SUR_CLASSIFICATION ? 2 : 0};
    if (!sur_family_is_network(o->family)) {
        *c = of_hats(o);
        return SUR_OK;
    }
    const sur_status status = sur_data_is_synthetic(&o->data)
                                  ? SUR_OK
                                  : sur_dataset_view(&data, input, size, err);
    if (status == SUR_OK) *c = of_networks(o, &data);
    return status;
}

sur_status sur_privacy_estimate(const void *const *options, sur_idx count,
                                const void *input, size_t size, double *seconds,
                                double *bytes, sur_error *err)
{
    *seconds = 0.0;
    *bytes = 64e6;
    for (sur_idx i = 0; i < count; i++) {
        const sur_privacy_options *o = options[i];
        cost c = {0};
        sur_status status = SUR_OK;
        if (o->attack == PRIVACY_SCORES)
            status = of_scores(&c, input, size, err);
        else if (o->attack == PRIVACY_EXACT)
            c = of_laws(o);
        else if (o->attack != PRIVACY_THEORY)
            status = of_models(&c, o, input, size, err);
        if (status != SUR_OK) return status;
        *seconds += c.seconds;
        *bytes = fmax(*bytes, 64e6 + c.bytes);
    }
    return SUR_OK;
}
