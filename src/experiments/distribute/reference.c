/* reference.c -- the solution of least norm, and plain gradient descent without running
 * it.
 *
 *     X X' = U diag(lambda) U',  c = U' y,  w = X' U diag(1/lambda) c  over lambda > 0
 *
 * Gradient descent from zero with step eta leaves the residual (1 - eta lambda)^t c, so
 * that its rounds are counted from lambda and c. */
#include "experiments/distribute/linear.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

enum { COLUMNS = 512, ROWS_MOST = 4096 };
#define WORK_MOST 2e11 /* N^2 D */
#define ROUNDS_MOST 1e7
#define NULL_SPACE 1e-10

static sur_status make_gram(sur_mat *gram, const distribute_data *data, sur_error *err)
{
    sur_mat block = {0};
    sur_status status;
    SUR_TRY(sur_mat_new(gram, data->n, data->n, err));
    SUR_TRY(sur_mat_new(&block, data->n, COLUMNS, err));
    for (sur_idx c = 0; c < data->width; c += COLUMNS) {
        const sur_idx count = data->width - c < COLUMNS ? data->width - c : COLUMNS;
        const sur_mat part = sur_mat_part(&block, 0, data->n, 0, count);
        sur_mat made = part;
        SUR_TRY(distribute_columns(&made, NULL, data, c, err));
        sur_mat_multiply(gram, 1.0, &part, SUR_PLAIN, &part, SUR_TRANSPOSED, 1.0);
    }

done:
    sur_mat_free(&block);
    return status;
}

/* || residual ||^2 after t steps, without what no step can reach. */
static double loss_after(const double *lambda, const double *energy, sur_idx n,
                         double step, double floor, double t)
{
    double sum = 0.0;
    for (sur_idx i = 0; i < n; i++)
        if (lambda[i] > floor)
            sum += energy[i] * pow(fabs(1.0 - step * lambda[i]), 2.0 * t);
    return sum;
}

/* The least t with a loss of at most target: it falls in t, so by bisection. */
static double count_rounds(const double *lambda, const double *energy, sur_idx n,
                           double floor, double target)
{
    const double high = lambda[n - 1], low = distribute_least(lambda, n);
    const double step = 2.0 / (high + low);
    double before = 0.0, after = 1.0;
    if (loss_after(lambda, energy, n, step, floor, 0.0) <= target) return 0.0;
    while (loss_after(lambda, energy, n, step, floor, after) > target) {
        before = after;
        after *= 2.0;
        if (after > ROUNDS_MOST) return nan("");
    }
    while (after - before > 1.0) {
        const double t = before + trunc((after - before) / 2.0);
        if (loss_after(lambda, energy, n, step, floor, t) <= target)
            after = t;
        else
            before = t;
    }
    return after;
}

/* Scores w = X' a on the test part, block by block. */
static sur_status score_dual(distribute_score *out, const distribute_data *data,
                             const sur_mat *a, sur_error *err)
{
    const sur_idx k = data->outputs;
    sur_mat block = {0}, probe = {0}, w = {0}, answers = {0};
    sur_status status;

    out->test_loss = data->noise * data->noise;
    SUR_TRY(sur_mat_new(&block, data->n, COLUMNS, err));
    SUR_TRY(sur_mat_new(&w, COLUMNS, k, err));
    if (!data->truth) SUR_TRY(sur_mat_new(&probe, data->test, COLUMNS, err));
    if (!data->truth) SUR_TRY(sur_mat_new(&answers, data->test, k, err));
    for (sur_idx c = 0; c < data->width; c += COLUMNS) {
        const sur_idx count = data->width - c < COLUMNS ? data->width - c : COLUMNS;
        sur_mat part = sur_mat_part(&block, 0, data->n, 0, count);
        sur_mat rows = sur_mat_part(&w, 0, count, 0, k);
        sur_mat test = {0};
        if (!data->truth) test = sur_mat_part(&probe, 0, data->test, 0, count);
        SUR_TRY(distribute_columns(&part, data->truth ? NULL : &test, data, c, err));
        sur_mat_multiply(&rows, 1.0, &part, SUR_TRANSPOSED, a, SUR_PLAIN, 0.0);
        if (data->truth)
            out->test_loss += distribute_truth_loss(data, &rows, c);
        else if (data->test > 0)
            sur_mat_multiply(&answers, 1.0, &test, SUR_PLAIN, &rows, SUR_PLAIN, 1.0);
    }
    if (!data->truth) SUR_TRY(distribute_judge(out, data, &answers));

done:
    sur_mat_free(&block);
    sur_mat_free(&probe);
    sur_mat_free(&w);
    sur_mat_free(&answers);
    return status;
}

double distribute_target(const distribute_reference *reference, double square,
                         double tolerance)
{
    const double plain = tolerance * square;
    if (!(reference->loss > plain)) return plain;
    return (1.0 + tolerance) * reference->loss;
}

/* c = U' y, its energy by eigenvalue, a = U diag(1/lambda) c; the losses and norms. */
static void solve(distribute_reference *out, sur_mat *a, double *energy,
                  const sur_mat *c, const sur_mat *vectors, const double *lambda,
                  double floor)
{
    sur_mat scaled = *c; /* becomes c / lambda */
    double norm = 0.0;
    out->loss = 0.0;
    for (sur_idx i = 0; i < c->rows; i++)
        for (sur_idx j = 0; j < c->cols; j++) {
            double *x = &sur_mat_row(&scaled, i)[j];
            energy[i] += *x * *x;
            if (lambda[i] > floor) norm += *x * *x / lambda[i];
            if (!(lambda[i] > floor)) out->loss += *x * *x;
            *x = lambda[i] > floor ? *x / lambda[i] : 0.0;
        }
    out->norm = sqrt(norm);
    sur_mat_multiply(a, 1.0, vectors, SUR_PLAIN, &scaled, SUR_PLAIN, 0.0);
}

sur_status distribute_reference_of(distribute_reference *out,
                                   const distribute_data *data, double tolerance,
                                   sur_error *err)
{
    const double n = (double)data->n, unknown = nan("");
    sur_mat gram = {0}, vectors = {0}, c = {0}, a = {0};
    double *lambda = NULL, *energy = NULL;
    sur_status status;

    *out =
        (distribute_reference){.loss = data->width > data->n ? 0.0 : unknown,
                               .norm = unknown,
                               .condition = unknown,
                               .gd_rounds = unknown,
                               .score = {.test_loss = unknown, .test_error = unknown}};
    if (data->n > ROWS_MOST || n * n * (double)data->width > WORK_MOST) return SUR_OK;
    SUR_TRY(make_gram(&gram, data, err));
    SUR_TRY(sur_mat_new(&vectors, data->n, data->n, err));
    SUR_TRY(sur_mat_new(&c, data->n, data->outputs, err));
    SUR_TRY(sur_mat_new(&a, data->n, data->outputs, err));
    SUR_TRY(sur_alloc(&lambda, data->n, sizeof *lambda, err));
    SUR_TRY(sur_alloc(&energy, data->n, sizeof *energy, err));
    SUR_TRY(distribute_finite(&gram, err));
    SUR_TRY(sur_eigen(lambda, &vectors, &gram, err));
    sur_mat_multiply(&c, 1.0, &vectors, SUR_TRANSPOSED, &data->target, SUR_PLAIN, 0.0);
    const double high = lambda[data->n - 1], floor = NULL_SPACE * high;
    SUR_FAIL_IF(!(high > 0.0), SUR_EINVAL, "every feature is zero");
    out->condition = high / distribute_least(lambda, data->n);
    solve(out, &a, energy, &c, &vectors, lambda, floor);
    const double target = distribute_target(out, data->square, tolerance);
    out->gd_rounds = count_rounds(lambda, energy, data->n, floor, target - out->loss);
    SUR_TRY(score_dual(&out->score, data, &a, err));

done:
    sur_mat_free(&gram);
    sur_mat_free(&vectors);
    sur_mat_free(&c);
    sur_mat_free(&a);
    free(lambda);
    free(energy);
    return status;
}
