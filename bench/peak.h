/* peak.h -- Gflop/s of one thread where nothing but tiles are in its way: a deep
 * product one tile across, whose right factor stays in the L1 cache. Nothing but
 * multiplications and additions in registers makes some 7 % more. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include "model/kernels.h"

#include <string.h>

/* The best of some repeats of `seconds` each, by the clock of the caller. */
static double peak(double (*now)(void), double seconds)
{
    enum { M = 96, K = 256, WIDEST = 64 };
    static float a[M * K], b[K * WIDEST], c[M * WIDEST];
    const sur_kernels *kernels = sur_kernels_at(0);
    const sur_idx n = strcmp(kernels->name, "avx512") == 0 ? WIDEST : LANES;
    const sur_product p = {.m = M,
                           .n = n,
                           .k = K,
                           .a = a,
                           .row = K,
                           .col = 1,
                           .b = b,
                           .ldb = n,
                           .c = c,
                           .ldc = n};
    double best = 0.0;
    for (int r = 0; r < 20; r++) {
        sur_idx count = 0;
        const double since = now();
        double spent;
        do {
            for (int i = 0; i < 100; i++, count++) kernels->product(&p);
            spent = now() - since;
        } while (spent < seconds);
        const double rate = 2.0 * (double)(M * n * K * count) / spent / 1e9;
        if (rate > best) best = rate;
    }
    return best;
}

#endif
