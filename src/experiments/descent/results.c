/* results.c -- curves trained elsewhere, from a table.
 *
 * The table is read as any data set is, with its column `width` as the target. The
 * other columns are named after options that are axes (seed, samples, ridge,
 * label_noise, ...) or after metrics (test_error, train_loss, ...). Empty cells were
 * not measured. */
#include "experiments/descent/results.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MOST = 256 };

static const sur_metric *find_metric(const char *name)
{
    for (sur_idx i = 0; i < sur_descent_metric_count; i++)
        if (strcmp(sur_descent_metrics[i].name, name) == 0)
            return &sur_descent_metrics[i];
    return NULL;
}

/* The option a column gives values of, or NULL. */
static const sur_field *find_option(const char *name)
{
    const sur_field *field = sur_fields_find(&sur_descent_fields, name);
    const bool number = field && (field->kind == SUR_INT || field->kind == SUR_REAL);
    return number && (field->flags & SUR_AXIS) ? field : NULL;
}

static sur_status check_columns(const sur_dataset *table, const char *path,
                                sur_error *err)
{
    const char *names[COLUMNS_MOST + 64];
    sur_idx metrics = 0, count = 0;
    if (table->cols > COLUMNS_MOST)
        return sur_fail(err, SUR_EPARSE,
                        "%s: %lld columns, more than the %d of results", path,
                        (long long)table->cols, COLUMNS_MOST);
    for (sur_idx i = 0; i < sur_descent_metric_count; i++)
        names[count++] = sur_descent_metrics[i].name;
    for (sur_idx j = 0; j < table->cols; j++) {
        const char *name = sur_dataset_name(table, j);
        if (find_metric(name))
            metrics++;
        else if (!find_option(name)) {
            const char *near = sur_nearest(name, names, count);
            return sur_fail(
                err, SUR_EPARSE,
                "%s: column \"%.60s\" is neither an option that is an axis nor "
                "a metric%s%s%s",
                path, name, near ? "; did you mean \"" : "", near ? near : "",
                near ? "\"?" : "");
        }
    }
    if (metrics == 0)
        return sur_fail(err, SUR_EPARSE, "%s: no column is a metric such as test_error",
                        path);
    return SUR_OK;
}

sur_status sur_descent_results_read(const char *path, void **input, size_t *size,
                                    sur_error *err)
{
    sur_descent_options options = {0};
    sur_dataset table = {0};
    sur_status status;

    SUR_TRY(sur_fields_preset(&sur_descent_fields, &options, err));
    SUR_TRY(sur_fields_set(&sur_descent_fields, &options, "data", path, err));
    SUR_TRY(sur_fields_set(&sur_descent_fields, &options, "target", "width", err));
    SUR_TRY(sur_fields_set(&sur_descent_fields, &options, "task", "regression", err));
    SUR_TRY(sur_data_read(&table, &options.data, NULL, 0, err));
    SUR_TRY(check_columns(&table, path, err));
    *input = sur_dataset_release(&table, size);

done:
    sur_dataset_free(&table);
    sur_fields_free(&sur_descent_fields, &options);
    return status;
}

static double cell_of(const sur_dataset *table, sur_idx row, sur_idx col)
{
    double cells[COLUMNS_MOST];
    sur_mat out = {cells, 1, table->cols, table->cols};
    sur_dataset_rows(&out, table, &row, 0);
    return cells[col];
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Every value of a column (-1: the widths) once, as an axis: "8,16,32". */
static sur_status list_values(char **text, const sur_dataset *table, sur_idx col,
                              sur_error *err)
{
    double *values = NULL;
    sur_text made = {0};
    sur_idx count = 0;
    char number[32];
    sur_status status;

    SUR_TRY(sur_alloc(&values, table->rows, sizeof *values, err));
    for (sur_idx i = 0; i < table->rows; i++) {
        const double x = col < 0 ? table->target[i] : cell_of(table, i, col);
        if (!isnan(x)) values[count++] = x;
    }
    qsort(values, (size_t)count, sizeof *values, by_value);
    for (sur_idx i = 0; i < count; i++)
        if (i == 0 || values[i] != values[i - 1])
            SUR_TRY(sur_text_format(&made, err, "%s%s", made.length ? "," : "",
                                    sur_number_text(values[i], number)));
    *text = made.at;
    made.at = NULL;

done:
    free(values);
    sur_text_free(&made);
    return status;
}

sur_status sur_descent_results_axis(char **text, const char *name, const void *input,
                                    size_t size, sur_error *err)
{
    sur_dataset table = {0};
    const sur_status status = sur_dataset_view(&table, input, size, err);
    if (status != SUR_OK) return status;
    if (strcmp(name, "width") == 0) return list_values(text, &table, -1, err);
    for (sur_idx j = 0; j < table.cols; j++)
        if (find_option(sur_dataset_name(&table, j)) ==
            sur_fields_find(&sur_descent_fields, name))
            return list_values(text, &table, j, err);
    return SUR_OK;
}

sur_status sur_descent_results_check(sur_descent_options *options, const void *input,
                                     size_t size, sur_error *err)
{
    sur_dataset table = {0};
    const sur_status status = sur_dataset_view(&table, input, size, err);
    if (status != SUR_OK) return status;
    if (options->tune == DESCENT_YES)
        return sur_fail(err, SUR_EINVAL, "results cannot be tuned: give --data to fit");
    options->tune = DESCENT_NO;
    return sur_descent_set_checksum(&options->data.data_sha256, table.checksum, err);
}

/* The first row whose options are those of the trial, or -1. */
static sur_idx find_row(const sur_dataset *table, const sur_descent_options *o)
{
    for (sur_idx i = 0; i < table->rows; i++) {
        bool same = table->target[i] == (double)o->width;
        for (sur_idx j = 0; j < table->cols && same; j++) {
            const sur_field *field = find_option(sur_dataset_name(table, j));
            const double x = field ? cell_of(table, i, j) : nan("");
            same = !field || isnan(x) || x == sur_field_number(field, o);
        }
        if (same) return i;
    }
    return -1;
}

/* A share has Wilson's interval where the number of test examples was given. */
static sur_interval interval_of(const char *name, double value,
                                const sur_descent_options *o)
{
    const bool share = strcmp(name, "test_error") == 0 && value >= 0.0 && value <= 1.0;
    if (!share || o->data.test_samples == SUR_UNSET)
        return (sur_interval){value, nan(""), nan("")};
    const double n = (double)o->data.test_samples;
    sur_interval made = sur_wilson(value * n, n, 0.95);
    made.value = value;
    return made;
}

static sur_status emit_row(const sur_context *context, sur_idx trial,
                           const sur_descent_options *o, const sur_dataset *table,
                           sur_idx row, sur_error *err)
{
    sur_descent_list list = {.count = 0};
    bool interpolates = false;
    double train = nan("");
    for (sur_idx j = 0; j < table->cols && list.count < DESCENT_MEASUREMENTS - 1; j++) {
        const sur_metric *metric = find_metric(sur_dataset_name(table, j));
        if (!metric) continue;
        const double value = cell_of(table, row, j);
        if (isnan(value)) continue;
        const bool test = strncmp(metric->name, "test_", 5) == 0;
        const sur_idx n =
            test && o->data.test_samples != SUR_UNSET ? o->data.test_samples : 0;
        sur_descent_put(&list, metric->name, NULL, interval_of(metric->name, value, o),
                        n);
        interpolates |= strcmp(metric->name, "interpolates") == 0;
        if (strcmp(metric->name, "train_loss") == 0) train = value;
    }
    if (!interpolates && !isnan(train))
        sur_descent_put(&list, "interpolates", NULL,
                        (sur_interval){train < o->interpolates_below, nan(""), nan("")},
                        0);
    return context->emit(
        context->payload, trial,
        &(sur_outcome){.status = SUR_OK, .measurements = list.at, .count = list.count},
        err);
}

sur_status sur_descent_results_run(const void *const *options, sur_idx count,
                                   const sur_context *context, sur_error *err)
{
    sur_dataset table = {0};
    sur_status status =
        sur_dataset_view(&table, context->input, context->input_size, err);
    for (sur_idx i = 0; i < count && status == SUR_OK; i++) {
        const sur_idx row = find_row(&table, options[i]);
        if (row >= 0)
            status = emit_row(context, i, options[i], &table, row, err);
        else
            status = context->emit(
                context->payload, i,
                &(sur_outcome){.status = SUR_EINVAL,
                               .message = "the results have no row with these options"},
                err);
    }
    return status;
}
