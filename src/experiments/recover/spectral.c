/* spectral.c -- the spectral estimate: the best rank-r part of (g/m) A*(y). */
#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/baseline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* left = P sqrt(D), right = Q sqrt(D) of the r largest; right stays empty and negative
 * parts are dropped for a symmetric operator. */
sur_status recover_factors(sur_recover_result *result, const sur_mat *m, bool symmetric,
                           sur_idx rank, sur_error *err)
{
    const sur_idx k = m->rows < m->cols ? m->rows : m->cols, r = rank < k ? rank : k;
    sur_mat p = {0}, q = {0};
    double *values = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&values, k, sizeof *values, err));
    SUR_TRY(sur_mat_new(&p, m->rows, k, err));
    SUR_TRY(sur_mat_new(&result->left, m->rows, r, err));
    SUR_TRY(sur_alloc(&result->singular, r, sizeof *result->singular, err));
    if (symmetric) {
        SUR_TRY(sur_eigen(values, &p, m, err));
    } else {
        SUR_TRY(sur_mat_new(&q, m->cols, k, err));
        SUR_TRY(sur_mat_new(&result->right, m->cols, r, err));
        SUR_TRY(sur_svd(values, &p, &q, m, err));
    }
    for (sur_idx c = 0; c < r; c++) {
        const sur_idx at = symmetric ? k - 1 - c : c; /* eigenvalues ascend */
        const double value = fmax(values[at], 0.0), root = sqrt(value);
        result->singular[c] = value;
        for (sur_idx i = 0; i < m->rows; i++)
            sur_mat_row(&result->left, i)[c] = root * sur_mat_row(&p, i)[at];
        for (sur_idx i = 0; !symmetric && i < m->cols; i++)
            sur_mat_row(&result->right, i)[c] = root * sur_mat_row(&q, i)[at];
    }
    result->rank = r;
done:
    sur_mat_free(&p);
    sur_mat_free(&q);
    free(values);
    return status;
}

sur_status recover_fit_of(double *fit, const sur_operator *op, const double *y,
                          const double *weight, const sur_mat *x, double *scratch,
                          sur_error *err)
{
    double square = 0.0, whole = 0.0, sum[2] = {0};
    const sur_status status = op->forward(op->payload, scratch, x, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < op->count; i++) scratch[i] -= y[i];
    recover_center(op, scratch, weight);
    double mean = 0.0;
    if (op->centred) {
        for (sur_idx i = 0; i < op->count; i++) {
            const double w = weight ? weight[i] : 1.0;
            sum[0] += w * y[i];
            sum[1] += w;
        }
        mean = sum[0] / sum[1];
    }
    for (sur_idx i = 0; i < op->count; i++) {
        if (weight && weight[i] == 0.0) continue;
        square += scratch[i] * scratch[i];
        whole += (y[i] - mean) * (y[i] - mean);
    }
    *fit = sqrt(square / whole);
    return status;
}

sur_status sur_recover_spectral(sur_recover_result *result, const sur_operator *op,
                                const double *y, sur_idx rank, sur_error *err)
{
    sur_mat m = {0};
    double gain, *scratch = NULL;
    sur_status status = SUR_OK;

    *result = (sur_recover_result){.end = SUR_END_ITERATIONS,
                                   .holdout = (double)NAN,
                                   .fit = (double)NAN,
                                   .threshold = (double)NAN,
                                   .passes = 2};
    SUR_FAIL_IF(rank < 1, SUR_EINVAL, "rank %lld < 1", (long long)rank);
    SUR_TRY(sur_operator_gain(&gain, op, err));
    SUR_TRY(sur_mat_new(&m, op->rows, op->cols, err));
    SUR_TRY(sur_alloc(&scratch, op->count, sizeof *scratch, err));
    memcpy(scratch, y, (size_t)op->count * sizeof *scratch);
    recover_center(op, scratch, NULL);
    SUR_TRY(op->adjoint(op->payload, &m, scratch, err));
    for (sur_idx i = 0; i < m.rows * m.cols; i++) m.data[i] *= gain / (double)op->count;
    SUR_TRY(recover_factors(result, &m, op->symmetric, rank, err));
    result->scale = result->singular[0];
    sur_mat_multiply(&m, 1.0, &result->left, SUR_PLAIN,
                     op->symmetric ? &result->left : &result->right, SUR_TRANSPOSED,
                     0.0);
    SUR_TRY(recover_fit_of(&result->fit, op, y, NULL, &m, scratch, err));
    double square = 0.0;
    for (sur_idx i = 0; i < op->count; i++) square += scratch[i] * scratch[i];
    result->threshold = 1.5 * recover_edge(op, gain, square / (double)op->count);
    while (result->rank_found < result->rank &&
           result->singular[result->rank_found] > result->threshold)
        result->rank_found++;
done:
    sur_mat_free(&m);
    free(scratch);
    if (status != SUR_OK) sur_recover_free(result);
    return status;
}
