/* shape.h -- fixed models of the size of whole numbers, the same on every machine.
 *
 * The size k = |q| is cut into k = kept 2^low + rest; kept is coded with the chances of
 * a discrete Gaussian exp(-k^2 / (2 sigma^2)) or Laplace law exp(-k / sigma), rest as
 * it is. sigma = 2^((scale - 16) / 4). Only sums, products and square roots are used,
 * which IEEE 754 fixes to the last bit. */
#ifndef COMPRESS_SHAPE_H
#define COMPRESS_SHAPE_H

#include <surplus/base.h>

enum { SUR_SHAPE_SCALES = 128, SUR_SHAPE_MOST = 256 };

typedef enum sur_law { SUR_LAW_GAUSS, SUR_LAW_LAPLACE } sur_law;

typedef struct sur_shape {
    int low;  /* bits of rest */
    int last; /* kept = 0 .. last-1 have parts of their own; last: all larger ones */
    uint32_t edge[SUR_SHAPE_MOST + 2]; /* kept k has the part edge[k] .. edge[k+1]-1 */
} sur_shape;

void sur_shape_make(sur_shape *shape, sur_law law, int scale, bool two_sided);

#endif
