/* kernels_avx512.c -- vectors of 16 floats, tiles of 6 x 64 and narrower. */
#include "model/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define KERNEL __attribute__((target("avx512f,avx512dq,avx2,fma")))
#define VEC __m512
#define WIDTH 16
#define MOST 4
#define DEEP 128
#define V_ZERO _mm512_setzero_ps
#define V_SET _mm512_set1_ps
#define V_LOAD _mm512_loadu_ps
#define V_STORE _mm512_storeu_ps
#define V_ADD _mm512_add_ps
#define V_SUB _mm512_sub_ps
#define V_MUL _mm512_mul_ps
#define V_DIV _mm512_div_ps
#define V_SQRT _mm512_sqrt_ps
#define V_MAX _mm512_max_ps
#define V_FMA _mm512_fmadd_ps
/* x where m > 0, else 0 */
#define V_KEEP(x, m) _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(m, V_ZERO(), _CMP_GT_OQ), x)
#include "model/kernels_tile.h"

KERNEL static void panels(const sur_product *p, sur_idx step)
{
    sur_idx j = 0;
    for (; j + PANEL <= p->n; j += PANEL) any_panel(p, step, j, 4);
    switch ((p->n - j) / WIDTH) {
    case 3:
        any_panel(p, step, j, 3);
        break;
    case 2:
        any_panel(p, step, j, 2);
        break;
    case 1:
        any_panel(p, step, j, 1);
        break;
    default:
        break;
    }
}

const sur_kernels sur_kernels_avx512 = SUR_KERNELS("avx512");
#endif
