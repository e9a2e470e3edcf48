/* options.c -- the unlearning experiment's table of options. */
#include "experiments/unlearn/unlearn.h"

#define OPTION(...) SUR_FIELD_OF(sur_unlearn_options, __VA_ARGS__)
#define CHOICE(...) SUR_CHOICE_OF(sur_unlearn_options, __VA_ARGS__)

static const char *const goals[] = {"privacy", "bias", NULL};
static const char *const forms[] = {"convex", "penalty", NULL};
static const char *const tunes[] = {"grid", "random", "oracle", "none", NULL};
static const char *const scalings[] = {"auto", "whole", "column", NULL};
static const char *const bias_kinds[] = {"flip", "patch", NULL};

static const sur_field fields[] = {
    SUR_DATA_FIELDS(sur_unlearn_options, data),
    OPTION(validation_samples, SUR_INT, NULL, 1, 1e12, "examples", SUR_AUTO, "data",
           "rows beside the samples to tune on (default: half of the rest; synthetic: "
           "as many as samples)"),
    CHOICE(scaling, "auto", scalings, 0, "data",
           "one mean and deviation for the whole data set, or for each column (auto: "
           "whole for images and tables of pixels)"),
    OPTION(input_deviation, SUR_REAL, "1", 1e-9, 1e9, NULL, SUR_LOG, "data",
           "deviation of the inputs after scaling"),
    OPTION(model, SUR_PATH, NULL, 0, 0, NULL, 0, "model",
           "the original model: a file that surplus train wrote (default: trained "
           "here)"),
    OPTION(model_sha256, SUR_TEXT, NULL, 0, 0, NULL, SUR_AUTO, "model",
           "checksum of the model; filled in, need not be given"),
    OPTION(force, SUR_FLAG, "false", 0, 0, NULL, 0, "model",
           "take a model that was trained on other data"),
    CHOICE(family, NULL, sur_family_choices, SUR_AXIS | SUR_AUTO, "model",
           "networks, or (method exact) linear and feature models (default: mlp, or "
           "the model's)"),
    OPTION(width, SUR_INT, "8:512:x4", 1, 1e9, "units",
           SUR_AXIS | SUR_MAY_BE_INF | SUR_LOG, "model",
           "hidden units or features; inf (exact) is the kernel limit"),
    OPTION(ridge, SUR_REAL, "0", 0, 1e300, NULL, SUR_AXIS | SUR_LOG, "model",
           "penalty mu in (Z'Z + mu I); not for networks"),
    OPTION(bandwidth, SUR_REAL, "1", 1e-9, 1e9, NULL, SUR_AXIS | SUR_LOG, "model",
           "of fourier features, in units of the square root of the columns"),
    OPTION(epochs, SUR_INT, NULL, 1, 1e6, NULL, SUR_AXIS | SUR_AUTO | SUR_LOG,
           "network", "passes of training (default: mlp 150, images 30)"),
    SUR_TRAIN_FIELDS(sur_unlearn_options, train),
    OPTION(forget, SUR_PATH, "random", 0, 0, NULL, 0, "forgetting",
           "random, class:K, or a file of ids: row numbers of the data, from 0 (goal "
           "privacy)"),
    OPTION(forget_sha256, SUR_TEXT, NULL, 0, 0, NULL, SUR_AUTO, "forgetting",
           "checksum of the ids; filled in, need not be given"),
    OPTION(forget_count, SUR_INT, NULL, 1, 1e12, "examples",
           SUR_AXIS | SUR_AUTO | SUR_LOG, "forgetting",
           "training examples to forget (default: 200, at most a quarter of them; all "
           "of a class)"),
    OPTION(bias, SUR_REAL, NULL, 0, 1, NULL, SUR_AXIS | SUR_AUTO, "forgetting",
           "goal bias: the share of training examples that are biased, and to be "
           "forgotten, in place of --forget-count"),
    CHOICE(bias_kind, "flip", bias_kinds, SUR_AXIS, "forgetting",
           "flip: labels moved to a random wrong class; patch: a patch on the inputs "
           "and the label of one class"),
    OPTION(patch_class, SUR_INT, "0", 0, 1e9, NULL, SUR_AXIS, "forgetting",
           "the class that the patch marks, from 0"),
    CHOICE(method, NULL, unlearn_method_choices, SUR_AXIS | SUR_AUTO, "unlearning",
           "how to forget (default: scrub; linear and feature models: exact)"),
    CHOICE(
        goal, "privacy", goals, SUR_AXIS, "unlearning",
        "privacy: forget error as if never seen; bias: no more of the biased labels"),
    OPTION(lambda, SUR_REAL, "0.4", 0, 1, NULL, SUR_AXIS, "unlearning",
           "weight of the goal against validation error in tuning"),
    CHOICE(
        tune_form, "convex", forms, SUR_AXIS, "unlearning",
        "convex: (1 - lambda) e_v + lambda g; penalty: e_v + lambda g, with g = |e_f "
        "- e_v|, or 1 - e_f for goal bias"),
    CHOICE(tune, "grid", tunes, SUR_AXIS, "unlearning",
           "grid or random search on validation rows; none: the method's presets; "
           "oracle: nearest to the retrained model, which nobody has"),
    OPTION(candidates, SUR_INT, "9", 1, 1000, NULL, SUR_AXIS, "unlearning",
           "settings that a random search tries"),
    OPTION(settings, SUR_TEXT, NULL, 0, 0, NULL, 0, "unlearning",
           "other grids: name=a/b/c with blanks between; METHOD.name for one method "
           "of several"),
    OPTION(budget, SUR_INT, NULL, 1, 1e6, "epochs", SUR_AXIS | SUR_AUTO | SUR_LOG,
           "unlearning", "passes of unlearning (default: the method's)"),
    CHOICE(unlearn_optimizer, "adam", sur_optimizer_choices, SUR_AXIS, "unlearning",
           "of the unlearning steps; with sgd the rates of the grids are tenfold"),
    OPTION(references, SUR_INT, "3", 1, 64, "models", SUR_AXIS, "unlearning",
           "models retrained without the forgotten, from different starts"),
    OPTION(balls, SUR_INT, "200", 0, 1e6, "points", 0, "measures",
           "points of each ball, around up to 100 forgotten and 100 test examples; 0: "
           "no balls"),
    OPTION(radius, SUR_REAL, NULL, 0, 1e12, NULL, SUR_AUTO, "measures",
           "of the balls (default: half of the median distance of nearest training "
           "inputs)"),
    OPTION(planes, SUR_INT, "20", 0, 1e6, NULL, 0, "measures",
           "planes through three examples, near and far; 0: none"),
    OPTION(resolution, SUR_INT, "20", 2, 1000, "points", 0, "measures",
           "points along each side of a plane"),
    OPTION(margin, SUR_REAL, "0.05", 1e-6, 1, NULL, 0, "measures",
           "forget and test error closer than this are equivalent"),
    OPTION(keep_model, SUR_FLAG, "false", 0, 0, NULL, 0, "measures",
           "keep the unlearned model in the store, as with --model"),
    OPTION(scores, SUR_PATH, NULL, 0, 0, NULL, 0, "scores",
           "predictions made elsewhere, to be measured alike: CSV, NPY or NPZ"),
};
const sur_fields sur_unlearn_fields = {fields, sizeof fields / sizeof *fields,
                                       sizeof(sur_unlearn_options)};
