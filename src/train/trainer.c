/* trainer.c -- one network, step by step.
 *
 * Epoch e visits the job's rows in the order of a shuffle keyed by (order, e), batch by
 * batch, the last one short. What a step does is a function of the job and of the
 * parameters, moments and step number before it; so these are the whole checkpoint,
 * with the loss of the epoch so far. */
#include "train/trainer.h"

#include <surplus/random.h>

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

sur_idx sur_job_epoch(const sur_job *job)
{
    return (job->count + job->options.batch - 1) / job->options.batch;
}

double sur_rate(const sur_train_options *o, sur_idx step, sur_idx steps)
{
    if (o->schedule == SUR_RATE_COSINE)
        return o->learning_rate * 0.5 *
               (1.0 + cos(3.141592653589793 * (double)step / (double)steps));
    if (o->schedule == SUR_RATE_ROOT)
        return o->learning_rate / sqrt(1.0 + floor((double)step / 512.0));
    return o->learning_rate;
}

/* A stream of draws, made many at a time. */
typedef struct draws {
    sur_rng rng;
    uint32_t made[256];
    sur_idx at; /* the next of made to give out */
} draws;

static uint32_t draw(draws *d)
{
    const sur_idx most = sizeof d->made / sizeof *d->made;
    if (d->at == most) {
        sur_rng_u32s(&d->rng, d->made, most);
        d->at = 0;
    }
    return d->made[d->at++];
}

/* Fisher-Yates with 32-bit draws where they suffice: a draw u is taken to u i / 2^32,
 * and drawn again in the uneven part (Lemire, "Fast random integer generation in an
 * interval", ACM TOMACS 29, 2019). */
void sur_shuffle(sur_idx *order, const sur_job *job, sur_idx epoch)
{
    draws d = {.rng = sur_rng_make(job->order, "order", (uint64_t)epoch),
               .at = sizeof d.made / sizeof *d.made};
    for (sur_idx i = 0; i < job->count; i++) order[i] = job->rows ? job->rows[i] : i;
    for (sur_idx i = job->count - 1; i > 0; i--) {
        sur_idx j;
        if (i < UINT32_MAX) {
            const uint32_t n = (uint32_t)i + 1;
            uint64_t product = (uint64_t)draw(&d) * n;
            if ((uint32_t)product < n) {
                const uint32_t uneven = (uint32_t)(-n) % n;
                while ((uint32_t)product < uneven) product = (uint64_t)draw(&d) * n;
            }
            j = (sur_idx)(product >> 32);
        } else {
            j = sur_rng_below(&d.rng, i + 1);
        }
        const sur_idx moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
}

/* ---- making one ---- */

static sur_status check_job(const sur_job *job, sur_error *err)
{
    const sur_train_options *o = &job->options;
    const sur_status status = sur_network_check(&job->network, err);
    if (status != SUR_OK) return status;
    if (job->count < 1 || o->batch < 1 || job->steps < 0)
        return sur_fail(err, SUR_EINVAL, "%lld examples, batch %lld, %lld steps",
                        (long long)job->count, (long long)o->batch,
                        (long long)job->steps);
    if (!(o->learning_rate >= 0) || !(o->momentum >= 0 && o->momentum <= 1) ||
        !(o->weight_decay >= 0) || !(o->clip >= 0))
        return sur_fail(err, SUR_EINVAL,
                        "learning rate %g, momentum %g, weight decay %g, clip %g",
                        o->learning_rate, o->momentum, o->weight_decay, o->clip);
    if (o->augment > 0 && !sur_family_is_conv(job->network.family))
        return sur_fail(err, SUR_EINVAL, "augment is for families of images");
    if (job->inputs->cols != job->network.inputs)
        return sur_fail(err, SUR_ESHAPE, "%lld columns for a network of %lld inputs",
                        (long long)job->inputs->cols, (long long)job->network.inputs);
    for (sur_idx i = 0; i < job->count; i++) {
        const sur_idx row = job->rows ? job->rows[i] : i;
        if (row < 0 || row >= job->inputs->rows)
            return sur_fail(err, SUR_ESHAPE, "row %lld of %lld", (long long)row,
                            (long long)job->inputs->rows);
        if (job->goal.loss == SUR_LOSS_CROSS_ENTROPY &&
            (job->goal.label[row] < 0 || job->goal.label[row] >= job->network.outputs))
            return sur_fail(err, SUR_ESHAPE, "class %d of %lld",
                            (int)job->goal.label[row], (long long)job->network.outputs);
    }
    return SUR_OK;
}

/* Weights are used over their mean, so that they move no learning rate. */
static sur_status find_weight(sur_trainer *t, sur_error *err)
{
    const sur_job *job = &t->job;
    double sum = 0.0;
    t->weight = 1.0;
    if (!job->goal.weight) return SUR_OK;
    for (sur_idx i = 0; i < job->count; i++)
        sum += (double)job->goal.weight[job->rows ? job->rows[i] : i];
    t->weight = sum / (double)job->count;
    if (t->weight > 0.0) return SUR_OK;
    return sur_fail(err, SUR_ENUMERIC,
                    "the training weights add up to %g, not to something positive",
                    sum);
}

sur_idx sur_optimizer_arrays(const sur_train_options *o)
{
    return o->optimizer != SUR_SGD ? 3 : o->momentum > 0 ? 2 : 1;
}

static sur_status start(sur_trainer *t, sur_error *err)
{
    const sur_job *job = &t->job;
    float *drawn = NULL;
    sur_status status = SUR_OK;
    if (!job->start) {
        SUR_TRY(sur_alloc(&drawn, sur_network_size(&job->network), sizeof *drawn, err));
        sur_network_draw(drawn, &job->network, (sur_init)job->options.init,
                         job->options.init_scale, job->seed);
    }
    sur_pass_pad(t->w, t->pass, job->start ? job->start : drawn);

done:
    free(drawn);
    return status;
}

sur_status sur_trainer_new(sur_trainer **out, const sur_job *job, sur_error *err)
{
    sur_trainer *t = NULL;
    sur_status status;

    *out = NULL;
    SUR_TRY(check_job(job, err));
    SUR_TRY(sur_alloc(&t, 1, sizeof *t, err));
    t->job = *job;
    t->epoch = -1;
    SUR_TRY(find_weight(t, err));
    const sur_idx batch =
        job->options.batch < job->count ? job->options.batch : job->count;
    SUR_TRY(sur_pass_new(&t->pass, &job->network, batch, true, err));
    const sur_idx arrays = sur_optimizer_arrays(&job->options),
                  size = sur_padded(t->pass->size);
    const bool clips = job->options.clip > 0;
    SUR_TRY(sur_floats_new(&t->w, &t->block, size * (arrays + clips), err));
    if (arrays > 1) t->m = t->w + size;
    if (arrays > 2) t->v = t->w + 2 * size;
    if (clips) t->gradient = t->w + arrays * size;
    SUR_TRY(sur_alloc(&t->order, job->count, sizeof *t->order, err));
    if (job->options.augment > 0)
        SUR_TRY(sur_alloc(&t->jitter, batch, sizeof *t->jitter, err));
    SUR_TRY(start(t, err));
    *out = t;
    t = NULL;

done:
    sur_trainer_free(t);
    return status;
}

void sur_trainer_free(sur_trainer *t)
{
    if (!t) return;
    sur_pass_free(t->pass);
    free(t->block);
    free(t->order);
    free(t->jitter);
    free(t);
}

void sur_trainer_threads(sur_trainer *t, int threads)
{
    t->pass->threads = threads < 1 ? 1 : threads;
}

sur_idx sur_trainer_step(const sur_trainer *t) { return t->step; }

bool sur_trainer_done(const sur_trainer *t) { return t->done; }

void sur_trainer_parameters(float *parameters, const sur_trainer *t)
{
    sur_pass_unpad(parameters, t->pass, t->w);
}

/* ---- a step ---- */

sur_update sur_update_of(const sur_train_options *o, double rate, sur_idx step)
{
    const double t = (double)(step + 1);
    sur_update u = {.rule = SUR_RULE_SGD,
                    .rate = (float)rate,
                    .scale = 1.0F,
                    .shrink = 1.0F,
                    .pull = (float)o->weight_decay};
    if (o->optimizer == SUR_SGD) {
        const float momentum = (float)o->momentum;
        if (o->momentum > 0) u.rule = SUR_RULE_MOMENTUM;
        u.momentum = momentum;
        u.blend = o->nesterov ? momentum : 1.0F;
        u.look = o->nesterov ? 1.0F : 0.0F;
        return u;
    }
    u.rule = SUR_RULE_ADAM;
    u.beta1 = 0.9F;
    u.beta2 = 0.999F;
    u.correct1 = (float)(1.0 / (1.0 - pow(0.9, t)));
    u.correct2 = (float)(1.0 / (1.0 - pow(0.999, t)));
    u.epsilon = 1e-8F;
    if (o->optimizer == SUR_ADAMW) {
        u.shrink = (float)(1.0 - rate * o->weight_decay);
        u.pull = 0.0F;
    }
    return u;
}

static void apply(void *payload, sur_idx offset, const float *gradient, sur_idx count)
{
    sur_trainer *t = payload;
    t->pass->kernels->update(t->w + offset, gradient, t->m ? t->m + offset : NULL,
                             t->v ? t->v + offset : NULL, count, &t->update);
}

static void collect(void *payload, sur_idx offset, const float *gradient, sur_idx count)
{
    sur_trainer *t = payload;
    memcpy(t->gradient + offset, gradient, (size_t)count * sizeof *gradient);
}

float sur_clip_factor(const float *gradient, sur_idx count, double most)
{
    double square = 0.0;
    if (!(most > 0.0)) return 1.0F;
    for (sur_idx i = 0; i < count; i++)
        square += (double)gradient[i] * (double)gradient[i];
    const double norm = sqrt(square);
    return norm > most ? (float)(most / norm) : 1.0F;
}

/* How the images of this step are moved: image i of step t by draws of their own. */
static void draw_jitter(sur_trainer *t, sur_idx count)
{
    const sur_job *job = &t->job;
    const bool flips = job->options.augment != SUR_AUGMENT_CROP,
               shifts = job->options.augment != SUR_AUGMENT_FLIP;
    const sur_idx down = shifts ? (job->network.image[1] + 7) / 8 : 0,
                  right = shifts ? (job->network.image[2] + 7) / 8 : 0;
    const sur_idx most = 127; /* of a sur_jitter */
    sur_rng rng = sur_rng_make(job->order, "augment", (uint64_t)t->step);
    for (sur_idx i = 0; i < count; i++) {
        const sur_idx d = down < most ? down : most, r = right < most ? right : most;
        t->jitter[i].down = (int8_t)(sur_rng_below(&rng, 2 * d + 1) - d);
        t->jitter[i].right = (int8_t)(sur_rng_below(&rng, 2 * r + 1) - r);
        t->jitter[i].flip = (int8_t)(flips ? sur_rng_below(&rng, 2) : 0);
    }
    t->pass->jitter = t->jitter;
}

/* One batch; its mean loss is not finite if anything on the way was not. */
static sur_status step(double *loss, sur_trainer *t, const sur_idx *rows, sur_idx count,
                       sur_error *err)
{
    const sur_job *job = &t->job;
    const double scale = 1.0 / ((double)count * t->weight);
    sur_status status;

    if (t->jitter) draw_jitter(t, count);
    SUR_TRY(sur_pass_forward(t->pass, t->w, job->inputs, rows, 0, count, SUR_TRAINING,
                             err));
    *loss = sur_pass_delta(t->pass, &job->goal, rows, 0, count, scale);
    t->update = sur_update_of(&job->options,
                              sur_rate(&job->options, t->step, job->steps), t->step);
    if (t->gradient) {
        SUR_TRY(sur_pass_backward(t->pass, t->w, count, collect, t, err));
        t->update.scale =
            sur_clip_factor(t->gradient, t->pass->trained, job->options.clip);
        apply(t, 0, t->gradient, t->pass->trained);
    } else {
        SUR_TRY(sur_pass_backward(t->pass, t->w, count, apply, t, err));
    }
    t->sum += *loss;

done:
    return status;
}

/* At the learning rate of the step that went there. */
static sur_status diverged(const sur_trainer *t, sur_idx of, sur_error *err)
{
    return sur_fail(err, SUR_ENUMERIC,
                    "the loss is not finite at step %lld (learning rate %g)",
                    (long long)t->step, sur_rate(&t->job.options, of, t->job.steps));
}

sur_status sur_trainer_check(sur_trainer *t, sur_error *err)
{
    const sur_job *job = &t->job;
    const sur_idx count =
        job->options.batch < job->count ? job->options.batch : job->count;
    t->pass->ahead = 0;
    t->pass->jitter = NULL;
    const sur_status status = sur_pass_forward(t->pass, t->w, job->inputs, job->rows, 0,
                                               count, SUR_ANSWERING, err);
    if (status != SUR_OK) return status;
    if (isfinite(sur_pass_delta(t->pass, &job->goal, job->rows, 0, count, 1.0)))
        return SUR_OK;
    return diverged(t, t->step > 0 ? t->step - 1 : 0, err);
}

sur_status sur_trainer_run(sur_trainer *t, sur_idx until, sur_error *err)
{
    const sur_job *job = &t->job;
    const sur_idx batch = job->options.batch, each = sur_job_epoch(job);
    while (t->step < until && !t->done) {
        const sur_idx epoch = t->step / each, place = t->step % each;
        if (epoch != t->epoch) {
            sur_shuffle(t->order, job, epoch);
            t->epoch = epoch;
        }
        const sur_idx left = job->count - place * batch;
        const sur_idx count = left < batch ? left : batch;
        const sur_idx rest = left - count;
        double loss;
        t->pass->ahead = rest < count ? rest : count;
        const sur_status status = step(&loss, t, t->order + place * batch, count, err);
        if (status != SUR_OK) return status;
        if (!isfinite(loss)) return diverged(t, t->step, err);
        t->step++;
        if (place < each - 1) continue;
        t->done = t->sum / ((double)job->count * t->weight) < job->options.stop_below;
        t->sum = 0.0;
    }
    return SUR_OK;
}

/* ---- checkpoints ---- */

typedef struct head {
    char magic[8];
    int64_t size, arrays, step;
    double sum;
    int64_t done;
} head;

static const char magic[8] = {'s', 'u', 'r', 't', 'r', 'n', '0', '2'};

sur_status sur_trainer_save(void **bytes, size_t *size, const sur_trainer *t,
                            sur_error *err)
{
    const sur_idx arrays = sur_optimizer_arrays(&t->job.options),
                  each = sur_padded(t->pass->size);
    const size_t floats = (size_t)(arrays * each) * sizeof(float);
    head h = {.size = t->pass->size,
              .arrays = arrays,
              .step = t->step,
              .sum = t->sum,
              .done = t->done};
    char *block;

    *bytes = NULL;
    *size = sizeof h + floats;
    const sur_status status = sur_alloc(&block, (sur_idx)*size, 1, err);
    if (status != SUR_OK) return status;
    memcpy(h.magic, magic, sizeof magic);
    memcpy(block, &h, sizeof h);
    memcpy(block + sizeof h, t->w, floats);
    *bytes = block;
    return SUR_OK;
}

sur_status sur_trainer_load(sur_trainer *t, const void *bytes, size_t size,
                            sur_error *err)
{
    const sur_idx arrays = sur_optimizer_arrays(&t->job.options),
                  each = sur_padded(t->pass->size);
    const size_t floats = (size_t)(arrays * each) * sizeof(float);
    head h;

    if (size != sizeof h + floats)
        return sur_fail(err, SUR_EPARSE, "a checkpoint of %zu bytes, not %zu", size,
                        sizeof h + floats);
    memcpy(&h, bytes, sizeof h);
    if (memcmp(h.magic, magic, sizeof magic) != 0 || h.size != t->pass->size ||
        h.arrays != arrays || h.step < 0 || h.done < 0 || h.done > 1)
        return sur_fail(err, SUR_EPARSE, "not a checkpoint of this network");
    memcpy(t->w, (const char *)bytes + sizeof h, floats);
    t->step = h.step;
    t->sum = h.sum;
    t->done = h.done;
    t->epoch = -1;
    return SUR_OK;
}
