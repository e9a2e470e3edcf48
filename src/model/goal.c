/* goal.c -- the two losses and their derivatives by the answers.
 *
 *   squared        l = (1/k) |f - t|^2,              dl/df = (2/k) (f - t)
 *   cross-entropy  l = log sum_j exp f_j - f_c,      dl/df = p - e_c,  p = softmax f
 * The softmax is made with the largest answer subtracted. Logarithms are taken of
 * products of eight sums, each between 1 and k, where rows have no weights. */
#include "model/pass.h"

#include <math.h>

static sur_idx pick(const sur_idx *picks, sur_idx first, sur_idx i)
{
    return picks ? picks[i] : first + i;
}

static double squared(sur_pass *pass, const sur_goal *goal, const sur_idx *picks,
                      sur_idx first, sur_idx count, double scale)
{
    const sur_idx k = pass->network.outputs, stride = pass->stride;
    double sum = 0.0;
    for (sur_idx i = 0; i < count; i++) {
        const sur_idx row = pick(picks, first, i);
        const float *f = pass->answer + i * stride;
        const float *t = goal->target + row * k;
        float *delta = pass->delta + i * stride;
        const double w = goal->weight ? (double)goal->weight[row] : 1.0;
        const float factor = (float)(2.0 * w * scale / (double)k);
        double own = 0.0;
        for (sur_idx j = 0; j < k; j++) {
            const float r = f[j] - t[j];
            delta[j] = factor * r;
            own += (double)r * (double)r;
        }
        for (sur_idx j = k; j < stride; j++) delta[j] = 0.0F;
        sum += w * own;
    }
    return sum / (double)k;
}

static double cross_entropy(sur_pass *pass, const sur_goal *goal, const sur_idx *picks,
                            sur_idx first, sur_idx count, double scale)
{
    const sur_idx k = pass->network.outputs, stride = pass->stride;
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

double sur_pass_delta(sur_pass *pass, const sur_goal *goal, const sur_idx *picks,
                      sur_idx first, sur_idx count, double scale)
{
    return goal->loss == SUR_LOSS_SQUARED
               ? squared(pass, goal, picks, first, count, scale)
               : cross_entropy(pass, goal, picks, first, count, scale);
}
