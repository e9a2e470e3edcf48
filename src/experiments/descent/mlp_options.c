/* mlp_options.c -- options of trained networks: defaults, refusals, costs, thresholds.
 */
#include "experiments/descent/descent.h"

#include "train/look.h"

#include <math.h>

enum { EPOCHS = 100 };

static sur_status refuse_network(const sur_descent_options *o, sur_error *err)
{
    const char *given = sur_train_given(&o->network);
    if (!given && o->epochs != SUR_UNSET) given = "epochs";
    if (!given && o->steps != SUR_UNSET) given = "steps";
    if (!given && o->trace) given = "trace";
    if (!given && o->sharpness) given = "sharpness";
    if (!given && o->early_stop == DESCENT_YES) given = "early_stop";
    if (!given) return SUR_OK;
    return sur_fail(err, SUR_EINVAL, "%s is for networks, not for family %s", given,
                    sur_family_choices[o->family]);
}

sur_status sur_descent_mlp_resolve(sur_descent_options *o, sur_idx inputs,
                                   sur_idx classes, sur_error *err)
{
    const bool images = sur_family_is_conv(o->family);
    if (!sur_family_is_network(o->family)) {
        const sur_status status = refuse_network(o, err);
        o->early_stop = DESCENT_NO;
        return status;
    }
    const char *wrong = o->width == SUR_INF      ? "width inf"
                        : o->ridge > 0.0         ? "ridge (weight_decay is its like)"
                        : o->tune == DESCENT_YES ? "tune (early_stop is its like)"
                        : o->bandwidth != 1.0    ? "bandwidth"
                                                 : NULL;
    if (wrong)
        return sur_fail(err, SUR_EINVAL, "family %s has no %s",
                        sur_family_choices[o->family], wrong);
    if (o->epochs != SUR_UNSET && o->steps != SUR_UNSET)
        return sur_fail(err, SUR_EINVAL, "epochs = %lld and steps = %lld: give one",
                        (long long)o->epochs, (long long)o->steps);
    if (o->epochs == SUR_UNSET && o->steps == SUR_UNSET) o->epochs = EPOCHS;
    o->tune = DESCENT_NO;
    if (o->early_stop == DESCENT_AUTO)
        o->early_stop = o->validation_samples > 0 ? DESCENT_YES : DESCENT_NO;
    if (o->early_stop == DESCENT_YES && o->validation_samples == 0)
        return sur_fail(err, SUR_EINVAL,
                        "early_stop needs a validation part, and no rows are left for "
                        "one");
    const sur_status status = sur_train_complete(&o->network, o->family, classes, err);
    if (status != SUR_OK) return status;
    if (o->network.loss == SUR_LOSS_CROSS_ENTROPY) o->intercept = DESCENT_NO;
    sur_idx shape[3];
    if (images && !o->data.image)
        return sur_fail(err, SUR_EINVAL,
                        "family %s is for images: --image channels,height,width",
                        sur_family_choices[o->family]);
    if (images) {
        const sur_status known = sur_data_image(shape, o->data.image, inputs, err);
        if (known != SUR_OK) return known;
    }
    const sur_network network = sur_descent_network(o, inputs, classes);
    return sur_network_check(&network, err);
}

sur_network sur_descent_network(const sur_descent_options *o, sur_idx inputs,
                                sur_idx classes)
{
    const bool entropy = o->network.loss == SUR_LOSS_CROSS_ENTROPY;
    return sur_train_network(&o->network, o->family, o->width, inputs,
                             classes > 2 || (entropy && classes) ? classes : 1,
                             o->data.image);
}

sur_idx sur_descent_steps(const sur_descent_options *o)
{
    const double each = ceil((double)o->data.samples / (double)o->network.batch);
    if (o->steps != SUR_UNSET) return o->steps;
    return (double)o->epochs * each > 1e15 ? (sur_idx)1e15 : o->epochs * (sur_idx)each;
}

/* Of images, by halving between whole widths, straight in between. */
static double conv_threshold(sur_network net, double targets)
{
    sur_idx low = 1, high = 2;
    net.width = low;
    if ((double)sur_network_parameters(&net) > targets) return nan("");
    for (net.width = high; (double)sur_network_parameters(&net) < targets;
         net.width = high) {
        if (high > 1 << 12) return nan("");
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        net.width = (low + high) / 2;
        *((double)sur_network_parameters(&net) < targets ? &low : &high) = net.width;
    }
    net.width = low;
    const double from = (double)sur_network_parameters(&net);
    net.width = high;
    const double to = (double)sur_network_parameters(&net);
    return (double)low + (targets - from) / (to - from);
}

/* (d + 1) w + (h - 1)(w + 1) w + (w + 1) k = targets, a quadratic in w. */
double sur_descent_threshold(const sur_network *network, double targets)
{
    if (sur_family_is_conv(network->family)) return conv_threshold(*network, targets);
    const double d = (double)network->inputs, k = (double)network->outputs,
                 h = (double)network->depth;
    if (h == 0) return nan("");
    const double a = h - 1.0, b = d + 1.0 + (h - 1.0) + k, c = k - targets;
    if (c >= 0) return nan("");
    return a == 0 ? -c / b : (-b + sqrt(b * b - 4.0 * a * c)) / (2.0 * a);
}

sur_idx sur_descent_look(sur_idx *out, sur_idx last)
{
    sur_idx count = 0;
    for (sur_idx step = sur_look_after(0); step <= last; step = sur_look_after(step)) {
        if (out) out[count] = step;
        count++;
    }
    return count;
}

void sur_descent_mlp_estimate(const void *const *options, sur_idx count, sur_idx inputs,
                              sur_idx classes, double *seconds, double *bytes)
{
    const double rate = 40e9; /* as in sur_train_seconds */
    double largest = 0.0, rows = 0.0, d = 0.0;
    for (sur_idx i = 0; i < count; i++) {
        const sur_descent_options *o = options[i];
        const sur_idx cols = inputs > 0 ? inputs : o->data.dimension;
        const sur_idx c = o->data.task != SUR_CLASSIFICATION ? 0
                          : classes                          ? classes
                                                             : 2;
        sur_job job = {.network = sur_descent_network(o, cols, c),
                       .options = o->network,
                       .count = o->data.samples,
                       .steps = sur_descent_steps(o)};
        /* Trainings of one width are one, unless the schedule looks at its end. */
        bool shared = false;
        for (sur_idx j = 0; j < count && !shared; j++) {
            const sur_descent_options *p = options[j];
            const sur_idx steps = sur_descent_steps(p);
            shared = o->network.schedule != SUR_RATE_COSINE && p->width == o->width &&
                     p->data.dimension == o->data.dimension &&
                     (steps > job.steps || (steps == job.steps && j < i));
        }
        const double n = (double)job.count, v = (double)o->validation_samples,
                     t = (double)o->data.test_samples;
        const double work = sur_network_work(&job.network); /* of one example */
        const double looks = (double)sur_descent_look(NULL, job.steps);
        if (!shared) *seconds += sur_train_seconds(&job);
        if (!shared && o->trace) *seconds += looks * 2.0 * (n + t) * work / rate;
        if (!shared && o->early_stop == DESCENT_YES)
            *seconds += looks * 2.0 * v * work / rate;
        *seconds += (4.0 * n + t) * 2.0 * work / rate + (n + t) * 1e-6;
        largest = fmax(largest, sur_train_memory(&job) +
                                    16.0 * (double)sur_network_size(&job.network));
        d = (double)cols;
        rows = n + v + t;
    }
    *bytes = largest + rows * (4.0 * (d + 16.0) + 80.0) + 8.0 * rows * d;
}
