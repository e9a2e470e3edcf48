/* here.c -- runs groups in this process, for ranks of an MPI run: each is a node of the
 * same trial. Rank 0 says which trials its store lacks; only rank 0's store is kept. */
#include "study/run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"
#include <surplus/comm.h>

#include <stdlib.h>
#include <string.h>

typedef struct here {
    sur_runner *runner;
    const sur_idx *trial; /* of the group: numbers of the study's trials */
    double began;
    char **key; /* [keys] kept since the last outcome */
    sur_idx keys;
} here;

static sur_status emit(void *payload, sur_idx index, const sur_outcome *outcome,
                       sur_error *err)
{
    here *h = payload;
    sur_runner *r = h->runner;
    sur_trial *trial = &r->study->trial[h->trial[index]];
    sur_stored_measurement *measurements = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&measurements, outcome->count, sizeof *measurements, err));
    for (sur_idx i = 0; i < outcome->count; i++) {
        const sur_measurement *m = &outcome->measurements[i];
        measurements[i] = (sur_stored_measurement){.metric = m->metric,
                                                   .split = m->split,
                                                   .iteration = m->iteration,
                                                   .value = m->value,
                                                   .low = m->low,
                                                   .high = m->high,
                                                   .n = m->n};
    }
    const sur_stored_trial stored = {.experiment = r->origin.experiment,
                                     .revision = r->origin.revision,
                                     .code = r->origin.code,
                                     .host = r->origin.host,
                                     .spec = trial->spec,
                                     .started = sur_now(),
                                     .seconds = sur_clock() - h->began,
                                     .status = outcome->status,
                                     .message = outcome->message,
                                     .measurements = measurements,
                                     .count = outcome->count,
                                     .keys = (const char *const *)h->key,
                                     .key_count = h->keys};
    SUR_TRY(sur_store_append(r->store, &stored, 1, err));
    trial->emitted = true;
    r->result->done += outcome->status == SUR_OK;
    r->result->failed += outcome->status != SUR_OK;
    r->result->failed_numeric += outcome->status == SUR_ENUMERIC;

done:
    sur_keys_free(h->key, h->keys);
    h->key = NULL;
    h->keys = 0;
    free(measurements);
    return status;
}

static sur_status find(void *payload, const char *key, void **found, size_t *size,
                       sur_error *err)
{
    here *h = payload;
    return sur_store_find(h->runner->store, key, found, size, err);
}

static sur_status keep(void *payload, sur_idx index, const sur_artifact *a,
                       sur_error *err)
{
    here *h = payload;
    (void)index;
    const sur_stored_artifact stored = {.key = a->key,
                                        .name = a->name,
                                        .kind = a->kind,
                                        .shape = a->shape,
                                        .data = a->bytes,
                                        .size = a->size};
    sur_status status = sur_store_keep(h->runner->store, &stored, err);
    if (status == SUR_OK)
        status = sur_resize(&h->key, h->keys + 1, sizeof *h->key, err);
    if (status == SUR_OK) status = sur_copy_text(&h->key[h->keys], a->key, err);
    if (status == SUR_OK) h->keys += 1;
    return status;
}

static bool stop(void *payload)
{
    const here *h = payload;
    return sur_stop_asked(h->runner->watch);
}

/* Rank 0's list: for each group its size, then its trials. */
static sur_status list_trials(sur_idx **list, size_t *size, const sur_study *study,
                              sur_error *err)
{
    sur_idx count = 1, at = 1;
    for (sur_idx g = 0; g < study->groups; g++) count += 1 + study->group[g].count;
    const sur_status status = sur_alloc(list, count, sizeof **list, err);
    if (status != SUR_OK) return status;
    (*list)[0] = study->trials;
    for (sur_idx g = 0; g < study->groups; g++) {
        (*list)[at++] = study->group[g].count;
        for (sur_idx i = 0; i < study->group[g].count; i++)
            (*list)[at++] = study->order[study->group[g].first + i];
    }
    *size = (size_t)count * sizeof **list;
    return SUR_OK;
}

static sur_status run_group(sur_runner *r, const sur_idx *trial, sur_idx count,
                            sur_error *err)
{
    const sur_study *study = r->study;
    here h = {.runner = r, .trial = trial, .began = sur_clock()};
    const sur_context context = {.payload = &h,
                                 .emit = emit,
                                 .find = find,
                                 .keep = keep,
                                 .stop = stop,
                                 .input = study->input.at,
                                 .input_size = study->input.size,
                                 .threads =
                                     r->run->threads > 0 ? (int)r->run->threads : 1};
    void **options = NULL;
    sur_status status = sur_plan_group_options(&options, study, trial, count, err);
    status = sur_world_agree(status, 0.0, err);
    if (status == SUR_OK)
        status =
            study->experiment->run((const void *const *)options, count, &context, err);
    sur_plan_options_free(study, options, count);
    sur_keys_free(h.key, h.keys);
    return status;
}

sur_status sur_run_here(sur_runner *r, sur_error *err)
{
    sur_idx *list = NULL;
    size_t size = 0;
    sur_status status = SUR_OK;

    if (sur_world_rank() == 0) status = list_trials(&list, &size, r->study, err);
    SUR_TRY(sur_world_agree(status, 0.0, err));
    SUR_TRY(sur_world_share((void **)&list, &size, 0.0, err));
    status = list[0] == r->study->trials
                 ? SUR_OK
                 : sur_fail(err, SUR_EINVAL,
                            "%lld trials here, but %lld at rank 0: ranks must be "
                            "started alike",
                            (long long)r->study->trials, (long long)list[0]);
    SUR_TRY(sur_world_agree(status, 0.0, err));
    for (sur_idx at = 1; at < (sur_idx)(size / sizeof *list); at += 1 + list[at]) {
        status = run_group(r, list + at + 1, list[at], err);
        if (status == SUR_ESTOPPED) {
            r->result->ending = SUR_INTERRUPTED;
            status = SUR_OK;
            break;
        }
        SUR_TRY(status);
    }

done:
    free(list);
    return status;
}
