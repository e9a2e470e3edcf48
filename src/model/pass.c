/* pass.c -- what all kinds of networks at work have in common. */
#include "model/pass.h"

#include "base/memory.h"

#include <string.h>

sur_status sur_floats_new(float **out, void **block, sur_idx count, sur_error *err)
{
    *out = NULL;
    const sur_status status = sur_alloc(block, count + 16, sizeof(float), err);
    if (status == SUR_OK)
        *out = (float *)*block + (64 - (uintptr_t)*block % 64) % 64 / sizeof(float);
    return status;
}

sur_status sur_pass_new(sur_pass **out, const sur_network *network, sur_idx batch,
                        bool back, sur_error *err)
{
    return sur_body_of(network)->pass_new(out, network, batch, back, err);
}

void sur_pass_free(sur_pass *pass)
{
    if (pass) pass->kind->free(pass);
}

static void copy(float *to, const float *from, sur_idx count)
{
    memcpy(to, from, (size_t)count * sizeof *to);
}

void sur_pass_pad(float *working, const sur_pass *pass, const float *vector)
{
    if (pass->kind->pad)
        pass->kind->pad(working, pass, vector, true);
    else
        copy(working, vector, pass->size);
}

void sur_pass_unpad(float *vector, const sur_pass *pass, const float *working)
{
    if (pass->kind->unpad)
        pass->kind->unpad(vector, pass, working, true);
    else
        copy(vector, working, pass->size);
}

void sur_pass_pad_gradient(float *working, const sur_pass *pass, const float *gradient)
{
    if (pass->kind->pad)
        pass->kind->pad(working, pass, gradient, false);
    else
        copy(working, gradient, pass->trained);
}

void sur_pass_unpad_gradient(float *gradient, const sur_pass *pass,
                             const float *working)
{
    if (pass->kind->unpad)
        pass->kind->unpad(gradient, pass, working, false);
    else
        copy(gradient, working, pass->trained);
}

sur_status sur_pass_forward(sur_pass *pass, float *working, const sur_inputs *inputs,
                            const sur_idx *picks, sur_idx first, sur_idx count,
                            sur_mode mode, sur_error *err)
{
    return pass->kind->forward(pass, working, inputs, picks, first, count, mode, err);
}

sur_status sur_pass_backward(sur_pass *pass, const float *working, sur_idx count,
                             sur_pass_take take, void *payload, sur_error *err)
{
    return pass->kind->backward(pass, working, count, take, payload, err);
}
