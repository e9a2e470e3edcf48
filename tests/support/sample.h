/* sample.h -- records as a real sweep leaves them, made without one.
 *
 * An experiment shaped like descent: widths 10 .. 5000 and infinity, penalties, seeds.
 * Its losses follow the closed form of the misspecified isotropic model (Hastie,
 * Montanari, Rosset, Tibshirani 2022, section 5) with noise over the seeds, so that
 * figures look as they will; errors are a monotone map of the loss. */
#ifndef TEST_SAMPLE_H
#define TEST_SAMPLE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <surplus/random.h>
#include <surplus/study.h>

typedef struct sample_options {
    char *data;
    int64_t family, width, samples, dimension, seed;
    double ridge, label_noise;
} sample_options;

static const char *const sample_families[] = {"linear", "fourier", "relu", NULL};
#define SAMPLE_AT(member) offsetof(sample_options, member)
static const sur_field sample_field[] = {
    {"data", SUR_PATH, SAMPLE_AT(data), "synthetic:events", 0, 0, NULL, NULL, 0, "data",
     "file of examples"},
    {"family", SUR_CHOICE, SAMPLE_AT(family), "relu", 0, 0, sample_families, NULL,
     SUR_AXIS, "model", "kind of features"},
    {"width", SUR_INT, SAMPLE_AT(width), "10", 1, 1e9, NULL, "features",
     SUR_AXIS | SUR_LOG | SUR_MAY_BE_INF, "model", "number of features"},
    {"samples", SUR_INT, SAMPLE_AT(samples), "1000", 1, 1e9, NULL, NULL,
     SUR_AXIS | SUR_LOG, "data", "training examples"},
    {"dimension", SUR_INT, SAMPLE_AT(dimension), NULL, 1, 1e9, NULL, NULL,
     SUR_AXIS | SUR_AUTO | SUR_MAY_BE_INF, "data",
     "ambient dimension; default: the width"},
    {"ridge", SUR_REAL, SAMPLE_AT(ridge), "0", 0, 1e9, NULL, NULL, SUR_AXIS | SUR_LOG,
     "model", "absolute penalty"},
    {"label_noise", SUR_REAL, SAMPLE_AT(label_noise), "0", 0, 0.5, NULL, NULL, SUR_AXIS,
     "data", "share of labels flipped"},
    {"seed", SUR_INT, SAMPLE_AT(seed), "1", 0, 1e15, NULL, NULL, SUR_AXIS, "model",
     "seed of split, features and noise"},
};
static const sur_fields sample_fields = {
    sample_field, sizeof sample_field / sizeof *sample_field, sizeof(sample_options)};

#define SAMPLE_WILSON "Wilson 95 %, test sampling"
static const sur_metric sample_metrics[] = {
    {"test_error", "test error", NULL, "linear", -1, SAMPLE_WILSON,
     "share of test examples misclassified"},
    {"train_error", "train error", NULL, "linear", 0, NULL,
     "share of training examples misclassified"},
    {"test_loss", "test loss", NULL, "log", -1, NULL, "mean squared error on test"},
    {"train_loss", "train loss", NULL, "log", 0, NULL, "mean squared error on train"},
    {"theory_loss", "theory loss", NULL, "log", 0, NULL,
     "expected test loss by the closed form"},
    {"gram_condition", "condition number of the Gram matrix", NULL, "log", 0, NULL,
     "largest over smallest eigenvalue"},
    {"rejection", "background rejection", NULL, "linear", 1, "Clopper-Pearson 95 %",
     "1 / background efficiency at signal efficiency 0.5"},
    {"fit_seconds", "time", "s", "linear", -1, NULL, "wall-clock time of the fit"},
};

static const sur_figure sample_figures[] = {
    {.name = "test_error",
     .title = "Test error against width",
     .x = "width",
     .metrics = {"test_error", "train_error"},
     .labels = {"test", "train"},
     .threshold = "samples",
     .threshold_label = "interpolation threshold"},
    {.name = "test_loss",
     .title = "Test loss against width",
     .x = "width",
     .metrics = {"test_loss", "train_loss"},
     .labels = {"test", "train"},
     .theory = "theory_loss",
     .threshold = "samples",
     .threshold_label = "interpolation threshold"},
    {.name = "condition",
     .title = "Condition number against width",
     .x = "width",
     .metrics = {"gram_condition"},
     .threshold = "samples",
     .threshold_label = "interpolation threshold"},
    {.name = "trace",
     .title = "Test loss during training",
     .x = "iteration",
     .metrics = {"test_loss"},
     .labels = {"test"}},
    {.name = "by_family",
     .title = "Test error of each family",
     .x = "family",
     .metrics = {"test_error"}},
};

static inline sur_status sample_summarize(const sur_records *records,
                                          sur_finding **findings, sur_idx *count,
                                          sur_error *err)
{
    (void)records;
    (void)err;
    static const sur_finding found[] = {
        {"peak_width",
         "Test error peaks at width 1000 (95 % interval 943 to 1061), where the "
         "training data are first interpolated, at 0.437 [0.421, 0.453].",
         1000, 943, 1061, true},
        {"final_gain",
         "The widest model, width 5000, has test error 0.312 [0.299, 0.325], "
         "0.021 [0.006, 0.036] below the classical minimum at width 122.",
         0.021, 0.006, 0.036, true},
        {"classical_minimum",
         "The classical minimum is 0.333 [0.320, 0.346] at width 122.", 0.333, 0.32,
         0.346, false},
        {"ridge_gain",
         "The best tuned ridge (penalty 3.2 at width 5000) reaches 0.304 "
         "[0.291, 0.317]; without a penalty no width beats it.",
         -0.008, -0.02, 0.004, false},
        {"interval_covers",
         "Intervals cover test sampling, split and features over 3 seeds; "
         "the widths are chosen anew in every bootstrap replicate.",
         NAN, NAN, NAN, false},
    };
    *count = sizeof found / sizeof *found;
    *findings = malloc(sizeof found);
    if (!*findings) return SUR_ENOMEM;
    memcpy(*findings, found, sizeof found);
    return SUR_OK;
}

static const sur_experiment sample_experiment = {
    .name = "descent",
    .summary = "does test error fall again when the model grows wider?",
    .description = "",
    .revision = 1,
    .fields = &sample_fields,
    .metrics = sample_metrics,
    .metric_count = sizeof sample_metrics / sizeof *sample_metrics,
    .figures = sample_figures,
    .figure_count = sizeof sample_figures / sizeof *sample_figures,
    .summarize = sample_summarize};

/* The same with panels over one axis and prices to weigh. */
static const sur_figure sample_panels[] = {
    {.name = "test_error",
     .title = "Test error",
     .x = "width",
     .metrics = {"test_error", "train_error"},
     .labels = {"test", "train"},
     .panel = true},
    {.name = "condition", /* which width inf lacks */
     .title = "Condition number",
     .x = "width",
     .metrics = {"gram_condition"},
     .panel = true},
    {.name = "time",
     .title = "Time",
     .x = "width",
     .metrics = {"fit_seconds"},
     .panel = true,
     .unless = "no_such_metric"},
    {.name = "loss",
     .title = "Test loss",
     .x = "width",
     .metrics = {"test_loss"},
     .panel = true,
     .unless = "test_error"},
};
static const sur_price sample_prices[] = {
    {"error", "error", "test_error", "test_loss", "rejection", 4, NULL},
    {"time", "<time>", "fit_seconds", NULL, NULL, 1, NULL},
    {"loss", "loss", "test_loss", NULL, NULL, 1, "test_error"},
};
static const sur_experiment sample_priced = {
    .name = "descent",
    .summary = "does test error fall again when the model grows wider?",
    .description = "",
    .revision = 1,
    .fields = &sample_fields,
    .metrics = sample_metrics,
    .metric_count = sizeof sample_metrics / sizeof *sample_metrics,
    .figures = sample_panels,
    .figure_count = sizeof sample_panels / sizeof *sample_panels,
    .prices = sample_prices,
    .price_count = sizeof sample_prices / sizeof *sample_prices,
    .summarize = sample_summarize};

typedef struct sample {
    sur_results results;
    sur_record *records;
    sample_options *options;
    sur_measurement *rows;
    sur_idx row_count;
} sample;

enum { SAMPLE_ROWS = 24 }; /* of one record */

static inline void sample_row(sur_record *record, const char *metric, double value,
                              double low, double high)
{
    sur_measurement *rows = (sur_measurement *)record->measurements;
    rows[record->count++] =
        (sur_measurement){metric, NULL, 0, value, low, high, isnan(low) ? 0 : 2000};
}

/* Expected loss at width p from n samples; half of the signal is in the first 200
 * columns. */
static inline double sample_loss(double p, double n, double ridge)
{
    const double seen = p / (p + 200), noise = 0.25 + 1 - seen;
    const double gap = 0.012 + 0.08 * log1p(ridge);
    if (isinf(p)) return 0.28;
    const double c = p / n;
    const double distance = fmax(fabs(1 - c), gap);
    return c < 1 ? noise * (1 + c / distance)
                 : seen * (1 - 1 / c) * 0.3 + noise * (1 + 1 / distance / c);
}

static inline void sample_measure(sur_record *record, const sample_options *o)
{
    const double p = o->width == SUR_INF ? HUGE_VAL : (double)o->width;
    const double n = (double)o->samples;
    sur_rng rng = sur_rng_make((uint64_t)o->seed, "sample",
                               (uint64_t)o->width * 31 + (uint64_t)(1e3 * o->ridge));
    const double loss = sample_loss(p, n, o->ridge);
    const double seen = loss * exp(0.06 * sur_rng_normal(&rng) * (1 + fmin(loss, 4)));
    const double error = 0.22 + 0.26 * seen / (1 + seen) + 0.6 * o->label_noise +
                         0.004 * sur_rng_normal(&rng);
    const double half = 1.96 * sqrt(error * (1 - error) / 2000);
    const double train = p < n ? 0.3 * (1 - p / n) * (1 - o->label_noise) : 0;
    const double nan_ = nan("");
    sample_row(record, "test_error", error, error - half, error + half);
    sample_row(record, "train_error", train + 0.01 * o->ridge / (1 + o->ridge), nan_,
               nan_);
    sample_row(record, "test_loss", seen, nan_, nan_);
    sample_row(record, "train_loss", p < n ? (1 - p / n) * 0.8 : 1e-25, nan_, nan_);
    sample_row(record, "theory_loss", loss, nan_, nan_);
    if (isfinite(p))
        sample_row(record, "gram_condition",
                   pow((1 + sqrt(p / n)) / fmax(fabs(1 - sqrt(p / n)), 1e-3), 2), nan_,
                   nan_);
    sample_row(record, "rejection", 1 / error, 0.9 / error,
               o->seed == 2 ? HUGE_VAL : 1.1 / error);
    sample_row(record, "fit_seconds", 1e-4 * fmin(p, 1e4), nan_, nan_);
    for (int64_t k = 1; k <= 12; k++) {
        sur_measurement *rows = (sur_measurement *)record->measurements;
        rows[record->count++] = (sur_measurement){
            "test_loss", NULL, 1 << k, seen * (1 + 8.0 / (double)(1 << k)),
            nan_,        nan_, 0};
    }
}

/* widths from 10 to 5000 and infinity, times ridges, times seeds; a failed trial and
 * one without a finite loss among them when they are enough. Fails by abort. */
static inline sample sample_make(int widths, int ridges, int seeds)
{
    sample s = {0};
    const sur_idx count = (sur_idx)widths * ridges * seeds;
    s.records = calloc((size_t)count, sizeof *s.records);
    s.options = calloc((size_t)count, sizeof *s.options);
    s.rows = calloc((size_t)count * SAMPLE_ROWS, sizeof *s.rows);
    if (!s.records || !s.options || !s.rows) abort();
    sur_idx i = 0;
    for (int w = 0; w < widths; w++)
        for (int r = 0; r < ridges; r++)
            for (int k = 0; k < seeds; k++, i++) {
                sample_options *o = &s.options[i];
                if (sur_fields_preset(&sample_fields, o, NULL) != SUR_OK) abort();
                const double step = widths > 2 ? log(500.0) / (widths - 2) : 1;
                o->width =
                    w && w == widths - 1 ? SUR_INF : (int64_t)rint(10 * exp(w * step));
                o->dimension = o->width;
                o->ridge = r ? 0.01 * pow(10, r) : 0;
                o->seed = k + 1;
                s.records[i] =
                    (sur_record){o, SUR_OK, NULL, 0.125, &s.rows[i * SAMPLE_ROWS], 0};
                sample_measure(&s.records[i], o);
            }
    if (count >= 100) {
        s.records[count / 2].status = SUR_ENUMERIC;
        s.records[count / 2].message =
            "the Gram matrix is singular <to working precision>";
        s.records[count / 2].count = 0;
    }
    s.results = (sur_results){.experiment = &sample_experiment,
                              .records = {s.records, count, NULL, NULL}};
    return s;
}

static inline void sample_free(sample *s)
{
    for (sur_idx i = 0; i < s->results.records.count; i++)
        sur_fields_free(&sample_fields, &s->options[i]);
    free(s->records);
    free(s->options);
    free(s->rows);
    *s = (sample){0};
}

#endif
