/* effects.c -- mean, row and column effects of entries: y ~ mu + b_i + c_j.
 *
 * Least squares with penalty d (sum b_i^2 + sum c_j^2), by alternating
 *     b_i = sum_j (y_ij - mu - c_j) / (d + n_i),  c_j likewise,
 * so that rows seen rarely stay near the mean. The damping d is the one of a short list
 * that predicts the hold-out best. */
#include "experiments/recover/problem.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEPS = 20 };
static const double dampings[] = {0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0};
static const double unseen_choice = 5.0; /* without a hold-out */

double recover_effects_at(const recover_effects *f, sur_idx row, sur_idx col)
{
    return f->row ? f->mean + f->row[row] + f->col[col] : 0.0;
}

void recover_effects_free(recover_effects *f)
{
    free(f->row);
    free(f->col);
    *f = (recover_effects){0};
}

/* One half sweep: effects of `key` given those of the other side. sum and count are
 * scratch of [keys]. */
static void half(double *effect, const double *other, const int32_t *key,
                 const int32_t *other_key, sur_idx keys, const recover_problem *p,
                 const double *weight, double mean, double damping, double *sum)
{
    double *number = sum + keys;
    memset(sum, 0, 2 * (size_t)keys * sizeof *sum);
    for (sur_idx q = 0; q < p->op.count; q++) {
        const double w = weight ? weight[q] : 1.0;
        sum[key[q]] += w * (p->y[q] - mean - other[other_key[q]]);
        number[key[q]] += w;
    }
    for (sur_idx i = 0; i < keys; i++)
        effect[i] = number[i] > 0.0 ? sum[i] / (damping + number[i]) : 0.0;
}

static void fit(recover_effects *f, const recover_problem *p, const double *weight,
                double *sum)
{
    memset(f->row, 0, (size_t)p->op.rows * sizeof *f->row);
    memset(f->col, 0, (size_t)p->op.cols * sizeof *f->col);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        half(f->col, f->row, p->col, p->row, p->op.cols, p, weight, f->mean, f->damping,
             sum);
        half(f->row, f->col, p->row, p->col, p->op.rows, p, weight, f->mean, f->damping,
             sum);
    }
}

static double held_square(const recover_effects *f, const recover_problem *p,
                          const double *weight)
{
    double sum = 0.0;
    for (sur_idx q = 0; q < p->op.count; q++) {
        const double e = p->y[q] - recover_effects_at(f, p->row[q], p->col[q]);
        sum += (1.0 - weight[q]) * e * e;
    }
    return sum;
}

sur_status recover_effects_fit(recover_effects *f, const recover_problem *p,
                               int64_t center, const double *weight, sur_error *err)
{
    const sur_idx longest = p->op.rows > p->op.cols ? p->op.rows : p->op.cols;
    const size_t choices = sizeof dampings / sizeof *dampings;
    double *sum = NULL, used = 0.0, least = HUGE_VAL, chosen = unseen_choice;
    sur_status status = SUR_OK;

    *f = (recover_effects){0};
    if (center == CENTER_NONE || center == CENTER_AUTO) return status;
    SUR_TRY(sur_alloc(&f->row, p->op.rows, sizeof *f->row, err));
    SUR_TRY(sur_alloc(&f->col, p->op.cols, sizeof *f->col, err));
    SUR_TRY(sur_alloc(&sum, 2 * longest, sizeof *sum, err));
    for (sur_idx q = 0; q < p->op.count; q++) {
        const double w = weight ? weight[q] : 1.0;
        f->mean += w * p->y[q];
        used += w;
    }
    f->mean /= used;
    if (center == CENTER_MEANS) chosen = 0.0;
    for (size_t i = 0; center == CENTER_DAMPED && weight && i < choices; i++) {
        f->damping = dampings[i];
        fit(f, p, weight, sum);
        const double square = held_square(f, p, weight);
        if (square < least) {
            least = square;
            chosen = dampings[i];
        }
    }
    f->damping = chosen;
    fit(f, p, weight, sum);
done:
    free(sum);
    if (status != SUR_OK) recover_effects_free(f);
    return status;
}
