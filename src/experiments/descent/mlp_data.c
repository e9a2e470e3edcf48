/* mlp_data.c -- data as networks read them, answers as the experiment scores them.
 *
 * With cross-entropy the answers are the class probabilities; of two classes the second
 * one's. With squared loss a network learns (target - centre) / scale, where scale is
 * the targets' deviation for regression on a file and 1 otherwise. */
#include "experiments/descent/mlp.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1024 };

static sur_status fill_side(sur_descent_crowd *c, int part, sur_error *err)
{
    const sur_descent_part *examples = &c->problem.part[part];
    const sur_idx count = examples->count, d = c->problem.data.cols;
    const sur_network network = sur_descent_network(c->options, d, c->classes);
    sur_descent_side *side = &c->side[part];
    sur_mat block = {0};
    sur_status status;

    SUR_TRY(sur_inputs_zero(&side->inputs, count, d, err));
    SUR_TRY(sur_mat_new(&side->answer, count, c->problem.outputs, err));
    SUR_TRY(sur_mat_new(&side->raw, count, network.outputs, err));
    SUR_TRY(sur_mat_new(&block, count < ROWS ? count : ROWS, d, err));
    for (sur_idx first = 0; first < count; first += ROWS) {
        const sur_idx rows = count - first < ROWS ? count - first : ROWS;
        sur_mat x = sur_mat_part(&block, 0, rows, 0, d);
        SUR_TRY(sur_split_read(&x, &c->problem.split, c->problem.reader,
                               examples->rows + first, err));
        sur_inputs_put(&side->inputs, first, &x);
    }

done:
    sur_mat_free(&block);
    return status;
}

static sur_status fill_targets(sur_descent_crowd *c, sur_error *err)
{
    const sur_descent_problem *p = &c->problem;
    const sur_descent_part *train = &p->part[DESCENT_TRAIN];
    const sur_idx n = train->count, k = p->outputs;
    sur_status status;

    SUR_TRY(sur_alloc(&c->target, n * k, sizeof *c->target, err));
    SUR_TRY(sur_alloc(&c->label, n, sizeof *c->label, err));
    for (sur_idx i = 0; i < n; i++) {
        for (sur_idx j = 0; j < k; j++)
            c->target[i * k + j] =
                (float)((sur_descent_target(p, train->label[i], j) - p->centre[j]) /
                        c->scale);
        c->label[i] = c->classes > 0 ? (int32_t)train->label[i] : 0;
    }
    if (!train->weight) goto done;
    SUR_TRY(sur_alloc(&c->weight, n, sizeof *c->weight, err));
    for (sur_idx i = 0; i < n; i++) c->weight[i] = (float)train->weight[i];

done:
    return status;
}

/* The test targets without noise: the same data, made again with none. */
static sur_status fill_clean(sur_descent_crowd *c, sur_idx dimension, sur_error *err)
{
    sur_data_options data = c->options->data; /* strings stay the caller's */
    const sur_descent_part *test = &c->problem.part[DESCENT_TEST];
    sur_dataset clean = {0};
    sur_status status;

    if (!sur_data_is_synthetic(&data) || c->classes > 0) return SUR_OK;
    data.dimension = dimension;
    data.noise = 0.0;
    data.test_samples += c->options->validation_samples;
    SUR_TRY(sur_data_generate(&clean, &data, dimension, NULL, err));
    SUR_TRY(sur_alloc(&c->clean, test->count, sizeof *c->clean, err));
    for (sur_idx i = 0; i < test->count; i++) c->clean[i] = clean.target[test->rows[i]];

done:
    sur_dataset_free(&clean);
    return status;
}

sur_status sur_descent_crowd_data(sur_descent_crowd *c, sur_idx dimension,
                                  sur_error *err)
{
    const sur_context *context = c->context;
    sur_status status;

    SUR_TRY(sur_descent_problem_new(&c->problem, c->options, dimension, false,
                                    context->input, context->input_size, err));
    c->classes = c->problem.data.classes;
    c->scale = 1.0;
    if (c->classes == 0 && !sur_data_is_synthetic(&c->options->data) &&
        c->problem.variance > 0.0)
        c->scale = sqrt(c->problem.variance);
    for (int r = 0; r < DESCENT_PARTS; r++) SUR_TRY(fill_side(c, r, err));
    SUR_TRY(fill_targets(c, err));
    SUR_TRY(fill_clean(c, dimension, err));

done:
    return status;
}

/* Row i of the problem's answers from what the network says. */
static void convert(const sur_descent_crowd *c, double *answer, const double *f)
{
    const sur_descent_problem *p = &c->problem;
    const sur_idx k = p->outputs;
    if (c->options->network.loss == SUR_LOSS_SQUARED) {
        for (sur_idx j = 0; j < k; j++) answer[j] = c->scale * f[j];
        return;
    }
    if (c->classes == 2) {
        answer[0] = 1.0 / (1.0 + exp(f[0] - f[1])) - p->centre[0];
        return;
    }
    double most = f[0], total = 0.0;
    for (sur_idx j = 1; j < k; j++) most = fmax(most, f[j]);
    for (sur_idx j = 0; j < k; j++) total += exp(f[j] - most);
    for (sur_idx j = 0; j < k; j++) answer[j] = exp(f[j] - most) / total - p->centre[j];
}

sur_status sur_descent_crowd_score(sur_descent_score *score, sur_descent_crowd *c,
                                   int part, const sur_network *network,
                                   const float *parameters, sur_descent_blocks *blocks,
                                   int row, sur_error *err)
{
    sur_descent_side *side = &c->side[part];
    const sur_status status =
        sur_network_answer(&side->raw, network, parameters, &side->inputs, NULL, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < side->raw.rows; i++)
        convert(c, sur_mat_row(&side->answer, i), sur_mat_row(&side->raw, i));
    *score = sur_descent_score_of(&c->problem, part, &side->answer, blocks, row);
    return SUR_OK;
}

sur_interval sur_descent_excess(const sur_descent_crowd *c)
{
    const sur_mat *answer = &c->side[DESCENT_TEST].answer;
    const double n = (double)answer->rows;
    double sum = 0.0, square = 0.0;
    for (sur_idx i = 0; i < answer->rows; i++) {
        const double r = sur_mat_row(answer, i)[0] + c->problem.centre[0] - c->clean[i];
        sum += r * r;
        square += r * r * r * r;
    }
    const double mean = sum / n, half = 1.959963984540054 *
                                        sqrt(fmax(square / n - mean * mean, 0.0) / n);
    return (sur_interval){mean, fmax(mean - half, 0.0), mean + half};
}
