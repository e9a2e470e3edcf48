/* kernel_avx512.c -- vectors of 16 floats, 32 of them in registers. */
#include "experiments/recover/kernel.h"

#ifdef __x86_64__
#include <immintrin.h>

#define KERNEL __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma")))
#define WIDTH 16
#define TILE_RUNS 4
#define EVEN_PRODUCTS(a, b) ((longs)_mm512_mul_epu32((__m512i)(a), (__m512i)(b)))
#define WIDEN(a) ((doubles)_mm512_cvtps_pd((__m256)(a)))
#include "experiments/recover/kernel_normals.h"

const recover_kernel recover_kernel_avx512 = {"avx512",
                                              {dots_f32, dots_bf16},
                                              {adds_f32, adds_bf16},
                                              {exact_dots_f32, exact_dots_bf16},
                                              {exact_adds_f32, exact_adds_bf16},
                                              normals};
#endif
