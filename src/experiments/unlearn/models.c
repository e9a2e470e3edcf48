/* models.c -- the original network and the retrained ones: found in the store, or
 * trained together and kept.
 *
 * Retrained model r = 1, 2, .. starts from numbers of its own and sees the retained
 * rows in an order of its own: it is what one might have had without the forgotten. */
#include "experiments/unlearn/models.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MODELS_MOST = 65 }; /* the original and 64 retrained */

static unlearn_model *model_of(unlearn_scene *s, sur_idx m)
{
    return m == 0 ? &s->original : &s->reference[m - 1];
}

static sur_status key_of(char key[160], const unlearn_scene *s, sur_idx m,
                         sur_error *err)
{
    char hash[65];
    const sur_status status = unlearn_hash(
        hash, s->problem.o, m == 0 ? UNLEARN_OF_ORIGINAL : UNLEARN_OF_RETRAINED, err);
    if (status != SUR_OK) return status;
    if (m == 0)
        snprintf(key, 160, "unlearn/original/%s", hash);
    else
        snprintf(key, 160, "unlearn/retrained/%s/%lld", hash, (long long)m);
    return SUR_OK;
}

/* Seconds and vector of model m, if the store has them. */
static sur_status find(unlearn_scene *s, sur_idx m, sur_error *err)
{
    const sur_context *context = s->context;
    unlearn_model *model = model_of(s, m);
    void *vector = NULL, *seconds = NULL;
    size_t vector_size = 0, seconds_size = 0;
    char key[160], second[176];
    sur_status status;

    SUR_TRY(key_of(key, s, m, err));
    snprintf(second, sizeof second, "%s/seconds", key);
    SUR_TRY(context->find(context->payload, key, &vector, &vector_size, err));
    SUR_TRY(context->find(context->payload, second, &seconds, &seconds_size, err));
    if (vector && seconds && seconds_size == sizeof(double) &&
        vector_size == (size_t)sur_network_size(&s->problem.network) * sizeof(float)) {
        memcpy(&model->seconds, seconds, sizeof(double));
        model->vector = vector;
        vector = NULL;
    }

done:
    free(vector);
    free(seconds);
    return status;
}

static sur_status keep(unlearn_scene *s, sur_idx m, sur_idx trial, sur_error *err)
{
    const sur_context *context = s->context;
    const unlearn_model *model = model_of(s, m);
    const sur_idx size = sur_network_size(&s->problem.network);
    char key[160], second[176], name[40], name2[48], shape[24];
    sur_status status;

    SUR_TRY(key_of(key, s, m, err));
    snprintf(second, sizeof second, "%s/seconds", key);
    if (m == 0)
        snprintf(name, sizeof name, "original");
    else
        snprintf(name, sizeof name, "retrained %lld", (long long)m);
    snprintf(name2, sizeof name2, "%s seconds", name);
    snprintf(shape, sizeof shape, "%lld", (long long)size);
    SUR_TRY(context->keep(context->payload, trial,
                          &(sur_artifact){.key = key,
                                          .name = name,
                                          .kind = "f4",
                                          .shape = shape,
                                          .bytes = model->vector,
                                          .size = (size_t)size * sizeof(float)},
                          err));
    SUR_TRY(context->keep(context->payload, trial,
                          &(sur_artifact){.key = second,
                                          .name = name2,
                                          .kind = "f8",
                                          .shape = "1",
                                          .bytes = &model->seconds,
                                          .size = sizeof model->seconds},
                          err));

done:
    return status;
}

/* ---- training what is missing ---- */

typedef struct training {
    unlearn_scene *scene;
    double
        since; /* clock when the last model was done: one thread, one after the other */
    sur_idx number[MODELS_MOST]; /* of each job */
} training;

static sur_status take(void *payload, const sur_moment *moment, sur_error *err)
{
    training *t = payload;
    const sur_idx m = t->number[moment->job];
    const sur_idx size = sur_network_size(&t->scene->problem.network);
    unlearn_model *model = model_of(t->scene, m);
    if (moment->status != SUR_OK)
        return sur_fail(err, moment->status, "the %s model: %s",
                        m == 0 ? "original" : "retrained",
                        moment->message ? moment->message : "training failed");
    const sur_status status =
        sur_alloc(&model->vector, size, sizeof *model->vector, err);
    if (status != SUR_OK) return status;
    memcpy(model->vector, moment->parameters, (size_t)size * sizeof *model->vector);
    const double now = unlearn_clock(t->scene);
    model->seconds = t->scene->context->threads > 1 ? moment->seconds : now - t->since;
    t->since = now;
    return SUR_OK;
}

static bool stop(void *payload)
{
    const training *t = payload;
    return t->scene->context->stop(t->scene->context->payload);
}

static sur_job job_of(const unlearn_problem *p, sur_idx m)
{
    const sur_unlearn_options *o = p->o;
    const sur_fit_options *fitted = &p->fit.options;
    sur_rng rng = sur_rng_make((uint64_t)o->data.seed, "unlearn network", (uint64_t)m);
    sur_job job = {.network = p->network,
                   .options = o->train,
                   .inputs = &p->inputs,
                   .rows = m == 0 ? NULL : p->set.retain,
                   .count = m == 0 ? p->n : p->set.retain_count,
                   .goal = {.loss = SUR_LOSS_CROSS_ENTROPY, .label = p->label},
                   .seed = sur_rng_u64(&rng),
                   .order = sur_rng_u64(&rng)};
    job.steps = p->fit.inputs > 0 && fitted->steps != SUR_UNSET
                    ? fitted->steps
                    : o->epochs * sur_job_epoch(&job);
    return job;
}

static sur_status train(unlearn_scene *s, const sur_idx *missing, sur_idx count,
                        sur_error *err)
{
    const sur_context *context = s->context;
    training t = {.scene = s, .since = unlearn_clock(s)};
    sur_job jobs[MODELS_MOST];
    const sur_idx *stops[MODELS_MOST];
    sur_idx last[MODELS_MOST], ones[MODELS_MOST];
    for (sur_idx j = 0; j < count; j++) {
        t.number[j] = missing[j];
        jobs[j] = job_of(&s->problem, missing[j]);
        last[j] = jobs[j].steps;
        ones[j] = 1;
        stops[j] = &last[j];
    }
    return sur_train_many(jobs, stops, ones, count,
                          context->threads > 0 ? context->threads : 1, take, stop, &t,
                          err);
}

sur_status unlearn_models_new(unlearn_scene *s, sur_idx trial, sur_error *err)
{
    const unlearn_problem *p = &s->problem;
    const sur_idx size = sur_network_size(&p->network);
    sur_idx missing[MODELS_MOST], count = 0;
    sur_status status = SUR_OK;

    if (p->fit.inputs > 0) {
        SUR_TRY(sur_alloc(&s->original.vector, size, sizeof(float), err));
        memcpy(s->original.vector, p->fit.parameters, (size_t)size * sizeof(float));
    }
    for (sur_idx m = p->fit.inputs > 0 ? 1 : 0; m <= s->references; m++) {
        SUR_TRY(find(s, m, err));
        if (!model_of(s, m)->vector) missing[count++] = m;
    }
    if (count > 0) SUR_TRY(train(s, missing, count, err));
    for (sur_idx j = 0; j < count; j++) SUR_TRY(keep(s, missing[j], trial, err));

done:
    return status;
}
