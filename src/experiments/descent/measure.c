/* measure.c -- from answers to measurements.
 *
 * With weights w (which may be negative) means are sum w x / sum w, and counts in
 * intervals are the effective number of examples (sum w)^2 / sum w^2. */
#include "experiments/descent/descent.h"

#include "base/memory.h"
#include "base/try.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NORMAL_95 1.959963984540054

/* Whether the class of largest score (0.5 between two) is not the label. */
static bool is_wrong(const sur_descent_problem *problem, const double *row,
                     double label)
{
    if (problem->data.classes == 2)
        return (row[0] + problem->centre[0] > 0.5) != (label > 0.5);
    sur_idx best = 0;
    for (sur_idx j = 1; j < problem->outputs; j++)
        if (row[j] + problem->centre[j] > row[best] + problem->centre[best]) best = j;
    return (double)best != label;
}

static double square_loss(const sur_descent_problem *problem, const double *row,
                          double label)
{
    double sum = 0.0;
    for (sur_idx j = 0; j < problem->outputs; j++) {
        const double r =
            row[j] + problem->centre[j] - sur_descent_target(problem, label, j);
        sum += r * r;
    }
    return sum / (double)problem->outputs;
}

sur_descent_score sur_descent_score_of(const sur_descent_problem *problem, int part,
                                       const sur_mat *answer,
                                       sur_descent_blocks *blocks, int row)
{
    const sur_descent_part *examples = &problem->part[part];
    const bool classes = problem->data.classes > 0;
    double total = 0.0, squares = 0.0, wrong = 0.0, loss = 0.0;
    double tilt = 0.0, spread = 0.0; /* sum w^2 l, sum w^2 l^2 */

    for (sur_idx i = 0; i < examples->count; i++) {
        const double *scores = sur_mat_row(answer, i), label = examples->label[i];
        const double w = examples->weight ? examples->weight[i] : 1.0;
        const double e = classes && is_wrong(problem, scores, label) ? 1.0 : 0.0;
        const double l = square_loss(problem, scores, label);
        total += w;
        squares += w * w;
        wrong += w * e;
        loss += w * l;
        tilt += w * w * l;
        spread += w * w * l * l;
        if (blocks) {
            const sur_idx b = i % DESCENT_BLOCKS;
            if (row == DESCENT_BLOCK_ERROR)
                blocks->sum[DESCENT_BLOCK_WEIGHT][b] += (float)w;
            blocks->sum[row][b] += (float)(w * e);
            blocks->sum[row + 1][b] += (float)(w * l);
        }
    }
    sur_descent_score score = {
        .count = examples->count, .error = nan(""), .loss = nan("")};
    if (!(total > 0.0)) return score;
    score.effective = total * total / squares;
    score.loss = loss / total;
    if (classes) score.error = wrong / total;
    /* sum w^2 (l - mean)^2 / (sum w)^2, expanded */
    const double variance =
        (spread - score.loss * (2.0 * tilt - score.loss * squares)) / (total * total);
    score.loss_deviation = variance > 0.0 ? sqrt(variance) : 0.0;
    return score;
}

void sur_descent_put(sur_descent_list *list, const char *metric, const char *split,
                     sur_interval value, sur_idx n)
{
    assert(list->count < DESCENT_MEASUREMENTS);
    list->at[list->count++] = (sur_measurement){.metric = metric,
                                                .split = split,
                                                .value = value.value,
                                                .low = value.low,
                                                .high = value.high,
                                                .n = n};
}

void sur_descent_put_score(sur_descent_list *list, const char *error, const char *loss,
                           const char *split, const sur_descent_score *score)
{
    if (!isnan(score->error)) {
        const double n = score->effective;
        sur_interval share = sur_wilson(score->error * n, n, 0.95);
        share.value = score->error;
        /* Negative weights can bring a share outside [0, 1], where no interval is
         * known. */
        if (score->error < 0.0 || score->error > 1.0) share.low = share.high = nan("");
        sur_descent_put(list, error, split, share, score->count);
    }
    const double half = NORMAL_95 * score->loss_deviation;
    const double low = score->loss - half;
    sur_descent_put(
        list, loss, split,
        (sur_interval){score->loss, low > 0.0 ? low : 0.0, score->loss + half},
        score->count);
}

sur_status sur_descent_put_ranking(sur_descent_list *list,
                                   const sur_descent_problem *problem,
                                   const sur_descent_options *options,
                                   const sur_mat *answer, sur_error *err)
{
    const sur_descent_part *test = &problem->part[DESCENT_TEST];
    const sur_idx t = test->count;
    double *score = NULL, *weight = NULL;
    uint8_t *label = NULL;
    sur_idx signals = 0;
    sur_interval found;
    sur_status status = SUR_OK;

    if (problem->data.classes != 2) return SUR_OK;
    SUR_TRY(sur_alloc(&score, t, sizeof *score, err));
    SUR_TRY(sur_alloc(&label, t, sizeof *label, err));
    for (sur_idx i = 0; i < t; i++) {
        score[i] = sur_mat_row(answer, i)[0];
        label[i] = test->label[i] > 0.5;
        signals += label[i];
    }
    if (signals == 0 || signals == t) goto done; /* nothing to rank */
    SUR_TRY(sur_auc(&found, score, label, test->weight, t, 0.95, err));
    sur_descent_put(list, "auc", NULL, found, t);
    SUR_TRY(sur_rejection(&found, score, label, test->weight, t,
                          options->signal_efficiency, 0.95, err));
    sur_descent_put(list, "rejection", NULL, found, t - signals);

    if (!test->weight) goto done;
    SUR_TRY(sur_alloc(&weight, t, sizeof *weight, err));
    for (sur_idx i = 0; i < t; i++)
        weight[i] = test->weight[i] * problem->share[label[i]];
    found = (sur_interval){0, nan(""), nan("")};
    SUR_TRY(sur_ams_best(&found.value, score, label, weight, t,
                         options->ams_regularization, err));
    sur_descent_put(list, "ams", NULL, found, t);

done:
    free(score);
    free(label);
    free(weight);
    return status;
}
