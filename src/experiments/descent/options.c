/* options.c -- the descent experiment's tables: options, metrics, figures. */
#include "experiments/descent/descent.h"

#include <surplus/experiments.h>

#define OPTION(...) SUR_FIELD_OF(sur_descent_options, __VA_ARGS__)

static const char *const when[] = {"auto", "yes", "no", NULL};

static const sur_field fields[] = {
    SUR_DATA_FIELDS(sur_descent_options, data),
    {.name = "family",
     .kind = SUR_CHOICE,
     .offset = offsetof(sur_descent_options, family),
     .preset = "relu",
     .choices = sur_family_choices,
     .flags = SUR_AXIS,
     .group = "model",
     .help = "linear: the first columns; projection, fourier, relu: random features; "
             "mlp, and of images cnn5, allcnn, resnet18, resnet50: trained networks"},
    OPTION(width, SUR_INT, "10:10000:log40", 1, 1e9, "features or units",
           SUR_AXIS | SUR_MAY_BE_INF | SUR_LOG, "model",
           "number of features (mlp: units of a layer; images: filters of the first); "
           "inf is the kernel limit"),
    OPTION(ridge, SUR_REAL, "0", 0, 1e300, NULL, SUR_AXIS | SUR_LOG, "model",
           "penalty mu in (Z'Z + mu I); 0 is the solution of least norm"),
    OPTION(bandwidth, SUR_REAL, "1", 1e-9, 1e9, NULL, SUR_AXIS | SUR_LOG, "model",
           "of fourier features, in units of the square root of the columns"),
    {.name = "intercept",
     .kind = SUR_CHOICE,
     .offset = offsetof(sur_descent_options, intercept),
     .preset = "auto",
     .choices = when,
     .group = "model",
     .help = "fit the targets' mean first (auto: except for synthetic regression)"},
    {.name = "tune",
     .kind = SUR_CHOICE,
     .offset = offsetof(sur_descent_options, tune),
     .preset = "auto",
     .choices = when,
     .group = "baseline",
     .help =
         "at each width also fit the ridge that is best on a validation part (auto: "
         "up to 4000 samples)"},
    OPTION(validation_samples, SUR_INT, NULL, 0, 1e12, "examples", SUR_AUTO, "baseline",
           "validation examples for --tune (default: a tenth of the rows)"),
    OPTION(interpolates_below, SUR_REAL, "1e-6", 0, 1, NULL, SUR_AXIS | SUR_LOG,
           "metrics",
           "a model interpolates whose train loss is below this share of the targets' "
           "variance"),
    OPTION(signal_efficiency, SUR_REAL, "0.5", 1e-6, 1, NULL, SUR_AXIS, "metrics",
           "signal efficiency at which the background rejection is read"),
    OPTION(ams_regularization, SUR_REAL, "10", 0, 1e12, NULL, SUR_AXIS, "metrics",
           "background added in the approximate median significance"),
    SUR_TRAIN_FIELDS(sur_descent_options, network),
    OPTION(epochs, SUR_INT, NULL, 1, 1e9, NULL, SUR_AXIS | SUR_AUTO | SUR_LOG,
           "network", "passes over the training examples (default: 100)"),
    OPTION(steps, SUR_INT, NULL, 1, 1e12, NULL, SUR_AXIS | SUR_AUTO | SUR_LOG,
           "network", "steps of training, in place of --epochs"),
    {.name = "early_stop",
     .kind = SUR_CHOICE,
     .offset = offsetof(sur_descent_options, early_stop),
     .preset = "auto",
     .choices = when,
     .group = "baseline",
     .help =
         "also measure mlp where its validation loss was least (auto: if there is a "
         "validation part)"},
    OPTION(trace, SUR_FLAG, NULL, 0, 0, NULL, 0, "metrics",
           "measure mlp on the way, too: at 20 steps per factor of ten"),
    OPTION(sharpness, SUR_FLAG, NULL, 0, 0, NULL, 0, "metrics",
           "measure the largest eigenvalue of the training loss's Hessian of mlp"),
    OPTION(effective_rank, SUR_FLAG, NULL, 0, 0, NULL, 0, "metrics",
           "measure the effective rank of the features, of networks of what the last "
           "layer "
           "is given"),
    OPTION(results, SUR_PATH, NULL, 0, 0, NULL, 0, "data",
           "CSV of curves trained elsewhere: width, seed, test_error, ... (no --data)"),
};
const sur_fields sur_descent_fields = {fields, sizeof fields / sizeof *fields,
                                       sizeof(sur_descent_options)};

static const char wilson[] = "Wilson 95 %, test sampling";
static const char normal[] = "normal 95 %, example sampling";

const sur_metric sur_descent_metrics[] = {
    {"test_error", "test error", NULL, "linear", -1, wilson,
     "share of test examples put into a wrong class"},
    {"test_loss", "test loss", NULL, "log", -1, normal,
     "mean squared error on test, noise and all; for classes: of one-hot scores, "
     "averaged over the classes"},
    {"train_error", "train error", NULL, "linear", -1, "Wilson 95 %, train sampling",
     "share of training examples put into a wrong class, as labelled for training"},
    {"train_loss", "train loss", NULL, "log", -1, normal, "the same loss on train"},
    {"auc", "area under the ROC curve", NULL, "linear", 1, "DeLong 95 %, test sampling",
     "two classes; the second class is the signal"},
    {"rejection", "background rejection", NULL, "log", 1,
     "Clopper-Pearson 95 %, test sampling",
     "1 / background efficiency at --signal-efficiency"},
    {"ams", "approximate median significance", NULL, "linear", 1, NULL,
     "of the best cut, chosen on one half of the test events and read on the other; "
     "weights rescaled to the whole file"},
    {"theory_loss", "theory: test loss", NULL, "log", -1, NULL,
     "expected test loss where a closed form is known"},
    {"excess_loss", "excess loss", NULL, "log", -1, normal,
     "mean squared distance on test to the targets without their noise (mlp, synthetic "
     "data)"},
    {"parameters", "parameters", NULL, "log", 0, NULL, "coefficients fitted"},
    {"threshold_width", "width of as many parameters as training targets", NULL, "log",
     0, NULL, "where interpolation is to be expected"},
    {"threshold_samples", "training examples of as many targets as parameters", NULL,
     "log", 0, NULL, "up to where interpolation is to be expected"},
    {"gram_condition", "condition number", NULL, "log", 0, NULL,
     "of the smaller Gram matrix over its numerical rank, before the ridge"},
    {"numerical_rank", "numerical rank", NULL, "log", 0, NULL,
     "of the features on train"},
    {"effective_rank", "effective rank", NULL, "log", 0, NULL,
     "of the features (networks: what the last layer is given) of up to 512 training "
     "examples: exp of the entropy of the singular values"},
    {"norm", "norm of the coefficients", NULL, "log", 0, NULL, "Euclidean"},
    {"effective_parameters", "effective parameters", NULL, "log", 0, NULL,
     "trace of Z (Z'Z + mu I)^-1 Z'"},
    {"interpolates", "interpolates", NULL, "linear", 0, NULL,
     "1 where train loss is below --interpolates-below"},
    {"tuned_test_error", "tuned ridge: test error", NULL, "linear", -1, wilson,
     "of the penalty that is best on the validation part, at this width"},
    {"tuned_test_loss", "tuned ridge: test loss", NULL, "log", -1, normal,
     "of the penalty that is best on the validation part, at this width"},
    {"tuned_ridge", "tuned ridge", NULL, "log", 0, NULL,
     "the penalty that is best on the validation part"},
    {"validation_error", "validation error", NULL, "linear", -1,
     "Wilson 95 %, validation sampling", "of this trial's own penalty"},
    {"validation_loss", "validation loss", NULL, "log", -1, normal,
     "of this trial's own penalty"},
    {"early_stopped_test_error", "early stopped: test error", NULL, "linear", -1,
     wilson, "of the step looked at whose validation loss is least"},
    {"early_stopped_test_loss", "early stopped: test loss", NULL, "log", -1, normal,
     "of the step looked at whose validation loss is least"},
    {"early_stopped_step", "early stopped: step", "steps", "log", 0, NULL,
     "the step looked at whose validation loss is least"},
    {"steps_done", "steps of training", "steps", "log", 0, NULL,
     "fewer than asked for after --stop-below"},
    {"gradient_norm", "norm of the gradient", NULL, "log", 0, NULL,
     "of the mean training loss, Euclidean"},
    {"sharpness", "sharpness", NULL, "log", 0, NULL,
     "largest eigenvalue of the Hessian of the mean training loss"},
};
const sur_idx sur_descent_metric_count =
    sizeof sur_descent_metrics / sizeof *sur_descent_metrics;

#define WIDTH_FIGURE(n, t)                                               \
    .name = n, .title = t, .x = "width", .threshold = "threshold_width", \
    .threshold_label = "parameters = targets"

/* Error and loss of networks against an option of their training. */
#define TRAINING_FIGURES(axis, words)                                                  \
    {.name = axis "_error",                                                            \
     .title = "Error against " words,                                                  \
     .x = (axis),                                                                      \
     .metrics = {"test_error", "train_error", "early_stopped_test_error"},             \
     .labels = {"test", "train", "test, early stopped"}},                              \
    {                                                                                  \
        .name = axis "_loss", .title = "Squared loss against " words, .x = (axis),     \
        .metrics = {"test_loss", "train_loss", "early_stopped_test_loss"}, .labels = { \
            "test",                                                                    \
            "train",                                                                   \
            "test, early stopped"                                                      \
        }                                                                              \
    }

const sur_figure sur_descent_figures[] = {
    {WIDTH_FIGURE("test_error", "Error against width"),
     .metrics = {"test_error", "train_error", "tuned_test_error",
                 "early_stopped_test_error"},
     .labels = {"test", "train", "test, tuned ridge", "test, early stopped"}},
    {WIDTH_FIGURE("test_loss", "Squared loss against width"),
     .metrics = {"test_loss", "train_loss", "tuned_test_loss",
                 "early_stopped_test_loss"},
     .labels = {"test", "train", "test, tuned ridge", "test, early stopped"},
     .theory = "theory_loss"},
    {WIDTH_FIGURE("excess_loss", "Excess loss against width"),
     .metrics = {"excess_loss"}, .labels = {"test, without noise"}},
    TRAINING_FIGURES("epochs", "epochs of training"),
    {.name = "trace_error",
     .title = "Error in the course of training",
     .x = "iteration",
     .metrics = {"test_error", "train_error"},
     .labels = {"test", "train"}},
    {.name = "trace_loss",
     .title = "Squared loss in the course of training",
     .x = "iteration",
     .metrics = {"test_loss", "train_loss", "excess_loss"},
     .labels = {"test", "train", "excess"}},
    TRAINING_FIGURES("steps", "steps of training"),
    TRAINING_FIGURES("batch", "batch"),
    TRAINING_FIGURES("learning_rate", "learning rate"),
    TRAINING_FIGURES("weight_decay", "weight decay"),
    TRAINING_FIGURES("init_scale", "scale of the initial parameters"),
    TRAINING_FIGURES("depth", "hidden layers"),
    {WIDTH_FIGURE("sharpness", "Sharpness against width"), .metrics = {"sharpness"},
     .labels = {"largest eigenvalue"}},
    {WIDTH_FIGURE("auc", "Area under the ROC curve against width"), .metrics = {"auc"},
     .labels = {"test"}},
    {WIDTH_FIGURE("rejection", "Background rejection against width"),
     .metrics = {"rejection"}, .labels = {"test"}},
    {WIDTH_FIGURE("ams", "Approximate median significance against width"),
     .metrics = {"ams"}, .labels = {"test"}},
    {WIDTH_FIGURE("norm", "Norm of the coefficients against width"),
     .metrics = {"norm"}, .labels = {"norm"}},
    {WIDTH_FIGURE("gram_condition", "Condition number against width"),
     .metrics = {"gram_condition"}, .labels = {"condition number"}},
    {WIDTH_FIGURE("effective_parameters", "Effective parameters against width"),
     .metrics = {"effective_parameters", "numerical_rank"},
     .labels = {"effective parameters", "numerical rank"}},
    {.name = "samples_error",
     .title = "Error against training examples",
     .x = "samples",
     .metrics = {"test_error", "train_error", "tuned_test_error",
                 "early_stopped_test_error"},
     .labels = {"test", "train", "test, tuned ridge", "test, early stopped"},
     .threshold = "threshold_samples",
     .threshold_label = "targets = parameters"},
    {.name = "samples_loss",
     .title = "Squared loss against training examples",
     .x = "samples",
     .metrics = {"test_loss", "train_loss", "tuned_test_loss",
                 "early_stopped_test_loss"},
     .labels = {"test", "train", "test, tuned ridge", "test, early stopped"},
     .theory = "theory_loss",
     .threshold = "threshold_samples",
     .threshold_label = "targets = parameters"},
    {.name = "ridge_error",
     .title = "Error against ridge",
     .x = "ridge",
     .metrics = {"test_error", "train_error"},
     .labels = {"test", "train"}},
    {.name = "label_noise_error",
     .title = "Error against label noise",
     .x = "label_noise",
     .metrics = {"test_error", "tuned_test_error"},
     .labels = {"test", "test, tuned ridge"}},
};
const sur_idx sur_descent_figure_count =
    sizeof sur_descent_figures / sizeof *sur_descent_figures;

static const char *const joint[] = {"width",
                                    "epochs",
                                    "steps",
                                    "ridge",
                                    "dimension",
                                    "label_noise",
                                    "interpolates_below",
                                    "signal_efficiency",
                                    "ams_regularization",
                                    NULL};

const sur_experiment sur_descent = {
    .name = "descent",
    .summary = "does test error fall again past the interpolation threshold?",
    .description =
        "Fits models of growing width to the same training examples and measures each "
        "on "
        "the same test examples. Up to as many features as examples the classical "
        "picture "
        "holds: error falls, then rises as the model begins to fit noise. Where width "
        "reaches the number of examples the training loss reaches zero (the "
        "interpolation "
        "threshold) and test error peaks; wider models choose the least-norm solution "
        "among many that fit, and test error falls again.\n\n"
        "All widths and penalties of one seed come from one incremental factorization. "
        "A "
        "baseline is fitted beside every width: the ridge penalty that is best on a "
        "validation part. The summary says where the minima and the peak lie, and "
        "whether "
        "the wide models beat the classical minimum and the baseline.",
    .revision = 2,
    .fields = &sur_descent_fields,
    .metrics = sur_descent_metrics,
    .metric_count = sizeof sur_descent_metrics / sizeof *sur_descent_metrics,
    .joint = joint,
    .figures = sur_descent_figures,
    .figure_count = sizeof sur_descent_figures / sizeof *sur_descent_figures,
    .load = sur_descent_load,
    .axis = sur_descent_axis,
    .resolve = sur_descent_resolve,
    .estimate = sur_descent_estimate,
    .run = sur_descent_run,
    .summarize = sur_descent_summarize,
};
