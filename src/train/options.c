/* options.c -- how networks are trained, where the user did not say. */
#include <surplus/data.h>
#include <surplus/train.h>

#include <math.h>

const char *const sur_augment_choices[] = {"none", "flip", "crop", "both", NULL};
const char *const sur_optimizer_choices[] = {"sgd", "adam", "adamw", NULL};
const char *const sur_schedule_choices[] = {"constant", "cosine", "root", NULL};

static void whole(int64_t *x, int64_t preset)
{
    if (*x == SUR_UNSET) *x = preset;
}

static void real(double *x, double preset)
{
    if (isnan(*x)) *x = preset;
}

/* What only one kind of network has stays unset for the other. */
static sur_status complete_kind(sur_train_options *o, int64_t family, sur_error *err)
{
    const char *name = sur_family_choices[family];
    if (sur_family_is_conv(family)) {
        whole(&o->augment, SUR_AUGMENT_NONE);
        whole(&o->compute, SUR_FLOAT32);
        if (o->depth == SUR_UNSET && o->activation == SUR_UNSET) return SUR_OK;
        return sur_fail(err, SUR_EINVAL, "%s is for family mlp, not for %s",
                        o->depth != SUR_UNSET ? "depth" : "activation", name);
    }
    whole(&o->depth, 1);
    whole(&o->activation, SUR_UNIT_RELU);
    if (o->augment == SUR_UNSET && o->compute == SUR_UNSET) return SUR_OK;
    return sur_fail(err, SUR_EINVAL, "%s is for families of images, not for %s",
                    o->augment != SUR_UNSET ? "augment" : "compute", name);
}

sur_status sur_train_complete(sur_train_options *o, int64_t family, sur_idx classes,
                              sur_error *err)
{
    const sur_status status = complete_kind(o, family, err);
    if (status != SUR_OK) return status;
    whole(&o->init, SUR_INIT_UNIFORM);
    real(&o->init_scale, 1.0);
    whole(&o->loss, classes > 0 ? SUR_LOSS_CROSS_ENTROPY : SUR_LOSS_SQUARED);
    whole(&o->optimizer, SUR_ADAM);
    whole(&o->schedule, SUR_RATE_CONSTANT);
    whole(&o->batch, 128);
    real(&o->learning_rate, o->optimizer == SUR_SGD ? 0.05 : 0.001);
    real(&o->momentum, 0.0);
    real(&o->weight_decay, 0.0);
    real(&o->clip, 0.0);
    real(&o->stop_below, 0.0);
    if (classes == 0 && o->loss == SUR_LOSS_CROSS_ENTROPY)
        return sur_fail(err, SUR_EINVAL,
                        "loss cross_entropy, but the targets are no classes");
    if (o->optimizer != SUR_SGD && o->momentum > 0.0)
        return sur_fail(err, SUR_EINVAL, "momentum = %g, but the optimizer is %s",
                        o->momentum, sur_optimizer_choices[o->optimizer]);
    if (o->nesterov && !(o->momentum > 0.0))
        return sur_fail(err, SUR_EINVAL, "nesterov without a momentum");
    return SUR_OK;
}

sur_network sur_train_network(const sur_train_options *o, int64_t family, sur_idx width,
                              sur_idx inputs, sur_idx outputs, const char *image)
{
    sur_network n = {.family = (sur_family)family,
                     .inputs = inputs,
                     .outputs = outputs,
                     .width = width};
    if (!sur_family_is_conv(family)) {
        n.depth = o->depth;
        n.activation = (sur_unit)o->activation;
        return n;
    }
    n.compute = (sur_compute)o->compute;
    if (!image || sur_data_image(n.image, image, inputs, NULL) != SUR_OK) n.inputs = 0;
    return n;
}

const char *sur_train_given(const sur_train_options *o)
{
    const struct {
        const char *name;
        bool given;
    } all[] = {{"depth", o->depth != SUR_UNSET},
               {"activation", o->activation != SUR_UNSET},
               {"augment", o->augment != SUR_UNSET},
               {"compute", o->compute != SUR_UNSET},
               {"init", o->init != SUR_UNSET},
               {"init_scale", !isnan(o->init_scale)},
               {"loss", o->loss != SUR_UNSET},
               {"optimizer", o->optimizer != SUR_UNSET},
               {"schedule", o->schedule != SUR_UNSET},
               {"batch", o->batch != SUR_UNSET},
               {"learning_rate", !isnan(o->learning_rate)},
               {"momentum", !isnan(o->momentum)},
               {"nesterov", o->nesterov},
               {"weight_decay", !isnan(o->weight_decay)},
               {"clip", !isnan(o->clip)},
               {"stop_below", !isnan(o->stop_below)}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].given) return all[i].name;
    return NULL;
}
