/* kernel_avx2.c -- vectors of 8 floats, 16 of them in registers. */
#include "experiments/recover/kernel.h"

#ifdef __x86_64__
#include <immintrin.h>

#define KERNEL __attribute__((target("avx2,fma")))
#define WIDTH 8
#define TILE_RUNS 2
#define EVEN_PRODUCTS(a, b) ((longs)_mm256_mul_epu32((__m256i)(a), (__m256i)(b)))
#define WIDEN(a) ((doubles)_mm256_cvtps_pd((__m128)(a)))
#include "experiments/recover/kernel_normals.h"

const recover_kernel recover_kernel_avx2 = {"avx2",
                                            {dots_f32, dots_bf16},
                                            {adds_f32, adds_bf16},
                                            {exact_dots_f32, exact_dots_bf16},
                                            {exact_adds_f32, exact_adds_bf16},
                                            normals};
#endif
