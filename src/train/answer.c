/* answer.c -- what a fitted model says of rows as they come. */
#include "base/memory.h"
#include "base/try.h"
#include "train/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 256, COLUMNS = 128 };

sur_idx sur_fit_columns(const sur_fit *fit) { return fit->outputs; }

sur_idx sur_fit_class(const sur_fit *fit, const double *answer)
{
    sur_idx best = 0;
    for (sur_idx j = 1; j < fit->outputs; j++)
        if (answer[j] > answer[best]) best = j;
    return best;
}

/* out = Z b, a block of features at a time. */
static sur_status answer_features(sur_mat *out, const sur_fit *fit, const sur_mat *x,
                                  sur_error *err)
{
    const sur_features features = sur_fit_features(fit);
    const sur_idx p = fit->coefficients.rows;
    sur_mat z = {0};
    sur_status status;

    SUR_TRY(sur_mat_new(&z, x->rows, p < COLUMNS ? p : COLUMNS, err));
    sur_mat_fill(out, 0.0);
    for (sur_idx first = 0; first < p; first += COLUMNS) {
        const sur_idx count = p - first < COLUMNS ? p - first : COLUMNS;
        sur_mat block = sur_mat_part(&z, 0, x->rows, 0, count);
        const sur_mat b = sur_mat_part(&fit->coefficients, first, count, 0, out->cols);
        SUR_TRY(sur_features_fill(&block, &features, x, first, err));
        sur_mat_multiply(out, 1.0, &block, SUR_PLAIN, &b, SUR_PLAIN, 1.0);
    }

done:
    sur_mat_free(&z);
    return status;
}

static sur_status answer_network(sur_mat *out, const sur_fit *fit, const sur_mat *x,
                                 sur_error *err)
{
    sur_inputs inputs;
    sur_status status = sur_inputs_new(&inputs, x, err);
    if (status == SUR_OK)
        status =
            sur_network_answer(out, &fit->network, fit->parameters, &inputs, NULL, err);
    sur_inputs_free(&inputs);
    return status;
}

static void soften(double *f, sur_idx count)
{
    double most = f[0], total = 0.0;
    for (sur_idx j = 1; j < count; j++) most = fmax(most, f[j]);
    for (sur_idx j = 0; j < count; j++) total += f[j] = exp(f[j] - most);
    for (sur_idx j = 0; j < count; j++) f[j] /= total;
}

/* Rows of one block; features need blocks of one shape for the same bits. */
static sur_status answer_block(sur_mat *out, const sur_fit *fit, const sur_mat *x,
                               sur_error *err)
{
    const bool network = sur_family_is_network(fit->options.family);
    const sur_status status =
        (network ? answer_network : answer_features)(out, fit, x, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < out->rows; i++) {
        double *f = sur_mat_row(out, i);
        if (network && fit->options.network.loss == SUR_LOSS_CROSS_ENTROPY)
            soften(f, out->cols);
        else
            for (sur_idx j = 0; j < out->cols; j++)
                f[j] = fit->centre[j] + fit->unit * f[j];
    }
    return SUR_OK;
}

sur_status sur_fit_answer_prepared(sur_mat *out, const sur_fit *fit, const sur_mat *x,
                                   sur_error *err)
{
    for (sur_idx first = 0; first < x->rows; first += ROWS) {
        const sur_idx count = x->rows - first < ROWS ? x->rows - first : ROWS;
        const sur_mat rows = sur_mat_part(x, first, count, 0, x->cols);
        sur_mat place = sur_mat_part(out, first, count, 0, out->cols);
        const sur_status status = answer_block(&place, fit, &rows, err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

/* Where each column of the fit is in the data; data->cols stands for the target. */
static sur_status find_columns(sur_idx *place, const sur_fit *fit,
                               const sur_dataset *data, sur_error *err)
{
    for (sur_idx j = 0; j < fit->inputs; j++) {
        sur_idx i = 0;
        /* Mostly they are where they were. */
        if (j < data->cols && strcmp(fit->names[j], sur_dataset_name(data, j)) == 0)
            i = j;
        else
            while (i <= data->cols &&
                   strcmp(fit->names[j], sur_dataset_name(data, i)) != 0)
                i++;
        if (i > data->cols || (i == data->cols && data->classes > 0))
            return sur_fail(err, SUR_EINVAL, "the data have no%s column '%.64s'",
                            i == data->cols ? " numeric" : "", fit->names[j]);
        place[j] = i;
    }
    return SUR_OK;
}

sur_status sur_fit_answer(sur_mat *out, const sur_fit *fit, const sur_dataset *data,
                          sur_error *err)
{
    sur_mat raw = {0}, x = {0};
    sur_idx *place = NULL;
    sur_status status;

    SUR_FAIL_IF(out->rows != data->rows || out->cols != fit->outputs, SUR_ESHAPE,
                "no room for the answers");
    SUR_TRY(sur_alloc(&place, fit->inputs, sizeof *place, err));
    SUR_TRY(find_columns(place, fit, data, err));
    SUR_TRY(sur_mat_new(&raw, ROWS, data->cols, err));
    SUR_TRY(sur_mat_new(&x, ROWS, fit->inputs, err));
    for (sur_idx first = 0; first < data->rows; first += ROWS) {
        const sur_idx count = data->rows - first < ROWS ? data->rows - first : ROWS;
        sur_mat from = sur_mat_part(&raw, 0, count, 0, data->cols);
        sur_mat_fill(&x, 0.0);
        sur_dataset_rows(&from, data, NULL, first);
        for (sur_idx i = 0; i < count; i++)
            for (sur_idx j = 0; j < fit->inputs; j++) {
                const double cell = place[j] == data->cols
                                        ? data->target[first + i]
                                        : sur_mat_row(&from, i)[place[j]];
                sur_mat_row(&x, i)[j] =
                    ((isnan(cell) ? fit->median[j] : cell) - fit->mean[j]) /
                    fit->scale[j];
            }
        const sur_mat rows = sur_mat_part(&x, 0, count, 0, fit->inputs);
        sur_mat to = sur_mat_part(out, first, count, 0, out->cols);
        SUR_TRY(sur_fit_answer_prepared(&to, fit, &rows, err));
    }

done:
    free(place);
    sur_mat_free(&raw);
    sur_mat_free(&x);
    return status;
}
