/* bfloat16.h -- the upper half of a float: its range, 8 bits of mantissa. */
#ifndef BASE_BFLOAT16_H
#define BASE_BFLOAT16_H

#include <stdint.h>

typedef union sur_float_bits {
    float f;
    uint32_t u;
} sur_float_bits;

/* Nearest bfloat16, ties to even; no number stays none. */
static inline uint16_t sur_bfloat16(float x)
{
    const sur_float_bits bits = {.f = x};
    const uint32_t near = bits.u + 0x7fff + (bits.u >> 16 & 1);
    return (uint16_t)((x == x ? near : bits.u | 1U << 22) >> 16);
}

/* The same as a float. */
static inline float sur_bfloat16_rounded(float x)
{
    const sur_float_bits bits = {.u = (uint32_t)sur_bfloat16(x) << 16};
    return bits.f;
}

#endif
