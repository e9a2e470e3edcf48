/* batch.c -- outcomes decoded from a worker's frames, held until they are appended. */
#include "study/batch.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The blocks behind a trial: its text or frame, its measurements, its keys. */
enum { RAW, MEASUREMENTS, KEYS, OWNED };

#define SMALLEST_MEASUREMENT 49 /* bytes of one in a frame: an empty name, no split */

void sur_keys_free(char **keys, sur_idx count)
{
    for (sur_idx i = 0; keys && i < count; i++) free(keys[i]);
    free(keys);
}

static void clear(sur_batch *batch)
{
    for (sur_idx i = 0; i < batch->count; i++) {
        void **owned = batch->owned + OWNED * i;
        free(owned[RAW]);
        free(owned[MEASUREMENTS]);
        sur_keys_free(owned[KEYS], batch->trial[i].key_count);
    }
    batch->count = 0;
    batch->bytes = 0;
}

void sur_batch_free(sur_batch *batch)
{
    clear(batch);
    free(batch->trial);
    free(batch->owned);
    *batch = (sur_batch){0};
}

sur_status sur_batch_flush(sur_batch *batch, sur_store *store, sur_error *err)
{
    sur_status status = SUR_OK;
    if (batch->count > 0)
        status = sur_store_append(store, batch->trial, batch->count, err);
    clear(batch);
    return status;
}

static sur_status make_room(sur_batch *batch, sur_error *err)
{
    if (batch->count < batch->room) return SUR_OK;
    const sur_idx room = 2 * batch->room + 64;
    sur_status status = sur_resize(&batch->trial, room, sizeof *batch->trial, err);
    if (status == SUR_OK)
        status = sur_resize(&batch->owned, OWNED * room, sizeof *batch->owned, err);
    if (status == SUR_OK) batch->room = room;
    return status;
}

/* Takes the trial and its blocks over. */
static void add(sur_batch *batch, const sur_origin *origin, const char *spec,
                sur_stored_trial *trial, void *const *owned, size_t bytes)
{
    trial->experiment = origin->experiment;
    trial->revision = origin->revision;
    trial->code = origin->code;
    trial->host = origin->host;
    trial->spec = spec;
    if (batch->count == 0) batch->oldest = sur_clock();
    memcpy(batch->owned + OWNED * batch->count, owned, OWNED * sizeof *owned);
    batch->trial[batch->count++] = *trial;
    batch->bytes += bytes;
}

static void read_measurement(sur_stored_measurement *m, sur_taker *taker)
{
    m->metric = sur_take_text(taker);
    m->split = sur_take_text(taker);
    m->iteration = sur_take_i64(taker);
    m->value = sur_take_f64(taker);
    m->low = sur_take_f64(taker);
    m->high = sur_take_f64(taker);
    m->n = sur_take_i64(taker);
    if (!m->metric) taker->bad = true;
}

sur_status sur_batch_add(sur_batch *batch, const sur_origin *origin, const char *spec,
                         sur_taker *payload, char **keys, sur_idx key_count, bool *bad,
                         sur_error *err)
{
    sur_status status = SUR_OK;
    char *raw = NULL;
    sur_stored_measurement *measurements = NULL;
    const size_t size = payload->left;
    *bad = false;
    SUR_TRY(make_room(batch, err));
    SUR_TRY(sur_alloc(&raw, (sur_idx)size, 1, err));
    memcpy(raw, payload->at, size);
    sur_taker taker = {raw, size, payload->bad};
    sur_stored_trial trial = {0};
    const uint32_t outcome = sur_take_u32(&taker);
    trial.message = sur_take_text(&taker);
    trial.seconds = sur_take_f64(&taker);
    trial.started = sur_take_f64(&taker);
    trial.peak_memory = sur_take_i64(&taker);
    trial.count = sur_take_u32(&taker);
    *bad = taker.bad || outcome >= SUR_STATUS_COUNT ||
           (size_t)trial.count > taker.left / SMALLEST_MEASUREMENT;
    if (*bad) goto done;
    trial.status = (sur_status)outcome;
    SUR_TRY(sur_alloc(&measurements, trial.count, sizeof *measurements, err));
    for (sur_idx i = 0; i < trial.count; i++)
        read_measurement(&measurements[i], &taker);
    *bad = taker.bad || taker.left > 0;
    if (*bad) goto done;
    trial.measurements = measurements;
    trial.keys = (const char *const *)keys;
    trial.key_count = key_count;
    add(batch, origin, spec, &trial, (void *const[]){raw, measurements, keys}, size);
    raw = NULL;
    measurements = NULL;
    keys = NULL;

done:
    free(raw);
    free(measurements);
    sur_keys_free(keys, key_count);
    return status;
}

sur_status sur_batch_fail(sur_batch *batch, const sur_origin *origin, const char *spec,
                          sur_status outcome, const char *message, double started,
                          sur_error *err)
{
    char *copy = NULL;
    sur_status status = make_room(batch, err);
    if (status == SUR_OK) status = sur_copy_text(&copy, message, err);
    if (status != SUR_OK) return status;
    sur_stored_trial trial = {
        .status = outcome, .message = copy, .started = started, .seconds = 0};
    add(batch, origin, spec, &trial, (void *const[]){copy, NULL, NULL},
        strlen(message));
    return SUR_OK;
}
