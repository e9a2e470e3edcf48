/* kernels_avx2.c -- vectors of 8 floats, tiles of 6 x 16. */
#include "model/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define KERNEL __attribute__((target("avx2,fma")))
#define VEC __m256
#define WIDTH 8
#define MOST 2
#define V_ZERO _mm256_setzero_ps
#define V_SET _mm256_set1_ps
#define V_LOAD _mm256_loadu_ps
#define V_STORE _mm256_storeu_ps
#define V_ADD _mm256_add_ps
#define V_SUB _mm256_sub_ps
#define V_MUL _mm256_mul_ps
#define V_DIV _mm256_div_ps
#define V_SQRT _mm256_sqrt_ps
#define V_MAX _mm256_max_ps
#define V_FMA _mm256_fmadd_ps
#include "model/kernels_tile.h"

KERNEL static void product(const sur_product *p)
{
    for (sur_idx j = 0; j < p->n; j += PANEL) any_panel(p, j, MOST);
}

const sur_kernels sur_kernels_avx2 = {
    "avx2", product,  transpose,   activate,    chain,       exps,     add,
    update, lane_sum, lane_square, lane_normal, lane_slopes, lane_back};
#endif
