/* data.c -- from a data set to rows that lie in the order of their nodes.
 *
 * Targets are one-hot for three classes and more, 0 and 1 for two, the numbers
 * themselves for regression; those of a file lose their train mean, as standardized
 * columns do (an agreement made before the first round). Columns of synthetic:linear
 * without a condition number are made when they are asked for, never all at once. */
#include "experiments/distribute/distribute.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/generate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void distribute_data_free(distribute_data *data)
{
    sur_mat_free(&data->train);
    sur_mat_free(&data->probe);
    sur_mat_free(&data->target);
    free(data->first);
    free(data->order);
    free(data->label);
    free(data->centre);
    free(data->truth);
    sur_split_free(&data->split);
    sur_dataset_free(&data->data);
    *data = (distribute_data){0};
}

/* ---- which node has which row ---- */

typedef struct keyed {
    double key;
    sur_idx row; /* of the data set */
    sur_idx at;  /* of the training part */
} keyed;

static int by_key(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* rows, labels: of the training part. */
static sur_status arrange(distribute_data *p, const sur_distribute_options *o,
                          const sur_idx *rows, const double *labels, sur_error *err)
{
    keyed *sorted = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&p->order, p->n, sizeof *p->order, err));
    SUR_TRY(sur_alloc(&p->first, p->nodes + 1, sizeof *p->first, err));
    SUR_TRY(sur_alloc(&sorted, p->n, sizeof *sorted, err));
    for (sur_idx i = 0; i < p->n; i++)
        sorted[i] = (keyed){o->partition == PARTITION_CLASS ? labels[i] : 0.0,
                            rows ? rows[i] : i, i};
    qsort(sorted, (size_t)p->n, sizeof *sorted, by_key);
    if (o->partition == PARTITION_RANDOM) {
        sur_rng rng = sur_rng_make((uint64_t)o->data.seed, "partition", 0);
        sur_rng_permutation(&rng, p->order, p->n);
    }
    for (sur_idx i = 0; i < p->n; i++)
        p->order[i] = sorted[o->partition == PARTITION_RANDOM ? p->order[i] : i].at;
    for (sur_idx i = 0; i <= p->nodes; i++) p->first[i] = i * p->n / p->nodes;

done:
    free(sorted);
    return status;
}

/* ---- targets ---- */

static sur_status fill_targets(distribute_data *p, const double *labels, bool centred,
                               sur_error *err)
{
    const sur_idx k = p->outputs;
    sur_status status;

    SUR_TRY(sur_alloc(&p->centre, k, sizeof *p->centre, err));
    SUR_TRY(sur_mat_new(&p->target, p->n, k, err));
    for (sur_idx r = 0; r < p->n; r++)
        for (sur_idx j = 0; j < k; j++) {
            const double label = labels[p->order[r]];
            const double t = p->classes > 2 ? (double)(label == (double)j) : label;
            sur_mat_row(&p->target, r)[j] = t;
            if (centred) p->centre[j] += t / (double)p->n;
        }
    for (sur_idx r = 0; r < p->n; r++)
        for (sur_idx j = 0; j < k; j++) {
            double *t = &sur_mat_row(&p->target, r)[j];
            *t -= p->centre[j];
            p->square += *t * *t;
        }
    SUR_FAIL_IF(!(p->square > 0.0), SUR_EINVAL,
                "the targets of the %lld training examples are all the same",
                (long long)p->n);

done:
    return status;
}

/* ---- data that are held ---- */

static sur_status permute_rows(sur_mat *m, const sur_idx *order, sur_error *err)
{
    sur_mat from = *m, to;
    const sur_status status = sur_mat_new(&to, from.rows, from.cols, err);
    if (status != SUR_OK) return status;
    for (sur_idx r = 0; r < to.rows; r++)
        memcpy(sur_mat_row(&to, r), sur_mat_row(&from, order[r]),
               (size_t)to.cols * sizeof(double));
    sur_mat_free(&from);
    *m = to;
    return SUR_OK;
}

static sur_status hold(distribute_data *p, const sur_distribute_options *o,
                       const sur_context *context, sur_error *err)
{
    sur_data_options data = o->data;
    const bool synthetic = sur_data_is_synthetic(&data);
    sur_status status;

    if (synthetic) {
        SUR_TRY(sur_alloc(&p->truth, data.dimension, sizeof *p->truth, err));
        SUR_TRY(sur_data_generate(&p->data, &data, data.dimension, p->truth, err));
    } else {
        SUR_TRY(sur_dataset_view(&p->data, context->input, context->input_size, err));
    }
    SUR_TRY(sur_split_make(&p->split, &p->data, &data, 0.0, err));
    p->n = p->split.train_count;
    p->test = p->split.test_count;
    p->inputs = p->data.cols;
    p->classes = p->data.classes;
    p->outputs = p->classes > 2 ? p->classes : 1;
    SUR_TRY(arrange(p, o, p->split.train, p->split.label, err));
    SUR_TRY(fill_targets(p, p->split.label, !synthetic, err));
    SUR_TRY(sur_mat_new(&p->train, p->n, p->inputs, err));
    sur_split_rows(&p->train, &p->split, &p->data, p->split.train);
    SUR_TRY(permute_rows(&p->train, p->order, err));
    SUR_TRY(sur_mat_new(&p->probe, p->test, p->inputs, err));
    sur_split_rows(&p->probe, &p->split, &p->data, p->split.test);
    SUR_TRY(sur_alloc(&p->label, p->test, sizeof *p->label, err));
    for (sur_idx i = 0; i < p->test; i++)
        p->label[i] = p->data.target[p->split.test[i]];
    if (!(synthetic && o->family == DISTRIBUTE_LINEAR && isfinite(p->truth[0]) &&
          o->width == data.dimension)) {
        free(p->truth);
        p->truth = NULL;
    }

done:
    return status;
}

/* ---- synthetic:linear, made column by column ---- */

enum { BLOCK = 64 };

static bool can_stream(const sur_distribute_options *o)
{
    return o->data.data && strcmp(o->data.data, "synthetic:linear") == 0 &&
           o->family == DISTRIBUTE_LINEAR && isnan(o->data.condition) &&
           o->width == o->data.dimension;
}

static double scale_of(const distribute_data *p, sur_idx column)
{
    const double decay = p->options->decay;
    return decay == 0.0 ? 1.0 : pow((double)(column + 1), -0.5 * decay);
}

/* Columns first .. of the generator: training rows in node order, then test rows. */
static sur_status stream_columns(sur_mat *train, sur_mat *probe,
                                 const distribute_data *p, sur_idx first,
                                 sur_error *err)
{
    const sur_request request = {
        .options = p->options, .train = p->n, .test = p->test, .columns = p->inputs};
    const sur_idx rows = p->n + p->test, cols = train ? train->cols : probe->cols;
    double *block = NULL;
    const sur_status status = sur_alloc(&block, rows * BLOCK, sizeof *block, err);
    if (status != SUR_OK) return status;
    for (sur_idx c = 0; c < cols; c += BLOCK) {
        const sur_idx count = cols - c < BLOCK ? cols - c : BLOCK;
        sur_generate_normals(block, &request, (sur_purposes){"columns", "test columns"},
                             first + c, count);
        for (sur_idx j = 0; j < count; j++) {
            const double scale = scale_of(p, first + c + j);
            const double *made = block + j * rows;
            for (sur_idx r = 0; train && r < p->n; r++)
                sur_mat_row(train, r)[c + j] = scale * made[p->order[r]];
            for (sur_idx r = 0; probe && r < p->test; r++)
                sur_mat_row(probe, r)[c + j] = scale * made[p->n + r];
        }
    }
    free(block);
    return SUR_OK;
}

/* labels = X b + noise, over all columns, rows in the generator's order. */
static sur_status stream_labels(distribute_data *p, double *labels, sur_error *err)
{
    const sur_idx rows = p->n + p->test;
    const sur_request request = {
        .options = p->options, .train = p->n, .test = p->test, .columns = p->inputs};
    double *block = NULL;
    sur_status status = sur_alloc(&block, rows * BLOCK, sizeof *block, err);
    if (status != SUR_OK) return status;
    sur_generate_noise(labels, p->options, p->n, p->test);
    for (sur_idx c = 0; c < p->inputs; c += BLOCK) {
        const sur_idx count = p->inputs - c < BLOCK ? p->inputs - c : BLOCK;
        sur_generate_normals(block, &request, (sur_purposes){"columns", "test columns"},
                             c, count);
        for (sur_idx j = 0; j < count; j++) {
            const double b = p->truth[c + j] * scale_of(p, c + j);
            for (sur_idx r = 0; r < rows; r++) labels[r] += b * block[j * rows + r];
        }
    }
    free(block);
    return SUR_OK;
}

static sur_status stream(distribute_data *p, const sur_distribute_options *o,
                         sur_error *err)
{
    double *labels = NULL;
    sur_status status;

    p->n = o->data.samples;
    p->test = o->data.test_samples;
    p->inputs = o->data.dimension;
    p->outputs = 1;
    SUR_TRY(sur_alloc(&p->truth, p->inputs, sizeof *p->truth, err));
    SUR_TRY(sur_alloc(&labels, p->n + p->test, sizeof *labels, err));
    sur_generate_coefficients(p->truth, &o->data, p->inputs);
    const double norm = sur_norm2(p->truth, p->inputs);
    for (sur_idx j = 0; j < p->inputs; j++) p->truth[j] /= norm;
    SUR_TRY(stream_labels(p, labels, err));
    SUR_TRY(arrange(p, o, NULL, labels, err));
    SUR_TRY(fill_targets(p, labels, false, err));
    SUR_TRY(sur_alloc(&p->label, p->test, sizeof *p->label, err));
    for (sur_idx i = 0; i < p->test; i++) p->label[i] = labels[p->n + i];

done:
    free(labels);
    return status;
}

sur_status distribute_data_new(distribute_data *out,
                               const sur_distribute_options *options,
                               const sur_context *context, sur_error *err)
{
    distribute_data p = {.nodes = options->nodes,
                         .options = &options->data,
                         .noise = options->data.noise};
    sur_status status;

    *out = (distribute_data){0};
    SUR_TRY(can_stream(options) ? stream(&p, options, err)
                                : hold(&p, options, context, err));
    p.width = options->width;
    p.features = (sur_features){.family = (sur_family)options->family,
                                .inputs = p.inputs,
                                .seed = (uint64_t)options->data.seed,
                                .bandwidth = options->feature_bandwidth};
    *out = p;
    p = (distribute_data){0};

done:
    distribute_data_free(&p);
    return status;
}

sur_status distribute_columns(sur_mat *train, sur_mat *probe, const distribute_data *p,
                              sur_idx first, sur_error *err)
{
    if (!p->train.data) return stream_columns(train, probe, p, first, err);
    sur_status status = SUR_OK;
    if (train) status = sur_features_fill(train, &p->features, &p->train, first, err);
    if (status == SUR_OK && probe)
        status = sur_features_fill(probe, &p->features, &p->probe, first, err);
    return status;
}
