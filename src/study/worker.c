/* worker.c -- the body of a worker process: groups in, outcomes out.
 *
 * It ends when its socket closes, when the parent dies (the kernel kills it; a look at
 * the parent's number covers the moment before that was arranged), or when it is told
 * to. SIGINT and SIGTERM reach the whole process group; the parent decides what they
 * mean. */
#define _GNU_SOURCE
#include "study/internal.h"
#include "study/peak.h"
#include "study/process.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct sur_desk {
    const sur_experiment *experiment;
    int fd;
    pid_t parent;
    sur_control control;
    sur_input input;
    int threads;
    sur_bytes in, out, later; /* later: whole frames set aside by find */
    bool *emitted;            /* [count] of the running group */
    sur_idx count;
    double began, looked,
        measured; /* group's wall clock; last looks at parent, memory */
    int64_t peak;
} sur_desk;

/* ---- speaking ---- */

static sur_status send_out(sur_desk *desk, sur_error *err)
{
    sur_bytes *out = &desk->out;
    sur_status status = sur_bytes_check(out, err);
    for (size_t done = 0; status == SUR_OK && done < out->size;) {
        const ssize_t sent =
            send(desk->fd, out->at + done, out->size - done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) status = sur_fail(err, SUR_ESTOPPED, "the study is gone");
        if (sent > 0) done += (size_t)sent;
    }
    sur_bytes_clear(out);
    return status;
}

/* Waits for more bytes; SUR_ESTOPPED when the study is gone. */
static sur_status receive_in(sur_desk *desk, sur_error *err)
{
    for (;;) {
        char *at = sur_bytes_reserve(&desk->in, 65536);
        if (!at) return sur_bytes_check(&desk->in, err);
        const ssize_t got = recv(desk->fd, at, 65536, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return sur_fail(err, SUR_ESTOPPED, "the study is gone");
        desk->in.size += (size_t)got;
        return SUR_OK;
    }
}

/* ---- what run is given ---- */

static bool known_metric(const sur_experiment *experiment, const char *name)
{
    for (sur_idx i = 0; i < experiment->metric_count; i++)
        if (name == experiment->metrics[i].name) return true;
    for (sur_idx i = 0; name && i < experiment->metric_count; i++)
        if (strcmp(name, experiment->metrics[i].name) == 0) return true;
    return false;
}

static sur_status check_outcome(const sur_desk *desk, sur_idx index,
                                const sur_outcome *outcome, sur_error *err)
{
    if (index < 0 || index >= desk->count || desk->emitted[index])
        return sur_fail(err, SUR_EINVAL,
                        "trial %lld was emitted twice or is not of the group",
                        (long long)index);
    for (sur_idx i = 0; i < outcome->count; i++)
        if (!known_metric(desk->experiment, outcome->measurements[i].metric))
            return sur_fail(err, SUR_EINVAL, "\"%s\" is not a metric of %s",
                            outcome->measurements[i].metric, desk->experiment->name);
    return SUR_OK;
}

static int64_t peak_now(sur_desk *desk)
{
    const double now = sur_clock();
    if (now - desk->measured > 0.01 || desk->peak == 0) {
        desk->peak = sur_peak_bytes();
        desk->measured = now;
    }
    return desk->peak;
}

static sur_status emit(void *payload, sur_idx index, const sur_outcome *outcome,
                       sur_error *err)
{
    sur_desk *desk = payload;
    sur_bytes *out = &desk->out;
    const sur_status status = check_outcome(desk, index, outcome, err);
    if (status != SUR_OK) return status;
    if (outcome->status == SUR_ESTOPPED) /* no outcome at all */
        return sur_fail(err, SUR_ESTOPPED, "stopped on request");
    const size_t frame = sur_frame_begin(out, SUR_FRAME_OUTCOME);
    sur_put_u32(out, (uint32_t)index);
    sur_put_u32(out, (uint32_t)outcome->status);
    sur_put_text(out, outcome->message);
    sur_put_f64(out, outcome->seconds);
    sur_put_f64(out, desk->began);
    sur_put_i64(out, peak_now(desk));
    sur_put_u32(out, (uint32_t)outcome->count);
    for (sur_idx i = 0; i < outcome->count; i++) {
        const sur_measurement *m = &outcome->measurements[i];
        sur_put_text(out, m->metric);
        sur_put_text(out, m->split);
        sur_put_i64(out, m->iteration);
        sur_put_f64(out, m->value);
        sur_put_f64(out, m->low);
        sur_put_f64(out, m->high);
        sur_put_i64(out, m->n);
    }
    sur_frame_end(out, frame);
    desk->emitted[index] = true;
    return send_out(desk, err);
}

static sur_status keep(void *payload, sur_idx index, const sur_artifact *artifact,
                       sur_error *err)
{
    sur_desk *desk = payload;
    sur_bytes *out = &desk->out;
    if (index < 0 || index >= desk->count || desk->emitted[index])
        return sur_fail(err, SUR_EINVAL,
                        "an artifact is kept before its trial is emitted");
    if (artifact->size > SUR_FRAME_MOST / 2)
        return sur_fail(err, SUR_EINVAL, "artifact %s is too large: %zu bytes",
                        artifact->name, artifact->size);
    const size_t frame = sur_frame_begin(out, SUR_FRAME_KEEP);
    sur_put_u32(out, (uint32_t)index);
    sur_put_text(out, artifact->key);
    sur_put_text(out, artifact->name);
    sur_put_text(out, artifact->kind);
    sur_put_text(out, artifact->shape);
    sur_put(out, artifact->bytes, artifact->size);
    sur_frame_end(out, frame);
    return send_out(desk, err);
}

/* The answer to a FIND; groups that come before it are set aside. */
static sur_status await_found(sur_desk *desk, void **found, size_t *size,
                              sur_error *err)
{
    uint32_t type = 0;
    sur_taker payload;
    for (;;) {
        sur_status status = SUR_OK;
        const int there = sur_frame_peek(&desk->in, &type, &payload);
        if (there < 0) return sur_fail(err, SUR_EBACKEND, "the study speaks nonsense");
        if (there == 0) {
            status = receive_in(desk, err);
            if (status != SUR_OK) return status;
            continue;
        }
        const size_t whole = SUR_FRAME_HEAD + payload.left;
        if (type != SUR_FRAME_FOUND) {
            sur_put(&desk->later, payload.at - SUR_FRAME_HEAD, whole);
            status = sur_bytes_check(&desk->later, err);
        } else if (sur_take_u32(&payload)) {
            status = sur_alloc(found, (sur_idx)payload.left, 1, err);
            if (status == SUR_OK) {
                *size = payload.left;
                memcpy(*found, payload.at, payload.left);
            }
        }
        sur_bytes_drop(&desk->in, whole);
        if (type == SUR_FRAME_FOUND || status != SUR_OK) return status;
    }
}

static sur_status find(void *payload, const char *key, void **found, size_t *size,
                       sur_error *err)
{
    sur_desk *desk = payload;
    *found = NULL;
    *size = 0;
    const size_t frame = sur_frame_begin(&desk->out, SUR_FRAME_FIND);
    sur_put_text(&desk->out, key);
    sur_frame_end(&desk->out, frame);
    const sur_status status = send_out(desk, err);
    return status == SUR_OK ? await_found(desk, found, size, err) : status;
}

static bool stop(void *payload)
{
    sur_desk *desk = payload;
    if (atomic_load_explicit(desk->control.stop, memory_order_relaxed)) return true;
    const double now = sur_clock();
    if (now - desk->looked > 0.05) {
        desk->looked = now;
        if (getppid() != desk->parent) _exit(1); /* an orphan */
    }
    return false;
}

/* ---- groups ---- */

static sur_status unpack_group(void ***options, sur_desk *desk, sur_taker *payload,
                               sur_error *err)
{
    sur_status status = SUR_OK;
    SUR_FAIL_IF(desk->count > SUR_TRIALS_MOST, SUR_EBACKEND,
                "the study speaks nonsense");
    SUR_TRY(sur_alloc(options, desk->count, sizeof **options, err));
    SUR_TRY(sur_alloc(&desk->emitted, desk->count, sizeof *desk->emitted, err));
    for (sur_idx i = 0; i < desk->count; i++)
        SUR_TRY(
            sur_unpack_options(&(*options)[i], desk->experiment->fields, payload, err));

done:
    return status;
}

static void free_group(sur_desk *desk, void **options)
{
    for (sur_idx i = 0; options && i < desk->count; i++) {
        if (!options[i]) continue;
        sur_fields_free(desk->experiment->fields, options[i]);
        free(options[i]);
    }
    free(options);
    free(desk->emitted);
    desk->emitted = NULL;
}

/* Runs one group and says how it ended. Fails only when the study is gone. */
static sur_status run_group(sur_desk *desk, sur_taker *payload, sur_error *err)
{
    void **options = NULL;
    sur_error why = {0};
    const uint32_t id = sur_take_u32(payload);
    const double began = sur_clock();
    desk->count = sur_take_u32(payload);
    desk->began = sur_now();
    desk->peak = 0;
    sur_peak_reset();
    const sur_context context = {.payload = desk,
                                 .emit = emit,
                                 .find = find,
                                 .keep = keep,
                                 .stop = stop,
                                 .input = desk->input.at,
                                 .input_size = desk->input.size,
                                 .threads = desk->threads};
    sur_status status = SUR_ESTOPPED;
    if (!stop(desk)) status = unpack_group(&options, desk, payload, &why);
    if (status == SUR_OK && options)
        status = desk->experiment->run((const void *const *)options, desk->count,
                                       &context, &why);
    free_group(desk, options);
    sur_bytes_clear(&desk->out);
    const size_t frame = sur_frame_begin(&desk->out, SUR_FRAME_DONE);
    sur_put_u32(&desk->out, id);
    sur_put_u32(&desk->out, (uint32_t)status);
    sur_put_text(&desk->out, status == SUR_OK ? NULL : why.message);
    sur_put_f64(&desk->out, sur_clock() - began);
    sur_frame_end(&desk->out, frame);
    return send_out(desk, err);
}

/* The next frame, first from those set aside; it is copied to `whole`, since a group
 * may receive more while it runs. */
static sur_status next_frame(sur_desk *desk, sur_bytes *whole, uint32_t *type,
                             sur_taker *payload, sur_error *err)
{
    for (;;) {
        sur_status status = SUR_OK;
        sur_bytes *from =
            desk->later.size > desk->later.start ? &desk->later : &desk->in;
        const int there = sur_frame_peek(from, type, payload);
        if (there < 0) return sur_fail(err, SUR_EBACKEND, "the study speaks nonsense");
        if (there == 1) {
            const size_t size = SUR_FRAME_HEAD + payload->left;
            sur_bytes_clear(whole);
            sur_put(whole, payload->at - SUR_FRAME_HEAD, size);
            sur_bytes_drop(from, size);
            status = sur_bytes_check(whole, err);
            if (status == SUR_OK) sur_frame_peek(whole, type, payload);
            return status;
        }
        status = receive_in(desk, err);
        if (status != SUR_OK) return status;
    }
}

static sur_status serve(sur_desk *desk, sur_error *err)
{
    sur_status status = SUR_OK;
    sur_bytes whole = {0};
    uint32_t type = 0;
    sur_taker payload;
    const size_t frame = sur_frame_begin(&desk->out, SUR_FRAME_HELLO);
    sur_put_i64(&desk->out, desk->experiment->revision);
    sur_put_i64(&desk->out, (int64_t)desk->experiment->fields->size);
    sur_frame_end(&desk->out, frame);
    SUR_TRY(send_out(desk, err));
    for (;;) {
        SUR_TRY(next_frame(desk, &whole, &type, &payload, err));
        SUR_FAIL_IF(type != SUR_FRAME_GROUP, SUR_EBACKEND, "the study speaks nonsense");
        SUR_TRY(run_group(desk, &payload, err));
    }

done:
    sur_bytes_free(&whole);
    return status;
}

static const sur_experiment *
experiment_of(const char *name, const sur_experiment *const *experiments, sur_idx count)
{
    for (sur_idx i = 0; i < count; i++)
        if (strcmp(experiments[i]->name, name) == 0) return experiments[i];
    return NULL;
}

static int threads_given(void)
{
    const char *text = getenv("OMP_NUM_THREADS");
    const long threads = text ? strtol(text, NULL, 10) : 1;
    return threads >= 1 && threads <= 4096 ? (int)threads : 1;
}

int sur_study_worker(int argc, char **argv, const sur_experiment *const *experiments,
                     sur_idx count)
{
    sur_error err;
    if (argc != 7) return sur_status_exit(SUR_EINVAL);
    sur_desk desk = {.experiment = experiment_of(argv[2], experiments, count),
                     .parent = (pid_t)strtol(argv[3], NULL, 10),
                     .fd = (int)strtol(argv[4], NULL, 10),
                     .input.fd = -1,
                     .threads = threads_given()};
    const int control = (int)strtol(argv[5], NULL, 10);
    const int input = (int)strtol(argv[6], NULL, 10);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!desk.experiment || getppid() != desk.parent)
        return sur_status_exit(SUR_EINVAL);
    sur_status status = sur_control_map(&desk.control, control, &err);
    if (status == SUR_OK && input >= 0)
        status = sur_input_map(&desk.input, input, &err);
    if (status == SUR_OK) status = serve(&desk, &err);
    sur_input_free(&desk.input);
    sur_control_close(&desk.control);
    sur_bytes_free(&desk.in);
    sur_bytes_free(&desk.out);
    sur_bytes_free(&desk.later);
    return status == SUR_ESTOPPED ? 0 : sur_status_exit(status);
}
