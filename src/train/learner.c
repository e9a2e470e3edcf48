/* learner.c -- one network, its optimizer and its gradient, moved by hand. */
#include "base/memory.h"
#include "base/try.h"
#include "train/trainer.h"

#include <stdlib.h>
#include <string.h>

struct sur_learner {
    sur_train_options options;
    sur_pass *pass;
    float *w, *m, *v; /* [pass->size] each: numbers and moments */
    float *gradient;  /* [pass->size] */
    float *answer;    /* [batch x outputs] where those of the pass do not lie by row */
    void *block;
    sur_idx step;  /* of the optimizer */
    sur_idx count; /* rows last answered */
};

void sur_learner_free(sur_learner *l)
{
    if (!l) return;
    sur_pass_free(l->pass);
    free(l->block);
    free(l);
}

static sur_status start_from(sur_learner *l, const float *start, uint64_t seed,
                             sur_error *err)
{
    const sur_network *network = &l->pass->network;
    float *drawn = NULL;
    sur_status status = SUR_OK;
    if (!start) {
        SUR_TRY(sur_alloc(&drawn, sur_network_size(network), sizeof *drawn, err));
        sur_network_draw(drawn, network, (sur_init)l->options.init,
                         l->options.init_scale, seed);
    }
    sur_pass_pad(l->w, l->pass, start ? start : drawn);

done:
    free(drawn);
    return status;
}

sur_status sur_learner_new(sur_learner **out, const sur_network *network,
                           const sur_train_options *options, sur_idx batch,
                           const float *start, uint64_t seed, sur_error *err)
{
    sur_learner *l = NULL;
    sur_status status;

    *out = NULL;
    SUR_TRY(sur_network_check(network, err));
    SUR_FAIL_IF(batch < 1, SUR_EINVAL, "batch %lld", (long long)batch);
    SUR_TRY(sur_alloc(&l, 1, sizeof *l, err));
    l->options = *options;
    SUR_TRY(sur_pass_new(&l->pass, network, batch, true, err));
    const sur_idx arrays = sur_optimizer_arrays(options),
                  size = sur_padded(l->pass->size);
    const sur_idx answers = batch * network->outputs;
    SUR_TRY(sur_floats_new(&l->w, &l->block, size * (arrays + 1) + answers, err));
    if (arrays > 1) l->m = l->w + size;
    if (arrays > 2) l->v = l->w + 2 * size;
    l->gradient = l->w + arrays * size;
    l->answer = l->gradient + size;
    SUR_TRY(start_from(l, start, seed, err));
    *out = l;
    l = NULL;

done:
    sur_learner_free(l);
    return status;
}

void sur_learner_threads(sur_learner *l, int threads)
{
    l->pass->threads = threads < 1 ? 1 : threads;
}

void sur_learner_get(float *vector, const sur_learner *l)
{
    sur_pass_unpad(vector, l->pass, l->w);
}

void sur_learner_set(sur_learner *l, const float *vector)
{
    sur_pass_pad(l->w, l->pass, vector);
}

sur_status sur_learner_forward(sur_learner *l, const float **answer, sur_idx *stride,
                               const sur_inputs *inputs, const sur_idx *picks,
                               sur_idx count, sur_mode mode, sur_error *err)
{
    sur_pass *pass = l->pass;
    if (inputs->cols != pass->network.inputs || count < 1 || count > pass->batch)
        return sur_fail(err, SUR_ESHAPE,
                        "%lld rows of %lld columns for batches of %lld of %lld",
                        (long long)count, (long long)inputs->cols,
                        (long long)pass->batch, (long long)pass->network.inputs);
    const sur_idx k = pass->network.outputs;
    const bool by_row = pass->col == 1;
    l->count = count;
    *answer = by_row ? pass->answer : l->answer;
    *stride = by_row ? pass->row : k;
    const sur_status status =
        sur_pass_forward(pass, l->w, inputs, picks, 0, count, mode, err);
    for (sur_idx i = 0; i < count && !by_row; i++)
        for (sur_idx j = 0; j < k; j++)
            l->answer[i * k + j] = pass->answer[i * pass->row + j * pass->col];
    return status;
}

void sur_learner_goal(double *loss, float *slope, sur_learner *l, const sur_goal *goal,
                      const sur_idx *picks, double scale)
{
    sur_pass *pass = l->pass;
    const sur_idx k = pass->network.outputs;
    *loss = scale * sur_pass_delta(pass, goal, picks, 0, l->count, scale);
    for (sur_idx i = 0; i < l->count; i++)
        for (sur_idx j = 0; j < k; j++)
            slope[i * k + j] = pass->delta[i * pass->row + j * pass->col];
}

static void add(void *payload, sur_idx offset, const float *gradient, sur_idx count)
{
    const sur_learner *l = payload;
    l->pass->kernels->add(l->gradient + offset, gradient, count);
}

sur_status sur_learner_backward(sur_learner *l, const float *slope, sur_error *err)
{
    sur_pass *pass = l->pass;
    const sur_idx k = pass->network.outputs;
    for (sur_idx i = 0; i < l->count; i++) {
        float *row = pass->delta + i * pass->row;
        for (sur_idx j = 0; j < k; j++) row[j * pass->col] = slope[i * k + j];
        for (sur_idx j = k; j < pass->row; j++) row[j] = 0.0F;
    }
    return sur_pass_backward(pass, l->w, l->count, add, l, err);
}

void sur_learner_gradient(float *gradient, const sur_learner *l)
{
    sur_pass_unpad_gradient(gradient, l->pass, l->gradient);
}

void sur_learner_set_gradient(sur_learner *l, const float *gradient)
{
    sur_pass_pad_gradient(l->gradient, l->pass, gradient);
}

void sur_learner_step(sur_learner *l, double rate)
{
    sur_pass *pass = l->pass;
    sur_update update = sur_update_of(&l->options, rate, l->step++);
    update.scale = sur_clip_factor(l->gradient, pass->trained, l->options.clip);
    pass->kernels->update(l->w, l->gradient, l->m, l->v, pass->trained, &update);
    memset(l->gradient, 0, (size_t)pass->trained * sizeof *l->gradient);
}

void sur_learner_restart(sur_learner *l)
{
    const size_t bytes = (size_t)l->pass->size * sizeof *l->w;
    if (l->m) memset(l->m, 0, bytes);
    if (l->v) memset(l->v, 0, bytes);
    l->step = 0;
}
