/* kernel_plain.c -- vectors of 4 floats, for any processor. */
#define KERNEL
#define WIDTH 4
#define TILE_RUNS 2
#define EVEN_PRODUCTS(a, b) (((longs)(a)&UINT32_MAX) * ((longs)(b)&UINT32_MAX))
#define WIDEN(a) __builtin_convertvector(a, doubles)
#include "experiments/recover/kernel_normals.h"

const recover_kernel recover_kernel_plain = {"plain",
                                             {dots_f32, dots_bf16},
                                             {adds_f32, adds_bf16},
                                             {exact_dots_f32, exact_dots_bf16},
                                             {exact_adds_f32, exact_adds_bf16},
                                             normals};
