/* end.c -- what a run leaves: the best iterate, its spectrum, the rank that stands out
 * of the noise.
 *
 * Noise e of mean square q in the readings appears in U U' as (g/m) A*(e), whose
 * largest singular value is sqrt(g q) times sqrt(2n/m) (symmetric) or (sqrt n1 + sqrt
 * n2)/sqrt m. q is read off the hold-out; singular values above 1.5 times that edge
 * are counted. What a start of scale alpha leaves beside the answer is not noise and
 * may stand above it: at least alpha^0.8 (the law alpha^(2 (1 - rho)) where
 * measurements are few), and 1e-5, of the largest singular value is asked. Without a
 * hold-out the training residual stands in for q, too small once the fit is good. */
#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/recover.h"

#include <math.h>
#include <stdlib.h>

double recover_edge(const sur_operator *op, double gain, double square)
{
    const double n1 = (double)op->rows, n2 = (double)op->cols, m = (double)op->count,
                 shape = op->symmetric ? sqrt(2.0 * n1 / m)
                                       : (sqrt(n1) + sqrt(n2)) / sqrt(m);
    return sqrt(gain * square) * shape;
}

/* The singular values of V W' are those of D1 Q1' Q2 D2 with V'V = Q1 D1^2 Q1', W'W =
 * Q2 D2^2 Q2': small matrices however tall V and W are. */
sur_status recover_singular(double *values, const sur_mat *left, const sur_mat *right,
                            sur_error *err)
{
    const sur_idx r = left->cols, k = left->rows < r ? left->rows : r;
    sur_mat q[2] = {0}, gram = {0}, core = {0};
    double *d[2] = {NULL, NULL};
    sur_status status = SUR_OK;

    if (!right->data) {
        SUR_TRY(sur_svd(values, NULL, NULL, left, err));
        for (sur_idx i = 0; i < r; i++) values[i] = i < k ? values[i] * values[i] : 0.0;
        return status;
    }
    SUR_TRY(sur_mat_new(&gram, r, r, err));
    SUR_TRY(sur_mat_new(&core, r, r, err));
    for (int s = 0; s < 2; s++) {
        const sur_mat *factor = s == 0 ? left : right;
        SUR_TRY(sur_mat_new(&q[s], r, r, err));
        SUR_TRY(sur_alloc(&d[s], r, sizeof *d[s], err));
        sur_mat_multiply(&gram, 1.0, factor, SUR_TRANSPOSED, factor, SUR_PLAIN, 0.0);
        SUR_TRY(sur_eigen(d[s], &q[s], &gram, err));
        for (sur_idx i = 0; i < r; i++) d[s][i] = sqrt(fmax(d[s][i], 0.0));
    }
    sur_mat_multiply(&core, 1.0, &q[0], SUR_TRANSPOSED, &q[1], SUR_PLAIN, 0.0);
    for (sur_idx i = 0; i < r; i++)
        for (sur_idx j = 0; j < r; j++) sur_mat_row(&core, i)[j] *= d[0][i] * d[1][j];
    SUR_TRY(sur_svd(values, NULL, NULL, &core, err));
done:
    for (int s = 0; s < 2; s++) {
        sur_mat_free(&q[s]);
        free(d[s]);
    }
    sur_mat_free(&gram);
    sur_mat_free(&core);
    return status;
}

static void count_rank(recover_run *run, const sur_operator *op, double gain)
{
    sur_recover_result *out = run->result;
    const sur_idx held = op->count - run->used;
    double square = out->fit * run->y_norm;
    square = square * square / (double)run->used;
    if (run->weight) {
        square = out->holdout * run->held_norm;
        square = square * square / (double)held;
    }
    out->threshold = 1.5 * recover_edge(op, gain, square);
    const sur_recover_options *o = run->options;
    const double alpha =
        o->init_absolute ? o->init_scale / sqrt(run->scale) : o->init_scale;
    const double floor = fmin(0.1, fmax(pow(alpha, 0.8), 1e-5));
    out->threshold = fmax(out->threshold, floor * out->singular[0]);
    out->rank_found = 0;
    while (out->rank_found < out->rank &&
           out->singular[out->rank_found] > out->threshold)
        out->rank_found++;
}

sur_status recover_run_end(recover_run *run, const sur_operator *op, double gain,
                           sur_error *err)
{
    sur_recover_result *out = run->result;
    const bool best = run->weight && run->best_holdout < HUGE_VAL;
    sur_status status;

    SUR_TRY(sur_alloc(&out->singular, out->rank, sizeof *out->singular, err));
    out->left = best ? run->best_left : run->left;
    out->right = best ? run->best_right : run->right;
    if (best) {
        run->best_left = run->best_right = (sur_mat){0};
        out->holdout = run->best_holdout;
    } else {
        run->left = run->right = (sur_mat){0};
        out->fit = run->fit;
        out->best = run->iteration;
    }
    if (out->end == SUR_END_DIVERGED && !best) return status;
    SUR_TRY(recover_singular(out->singular, &out->left, &out->right, err));
    count_rank(run, op, gain);
done:
    return status;
}
