/* rank_one.c -- quadratic measurements a_i' X a_i: phase retrieval (X = x x') and
 * covariance sketching.
 *
 * For normal a_i, E A*A(Z) = 2 Z + tr(Z) I: the identity part would lift every
 * direction of a small start alike. Taking the mean off the residuals removes it, and
 * (1/2m) sum e_i a_i a_i' then has mean Z exactly. With P the projection off the
 * constant vector the operator here is P A, so that its adjoint is A* P. */
#include <surplus/recover.h>

#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/recover.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct rank_one {
    sur_operator shape; /* count and centred, for recover_center */
    sur_mat vectors;    /* a view: m x n */
} rank_one;

/* (A R)_i = a_i' R, then its rows times z. */
static sur_status project(sur_mat *out, const rank_one *a, const sur_mat *r,
                          sur_error *err)
{
    const sur_status status = sur_mat_new(out, a->vectors.rows, r->cols, err);
    if (status != SUR_OK) return status;
    sur_mat_multiply(out, 1.0, &a->vectors, SUR_PLAIN, r, SUR_PLAIN, 0.0);
    return status;
}

static double dot(const double *x, const double *y, sur_idx n)
{
    double sum = 0.0;
    for (sur_idx i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

static void scale_rows(sur_mat *b, const double *z)
{
    for (sur_idx i = 0; i < b->rows; i++)
        for (sur_idx k = 0; k < b->cols; k++) sur_mat_row(b, i)[k] *= z[i];
}

static sur_status forward(void *payload, double *out, const sur_mat *x, sur_error *err)
{
    const rank_one *a = payload;
    sur_mat ax = {0};
    const sur_status status = project(&ax, a, x, err);
    for (sur_idx i = 0; status == SUR_OK && i < ax.rows; i++)
        out[i] = dot(sur_mat_row(&ax, i), sur_mat_row(&a->vectors, i), ax.cols);
    if (status == SUR_OK) recover_center(&a->shape, out, NULL);
    sur_mat_free(&ax);
    return status;
}

static sur_status centred_copy(double **copy, const rank_one *a, const double *z,
                               sur_error *err)
{
    const sur_status status = sur_alloc(copy, a->vectors.rows, sizeof **copy, err);
    if (status != SUR_OK) return status;
    memcpy(*copy, z, (size_t)a->vectors.rows * sizeof **copy);
    recover_center(&a->shape, *copy, NULL);
    return status;
}

static sur_status adjoint(void *payload, sur_mat *out, const double *z, sur_error *err)
{
    const rank_one *a = payload;
    double *copy = NULL;
    sur_mat scaled = {0};
    sur_status status;
    SUR_TRY(centred_copy(&copy, a, z, err));
    SUR_TRY(sur_mat_new(&scaled, a->vectors.rows, a->vectors.cols, err));
    sur_mat_copy(&scaled, &a->vectors);
    scale_rows(&scaled, copy);
    sur_mat_multiply(out, 1.0, &a->vectors, SUR_TRANSPOSED, &scaled, SUR_PLAIN, 0.0);
done:
    sur_mat_free(&scaled);
    free(copy);
    return status;
}

static sur_status apply(void *payload, sur_mat *left_out, sur_mat *right_out,
                        const double *z, const sur_mat *left, const sur_mat *right,
                        sur_error *err)
{
    const rank_one *a = payload;
    sur_mat *outs[] = {left_out, right_out};
    const sur_mat *ins[] = {right, left};
    double *copy = NULL;
    sur_mat b = {0};
    sur_status status;
    SUR_TRY(centred_copy(&copy, a, z, err));
    for (int s = 0; s < 2; s++) {
        if (!outs[s]) continue;
        SUR_TRY(project(&b, a, ins[s], err));
        scale_rows(&b, copy);
        sur_mat_multiply(outs[s], 1.0, &a->vectors, SUR_TRANSPOSED, &b, SUR_PLAIN, 0.0);
        sur_mat_free(&b);
    }
done:
    sur_mat_free(&b);
    free(copy);
    return status;
}

static sur_status pass(void *payload, const sur_pass *passes, sur_idx count,
                       sur_error *err)
{
    const rank_one *a = payload;
    sur_mat b = {0};
    double *z = NULL;
    sur_status status = SUR_OK;
    SUR_TRY(sur_alloc(&z, a->vectors.rows, sizeof *z, err));
    for (sur_idx k = 0; k < count; k++) {
        const sur_pass *p = &passes[k];
        SUR_TRY(project(&b, a, p->left, err));
        for (sur_idx i = 0; i < b.rows; i++)
            p->residual[i] =
                dot(sur_mat_row(&b, i), sur_mat_row(&b, i), b.cols) - p->y[i];
        recover_center(&a->shape, p->residual, p->weight);
        for (sur_idx i = 0; i < b.rows; i++)
            z[i] = p->weight ? p->weight[i] * p->residual[i] : p->residual[i];
        scale_rows(&b, z);
        sur_mat_multiply(p->left_out, 1.0, &a->vectors, SUR_TRANSPOSED, &b, SUR_PLAIN,
                         0.0);
        sur_mat_free(&b);
    }
done:
    sur_mat_free(&b);
    free(z);
    return status;
}

sur_status sur_operator_rank_one(sur_operator *op, const sur_mat *vectors, bool centred,
                                 sur_error *err)
{
    rank_one *a = NULL;
    double square = 0.0;
    sur_status status;

    *op = (sur_operator){0};
    SUR_FAIL_IF(vectors->rows < 1 || vectors->cols < 1, SUR_EINVAL,
                "%lld vectors of length %lld", (long long)vectors->rows,
                (long long)vectors->cols);
    for (sur_idx i = 0; i < vectors->rows; i++) {
        const double norm = sur_norm2(sur_mat_row(vectors, i), vectors->cols);
        SUR_FAIL_IF(!isfinite(norm), SUR_EPARSE,
                    "measurement vector %lld is not finite", (long long)i + 1);
        square += norm * norm;
    }
    SUR_FAIL_IF(!(square > 0.0), SUR_EINVAL, "all measurement vectors are zero");
    SUR_TRY(sur_alloc(&a, 1, sizeof *a, err));
    /* vectors of mean square 1 per entry have gain 1/2; others are scaled */
    const double variance = square / ((double)vectors->rows * (double)vectors->cols);
    *a = (rank_one){.shape = {.count = vectors->rows, .centred = centred},
                    .vectors = *vectors};
    *op = (sur_operator){.rows = vectors->cols,
                         .cols = vectors->cols,
                         .count = vectors->rows,
                         .symmetric = true,
                         .gain = 0.5 / (variance * variance),
                         .centred = centred,
                         .forward = forward,
                         .adjoint = adjoint,
                         .pass = pass,
                         .apply = apply,
                         .free = free,
                         .payload = a};
done:
    return status;
}
