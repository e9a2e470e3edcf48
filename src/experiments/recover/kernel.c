/* kernel.c -- which kernels this processor can run. */
#include "experiments/recover/kernel.h"

const recover_kernel *recover_kernel_at(int i)
{
    const recover_kernel *found[3] = {0};
    int count = 0;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        found[count++] = &recover_kernel_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        found[count++] = &recover_kernel_avx2;
#endif
    found[count++] = &recover_kernel_plain;
    return i < count ? found[i] : NULL;
}
