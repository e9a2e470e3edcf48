/* without_dnnl.c -- stands in for conv_dnnl.c where oneDNN was left out. */
#include "model/conv.h"

sur_status sur_conv_available(sur_error *err)
{
    return sur_fail(err, SUR_EINVAL,
                    "convolutional families need oneDNN, and this program was built "
                    "without it (-DSUR_DNNL=OFF)");
}

sur_status sur_conv_dnnl_new(sur_conv **out, const sur_conv_shape *shape, bool back,
                             bool data, int lanes, sur_error *err)
{
    (void)shape, (void)back, (void)data, (void)lanes;
    *out = NULL;
    return sur_conv_available(err);
}

int sur_conv_alone(void) { return 1; }

void sur_conv_alone_end(int before) { (void)before; }
