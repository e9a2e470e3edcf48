/* kernels.c -- which kernels this processor can run. */
#include "model/kernels.h"

const sur_kernels *sur_kernels_at(int i)
{
    const sur_kernels *found[3] = {0};
    int count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        found[count++] = &sur_kernels_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        found[count++] = &sur_kernels_avx2;
#endif
    found[count++] = &sur_kernels_plain;
    return i < count ? found[i] : NULL;
}
