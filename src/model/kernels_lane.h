/* kernels_lane.h -- the loops of batch normalization over maps of blocked channels (see
 * conv.h), compiled once per kind of processor as kernels_flat.h is.
 *
 * What has to do with channel c of a block stands in lane c of 16, twice where blocks
 * have 8 channels. Runs of floats are taken by 8: lanes 0 .. 7, 8 .. 15, 0 .. 7, ... */
typedef float eight __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t eight_bits __attribute__((vector_size(32)));

#define AT(x, i) (*(const eight *)((x) + (i)))
#define PUT(x, i) (*(eight *)((x) + (i)))

/* out[l] = the sum of x over lane l */
KERNEL static void lane_sum(float *out, const float *x, sur_idx count)
{
    eight s[2] = {{0}, {0}}, more[2] = {{0}, {0}};
    sur_idx i = 0;
    for (; i + 32 <= count; i += 32) {
        s[0] += AT(x, i);
        s[1] += AT(x, i + 8);
        more[0] += AT(x, i + 16);
        more[1] += AT(x, i + 24);
    }
    for (int half = 0; i < count; i += 8, half ^= 1) s[half] += AT(x, i);
    PUT(out, 0) = s[0] + more[0];
    PUT(out, 8) = s[1] + more[1];
}

/* out[l] = the sum of (x - mean[l])^2 */
KERNEL static void lane_square(float *out, const float *x, const float *mean,
                               sur_idx count)
{
    const eight m[2] = {AT(mean, 0), AT(mean, 8)};
    eight s[2] = {{0}, {0}};
    sur_idx i = 0;
    for (; i + 16 <= count; i += 16) {
        const eight p = AT(x, i) - m[0], q = AT(x, i + 8) - m[1];
        s[0] += p * p;
        s[1] += q * q;
    }
    if (i < count) s[0] += (AT(x, i) - m[0]) * (AT(x, i) - m[0]);
    PUT(out, 0) = s[0];
    PUT(out, 8) = s[1];
}

/* y = max(0, a x + b); a NaN stays one */
KERNEL_INLINE void rectify(float *y, const float *x, const eight *a, const eight *b)
{
    const eight z = *a * AT(x, 0) + *b, zero = {0};
    PUT(y, 0) = (eight)((eight_bits)z & ~(z < zero));
}

KERNEL static void lane_normal(float *y, const float *x, const float *a, const float *b,
                               sur_idx count)
{
    const eight factor[2] = {AT(a, 0), AT(a, 8)}, term[2] = {AT(b, 0), AT(b, 8)};
    sur_idx i = 0;
    for (; i + 16 <= count; i += 16) {
        rectify(y + i, x + i, &factor[0], &term[0]);
        rectify(y + i + 8, x + i + 8, &factor[1], &term[1]);
    }
    if (i < count) rectify(y + i, x + i, &factor[0], &term[0]);
}

/* g = dy where a x + b > 0, else 0 */
KERNEL_INLINE void passed(eight *g, const float *dy, const float *x, const eight *a,
                          const eight *b)
{
    const eight zero = {0};
    *g = (eight)((eight_bits)AT(dy, 0) & (*a * AT(x, 0) + *b > zero));
}

/* out[l] = the sum of g, out[16 + l] = the sum of g (x - mean[l]) */
KERNEL static void lane_slopes(float *out, const float *dy, const float *x,
                               const float *a, const float *b, const float *mean,
                               sur_idx count)
{
    const eight factor[2] = {AT(a, 0), AT(a, 8)}, term[2] = {AT(b, 0), AT(b, 8)},
                m[2] = {AT(mean, 0), AT(mean, 8)};
    eight s[2] = {{0}, {0}}, t[2] = {{0}, {0}}, g, h;
    sur_idx i = 0;
    for (; i + 16 <= count; i += 16) {
        passed(&g, dy + i, x + i, &factor[0], &term[0]);
        passed(&h, dy + i + 8, x + i + 8, &factor[1], &term[1]);
        s[0] += g;
        s[1] += h;
        t[0] += g * (AT(x, i) - m[0]);
        t[1] += h * (AT(x, i + 8) - m[1]);
    }
    if (i < count) {
        passed(&g, dy + i, x + i, &factor[0], &term[0]);
        s[0] += g;
        t[0] += g * (AT(x, i) - m[0]);
    }
    for (int half = 0; half < 2; half++) {
        PUT(out, 8 * half) = s[half];
        PUT(out, 16 + 8 * half) = t[half];
    }
}

/* dx = a g + slant (x - mean) + level, onto what dx holds if add */
KERNEL static void lane_back(float *dx, const float *dy, const float *x, const float *a,
                             const float *b, const float *mean, const float *slant,
                             const float *level, sur_idx count, bool add)
{
    const eight zero = {0};
    for (int half = 0; half < 2; half++) {
        const sur_idx from = (sur_idx)8 * half;
        const eight factor = AT(a, from), term = AT(b, from), m = AT(mean, from),
                    tilt = AT(slant, from), lift = AT(level, from);
        const eight_bits all = {-1, -1, -1, -1, -1, -1, -1, -1}, none = {0};
        const eight_bits kept = add ? all : none;
        for (sur_idx i = from; i < count; i += 16) {
            const eight v = AT(x, i), old = (eight)((eight_bits)AT(dx, i) & kept);
            const eight g = (eight)((eight_bits)AT(dy, i) & (factor * v + term > zero));
            PUT(dx, i) = factor * g + (tilt * (v - m) + lift) + old;
        }
    }
}

#undef AT
#undef PUT
