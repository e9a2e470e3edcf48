/* precond_rows.c -- orthonormal rows, and the inverse of a stack of them. */
#include "experiments/distribute/precond.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

#define RANK 1e-9 /* a singular value counts as zero below this times the largest */

int precond_step(double x)
{
    const double step = floor(4.0 * log2(x));
    return (int)fmin(499.0, fmax(-499.0, step));
}

double precond_step_value(int step) { return exp2(0.25 * (double)step); }

/* ---- the stack ---- */

void precond_inverse_free(precond_inverse *inverse)
{
    sur_mat_free(&inverse->u);
    sur_mat_free(&inverse->v);
    sur_mat_free(&inverse->room);
    free(inverse->value);
    *inverse = (precond_inverse){0};
}

sur_status precond_inverse_new(precond_inverse *out, sur_idx n, sur_idx d, sur_idx k,
                               sur_error *err)
{
    const sur_idx m = n < d ? n : d;
    sur_status status;

    *out = (precond_inverse){0};
    SUR_TRY(sur_mat_new(&out->u, n, m, err));
    SUR_TRY(sur_mat_new(&out->v, d, m, err));
    SUR_TRY(sur_mat_new(&out->room, m, k, err));
    SUR_TRY(sur_alloc(&out->value, m, sizeof *out->value, err));

done:
    if (status != SUR_OK) precond_inverse_free(out);
    return status;
}

sur_status precond_inverse_set(precond_inverse *inverse, const sur_mat *p, double noise,
                               sur_error *err)
{
    const sur_status status = sur_svd(inverse->value, &inverse->u, &inverse->v, p, err);
    if (status != SUR_OK) return status;
    const sur_idx m = inverse->u.cols;
    const double floor = fmax(noise, m ? RANK * inverse->value[0] : 0.0);
    inverse->kept = 0;
    while (inverse->kept < m && inverse->value[inverse->kept] > floor) inverse->kept++;
    return SUR_OK;
}

double precond_inverse_apply(sur_mat *c, precond_inverse *inverse, const sur_mat *e)
{
    const sur_idx m = inverse->kept;
    const sur_mat u = sur_mat_part(&inverse->u, 0, inverse->u.rows, 0, m);
    const sur_mat v = sur_mat_part(&inverse->v, 0, inverse->v.rows, 0, m);
    sur_mat room = sur_mat_part(&inverse->room, 0, m, 0, e->cols);
    sur_mat_multiply(&room, 1.0, &u, SUR_TRANSPOSED, e, SUR_PLAIN, 0.0);
    const double all = sur_mat_norm(e), kept = sur_mat_norm(&room);
    for (sur_idx i = 0; i < m; i++)
        for (sur_idx j = 0; j < e->cols; j++)
            sur_mat_row(&room, i)[j] /= inverse->value[i];
    sur_mat_multiply(c, 1.0, &v, SUR_PLAIN, &room, SUR_PLAIN, 0.0);
    return sqrt(fmax(0.0, (all - kept) * (all + kept)));
}

/* ---- one node's rows ---- */

void precond_rows_free(precond_rows *rows)
{
    sur_mat_free(&rows->p);
    sur_mat_free(&rows->map);
    sur_mat_free(&rows->r);
    sur_mat_free(&rows->e);
    *rows = (precond_rows){0};
}

sur_status precond_rows_new(precond_rows *out, const distribute_task *task,
                            sur_idx node, sur_error *err)
{
    sur_mat u = {0}, v = {0};
    double *value = NULL;
    sur_status status;

    *out = (precond_rows){0};
    distribute_linear_rows(task, node, &out->z, &out->y);
    const sur_idx n = out->z.rows, d = out->z.cols, k = out->y.cols, m = n < d ? n : d;
    SUR_TRY(sur_mat_new(&out->p, n, d, err));
    SUR_TRY(sur_mat_new(&out->map, n, n, err));
    SUR_TRY(sur_mat_new(&out->r, n, k, err));
    SUR_TRY(sur_mat_new(&out->e, n, k, err));
    if (n == 0) goto done;
    SUR_TRY(sur_mat_new(&u, n, m, err));
    SUR_TRY(sur_mat_new(&v, d, m, err));
    SUR_TRY(sur_alloc(&value, m, sizeof *value, err));
    SUR_TRY(sur_svd(value, &u, &v, &out->z, err));
    for (sur_idx i = 0; i < m && value[i] > RANK * value[0]; i++) {
        for (sur_idx j = 0; j < d; j++)
            sur_mat_row(&out->p, i)[j] = sur_mat_row(&v, j)[i];
        for (sur_idx j = 0; j < n; j++)
            sur_mat_row(&out->map, i)[j] = sur_mat_row(&u, j)[i] / value[i];
    }

done:
    sur_mat_free(&u);
    sur_mat_free(&v);
    free(value);
    if (status != SUR_OK) precond_rows_free(out);
    return status;
}

void precond_rows_compute(precond_rows *rows, const double *v, double *loss)
{
    const sur_idx k = rows->y.cols, d = rows->z.cols;
    const sur_mat model = {(double *)(uintptr_t)v, d, k, k};
    sur_mat_copy(&rows->r, &rows->y);
    sur_mat_multiply(&rows->r, -1.0, &rows->z, SUR_PLAIN, &model, SUR_PLAIN, 1.0);
    sur_mat_multiply(&rows->e, 1.0, &rows->map, SUR_PLAIN, &rows->r, SUR_PLAIN, 0.0);
    const double norm = sur_mat_norm(&rows->r);
    *loss = norm * norm;
}
