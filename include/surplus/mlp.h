/* surplus/mlp.h -- fully connected networks of one width.
 *
 *     a_0 = x,   a_l = s(a_(l-1) W_l + b_l) for l = 1 .. depth,   f = a_depth W + b
 *
 * with W_l (fan in x fan out), the rows of the batch as rows, and s one of
 *     relu  max(0, z)      gelu  z Phi(z), Phi the normal distribution      tanh.
 * Depth 0 is the linear model f = x W + b. All parameters are one vector of floats with
 * a table of names, offsets and shapes: the optimizer, model files and compressors see
 * the vector only. Arithmetic is float, sums over examples are double. */
#ifndef SUR_MLP_H
#define SUR_MLP_H

#include <surplus/dense.h>

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

/* NULL-terminated names, by value. */
SUR_API extern const char *const sur_activation_choices[];
SUR_API extern const char *const sur_loss_choices[];
SUR_API extern const char *const sur_init_choices[];

enum { SUR_MLP_DEPTH_MOST = 32 };

typedef struct sur_mlp {
    sur_idx inputs, outputs; /* d, k */
    sur_idx depth, width;    /* hidden layers, units of each; width >= 1 */
    sur_unit activation;
} sur_mlp;

/* One array within the vector, row-major. */
typedef struct sur_tensor {
    char name[32]; /* "layers.0.weight" (fan in x fan out), "layers.0.bias" (1 x fan
                      out) */
    sur_idx offset, rows, cols;
} sur_tensor;

/* Refuses sizes below 1, a depth outside 0 .. SUR_MLP_DEPTH_MOST, and more than 2^31
 * parameters. SUR_EINVAL. */
SUR_CHECKED sur_status sur_mlp_check(const sur_mlp *network, sur_error *err);

/* N, the length of the vector. */
SUR_API sur_idx sur_mlp_parameters(const sur_mlp *network);

/* The table: 2 (depth + 1) rows, weight and bias of each layer, into out (NULL: count
 * only). Returns their number. */
SUR_API sur_idx sur_mlp_tensors(sur_tensor *out, const sur_mlp *network);

/* Draws parameters ([N]). The numbers depend on (seed, layer, place) alone. */
SUR_API void sur_mlp_draw(float *parameters, const sur_mlp *network, sur_init init,
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

/* out (count x k) = f of rows picks[0 .. count-1] of inputs (NULL: the first count). A
 * row's numbers do not depend on the other rows. SUR_ESHAPE, SUR_ENOMEM. */
SUR_CHECKED sur_status sur_mlp_answer(sur_mat *out, const sur_mlp *network,
                                      const float *parameters, const sur_inputs *inputs,
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

/* *loss = (1/count) sum of weight times loss over the picked rows, and gradient ([N],
 * or NULL) its derivative. SUR_ESHAPE (a label outside 0 .. k-1 too), SUR_ENOMEM. */
SUR_CHECKED sur_status sur_mlp_loss(double *loss, float *gradient,
                                    const sur_mlp *network, const float *parameters,
                                    const sur_inputs *inputs, const sur_goal *goal,
                                    const sur_idx *picks, sur_idx count,
                                    sur_error *err);

#ifdef __cplusplus
}
#endif
#endif
