/* rank.c -- the effective rank of what a model sees of its training examples.
 *
 * H (m x p) holds the features, or what the last layer of a network is given, of the
 * first m = min(n, ROWS) training examples. With s_i its singular values and q_i = s_i
 * / sum s, effective rank = exp(- sum q_i ln q_i), between 1 and min(m, p), and that
 * where all s_i are equal. (Roy & Vetterli 2007.) */
#include "experiments/descent/descent.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* The last of what is trained is the bias of the last layer, the last but one its
 * weight. */
static sur_idx last_bias(const sur_tensor *tensors, sur_idx count)
{
    while (!tensors[count - 1].trained) count--;
    return count - 1;
}

/* The vector of the network below: the same one, but its last layer answers what it is
 * given, by an identity and no bias. */
static void copy_below(float *to, const sur_network *below, const float *from,
                       const sur_network *network, sur_tensor *of, sur_tensor *own)
{
    const sur_idx count = sur_network_tensors(of, below);
    sur_network_tensors(own, network); /* as many, in the same order */
    const sur_idx last = last_bias(of, count);
    for (sur_idx t = 0; t < count; t++)
        if (t != last && t != last - 1)
            memcpy(to + of[t].offset, from + own[t].offset,
                   (size_t)sur_tensor_count(&of[t]) * sizeof *to);
    float *weight = to + of[last - 1].offset;
    for (sur_idx i = 0; i < below->outputs; i++) weight[i * (below->outputs + 1)] = 1;
}

sur_status sur_descent_network_rank(double *rank, const sur_network *network,
                                    const float *parameters, const sur_inputs *inputs,
                                    sur_error *err)
{
    const sur_idx m = inputs->rows < ROWS ? inputs->rows : ROWS;
    sur_network below = *network;
    sur_tensor *tensors = NULL;
    float *vector = NULL;
    sur_mat hidden = {0}, gram = {0};
    sur_status status;

    SUR_TRY(sur_alloc(&tensors, 2 * SUR_NETWORK_TENSORS_MOST, sizeof *tensors, err));
    const sur_idx last = last_bias(tensors, sur_network_tensors(tensors, network));
    below.outputs = sur_tensor_count(&tensors[last - 1]) / network->outputs;
    SUR_TRY(sur_alloc(&vector, sur_network_size(&below), sizeof *vector, err));
    copy_below(vector, &below, parameters, network, tensors,
               tensors + SUR_NETWORK_TENSORS_MOST);
    SUR_TRY(sur_mat_new(&hidden, m, below.outputs, err));
    SUR_TRY(sur_network_answer(&hidden, &below, vector, inputs, NULL, err));
    SUR_TRY(sur_mat_new(&gram, m, m, err));
    sur_mat_multiply(&gram, 1.0, &hidden, SUR_PLAIN, &hidden, SUR_TRANSPOSED, 0.0);
    SUR_TRY(rank_of_gram(rank, &gram, err));

done:
    free(tensors);
    free(vector);
    sur_mat_free(&hidden);
    sur_mat_free(&gram);
    return status;
}
