/* without_dnnl.c -- stands in for conv_dnnl.c where oneDNN was left out. */
#include "model/conv.h"

sur_status sur_conv_available(sur_error *err)
{
    return sur_fail(err, SUR_EINVAL,
                    "convolutional families need oneDNN, and this program was built "
                    "without it (-DSUR_DNNL=OFF)");
}

sur_status sur_conv_new(sur_conv **out, const sur_conv_shape *shape, bool back,
                        bool data, int lanes, sur_error *err)
{
    (void)shape, (void)back, (void)data, (void)lanes;
    *out = NULL;
    return sur_conv_available(err);
}

void sur_conv_free(sur_conv *conv) { (void)conv; }

sur_idx sur_conv_size(const sur_conv *conv)
{
    (void)conv;
    return 0;
}

sur_idx sur_conv_place(const sur_conv *conv, sur_idx o, sur_idx i, sur_idx row,
                       sur_idx column)
{
    (void)conv, (void)o, (void)i, (void)row, (void)column;
    return 0;
}

const char *sur_conv_kernel(const sur_conv *conv, int direction)
{
    (void)conv, (void)direction;
    return NULL;
}

size_t sur_conv_scratch(const sur_conv *conv)
{
    (void)conv;
    return 0;
}

bool sur_conv_take(sur_conv *conv, float *weights, bool back)
{
    (void)conv, (void)weights, (void)back;
    return false;
}

bool sur_conv_forward(sur_conv *conv, int lane, float *y, float *x, void *scratch)
{
    (void)conv, (void)lane, (void)y, (void)x, (void)scratch;
    return false;
}

bool sur_conv_back_data(sur_conv *conv, int lane, float *dx, float *dy, void *scratch)
{
    (void)conv, (void)lane, (void)dx, (void)dy, (void)scratch;
    return false;
}

bool sur_conv_back_weights(sur_conv *conv, int lane, float *dw, float *dy, float *x,
                           void *scratch)
{
    (void)conv, (void)lane, (void)dw, (void)dy, (void)x, (void)scratch;
    return false;
}

int sur_conv_alone(void) { return 1; }

void sur_conv_alone_end(int before) { (void)before; }
