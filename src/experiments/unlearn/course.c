/* course.c -- batches, terms and steps that update rules are made of. */
#include "experiments/unlearn/course.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

sur_status unlearn_course_new(unlearn_course *out, const unlearn_problem *problem,
                              const unlearn_method *method, const float *original,
                              const float *teacher, const double *setting,
                              sur_error *err)
{
    const sur_unlearn_options *o = problem->o;
    const sur_network *network = &problem->network;
    const sur_idx size = sur_network_size(network);
    unlearn_course c = {.problem = problem,
                        .method = method,
                        .original = original,
                        .teacher = teacher,
                        .epochs = method->epochs,
                        .seed = (uint64_t)o->data.seed,
                        .train = o->train,
                        .batch = o->train.batch};
    sur_status status;

    if (c.epochs > 0 && o->budget != SUR_UNSET) c.epochs = o->budget;
    memcpy(c.setting, setting, sizeof c.setting);
    c.train.optimizer = o->unlearn_optimizer;
    if (c.train.optimizer != SUR_SGD) c.train.momentum = 0.0;
    if (c.train.optimizer != SUR_SGD) c.train.nesterov = false;
    SUR_TRY(sur_learner_new(&c.learner, network, &c.train, c.batch, original, 0, err));
    SUR_TRY(sur_alloc(&c.slope, c.batch * network->outputs, sizeof *c.slope, err));
    SUR_TRY(sur_alloc(&c.share, 2 * network->outputs, sizeof *c.share, err));
    SUR_TRY(sur_alloc(&c.order[0], problem->set.retain_count, sizeof(sur_idx), err));
    SUR_TRY(sur_alloc(&c.order[1], problem->set.count, sizeof(sur_idx), err));
    SUR_TRY(sur_alloc(&c.vector, size, sizeof *c.vector, err));
    SUR_TRY(sur_alloc(&c.scratch, size, sizeof *c.scratch, err));
    *out = c;
    c = (unlearn_course){0};

done:
    unlearn_course_free(&c);
    return status;
}

void unlearn_course_free(unlearn_course *c)
{
    sur_learner_free(c->learner);
    free(c->slope);
    free(c->share);
    free(c->order[0]);
    free(c->order[1]);
    free(c->vector);
    free(c->scratch);
    free(c->mask);
    free(c->other);
    *c = (unlearn_course){0};
}

/* ---- batches ---- */

unlearn_batches unlearn_pass(unlearn_course *c, int part, sur_idx pass)
{
    const unlearn_forget *set = &c->problem->set;
    const sur_idx count = part == UNLEARN_FORGOTTEN ? set->count : set->retain_count;
    const sur_idx *places = part == UNLEARN_FORGOTTEN ? set->forget : set->retain;
    sur_rng rng = sur_rng_make(
        c->seed, part == UNLEARN_FORGOTTEN ? "forget order" : "retain order",
        (uint64_t)pass);
    sur_rng_permutation(&rng, c->order[part], count);
    for (sur_idx i = 0; i < count; i++) c->order[part][i] = places[c->order[part][i]];
    return (unlearn_batches){
        .order = c->order[part], .count = count, .batch = c->batch};
}

bool unlearn_next(const sur_idx **picks, sur_idx *count, unlearn_batches *b)
{
    if (b->at >= b->count) return false;
    const sur_idx left = b->count - b->at;
    *picks = b->order + b->at;
    *count = left < b->batch ? left : b->batch;
    b->at += *count;
    return true;
}

/* ---- a step ---- */

sur_status unlearn_forward(unlearn_course *c, const sur_idx *picks, sur_idx count,
                           sur_error *err)
{
    const sur_idx k = c->problem->network.outputs;
    const sur_status status =
        sur_learner_forward(c->learner, &c->answer, &c->stride, &c->problem->inputs,
                            picks, count, SUR_TRAINING, err);
    if (status != SUR_OK) return status;
    c->picks = picks;
    c->count = count;
    memset(c->slope, 0, (size_t)(count * k) * sizeof *c->slope);
    for (sur_idx i = 0; i < count; i++)
        for (sur_idx j = 0; j < k; j++)
            if (!isfinite(c->answer[i * c->stride + j]))
                return sur_fail(err, SUR_ENUMERIC, "the answers are not finite");
    return SUR_OK;
}

/* p = softmax(f / temperature). */
static void softmax(double *p, const float *f, sur_idx k, double temperature)
{
    double most = (double)f[0], total = 0.0;
    for (sur_idx j = 1; j < k; j++) most = fmax(most, (double)f[j]);
    for (sur_idx j = 0; j < k; j++)
        total += p[j] = exp(((double)f[j] - most) / temperature);
    for (sur_idx j = 0; j < k; j++) p[j] /= total;
}

/* slope += weight (softmax(f / T) - want), row by row, want being one-hot or
 * softmax(t / T). */
static void add_shares(unlearn_course *c, double weight, double temperature,
                       const int32_t *label, const float *teacher)
{
    const sur_idx k = c->problem->network.outputs;
    double *p = c->share, *want = c->share + k;
    for (sur_idx i = 0; i < c->count; i++) {
        float *slope = c->slope + i * k;
        softmax(p, c->answer + i * c->stride, k, temperature);
        if (teacher)
            softmax(want, teacher + c->picks[i] * k, k, temperature);
        else
            for (sur_idx j = 0; j < k; j++)
                want[j] = j == (label ? label[i] : c->problem->label[c->picks[i]])
                              ? 1.0
                              : 0.0;
        for (sur_idx j = 0; j < k; j++) slope[j] += (float)(weight * (p[j] - want[j]));
    }
}

void unlearn_add_entropy(unlearn_course *c, double weight, const int32_t *label)
{
    add_shares(c, weight / (double)c->count, 1.0, label, NULL);
}

/* d/df T^2 KL(p_T(t) || p_T(f)) = T (p_T(f) - p_T(t)). */
void unlearn_add_divergence(unlearn_course *c, double weight, double temperature,
                            const float *teacher)
{
    add_shares(c, weight * temperature / (double)c->count, temperature, NULL, teacher);
}

sur_status unlearn_backward(unlearn_course *c, sur_error *err)
{
    return sur_learner_backward(c->learner, c->slope, err);
}

void unlearn_move(unlearn_course *c, double rate)
{
    sur_learner_step(c->learner, rate);
}

sur_status unlearn_entropy_step(unlearn_course *c, const sur_idx *picks, sur_idx count,
                                double weight, double rate, sur_error *err)
{
    sur_status status;
    SUR_TRY(unlearn_forward(c, picks, count, err));
    unlearn_add_entropy(c, weight, NULL);
    SUR_TRY(unlearn_backward(c, err));
    unlearn_move(c, rate);

done:
    return status;
}

/* ---- answers ---- */

sur_status unlearn_answers(float *answer, const unlearn_problem *problem,
                           const float *vector, const sur_idx *places, sur_idx first,
                           sur_idx count, sur_error *err)
{
    const sur_idx k = problem->network.outputs;
    sur_idx *picks = NULL;
    sur_mat out = {0};
    sur_status status;

    SUR_TRY(sur_mat_new(&out, count, k, err));
    if (!places) {
        SUR_TRY(sur_alloc(&picks, count, sizeof *picks, err));
        for (sur_idx i = 0; i < count; i++) picks[i] = first + i;
    }
    SUR_TRY(sur_network_answer(&out, &problem->network, vector, &problem->inputs,
                               places ? places : picks, err));
    for (sur_idx i = 0; i < count * k; i++) answer[i] = (float)out.data[i];

done:
    sur_mat_free(&out);
    free(picks);
    return status;
}

int32_t unlearn_class(const float *answer, sur_idx k)
{
    sur_idx best = 0;
    for (sur_idx j = 1; j < k; j++)
        if (answer[j] > answer[best]) best = j;
    return (int32_t)best;
}
