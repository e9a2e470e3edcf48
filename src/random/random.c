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

static void next_block(sur_rng *rng, uint32_t block[4])
{
    const philox4x32_ctr_t counter = {
        {rng->counter[0], rng->counter[1], rng->counter[2], rng->counter[3]}};
    const philox4x32_key_t key = {{rng->key[0], rng->key[1]}};
    const philox4x32_ctr_t made = philox4x32(counter, key);
    for (int i = 0; i < 4; i++) block[i] = made.v[i];
    if (++rng->counter[0] == 0) rng->counter[1]++;
}

uint32_t sur_rng_u32(sur_rng *rng)
{
    if (rng->left == 0) {
        next_block(rng, rng->block);
        rng->left = 4;
    }
    return rng->block[4 - rng->left--];
}

void sur_rng_u32s(sur_rng *rng, uint32_t *out, sur_idx count)
{
    sur_idx i = 0;
    for (; rng->left > 0 && i < count; i++) out[i] = sur_rng_u32(rng);
    for (; i + 4 <= count; i += 4) next_block(rng, out + i);
    for (; i < count; i++) out[i] = sur_rng_u32(rng);
}

uint64_t sur_rng_u64(sur_rng *rng)
{
    const uint64_t low = sur_rng_u32(rng);
    return low | (uint64_t)sur_rng_u32(rng) << 32;
}

static double unit(uint64_t u) { return (double)(u >> 11) * 0x1p-53; }

double sur_rng_uniform(sur_rng *rng) { return unit(sur_rng_u64(rng)); }

/* Box-Muller; 1 - u is in (0, 1], so the logarithm is finite. */
static void normal_pair(double out[2], double u, double v)
{
    const double radius = sqrt(-2.0 * log(1.0 - u)), angle = 6.283185307179586 * v;
    out[0] = radius * cos(angle);
    out[1] = radius * sin(angle);
}

double sur_rng_normal(sur_rng *rng)
{
    double pair[2];
    if (rng->has_spare) {
        rng->has_spare = false;
        return rng->spare;
    }
    const double u = sur_rng_uniform(rng);
    normal_pair(pair, u, sur_rng_uniform(rng));
    rng->spare = pair[1];
    rng->has_spare = true;
    return pair[0];
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

/* Whole blocks, each of which is a pair of normals, where the stream stands at one. */
void sur_rng_normals(sur_rng *rng, double *x, sur_idx count, double deviation)
{
    sur_idx i = 0;
    for (; rng->left == 0 && !rng->has_spare && i + 2 <= count; i += 2) {
        uint32_t b[4];
        double pair[2];
        next_block(rng, b);
        normal_pair(pair, unit(b[0] | (uint64_t)b[1] << 32),
                    unit(b[2] | (uint64_t)b[3] << 32));
        x[i] = deviation * pair[0];
        x[i + 1] = deviation * pair[1];
    }
    for (; i < count; i++) x[i] = deviation * sur_rng_normal(rng);
}
