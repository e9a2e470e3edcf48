/* model_file.c -- the original model's file with other numbers, or a file made anew. */
#include "experiments/unlearn/model_file.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/try.h"
#include "train/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The options of surplus train that would make the original. */
static sur_fit_options options_of(const unlearn_problem *p)
{
    const sur_unlearn_options *o = p->o;
    sur_fit_options f = {.data = o->data, /* strings stay the options' */
                         .family = o->family,
                         .width = o->width,
                         .ridge = o->ridge,
                         .bandwidth = o->bandwidth,
                         .epochs = SUR_UNSET,
                         .steps = SUR_UNSET,
                         .validation_samples = SUR_UNSET};
    if (sur_family_is_network(o->family)) f.epochs = o->epochs;
    f.network = o->train;
    return f;
}

/* A view of everything: nothing of it is owned but what `names` holds. */
static sur_status describe(sur_fit *fit, const unlearn_scene *s, sur_error *err)
{
    const unlearn_problem *p = &s->problem;
    const sur_idx d = p->data.cols, k = p->classes;
    const char **names;
    *fit = (sur_fit){.options = options_of(p),
                     .inputs = d,
                     .outputs = k,
                     .classes = k,
                     .median = p->split.median,
                     .mean = p->split.mean,
                     .scale = p->split.scale,
                     .unit = 1.0,
                     .network = p->network};
    memcpy(fit->checksum, p->data.checksum, sizeof fit->checksum);
    sur_status status = sur_alloc(&names, d + 1 + k, sizeof *names, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < d + 1 + k; i++)
        names[i] = sur_dataset_name(&p->data, i <= d ? i : i + 1); /* past the weight */
    status = sur_fit_name(fit, names, d + 1 + k, err);
    free(names);
    return status;
}

/* Rows that are not to be counted as trained on any more, these and earlier ones. */
static sur_status list_forgotten(sur_fit *fit, const unlearn_problem *p, sur_error *err)
{
    const sur_idx before = p->fit.forgotten_count, f = p->set.count;
    const sur_status status =
        sur_alloc(&fit->forgotten, before + f, sizeof *fit->forgotten, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < before; i++) fit->forgotten[i] = p->fit.forgotten[i];
    for (sur_idx i = 0; i < f; i++)
        fit->forgotten[before + i] = p->row[p->set.forget[i]];
    fit->forgotten_count = before + f;
    return SUR_OK;
}

sur_status unlearn_keep_model(const unlearn_scene *s, const unlearn_model *model,
                              const sur_unlearn_options *o, sur_idx trial,
                              sur_error *err)
{
    const unlearn_problem *p = &s->problem;
    const bool given = p->fit.inputs > 0;
    sur_fit fit = {0};
    double *zero = NULL;
    char **names = NULL;
    void *bytes = NULL;
    size_t size = 0;
    char key[128], mark[65];
    sur_status status;

    if (given) {
        fit = p->fit;
        fit.forgotten = NULL;
    } else {
        SUR_TRY(describe(&fit, s, err));
        names = fit.names;
    }
    SUR_TRY(sur_alloc(&zero, p->classes, sizeof *zero, err));
    if (!given) fit.centre = s->network ? zero : s->linear.centre;
    fit.parameters = model->vector;
    fit.coefficients = model->b;
    SUR_TRY(list_forgotten(&fit, p, err));
    SUR_FAIL_IF(o->width == SUR_INF, SUR_EINVAL,
                "a kernel model has no file: its coefficients need the training rows");
    SUR_TRY(sur_fit_bytes(&bytes, &size, &fit, err));
    SUR_TRY(sur_sha256_of(mark, bytes, size, err));
    snprintf(key, sizeof key, "unlearn/model/%s", mark);
    status = s->context->keep(s->context->payload, trial,
                              &(sur_artifact){.key = key,
                                              .name = "model",
                                              .kind = "safetensors",
                                              .shape = "",
                                              .bytes = bytes,
                                              .size = size},
                              err);

done:
    free(bytes);
    free(zero);
    free(names);
    free(fit.forgotten);
    return status;
}
