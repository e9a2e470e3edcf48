/* many.c -- many networks at once: each is trained whole by one thread, so that its
 * parameters stay in that core's cache; threads take the next job when done with one.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"
#include "train/trainer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A network of so many multiplications per step is worth threads of its own. */
#define LARGE 3e7
/* Steps are run in pieces of about so many multiplications between questions whether to
 * stop. */
#define PIECE 2e8

typedef struct crowd {
    const sur_job *jobs;
    const sur_idx *const *stops;
    const sur_idx *stop_counts;
    sur_train_take take;
    bool (*stop)(void *payload);
    void *payload;
    int inner;             /* threads of one network */
    pthread_mutex_t guard; /* of what follows, and of calls of take and stop */
    sur_status status;     /* of the first that failed */
    sur_error err;
} crowd;

static double step_work(const sur_job *job)
{
    const sur_idx batch =
        job->options.batch < job->count ? job->options.batch : job->count;
    return 3.0 * (double)batch * sur_network_work(&job->network);
}

bool sur_job_is_large(const sur_job *job) { return step_work(job) >= LARGE; }

sur_idx sur_job_piece(const sur_job *job)
{
    const double pieces = PIECE / step_work(job);
    return pieces > 1e9 ? 1000000000 : pieces > 1 ? (sur_idx)pieces : 1;
}

static bool asked_to_stop(crowd *c)
{
    bool asked = false;
    if (!c->stop) return false;
    pthread_mutex_lock(&c->guard);
    asked = c->stop(c->payload);
    pthread_mutex_unlock(&c->guard);
    return asked;
}

static bool over(crowd *c)
{
    pthread_mutex_lock(&c->guard);
    const bool failed = c->status != SUR_OK;
    pthread_mutex_unlock(&c->guard);
    return failed;
}

static void record(crowd *c, sur_status status, const sur_error *err)
{
    pthread_mutex_lock(&c->guard);
    if (status != SUR_OK && c->status == SUR_OK) {
        c->err = *err;
        c->status = status;
    }
    pthread_mutex_unlock(&c->guard);
}

static sur_status run_to(crowd *c, sur_trainer *t, const sur_job *job, sur_idx until,
                         sur_error *err)
{
    const sur_idx piece = sur_job_piece(job);
    while (sur_trainer_step(t) < until && !sur_trainer_done(t)) {
        if (over(c) || asked_to_stop(c)) return sur_fail(err, SUR_ESTOPPED, "stopped");
        const sur_idx left = until - sur_trainer_step(t);
        const sur_status status = sur_trainer_run(
            t, sur_trainer_step(t) + (left < piece ? left : piece), err);
        if (status != SUR_OK) return status;
    }
    return sur_trainer_check(t, err);
}

static sur_status run_job(crowd *c, sur_idx j, sur_error *err)
{
    const sur_job *job = &c->jobs[j];
    sur_trainer *t = NULL;
    float *parameters = NULL;
    sur_status status;

    SUR_TRY(sur_trainer_new(&t, job, err));
    sur_trainer_threads(t, c->inner);
    SUR_TRY(sur_alloc(&parameters, sur_network_size(&job->network), sizeof *parameters,
                      err));
    for (sur_idx s = 0; s < c->stop_counts[j]; s++) {
        const double since = sur_clock();
        const sur_status outcome = run_to(c, t, job, c->stops[j][s], err);
        if (outcome != SUR_OK && outcome != SUR_ENUMERIC) SUR_TRY(outcome);
        char message[sizeof err->message] = "";
        if (outcome != SUR_OK) memcpy(message, err->message, sizeof message);
        if (outcome == SUR_OK) sur_trainer_parameters(parameters, t);
        const sur_moment moment = {.job = j,
                                   .stop = s,
                                   .step = sur_trainer_step(t),
                                   .parameters = outcome == SUR_OK ? parameters : NULL,
                                   .status = outcome,
                                   .message = message,
                                   .seconds = sur_clock() - since};
        pthread_mutex_lock(&c->guard);
        status = c->take(c->payload, &moment, err);
        pthread_mutex_unlock(&c->guard);
        SUR_TRY(status);
        if (outcome != SUR_OK) goto done;
    }

done:
    free(parameters);
    sur_trainer_free(t);
    return status;
}

sur_status sur_train_many(const sur_job *jobs, const sur_idx *const *stops,
                          const sur_idx *stop_counts, sur_idx count, int threads,
                          sur_train_take take, bool (*stop)(void *payload),
                          void *payload, sur_error *err)
{
    crowd c = {.jobs = jobs,
               .stops = stops,
               .stop_counts = stop_counts,
               .take = take,
               .stop = stop,
               .payload = payload,
               .inner = 1,
               .guard = PTHREAD_MUTEX_INITIALIZER};
    const int hands = threads < 1 ? 1 : threads;

#pragma omp parallel for schedule(dynamic, 1) num_threads(hands) if (hands > 1)
    for (sur_idx j = 0; j < count; j++) {
        sur_error why = {SUR_OK, ""};
        if (over(&c) || (hands > 1 && sur_job_is_large(&jobs[j]))) continue;
        record(&c, run_job(&c, j, &why), &why);
    }
    c.inner = hands;
    for (sur_idx j = 0; j < count && hands > 1; j++) {
        sur_error why = {SUR_OK, ""};
        if (over(&c)) break;
        if (sur_job_is_large(&jobs[j])) record(&c, run_job(&c, j, &why), &why);
    }
    pthread_mutex_destroy(&c.guard);
    if (c.status != SUR_OK) return sur_fail(err, c.status, "%s", c.err.message);
    return SUR_OK;
}

double sur_train_memory(const sur_job *job)
{
    const double batch =
        (double)(job->options.batch < job->count ? job->options.batch : job->count);
    const sur_network *network = &job->network;
    return 4.0 * 6.0 * (double)sur_network_size(network) +
           sur_body_of(network)->memory(network, (sur_idx)batch) +
           8.0 * (double)job->count;
}

/* Multiplications and additions at 40 GF/s, the rate of the kernels at width 64, plus a
 * microsecond of the rest per step and 20 ns per example. */
double sur_train_seconds(const sur_job *job)
{
    const double batch =
        (double)(job->options.batch < job->count ? job->options.batch : job->count);
    return (double)job->steps * (1e-6 + 2e-8 * batch + 2.0 * step_work(job) / 40e9);
}
