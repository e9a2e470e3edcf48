/* conv_pass.h -- what the files of a convolutional network at work share.
 *
 * A batch is worked on in chunks of a few images, each by one thread, all in the same
 * order whatever the threads: so threads move no bits, and a chunk stays in a core's
 * cache from one operation to the next. Where batch normalization needs the whole batch
 * chunks wait for each other. Rows of the last chunk beyond the batch are zeros. */
#ifndef MODEL_CONV_PASS_H
#define MODEL_CONV_PASS_H

#include "model/conv.h"

enum { SUR_CHUNKS_MOST = 8, SUR_CHUNK_LEAST = 8 };

/* Of one operation. C channels are filled up to `channels`; lanes of a block stand as
 * kernels_lane.h wants them. */
typedef struct sur_conv_layer {
    sur_conv *conv;                /* convolve */
    sur_idx weight, shift;         /* where in the working layout: trained .. */
    sur_idx running_mean, running; /* .. and running, the latter the variance */
    sur_idx channels;
    float *mean, *factor, *term;  /* norm, [lanes]: out = max(0, factor in + term) */
    float *slant, *level;         /* [lanes] of the way back */
    double *inverse;              /* [channels] 1 / deviation */
    double *part;                 /* [chunks x 2 x channels] sums of one chunk each */
    sur_idx in, out, other;       /* where in a chunk's room the maps are, */
    sur_idx din, dout, aside, dw; /* and the derivatives; aside: what is added to din */
    bool fresh;                   /* din holds nothing yet */
} sur_conv_layer;

typedef struct sur_conv_pass {
    sur_pass base;
    sur_conv_plan plan;
    sur_conv_layer layer[SUR_CONV_OPS_MOST];
    sur_idx block;             /* B */
    bool plain;                /* map 0 is [image][channel][row][column] */
    sur_idx rows;              /* images of a chunk */
    int chunks, used;          /* at most, and of the batch at hand */
    sur_idx count;             /* images of the batch at hand */
    double stretch;            /* multiplications of one image between two waits */
    sur_mode mode;             /* of the last forward */
    float *room;               /* [chunks x each] maps and derivatives */
    sur_idx each, scratch;     /* scratch: where in a chunk's room */
    sur_idx features, linear;  /* of the last map, padded; where in working */
    float *feature, *dfeature; /* [batch x features] */
    float *turned, *whole;     /* transposed weights; a gradient of the linear layer */
    sur_idx top, dtop;         /* last map and its derivative, in a chunk's room */
    void *room_block, *rest_block;
} sur_conv_pass;

/* Floats of a map of one image, and of one chunk. */
sur_idx sur_conv_map_floats(const sur_conv_pass *pass, int map);

/* Images of chunk c of the batch at hand. */
static inline sur_idx sur_chunk_rows(const sur_conv_pass *pass, int c)
{
    const sur_idx left = pass->count - c * pass->rows;
    return left < pass->rows ? left : pass->rows;
}

static inline float *sur_chunk_at(const sur_conv_pass *pass, int c, sur_idx place)
{
    return pass->room + c * pass->each + place;
}

/* conv_room.c: places of everything in a chunk's room; sets `each`. */
void sur_conv_room(sur_conv_pass *pass, bool back);

/* conv_norm.c: of chunk c, or of all after the chunks. */
void sur_conv_moments(sur_conv_pass *pass, int op, int c);
void sur_conv_norm_settle(sur_conv_pass *pass, int op, float *working);
void sur_conv_norm_forward(sur_conv_pass *pass, int op, int c);
void sur_conv_slopes(sur_conv_pass *pass, int op, int c);
void sur_conv_norm_give(sur_conv_pass *pass, int op, sur_pass_take take, void *payload);
void sur_conv_norm_back(sur_conv_pass *pass, int op, int c);

/* conv_ops.c: images in, pooling, means, sums; of chunk c. */
void sur_conv_gather(sur_conv_pass *pass, const sur_inputs *inputs,
                     const sur_idx *picks, sur_idx first, int c);
void sur_conv_pool_forward(sur_conv_pass *pass, int op, int c);
void sur_conv_pool_back(sur_conv_pass *pass, int op, int c);
void sur_conv_mean_forward(sur_conv_pass *pass, int op, int c);
void sur_conv_mean_back(sur_conv_pass *pass, int op, int c);

/* conv_pass.c: of the kind. */
SUR_MUST_USE sur_status sur_conv_pass_forward(sur_pass *pass, float *working,
                                              const sur_inputs *inputs,
                                              const sur_idx *picks, sur_idx first,
                                              sur_idx count, sur_mode mode,
                                              sur_error *err);
SUR_MUST_USE sur_status sur_conv_pass_backward(sur_pass *pass, const float *working,
                                               sur_idx count, sur_pass_take take,
                                               void *payload, sur_error *err);

#endif
