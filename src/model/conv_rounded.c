/* conv_rounded.c -- convolutions in bfloat16 where no kernel multiplies it: numbers are
 * rounded, and kept as floats.
 *
 * A product of two bfloat16 is a float, so that what a processor with them computes is
 * the same sum but for its order. It takes longer than without rounding: it is here to
 * tell what bfloat16 would cost in accuracy. */
#include "model/conv.h"

#include "base/bfloat16.h"
#include "base/memory.h"

#include <stdlib.h>

typedef struct rounded {
    sur_conv base;
    sur_conv *by;
    float *weights;
    void *block;
} rounded;

static const rounded *from(const sur_conv *conv) { return (const rounded *)conv; }

static void rounded_free(sur_conv *conv)
{
    rounded *c = (rounded *)conv;
    sur_conv_free(c->by);
    free(c->block);
    free(c);
}

static sur_idx rounded_size(const sur_conv *conv)
{
    return sur_conv_size(from(conv)->by);
}

static sur_idx rounded_place(const sur_conv *conv, sur_idx o, sur_idx i, sur_idx row,
                             sur_idx column)
{
    return sur_conv_place(from(conv)->by, o, i, row, column);
}

static const char *rounded_kernel(const sur_conv *conv, int direction)
{
    return sur_conv_kernel(from(conv)->by, direction);
}

/* Where copies stand in a scratch. */
static size_t behind(const rounded *c)
{
    return (sur_conv_scratch(c->by) + 63) / 64 * 64;
}

static size_t rounded_scratch(const sur_conv *conv)
{
    const sur_conv_shape *s = &conv->shape;
    return behind(from(conv)) +
           (size_t)(sur_conv_floats_in(s) + sur_conv_floats_out(s)) * sizeof(float);
}

static float *round_to(float *to, const float *x, sur_idx count)
{
    for (sur_idx i = 0; i < count; i++) to[i] = sur_bfloat16_rounded(x[i]);
    return to;
}

static float *round_in(const sur_conv *conv, float *x, void *scratch)
{
    void *to = (char *)scratch + behind(from(conv));
    return round_to(to, x, sur_conv_floats_in(&conv->shape));
}

static float *round_out(const sur_conv *conv, float *y, void *scratch)
{
    void *to = (char *)scratch + behind(from(conv)) +
               (size_t)sur_conv_floats_in(&conv->shape) * sizeof(float);
    return round_to(to, y, sur_conv_floats_out(&conv->shape));
}

static bool rounded_take(sur_conv *conv, float *weights, bool back)
{
    rounded *c = (rounded *)conv;
    return sur_conv_take(c->by, round_to(c->weights, weights, sur_conv_size(c->by)),
                         back);
}

static bool rounded_forward(sur_conv *conv, int lane, float *y, float *x, void *scratch)
{
    return sur_conv_forward(from(conv)->by, lane, y, round_in(conv, x, scratch),
                            scratch);
}

static bool rounded_back(sur_conv *conv, int lane, float *dx, float *dy, void *scratch)
{
    return sur_conv_back_data(from(conv)->by, lane, dx, round_out(conv, dy, scratch),
                              scratch);
}

static bool rounded_back_weights(sur_conv *conv, int lane, float *dw, float *dy,
                                 float *x, void *scratch)
{
    return sur_conv_back_weights(from(conv)->by, lane, dw, round_out(conv, dy, scratch),
                                 round_in(conv, x, scratch), scratch);
}

static const sur_conv_way way = {
    rounded_free, rounded_size,    rounded_place, rounded_kernel,      rounded_scratch,
    rounded_take, rounded_forward, rounded_back,  rounded_back_weights};

sur_status sur_conv_rounded_new(sur_conv **out, const sur_conv_shape *shape, bool back,
                                bool data, int lanes, sur_error *err)
{
    sur_conv_shape plain = *shape;
    rounded *c;
    *out = NULL;
    sur_status status = sur_alloc(&c, 1, sizeof *c, err);
    if (status != SUR_OK) return status;
    plain.bfloat16 = false;
    c->base = (sur_conv){&way, *shape};
    status = sur_conv_new(&c->by, &plain, back, data, lanes, err);
    if (status == SUR_OK)
        status = sur_floats_new(&c->weights, &c->block, sur_conv_size(c->by), err);
    if (status == SUR_OK)
        *out = &c->base;
    else
        rounded_free(&c->base);
    return status;
}
