/* conv.h -- convolutional networks: the list of their operations, and how it is run.
 *
 * A network is a list of operations over maps. A map is what an image has become: some
 * channels of height x width places. Map 0 is the image. At work a map of a few images
 * is a block of
 *     [image][channel / B][row][column][channel % B]
 * floats, the channels filled up with zeros to a multiple of B; of images with three
 * channels map 0 is [image][channel][row][column]. */
#ifndef MODEL_CONV_H
#define MODEL_CONV_H

#include "model/pass.h"

/* ---- what a network is: conv_plan.c, conv_families.c ---- */

/*   convolve   out = sum over a kernel x kernel neighbourhood, zeros outside
 *   norm       out = max(0, scale (x - mean) / sqrt(variance + 1e-5) + shift)
 *   add        in += other
 *   pool       out = the largest of each window x window, or of all places
 *   mean       out = the mean over all places
 * The last operation leaves one place; the linear layer that follows is no part of the
 * list. */
typedef enum sur_conv_kind {
    SUR_CONVOLVE,
    SUR_CONV_NORM,
    SUR_CONV_ADD,
    SUR_CONV_POOL,
    SUR_CONV_MEAN
} sur_conv_kind;

typedef struct sur_conv_op {
    sur_conv_kind kind;
    int in, other, out;     /* maps; an add changes `in` */
    sur_idx kernel, stride; /* convolve; kernel is also the window of a pool, 0: all */
    int first;   /* its first trained tensor in the table: weight (and shift) */
    int running; /* norm: the mean's, the variance comes next */
} sur_conv_op;

typedef struct sur_conv_map {
    sur_idx channels, height, width;
} sur_conv_map;

enum { SUR_CONV_OPS_MOST = 128 };

typedef struct sur_conv_plan {
    sur_conv_op op[SUR_CONV_OPS_MOST];
    sur_conv_map map[SUR_CONV_OPS_MOST + 1];
    int ops, maps;
    sur_tensor tensor[SUR_NETWORK_TENSORS_MOST];
    int tensors, linear; /* linear: its weight's row in the table */
    double work;         /* multiplications of one example */
} sur_conv_plan;

/* The network must be one of images with sizes of at least 1. */
void sur_conv_plan_make(sur_conv_plan *plan, const sur_network *network);

/* For conv_families.c: each adds an operation after map `in` and returns its map. */
int sur_conv_convolve(sur_conv_plan *plan, int in, sur_idx channels, sur_idx kernel,
                      sur_idx stride, const char *name);
int sur_conv_norm(sur_conv_plan *plan, int in, const char *name);
int sur_conv_add(sur_conv_plan *plan, int in, int other);
int sur_conv_pool(sur_conv_plan *plan, int in, sur_idx window);
int sur_conv_mean(sur_conv_plan *plan, int in);

/* Fills the list of a family from map 0; the result has one place. */
typedef void (*sur_conv_family)(sur_conv_plan *plan, sur_idx width);
sur_conv_family sur_conv_family_of(sur_family family);

/* ---- convolutions of a block of images: conv_way.c ---- */

typedef struct sur_conv_shape {
    sur_idx images;            /* of a block */
    sur_idx in, out;           /* channels, filled up */
    sur_idx in_used, out_used; /* those that are not zero, which come first */
    sur_idx height, width, kernel, stride;
    sur_idx block; /* B */
    bool plain;    /* the input is [image][channel][row][column] */
    bool bfloat16; /* numbers are rounded to it before they are multiplied */
} sur_conv_shape;

/* Whether the build has convolutions. SUR_EINVAL. */
SUR_MUST_USE sur_status sur_conv_available(sur_error *err);

/* The convolutions of one layer, usable from `lanes` threads at once. All calls of one
 * lane come from one thread at a time. */
typedef struct sur_conv sur_conv;

/* How they are computed: by register tiles (conv_tiled.c) where those fit, else by
 * oneDNN (conv_dnnl.c, or without_dnnl.c). In bfloat16 by oneDNN where it has a kernel
 * for the processor, else by either of rounded numbers (conv_rounded.c). A sur_conv of
 * any way begins as this one. */
typedef struct sur_conv_way {
    void (*free)(sur_conv *conv);
    sur_idx (*size)(const sur_conv *conv);
    sur_idx (*place)(const sur_conv *conv, sur_idx o, sur_idx i, sur_idx row,
                     sur_idx column);
    const char *(*kernel)(const sur_conv *conv, int direction);
    size_t (*scratch)(const sur_conv *conv);
    bool (*take)(sur_conv *conv, float *weights, bool back);
    bool (*forward)(sur_conv *conv, int lane, float *y, float *x, void *scratch);
    bool (*back_data)(sur_conv *conv, int lane, float *dx, float *dy, void *scratch);
    bool (*back_weights)(sur_conv *conv, int lane, float *dw, float *dy, float *x,
                         void *scratch);
} sur_conv_way;

struct sur_conv {
    const sur_conv_way *way;
    sur_conv_shape shape;
};

/* back: with weights' gradients, and, if data, the input's. SUR_EBACKEND, SUR_ENOMEM.
 */
SUR_MUST_USE sur_status sur_conv_new(sur_conv **out, const sur_conv_shape *shape,
                                     bool back, bool data, int lanes, sur_error *err);
SUR_MUST_USE sur_status sur_conv_dnnl_new(sur_conv **out, const sur_conv_shape *shape,
                                          bool back, bool data, int lanes,
                                          sur_error *err);
bool sur_conv_tiled_fits(const sur_conv_shape *shape);
SUR_MUST_USE sur_status sur_conv_tiled_new(sur_conv **out, const sur_conv_shape *shape,
                                           bool data, sur_error *err);
SUR_MUST_USE sur_status sur_conv_rounded_new(sur_conv **out,
                                             const sur_conv_shape *shape, bool back,
                                             bool data, int lanes, sur_error *err);

/* Floats of the map that comes in, and of the one that goes out. */
sur_idx sur_conv_floats_in(const sur_conv_shape *shape);
sur_idx sur_conv_floats_out(const sur_conv_shape *shape);
void sur_conv_free(sur_conv *conv); /* accepts NULL */

/* Floats of the weights in the layout that gradients have, and where in it the weight
 * from channel i to channel o at (row, column) of the kernel is. */
sur_idx sur_conv_size(const sur_conv *conv);
sur_idx sur_conv_place(const sur_conv *conv, sur_idx o, sur_idx i, sur_idx row,
                       sur_idx column);

/* The name of the kernel forward (0), for the input's gradient (1), for the weights'
 * (2), or NULL. */
const char *sur_conv_kernel(const sur_conv *conv, int direction);

/* Bytes of scratch that a call may need. */
size_t sur_conv_scratch(const sur_conv *conv);

/* Takes the weights for the calls that follow: those forward, or those for the input's
 * gradient. They are borrowed until the next. */
SUR_MUST_USE bool sur_conv_take(sur_conv *conv, float *weights, bool back);

/* y = w * x;  dx = w' * dy;  dw = dy * x. false: oneDNN failed. */
SUR_MUST_USE bool sur_conv_forward(sur_conv *conv, int lane, float *y, float *x,
                                   void *scratch);
SUR_MUST_USE bool sur_conv_back_data(sur_conv *conv, int lane, float *dx, float *dy,
                                     void *scratch);
SUR_MUST_USE bool sur_conv_back_weights(sur_conv *conv, int lane, float *dw, float *dy,
                                        float *x, void *scratch);

/* The kind of networks. */
SUR_MUST_USE sur_status sur_conv_pass_new(sur_pass **out, const sur_network *network,
                                          sur_idx batch, bool back, sur_error *err);

/* From here to sur_conv_alone_end, the calling thread runs what it calls alone,
 * whatever OpenMP has been told; returns what the end wants. */
int sur_conv_alone(void);
void sur_conv_alone_end(int before);

#endif
