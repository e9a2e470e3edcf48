/* cosine.h -- a cosine that compilers turn into vector instructions. */
#ifndef MODEL_COSINE_H
#define MODEL_COSINE_H

#include <surplus/base.h>

/* out[i] = scale * cos(x[i] + phase[i]) for i < count; the three do not overlap. Within
 * 4e-16 * scale of the exact value; each entry depends on its own arguments alone. */
void sur_cosines(double *restrict out, const double *restrict x,
                 const double *restrict phase, double scale, sur_idx count);

#endif
