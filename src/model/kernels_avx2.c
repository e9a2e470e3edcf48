/* kernels_avx2.c -- vectors of 8 floats, tiles of 6 x 16. */
#include "model/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define KERNEL __attribute__((target("avx2,fma")))
#define VEC __m256
#define WIDTH 8
#define MOST 2
#define DEEP 256
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
/* x where m > 0, else 0 */
#define V_KEEP(x, m) _mm256_and_ps(x, _mm256_cmp_ps(m, V_ZERO(), _CMP_GT_OQ))
#include "model/kernels_tile.h"

KERNEL static void panels(const sur_product *p, sur_idx step)
{
    for (sur_idx j = 0; j < p->n; j += PANEL) any_panel(p, step, j, MOST);
}

const sur_kernels sur_kernels_avx2 = SUR_KERNELS("avx2");
#endif
