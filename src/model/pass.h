/* pass.h -- a network at work: forward, loss, backward, in the layout of the kernels.
 *
 * The padded parameters of layer l are one block, (fan in + 1) rows of `stride` floats,
 * the bias last; padding is zero and stays so, since its gradient is zero. */
#ifndef MODEL_PASS_H
#define MODEL_PASS_H

#include "model/kernels.h"

typedef struct sur_layer {
    sur_idx in, out, stride; /* stride: out, padded */
    sur_idx offset;          /* of its block in the padded parameters */
} sur_layer;

typedef struct sur_pass {
    const sur_kernels *kernels;
    sur_mlp network;
    sur_layer layer[SUR_MLP_DEPTH_MOST + 1];
    sur_idx layers, batch;            /* depth + 1; the most rows at a time */
    sur_idx size;                     /* floats of the padded parameters */
    int threads;                      /* of products large enough for more than one */
    float *a[SUR_MLP_DEPTH_MOST + 2]; /* [batch x stride] inputs, then each layer's */
    float *slope[SUR_MLP_DEPTH_MOST + 1]; /* s' of each hidden layer, for gelu */
    float *delta, *next;                  /* [batch x widest] */
    float *turned, *across;               /* transposes for the way back */
    float *block;                         /* rows of one layer's gradient */
    void *arena;                          /* what is freed */
} sur_pass;

/* How many rows a whole table is walked by. Rows do not see each other, so the number
 * moves no bits of answers. */
enum { PASS_BATCH = 256 };

/* Room for batches of up to `batch` rows. back: also for the way back. SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_pass_new(sur_pass *out, const sur_mlp *network,
                                     sur_idx batch, bool back, sur_error *err);
void sur_pass_free(sur_pass *pass);

/* Between the vector of parameters and the padded layout ([size], zeroed before). */
void sur_pass_pad(float *padded, const sur_pass *pass, const float *parameters);
void sur_pass_unpad(float *parameters, const sur_pass *pass, const float *padded);

/* a[0] = rows picks[0 .. count-1] of the inputs (NULL: first ..). */
void sur_pass_gather(sur_pass *pass, const sur_inputs *inputs, const sur_idx *picks,
                     sur_idx first, sur_idx count);

/* a[1] .. a[layers] from a[0]. */
void sur_pass_forward(sur_pass *pass, const float *padded, sur_idx count);

/* From the answers to delta, the derivative of scale times the sum of weight times loss
 * by the answers. Returns that sum, not finite if an answer is not. */
double sur_pass_delta(sur_pass *pass, const sur_goal *goal, const sur_idx *picks,
                      sur_idx first, sur_idx count, double scale);

/* Takes the gradient of parameters offset .. offset + count - 1 (padded layout). It may
 * change these parameters: they are not read again. */
typedef void (*sur_pass_take)(void *payload, sur_idx offset, const float *gradient,
                              sur_idx count);

/* From delta to the gradients, a few rows of a layer at a time, the last layer first.
 */
void sur_pass_backward(sur_pass *pass, const float *padded, sur_idx count,
                       sur_pass_take take, void *payload);

/* 64-byte aligned zeroed floats; *block is what is freed. */
SUR_MUST_USE sur_status sur_floats_new(float **out, void **block, sur_idx count,
                                       sur_error *err);

#endif
