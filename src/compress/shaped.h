/* shaped.h -- whole numbers as bits by a shape that both ends know.
 *
 * First kept of every number (shape.h), by two or four states that take turns
 * (states.h), or, where little else is to be said, by arithmetic coding (coder.h).
 *
 * Then, number by number, as they are: of a number beyond the shape's last one how far
 * it is beyond, by Elias' gamma code (5 bits tell its length); rest; the sign of what
 * is not 0. The first of these bits are what the states begin with. */
#ifndef COMPRESS_SHAPED_H
#define COMPRESS_SHAPED_H

#include <surplus/compress.h>

#include "compress/shape.h"

enum { SUR_SHAPED_LENGTH = 5 }; /* bits of the length of a gamma code */

typedef struct sur_shaped {
    const sur_shape *shape;
    int low; /* bits of rest */
    bool two_sided;
} sur_shaped;

/* Bits of one number's kept and of what is said of it if it is beyond the last. */
static inline double sur_shaped_bits(const sur_shape *shape, uint32_t kept)
{
    const uint32_t last = (uint32_t)shape->last;
    if (kept < last) return (double)shape->bits[kept];
    const int length = 31 - __builtin_clz(kept - last + 1);
    return (double)shape->bits[last] + SUR_SHAPED_LENGTH + length;
}

/* Appends q [n], |q| <= 2^30, making room. SUR_ENOMEM: m is as before. */
SUR_MUST_USE sur_status sur_shaped_put(sur_message *m, const int32_t *q, sur_idx n,
                                       const sur_shaped *s, sur_error *err);

/* The same back, each in [-most, most]; anything that put would not write makes the
 * reader bad. */
void sur_shaped_get(int32_t *q, sur_idx n, int64_t most, const sur_shaped *s,
                    sur_reader *r);

#endif
