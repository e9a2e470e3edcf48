/* resolve.c -- computes the options that were not given, and refuses what cannot be. */
#include "experiments/unlearn/scores.h"
#include "experiments/unlearn/search.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SAMPLES = 1000,
    TEST_SAMPLES = 2000,
    EVENT_COLUMNS = 28,
    COLUMNS = 32,
    BATCH = 64,
    EPOCHS = 150,
    IMAGE_EPOCHS = 30,
    WIDE = 64 /* networks so wide learn at the lower rate */
};

static sur_status set_text(char **text, const char *value, const char *what,
                           sur_error *err)
{
    if (*text && **text) {
        if (strcmp(*text, value) == 0) return SUR_OK;
        return sur_fail(err, SUR_EPARSE, "the checksum of the %s is %s, not %.64s",
                        what, value, *text);
    }
    free(*text);
    return sur_copy_text(text, value, err);
}

/* ---- the original model from a file ---- */

/* The name of an option that the model file answers. */
static const char *given_beside_model(const sur_unlearn_options *o)
{
    const struct {
        const char *name;
        bool given;
    } all[] = {{"epochs", o->epochs != SUR_UNSET},
               {"samples", o->data.samples != SUR_UNSET},
               {"test_samples", o->data.test_samples != SUR_UNSET},
               {"validation_samples", o->validation_samples != SUR_UNSET},
               {"split_seed", o->data.split_seed != SUR_UNSET},
               {"label_noise", o->data.label_noise > 0.0},
               {"ridge", o->ridge > 0.0},
               {"bandwidth", o->bandwidth != 1.0},
               {"scaling", o->scaling != SCALING_AUTO},
               {"input_deviation", o->input_deviation != 1.0}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].given) return all[i].name;
    return sur_train_given(&o->train);
}

static sur_status fits_model(const sur_unlearn_options *o, const sur_fit *fit,
                             const sur_dataset *data, sur_error *err)
{
    const sur_fit_options *f = &fit->options;
    const char *given = given_beside_model(o);
    const bool known = !sur_data_is_synthetic(&o->data);
    if (o->family != SUR_UNSET && o->family != f->family)
        return sur_fail(err, SUR_EINVAL, "--family %s, but %s is of family %s",
                        sur_family_choices[o->family], o->model,
                        sur_family_choices[f->family]);
    if (o->width != f->width)
        return sur_fail(err, SUR_EINVAL, "--width %lld, but %s has width %lld",
                        (long long)o->width, o->model, (long long)f->width);
    if (given)
        return sur_fail(err, SUR_EINVAL, "%s is given by %s, which was trained so",
                        given, o->model);
    if (known && (data->cols != fit->inputs || data->classes != fit->classes))
        return sur_fail(err, SUR_EINVAL,
                        "%s has %lld columns and %lld classes, but %s was trained on "
                        "%lld and %lld",
                        o->data.data, (long long)data->cols, (long long)data->classes,
                        o->model, (long long)fit->inputs, (long long)fit->classes);
    if (known && !o->force && strcmp(data->checksum, fit->checksum) != 0)
        return sur_fail(err, SUR_EINVAL,
                        "%s was trained on other data: their checksum is %.16s.., that "
                        "of %s is %.16s.. (--force takes them)",
                        o->model, fit->checksum, o->data.data, data->checksum);
    return SUR_OK;
}

static void take_from_model(sur_unlearn_options *o, const sur_fit_options *f)
{
    o->family = f->family;
    o->train = f->network;
    o->epochs = f->epochs;
    o->ridge = f->ridge;
    o->bandwidth = f->bandwidth;
    o->scaling = SCALING_COLUMN;
    o->data.samples = f->data.samples;
    o->data.test_samples = f->data.test_samples;
    o->data.label_noise = f->data.label_noise;
    o->data.standardize = f->data.standardize;
    o->data.dimension = f->data.dimension;
    o->data.split_seed =
        f->data.split_seed == SUR_UNSET ? f->data.seed : f->data.split_seed;
}

static sur_status resolve_model(sur_unlearn_options *o, const unlearn_input *in,
                                sur_error *err)
{
    sur_dataset data = {0};
    sur_fit fit = {0};
    sur_status status;

    SUR_FAIL_IF(!o->data.data, SUR_EINVAL,
                "--model needs --data: the data that it was trained on");
    SUR_TRY(sur_fit_load_bytes(&fit, in->model, in->model_size, err));
    if (!sur_data_is_synthetic(&o->data))
        SUR_TRY(sur_dataset_view(&data, in->data, in->data_size, err));
    SUR_TRY(fits_model(o, &fit, &data, err));
    SUR_FAIL_IF(sur_family_is_network(fit.options.family) &&
                    fit.options.network.loss != SUR_LOSS_CROSS_ENTROPY,
                SUR_EINVAL,
                "%s was trained by squared loss; unlearning needs "
                "cross_entropy",
                o->model);
    SUR_TRY(set_text(&o->model_sha256, in->model_sha256, "model", err));
    if (data.block || data.x)
        SUR_TRY(set_text(&o->data.data_sha256, data.checksum, "data", err));
    take_from_model(o, &fit.options);
    if (fit.options.data.image && !o->data.image)
        SUR_TRY(sur_copy_text(&o->data.image, fit.options.data.image, err));

done:
    sur_fit_free(&fit);
    return status;
}

/* ---- an original model trained here ---- */

static void preset_synthetic(sur_unlearn_options *o)
{
    sur_data_options *d = &o->data;
    const bool events = strcmp(d->data, "synthetic:events") == 0;
    if (d->dimension == SUR_UNSET) d->dimension = events ? EVENT_COLUMNS : COLUMNS;
    if (d->samples == SUR_UNSET) d->samples = SAMPLES;
    if (d->test_samples == SUR_UNSET) d->test_samples = TEST_SAMPLES;
    if (o->validation_samples == SUR_UNSET) o->validation_samples = d->samples;
    if (d->task == SUR_TASK_AUTO) d->task = SUR_CLASSIFICATION;
    if (o->scaling == SCALING_AUTO) o->scaling = SCALING_COLUMN;
}

static sur_status preset_file(sur_unlearn_options *o, const sur_dataset *data,
                              sur_error *err)
{
    sur_data_options *d = &o->data;
    const sur_idx own = data->rows - data->test_rows;
    if (d->samples == SUR_UNSET)
        d->samples = (sur_idx)floor((data->test_rows ? 0.85 : 0.7) * (double)own);
    const sur_idx rest = own - d->samples;
    if (rest < (data->test_rows ? 1 : 2))
        return sur_fail(err, SUR_EINVAL,
                        "%lld samples of %lld rows leave too few to validate and test",
                        (long long)d->samples, (long long)own);
    if (d->test_samples == SUR_UNSET && data->test_rows)
        d->test_samples = data->test_rows;
    if (o->validation_samples == SUR_UNSET) {
        const sur_idx others = data->test_rows ? 0 : d->test_samples;
        o->validation_samples = data->test_rows                ? rest
                                : d->test_samples == SUR_UNSET ? rest / 2
                                                               : rest - others;
    }
    if (d->test_samples == SUR_UNSET) d->test_samples = rest - o->validation_samples;
    const sur_idx used = data->test_rows ? 0 : d->test_samples;
    if (o->validation_samples < 1 || o->validation_samples + used > rest)
        return sur_fail(err, SUR_EINVAL,
                        "%lld samples, %lld for validation and %lld for testing are "
                        "more than the %lld rows there are",
                        (long long)d->samples, (long long)o->validation_samples,
                        (long long)used, (long long)own);
    if (o->scaling == SCALING_AUTO)
        o->scaling = unlearn_of_pixels(data) ? SCALING_WHOLE : SCALING_COLUMN;
    return SUR_OK;
}

static sur_status resolve_data(sur_unlearn_options *o, const unlearn_input *in,
                               sur_error *err)
{
    sur_data_options *d = &o->data;
    sur_dataset data = {0};
    sur_status status;

    if (!d->data)
        return sur_fail(err, SUR_EINVAL,
                        "no data: --data FILE or synthetic:NAME, or --scores FILE");
    if (d->split_seed == SUR_UNSET) d->split_seed = d->seed;
    if (o->family == SUR_UNSET) o->family = SUR_MLP;
    if (sur_data_is_synthetic(d)) {
        preset_synthetic(o);
        return sur_data_generate_check(d, d->dimension, err);
    }
    SUR_TRY(sur_dataset_view(&data, in->data, in->data_size, err));
    SUR_TRY(set_text(&d->data_sha256, data.checksum, "data", err));
    SUR_TRY(preset_file(o, &data, err));

done:
    return status;
}

static sur_status resolve_network(sur_unlearn_options *o, sur_idx classes,
                                  sur_error *err)
{
    sur_train_options *t = &o->train;
    const bool images = sur_family_is_conv(o->family);
    const bool adam = t->optimizer == SUR_UNSET || t->optimizer == SUR_ADAM;
    if (o->ridge > 0.0)
        return sur_fail(err, SUR_EINVAL,
                        "ridge is not for networks; weight_decay is its like");
    if (o->width == SUR_INF)
        return sur_fail(err, SUR_EINVAL, "width inf: not for networks");
    if (o->epochs == SUR_UNSET && !o->model) o->epochs = images ? IMAGE_EPOCHS : EPOCHS;
    if (t->batch == SUR_UNSET && !images) t->batch = BATCH;
    if (isnan(t->learning_rate) && adam && !images)
        t->learning_rate = o->width < WIDE ? 5e-3 : 2e-3;
    const sur_status status = sur_train_complete(t, o->family, classes, err);
    if (status != SUR_OK) return status;
    if (t->loss != SUR_LOSS_CROSS_ENTROPY)
        return sur_fail(err, SUR_EINVAL,
                        "loss squared: the rules of unlearning are for cross_entropy");
    return SUR_OK;
}

static sur_status resolve_family(sur_unlearn_options *o, const sur_dataset *data,
                                 sur_error *err)
{
    const bool network = sur_family_is_network(o->family);
    const char *family = sur_family_choices[o->family];
    if (o->method == SUR_UNSET) o->method = network ? METHOD_SCRUB : METHOD_EXACT;
    const unlearn_method *method = &unlearn_methods[o->method];
    if (network && method->for_linear)
        return sur_fail(err, SUR_EINVAL,
                        "method %s is for linear and feature models, not for %s",
                        method->name, family);
    if (!network && !method->for_linear && o->method != METHOD_RETRAIN)
        return sur_fail(err, SUR_EINVAL,
                        "method %s is for networks; %s has exact and retrain",
                        method->name, family);
    if (network) {
        sur_status status = SUR_OK;
        if (sur_family_is_conv(o->family))
            status = sur_data_image_known(&o->data.image, data, err);
        if (status == SUR_OK) status = resolve_network(o, data->classes, err);
        const sur_network net = unlearn_network(o, data);
        if (status == SUR_OK) status = sur_network_check(&net, err);
        return status;
    }
    const char *given = sur_train_given(&o->train);
    if (!given && o->epochs != SUR_UNSET) given = "epochs";
    if (!given && o->budget != SUR_UNSET) given = "budget";
    if (given && !o->model)
        return sur_fail(err, SUR_EINVAL, "%s is for networks, not for %s", given,
                        family);
    if (o->family == SUR_LINEAR && o->width != SUR_INF && o->width > data->cols)
        return sur_fail(err, SUR_EINVAL,
                        "width %lld: the linear family has %lld columns",
                        (long long)o->width, (long long)data->cols);
    return SUR_OK;
}

/* ---- all of it ---- */

/* Predictions made elsewhere: nothing is trained, so nothing else matters. */
static sur_status resolve_scores(sur_unlearn_options *o, const unlearn_input *in,
                                 sur_error *err)
{
    unlearn_scores scores;
    const sur_status status =
        unlearn_scores_view(&scores, in->scores, in->scores_size, err);
    if (status != SUR_OK) return status;
    if (o->method != SUR_UNSET)
        return sur_fail(err, SUR_EINVAL,
                        "--scores are measured as they are: leave --method out");
    if (o->data.split_seed == SUR_UNSET) o->data.split_seed = o->data.seed;
    o->data.samples = scores.size[UNLEARN_RETAIN] + scores.size[UNLEARN_FORGET];
    o->forget_count = scores.size[UNLEARN_FORGET];
    o->validation_samples = scores.size[UNLEARN_VALIDATION] > 0
                                ? scores.size[UNLEARN_VALIDATION]
                                : SUR_UNSET;
    o->data.test_samples = scores.size[UNLEARN_TEST];
    return set_text(&o->data.data_sha256, scores.checksum, "scores", err);
}

/* What one goal alone knows. */
static sur_status check_goal(const sur_unlearn_options *o, sur_error *err)
{
    if (o->goal == GOAL_PRIVACY && !isnan(o->bias))
        return sur_fail(err, SUR_EINVAL,
                        "bias: the share of biased labels is for goal bias; with goal "
                        "privacy forget_count says how many are forgotten");
    if (o->goal == GOAL_BIAS && o->forget && strcmp(o->forget, "random") != 0)
        return sur_fail(err, SUR_EINVAL,
                        "forget: for goal privacy; goal bias forgets what it biased");
    if (!isnan(o->bias) && o->forget_count != SUR_UNSET)
        return sur_fail(err, SUR_EINVAL,
                        "bias and forget_count both say how many are forgotten");
    return SUR_OK;
}

sur_status sur_unlearn_resolve(void *options, const void *input, size_t size,
                               sur_error *err)
{
    sur_unlearn_options *o = options;
    unlearn_problem parts = {0};
    unlearn_input in;
    unlearn_grid grid;
    sur_status status;

    SUR_TRY(unlearn_input_view(&in, input, size, err));
    if (o->scores) return resolve_scores(o, &in, err);
    SUR_TRY((o->model ? resolve_model : resolve_data)(o, &in, err));
    SUR_FAIL_IF(o->data.weight != NULL, SUR_EINVAL,
                "weight: unlearning knows no weights of examples");
    SUR_TRY(check_goal(o, err));
    if (o->goal == GOAL_PRIVACY) {
        if (in.ids) SUR_TRY(set_text(&o->forget_sha256, in.ids_sha256, "ids", err));
    }
    SUR_TRY(unlearn_problem_parts(&parts, o, input, size, NULL, 0, err));
    SUR_FAIL_IF(
        parts.classes < 2, SUR_EINVAL,
        "the targets are no classes, and unlearning is measured by their errors "
        "(--task classification takes numbers as classes)");
    SUR_TRY(resolve_family(o, &parts.data, err));
    if (isnan(o->bias)) o->forget_count = parts.set.count;
    if (o->model) o->validation_samples = parts.v;
    SUR_TRY(unlearn_grid_make(&grid, o, err));

done:
    unlearn_problem_free(&parts);
    return status;
}

sur_status sur_unlearn_axis(const void *options, const char *name, const void *input,
                            size_t size, char **text, sur_error *err)
{
    const sur_unlearn_options *o = options;
    sur_dataset data = {0};
    unlearn_input in;
    sur_fit fit = {0};
    sur_text made = {0};
    sur_status status;

    *text = NULL;
    if (strcmp(name, "width") != 0) return SUR_OK;
    SUR_TRY(unlearn_input_view(&in, input, size, err));
    if (o->scores) {
        SUR_TRY(sur_text_add(&made, "1", err));
    } else if (in.model_size > 0) {
        SUR_TRY(sur_fit_load_bytes(&fit, in.model, in.model_size, err));
        SUR_TRY(sur_text_format(&made, err, "%lld", (long long)fit.options.width));
    } else if (sur_family_is_conv(o->family)) {
        SUR_TRY(sur_text_add(&made, "2:16:x2", err));
    } else if (o->family == SUR_LINEAR && in.data_size > 0) {
        SUR_TRY(sur_dataset_view(&data, in.data, in.data_size, err));
        SUR_TRY(sur_text_format(&made, err, "%lld", (long long)data.cols));
    }
    *text = made.at;
    made.at = NULL;

done:
    sur_text_free(&made);
    sur_fit_free(&fit);
    return status;
}
