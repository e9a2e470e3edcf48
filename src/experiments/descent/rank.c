/* rank.c -- the effective rank of what a model sees of its training examples.
 *
 * H (m x p) holds the features, or the last hidden layer of a network, of the first m =
 * min(n, ROWS) training examples. With s_i its singular values and q_i = s_i / sum s,
 *     effective rank = exp(- sum q_i ln q_i),
 * between 1 and min(m, p), and that where all s_i are equal. (Roy & Vetterli 2007.) */
#include "experiments/descent/descent.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS = 512, COLUMNS = 256 };

/* From the eigenvalues s_i^2, ascending; what rounding leaves of a zero is one. */
static double entropy_rank(double *square, sur_idx count)
{
    const double rounding = 1e-15 * (double)count * square[count - 1];
    double sum = 0.0, entropy = 0.0;
    for (sur_idx i = 0; i < count; i++)
        sum += square[i] = square[i] > rounding ? sqrt(square[i]) : 0.0;
    for (sur_idx i = 0; i < count; i++) {
        const double q = square[i] / sum;
        if (q > 0.0) entropy -= q * log(q);
    }
    return sum > 0.0 ? exp(entropy) : 0.0;
}

static sur_status rank_of_gram(double *rank, const sur_mat *gram, sur_error *err)
{
    double *values;
    sur_status status = sur_alloc(&values, gram->rows, sizeof *values, err);
    if (status == SUR_OK) status = sur_eigen(values, NULL, gram, err);
    if (status == SUR_OK) *rank = entropy_rank(values, gram->rows);
    free(values);
    return status;
}

sur_status sur_descent_features_rank(double *rank, const sur_descent_problem *problem,
                                     sur_idx width, sur_error *err)
{
    const bool streamed = !problem->train.data;
    const sur_idx n = streamed ? problem->split.train_count : problem->train.rows;
    const sur_idx m = n < ROWS ? n : ROWS, d = problem->data.cols;
    sur_mat block = {0}, gram = {0}, x = {0};
    sur_status status;

    SUR_TRY(sur_mat_new(&x, m, d, err));
    if (streamed) {
        SUR_TRY(sur_split_read(&x, &problem->split, problem->reader,
                               problem->split.train, err));
    } else {
        const sur_mat first = sur_mat_part(&problem->train, 0, m, 0, d);
        sur_mat_copy(&x, &first);
    }
    SUR_TRY(sur_mat_new(&block, m, width < COLUMNS ? width : COLUMNS, err));
    SUR_TRY(sur_mat_new(&gram, m, m, err));
    for (sur_idx first = 0; first < width; first += COLUMNS) {
        const sur_idx cols = width - first < COLUMNS ? width - first : COLUMNS;
        sur_mat z = sur_mat_part(&block, 0, m, 0, cols);
        SUR_TRY(sur_features_fill(&z, &problem->features, &x, first, err));
        sur_mat_multiply(&gram, 1.0, &z, SUR_PLAIN, &z, SUR_TRANSPOSED, 1.0);
    }
    SUR_TRY(rank_of_gram(rank, &gram, err));

done:
    sur_mat_free(&x);
    sur_mat_free(&block);
    sur_mat_free(&gram);
    return status;
}

static double unit(sur_unit kind, double z)
{
    if (kind == SUR_UNIT_RELU) return fmax(z, 0.0);
    if (kind == SUR_UNIT_TANH) return tanh(z);
    return z * sur_normal_cdf(z);
}

/* The parameters before the last layer's are those of a network whose outputs are what
 * the last hidden units are given. */
sur_status sur_descent_network_rank(double *rank, const sur_network *network,
                                    const float *parameters, const sur_inputs *inputs,
                                    sur_error *err)
{
    const sur_idx m = inputs->rows < ROWS ? inputs->rows : ROWS;
    sur_network below = *network;
    sur_mat hidden = {0}, gram = {0};
    sur_status status;

    if (network->depth > 0) {
        below.depth--;
        below.outputs = network->width;
        SUR_TRY(sur_mat_new(&hidden, m, network->width, err));
        SUR_TRY(sur_network_answer(&hidden, &below, parameters, inputs, NULL, err));
        for (sur_idx i = 0; i < m * network->width; i++)
            hidden.data[i] = unit(network->activation, hidden.data[i]);
    } else {
        SUR_TRY(sur_mat_new(&hidden, m, inputs->cols, err));
        for (sur_idx i = 0; i < m; i++)
            for (sur_idx j = 0; j < inputs->cols; j++)
                sur_mat_row(&hidden, i)[j] = (double)inputs->x[i * inputs->stride + j];
    }
    SUR_TRY(sur_mat_new(&gram, m, m, err));
    sur_mat_multiply(&gram, 1.0, &hidden, SUR_PLAIN, &hidden, SUR_TRANSPOSED, 0.0);
    SUR_TRY(rank_of_gram(rank, &gram, err));

done:
    sur_mat_free(&hidden);
    sur_mat_free(&gram);
    return status;
}
