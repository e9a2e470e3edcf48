/* goal.c -- the two losses and their derivatives by the answers.
 *
 *   squared        l = (1/k) |f - t|^2,              dl/df = (2/k) (f - t)
 *   cross-entropy  l = log sum_j exp f_j - f_c,      dl/df = p - e_c,  p = softmax f
 * The softmax is made with the largest answer subtracted. Logarithms are taken of
 * products of sums, each between 1 and k, where rows have no weights. */
#include "model/pass.h"

#include <math.h>

static sur_idx pick(const sur_idx *picks, sur_idx first, sur_idx i)
{
    return picks ? picks[i] : first + i;
}

static double squared(sur_pass *pass, const sur_goal *goal, const sur_idx *picks,
                      sur_idx first, sur_idx count, double scale)
{
    const sur_idx k = pass->network.outputs, col = pass->col;
    double sum = 0.0;
    for (sur_idx i = 0; i < count; i++) {
        const sur_idx row = pick(picks, first, i);
        const float *f = pass->answer + i * pass->row;
        const float *t = goal->target + row * k;
        float *delta = pass->delta + i * pass->row;
        const double w = goal->weight ? (double)goal->weight[row] : 1.0;
        const float factor = (float)(2.0 * w * scale / (double)k);
        double own = 0.0;
        for (sur_idx j = 0; j < k; j++) {
            const float r = f[j * col] - t[j];
            delta[j * col] = factor * r;
            own += (double)r * (double)r;
        }
        for (sur_idx j = k; j < pass->row; j++) delta[j] = 0.0F;
        sum += w * own;
    }
    return sum / (double)k;
}

static double many_classes(sur_pass *pass, const sur_goal *goal, const sur_idx *picks,
                           sur_idx first, sur_idx count, double scale)
{
    const sur_idx k = pass->network.outputs, stride = pass->row;
    const float *answers = pass->answer;
    double sum = 0.0, product = 1.0;

    for (sur_idx i = 0; i < count; i++) {
        const float *f = answers + i * stride;
        float *delta = pass->delta + i * stride, most = f[0];
        for (sur_idx j = 1; j < k; j++) most = f[j] > most ? f[j] : most;
        for (sur_idx j = 0; j < k; j++) delta[j] = f[j] - most;
        for (sur_idx j = k; j < stride; j++) delta[j] = 0.0F;
    }
    pass->kernels->exps(pass->delta, count * stride);
    for (sur_idx i = 0; i < count; i++) {
        const sur_idx row = pick(picks, first, i);
        const float *f = answers + i * stride;
        float *delta = pass->delta + i * stride, total = 0.0F, most = f[0];
        const int32_t label = goal->label[row];
        const double w = goal->weight ? (double)goal->weight[row] : 1.0;
        for (sur_idx j = 0; j < k; j++) {
            total += delta[j];
            most = f[j] > most ? f[j] : most;
        }
        const float factor = (float)(w * scale), share = factor / total;
        for (sur_idx j = 0; j < k; j++) delta[j] *= share;
        for (sur_idx j = k; j < stride; j++) delta[j] = 0.0F;
        delta[label] -= factor;
        sum += w * (double)(most - f[label]);
        if (goal->weight) {
            sum += w * log((double)total);
        } else {
            product *= (double)total;
            if (i % 8 == 7 || i == count - 1) {
                sum += log(product);
                product = 1.0;
            }
        }
    }
    return sum;
}

/* The classes of up to SOFT rows, after their softmax: row i has entry at[i] of f. */
static double name_classes(float *delta, const sur_idx *at, const float *f,
                           const float *most, const float *total, sur_idx rows,
                           float scale)
{
    double gap = 0.0, product = 1.0;
    for (sur_idx i = 0; i < rows; i++) {
        delta[at[i]] -= scale;
        gap += (double)(most[i] - f[at[i]]);
        product *= (double)total[i]; /* at most FEW^SOFT < 1e70 */
    }
    return gap + log(product);
}

static double name_weighed(float *delta, const sur_idx *at, const float *f,
                           const float *most, const float *total, sur_idx rows,
                           float scale, const float *weight, sur_idx k, sur_idx col)
{
    double sum = 0.0;
    for (sur_idx i = 0; i < rows; i++) {
        delta[at[i]] -= scale;
        sum +=
            (double)weight[i] * ((double)(most[i] - f[at[i]]) + log((double)total[i]));
        for (sur_idx j = 0; j < k; j++) delta[j * col + i] *= weight[i];
    }
    return sum;
}

/* Of answers that lie by class. */
static double few_classes(sur_pass *pass, const sur_goal *goal, const sur_idx *picks,
                          sur_idx first, sur_idx count, double scale)
{
    const sur_idx k = pass->network.outputs, col = pass->col;
    float most[SOFT], total[SOFT], weight[SOFT];
    sur_idx at[SOFT];
    double sum = 0.0;

    for (sur_idx from = 0; from < count; from += SOFT) {
        const sur_idx rows = count - from < SOFT ? count - from : SOFT;
        const float *f = pass->answer + from;
        float *delta = pass->delta + from;
        pass->kernels->softmax(delta, most, total, f, col, k, rows, (float)scale);
        for (sur_idx i = 0; i < rows; i++) {
            const sur_idx row = pick(picks, first, from + i);
            at[i] = goal->label[row] * col + i;
            if (goal->weight) weight[i] = goal->weight[row];
        }
        sum += goal->weight
                   ? name_weighed(delta, at, f, most, total, rows, (float)scale, weight,
                                  k, col)
                   : name_classes(delta, at, f, most, total, rows, (float)scale);
    }
    return sum;
}

double sur_pass_delta(sur_pass *pass, const sur_goal *goal, const sur_idx *picks,
                      sur_idx first, sur_idx count, double scale)
{
    if (goal->loss == SUR_LOSS_SQUARED)
        return squared(pass, goal, picks, first, count, scale);
    return pass->col > 1 ? few_classes(pass, goal, picks, first, count, scale)
                         : many_classes(pass, goal, picks, first, count, scale);
}
