/* problem.c -- from a data set to what the widths of one curve share.
 *
 * Targets are one-hot for three classes and more, 0 and 1 for two (the second column of
 * a one-hot pair, centred, is minus the first, and so are its coefficients), the
 * numbers themselves for regression. With an intercept their (weighted) train mean is
 * taken off before the fit and added to every prediction. */
#include "experiments/descent/descent.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

double sur_descent_target(const sur_descent_problem *problem, double label, sur_idx j)
{
    if (problem->data.classes <= 2) return label; /* outputs 1 */
    return label == (double)j ? 1.0 : 0.0;
}

void sur_descent_problem_free(sur_descent_problem *problem)
{
    for (int r = 0; r < DESCENT_PARTS; r++) {
        free(problem->part[r].label);
        free(problem->part[r].weight);
    }
    sur_mat_free(&problem->train);
    sur_mat_free(&problem->target);
    free(problem->centre);
    free(problem->merged);
    free(problem->truth);
    sur_split_free(&problem->split);
    sur_reader_close(problem->reader);
    sur_dataset_free(&problem->data);
    *problem = (sur_descent_problem){0};
}

/* Synthetic data give the validation part as additional test rows, so that the training
 * design is made for exactly n examples. */
static sur_status get_data(sur_descent_problem *problem, sur_data_options *data,
                           sur_idx validation, const void *input, size_t size,
                           sur_error *err)
{
    if (!sur_data_is_synthetic(data))
        return sur_dataset_view(&problem->data, input, size, err);
    sur_status status =
        sur_alloc(&problem->truth, data->dimension, sizeof *problem->truth, err);
    if (status != SUR_OK) return status;
    data->test_samples += validation;
    return sur_data_generate(&problem->data, data, data->dimension, problem->truth,
                             err);
}

/* Who is in which part. For a file the validation rows are asked for as a share of a
 * training part that is larger by as many. */
static sur_status divide(sur_descent_problem *problem, sur_data_options *data,
                         sur_idx validation, bool images, sur_error *err)
{
    const bool synthetic = sur_data_is_synthetic(data);
    double share = 0.0;
    if (!synthetic && validation > 0) {
        data->samples += validation;
        share = (double)validation / (double)data->samples;
    }
    sur_status status =
        sur_split_make(&problem->split, &problem->data, data, share, err);
    if (status == SUR_OK && images && data->standardize)
        status = sur_split_scale_whole(&problem->split, &problem->data, data, err);
    if (status != SUR_OK) return status;

    const sur_split *s = &problem->split;
    sur_descent_part *part = problem->part;
    part[DESCENT_TRAIN].count = s->train_count;
    part[DESCENT_TRAIN].rows = s->train;
    part[DESCENT_VALIDATION].count = s->validation_count;
    part[DESCENT_VALIDATION].rows = s->validation;
    part[DESCENT_TEST].count = s->test_count;
    part[DESCENT_TEST].rows = s->test;
    if (synthetic) {
        const sur_idx kept = s->test_count - validation;
        part[DESCENT_TEST].count = kept;
        part[DESCENT_VALIDATION].count = validation;
        part[DESCENT_VALIDATION].rows = s->test + kept;
    }
    return SUR_OK;
}

static sur_status fill_part(sur_descent_problem *problem, int role, sur_error *err)
{
    static const char *const names[] = {"training", "validation", "test"};
    sur_descent_part *part = &problem->part[role];
    sur_status status;

    SUR_TRY(sur_alloc(&part->label, part->count, sizeof *part->label, err));
    for (sur_idx i = 0; i < part->count; i++)
        part->label[i] = role == DESCENT_TRAIN ? problem->split.label[i]
                                               : problem->data.target[part->rows[i]];
    if (!problem->data.weight) goto done;
    SUR_TRY(sur_alloc(&part->weight, part->count, sizeof *part->weight, err));
    for (sur_idx i = 0; i < part->count; i++)
        part->weight[i] = problem->data.weight[part->rows[i]];
    double total = 0.0;
    for (sur_idx i = 0; i < part->count; i++) total += part->weight[i];
    SUR_FAIL_IF(part->count > 0 && !(total > 0.0), SUR_ENUMERIC,
                "the weights of the %s part add up to %g, not to something positive",
                names[role], total);

done:
    return status;
}

/* The centre, the targets about it, and their variance. */
static sur_status fill_targets(sur_descent_problem *problem, bool intercept,
                               bool streamed, sur_error *err)
{
    const sur_descent_part *train = &problem->part[DESCENT_TRAIN];
    const sur_idx n = train->count, k = problem->outputs;
    sur_status status;

    SUR_TRY(sur_alloc(&problem->centre, k, sizeof *problem->centre, err));
    if (!streamed) SUR_TRY(sur_mat_new(&problem->target, n, k, err));
    double total = 0.0, square = 0.0;
    for (sur_idx i = 0; i < n; i++) total += train->weight ? train->weight[i] : 1.0;
    for (sur_idx j = 0; j < k && intercept; j++) {
        double sum = 0.0;
        for (sur_idx i = 0; i < n; i++)
            sum += (train->weight ? train->weight[i] : 1.0) *
                   sur_descent_target(problem, train->label[i], j);
        problem->centre[j] = sum / total;
    }
    for (sur_idx i = 0; i < n; i++) {
        for (sur_idx j = 0; j < k; j++) {
            const double y =
                sur_descent_target(problem, train->label[i], j) - problem->centre[j];
            if (!streamed) sur_mat_row(&problem->target, i)[j] = y;
            square += (train->weight ? train->weight[i] : 1.0) * y * y;
        }
    }
    problem->variance = square / (total * (double)k);

done:
    return status;
}

/* By how much the weights of the test part must grow to stand for the whole file. */
static void fill_shares(sur_descent_problem *problem)
{
    const sur_descent_part *test = &problem->part[DESCENT_TEST];
    double all[2] = {0}, here[2] = {0};
    problem->share[0] = problem->share[1] = 1.0;
    if (!problem->data.weight || problem->data.classes != 2) return;
    for (sur_idx i = 0; i < problem->data.rows; i++)
        all[problem->data.target[i] > 0.5] += problem->data.weight[i];
    for (sur_idx i = 0; i < test->count; i++)
        here[test->label[i] > 0.5] += test->weight[i];
    for (int c = 0; c < 2; c++)
        if (here[c] != 0.0) problem->share[c] = all[c] / here[c];
}

sur_status sur_descent_problem_new(sur_descent_problem *out,
                                   const sur_descent_options *options,
                                   sur_idx dimension, bool streamed, const void *input,
                                   size_t size, sur_error *err)
{
    sur_descent_problem problem = {0};
    sur_data_options data = options->data; /* strings stay the caller's */
    data.dimension = dimension;
    const sur_idx v = options->validation_samples;
    sur_status status;

    *out = problem;
    SUR_TRY(get_data(&problem, &data, v, input, size, err));
    SUR_TRY(sur_reader_open(&problem.reader, &problem.data, &options->data, err));
    SUR_TRY(divide(&problem, &data, v, sur_family_is_conv(options->family), err));
    problem.outputs = problem.data.classes > 2 ? problem.data.classes : 1;
    for (int r = 0; r < DESCENT_PARTS; r++) SUR_TRY(fill_part(&problem, r, err));
    SUR_TRY(fill_targets(&problem, options->intercept == DESCENT_YES, streamed, err));
    fill_shares(&problem);

    const sur_descent_part *train = &problem.part[DESCENT_TRAIN];
    problem.fit_weight = train->weight;
    if (!streamed) {
        SUR_TRY(sur_mat_new(&problem.train, train->count, problem.data.cols, err));
        SUR_TRY(sur_split_read(&problem.train, &problem.split, problem.reader,
                               train->rows, err));
        if (!problem.truth) SUR_TRY(sur_descent_merge(&problem, err));
    }
    problem.features = (sur_features){.family = (sur_family)options->family,
                                      .inputs = problem.data.cols,
                                      .seed = (uint64_t)options->data.seed,
                                      .bandwidth = options->bandwidth};
    *out = problem;
    problem = (sur_descent_problem){0};

done:
    sur_descent_problem_free(&problem);
    return status;
}
