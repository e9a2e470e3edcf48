/* networks.c -- target and shadow networks, trained together in batches, and kept.
 *
 * What is kept of a network is its outputs for all records: every attack and every
 * output noise is computed from those. The key of an artifact is a hash of every option
 * that shaped the network, so that a store whose shadows were trained otherwise is not
 * mistaken for one that fits. */
#include "experiments/privacy/models.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = PRIVACY_BATCH };

typedef struct nets {
    sur_network network;
    sur_inputs inputs;
    int32_t *label;
    float *target;
    sur_idx *rows;  /* [BATCH x 2n] */
    float *answers; /* [BATCH x 2n x k] */
    sur_mat answer; /* 2n x k */
    const privacy_people *people;
    const sur_context *context;
    sur_status status[BATCH];
    char message[BATCH][160];
} nets;

static void nets_free(nets *t)
{
    sur_inputs_free(&t->inputs);
    free(t->label);
    free(t->target);
    free(t->rows);
    free(t->answers);
    sur_mat_free(&t->answer);
}

static sur_status nets_new(nets *t, const privacy_people *people,
                           const sur_privacy_options *o, sur_error *err)
{
    const sur_idx n = people->count;
    const sur_idx k = people->classes ? people->classes : 1;
    sur_status status;
    t->people = people;
    t->network = privacy_network(o, people->x.cols, people->classes);
    SUR_TRY(sur_network_check(&t->network, err));
    SUR_TRY(sur_inputs_new(&t->inputs, &people->x, err));
    SUR_TRY(sur_alloc(&t->label, n, sizeof *t->label, err));
    SUR_TRY(sur_alloc(&t->target, n * k, sizeof *t->target, err));
    for (sur_idx i = 0; i < n; i++) {
        t->label[i] = people->classes ? (int32_t)people->label[i] : 0;
        if (people->classes)
            t->target[i * k + t->label[i]] = 1.0f;
        else
            t->target[i] = (float)sur_mat_row(&people->target, i)[0];
    }
    SUR_TRY(sur_alloc(&t->rows, BATCH * n, sizeof *t->rows, err));
    SUR_TRY(sur_alloc(&t->answers, BATCH * n * k, sizeof *t->answers, err));
    SUR_TRY(sur_mat_new(&t->answer, n, k, err));

done:
    return status;
}

/* A hash of what shaped the networks. */
static sur_status hash_of(char text[65], const sur_privacy_options *o, sur_error *err)
{
    sur_privacy_options same = *o; /* strings stay the caller's */
    char *json = NULL;
    sur_status status;
    same.attack = PRIVACY_LIRA;
    same.problem = same.variant = same.estimator = same.mode = same.spread = 0;
    same.knows_label = same.lower_is_member = false;
    same.output_noise = same.ridge = 0.0;
    same.bandwidth = 1.0;
    same.rate = same.delta = 0.0;
    same.shadows = same.queries = same.draws = same.top = 0;
    same.scores = same.nonmembers = same.score = same.member = same.group = NULL;
    SUR_TRY(sur_fields_to_json(&sur_privacy_fields, &same, &json, err));
    SUR_TRY(sur_sha256_of(text, json, strlen(json), err));

done:
    free(json);
    return status;
}

/* Every thread writes the slot of its own job. */
static sur_status take(void *payload, const sur_moment *moment, sur_error *err)
{
    nets *t = payload;
    const sur_idx n = t->people->count, k = t->network.outputs;
    sur_mat answer = {0};
    t->status[moment->job] = moment->status;
    if (moment->status != SUR_OK) {
        snprintf(t->message[moment->job], sizeof t->message[0], "%s",
                 moment->message ? moment->message : "training failed");
        return SUR_OK;
    }
    sur_status status;
    SUR_TRY(sur_mat_new(&answer, n, k, err));
    SUR_TRY(sur_network_answer(&answer, &t->network, moment->parameters, &t->inputs,
                               NULL, err));
    for (sur_idx i = 0; i < n * k; i++)
        t->answers[moment->job * n * k + i] = (float)answer.data[i];

done:
    sur_mat_free(&answer);
    return status;
}

static bool stop(void *payload)
{
    const nets *t = payload;
    return t->context->stop(t->context->payload);
}

/* Trains networks numbers[0 .. count-1] (0: the target) into the slots of answers. */
static sur_status train(nets *t, const privacy_models *models,
                        const sur_privacy_options *o, const sur_idx *numbers,
                        sur_idx count, const sur_context *context, sur_error *err)
{
    const sur_idx n = t->people->count;
    sur_job jobs[BATCH];
    const sur_idx *stops[BATCH];
    sur_idx last[BATCH], ones[BATCH];
    for (sur_idx b = 0; b < count; b++) {
        const sur_idx m = numbers[b];
        const uint8_t *keep = m ? models->keep + (m - 1) * n : t->people->member;
        sur_idx *rows = t->rows + b * n, used = 0;
        for (sur_idx i = 0; i < n; i++)
            if (keep[i]) rows[used++] = i;
        sur_rng rng =
            sur_rng_make((uint64_t)o->data.seed, "privacy network", (uint64_t)m);
        jobs[b] = (sur_job){.network = t->network,
                            .options = o->train,
                            .inputs = &t->inputs,
                            .rows = rows,
                            .count = used,
                            .goal = {.loss = (sur_loss)o->train.loss,
                                     .target = t->target,
                                     .label = t->label},
                            .seed = sur_rng_u64(&rng),
                            .order = sur_rng_u64(&rng)};
        jobs[b].steps = o->epochs * sur_job_epoch(&jobs[b]);
        last[b] = jobs[b].steps;
        ones[b] = 1;
        stops[b] = &last[b];
        t->status[b] = SUR_OK;
    }
    return sur_train_many(jobs, stops, ones, count,
                          context->threads > 0 ? context->threads : 1, take, stop, t,
                          err);
}

static void read_network(privacy_models *models, nets *t, const sur_privacy_options *o,
                         sur_idx m, const float *answers)
{
    const sur_idx n = t->people->count, k = t->network.outputs;
    privacy_view view = models->target;
    if (m)
        view = (privacy_view){models->signal_in + (m - 1) * n,
                              models->loss_in + (m - 1) * n, NULL};
    for (sur_idx i = 0; i < n * k; i++) t->answer.data[i] = (double)answers[i];
    privacy_read_logits(&view, t->people, o, &t->answer, (uint64_t)m);
}

static void key_of(char key[128], const char *hash, sur_idx m, sur_idx shadows)
{
    if (m == 0)
        snprintf(key, 128, "privacy/target/%s", hash);
    else
        snprintf(key, 128, "privacy/shadow/%s/%lld/%lld", hash, (long long)shadows,
                 (long long)m);
}

sur_status privacy_train_networks(privacy_models *models, const privacy_people *people,
                                  const sur_privacy_options *o, sur_idx trial,
                                  const sur_context *context, sur_error *err)
{
    const sur_idx all = o->shadows + 1;
    char hash[65], key[128], name[32], shape[48];
    sur_idx waiting[BATCH], count = 0;
    nets t = {0};
    sur_status status;

    t.context = context;
    SUR_TRY(nets_new(&t, people, o, err));
    SUR_TRY(hash_of(hash, o, err));
    const sur_idx each = people->count * t.network.outputs;
    for (sur_idx m = 0; m <= all; m++) {
        if (m < all) {
            void *found;
            size_t size;
            key_of(key, hash, m, o->shadows);
            SUR_TRY(context->find(context->payload, key, &found, &size, err));
            if (found && size == (size_t)each * sizeof(float))
                read_network(models, &t, o, m, found);
            else
                waiting[count++] = m;
            free(found);
        }
        if (count < BATCH && m < all) continue;
        if (count == 0) break;
        SUR_TRY(train(&t, models, o, waiting, count, context, err));
        for (sur_idx b = 0; b < count; b++) {
            SUR_FAIL_IF(t.status[b] != SUR_OK, t.status[b], "network %lld: %s",
                        (long long)waiting[b], t.message[b]);
            read_network(models, &t, o, waiting[b], t.answers + b * each);
            key_of(key, hash, waiting[b], o->shadows);
            snprintf(name, sizeof name, "network %lld", (long long)waiting[b]);
            snprintf(shape, sizeof shape, "%lld,%lld", (long long)people->count,
                     (long long)t.network.outputs);
            SUR_TRY(context->keep(context->payload, trial,
                                  &(sur_artifact){.key = key,
                                                  .name = name,
                                                  .kind = "f4",
                                                  .shape = shape,
                                                  .bytes = t.answers + b * each,
                                                  .size = (size_t)each * 4},
                                  err));
        }
        count = 0;
    }

done:
    nets_free(&t);
    return status;
}
