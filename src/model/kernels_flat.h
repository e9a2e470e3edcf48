/* kernels_flat.h -- the loops over flat arrays, compiled once per kind of processor.
 *
 * Included by each kernels_*.c with KERNEL, the attribute of its functions, defined.
 * The loops are plain C without branches, so that the compiler makes vectors of them;
 * none is contracted, so that all kinds give the same bits here.
 *
 *   exp x   2^n e^r, n = round(x / log 2), e^r to degree 7: relative error below 1e-7
 *   tanh x  1 - 2 / (e^2x + 1); below 0.35 its odd series to degree 11
 *   Phi x   Abramowitz & Stegun, Handbook of Mathematical Functions, 7.1.26; absolute
 *           error below 1.5e-7 */
#include <math.h>
#include <string.h>

#define KERNEL_INLINE static inline __attribute__((always_inline)) KERNEL

KERNEL_INLINE float exp_of(float x)
{
    const float low = x < -87.0F ? -87.0F : x, at = low > 88.0F ? 88.0F : low;
    const float shift = 12582912.0F; /* 1.5 * 2^23: adding it rounds */
    const float shifted = at * 1.44269504F + shift, n = shifted - shift;
    const float r = (at - n * 0.693359375F) + n * 2.12194440e-4F;
    const float p = 1.0F / 120 + r * (1.0F / 720 + r * (1.0F / 5040));
    const float e =
        1.0F + r * (1.0F + r * (0.5F + r * (1.0F / 6 + r * (1.0F / 24 + r * p))));
    uint32_t bits;
    float power;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << 23) + UINT32_C(0x3f800000);
    memcpy(&power, &bits, sizeof power);
    return e * power;
}

KERNEL_INLINE float tanh_of(float x)
{
    const float s = x * x;
    const float small =
        x + x * s *
                (-1.0F / 3 +
                 s * (2.0F / 15 + s * (-17.0F / 315 +
                                       s * (62.0F / 2835 + s * (-1382.0F / 155925)))));
    const float large = 1.0F - 2.0F / (exp_of(2.0F * fabsf(x)) + 1.0F);
    return s < 0.1225F ? small : x < 0.0F ? -large : large;
}

/* Phi(x), and the density of the normal distribution. */
KERNEL_INLINE float normal_of(float x, float *density)
{
    const float size = fabsf(x), bell = exp_of(-0.5F * x * x);
    const float t = 1.0F / (1.0F + 0.231641888F * size); /* 0.3275911 / sqrt 2 */
    const float tail =
        0.5F * bell * t *
        (0.254829592F +
         t * (-0.284496736F +
              t * (1.421413741F + t * (-1.453152027F + t * 1.061405429F))));
    *density = 0.398942280F * bell;
    return x < 0.0F ? tail : x >= 0.0F ? 1.0F - tail : x; /* a NaN stays one */
}

KERNEL static void activate(float *restrict a, float *restrict slope, sur_idx count,
                            sur_unit unit)
{
    if (unit == SUR_UNIT_RELU) {
#pragma omp simd
        for (sur_idx i = 0; i < count; i++) a[i] = a[i] < 0.0F ? 0.0F : a[i];
    } else if (unit == SUR_UNIT_TANH) {
#pragma omp simd
        for (sur_idx i = 0; i < count; i++) a[i] = tanh_of(a[i]);
    } else {
#pragma omp simd
        for (sur_idx i = 0; i < count; i++) {
            float density;
            const float x = a[i], phi = normal_of(x, &density);
            a[i] = x * phi;
            slope[i] = phi + x * density;
        }
    }
}

KERNEL static void chain(float *restrict delta, const float *restrict a,
                         const float *restrict slope, sur_idx count, sur_unit unit)
{
    if (unit == SUR_UNIT_RELU) {
#pragma omp simd
        for (sur_idx i = 0; i < count; i++) delta[i] = a[i] > 0.0F ? delta[i] : 0.0F;
    } else if (unit == SUR_UNIT_TANH) {
#pragma omp simd
        for (sur_idx i = 0; i < count; i++) delta[i] *= 1.0F - a[i] * a[i];
    } else {
#pragma omp simd
        for (sur_idx i = 0; i < count; i++) delta[i] *= slope[i];
    }
}

KERNEL static void exps(float *x, sur_idx count)
{
#pragma omp simd
    for (sur_idx i = 0; i < count; i++) x[i] = exp_of(x[i]);
}

KERNEL static void add(float *restrict y, const float *restrict x, sur_idx count)
{
#pragma omp simd
    for (sur_idx i = 0; i < count; i++) y[i] += x[i];
}

/* Entry (i, j) of f and p at j ld + i. */
KERNEL static void softmax(float *restrict p, float *restrict most,
                           float *restrict total, const float *restrict f, sur_idx ld,
                           sur_idx classes, sur_idx count, float scale)
{
    float share[SOFT];
    const sur_idx n = (count + 7) / 8 * 8;
#pragma omp simd
    for (sur_idx i = 0; i < n; i++) {
        most[i] = f[i];
        total[i] = 0.0F;
    }
    for (sur_idx j = 1; j < classes; j++) {
#pragma omp simd
        for (sur_idx i = 0; i < n; i++)
            most[i] = f[j * ld + i] > most[i] ? f[j * ld + i] : most[i];
    }
    for (sur_idx j = 0; j < classes; j++) {
#pragma omp simd
        for (sur_idx i = 0; i < n; i++) {
            const float e = exp_of(f[j * ld + i] - most[i]);
            p[j * ld + i] = e;
            total[i] += e;
        }
    }
#pragma omp simd
    for (sur_idx i = 0; i < n; i++) share[i] = scale / total[i];
    for (sur_idx j = 0; j < classes; j++) {
#pragma omp simd
        for (sur_idx i = 0; i < n; i++) p[j * ld + i] *= share[i];
    }
}

KERNEL static void gather(float *out, const float *x, sur_idx stride,
                          const sur_idx *picks, sur_idx first, sur_idx count,
                          sur_idx ahead)
{
    for (sur_idx i = 0; i < count; i++, out += stride) {
        const float *row = x + (picks ? picks[i] : first + i) * stride;
        for (sur_idx j = 0; j < stride; j += 8) memcpy(out + j, row + j, 32);
        if (i >= ahead) continue;
        const float *next = x + (picks ? picks[count + i] : first + count + i) * stride;
        /* of long rows the processor sees for itself how they go on */
        for (sur_idx j = 0; j < stride && j < 64; j += 16) __builtin_prefetch(next + j);
    }
}
