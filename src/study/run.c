/* run.c -- the scheduler: groups to workers, until all is done, forbidden or late.
 *
 * A loop around poll: hand out, send, receive, flush, tell. Only this process writes
 * the store. A worker is handed more than one group only where groups are so short that
 * it would wait for the next one. */
#include "study/run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include <surplus/comm.h>

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_EVERY 0.1         /* s: no outcome waits longer for its transaction */
#define FLUSH_BYTES (64u << 20) /* nor when so much waits */
#define TELL_EVERY 0.1          /* s between two reports of progress */
#define AHEAD 0.03              /* s of work a worker has beyond the running group */
#define GRACE_INTERRUPT 1.0     /* s a worker has to end a group after a stop */
#define GRACE_TIME_LIMIT 5.0
#define NOTED_DEATHS 5     /* of workers; then silence */
#define RANK_PATIENCE 60.0 /* s that ranks wait for each other's plan */
#define STARTS_MOST 3      /* workers in a row that end before they say a word */

/* ---- tasks ---- */

static sur_status add_task(sur_runner *r, const sur_task *task, sur_error *err)
{
    if (r->tasks == r->room) {
        const sur_idx room = 2 * r->room + 64;
        const sur_status status = sur_resize(&r->task, room, sizeof *r->task, err);
        if (status != SUR_OK) return status;
        r->room = room;
    }
    r->task[r->tasks++] = *task;
    return SUR_OK;
}

static double seat_bytes(const sur_seat *seat)
{
    double most = 0;
    for (sur_idx i = 0; i < seat->tasks; i++) most = fmax(most, seat->task[i].bytes);
    return most;
}

/* Takes the first waiting task that memory allows the seat now; false if there is none.
 */
static bool take_task(sur_runner *r, const sur_seat *seat, sur_task *task)
{
    double others = 0;
    for (sur_idx i = 0; i < r->seats; i++)
        if (&r->seat[i] != seat) others += seat_bytes(&r->seat[i]);
    const sur_idx end = r->tasks < r->head + 64 ? r->tasks : r->head + 64;
    for (sur_idx i = r->head; i < end; i++) {
        const double bytes = fmax(seat_bytes(seat), r->task[i].bytes);
        if (others > 0 && others + bytes > r->study->limit) continue;
        *task = r->task[i];
        memmove(r->task + r->head + 1, r->task + r->head,
                (size_t)(i - r->head) * sizeof *r->task);
        r->head += 1;
        return true;
    }
    return false;
}

/* How many groups a seat should hold: enough for AHEAD seconds, and never so many that
 * another worker would be without. */
static sur_idx depth_wanted(const sur_runner *r)
{
    const sur_idx fair = (r->tasks - r->head) / (2 * r->seats);
    if (isnan(r->mean) || fair < 1) return 1;
    const double depth = 1 + ceil(AHEAD / fmax(r->mean, 1e-6));
    const double most = fmin(SUR_QUEUE_MOST, (double)(1 + fair));
    return r->mean > 5 * AHEAD ? 1 : (sur_idx)fmin(depth, most);
}

/* ---- seats ---- */

static sur_status start_worker(sur_runner *r, sur_seat *seat, sur_error *err)
{
    return sur_process_start(&seat->process, r->study->experiment->name, &r->control,
                             r->study->input.fd, (int)r->run->threads, err);
}

/* The running task of a dead worker: its missing trials one by one, or the end of one.
 */
static sur_status blame(sur_runner *r, const sur_task *task, const char *how,
                        int signal, sur_error *err)
{
    sur_status status = SUR_OK;
    /* A kill from outside may strike twice by chance; a crash does not. */
    const int most = signal == SIGKILL || signal == SIGTERM ? 3 : 2;
    if (task->count == 1 && task->deaths + 1 >= most) {
        char message[256];
        snprintf(message, sizeof message, "the worker that ran it was %s, %d times",
                 how, task->deaths + 1);
        return sur_clerk_fail(r, task, SUR_EBACKEND, message, err);
    }
    for (sur_idx i = 0; i < task->count && status == SUR_OK; i++) {
        if (sur_task_trial(r, task, i)->emitted) continue;
        const sur_task alone = {.first = task->first + i,
                                .count = 1,
                                .seconds = task->seconds / (double)task->count,
                                .bytes =
                                    signal == SIGKILL ? r->study->limit : task->bytes,
                                .deaths = task->deaths + 1};
        status = add_task(r, &alone, err);
    }
    return status;
}

static sur_status bury(sur_runner *r, sur_seat *seat, bool sane, sur_error *err)
{
    char how[200];
    sur_status status = SUR_OK;
    const bool greeted = seat->process.greeted;
    const int signal = sur_process_end(&seat->process, sane ? 2 : 0, how, sizeof how);
    if (!sane) snprintf(how, sizeof how, "speaking nonsense");
    const sur_idx tasks = seat->tasks;
    sur_task *task = seat->task;
    sur_clerk_forget_keys(seat);
    seat->tasks = seat->emitted = 0;
    if (r->stopping) return SUR_OK;
    r->failed_starts = greeted ? 0 : r->failed_starts + 1;
    if (r->failed_starts >= STARTS_MOST)
        return sur_fail(err, SUR_EBACKEND, "workers do not start: %s", how);
    if (greeted && tasks > 0) {
        sur_note(r->watch, "a worker was %s; the trials it left are run one by one",
                 how);
        status = blame(r, &task[0], how, signal, err);
    }
    for (sur_idx i = greeted ? 1 : 0; i < tasks && status == SUR_OK; i++)
        status = add_task(r, &task[i], err);
    return status;
}

static sur_status hand_out(sur_runner *r, sur_seat *seat, sur_error *err)
{
    sur_status status = SUR_OK;
    sur_task task;
    const sur_idx depth = depth_wanted(r);
    while (!r->stopping && seat->tasks < depth && take_task(r, seat, &task)) {
        if (!seat->process.pid) status = start_worker(r, seat, err);
        if (status == SUR_OK) status = sur_clerk_hand(r, seat, &task, err);
        if (status != SUR_OK) return status;
    }
    return status;
}

/* ---- stopping ---- */

static void begin_stop(sur_runner *r, sur_ending ending, double grace)
{
    if (r->stopping) return;
    r->stopping = true;
    r->result->ending = ending;
    r->deadline = sur_clock() + grace;
    r->head = r->tasks;
    atomic_store(r->control.stop, 1);
}

static void look_up(sur_runner *r)
{
    if (sur_stop_asked(r->watch)) begin_stop(r, SUR_INTERRUPTED, GRACE_INTERRUPT);
    if (sur_clock() - r->began > r->run->time_limit)
        begin_stop(r, SUR_TIME_LIMIT, GRACE_TIME_LIMIT);
}

static bool anything_left(const sur_runner *r)
{
    if (r->stopping && sur_clock() > r->deadline) return false;
    for (sur_idx i = 0; i < r->seats; i++)
        if (r->seat[i].tasks > 0) return true;
    return r->head < r->tasks;
}

/* ---- telling ---- */

/* The share of the work that is done, by predicted seconds, or by trials without them.
 */
static double share_done(const sur_runner *r, sur_idx left)
{
    double spent = r->spent;
    if (!(r->predicted > 0)) {
        const double ended = (double)(r->result->done + r->result->failed);
        return ended / (ended + (double)left);
    }
    for (sur_idx i = 0; i < r->seats; i++) {
        const sur_seat *seat = &r->seat[i];
        if (seat->tasks > 0)
            spent += seat->task[0].seconds * (double)seat->emitted /
                     (double)seat->task[0].count;
    }
    return fmin(1, spent / r->predicted);
}

static void tell(sur_runner *r, bool now)
{
    const double clock = sur_clock();
    if (!r->watch || !r->watch->progress || (!now && clock - r->told < TELL_EVERY))
        return;
    const sur_study_result *result = r->result;
    sur_progress p = {.trials = r->study->trials,
                      .held = result->held,
                      .done = result->done,
                      .failed = result->failed,
                      .seconds = clock - r->began,
                      .seconds_left = nan("")};
    for (sur_idx i = 0; i < r->seats; i++)
        if (r->seat[i].tasks > 0)
            p.running += r->seat[i].task[0].count - r->seat[i].emitted;
    const sur_idx left = p.trials - p.held - p.done - p.failed;
    const double share = share_done(r, left);
    if (left == 0)
        p.seconds_left = 0;
    else if (share > 0)
        p.seconds_left = p.seconds * (1 - share) / share;
    r->told = clock;
    r->watch->progress(r->watch->payload, &p);
}

/* ---- the loop ---- */

static sur_status listen(sur_runner *r, struct pollfd *set, int timeout, sur_error *err)
{
    sur_status status = SUR_OK;
    for (sur_idx i = 0; i < r->seats; i++) {
        const sur_process *p = &r->seat[i].process;
        const bool more = p->out.size > p->out.start;
        set[i] = (struct pollfd){.fd = p->pid ? p->fd : -1,
                                 .events = (short)(more ? POLLIN | POLLOUT : POLLIN)};
    }
    if (poll(set, (nfds_t)r->seats, timeout) < 0 && errno != EINTR)
        return sur_fail(err, SUR_EBACKEND, "cannot wait for workers: %s",
                        strerror(errno));
    for (sur_idx i = 0; i < r->seats && status == SUR_OK; i++) {
        sur_seat *seat = &r->seat[i];
        bool sane = true;
        if (!seat->process.pid) continue;
        const bool here = sur_process_receive(&seat->process);
        status = sur_clerk_read(r, seat, &sane, err);
        const bool hears = sane && here && sur_process_send(&seat->process);
        if (status == SUR_OK && !hears) status = bury(r, seat, sane, err);
    }
    return status;
}

static sur_status flush_if_due(sur_runner *r, sur_error *err)
{
    const bool due =
        r->batch.count > 0 &&
        (sur_clock() - r->batch.oldest >= FLUSH_EVERY || r->batch.bytes >= FLUSH_BYTES);
    return due ? sur_clerk_flush(r, err) : SUR_OK;
}

static sur_status loop(sur_runner *r, sur_error *err)
{
    sur_status status = SUR_OK;
    struct pollfd *set = NULL;
    SUR_TRY(sur_alloc(&set, r->seats, sizeof *set, err));
    tell(r, true);
    for (;;) {
        look_up(r);
        for (sur_idx i = 0; i < r->seats; i++) SUR_TRY(hand_out(r, &r->seat[i], err));
        if (!anything_left(r)) break;
        for (sur_idx i = 0; i < r->seats; i++)
            if (r->seat[i].process.pid) sur_process_send(&r->seat[i].process);
        SUR_TRY(listen(r, set, r->batch.count > 0 ? 20 : 50, err));
        SUR_TRY(flush_if_due(r, err));
        tell(r, false);
    }
    SUR_TRY(sur_clerk_flush(r, err));
    tell(r, true);

done:
    free(set);
    return status;
}

/* ---- beginning and end ---- */

static sur_status explain(const sur_runner *r, sur_error *err)
{
    const sur_experiment *e = r->study->experiment;
    sur_legend *rows = NULL;
    sur_idx count = 0;
    sur_status status =
        sur_alloc(&rows, e->fields->count + e->metric_count, sizeof *rows, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < e->fields->count; i++) {
        const sur_field *f = &e->fields->at[i];
        if (f->flags & SUR_HIDDEN) continue;
        rows[count++] = (sur_legend){.name = f->name,
                                     .role = "option",
                                     .label = f->help,
                                     .unit = f->unit,
                                     .scale = f->flags & SUR_LOG ? "log" : "linear"};
    }
    for (sur_idx i = 0; i < e->metric_count; i++) {
        const sur_metric *m = &e->metrics[i];
        rows[count++] = (sur_legend){.name = m->name,
                                     .role = "metric",
                                     .label = m->label,
                                     .unit = m->unit,
                                     .scale = m->scale,
                                     .interval = m->interval,
                                     .better = m->better};
    }
    status = sur_store_explain(r->store, rows, count, err);
    free(rows);
    return status;
}

/* Says once that another build or processor made what is resumed. */
static sur_status compare_run(void *payload, const sur_stored_run *run, sur_error *err)
{
    (void)err;
    sur_runner *r = payload;
    const char *theirs = strchr(run->host, ';'), *ours = strchr(r->host, ';');
    if (strcmp(run->version, sur_version()) != 0 ||
        strcmp(run->build, sur_build()) != 0 || !theirs || !ours ||
        strcmp(theirs, ours) != 0)
        r->foreign = true;
    return SUR_OK;
}

static sur_status announce(sur_runner *r, const char *command, sur_error *err)
{
    sur_status status = SUR_OK;
    double together = 0;
    sur_idx fit = 0;
    SUR_TRY(sur_store_each_run(r->store, compare_run, r, err));
    if (r->foreign && r->study->held > 0)
        sur_note(r->watch,
                 "some results in the store are of another build or processor; "
                 "last digits may differ");
    SUR_TRY(
        sur_store_log_run(r->store, command, sur_version(), sur_build(), r->host, err));
    SUR_TRY(explain(r, err));
    for (sur_idx i = 0; i < r->study->groups && fit < r->seats; i++) {
        together += r->study->group[i].bytes;
        if (together > r->study->limit) break;
        fit++;
    }
    if (fit < r->seats && fit < r->study->groups)
        sur_note(r->watch, "memory is enough for %lld of %lld workers at once",
                 (long long)fit, (long long)r->seats);

done:
    return status;
}

/* A program that does not call sur_study_worker would start itself without end. */
static bool is_worker_itself(void)
{
    char text[256] = "";
    FILE *file = fopen("/proc/self/cmdline", "re");
    if (!file) return false;
    const size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    const size_t first = strlen(text) + 1;
    return first < size && strcmp(text + first, SUR_WORKER_VERB) == 0;
}

static sur_status prepare(sur_runner *r, sur_error *err)
{
    sur_status status = SUR_OK;
    const sur_study *study = r->study;
    const sur_run_options *run = r->run;
    const sur_idx threads = run->threads > 0 ? run->threads : 1;
    sur_idx jobs = sur_workers_wanted(run);
    if (jobs > study->groups) jobs = study->groups;
    if (jobs < 1) jobs = 1;
    SUR_TRY(sur_alloc(&r->seat, jobs, sizeof *r->seat, err));
    r->seats = jobs;
    for (sur_idx i = 0; i < jobs; i++) r->seat[i].process.fd = -1;
    for (sur_idx i = 0; i < study->groups; i++) {
        const sur_group *g = &study->group[i];
        const sur_task task = {.first = g->first,
                               .count = g->count,
                               .seconds = g->seconds,
                               .bytes = g->bytes};
        r->predicted += g->seconds;
        SUR_TRY(add_task(r, &task, err));
    }
    snprintf(r->code, sizeof r->code, "%s; %s", sur_version(), sur_build());
    if (threads > 1)
        snprintf(r->code, sizeof r->code, "%s; %s; %lld threads", sur_version(),
                 sur_build(), (long long)threads);
    sur_host_text(r->host, sizeof r->host);
    r->origin = (sur_origin){study->experiment->name, r->code, r->host,
                             study->experiment->revision};
    SUR_TRY(sur_control_open(&r->control, err));

done:
    return status;
}

/* Workers that are idle see their socket close and leave; the others are killed. */
static void close_runner(sur_runner *r, bool kill_all)
{
    char how[200];
    for (sur_idx i = 0; i < r->seats; i++) {
        sur_process_hang_up(&r->seat[i].process);
    }
    for (sur_idx i = 0; i < r->seats; i++) {
        sur_seat *seat = &r->seat[i];
        const bool idle = seat->tasks == 0 && !kill_all;
        if (seat->process.pid)
            sur_process_end(&seat->process, idle ? 2 : 0, how, sizeof how);
        sur_clerk_forget_keys(seat);
    }
    free(r->seat);
    free(r->task);
    sur_batch_free(&r->batch);
    sur_control_close(&r->control);
}

sur_status sur_study_run(sur_study *study, sur_store *store, const sur_run_options *run,
                         const char *command, const sur_watch *watch,
                         sur_study_result *result, sur_error *err)
{
    sur_status status = SUR_OK;
    sur_study_result made = {0};
    sur_runner runner = {.study = study,
                         .store = store,
                         .run = run,
                         .watch = watch,
                         .result = &made,
                         .control.fd = -1,
                         .began = sur_clock(),
                         .mean = nan("")};
    SUR_FAIL_IF(is_worker_itself(), SUR_EBACKEND,
                "a worker was started to run a study: the program must call "
                "sur_study_worker when its first argument is " SUR_WORKER_VERB);
    if (!study->planned) status = sur_study_plan(study, store, run, NULL, watch, err);
    SUR_TRY(sur_world_agree(status, RANK_PATIENCE, err));
    made.trials = study->trials + study->skipped;
    made.held = study->held;
    made.held_failed = study->held_failed;
    made.skipped = study->skipped;
    SUR_TRY(prepare(&runner, err));
    const bool ranks = sur_world_size() > 0;
    if (study->groups > 0) SUR_TRY(announce(&runner, command, err));
    if (ranks)
        SUR_TRY(sur_run_here(&runner, err));
    else if (study->groups > 0)
        SUR_TRY(loop(&runner, err));

    if (made.held + made.done + made.failed == study->trials)
        made.ending = SUR_FINISHED; /* stopped when nothing was left */

done:
    close_runner(&runner, status != SUR_OK);
    *result = made;
    study->planned = false; /* what is held has changed */
    return status;
}
