/* fit.c -- one model of any family, from a data set.
 *
 * Feature families solve (Z'Z + mu I) b = Z'(y - centre) at one width; networks are
 * trained (fit_network.c). Classes are one-hot targets minus their shares, or, with
 * cross-entropy, the labels themselves. For regression a network learns (y - centre) /
 * unit, with unit the deviation of the training targets. */
#include "train/fit.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OPTION(f, k, p, lo, hi, u, fl, c, g, h)                                     \
    {                                                                               \
        .name = #f, .kind = k, .offset = offsetof(sur_fit_options, f), .preset = p, \
        .low = lo, .high = hi, .unit = u, .flags = fl, .choices = c, .group = g,    \
        .help = h                                                                   \
    }

static const char *const no_yes[] = {"no", "yes", NULL};

static const sur_field fields[] = {
    SUR_DATA_FIELDS(sur_fit_options, data),
    OPTION(family, SUR_CHOICE, "mlp", 0, 0, NULL, 0, sur_family_choices, "model",
           "linear: the first columns; projection, fourier, relu: random features; "
           "mlp, cnn5, allcnn, resnet18, resnet50: trained networks, all but mlp of "
           "images"),
    OPTION(width, SUR_INT, NULL, 1, 1e9, NULL, SUR_AUTO, NULL, "model",
           "features, units of a layer, filters of the first (default: mlp 64, images "
           "8, linear all columns, else 1000)"),
    OPTION(ridge, SUR_REAL, "0", 0, 1e300, NULL, 0, NULL, "model",
           "penalty mu in (Z'Z + mu I); not for networks"),
    OPTION(bandwidth, SUR_REAL, "1", 1e-9, 1e9, NULL, 0, NULL, "model",
           "of fourier features, in units of the square root of the columns"),
    SUR_TRAIN_FIELDS(sur_fit_options, network),
    OPTION(epochs, SUR_INT, NULL, 1, 1e9, NULL, SUR_AUTO, NULL, "network",
           "passes over the training examples (default: 100; images: 20)"),
    OPTION(steps, SUR_INT, NULL, 1, 1e12, NULL, SUR_AUTO, NULL, "network",
           "steps of training, in place of --epochs"),
    OPTION(early_stop, SUR_CHOICE, "no", 0, 0, NULL, 0, no_yes, "network",
           "keep the network of the step looked at whose validation loss is least"),
    OPTION(validation_samples, SUR_INT, NULL, 1, 1e12, "examples", SUR_AUTO, NULL,
           "network",
           "rows beside the samples to validate on (default: a tenth of the rows)"),
};
const sur_fields sur_fit_fields = {fields, sizeof fields / sizeof *fields,
                                   sizeof(sur_fit_options)};

enum {
    EPOCHS = 100,
    IMAGE_EPOCHS = 20,
    IMAGE_WIDTH = 8,
    EVENT_COLUMNS = 28,
    TEACHER_COLUMNS = 32,
    COLUMNS = 20
};

void sur_fit_free(sur_fit *fit)
{
    sur_fields_free(&sur_fit_fields, &fit->options);
    free(fit->names);
    free(fit->median);
    free(fit->mean);
    free(fit->scale);
    free(fit->centre);
    free(fit->parameters);
    free(fit->forgotten);
    sur_mat_free(&fit->coefficients);
    *fit = (sur_fit){0};
}

sur_status sur_fit_name(sur_fit *fit, const char *const *names, sur_idx count,
                        sur_error *err)
{
    size_t bytes = (size_t)count * sizeof(char *);
    for (sur_idx i = 0; i < count; i++) bytes += strlen(names[i]) + 1;
    const sur_status status = sur_alloc(&fit->names, (sur_idx)bytes, 1, err);
    if (status != SUR_OK) return status;
    char *at = (char *)(fit->names + count);
    for (sur_idx i = 0; i < count; i++) {
        const size_t size = strlen(names[i]) + 1;
        fit->names[i] = memcpy(at, names[i], size);
        at += size;
    }
    return SUR_OK;
}

static sur_status name_columns(sur_fit *fit, const sur_dataset *data, sur_error *err)
{
    const sur_idx d = fit->inputs, count = d + 1 + fit->classes;
    const char **names;
    sur_status status = sur_alloc(&names, count, sizeof *names, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < count; i++)
        names[i] = sur_dataset_name(data, i <= d ? i : i + 1); /* d + 1: the weight */
    status = sur_fit_name(fit, names, count, err);
    free(names);
    return status;
}

/* ---- options ---- */

static sur_status complete_network(sur_fit *fit, sur_error *err)
{
    sur_fit_options *o = &fit->options;
    sur_idx shape[3];
    sur_status status = sur_train_complete(&o->network, o->family, fit->classes, err);
    if (status == SUR_OK && sur_family_is_conv(o->family))
        status = o->data.image
                     ? sur_data_image(shape, o->data.image, fit->inputs, err)
                     : sur_fail(err, SUR_EINVAL, "no image: channels,height,width");
    if (status != SUR_OK) return status;
    fit->network = sur_train_network(&o->network, o->family, o->width, fit->inputs,
                                     fit->outputs, o->data.image);
    return sur_network_check(&fit->network, err);
}

sur_status sur_fit_complete(sur_fit *fit, sur_error *err)
{
    sur_fit_options *o = &fit->options;
    const bool network = sur_family_is_network(o->family),
               images = sur_family_is_conv(o->family);
    const char *given = sur_train_given(&o->network);
    if (!given && o->epochs != SUR_UNSET) given = "epochs";
    if (!given && o->steps != SUR_UNSET) given = "steps";
    if (!given && o->early_stop) given = "early_stop";
    if (!network && given)
        return sur_fail(err, SUR_EINVAL, "%s is for networks, not for family %s", given,
                        sur_family_choices[o->family]);
    if (network && (o->ridge > 0 || o->bandwidth != 1.0))
        return sur_fail(err, SUR_EINVAL, "family %s has no ridge and no bandwidth",
                        sur_family_choices[o->family]);
    if (network && o->epochs != SUR_UNSET && o->steps != SUR_UNSET)
        return sur_fail(err, SUR_EINVAL, "epochs = %lld and steps = %lld: give one",
                        (long long)o->epochs, (long long)o->steps);
    if (!o->early_stop && o->validation_samples != SUR_UNSET)
        return sur_fail(err, SUR_EINVAL, "validation_samples without early_stop");
    if (o->width == SUR_UNSET)
        o->width = images                    ? IMAGE_WIDTH
                   : network                 ? 64
                   : o->family == SUR_LINEAR ? fit->inputs
                                             : 1000;
    fit->outputs = fit->classes > 0 ? fit->classes : 1;
    if (!network) {
        if (o->family == SUR_LINEAR && o->width > fit->inputs)
            return sur_fail(err, SUR_EINVAL,
                            "width %lld: the linear family has %lld columns",
                            (long long)o->width, (long long)fit->inputs);
        return SUR_OK;
    }
    if (o->epochs == SUR_UNSET && o->steps == SUR_UNSET)
        o->epochs = images ? IMAGE_EPOCHS : EPOCHS;
    return complete_network(fit, err);
}

sur_features sur_fit_features(const sur_fit *fit)
{
    return (sur_features){.family = (sur_family)fit->options.family,
                          .inputs = fit->inputs,
                          .seed = (uint64_t)fit->options.data.seed,
                          .bandwidth = fit->options.bandwidth};
}

static bool by_entropy(const sur_fit *fit)
{
    return sur_family_is_network(fit->options.family) &&
           fit->options.network.loss == SUR_LOSS_CROSS_ENTROPY;
}

/* ---- data ---- */

static void preset_synthetic(sur_data_options *o)
{
    if (o->dimension == SUR_UNSET)
        o->dimension = strcmp(o->data, "synthetic:events") == 0    ? EVENT_COLUMNS
                       : strcmp(o->data, "synthetic:teacher") == 0 ? TEACHER_COLUMNS
                                                                   : COLUMNS;
    if (o->samples == SUR_UNSET) o->samples = 1000;
    if (o->test_samples == SUR_UNSET) o->test_samples = 10000;
}

/* The validation part of early stopping: a tenth of the rows beside the training
 * examples, unless a number is given. */
static void count_validation(sur_fit_options *o, sur_idx rows)
{
    if (o->early_stop && o->validation_samples == SUR_UNSET)
        o->validation_samples = rows < 10 ? 1 : rows / 10;
}

static sur_idx validation_of(const sur_fit_options *o)
{
    return o->early_stop ? o->validation_samples : 0;
}

static sur_status get_data(sur_fit_work *w, char *note, size_t size, sur_error *err)
{
    sur_fit_options *o = &w->fit->options;
    if (!o->data.data)
        return sur_fail(err, SUR_EINVAL, "no data: --data FILE or synthetic:NAME");
    if (!sur_data_is_synthetic(&o->data)) {
        const sur_status status = sur_data_read(&w->data, &o->data, note, size, err);
        if (status == SUR_OK) count_validation(o, w->data.rows - w->data.test_rows);
        return status;
    }
    preset_synthetic(&o->data);
    count_validation(o, o->data.samples);
    sur_data_options drawn = o->data; /* strings stay the fit's */
    drawn.samples += validation_of(o);
    return sur_data_generate(&w->data, &drawn, drawn.dimension, NULL, err);
}

/* Training and validation examples are asked for together, as samples and a share. */
sur_status sur_fit_split(sur_split *out, const sur_dataset *from,
                         const sur_fit_options *o, sur_error *err)
{
    const sur_idx v = validation_of(o), own = from->rows - from->test_rows;
    sur_data_options data = o->data;
    double share = 0.0;
    if (v > 0) {
        if (data.samples == SUR_UNSET)
            data.samples =
                from->test_rows ? own - v : (sur_idx)floor(0.7 * (double)own);
        data.samples += v;
        share = (double)v / (double)data.samples;
    }
    const sur_status status = sur_split_make(out, from, &data, share, err);
    if (status != SUR_OK || !sur_family_is_conv(o->family) || !o->data.standardize)
        return status;
    return sur_split_scale_whole(out, from, &data,
                                 err); /* images: one mean for all places */
}

static double target_of(const sur_fit *fit, double label, sur_idx j)
{
    return fit->classes == 0 ? label : label == (double)j ? 1.0 : 0.0;
}

static sur_status copy_numbers(double **to, const double *from, sur_idx count,
                               sur_error *err)
{
    const sur_status status = sur_alloc(to, count, sizeof **to, err);
    if (status == SUR_OK) memcpy(*to, from, (size_t)count * sizeof **to);
    return status;
}

/* centre, unit and the targets about them. */
static sur_status make_targets(sur_fit_work *w, sur_error *err)
{
    sur_fit *fit = w->fit;
    const sur_idx n = w->split.train_count, k = fit->outputs;
    double total = 0.0, square = 0.0;
    sur_status status;

    SUR_TRY(sur_alloc(&fit->centre, k, sizeof(double), err));
    SUR_TRY(sur_mat_new(&w->y, n, k, err));
    for (sur_idx i = 0; i < n; i++) total += w->weight ? w->weight[i] : 1.0;
    SUR_FAIL_IF(!(total > 0.0), SUR_ENUMERIC,
                "the training weights add up to %g, not to something positive", total);
    for (sur_idx j = 0; j < k && !by_entropy(fit); j++) {
        for (sur_idx i = 0; i < n; i++)
            fit->centre[j] += (w->weight ? w->weight[i] : 1.0) *
                              target_of(fit, w->split.label[i], j) / total;
        for (sur_idx i = 0; i < n; i++) {
            const double y = target_of(fit, w->split.label[i], j) - fit->centre[j];
            square += (w->weight ? w->weight[i] : 1.0) * y * y / total;
            sur_mat_row(&w->y, i)[j] = y;
        }
    }
    fit->unit = 1.0;
    if (sur_family_is_network(fit->options.family) && fit->classes == 0 && square > 0.0)
        fit->unit = sqrt(square);
    for (sur_idx i = 0; i < n * k; i++) w->y.data[i] /= fit->unit;

done:
    return status;
}

static sur_status prepare(sur_fit_work *w, char *note, size_t size, sur_error *err)
{
    sur_fit *fit = w->fit;
    sur_status status;

    SUR_TRY(get_data(w, note, size, err));
    fit->inputs = w->data.cols;
    fit->classes = w->data.classes;
    memcpy(fit->checksum, w->data.checksum, sizeof fit->checksum);
    SUR_TRY(name_columns(fit, &w->data, err));
    const bool images = sur_family_is_conv(fit->options.family);
    if (images) SUR_TRY(sur_data_image_known(&fit->options.data.image, &w->data, err));
    SUR_TRY(sur_fit_complete(fit, err));
    SUR_TRY(sur_fit_split(&w->split, &w->data, &fit->options, err));
    SUR_TRY(copy_numbers(&fit->median, w->split.median, fit->inputs, err));
    SUR_TRY(copy_numbers(&fit->mean, w->split.mean, fit->inputs, err));
    SUR_TRY(copy_numbers(&fit->scale, w->split.scale, fit->inputs, err));
    const sur_idx n = w->split.train_count;
    SUR_TRY(sur_mat_new(&w->x, n, fit->inputs, err));
    sur_split_rows(&w->x, &w->split, &w->data, w->split.train);
    if (w->data.weight) {
        SUR_TRY(sur_alloc(&w->weight, n, sizeof *w->weight, err));
        for (sur_idx i = 0; i < n; i++)
            w->weight[i] = w->data.weight[w->split.train[i]];
    }
    SUR_TRY(make_targets(w, err));

done:
    return status;
}

/* ---- feature families ---- */

typedef struct design {
    sur_features features;
    const sur_mat *x;
    sur_mat *b;
} design;

static sur_status fill_columns(void *payload, sur_idx first, sur_mat *out,
                               sur_error *err)
{
    const design *d = payload;
    return sur_features_fill(out, &d->features, d->x, first, err);
}

static sur_status take_point(void *payload, sur_idx point, const sur_mat *b,
                             const sur_curve_fit *info, sur_error *err)
{
    const design *d = payload;
    (void)point, (void)info, (void)err;
    sur_mat_copy(d->b, b);
    return SUR_OK;
}

static sur_status solve(sur_fit_work *w, sur_error *err)
{
    sur_fit *fit = w->fit;
    const sur_idx p = fit->options.width;
    const sur_curve_point point = {.width = p, .ridge = fit->options.ridge};
    design d = {sur_fit_features(fit), &w->x, &fit->coefficients};
    const sur_columns z = {w->x.rows, p, fill_columns, &d};
    const sur_status status = sur_mat_new(&fit->coefficients, p, fit->outputs, err);
    if (status != SUR_OK) return status;
    return sur_curve_solve(&z, &w->y, w->weight, &point, 1, take_point, &d, err);
}

/* ---- all of it ---- */

sur_status sur_fit_measure(sur_fit_score *out, const sur_fit_work *w,
                           const sur_idx *rows, const double *label, sur_idx count,
                           sur_error *err)
{
    const sur_fit *fit = w->fit;
    sur_mat x = {0}, answer = {0};
    double wrong = 0.0, square = 0.0, total = 0.0;
    sur_status status;

    *out = (sur_fit_score){count, nan(""), nan("")};
    if (count == 0) return SUR_OK;
    SUR_TRY(sur_mat_new(&x, count, fit->inputs, err));
    SUR_TRY(sur_mat_new(&answer, count, fit->outputs, err));
    sur_split_rows(&x, &w->split, &w->data, rows);
    SUR_TRY(sur_fit_answer_prepared(&answer, fit, &x, err));
    for (sur_idx i = 0; i < count; i++) {
        const double y = label ? label[i] : w->data.target[rows[i]];
        const double weight = w->data.weight ? w->data.weight[rows[i]] : 1.0;
        const double *a = sur_mat_row(&answer, i);
        for (sur_idx j = 0; j < fit->outputs; j++)
            square +=
                weight * (a[j] - target_of(fit, y, j)) * (a[j] - target_of(fit, y, j));
        wrong += fit->classes && (double)sur_fit_class(fit, a) != y ? weight : 0.0;
        total += weight;
    }
    out->loss = square / (total * (double)fit->outputs);
    if (fit->classes > 0) out->error = wrong / total;

done:
    sur_mat_free(&x);
    sur_mat_free(&answer);
    return status;
}

sur_status sur_fit_make(sur_fit *out, sur_fit_report *report,
                        const sur_fit_options *options, const sur_fit_watch *watch,
                        char *note, size_t note_size, sur_error *err)
{
    static const sur_fit_watch nobody = {0};
    sur_fit fit = {0};
    sur_fit_work w = {.fit = &fit};
    sur_fit_report r = {0};
    sur_status status;

    *out = fit;
    if (!watch) watch = &nobody;
    if (note && note_size > 0) note[0] = '\0';
    SUR_TRY(sur_fields_copy(&sur_fit_fields, &fit.options, options, err));
    SUR_TRY(prepare(&w, note, note_size, err));
    const bool network = sur_family_is_network(fit.options.family);
    SUR_FAIL_IF(watch->checkpoint && !network, SUR_EINVAL,
                "a checkpoint is for networks, not for %s",
                sur_family_choices[fit.options.family]);
    SUR_TRY(network ? sur_fit_train(&r, &w, watch, err) : solve(&w, err));
    const sur_split *s = &w.split;
    SUR_TRY(sur_fit_measure(&r.train, &w, s->train, s->label, s->train_count, err));
    SUR_TRY(sur_fit_measure(&r.validation, &w, s->validation, NULL, s->validation_count,
                            err));
    SUR_TRY(sur_fit_measure(&r.test, &w, s->test, NULL, s->test_count, err));
    *report = r;
    *out = fit;
    fit = (sur_fit){0};

done:
    sur_fit_free(&fit);
    sur_mat_free(&w.x);
    sur_mat_free(&w.y);
    free(w.weight);
    sur_split_free(&w.split);
    sur_dataset_free(&w.data);
    return status;
}
