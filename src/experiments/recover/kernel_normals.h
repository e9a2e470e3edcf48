/* kernel_normals.h -- the numbers of generated rows, compiled once per kind of vector.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011) of the counter (block, tag, row)
 * under the key, turned by Box and Muller's method with single precision polynomials
 * for the logarithm, sine and cosine. Sixteen blocks make 64 numbers, the first words
 * of all before the second ones; so numbers do not depend on WIDTH. The including file
 * also defines EVEN_PRODUCTS(a, b): the 64-bit products of the even words of two
 * vectors. */
#include "experiments/recover/kernel_rows.h"

typedef int32_t ints __attribute__((vector_size(4 * WIDTH)));
typedef uint64_t longs __attribute__((vector_size(4 * WIDTH)));

enum { BLOCKS = 16, TAG = 0x73656e73 }; /* the tag is no other stream's of a seed */

/* high, low: of the 64-bit products. Vectors go by pointer: by value, their layout
 * would depend on the target. */
INLINE void multiply(words *high, words *low, const words *a, uint32_t by)
{
    const words factor = (words){0} + by;
    const longs even = EVEN_PRODUCTS(*a, factor),
                odd = EVEN_PRODUCTS((words)((longs)*a >> 32), factor);
    *high = (words)(even >> 32 | (odd & ~(uint64_t)UINT32_MAX));
    *low = (words)((even & UINT32_MAX) | odd << 32);
}

INLINE void philox(words *c, uint32_t k0, uint32_t k1)
{
    for (int round = 0; round < 10; round++) {
        words high0, low0, high1, low1;
        multiply(&high0, &low0, &c[0], 0xD2511F53u);
        multiply(&high1, &low1, &c[2], 0xCD9E8D57u);
        c[0] = high1 ^ c[1] ^ k0;
        c[1] = low1;
        c[2] = high0 ^ c[3] ^ k1;
        c[3] = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

/* Natural logarithm of x in (0, 1), to about 1e-7: x = 2^e (1 + t), t between
 * sqrt(1/2) - 1 and sqrt(2) - 1, and a polynomial in t. */
INLINE void logarithm(floats *x)
{
    const ints bits = (ints)*x, e = (bits - 0x3f3504f3) >> 23;
    const floats t = (floats)(bits - (e << 23)) - 1.0f, t2 = t * t;
    floats p = t * 7.0376836292e-2f - 1.1514610310e-1f;
    p = p * t + 1.1676998740e-1f;
    p = p * t - 1.2420140846e-1f;
    p = p * t + 1.4249322787e-1f;
    p = p * t - 1.6668057665e-1f;
    p = p * t + 2.0000714765e-1f;
    p = p * t - 2.4999993993e-1f;
    p = p * t + 3.3333331174e-1f;
    *x = __builtin_convertvector(e, floats) * 0.69314718056f +
         (t + (p * t * t2 - 0.5f * t2));
}

/* Two normals from two words: radius from u, angle from v (quarter in its first two
 * bits, place in the quarter in the rest). */
INLINE void box_muller(floats out[2], const words *from)
{
    const words v = from[1];
    floats square =
        (__builtin_convertvector((ints)(from[0] >> 8), floats) + 0.5f) * 0x1p-24f;
    logarithm(&square);
    square *= -2.0f;
    /* its square root: a first guess from the exponent, then Newton's method for
     * 1 / sqrt(x), each step of which doubles the digits */
    const words bits = (words)square & 0x7fffffffu; /* u = 1 gives -0 */
    square = (floats)bits;
    floats inverse = (floats)(0x5f3759dfu - (bits >> 1));
    for (int turn = 0; turn < 4; turn++)
        inverse *= 1.5f - 0.5f * square * inverse * inverse;
    floats radius = square * inverse;

    const ints place = (ints)(v >> 6 & 0xffffff) - 0x800000;
    const floats f =
        __builtin_convertvector(place, floats) * (1.57079632679f * 0x1p-24f);
    const floats f2 = f * f;
    const floats sine =
        f +
        f * f2 * (-1.6666654611e-1f + f2 * (8.3321608736e-3f - 1.9515295891e-4f * f2));
    const floats cosine =
        1.0f - 0.5f * f2 +
        f2 * f2 *
            (4.166664568298827e-2f +
             f2 * (-1.388731625493765e-3f + 2.443315711809948e-5f * f2));
    const words odd = (words)((v >> 30 & 1) == 1), minus = (v >> 31) << 31;
    radius = (floats)((words)radius ^ minus);
    out[0] = radius * (floats)((odd & (words)cosine) | (~odd & (words)sine));
    out[1] = radius * (floats)((odd & (words)sine) | (~odd & (words)cosine));
}

KERNEL static void normals(float *out, sur_idx length, uint64_t key, uint64_t row)
{
    uint32_t count[WIDTH];
    words lane;
    for (uint32_t l = 0; l < WIDTH; l++) count[l] = l;
    memcpy(&lane, count, sizeof lane);
    for (sur_idx j = 0; j < length; j += 4 * BLOCKS) {
        float made[4][BLOCKS];
        for (int h = 0; h < STEPS; h++) {
            words c[4] = {{0}};
            floats pair[2];
            c[0] = lane + (uint32_t)(j / 4 + WIDTH * h);
            c[1] += TAG;
            c[2] += (uint32_t)row;
            c[3] += (uint32_t)(row >> 32);
            philox(c, (uint32_t)key, (uint32_t)(key >> 32));
            for (int v = 0; v < 4; v += 2) {
                box_muller(pair, c + v);
                memcpy(&made[v][WIDTH * h], &pair[0], sizeof pair[0]);
                memcpy(&made[v + 1][WIDTH * h], &pair[1], sizeof pair[1]);
            }
        }
        const sur_idx left = length - j;
        memcpy(out + j, made,
               left < 4 * BLOCKS ? (size_t)left * sizeof *out : sizeof made);
    }
}
