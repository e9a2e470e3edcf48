/* fit_network.c -- one network from a data set: early stopping, checkpoints.
 *
 * With early stopping the steps of look.h are looked at, and the last one, and the
 * network of least validation loss is kept. The loss is that of the answers, as it is
 * measured in the end: squared error, for classes of their shares. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"
#include "train/checkpoint.h"
#include "train/look.h"
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Targets as networks read them. */
typedef struct material {
    sur_inputs inputs;
    float *target, *weight;
    int32_t *label;
} material;

static void material_free(material *m)
{
    sur_inputs_free(&m->inputs);
    free(m->target);
    free(m->label);
    free(m->weight);
}

static sur_status material_new(material *m, const sur_fit_work *w, sur_error *err)
{
    const sur_idx n = w->x.rows, k = w->fit->outputs;
    sur_status status;

    *m = (material){0};
    SUR_TRY(sur_inputs_new(&m->inputs, &w->x, err));
    SUR_TRY(sur_alloc(&m->target, n * k, sizeof *m->target, err));
    SUR_TRY(sur_alloc(&m->label, n, sizeof *m->label, err));
    if (w->weight) SUR_TRY(sur_alloc(&m->weight, n, sizeof *m->weight, err));
    for (sur_idx i = 0; i < n; i++) {
        for (sur_idx j = 0; j < k; j++)
            m->target[i * k + j] = (float)w->y.data[i * k + j];
        m->label[i] = w->fit->classes > 0 ? (int32_t)w->split.label[i] : 0;
        if (w->weight) m->weight[i] = (float)w->weight[i];
    }

done:
    return status;
}

static sur_job job_of(const sur_fit *fit, const material *m, sur_idx count)
{
    const sur_fit_options *o = &fit->options;
    const uint64_t seed = (uint64_t)o->data.seed;
    sur_job job = {.network = fit->network,
                   .options = o->network,
                   .inputs = &m->inputs,
                   .count = count,
                   .goal = {(sur_loss)o->network.loss, m->target, m->label, m->weight},
                   .seed = seed,
                   .order = seed};
    job.steps = o->steps != SUR_UNSET ? o->steps : o->epochs * sur_job_epoch(&job);
    return job;
}

/* ---- in the course of it ---- */

typedef struct course {
    sur_fit_work *work;
    const sur_fit_watch *watch;
    const sur_job *job;
    sur_trainer *trainer;
    sur_fit_best best;
    double saved; /* when the checkpoint was last written */
} course;

static sur_status keep_if_best(course *c, sur_error *err)
{
    sur_fit *fit = c->work->fit;
    const sur_split *s = &c->work->split;
    sur_fit_score score;
    sur_trainer_parameters(fit->parameters, c->trainer);
    const sur_status status =
        sur_fit_measure(&score, c->work, s->validation, NULL, s->validation_count, err);
    if (status != SUR_OK || !(score.loss < c->best.loss)) return status;
    c->best.loss = score.loss;
    c->best.step = sur_trainer_step(c->trainer);
    memcpy(c->best.parameters, fit->parameters,
           (size_t)sur_network_size(&fit->network) * sizeof(float));
    return SUR_OK;
}

static sur_status save(course *c, sur_error *err)
{
    c->saved = sur_clock();
    return sur_checkpoint_write(c->watch->checkpoint, c->work->fit, c->trainer,
                                &c->best, err);
}

/* Runs a piece, looks, saves. */
static sur_status advance(course *c, sur_error *err)
{
    const sur_idx step = sur_trainer_step(c->trainer), piece = sur_job_piece(c->job);
    sur_idx until = step + piece < c->job->steps ? step + piece : c->job->steps;
    sur_status status;

    if (c->best.parameters && sur_look_after(step) < until)
        until = sur_look_after(step);
    SUR_TRY(sur_trainer_run(c->trainer, until, err));
    if (c->best.parameters && sur_look_at(sur_trainer_step(c->trainer)))
        SUR_TRY(keep_if_best(c, err));
    if (c->watch->checkpoint && sur_clock() - c->saved >= c->watch->seconds)
        SUR_TRY(save(c, err));

done:
    return status;
}

static bool goes_on(const course *c)
{
    return sur_trainer_step(c->trainer) < c->job->steps &&
           !sur_trainer_done(c->trainer);
}

static sur_status run(course *c, sur_error *err)
{
    const sur_fit_watch *watch = c->watch;
    sur_status status = SUR_OK;

    c->saved = sur_clock();
    while (goes_on(c)) {
        if (watch->stop && watch->stop(watch->payload)) {
            if (watch->checkpoint) SUR_TRY(save(c, err));
            return sur_fail(err, SUR_ESTOPPED, "stopped at step %lld of %lld%s",
                            (long long)sur_trainer_step(c->trainer),
                            (long long)c->job->steps,
                            watch->checkpoint ? "; the checkpoint is written" : "");
        }
        SUR_TRY(advance(c, err));
    }
    if (watch->checkpoint) SUR_TRY(save(c, err));
    if (c->best.parameters) SUR_TRY(keep_if_best(c, err));

done:
    return status;
}

sur_status sur_fit_train(sur_fit_report *report, sur_fit_work *w,
                         const sur_fit_watch *watch, sur_error *err)
{
    sur_fit *fit = w->fit;
    const sur_idx n = sur_network_size(&fit->network);
    material m = {0};
    course c = {.work = w, .watch = watch, .best = {.loss = HUGE_VAL}};
    sur_status status;

    SUR_TRY(material_new(&m, w, err));
    const sur_job job = job_of(fit, &m, w->x.rows);
    c.job = &job;
    SUR_TRY(sur_alloc(&fit->parameters, n, sizeof *fit->parameters, err));
    if (fit->options.early_stop)
        SUR_TRY(sur_alloc(&c.best.parameters, n, sizeof *c.best.parameters, err));
    SUR_TRY(sur_trainer_new(&c.trainer, &job, err));
    if (sur_job_is_large(&job)) sur_trainer_threads(c.trainer, sur_threads_get());
    if (watch->checkpoint)
        SUR_TRY(sur_checkpoint_read(watch->checkpoint, fit, c.trainer, &c.best, err));
    report->resumed = sur_trainer_step(c.trainer);
    SUR_FAIL_IF(report->resumed > job.steps, SUR_EINVAL,
                "%s: is at step %lld, but %lld steps are asked for", watch->checkpoint,
                (long long)report->resumed, (long long)job.steps);
    SUR_TRY(run(&c, err));
    SUR_TRY(sur_trainer_check(c.trainer, err));
    report->steps = report->kept = sur_trainer_step(c.trainer);
    if (c.best.parameters) {
        report->kept = c.best.step;
        memcpy(fit->parameters, c.best.parameters, (size_t)n * sizeof(float));
    } else {
        sur_trainer_parameters(fit->parameters, c.trainer);
    }

done:
    sur_trainer_free(c.trainer);
    free(c.best.parameters);
    material_free(&m);
    return status;
}
