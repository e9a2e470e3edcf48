/* many.c -- many networks at once: each is trained whole by one thread, so that its
 * parameters stay in that core's cache; threads take the next job when done with one.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"
#include "train/trainer.h"

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
    int inner;         /* threads of one network */
    sur_status status; /* of the first that failed; guarded by a critical section */
    sur_error err;
} crowd;

static double step_work(const sur_job *job)
{
    const sur_idx batch =
        job->options.batch < job->count ? job->options.batch : job->count;
    return 3.0 * (double)batch * (double)sur_mlp_parameters(&job->network);
}

static bool asked_to_stop(crowd *c)
{
    bool asked = false;
    if (!c->stop) return false;
#pragma omp critical(sur_train_stop)
    asked = c->stop(c->payload);
    return asked;
}

static bool over(crowd *c)
{
    sur_status status;
#pragma omp atomic read
    status = c->status;
    return status != SUR_OK;
}

static void record(crowd *c, sur_status status, const sur_error *err)
{
    if (status == SUR_OK) return;
#pragma omp critical(sur_train_many)
    if (!over(c)) {
        c->err = *err;
#pragma omp atomic write
        c->status = status;
    }
}

static sur_status run_to(crowd *c, sur_trainer *t, const sur_job *job, sur_idx until,
                         sur_error *err)
{
    const double pieces = PIECE / step_work(job);
    const sur_idx piece = pieces > 1e9 ? 1000000000 : pieces > 1 ? (sur_idx)pieces : 1;
    while (sur_trainer_step(t) < until && !sur_trainer_done(t)) {
        if (over(c) || asked_to_stop(c)) return sur_fail(err, SUR_ESTOPPED, "stopped");
        const sur_idx left = until - sur_trainer_step(t);
        const sur_status status = sur_trainer_run(
            t, sur_trainer_step(t) + (left < piece ? left : piece), err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

static sur_status run_job(crowd *c, sur_idx j, sur_error *err)
{
    const sur_job *job = &c->jobs[j];
    sur_trainer *t = NULL;
    float *parameters = NULL;
    sur_status status;

    SUR_TRY(sur_trainer_new(&t, job, err));
    sur_trainer_threads(t, c->inner);
    SUR_TRY(sur_alloc(&parameters, sur_mlp_parameters(&job->network),
                      sizeof *parameters, err));
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
#pragma omp critical(sur_train_take)
        status = c->take(c->payload, &moment, err);
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
               .inner = 1};
    const int hands = threads < 1 ? 1 : threads;

#pragma omp parallel for schedule(dynamic, 1) num_threads(hands) if (hands > 1)
    for (sur_idx j = 0; j < count; j++) {
        sur_error why = {SUR_OK, ""};
        if (over(&c) || (hands > 1 && step_work(&jobs[j]) >= LARGE)) continue;
        record(&c, run_job(&c, j, &why), &why);
    }
    c.inner = hands;
    for (sur_idx j = 0; j < count && hands > 1; j++) {
        sur_error why = {SUR_OK, ""};
        if (over(&c)) break;
        if (step_work(&jobs[j]) >= LARGE) record(&c, run_job(&c, j, &why), &why);
    }
    if (c.status != SUR_OK) return sur_fail(err, c.status, "%s", c.err.message);
    return SUR_OK;
}

double sur_train_memory(const sur_job *job)
{
    const double batch =
        (double)(job->options.batch < job->count ? job->options.batch : job->count);
    const double widest = (double)job->network.width + (double)job->network.inputs +
                          (double)job->network.outputs + 48.0;
    return 4.0 * (6.0 * (double)sur_mlp_parameters(&job->network) +
                  batch * widest * (4.0 + 2.0 * (double)job->network.depth)) +
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
