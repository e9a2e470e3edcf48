/* surplus/network.h -- networks whose width can grow: fully connected, convolutional.
 *
 * mlp, with the rows of the batch as rows and s one of relu, gelu, tanh:
 *     a_0 = x,   a_l = s(a_(l-1) W_l + b_l) for l = 1 .. depth,   f = a_depth W + b
 * with W_l (fan in x fan out). Depth 0 is the linear model f = x W + b.
 *     relu  max(0, z)      gelu  z Phi(z), Phi the normal distribution      tanh
 *
 * Convolutional families take images; all widths are multiples of k = `width`:
 *   cnn5      convolutions of k, 2k, 4k, 8k filters, each normalized, rectified and
 *             max-pooled by 1, 2, 2, all that is left (Nakkiran et al. 2019)
 *   allcnn    convolutions k k 2k/2 2k 2k 2k/2 2k and 1x1 2k, /2: stride 2, and a mean
 *             over places (Springenberg et al. 2015; k = 96 there)
 *   resnet18  pre-activation, stages of k, 2k, 4k, 8k filters (He et al. 2016): N =
 *             2724 k^2 + 213 k + 10 for 3 x 32 x 32 inputs and 10 classes
 *   resnet50  the same of bottlenecks 1x1, 3x3, 1x1 with four times the filters
 * and end in one linear layer.
 *
 * All numbers that a network learns are one vector of floats with a table of names,
 * offsets and shapes: first the N parameters that gradients move, then the running
 * means and variances of batch normalization, which training moves as it goes by.
 * Optimizers, model files and compressors see the vector only. Arithmetic is float,
 * sums over examples are double. */
#ifndef SUR_NETWORK_H
#define SUR_NETWORK_H

#include <surplus/dense.h>
#include <surplus/model.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sur_unit { SUR_UNIT_RELU, SUR_UNIT_GELU, SUR_UNIT_TANH } sur_unit;

/* Over k outputs f and targets t:
 *   squared        (1/k) sum_j (f_j - t_j)^2
 *   cross_entropy  log sum_j exp f_j - f_c, c the class */
typedef enum sur_loss { SUR_LOSS_SQUARED, SUR_LOSS_CROSS_ENTROPY } sur_loss;

/* Of the weights of a layer; times a scale (uniform: biases as well, else these are 0).
 *   he       N(0, 2 / fan in)                          (He et al. 2015)
 *   glorot   uniform on +- sqrt(6 / (fan in + fan out)) (Glorot & Bengio 2010)
 *   uniform  uniform on +- 1 / sqrt(fan in), as PyTorch does */
typedef enum sur_init { SUR_INIT_HE, SUR_INIT_GLOROT, SUR_INIT_UNIFORM } sur_init;

/* What convolutions multiply: floats, or floats rounded to 8 bits of mantissa (sums
 * are float, and so are the parameters). */
typedef enum sur_compute { SUR_FLOAT32, SUR_BFLOAT16 } sur_compute;

/* Batch normalization by the running statistics, or by those of the rows at hand, which
 * then move the running ones a tenth of the way. */
typedef enum sur_mode { SUR_ANSWERING, SUR_TRAINING } sur_mode;

/* NULL-terminated names, by value. */
SUR_API extern const char *const sur_activation_choices[];
SUR_API extern const char *const sur_loss_choices[];
SUR_API extern const char *const sur_init_choices[];
SUR_API extern const char *const sur_compute_choices[];

enum { SUR_MLP_DEPTH_MOST = 32, SUR_NETWORK_TENSORS_MOST = 320 };

typedef struct sur_network {
    sur_family family;       /* one of networks */
    sur_idx inputs, outputs; /* d, k */
    sur_idx depth, width;    /* mlp: hidden layers, units of each; else: k */
    sur_unit activation;     /* mlp */
    sur_idx image[3];        /* else: channels, height, width; d is their product, and
                                inputs are in this order */
    sur_compute compute;     /* else */
} sur_network;

/* Whether the family is one of networks, and whether of images. */
SUR_API bool sur_family_is_network(int64_t family);
SUR_API bool sur_family_is_conv(int64_t family);

/* One array within the vector, row-major. */
typedef struct sur_tensor {
    char name[40]; /* mlp: "layers.0.weight" (fan in x fan out), "layers.0.bias" */
    sur_idx offset;
    int dims; /* 1 .. 4 */
    sur_idx shape[4];
    bool trained; /* false: a running mean or variance */
} sur_tensor;
SUR_API sur_idx sur_tensor_count(const sur_tensor *tensor); /* product of the shape */

/* Refuses sizes below 1, a depth outside 0 .. SUR_MLP_DEPTH_MOST, more than 2^31
 * parameters; for images, inputs that are not their product, and a build without
 * oneDNN. SUR_EINVAL. */
SUR_CHECKED sur_status sur_network_check(const sur_network *network, sur_error *err);

/* N, what gradients have; and the length of the vector. */
SUR_API sur_idx sur_network_parameters(const sur_network *network);
SUR_API sur_idx sur_network_size(const sur_network *network);

/* The table into out (NULL: count only), in the order of the vector. Returns the number
 * of rows, at most SUR_NETWORK_TENSORS_MOST. */
SUR_API sur_idx sur_network_tensors(sur_tensor *out, const sur_network *network);

/* Multiplications of one example on the way forward. */
SUR_API double sur_network_work(const sur_network *network);

/* Draws the vector. The numbers depend on (seed, layer, place) alone. Normalizations
 * begin with scale 1, shift 0, running mean 0 and variance 1. */
SUR_API void sur_network_draw(float *vector, const sur_network *network, sur_init init,
                              double scale, uint64_t seed);

/* The rows of a table of features as the kernels read them: floats, each row padded
 * with zeros to a multiple of 16. Free with sur_inputs_free. */
typedef struct sur_inputs {
    float *x; /* [rows x stride], 64-byte aligned */
    sur_idx rows, cols, stride;
    void *block; /* what is freed */
} sur_inputs;
SUR_CHECKED sur_status sur_inputs_new(sur_inputs *out, const sur_mat *x,
                                      sur_error *err);
/* The same of zeros, and rows first .. of it from x, for tables too large to be held
 * twice. */
SUR_CHECKED sur_status sur_inputs_zero(sur_inputs *out, sur_idx rows, sur_idx cols,
                                       sur_error *err);
SUR_API void sur_inputs_put(sur_inputs *inputs, sur_idx first, const sur_mat *x);
SUR_API void sur_inputs_free(sur_inputs *inputs);

/* out (count x k) = f of rows picks[0 .. count-1] of inputs (NULL: the first count), by
 * the running statistics. A row's numbers do not depend on the other rows. SUR_ESHAPE,
 * SUR_ENOMEM. */
SUR_CHECKED sur_status sur_network_answer(sur_mat *out, const sur_network *network,
                                          const float *vector, const sur_inputs *inputs,
                                          const sur_idx *picks, sur_error *err);

/* What a network is asked to answer. Row r of the inputs has the target
 * target[r k .. r k + k-1] (squared) or label[r] (cross-entropy) and the weight
 * weight[r] (NULL: 1). All borrowed. */
typedef struct sur_goal {
    sur_loss loss;
    const float *target;
    const int32_t *label;
    const float *weight;
} sur_goal;

/* *loss = (1/count) sum of weight times loss over the picked rows, by the running
 * statistics, and gradient ([N], or NULL) its derivative. SUR_ESHAPE (a label outside
 * 0 .. k-1 too), SUR_ENOMEM. */
SUR_CHECKED sur_status sur_network_loss(double *loss, float *gradient,
                                        const sur_network *network, const float *vector,
                                        const sur_inputs *inputs, const sur_goal *goal,
                                        const sur_idx *picks, sur_idx count,
                                        sur_error *err);

#ifdef __cplusplus
}
#endif
#endif
