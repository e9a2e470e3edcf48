/* jump.c -- phase I without the measurements.
 *
 * While U is small the residual is -y, and descent is a power method on the one matrix
 * Mhat = (g/m) A*(y): U_t = (I + mu Mhat)^t U_0 (mu over lambda for preconditioned
 * methods), which an eigendecomposition gives for any t at once; for V and W through
 * the singular values, a = P'V and b = Q'W turning by (a + b) (1 + mu s)^t and (a - b)
 * (1 - mu s)^t. What is left out of a step is mu A*A(UU') U against mu Mhat U. Summed
 * over the geometric growth of U it is about || U_t ||^2 / (2 s) of U_t, so that t is
 * the last one with || U_t ||^2 <= 0.01 s (or 0.01 lambda, for the Gram matrix beside
 * lambda). */
#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/recover.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 4000, LONGEST = 1 << 24 };

typedef struct phase {
    sur_mat m;           /* Mhat */
    sur_mat p, q;        /* eigenvectors; left and right singular vectors */
    double *values;      /* [k] */
    sur_mat a, b;        /* U_0 in these directions, k x r */
    sur_mat a_at, b_at;  /* scaled to t */
    sur_mat left, right; /* the iterate at t */
    double *norm;        /* [r] scratch */
} phase;

static sur_status phase_new(phase *f, const recover_run *run, const sur_operator *op,
                            sur_error *err)
{
    const sur_idx r = run->left.cols, k = op->rows < op->cols ? op->rows : op->cols;
    sur_status status;
    SUR_TRY(sur_mat_new(&f->m, op->rows, op->cols, err));
    SUR_TRY(sur_alloc(&f->values, k, sizeof *f->values, err));
    SUR_TRY(sur_alloc(&f->norm, r + k, sizeof *f->norm, err));
    SUR_TRY(sur_mat_new(&f->p, op->rows, k, err));
    SUR_TRY(sur_mat_new(&f->a, k, r, err));
    SUR_TRY(sur_mat_new(&f->a_at, k, r, err));
    SUR_TRY(sur_mat_new(&f->left, op->rows, r, err));
    if (!op->symmetric) {
        SUR_TRY(sur_mat_new(&f->q, op->cols, k, err));
        SUR_TRY(sur_mat_new(&f->b, k, r, err));
        SUR_TRY(sur_mat_new(&f->b_at, k, r, err));
        SUR_TRY(sur_mat_new(&f->right, op->cols, r, err));
    }
done:
    return status;
}

static void phase_free(phase *f)
{
    sur_mat *all[] = {&f->m,    &f->p,    &f->q,    &f->a,    &f->b,
                      &f->a_at, &f->b_at, &f->left, &f->right};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) sur_mat_free(all[i]);
    free(f->values);
    free(f->norm);
}

/* || (I + mu Mhat)^t U_0 || in the known directions, and the scaled coordinates. */
static sur_status at(double *norm, phase *f, double mu, double t, sur_error *err)
{
    const sur_idx r = f->a.cols;
    for (sur_idx i = 0; i < f->a.rows; i++) {
        const double up = pow(fabs(1.0 + mu * f->values[i]), t),
                     down = pow(fabs(1.0 - mu * f->values[i]), t);
        const double *a = sur_mat_row(&f->a, i);
        for (sur_idx k = 0; k < r; k++) {
            if (!f->b.data) {
                sur_mat_row(&f->a_at, i)[k] = up * a[k];
                continue;
            }
            const double plus = 0.5 * up * (a[k] + sur_mat_row(&f->b, i)[k]),
                         minus = 0.5 * down * (a[k] - sur_mat_row(&f->b, i)[k]);
            sur_mat_row(&f->a_at, i)[k] = plus + minus;
            sur_mat_row(&f->b_at, i)[k] = plus - minus;
        }
    }
    *norm = sur_mat_norm(&f->a_at);
    if (!isfinite(*norm)) return SUR_OK;
    const sur_status status = sur_svd(f->norm, NULL, NULL, &f->a_at, err);
    *norm = f->norm[0];
    return status;
}

/* out = U_0 + basis (at - from): what lies outside the basis stays as it was. */
static void place(sur_mat *out, const sur_mat *u, const sur_mat *basis, sur_mat *at_t,
                  const sur_mat *from)
{
    sur_mat_copy(out, u);
    sur_mat_axpy(at_t, -1.0, from);
    sur_mat_multiply(out, 1.0, basis, SUR_PLAIN, at_t, SUR_PLAIN, 1.0);
}

sur_status recover_jump(recover_run *run, const sur_operator *op, const double *y,
                        sur_error *err)
{
    const double rate[] = {[SUR_RECOVER_GD] = run->step,
                           [SUR_RECOVER_SCALED] = run->step / run->damping,
                           [SUR_RECOVER_PREC] =
                               run->step / (0.5 * sqrt(run->factor) * run->y_norm)};
    const sur_recover_method method = run->options->method;
    const double mu = rate[method], room = method == SUR_RECOVER_GD ? 0.01 : 0.005,
                 most = room * (method == SUR_RECOVER_SCALED
                                    ? fmin(run->scale, run->damping)
                                    : run->scale);
    phase f = {0};
    int64_t low = 0, high = 1;
    double norm;
    sur_status status = SUR_OK;

    (void)y; /* run->residual holds the weighted, centred y */
    SUR_FAIL_IF(op->rows > LARGEST || op->cols > LARGEST, SUR_EINVAL,
                "start = jump decomposes a %lld x %lld matrix; the largest is %d",
                (long long)op->rows, (long long)op->cols, LARGEST);
    SUR_TRY(phase_new(&f, run, op, err));
    SUR_TRY(op->adjoint(op->payload, &f.m, run->residual, err));
    run->result->passes++;
    for (sur_idx i = 0; i < f.m.rows * f.m.cols; i++) f.m.data[i] *= run->factor;
    if (op->symmetric)
        SUR_TRY(sur_eigen(f.values, &f.p, &f.m, err));
    else
        SUR_TRY(sur_svd(f.values, &f.p, &f.q, &f.m, err));
    sur_mat_multiply(&f.a, 1.0, &f.p, SUR_TRANSPOSED, &run->left, SUR_PLAIN, 0.0);
    if (!op->symmetric)
        sur_mat_multiply(&f.b, 1.0, &f.q, SUR_TRANSPOSED, &run->right, SUR_PLAIN, 0.0);

    for (; high < LONGEST; high *= 2) {
        SUR_TRY(at(&norm, &f, mu, (double)high, err));
        if (!(norm * norm <= most)) break;
        low = high;
    }
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        SUR_TRY(at(&norm, &f, mu, (double)middle, err));
        if (norm * norm <= most)
            low = middle;
        else
            high = middle;
    }
    if (low > run->options->iterations) low = run->options->iterations;
    SUR_TRY(at(&norm, &f, mu, (double)low, err));
    place(&f.left, &run->left, &f.p, &f.a_at, &f.a);
    sur_mat_copy(&run->left, &f.left);
    if (!op->symmetric) {
        place(&f.right, &run->right, &f.q, &f.b_at, &f.b);
        sur_mat_copy(&run->right, &f.right);
    }
    run->iteration = run->result->jumped = low;
done:
    phase_free(&f);
    return status;
}
