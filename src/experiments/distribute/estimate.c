/* estimate.c -- what a group of trials will cost, before it runs.
 *
 * Counts of operations over measured rates; rounds by a rule of thumb, so that it is
 * right within a factor of a few. */
#include "experiments/distribute/distribute.h"

#include <math.h>

static const double product = 30e9, thin = 4e9, normals = 6e7, scatter = 5e8;

static double trial_seconds(const sur_distribute_options *o, double *bytes)
{
    const double n = (double)o->data.samples, width = (double)o->width;
    const double test = (double)o->data.test_samples, nodes = (double)o->nodes;
    const bool plain = o->compress >= DISTRIBUTE_NONE;
    const double d = o->sketch_size != SUR_UNSET ? (double)o->sketch_size
                     : plain
                         ? width
                         : fmin(width, n * (o->quality == QUALITY_LOSS ? 3.0 : 12.0));
    const double rounds = o->compress >= DISTRIBUTE_CHOCO ? 2000.0
                          : plain                         ? 200.0
                                                          : 80.0;
    const double columns =
        (double)(o->data.dimension == SUR_UNSET ? o->width : o->data.dimension);
    double seconds = 2.0 * rounds * (2.0 * n * d + 3.0 * nodes * d) / thin;
    seconds += (n + test) * columns / normals + 4.0 * n * width / scatter;
    seconds += n * n * (2.0 * d + 10.0 * n) / product;
    if (n * n * width < 2e11) seconds += 2.0 * n * n * width / product;
    *bytes = 8.0 * (n * d + (n + test) * (columns < 2e4 ? columns : 1e3) + 4.0 * n * n +
                    nodes * 8.0 * d + 512.0 * (n + test)) +
             2e7;
    if (o->family == DISTRIBUTE_WIDE_MLP) /* the derivative, see wide_spectrum.c */
        *bytes += 8.0 * fmin(6.0 * n * n, 2e7) + 64.0 * width * columns;
    return seconds;
}

sur_status sur_distribute_estimate(const void *const *options, sur_idx count,
                                   const void *input, size_t size, double *seconds,
                                   double *bytes, sur_error *err)
{
    (void)input;
    (void)size;
    (void)err;
    *seconds = *bytes = 0.0;
    for (sur_idx i = 0; i < count; i++) {
        double most;
        *seconds += trial_seconds(options[i], &most);
        *bytes = fmax(*bytes, most);
    }
    return SUR_OK;
}
