/* pass.h -- a network at work: forward, loss, backward, in a layout of its own.
 *
 * The numbers of a network are kept in a working layout of `size` floats of which the
 * first `trained` have gradients: the vector itself, or (mlp) padded rows. Optimizers
 * walk it flat. Padding is zero and stays so, since its gradient is zero. */
#ifndef MODEL_PASS_H
#define MODEL_PASS_H

#include "model/kernels.h"

typedef struct sur_pass sur_pass;

/* Takes the gradient of parameters offset .. offset + count - 1 (working layout). It
 * may change these parameters: they are not read again. */
typedef void (*sur_pass_take)(void *payload, sur_idx offset, const float *gradient,
                              sur_idx count);

/* How images are moved before a network sees them in training: shifted by (down, right)
 * places, zeros coming in, then mirrored if flip. */
typedef struct sur_jitter {
    int8_t down, right, flip;
} sur_jitter;

/* What a kind of network does. pad and unpad NULL: the working layout is the vector;
 * not all: no running statistics. */
typedef struct sur_pass_kind {
    void (*free)(sur_pass *pass); /* the whole of it; accepts one half made */
    void (*pad)(float *working, const sur_pass *pass, const float *vector, bool all);
    void (*unpad)(float *vector, const sur_pass *pass, const float *working, bool all);
    sur_status (*forward)(sur_pass *pass, float *working, const sur_inputs *inputs,
                          const sur_idx *picks, sur_idx first, sur_idx count,
                          sur_mode mode, sur_error *err);
    sur_status (*backward)(sur_pass *pass, const float *working, sur_idx count,
                           sur_pass_take take, void *payload, sur_error *err);
} sur_pass_kind;

/* The part that all kinds begin with. */
struct sur_pass {
    const sur_pass_kind *kind;
    const sur_kernels *kernels;
    sur_network network;
    sur_idx batch;            /* the most rows at a time */
    sur_idx size, trained;    /* floats of the working layout */
    int threads;              /* of steps large enough for more than one */
    const sur_jitter *jitter; /* [count] of the next forward, or NULL */
    float *answer, *delta;    /* f, and the derivative of the loss by it */
    sur_idx row, col; /* entry (i, j) of these: i row + j col; a row is 1, or outputs
                         padded with zeros */
    sur_idx ahead;    /* picks behind those of the next forward that may be looked at */
};

/* How many rows a whole table is walked by. Rows do not see each other, so the number
 * moves no bits of answers. */
enum { PASS_BATCH = 256 };

/* Room for batches of up to `batch` rows. back: also for the way back. SUR_EINVAL,
 * SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_pass_new(sur_pass **out, const sur_network *network,
                                     sur_idx batch, bool back, sur_error *err);
void sur_pass_free(sur_pass *pass); /* accepts NULL */

/* Between the vector and the working layout ([size], zeroed before); gradient ([N])
 * has no statistics. */
void sur_pass_pad(float *working, const sur_pass *pass, const float *vector);
void sur_pass_unpad(float *vector, const sur_pass *pass, const float *working);
void sur_pass_pad_gradient(float *working, const sur_pass *pass, const float *gradient);
void sur_pass_unpad_gradient(float *gradient, const sur_pass *pass,
                             const float *working);

/* answer = f of rows picks[0 .. count-1] of the inputs (NULL: first ..). Training moves
 * running statistics in working. SUR_ENOMEM, SUR_EBACKEND (oneDNN). */
SUR_MUST_USE sur_status sur_pass_forward(sur_pass *pass, float *working,
                                         const sur_inputs *inputs, const sur_idx *picks,
                                         sur_idx first, sur_idx count, sur_mode mode,
                                         sur_error *err);

/* From the answers to delta, the derivative of scale times the sum of weight times loss
 * by the answers. Returns that sum, not finite if an answer is not. */
double sur_pass_delta(sur_pass *pass, const sur_goal *goal, const sur_idx *picks,
                      sur_idx first, sur_idx count, double scale);

/* From delta to the gradients, a piece at a time, the last layer first, after a forward
 * of the same rows. In answering mode, statistics are constants. */
SUR_MUST_USE sur_status sur_pass_backward(sur_pass *pass, const float *working,
                                          sur_idx count, sur_pass_take take,
                                          void *payload, sur_error *err);

/* 64-byte aligned zeroed floats; *block is what is freed. */
SUR_MUST_USE sur_status sur_floats_new(float **out, void **block, sur_idx count,
                                       sur_error *err);

/* ---- the kinds: mlp*.c, conv*.c ---- */

/* What a family of networks is; the meaning of network.h. */
typedef struct sur_body {
    sur_status (*check)(const sur_network *network, sur_error *err);
    sur_idx (*tensors)(sur_tensor *out, const sur_network *network);
    double (*work)(const sur_network *network);
    /* the layer a tensor's draws are keyed by, its fans, whether it is a constant */
    void (*draw)(float *vector, const sur_network *network, sur_init init, double scale,
                 uint64_t seed);
    sur_status (*pass_new)(sur_pass **out, const sur_network *network, sur_idx batch,
                           bool back, sur_error *err);
    double (*memory)(const sur_network *network, sur_idx batch); /* bytes of a pass */
} sur_body;

extern const sur_body sur_body_mlp, sur_body_conv;
const sur_body *sur_body_of(const sur_network *network); /* NULL: no network */

SUR_MUST_USE sur_status sur_mlp_pass_new(sur_pass **out, const sur_network *network,
                                         sur_idx batch, bool back, sur_error *err);

#endif
