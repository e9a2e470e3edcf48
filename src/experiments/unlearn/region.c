/* region.c -- how large a ball is, and how much more changes near than far. */
#include "experiments/unlearn/region.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

/* The distance from row i of x to the nearest row that differs, or infinity. */
static double nearest(const sur_mat *x, sur_idx i)
{
    const double *a = sur_mat_row(x, i);
    double least = HUGE_VAL;
    for (sur_idx k = 0; k < x->rows; k++) {
        const double *b = sur_mat_row(x, k);
        double square = 0.0;
        for (sur_idx j = 0; j < x->cols; j++) square += (a[j] - b[j]) * (a[j] - b[j]);
        if (square > 0.0 && square < least) least = square;
    }
    return sqrt(least);
}

sur_status unlearn_neighbour_distance(double *out, const sur_mat *x, sur_idx most,
                                      sur_error *err)
{
    const sur_idx asking = x->rows < most ? x->rows : most;
    double *distance = NULL;
    sur_idx count = 0;
    sur_status status;

    SUR_TRY(sur_alloc(&distance, asking, sizeof *distance, err));
    for (sur_idx k = 0; k < asking; k++) {
        const double d = nearest(x, k * x->rows / asking);
        if (isfinite(d)) distance[count++] = d;
    }
    *out = nan("");
    if (count > 0) SUR_TRY(sur_quantile(out, distance, NULL, count, 0.5, err));

done:
    free(distance);
    return status;
}

/* ---- locality ---- */

/* The mean of those of x that are numbers, with Student's interval cut to [0, 1];
 * *variance is that of the mean. */
static sur_interval mean_of(const double *x, sur_idx n, double level, sur_idx *count,
                            double *variance)
{
    sur_interval out = {nan(""), nan(""), nan("")};
    double sum = 0.0, squares = 0.0;
    *count = 0;
    *variance = nan("");
    for (sur_idx i = 0; i < n; i++) {
        if (isnan(x[i])) continue;
        sum += x[i];
        ++*count;
    }
    if (*count == 0) return out;
    const double m = (double)*count;
    out.value = sum / m;
    for (sur_idx i = 0; i < n; i++)
        if (!isnan(x[i])) squares += (x[i] - out.value) * (x[i] - out.value);
    if (*count < 2) return out;
    *variance = squares / (m * (m - 1.0));
    const double half = sur_t_quantile(0.5 + 0.5 * level, m - 1.0) * sqrt(*variance);
    out.low = fmax(0.0, out.value - half);
    out.high = fmin(1.0, out.value + half);
    return out;
}

unlearn_locality unlearn_locality_of(const double *near, sur_idx near_count,
                                     const double *far, sur_idx far_count, double level)
{
    unlearn_locality out = {.ratio = {nan(""), nan(""), nan("")}};
    double va, vb;
    out.near = mean_of(near, near_count, level, &out.near_count, &va);
    out.far = mean_of(far, far_count, level, &out.far_count, &vb);
    const double a = out.near.value, b = out.far.value;
    if (a > 0.0 && b == 0.0) out.ratio.value = HUGE_VAL;
    if (!(b > 0.0)) return out;
    out.ratio.value = a / b;
    va /= a * a;
    vb /= b * b;
    if (!(a > 0.0) || !(va + vb >= 0.0)) return out;
    const double degrees = va + vb > 0.0
                               ? (va + vb) * (va + vb) /
                                     (va * va / ((double)out.near_count - 1.0) +
                                      vb * vb / ((double)out.far_count - 1.0))
                               : 1.0;
    const double half = sur_t_quantile(0.5 + 0.5 * level, degrees) * sqrt(va + vb);
    out.ratio.low = out.ratio.value * exp(-half);
    out.ratio.high = out.ratio.value * exp(half);
    return out;
}
