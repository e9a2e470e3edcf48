/* conv_way.c -- convolutions, whoever computes them. */
#include "model/conv.h"

sur_status sur_conv_new(sur_conv **out, const sur_conv_shape *shape, bool back,
                        bool data, int lanes, sur_error *err)
{
    if (shape->bfloat16) {
        const sur_status status = sur_conv_dnnl_new(out, shape, back, data, lanes, err);
        if (status != SUR_EBACKEND) return status;
        return sur_conv_rounded_new(out, shape, back, data, lanes, err);
    }
    if (sur_conv_tiled_fits(shape))
        return sur_conv_tiled_new(out, shape, back && data, err);
    return sur_conv_dnnl_new(out, shape, back, data, lanes, err);
}

sur_idx sur_conv_floats_in(const sur_conv_shape *s)
{
    return s->images * s->in * s->height * s->width;
}

sur_idx sur_conv_floats_out(const sur_conv_shape *s)
{
    const sur_idx down = (s->height - 1) / s->stride + 1,
                  across = (s->width - 1) / s->stride + 1;
    return s->images * s->out * down * across;
}

void sur_conv_free(sur_conv *c)
{
    if (c) c->way->free(c);
}

sur_idx sur_conv_size(const sur_conv *c) { return c->way->size(c); }

sur_idx sur_conv_place(const sur_conv *c, sur_idx o, sur_idx i, sur_idx row,
                       sur_idx column)
{
    return c->way->place(c, o, i, row, column);
}

const char *sur_conv_kernel(const sur_conv *c, int direction)
{
    return c->way->kernel(c, direction);
}

size_t sur_conv_scratch(const sur_conv *c) { return c->way->scratch(c); }

bool sur_conv_take(sur_conv *c, float *weights, bool back)
{
    return c->way->take(c, weights, back);
}

bool sur_conv_forward(sur_conv *c, int lane, float *y, float *x, void *scratch)
{
    return c->way->forward(c, lane, y, x, scratch);
}

bool sur_conv_back_data(sur_conv *c, int lane, float *dx, float *dy, void *scratch)
{
    return c->way->back_data(c, lane, dx, dy, scratch);
}

bool sur_conv_back_weights(sur_conv *c, int lane, float *dw, float *dy, float *x,
                           void *scratch)
{
    return c->way->back_weights(c, lane, dw, dy, x, scratch);
}
