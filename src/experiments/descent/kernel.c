/* kernel.c -- the model of infinite width: kernel ridge regression.
 *
 *   a = (K + mu W^-1)^-1 y,   f(x) = sum_i k(x, x_i) a_i
 *
 * With K' = W^1/2 K W^1/2 = V diag(l) V' it is a = W^1/2 V diag(1 / (l + mu)) V' W^1/2
 * y, so that one decomposition serves all mu. At mu = 0 eigenvalues below n eps max l
 * count as zero and are left out: the solution of least norm. */
#include "experiments/descent/descent.h"

#include "base/memory.h"
#include "base/try.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

void sur_descent_kernel_free(sur_descent_kernel *kernel)
{
    free(kernel->values);
    free(kernel->root);
    sur_mat_free(&kernel->vectors);
    sur_mat_free(&kernel->rotated);
    sur_mat_free(&kernel->scaled);
    *kernel = (sur_descent_kernel){0};
}

static sur_status take_roots(sur_descent_kernel *kernel, const double *weight,
                             sur_idx n, sur_error *err)
{
    const sur_status status = sur_alloc(&kernel->root, n, sizeof *kernel->root, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < n; i++) {
        if (!(weight[i] >= 0.0))
            return sur_fail(err, SUR_ENUMERIC,
                            "width inf needs weights of at least 0, not %g", weight[i]);
        kernel->root[i] = sqrt(weight[i]);
    }
    return SUR_OK;
}

sur_status sur_descent_kernel_new(sur_descent_kernel *out,
                                  const sur_descent_problem *problem,
                                  const sur_mat *targets, sur_error *err)
{
    const sur_idx n = problem->train.rows, k = targets->cols;
    const double *weight = problem->fit_weight;
    sur_descent_kernel kernel = {0};
    sur_mat matrix = {0}, target = {0};
    sur_status status;

    *out = kernel;
    SUR_TRY(sur_mat_new(&matrix, n, n, err));
    SUR_TRY(sur_mat_new(&target, n, k, err));
    SUR_TRY(sur_mat_new(&kernel.vectors, n, n, err));
    SUR_TRY(sur_mat_new(&kernel.rotated, n, k, err));
    SUR_TRY(sur_mat_new(&kernel.scaled, n, problem->outputs, err));
    SUR_TRY(sur_alloc(&kernel.values, n, sizeof *kernel.values, err));
    if (weight) SUR_TRY(take_roots(&kernel, weight, n, err));

    SUR_TRY(sur_features_kernel(&matrix, &problem->features, &problem->train,
                                &problem->train, err));
    sur_mat_copy(&target, targets);
    for (sur_idx i = 0; i < n && kernel.root; i++) {
        double *row = sur_mat_row(&matrix, i), *y = sur_mat_row(&target, i);
        for (sur_idx j = 0; j < n; j++) row[j] *= kernel.root[i] * kernel.root[j];
        for (sur_idx j = 0; j < k; j++) y[j] *= kernel.root[i];
    }
    SUR_TRY(sur_eigen(kernel.values, &kernel.vectors, &matrix, err));
    /* label noise by label noise, so that the shape does not depend on their number */
    for (sur_idx first = 0; first < k; first += problem->outputs) {
        const sur_mat y = sur_mat_part(&target, 0, n, first, problem->outputs);
        sur_mat turned = sur_mat_part(&kernel.rotated, 0, n, first, problem->outputs);
        sur_mat_multiply(&turned, 1.0, &kernel.vectors, SUR_TRANSPOSED, &y, SUR_PLAIN,
                         0.0);
    }
    *out = kernel;
    kernel = (sur_descent_kernel){0};

done:
    sur_mat_free(&matrix);
    sur_mat_free(&target);
    sur_descent_kernel_free(&kernel);
    return status;
}

double sur_descent_kernel_trace(const sur_descent_kernel *kernel)
{
    double sum = 0.0;
    for (sur_idx i = 0; i < kernel->vectors.rows; i++) sum += kernel->values[i];
    return sum;
}

void sur_descent_kernel_solve(sur_mat *a, sur_curve_fit *fit,
                              sur_descent_kernel *kernel, sur_idx output, double ridge)
{
    const sur_idx n = kernel->vectors.rows, k = a->cols;
    const double most = kernel->values[n - 1];
    const double cutoff = (double)n * DBL_EPSILON * most;
    double least = most, effective = 0.0, norm = 0.0;
    sur_idx rank = 0;

    sur_mat_fill(&kernel->scaled, 0.0);
    for (sur_idx i = 0; i < n; i++) {
        const double l = kernel->values[i],
                     *turned = sur_mat_row(&kernel->rotated, i) + output;
        double *scaled = sur_mat_row(&kernel->scaled, i);
        if (l <= cutoff) continue; /* such a direction adds nothing to any prediction */
        if (l < least) least = l;
        rank++;
        effective += l / (l + ridge);
        for (sur_idx j = 0; j < k; j++) {
            scaled[j] = turned[j] / (l + ridge);
            norm += l * scaled[j] * scaled[j];
        }
    }
    sur_mat_multiply(a, 1.0, &kernel->vectors, SUR_PLAIN, &kernel->scaled, SUR_PLAIN,
                     0.0);
    for (sur_idx r = 0; r < n && kernel->root; r++)
        for (sur_idx j = 0; j < k; j++) sur_mat_row(a, r)[j] *= kernel->root[r];
    *fit = (sur_curve_fit){.condition = rank ? most / least : nan(""),
                           .rank = rank,
                           .effective = effective,
                           .norm = sqrt(norm),
                           .residual = nan(""),
                           .method = "eigen"};
}
