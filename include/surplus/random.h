/* surplus/random.h -- seeded random streams, counter based.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2,
 * 3", SC 2011), through Random123. A stream is named by (seed, purpose, index); number
 * k of a stream is a function of these and k alone, so a new consumer never shifts the
 * numbers another one sees, and any part of a stream can be made first. */
#ifndef SUR_RANDOM_H
#define SUR_RANDOM_H

#include <surplus/dense.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A stream and the place in it. A plain value: copying it forks the stream. */
typedef struct sur_rng {
    uint32_t key[2];     /* the seed */
    uint32_t counter[4]; /* [0,1] the block, [2,3] a hash of purpose and index */
    uint32_t block[4];   /* numbers made and not yet given out */
    int left;            /* how many of them */
    bool has_spare;      /* Box-Muller makes two normals at a time */
    double spare;
} sur_rng;

/* purpose names what the numbers are for ("features", "split"); index tells apart many
 * streams of one purpose (column j, example i). */
SUR_API sur_rng sur_rng_make(uint64_t seed, const char *purpose, uint64_t index);

SUR_API uint32_t sur_rng_u32(sur_rng *rng);
SUR_API uint64_t sur_rng_u64(sur_rng *rng);
/* The same numbers as count calls of sur_rng_u32, made faster. */
SUR_API void sur_rng_u32s(sur_rng *rng, uint32_t *out, sur_idx count);
SUR_API double sur_rng_uniform(sur_rng *rng);     /* in [0, 1), 53 bits */
SUR_API double sur_rng_normal(sur_rng *rng);      /* mean 0, variance 1 */
SUR_API double sur_rng_exponential(sur_rng *rng); /* mean 1 */

/* A whole number in 0 .. count-1, without bias; count >= 1. */
SUR_API sur_idx sur_rng_below(sur_rng *rng, sur_idx count);

/* Fills out with 0 .. count-1 in random order (Fisher-Yates). */
SUR_API void sur_rng_permutation(sur_rng *rng, sur_idx *out, sur_idx count);

/* Fills x with independent normals of the given standard deviation. The same numbers as
 * count calls of sur_rng_normal, made faster. */
SUR_API void sur_rng_normals(sur_rng *rng, double *x, sur_idx count, double deviation);

#ifdef __cplusplus
}
#endif
#endif
