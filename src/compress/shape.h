/* shape.h -- fixed models of the size of whole numbers, the same on every machine.
 *
 * The size k = |q| is cut into k = kept 2^low + rest; kept is coded with the chances of
 * a discrete Gaussian exp(-k^2 / (2 sigma^2)) or Laplace law exp(-k / sigma), rest as
 * it is. sigma = 2^((scale - 16) / 4). Only sums, products and square roots are used,
 * which IEEE 754 fixes to the last bit.
 *
 * Where rest has bits, sigma / 2^low is in [4, 8), so that few shapes serve all scales;
 * they are made once. */
#ifndef COMPRESS_SHAPE_H
#define COMPRESS_SHAPE_H

#include <surplus/base.h>

enum { SUR_SHAPE_SCALES = 128, SUR_SHAPE_MOST = 68, SUR_SHAPE_BITS = 13 };
#define SUR_SHAPE_WHOLE (1U << SUR_SHAPE_BITS)

typedef enum sur_law { SUR_LAW_GAUSS, SUR_LAW_LAPLACE } sur_law;

/* What one symbol does to the state of states.h: see there. */
typedef struct sur_shape_part {
    uint32_t first, size; /* its part of the whole: first .. first + size - 1 */
    uint32_t inverse;     /* 2^31 / size, rounded up */
    uint32_t shift;       /* gives the number of bits that a state gives away */
} sur_shape_part;

typedef struct sur_shape {
    int last; /* kept = 0 .. last-1 have parts of their own; last: all larger ones */
    sur_shape_part part[SUR_SHAPE_MOST + 1];
    float bits[SUR_SHAPE_MOST + 1]; /* log2(whole / size) */
    uint8_t at[SUR_SHAPE_WHOLE];    /* whose part a place belongs to */
} sur_shape;

/* The shape of a scale, 0 .. SUR_SHAPE_SCALES-1, and the bits of rest. Never freed. */
const sur_shape *sur_shape_of(sur_law law, int scale, bool two_sided, int *low);

#endif
