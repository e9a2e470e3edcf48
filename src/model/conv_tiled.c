/* conv_tiled.c -- convolutions of 3 x 3 places and stride 1 by the tiles of
 * conv_tile.h.
 *
 * The derivative by the input is a convolution as well, of dy with
 *     w'(i, o, a, b) = w(o, i, 2 - a, 2 - b).
 * The weights' layout at work is that of the tiles, [out block][in block][row][column]
 * [in 8][out 8]. */
#include "model/conv.h"
#include "model/conv_tile.h"
#include "model/kernels.h"

#include "base/memory.h"

#include <stdlib.h>

enum { LINE = 8, TAP = LINE * LINE, TAPS = 9 * TAP };

typedef struct tiled {
    sur_conv base;
    sur_tiling forth, back;
    float *weights, *turned; /* borrowed w; w', or NULL */
} tiled;

bool sur_conv_tiled_fits(const sur_conv_shape *s)
{
    return s->kernel == 3 && s->stride <= 2 && s->block == LINE && !s->plain &&
           sur_kernels_at(0) != &sur_kernels_plain && sur_tiles_run();
}

static void tiled_free(sur_conv *conv)
{
    free(((tiled *)conv)->turned);
    free(conv);
}

static sur_idx tiled_size(const sur_conv *conv)
{
    const sur_tiling *t = &((const tiled *)conv)->forth;
    return t->out_blocks * t->in_blocks * TAPS;
}

static sur_idx tiled_place(const sur_conv *conv, sur_idx o, sur_idx i, sur_idx row,
                           sur_idx column)
{
    const sur_tiling *t = &((const tiled *)conv)->forth;
    return (o / LINE * t->in_blocks + i / LINE) * TAPS + (row * 3 + column) * TAP +
           i % LINE * LINE + o % LINE;
}

static const char *tiled_kernel(const sur_conv *conv, int direction)
{
    const bool there = direction == 0 || direction == 2 ||
                       (direction == 1 && ((const tiled *)conv)->turned);
    return there ? "tiles:avx2" : NULL;
}

static size_t tiled_scratch(const sur_conv *conv)
{
    (void)conv;
    return 0;
}

static void turn(float *to, const float *from)
{
    for (int i = 0; i < LINE; i++)
        for (int o = 0; o < LINE; o++) to[o * LINE + i] = from[i * LINE + o];
}

static bool tiled_take(sur_conv *conv, float *weights, bool back)
{
    tiled *c = (tiled *)conv;
    const sur_tiling *t = &c->forth;
    c->weights = weights;
    for (sur_idx o = 0; back && c->turned && o < t->out_blocks; o++)
        for (sur_idx i = 0; i < t->in_blocks; i++)
            for (sur_idx q = 0; q < 9; q++)
                turn(c->turned + (i * t->out_blocks + o) * TAPS + (8 - q) * TAP,
                     weights + (o * t->in_blocks + i) * TAPS + q * TAP);
    return true;
}

static bool tiled_forward(sur_conv *conv, int lane, float *y, float *x, void *scratch)
{
    const tiled *c = (const tiled *)conv;
    (void)lane, (void)scratch;
    sur_tiles_forward(y, x, c->weights, &c->forth);
    return true;
}

static bool tiled_back(sur_conv *conv, int lane, float *dx, float *dy, void *scratch)
{
    const tiled *c = (const tiled *)conv;
    (void)lane, (void)scratch;
    (c->base.shape.stride == 2 ? sur_tiles_spread
                               : sur_tiles_forward)(dx, dy, c->turned, &c->back);
    return true;
}

static bool tiled_back_weights(sur_conv *conv, int lane, float *dw, float *dy, float *x,
                               void *scratch)
{
    (void)lane, (void)scratch;
    sur_tiles_weights(dw, dy, x, &((const tiled *)conv)->forth);
    return true;
}

static const sur_conv_way way = {tiled_free,    tiled_size,    tiled_place,
                                 tiled_kernel,  tiled_scratch, tiled_take,
                                 tiled_forward, tiled_back,    tiled_back_weights};

sur_status sur_conv_tiled_new(sur_conv **out, const sur_conv_shape *shape, bool data,
                              sur_error *err)
{
    tiled *c;
    *out = NULL;
    sur_status status = sur_alloc(&c, 1, sizeof *c, err);
    if (status != SUR_OK) return status;
    c->base = (sur_conv){&way, *shape};
    c->forth = (sur_tiling){.images = shape->images,
                            .in_blocks = shape->in / LINE,
                            .out_blocks = shape->out / LINE,
                            .used = shape->in_used,
                            .height = shape->height,
                            .width = shape->width,
                            .stride = shape->stride,
                            .down = (shape->height - 1) / shape->stride + 1,
                            .across = (shape->width - 1) / shape->stride + 1};
    c->back = c->forth;
    c->back.in_blocks = c->forth.out_blocks;
    c->back.out_blocks = c->forth.in_blocks;
    c->back.used = shape->out_used;
    if (data) status = sur_alloc(&c->turned, tiled_size(&c->base), sizeof(float), err);
    if (status == SUR_OK)
        *out = &c->base;
    else
        tiled_free(&c->base);
    return status;
}
