/* operator.c -- what all operators share: the slow ways to pass and apply, the adjoint
 * test, the norm of A*(z). */
#include <surplus/random.h>
#include <surplus/recover.h>

#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/recover.h"

#include <math.h>
#include <stdlib.h>

void sur_operator_free(sur_operator *op)
{
    if (op->free) op->free(op->payload);
    *op = (sur_operator){0};
}

double recover_center(const sur_operator *op, double *residual, const double *weight)
{
    double sum = 0.0, used = 0.0;
    if (!op->centred) return 0.0;
    for (sur_idx i = 0; i < op->count; i++) {
        const double w = weight ? weight[i] : 1.0;
        sum += w * residual[i];
        used += w;
    }
    const double mean = used > 0.0 ? sum / used : 0.0;
    for (sur_idx i = 0; i < op->count; i++) residual[i] -= mean;
    return mean;
}

/* ---- the slow ways ---- */

static sur_status slow_apply(const sur_operator *op, sur_mat *left_out,
                             sur_mat *right_out, const double *z, const sur_mat *left,
                             const sur_mat *right, sur_error *err)
{
    sur_mat d = {0};
    sur_status status;
    SUR_TRY(sur_mat_new(&d, op->rows, op->cols, err));
    SUR_TRY(op->adjoint(op->payload, &d, z, err));
    if (left_out) sur_mat_multiply(left_out, 1.0, &d, SUR_PLAIN, right, SUR_PLAIN, 0.0);
    if (right_out)
        sur_mat_multiply(right_out, 1.0, &d, SUR_TRANSPOSED, left, SUR_PLAIN, 0.0);
done:
    sur_mat_free(&d);
    return status;
}

static sur_status slow_pass(const sur_operator *op, const sur_pass *p, sur_error *err)
{
    sur_mat x = {0};
    double *z = NULL;
    sur_status status;
    SUR_TRY(sur_mat_new(&x, op->rows, op->cols, err));
    SUR_TRY(sur_alloc(&z, op->count, sizeof *z, err));
    sur_mat_multiply(&x, 1.0, p->left, SUR_PLAIN, p->right, SUR_TRANSPOSED, 0.0);
    SUR_TRY(op->forward(op->payload, p->residual, &x, err));
    for (sur_idx i = 0; i < op->count; i++) p->residual[i] -= p->y[i];
    recover_center(op, p->residual, p->weight);
    for (sur_idx i = 0; i < op->count; i++)
        z[i] = p->weight ? p->weight[i] * p->residual[i] : p->residual[i];
    SUR_TRY(sur_operator_apply(op, p->left_out, op->symmetric ? NULL : p->right_out, z,
                               p->left, p->right, err));
done:
    sur_mat_free(&x);
    free(z);
    return status;
}

sur_status sur_operator_pass(const sur_operator *op, const sur_pass *passes,
                             sur_idx count, sur_error *err)
{
    if (op->pass) return op->pass(op->payload, passes, count, err);
    for (sur_idx k = 0; k < count; k++) {
        const sur_status status = slow_pass(op, &passes[k], err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

sur_status sur_operator_apply(const sur_operator *op, sur_mat *left_out,
                              sur_mat *right_out, const double *z, const sur_mat *left,
                              const sur_mat *right, sur_error *err)
{
    if (op->apply)
        return op->apply(op->payload, left_out, right_out, z, left, right, err);
    return slow_apply(op, left_out, right_out, z, left, right, err);
}

/* ---- measures ---- */

static void random_matrix(sur_mat *m, const char *purpose, bool symmetric)
{
    sur_rng rng = sur_rng_make(1, purpose, 0);
    for (sur_idx i = 0; i < m->rows; i++)
        sur_rng_normals(&rng, sur_mat_row(m, i), m->cols, 1.0);
    for (sur_idx i = 0; symmetric && i < m->rows; i++)
        for (sur_idx j = 0; j < i; j++)
            sur_mat_row(m, i)[j] = sur_mat_row(m, j)[i] =
                (sur_mat_row(m, i)[j] + sur_mat_row(m, j)[i]) / sqrt(2.0);
}

sur_status sur_operator_gain(double *gain, const sur_operator *op, sur_error *err)
{
    sur_mat x = {0};
    double *y = NULL;
    sur_status status = SUR_OK;
    if (op->gain > 0.0) {
        *gain = op->gain;
        return status;
    }
    SUR_TRY(sur_mat_new(&x, op->rows, op->cols, err));
    SUR_TRY(sur_alloc(&y, op->count, sizeof *y, err));
    random_matrix(&x, "gain", op->symmetric);
    SUR_TRY(op->forward(op->payload, y, &x, err));
    const double seen = sur_norm2(y, op->count), whole = sur_mat_norm(&x);
    SUR_FAIL_IF(!(seen > 0.0) || !isfinite(seen), SUR_EINVAL,
                "the operator maps a random matrix to numbers of norm %g", seen);
    *gain = (double)op->count * whole * whole / (seen * seen);
done:
    sur_mat_free(&x);
    free(y);
    return status;
}

/* Power iteration on D'D, D = A*(z), until the norm moves by less than 1e-9. */
sur_status sur_operator_norm(double *norm, const sur_operator *op, const double *z,
                             sur_error *err)
{
    enum { TURNS = 300, SMALL = 2000 };
    const bool whole = op->rows <= SMALL && op->cols <= SMALL;
    sur_mat d = {0}, left = {0}, right = {0};
    sur_status status;
    double last = 0.0;

    *norm = 0.0;
    SUR_TRY(sur_mat_new(&left, op->rows, 1, err));
    SUR_TRY(sur_mat_new(&right, op->cols, 1, err));
    if (whole) {
        SUR_TRY(sur_mat_new(&d, op->rows, op->cols, err));
        SUR_TRY(op->adjoint(op->payload, &d, z, err));
    }
    random_matrix(&right, "norm", false);
    for (int turn = 0; turn < TURNS; turn++) {
        const double length = sur_norm2(right.data, op->cols);
        if (!(length > 0.0) || !isfinite(length)) break;
        for (sur_idx j = 0; j < op->cols; j++) right.data[j] /= length;
        *norm = sqrt(length);
        if (turn > 2 && fabs(*norm - last) <= 1e-9 * *norm) break;
        last = *norm;
        if (whole) {
            sur_mat_multiply(&left, 1.0, &d, SUR_PLAIN, &right, SUR_PLAIN, 0.0);
            sur_mat_multiply(&right, 1.0, &d, SUR_TRANSPOSED, &left, SUR_PLAIN, 0.0);
        } else {
            SUR_TRY(sur_operator_apply(op, &left, NULL, z, &left, &right, err));
            if (op->symmetric) {
                sur_mat again = right;
                SUR_TRY(sur_operator_apply(op, &again, NULL, z, &left, &left, err));
            } else {
                SUR_TRY(sur_operator_apply(op, NULL, &right, z, &left, &right, err));
            }
        }
    }
done:
    sur_mat_free(&d);
    sur_mat_free(&left);
    sur_mat_free(&right);
    return status;
}

/* ---- the adjoint test ---- */

typedef struct trial {
    sur_mat x, d, left, right, left_out, right_out, left_want, right_want;
    double *z, *y, *residual, *zero;
} trial;

static sur_status trial_new(trial *t, const sur_operator *op, sur_error *err)
{
    enum { COLUMNS = 3 };
    const sur_idx n1 = op->rows, n2 = op->cols;
    sur_mat *tall[] = {&t->left, &t->left_out, &t->left_want},
            *wide[] = {&t->right, &t->right_out, &t->right_want};
    sur_status status;
    SUR_TRY(sur_mat_new(&t->x, n1, n2, err));
    SUR_TRY(sur_mat_new(&t->d, n1, n2, err));
    for (int i = 0; i < 3; i++) {
        SUR_TRY(sur_mat_new(tall[i], n1, COLUMNS, err));
        SUR_TRY(sur_mat_new(wide[i], n2, COLUMNS, err));
    }
    SUR_TRY(sur_alloc(&t->z, op->count, sizeof *t->z, err));
    SUR_TRY(sur_alloc(&t->y, op->count, sizeof *t->y, err));
    SUR_TRY(sur_alloc(&t->residual, op->count, sizeof *t->residual, err));
    SUR_TRY(sur_alloc(&t->zero, op->count, sizeof *t->zero, err));
done:
    return status;
}

static void trial_free(trial *t)
{
    sur_mat *all[] = {&t->x,        &t->d,         &t->left,      &t->right,
                      &t->left_out, &t->right_out, &t->left_want, &t->right_want};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) sur_mat_free(all[i]);
    free(t->z);
    free(t->y);
    free(t->residual);
    free(t->zero);
}

static double dot(const double *x, const double *y, sur_idx n)
{
    double sum = 0.0;
    for (sur_idx i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

/* || a - b || / || b || */
static double apart(sur_mat *a, const sur_mat *b)
{
    const double scale = sur_mat_norm(b);
    sur_mat_axpy(a, -1.0, b);
    return sur_mat_norm(a) / (scale > 0.0 ? scale : 1.0);
}

/* Pass and apply against forward and adjoint. */
static sur_status compare(double gaps[2], trial *t, const sur_operator *op,
                          sur_error *err)
{
    const sur_idx m = op->count;
    const sur_mat *other = op->symmetric ? &t->left : &t->right;
    sur_status status;

    SUR_TRY(op->adjoint(op->payload, &t->d, t->z, err));
    sur_mat_multiply(&t->left_want, 1.0, &t->d, SUR_PLAIN, other, SUR_PLAIN, 0.0);
    sur_mat_multiply(&t->right_want, 1.0, &t->d, SUR_TRANSPOSED, &t->left, SUR_PLAIN,
                     0.0);
    SUR_TRY(sur_operator_apply(op, &t->left_out, &t->right_out, t->z, &t->left, other,
                               err));
    gaps[0] =
        fmax(apart(&t->left_out, &t->left_want), apart(&t->right_out, &t->right_want));

    sur_mat_multiply(&t->x, 1.0, &t->left, SUR_PLAIN, other, SUR_TRANSPOSED, 0.0);
    SUR_TRY(op->forward(op->payload, t->y, &t->x, err));
    for (sur_idx i = 0; i < m; i++) t->y[i] -= t->z[i];
    recover_center(op, t->y, NULL);
    SUR_TRY(op->adjoint(op->payload, &t->d, t->y, err));
    sur_mat_multiply(&t->left_want, 1.0, &t->d, SUR_PLAIN, other, SUR_PLAIN, 0.0);
    sur_mat_multiply(&t->right_want, 1.0, &t->d, SUR_TRANSPOSED, &t->left, SUR_PLAIN,
                     0.0);
    const sur_pass pass = {.left = &t->left,
                           .right = other,
                           .y = t->z,
                           .residual = t->residual,
                           .left_out = &t->left_out,
                           .right_out = &t->right_out,
                           .exact = true};
    SUR_TRY(sur_operator_pass(op, &pass, 1, err));
    gaps[1] = apart(&t->left_out, &t->left_want);
    if (!op->symmetric) gaps[1] = fmax(gaps[1], apart(&t->right_out, &t->right_want));
    const double scale = sur_norm2(t->y, m);
    for (sur_idx i = 0; i < m; i++) t->residual[i] -= t->y[i];
    gaps[1] = fmax(gaps[1], sur_norm2(t->residual, m) / (scale > 0.0 ? scale : 1.0));
done:
    return status;
}

sur_status sur_operator_test(const sur_operator *op, double *gap, sur_error *err)
{
    const double bound = 1e-6;
    double gaps[2] = {0};
    trial t = {0};
    sur_status status;

    if (gap) *gap = (double)NAN;
    SUR_FAIL_IF(op->rows < 1 || op->cols < 1 || op->count < 1, SUR_EINVAL,
                "an operator of %lld x %lld matrices and %lld measurements",
                (long long)op->rows, (long long)op->cols, (long long)op->count);
    SUR_FAIL_IF(op->symmetric && op->rows != op->cols, SUR_ESHAPE,
                "a symmetric operator on %lld x %lld matrices", (long long)op->rows,
                (long long)op->cols);
    /* beyond this size the matrix itself is too large to be made for a test */
    if ((double)op->rows * (double)op->cols > 4e6) return SUR_OK;
    SUR_TRY(trial_new(&t, op, err));
    random_matrix(&t.x, "test x", op->symmetric);
    random_matrix(&t.left, "test left", false);
    random_matrix(&t.right, "test right", false);
    sur_rng rng = sur_rng_make(1, "test z", 0);
    sur_rng_normals(&rng, t.z, op->count, 1.0);

    SUR_TRY(op->forward(op->payload, t.y, &t.x, err));
    SUR_TRY(op->adjoint(op->payload, &t.d, t.z, err));
    const double forward = dot(t.y, t.z, op->count);
    double adjoint = 0.0;
    for (sur_idx i = 0; i < op->rows; i++)
        adjoint += dot(sur_mat_row(&t.x, i), sur_mat_row(&t.d, i), op->cols);
    const double size = sur_norm2(t.y, op->count) * sur_norm2(t.z, op->count) +
                        sur_mat_norm(&t.x) * sur_mat_norm(&t.d),
                 disagree = fabs(forward - adjoint) / (size > 0.0 ? size : 1.0);
    SUR_FAIL_IF(!isfinite(forward) || !isfinite(adjoint), SUR_ENUMERIC,
                "the operator gives numbers that are not finite: <A(X), z> = %g, "
                "<X, A*(z)> = %g",
                forward, adjoint);
    SUR_FAIL_IF(disagree > bound, SUR_EINVAL,
                "adjoint is not the adjoint of forward: <A(X), z> = %.9g, "
                "<X, A*(z)> = %.9g",
                forward, adjoint);
    SUR_TRY(compare(gaps, &t, op, err));
    SUR_FAIL_IF(!(gaps[0] <= bound), SUR_EINVAL, "apply disagrees with adjoint by %.3g",
                gaps[0]);
    SUR_FAIL_IF(!(gaps[1] <= bound), SUR_EINVAL,
                "pass disagrees with forward and adjoint by %.3g", gaps[1]);
    if (gap) *gap = fmax(disagree, fmax(gaps[0], gaps[1]));
done:
    trial_free(&t);
    return status;
}
