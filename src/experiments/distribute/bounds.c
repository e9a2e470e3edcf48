/* bounds.c -- how few bits any protocol needs.
 *
 * Let the rows of X be orthonormal and known to all, and y on a grid of K levels in
 * [-1, 1], spacing s = 2/(K-1); node j knows its own N_j targets. From a model with
 * ||Xw - y||^2 <= eps ||y||^2 <= eps N every target is read off but for at most a share
 * f = eps N / (N (s/2)^2) = eps (K-1)^2 of them, so that w leaves at most
 *
 *     2^{N h(f)} (K-1)^{f N}   vectors y       (f < 1/2, h the binary entropy).
 *
 * Hence the bits B_j that node j receives satisfy
 *
 *     B_j >= (N - N_j) log2 K - N h(f) - f N log2(K - 1) - 1,
 *
 * for every K; the largest of these bounds is taken, and summed over the nodes. */
#include "experiments/distribute/bounds.h"

#include <math.h>

static double entropy(double f)
{
    if (!(f > 0.0) || !(f < 1.0)) return 0.0;
    return -f * log2(f) - (1.0 - f) * log2(1.0 - f);
}

static double bound_of(double n, double own, double eps, double levels)
{
    const double f = eps * (levels - 1.0) * (levels - 1.0);
    if (!(f < 0.5)) return 0.0;
    return (n - own) * log2(levels) - n * entropy(f) -
           f * n * (levels > 2.0 ? log2(levels - 1.0) : 0.0) - 1.0;
}

double distribute_proved_bits(double n, double own, double eps)
{
    double best = 0.0;
    for (double levels = 2.0; eps * (levels - 1.0) * (levels - 1.0) < 0.5;
         levels = fmax(levels + 1.0, floor(1.1 * levels)))
        best = fmax(best, bound_of(n, own, eps, levels));
    return best;
}

double distribute_reference_bits(double nodes, double n, double eps)
{
    return (nodes - 1.0) * n * 0.5 * log2(1.0 / eps);
}
