/* precondition.c -- directions: the gradient, divided by U'U + lambda I for the two
 * preconditioned methods. */
#include "base/try.h"
#include "experiments/recover/recover.h"

#include <math.h>

/* g = L L' in place (lower triangle). false: not positive definite. */
static bool cholesky(sur_mat *g)
{
    for (sur_idx j = 0; j < g->rows; j++) {
        double *row = sur_mat_row(g, j);
        for (sur_idx k = 0; k < j; k++) {
            const double *other = sur_mat_row(g, k);
            double sum = row[k];
            for (sur_idx l = 0; l < k; l++) sum -= row[l] * other[l];
            row[k] = sum / other[k];
        }
        double pivot = row[j];
        for (sur_idx l = 0; l < j; l++) pivot -= row[l] * row[l];
        if (!(pivot > 0.0)) return false;
        row[j] = sqrt(pivot);
    }
    return true;
}

/* x <- (L L')^-1 x for each row x of dir. */
static void solve_rows(sur_mat *dir, const sur_mat *g)
{
    const sur_idx r = g->rows;
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(sur_threads_get())
#endif
    for (sur_idx i = 0; i < dir->rows; i++) {
        double *restrict x = sur_mat_row(dir, i); /* dir and g never overlap */
        for (sur_idx j = 0; j < r; j++) {
            const double *row = sur_mat_row(g, j);
            double sum = x[j];
            for (sur_idx l = 0; l < j; l++) sum -= row[l] * x[l];
            x[j] = sum / row[j];
        }
        for (sur_idx j = r; j-- > 0;) {
            const double *restrict row = sur_mat_row(g, j);
            x[j] /= row[j];
            for (sur_idx l = 0; l < j; l++) x[l] -= row[l] * x[j];
        }
    }
}

void recover_divide(sur_mat *dir, const sur_mat *factor, double lambda, sur_mat *gram)
{
    for (;;) {
        sur_mat_multiply(gram, 1.0, factor, SUR_TRANSPOSED, factor, SUR_PLAIN, 0.0);
        double top = 0.0;
        for (sur_idx k = 0; k < gram->rows; k++) {
            top = fmax(top, sur_mat_row(gram, k)[k]);
            sur_mat_row(gram, k)[k] += lambda;
        }
        if (cholesky(gram)) break;
        /* rounding made a nearly singular matrix indefinite */
        lambda = fmax(10.0 * lambda, 1e-15 * top);
        if (!isfinite(lambda) || !(lambda > 0.0)) return;
    }
    solve_rows(dir, gram);
}

sur_status recover_precondition(recover_run *run, sur_error *err)
{
    const sur_recover_method method = run->options->method;
    const bool symmetric = run->right.data == NULL;
    sur_mat *outs[] = {&run->left_dir, &run->right_dir};
    (void)err;
    for (int s = 0; s < (symmetric ? 1 : 2); s++)
        for (sur_idx i = 0; i < outs[s]->rows; i++)
            for (sur_idx k = 0; k < outs[s]->cols; k++)
                sur_mat_row(outs[s], i)[k] *= run->factor;
    if (method == SUR_RECOVER_GD) return SUR_OK;

    double lambda = run->damping;
    if (method == SUR_RECOVER_PREC)
        lambda = 0.5 * sqrt(run->factor) * run->fit * run->y_norm;
    lambda = fmax(lambda, 1e-14 * run->scale);
    recover_divide(&run->left_dir, symmetric ? &run->left : &run->right, lambda,
                   &run->gram);
    if (!symmetric)
        recover_divide(&run->right_dir, &run->left, lambda, &run->other_gram);
    return SUR_OK;
}
