/* inputs.c -- whole tables through a network, a block of rows at a time. */
#include "base/memory.h"
#include "base/try.h"
#include "model/pass.h"

#include <stdlib.h>
#include <string.h>

enum { CONV_BATCH = 64 };

sur_status sur_inputs_zero(sur_inputs *out, sur_idx rows, sur_idx cols, sur_error *err)
{
    sur_inputs in = {.rows = rows, .cols = cols, .stride = sur_padded(cols)};
    *out = (sur_inputs){0};
    const sur_status status = sur_floats_new(&in.x, &in.block, rows * in.stride, err);
    if (status == SUR_OK) *out = in;
    return status;
}

void sur_inputs_put(sur_inputs *inputs, sur_idx first, const sur_mat *x)
{
    for (sur_idx i = 0; i < x->rows; i++)
        for (sur_idx j = 0; j < x->cols; j++)
            inputs->x[(first + i) * inputs->stride + j] = (float)sur_mat_row(x, i)[j];
}

sur_status sur_inputs_new(sur_inputs *out, const sur_mat *x, sur_error *err)
{
    const sur_status status = sur_inputs_zero(out, x->rows, x->cols, err);
    if (status == SUR_OK) sur_inputs_put(out, 0, x);
    return status;
}

void sur_inputs_free(sur_inputs *inputs)
{
    free(inputs->block);
    *inputs = (sur_inputs){0};
}

static sur_status check_inputs(const sur_network *network, const sur_inputs *inputs,
                               sur_error *err)
{
    const sur_status status = sur_network_check(network, err);
    if (status != SUR_OK || inputs->cols == network->inputs) return status;
    return sur_fail(err, SUR_ESHAPE, "%lld columns for a network of %lld inputs",
                    (long long)inputs->cols, (long long)network->inputs);
}

/* Whole tables are walked by batches of one size, so that it moves no bits. */
static sur_idx batch_of(const sur_network *network)
{
    return sur_family_is_conv(network->family) ? CONV_BATCH : PASS_BATCH;
}

sur_status sur_network_answer(sur_mat *out, const sur_network *network,
                              const float *vector, const sur_inputs *inputs,
                              const sur_idx *picks, sur_error *err)
{
    sur_pass *pass = NULL;
    float *working;
    void *block = NULL;
    sur_status status;

    SUR_TRY(check_inputs(network, inputs, err));
    SUR_FAIL_IF(out->cols != network->outputs || (!picks && out->rows > inputs->rows),
                SUR_ESHAPE, "no room for the answers of the network");
    const sur_idx batch = batch_of(network);
    SUR_TRY(sur_pass_new(&pass, network, batch, false, err));
    SUR_TRY(sur_floats_new(&working, &block, pass->size, err));
    sur_pass_pad(working, pass, vector);
    for (sur_idx first = 0; first < out->rows; first += batch) {
        const sur_idx left = out->rows - first, count = left < batch ? left : batch;
        SUR_TRY(sur_pass_forward(pass, working, inputs, picks ? picks + first : NULL,
                                 first, count, SUR_ANSWERING, err));
        for (sur_idx i = 0; i < count; i++)
            for (sur_idx j = 0; j < out->cols; j++)
                sur_mat_row(out, first + i)[j] =
                    (double)pass->answer[i * pass->row + j * pass->col];
    }

done:
    sur_pass_free(pass);
    free(block);
    return status;
}

/* Where the gradients of all blocks of rows add up. */
typedef struct total {
    const sur_kernels *kernels;
    float *sum; /* padded */
} total;

static void take_total(void *payload, sur_idx offset, const float *gradient,
                       sur_idx count)
{
    const total *t = payload;
    t->kernels->add(t->sum + offset, gradient, count);
}

static sur_status check_labels(const sur_goal *goal, sur_idx classes,
                               const sur_idx *picks, sur_idx count, sur_error *err)
{
    for (sur_idx i = 0; goal->loss == SUR_LOSS_CROSS_ENTROPY && i < count; i++) {
        const int32_t label = goal->label[picks ? picks[i] : i];
        if (label < 0 || label >= classes)
            return sur_fail(err, SUR_ESHAPE, "class %d of %lld", (int)label,
                            (long long)classes);
    }
    return SUR_OK;
}

sur_status sur_network_loss(double *loss, float *gradient, const sur_network *network,
                            const float *vector, const sur_inputs *inputs,
                            const sur_goal *goal, const sur_idx *picks, sur_idx count,
                            sur_error *err)
{
    sur_pass *pass = NULL;
    float *working, *sum;
    void *block = NULL;
    double value = 0.0;
    sur_status status;

    SUR_TRY(check_inputs(network, inputs, err));
    SUR_TRY(check_labels(goal, network->outputs, picks, count, err));
    const sur_idx batch = batch_of(network);
    SUR_TRY(sur_pass_new(&pass, network, batch, gradient != NULL, err));
    SUR_TRY(sur_floats_new(&working, &block, 2 * sur_padded(pass->size), err));
    sum = working + sur_padded(pass->size);
    sur_pass_pad(working, pass, vector);
    for (sur_idx first = 0; first < count; first += batch) {
        const sur_idx left = count - first, rows = left < batch ? left : batch;
        const sur_idx *picked = picks ? picks + first : NULL;
        SUR_TRY(sur_pass_forward(pass, working, inputs, picked, first, rows,
                                 SUR_ANSWERING, err));
        value += sur_pass_delta(pass, goal, picked, first, rows, 1.0 / (double)count);
        if (gradient)
            SUR_TRY(sur_pass_backward(pass, working, rows, take_total,
                                      &(total){pass->kernels, sum}, err));
    }
    *loss = count ? value / (double)count : 0.0;
    if (gradient) sur_pass_unpad_gradient(gradient, pass, sum);

done:
    sur_pass_free(pass);
    free(block);
    return status;
}
