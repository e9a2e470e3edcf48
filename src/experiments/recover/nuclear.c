/* nuclear.c -- least squares with a nuclear norm penalty, by accelerated proximal
 * gradient.
 *
 *     min_X (1/2) (g/m) || A(X) - y ||^2 + penalty || X ||_*   (X psd if symmetric)
 *
 * X <- shrink(Z - mu D(Z), mu penalty), Z the extrapolated point (Beck & Teboulle, SIAM
 * J. Imaging Sci. 2009), momentum dropped whenever it points uphill (O'Donoghue &
 * Candes 2015), mu halved when the model's bound fails. Penalties fall from || A*(y) ||
 * by factors of two, each starting where the last ended. */
#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/baseline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct prox {
    const sur_operator *op;
    const double *y, *weight;
    double factor, mu;
    sur_mat x, z, next, d, p, q, best;
    double *residual, *values;
    int64_t passes;
} prox;

static sur_status prox_new(prox *s, sur_error *err)
{
    const sur_idx n1 = s->op->rows, n2 = s->op->cols, k = n1 < n2 ? n1 : n2;
    sur_mat *all[] = {&s->x, &s->z, &s->next, &s->d, &s->best};
    sur_status status;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        SUR_TRY(sur_mat_new(all[i], n1, n2, err));
    SUR_TRY(sur_mat_new(&s->p, n1, k, err));
    SUR_TRY(sur_mat_new(&s->q, n2, k, err));
    SUR_TRY(sur_alloc(&s->residual, s->op->count, sizeof *s->residual, err));
    SUR_TRY(sur_alloc(&s->values, k, sizeof *s->values, err));
done:
    return status;
}

static void prox_free(prox *s)
{
    sur_mat *all[] = {&s->x, &s->z, &s->next, &s->d, &s->p, &s->q, &s->best};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) sur_mat_free(all[i]);
    free(s->residual);
    free(s->values);
}

/* *loss = (factor/2) || A(x) - y ||^2 on the used part; d its gradient if wanted. */
static sur_status loss_at(double *loss, double *held, prox *s, const sur_mat *x,
                          bool gradient, sur_error *err)
{
    sur_status status;
    *loss = *held = 0.0;
    SUR_TRY(s->op->forward(s->op->payload, s->residual, x, err));
    for (sur_idx i = 0; i < s->op->count; i++) s->residual[i] -= s->y[i];
    recover_center(s->op, s->residual, s->weight);
    for (sur_idx i = 0; i < s->op->count; i++) {
        const double w = s->weight ? s->weight[i] : 1.0,
                     square = s->residual[i] * s->residual[i];
        *loss += 0.5 * s->factor * w * square;
        *held += (1.0 - w) * square;
        s->residual[i] *= w;
    }
    s->passes++;
    if (!gradient) return status;
    SUR_TRY(s->op->adjoint(s->op->payload, &s->d, s->residual, err));
    for (sur_idx i = 0; i < s->d.rows * s->d.cols; i++) s->d.data[i] *= s->factor;
done:
    return status;
}

/* m <- its singular values shrunk by t (eigenvalues, for psd). */
static sur_status shrink(prox *s, sur_mat *m, double t, sur_error *err)
{
    const sur_idx k = s->p.cols;
    sur_status status;
    if (s->op->symmetric)
        SUR_TRY(sur_eigen(s->values, &s->p, m, err));
    else
        SUR_TRY(sur_svd(s->values, &s->p, &s->q, m, err));
    if (s->op->symmetric) sur_mat_copy(&s->q, &s->p);
    for (sur_idx i = 0; i < s->p.rows; i++)
        for (sur_idx c = 0; c < k; c++)
            sur_mat_row(&s->p, i)[c] *= fmax(s->values[c] - t, 0.0);
    sur_mat_multiply(m, 1.0, &s->p, SUR_PLAIN, &s->q, SUR_TRANSPOSED, 0.0);
done:
    return status;
}

static double inner(const sur_mat *a, const sur_mat *b)
{
    double sum = 0.0;
    for (sur_idx i = 0; i < a->rows * a->cols; i++) sum += a->data[i] * b->data[i];
    return sum;
}

/* One penalty to convergence: || X_{t+1} - X_t || <= 1e-7 || X ||. */
static sur_status descend(prox *s, double penalty, int64_t iterations, sur_error *err)
{
    double loss, held, momentum = 1.0;
    sur_status status = SUR_OK;
    sur_mat_copy(&s->z, &s->x);
    for (int64_t turn = 0; turn < iterations; turn++) {
        double after, square;
        SUR_TRY(loss_at(&loss, &held, s, &s->z, true, err));
        for (;;) {
            sur_mat_copy(&s->next, &s->z);
            sur_mat_axpy(&s->next, -s->mu, &s->d);
            SUR_TRY(shrink(s, &s->next, s->mu * penalty, err));
            SUR_TRY(loss_at(&after, &held, s, &s->next, false, err));
            sur_mat_axpy(&s->z, -1.0, &s->next); /* z - next */
            square = inner(&s->z, &s->z);
            const double bound =
                loss - inner(&s->d, &s->z) + square / (2.0 * s->mu) + 1e-12 * loss;
            sur_mat_axpy(&s->z, 1.0, &s->next);
            if (after <= bound || s->mu < 1e-12) break;
            s->mu *= 0.5;
        }
        /* (z - next) . (next - x) > 0: the momentum points uphill */
        sur_mat_axpy(&s->z, -1.0, &s->next);
        sur_mat_axpy(&s->x, -1.0, &s->next); /* x - next */
        const double uphill = -inner(&s->z, &s->x), moved = sqrt(inner(&s->x, &s->x));
        const double later =
            uphill > 0.0 ? 1.0 : 0.5 * (1.0 + sqrt(1.0 + 4.0 * momentum * momentum));
        const double pull = uphill > 0.0 ? 0.0 : (momentum - 1.0) / later;
        sur_mat_copy(&s->z, &s->next);
        sur_mat_axpy(&s->z, -pull, &s->x);
        sur_mat_copy(&s->x, &s->next);
        momentum = later;
        if (moved <= 1e-7 * sur_mat_norm(&s->x)) break;
    }
done:
    return status;
}

sur_status sur_recover_nuclear(sur_recover_result *result, const sur_operator *op,
                               const double *y, double penalty, double holdout,
                               int64_t iterations, uint64_t seed, sur_error *err)
{
    enum { HALVINGS = 16 };
    prox s = {.op = op, .y = y};
    double *weight = NULL, gain, loss, held, least = HUGE_VAL, chosen = 0.0;
    sur_idx used;
    sur_status status;

    *result = (sur_recover_result){
        .end = SUR_END_TOLERANCE, .holdout = (double)NAN, .threshold = (double)NAN};
    SUR_TRY(sur_operator_gain(&gain, op, err));
    SUR_TRY(recover_holdout(&weight, &used, op->count, holdout, seed, err));
    s.weight = weight;
    s.factor = gain / (double)used;
    s.mu = 1.0;
    SUR_TRY(prox_new(&s, err));
    SUR_TRY(loss_at(&loss, &held, &s, &s.x, true, err)); /* at X = 0: D = -A*(y) */
    const double whole = held;
    SUR_TRY(sur_svd(s.values, NULL, NULL, &s.d, err));
    const double top = s.values[0];
    SUR_FAIL_IF(!(top > 0.0) || !isfinite(top), SUR_ENUMERIC, "A*(y) has norm %g", top);
    result->scale = top;
    const double last = penalty > 0.0 ? penalty : 1e-4;
    for (int k = 1; k <= HALVINGS; k++) {
        const double share = fmax(last, pow(0.5, k));
        SUR_TRY(descend(&s, share * top, iterations, err));
        SUR_TRY(loss_at(&loss, &held, &s, &s.x, false, err));
        if (!weight || held < least) {
            least = held;
            chosen = share;
            sur_mat_copy(&s.best, &s.x);
        } else if (held > 1.2 * least) {
            break;
        }
        if (share <= last) break;
    }
    SUR_TRY(recover_factors(result, &s.best, op->symmetric, op->rows, err));
    SUR_TRY(recover_fit_of(&result->fit, op, y, weight, &s.best, s.residual, err));
    if (weight) result->holdout = sqrt(least / whole);
    result->step = chosen * top;
    result->iterations = result->passes = result->best = s.passes;
    /* shrinking makes exact zeros; what rounding leaves is not counted */
    while (result->rank_found < result->rank &&
           result->singular[result->rank_found] > 1e-10 * result->singular[0])
        result->rank_found++;
done:
    prox_free(&s);
    free(weight);
    if (status != SUR_OK) sur_recover_free(result);
    return status;
}
