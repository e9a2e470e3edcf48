/* clerk.c -- what workers say, checked and passed on to the store. */
#include "study/run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

sur_trial *sur_task_trial(const sur_runner *runner, const sur_task *task, sur_idx slot)
{
    return &runner->study->trial[runner->study->order[task->first + slot]];
}

void sur_clerk_forget_keys(sur_seat *seat)
{
    sur_keys_free(seat->key, seat->keys);
    free(seat->key_slot);
    seat->key = NULL;
    seat->key_slot = NULL;
    seat->keys = 0;
}

void sur_seat_pop(sur_seat *seat)
{
    seat->tasks -= 1;
    memmove(seat->task, seat->task + 1, (size_t)seat->tasks * sizeof *seat->task);
    seat->id += 1;
    seat->emitted = 0;
    seat->began = sur_clock();
    sur_clerk_forget_keys(seat);
}

/* ---- to the store ---- */

sur_status sur_clerk_flush(sur_runner *runner, sur_error *err)
{
    return sur_batch_flush(&runner->batch, runner->store, err);
}

static void count_outcome(sur_runner *runner, sur_status outcome)
{
    runner->result->done += outcome == SUR_OK;
    runner->result->failed += outcome != SUR_OK;
    runner->result->failed_numeric += outcome == SUR_ENUMERIC;
}

sur_status sur_clerk_fail(sur_runner *runner, const sur_task *task, sur_status outcome,
                          const char *message, sur_error *err)
{
    sur_status status = SUR_OK;
    for (sur_idx i = 0; i < task->count && status == SUR_OK; i++) {
        sur_trial *trial = sur_task_trial(runner, task, i);
        if (trial->emitted) continue;
        status = sur_batch_fail(&runner->batch, &runner->origin, trial->spec, outcome,
                                message, sur_now(), err);
        if (status != SUR_OK) continue;
        trial->emitted = true;
        count_outcome(runner, outcome);
    }
    return status;
}

/* ---- artifacts ---- */

static sur_status note_key(sur_seat *seat, const char *key, uint32_t slot,
                           sur_error *err)
{
    sur_status status = sur_resize(&seat->key, seat->keys + 1, sizeof *seat->key, err);
    if (status == SUR_OK)
        status =
            sur_resize(&seat->key_slot, seat->keys + 1, sizeof *seat->key_slot, err);
    if (status != SUR_OK) return status;
    seat->key_slot[seat->keys] = slot;
    status = sur_copy_text(&seat->key[seat->keys], key, err);
    if (status == SUR_OK) seat->keys += 1;
    return status;
}

/* Moves the keys of a trial from the seat into an array of their own. */
static sur_status take_keys(char ***keys, sur_idx *count, sur_seat *seat, uint32_t slot,
                            sur_error *err)
{
    sur_idx left = 0;
    *keys = NULL;
    *count = 0;
    if (seat->keys == 0) return SUR_OK;
    const sur_status status = sur_alloc(keys, seat->keys, sizeof **keys, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < seat->keys; i++) {
        if (seat->key_slot[i] == slot || seat->key_slot[i] == SUR_ANY_SLOT) {
            (*keys)[(*count)++] = seat->key[i];
        } else {
            seat->key[left] = seat->key[i];
            seat->key_slot[left++] = seat->key_slot[i];
        }
    }
    seat->keys = left;
    return SUR_OK;
}

/* An artifact is kept at once, so that what it cost survives whatever comes; the trial
 * takes it over when it is appended. */
static sur_status keep(sur_runner *runner, sur_seat *seat, sur_taker *payload,
                       bool *sane, sur_error *err)
{
    const uint32_t slot = sur_take_u32(payload);
    sur_stored_artifact artifact = {0};
    artifact.key = sur_take_text(payload);
    artifact.name = sur_take_text(payload);
    artifact.kind = sur_take_text(payload);
    artifact.shape = sur_take_text(payload);
    artifact.data = payload->at;
    artifact.size = payload->left;
    *sane = !payload->bad && seat->tasks > 0 && slot < seat->task[0].count &&
            artifact.key && artifact.name && artifact.kind && artifact.shape;
    if (!*sane) return SUR_OK;
    const sur_status status = sur_store_keep(runner->store, &artifact, err);
    return status == SUR_OK ? note_key(seat, artifact.key, slot, err) : status;
}

/* A key that was found may be of an artifact whose trial never came to its end: the
 * next trial takes it over. */
static sur_status find(sur_runner *runner, sur_seat *seat, sur_taker *payload,
                       bool *sane, sur_error *err)
{
    sur_status status = SUR_OK;
    void *data = NULL;
    size_t size = 0;
    sur_bytes *out = &seat->process.out;
    const char *key = sur_take_text(payload);
    *sane = key && !payload->bad && seat->tasks > 0;
    if (!*sane) return SUR_OK;
    SUR_TRY(sur_store_find(runner->store, key, &data, &size, err));
    const size_t frame = sur_frame_begin(out, SUR_FRAME_FOUND);
    sur_put_u32(out, data != NULL);
    if (data) sur_put(out, data, size);
    sur_frame_end(out, frame);
    SUR_TRY(sur_bytes_check(out, err));
    if (data) SUR_TRY(note_key(seat, key, SUR_ANY_SLOT, err));

done:
    free(data);
    return status;
}

/* ---- trials and groups ---- */

static sur_status take_outcome(sur_runner *runner, sur_seat *seat, sur_taker *payload,
                               bool *sane, sur_error *err)
{
    char **keys = NULL;
    sur_idx count = 0;
    bool bad = false;
    const uint32_t slot = sur_take_u32(payload);
    *sane = !payload->bad && seat->tasks > 0 && slot < seat->task[0].count;
    if (!*sane) return SUR_OK;
    sur_trial *trial = sur_task_trial(runner, &seat->task[0], slot);
    *sane = !trial->emitted;
    if (!*sane) return SUR_OK;
    sur_status status = take_keys(&keys, &count, seat, slot, err);
    if (status == SUR_OK)
        status = sur_batch_add(&runner->batch, &runner->origin, trial->spec, payload,
                               keys, count, &bad, err);
    *sane = !bad;
    if (status != SUR_OK || bad) return status;
    trial->emitted = true;
    seat->emitted += 1;
    count_outcome(runner, runner->batch.trial[runner->batch.count - 1].status);
    return SUR_OK;
}

static sur_status finish_task(sur_runner *runner, sur_seat *seat, sur_taker *payload,
                              bool *sane, sur_error *err)
{
    sur_status status = SUR_OK;
    const uint32_t id = sur_take_u32(payload), ended = sur_take_u32(payload);
    const char *message = sur_take_text(payload);
    const double seconds = sur_take_f64(payload);
    *sane =
        !payload->bad && seat->tasks > 0 && id == seat->id && ended < SUR_STATUS_COUNT;
    if (!*sane) return SUR_OK;
    sur_status outcome = (sur_status)ended;
    if (!(runner->stopping && outcome == SUR_ESTOPPED)) {
        if (outcome == SUR_OK) {
            outcome = SUR_EBACKEND;
            message = "the run ended without an outcome of this trial";
        }
        status = sur_clerk_fail(runner, &seat->task[0], outcome,
                                message ? message : sur_status_text(outcome), err);
    }
    runner->mean = isnan(runner->mean) ? seconds : 0.8 * runner->mean + 0.2 * seconds;
    runner->spent += seat->task[0].seconds;
    sur_seat_pop(seat);
    return status;
}

static bool greet(const sur_runner *runner, sur_seat *seat, sur_taker *payload)
{
    const sur_experiment *experiment = runner->study->experiment;
    const int64_t revision = sur_take_i64(payload), size = sur_take_i64(payload);
    seat->process.greeted = true;
    return !payload->bad && revision == experiment->revision &&
           size == (int64_t)experiment->fields->size;
}

static sur_status read_frame(sur_runner *runner, sur_seat *seat, uint32_t type,
                             sur_taker *payload, bool *sane, sur_error *err)
{
    switch (type) {
    case SUR_FRAME_HELLO:
        *sane = greet(runner, seat, payload);
        return SUR_OK;
    case SUR_FRAME_OUTCOME:
        return take_outcome(runner, seat, payload, sane, err);
    case SUR_FRAME_DONE:
        return finish_task(runner, seat, payload, sane, err);
    case SUR_FRAME_FIND:
        return find(runner, seat, payload, sane, err);
    case SUR_FRAME_KEEP:
        return keep(runner, seat, payload, sane, err);
    default:
        *sane = false;
        return SUR_OK;
    }
}

sur_status sur_clerk_read(sur_runner *runner, sur_seat *seat, bool *sane,
                          sur_error *err)
{
    uint32_t type = 0;
    sur_taker payload;
    sur_bytes *in = &seat->process.in;
    sur_status status = sur_bytes_check(in, err);
    *sane = true;
    while (status == SUR_OK && *sane) {
        const int there = sur_frame_peek(in, &type, &payload);
        if (there == 0) break;
        *sane = there > 0;
        if (!*sane) break;
        const size_t whole = SUR_FRAME_HEAD + payload.left;
        status = read_frame(runner, seat, type, &payload, sane, err);
        sur_bytes_drop(in, whole);
    }
    return status;
}

sur_status sur_clerk_hand(sur_runner *runner, sur_seat *seat, const sur_task *task,
                          sur_error *err)
{
    sur_status status = SUR_OK;
    void **options = NULL;
    const sur_study *study = runner->study;
    sur_bytes *out = &seat->process.out;
    SUR_TRY(sur_plan_group_options(&options, study, study->order + task->first,
                                   task->count, err));
    const size_t frame = sur_frame_begin(out, SUR_FRAME_GROUP);
    sur_put_u32(out, seat->id + (uint32_t)seat->tasks);
    sur_put_u32(out, (uint32_t)task->count);
    for (sur_idx i = 0; i < task->count; i++)
        sur_pack_options(out, study->experiment->fields, options[i]);
    sur_frame_end(out, frame);
    SUR_TRY(sur_bytes_check(out, err));
    if (seat->tasks == 0) seat->began = sur_clock();
    seat->task[seat->tasks++] = *task;

done:
    sur_plan_options_free(study, options, task->count);
    return status;
}
