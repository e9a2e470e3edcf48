/* random.c -- Philox4x32-10 streams.
 *
 * Block b of the stream (seed, purpose, index) is Philox4x32-10 of the counter
 * (b mod 2^32, b div 2^32, h mod 2^32, h div 2^32) under the key (seed mod 2^32, seed
 * div 2^32), where h is a 64-bit hash of purpose and index. */
#include <surplus/random.h>

#include <math.h>
#include <Random123/philox.h>

/* The finalizer of SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number
 * generators", OOPSLA 2014, figure 16. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

sur_rng sur_rng_make(uint64_t seed, const char *purpose, uint64_t index)
{
    uint64_t h = UINT64_C(0x9e3779b97f4a7c15);
    for (const char *c = purpose; *c; c++) h = mix(h ^ (uint64_t)(unsigned char)*c);
    h = mix(mix(h) + index);
    return (sur_rng){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                     .counter = {0, 0, (uint32_t)h, (uint32_t)(h >> 32)}};
}

uint32_t sur_rng_u32(sur_rng *rng)
{
    if (rng->left == 0) {
        const philox4x32_ctr_t counter = {
            {rng->counter[0], rng->counter[1], rng->counter[2], rng->counter[3]}};
        const philox4x32_key_t key = {{rng->key[0], rng->key[1]}};
        const philox4x32_ctr_t made = philox4x32(counter, key);
        for (int i = 0; i < 4; i++) rng->block[i] = made.v[i];
        if (++rng->counter[0] == 0) rng->counter[1]++;
        rng->left = 4;
    }
    return rng->block[4 - rng->left--];
}

uint64_t sur_rng_u64(sur_rng *rng)
{
    const uint64_t low = sur_rng_u32(rng);
    return low | (uint64_t)sur_rng_u32(rng) << 32;
}

double sur_rng_uniform(sur_rng *rng)
{
    return (double)(sur_rng_u64(rng) >> 11) * 0x1p-53;
}

double sur_rng_normal(sur_rng *rng)
{
    if (rng->has_spare) {
        rng->has_spare = false;
        return rng->spare;
    }
    /* Box-Muller; 1 - u is in (0, 1], so the logarithm is finite. */
    const double radius = sqrt(-2.0 * log(1.0 - sur_rng_uniform(rng)));
    const double angle = 6.283185307179586 * sur_rng_uniform(rng);
    rng->spare = radius * sin(angle);
    rng->has_spare = true;
    return radius * cos(angle);
}

double sur_rng_exponential(sur_rng *rng) { return -log(1.0 - sur_rng_uniform(rng)); }

sur_idx sur_rng_below(sur_rng *rng, sur_idx count)
{
    /* Reject the uneven rest of 2^64 / count, so that every outcome is equally likely.
     */
    const uint64_t n = (uint64_t)count, rest = (UINT64_MAX % n + 1) % n;
    uint64_t u;
    do u = sur_rng_u64(rng);
    while (u > UINT64_MAX - rest);
    return (sur_idx)(u % n);
}

void sur_rng_permutation(sur_rng *rng, sur_idx *out, sur_idx count)
{
    for (sur_idx i = 0; i < count; i++) out[i] = i;
    for (sur_idx i = count - 1; i > 0; i--) {
        const sur_idx j = sur_rng_below(rng, i + 1), moved = out[i];
        out[i] = out[j];
        out[j] = moved;
    }
}

void sur_rng_normals(sur_rng *rng, double *x, sur_idx count, double deviation)
{
    for (sur_idx i = 0; i < count; i++) x[i] = deviation * sur_rng_normal(rng);
}
