/* options.c -- the profile's tables: options, metrics, figures, prices.
 *
 * Options and metrics are those of the parts, by name, kind and meaning; a test holds
 * them to that. What differs: the defaults of width, samples, epochs and attack. */
#include "experiments/profile/profile.h"

#include <surplus/experiments.h>

#include <surplus/comm.h>

#define OPTION(...) SUR_FIELD_OF(sur_profile_options, __VA_ARGS__)
#define CHOICE(...) SUR_CHOICE_OF(sur_profile_options, __VA_ARGS__)

static const char *const when[] = {"auto", "yes", "no", NULL};
static const char *const attacks[] = {"loss", "lira", "rmia", "paired", NULL};
static const char *const modes[] = {"online", "offline", NULL};
static const char *const spreads[] = {"auto", "each", "fixed", NULL};
static const char *const methods[] = {
    "retrain", "finetune",     "ascent",      "neggrad",   "scrub",    "scrub+r", "l1",
    "salun",   "random-label", "bad-teacher", "influence", "min-norm", "exact",   NULL};
static const char *const compressions[] = {"auto", "sketch", "precond", NULL};

static const sur_field fields[] = {
    SUR_DATA_FIELDS(sur_profile_options, data),
    CHOICE(family, "relu", sur_family_choices, SUR_AXIS, "model",
           "linear: the first columns; projection, fourier, relu: random features; "
           "mlp, and of images cnn5, allcnn, resnet18, resnet50: trained networks"),
    OPTION(width, SUR_INT, "8:4096:x2", 1, 1e9, "features",
           SUR_AXIS | SUR_MAY_BE_INF | SUR_LOG, "model",
           "number of features (mlp: units of a layer; images: filters of the first); "
           "inf is the kernel limit"),
    OPTION(ridge, SUR_REAL, "0", 0, 1e300, NULL, SUR_AXIS | SUR_LOG, "model",
           "penalty mu in (Z'Z + mu I); 0 is the solution of least norm"),
    OPTION(bandwidth, SUR_REAL, "1", 1e-9, 1e9, NULL, SUR_AXIS | SUR_LOG, "model",
           "of fourier features, in units of the square root of the columns"),
    CHOICE(intercept, "auto", when, 0, "model",
           "fit the targets' mean first (auto: except for synthetic regression)"),
    SUR_TRAIN_FIELDS(sur_profile_options, network),
    OPTION(epochs, SUR_INT, NULL, 1, 1e6, NULL, SUR_AXIS | SUR_AUTO | SUR_LOG,
           "network", "passes over the training examples (default: 100, of images 30)"),
    CHOICE(tune, "auto", when, 0, "error",
           "at each width also fit the ridge that is best on a validation part"),
    OPTION(validation_samples, SUR_INT, NULL, 0, 1e12, "examples", SUR_AUTO, "error",
           "validation examples (default: a tenth of the rows)"),
    CHOICE(early_stop, "auto", when, 0, "error",
           "also measure networks where their validation loss was least"),
    CHOICE(attack, NULL, attacks, SUR_AXIS | SUR_AUTO, "leakage",
           "membership attack (default: paired for linear and feature families, lira "
           "for networks)"),
    OPTION(shadows, SUR_INT, "16", 0, 4096, "models", SUR_AXIS | SUR_LOG, "leakage",
           "shadow models, an even number; each is trained on a random half"),
    CHOICE(mode, "online", modes, 0, "leakage",
           "lira, rmia: online also uses shadows that saw the record"),
    CHOICE(spread, "auto", spreads, 0, "leakage",
           "lira: a variance for each record or one for all"),
    OPTION(output_noise, SUR_REAL, "0", 0, 1e6, NULL, SUR_AXIS | SUR_LOG, "leakage",
           "standard deviation of normal noise added to every answer attacked"),
    CHOICE(method, NULL, methods, SUR_AXIS | SUR_AUTO, "forgetting",
           "how to forget (default: exact for linear and feature families, scrub for "
           "networks)"),
    OPTION(forget_count, SUR_INT, NULL, 1, 1e12, "examples",
           SUR_AXIS | SUR_AUTO | SUR_LOG, "forgetting",
           "training examples to forget, drawn at random (default: 200, at most a "
           "quarter of them)"),
    OPTION(lambda, SUR_REAL, "0.4", 0, 1, NULL, SUR_AXIS, "forgetting",
           "weight of privacy against validation error in tuning the method"),
    OPTION(nodes, SUR_INT, "4", 1, 1e6, "nodes", SUR_AXIS | SUR_LOG, "bits",
           "that train the model together, with a share of the examples each"),
    CHOICE(topology, "star", sur_topology_choices, SUR_AXIS, "bits",
           "who is linked with whom; node 0 is the hub and holds data, too"),
    CHOICE(compress, "auto", compressions, SUR_AXIS, "bits",
           "how nodes train together; auto: sketch or precond, whichever says less"),
    OPTION(tolerance, SUR_REAL, "1e-6", 1e-28, 0.99, NULL, SUR_AXIS | SUR_LOG, "bits",
           "train together to this loss, in units of the targets' squares (where no "
           "model reaches it: this far above the best)"),
};
const sur_fields sur_profile_fields = {fields, sizeof fields / sizeof *fields,
                                       sizeof(sur_profile_options)};

static const char wilson[] = "Wilson 95 %, test sampling";
static const char normal[] = "normal 95 %, example sampling";
static const char split[] = "95 %; low from halves, high from DKW bands; exact: draws";
static const char clopper[] =
    "95 %, Clopper-Pearson, threshold set on the other half; exact: draws";
static const char delong[] = "95 %, DeLong; exact: draws";
static const char mean[] = "95 %, Student's t";
static const char over[] = "95 %, Student's t over examples";

const sur_metric sur_profile_metrics[] = {
    {"test_error", "test error", NULL, "linear", -1, wilson,
     "share of test examples put into a wrong class"},
    {"test_loss", "test loss", NULL, "log", -1, normal,
     "mean squared error on test, noise and all; for classes: of one-hot scores, "
     "averaged over the classes"},
    {"train_error", "train error", NULL, "linear", -1, "Wilson 95 %, train sampling",
     "share of training examples put into a wrong class, as labelled for training"},
    {"train_loss", "train loss", NULL, "log", -1, normal, "the same loss on train"},
    {"tuned_test_error", "tuned ridge: test error", NULL, "linear", -1, wilson,
     "of the penalty that is best on the validation part, at this width"},
    {"tuned_test_loss", "tuned ridge: test loss", NULL, "log", -1, normal,
     "of the penalty that is best on the validation part, at this width"},
    {"early_stopped_test_error", "early stopped: test error", NULL, "linear", -1,
     wilson, "of the step looked at whose validation loss is least"},
    {"early_stopped_test_loss", "early stopped: test loss", NULL, "log", -1, normal,
     "of the step looked at whose validation loss is least"},
    {"auc", "area under the ROC curve", NULL, "linear", 1, "DeLong 95 %, test sampling",
     "two classes; the second class is the signal"},
    {"theory_loss", "theory: test loss", NULL, "log", -1, NULL,
     "expected test loss where a closed form is known"},
    {"advantage", "membership advantage", NULL, "linear", -1, split,
     "largest TPR - FPR over thresholds; the judged value of a chosen one in an audit"},
    {"attack_auc", "AUC of the attack", NULL, "linear", -1, delong,
     "chance that a member's score is above a non-member's (auc of privacy)"},
    {"balanced_accuracy", "balanced accuracy", NULL, "linear", 0, split,
     "(1 + advantage)/2"},
    {"tpr_at_0.1", "TPR at 10 % FPR", NULL, "linear", 0, clopper,
     "share of members found where 10 % of non-members are accused"},
    {"tpr_at_0.01", "TPR at 1 % FPR", NULL, "linear", -1, clopper,
     "share of members found where 1 % of non-members are accused"},
    {"tpr_at_0.001", "TPR at 0.1 % FPR", NULL, "linear", 0, clopper,
     "share of members found where 0.1 % of non-members are accused"},
    {"fpr_floor", "smallest FPR", NULL, "log", 0, NULL,
     "the smallest false positive rate that the non-members support"},
    {"epsilon_low", "epsilon at least", NULL, "linear", 0,
     "95 %, Clopper-Pearson at all thresholds at once",
     "the model is not (epsilon, delta) private for a smaller epsilon"},
    {"member_loss", "loss on members", NULL, "log", 0, mean,
     "on the labels trained on"},
    {"nonmember_loss", "loss on non-members", NULL, "log", 0, mean,
     "on labels with noise"},
    {"generalization_gap", "generalization gap", NULL, "linear", 0, mean,
     "loss on non-members less loss on members, both on labels with noise"},
    {"effective_rank", "effective rank", NULL, "log", 0, NULL,
     "of the features (mlp: the last hidden layer) of up to 512 training examples: exp "
     "of the entropy of the singular values"},
    {"numerical_rank", "numerical rank", NULL, "log", 0, NULL,
     "of the features on train"},
    {"forget_error", "forget error", NULL, "linear", 0,
     "95 %, Clopper-Pearson, example sampling",
     "share of forgotten examples not answered with the label trained on"},
    {"privacy_gap", "privacy gap", NULL, "linear", -1,
     "95 %, Newcombe's of the difference, folded", "|forget error - test error|"},
    {"forget_attack_auc", "AUC of the attack", NULL, "linear", 0, "95 %, DeLong",
     "on the forgotten (attack_auc of unlearn): chance that the model is surer of a "
     "forgotten example than of a test example; below 1/2: over-forgotten"},
    {"change_near", "change near the forgotten", NULL, "linear", 0, over,
     "share of points in balls around forgotten examples that the original answers "
     "otherwise"},
    {"change_far", "change elsewhere", NULL, "linear", 0, over,
     "the same around test examples"},
    {"locality", "locality", NULL, "log", 0, "95 %, delta method on the logarithm",
     "change near / change elsewhere, of balls"},
    {"relative_time", "time / retraining", NULL, "log", -1, NULL,
     "seconds of unlearning with the chosen settings, over those of retraining"},
    {"uses_forget", "uses the forgotten", NULL, "linear", 0, NULL,
     "1 if the method sees the examples that it is to forget"},
    {"retrain_disagreement", "disagreement with retrained", NULL, "linear", -1,
     "95 %, Student's t over retrained models",
     "mean of the shares of forgotten and of test examples that the model and the "
     "retrained one answer with different classes"},
    {"max_prediction_difference", "largest difference of predictions", NULL, "log", -1,
     NULL, "to the retrained model, over forgotten and test examples"},
    {"total_bits", "bits sent", "bits", "log", -1, NULL,
     "to train over --nodes: model bits on all directed links until the tolerance is "
     "reached"},
    {"reference_bits", "reference", "bits", "log", 0, NULL,
     "(M - 1) N 1/2 log2(1/eps): each node is told every target to the tolerance"},
    {"proved_bits", "proved lower bound", "bits", "log", 0, NULL,
     "no protocol needs less for all targets"},
    {"bits_over_reference", "bits / reference", NULL, "log", -1, NULL, NULL},
    {"wire_bytes", "bytes sent", "bytes", "log", -1, NULL,
     "handed to the network, framing and all"},
    {"rounds", "rounds", NULL, "log", -1, NULL, "until the tolerance is reached"},
    {"relative_loss", "relative training loss", NULL, "log", -1, NULL,
     "||X w - y||^2 / ||y||^2 of the worst node's model"},
    {"predicted_seconds", "time on the network", "s", "log", -1, NULL,
     "at distribute's default line, computing not counted"},
    {"gd_bits", "bits of gradient descent", "bits", "log", 0, NULL,
     "32 bits for each number of uncompressed rounds to the same loss"},
    {"train_seconds", "training seconds", "s", "log", -1, NULL,
     "of the model, or its share of a curve fitted at once"},
    {"parameters", "parameters", NULL, "log", -1, NULL, "coefficients fitted"},
    {"memory", "memory to train it", "MB", "log", -1, NULL,
     "estimated, for this width alone"},
    {"first_half_error", "test error, first half", NULL, "linear", 0, NULL,
     "of every other block of test examples: widths are chosen here"},
    {"second_half_error", "test error, second half", NULL, "linear", 0, NULL,
     "of the other blocks of test examples: what is chosen is judged here"},
    {"first_half_loss", "test loss, first half", NULL, "log", 0, NULL,
     "of every other block of test examples: widths are chosen here"},
    {"second_half_loss", "test loss, second half", NULL, "log", 0, NULL,
     "of the other blocks of test examples: what is chosen is judged here"},
    {"threshold_width", "width of as many parameters as training targets", NULL, "log",
     0, NULL, "where interpolation is to be expected"},
    {"interpolates", "interpolates", NULL, "linear", 0, NULL,
     "1 where train loss is below 1e-6 of the targets' variance"},
    {"gram_condition", "condition number", NULL, "log", 0, NULL,
     "of the smaller Gram matrix over its numerical rank, before the ridge"},
    {"tuned_ridge", "tuned ridge", NULL, "log", 0, NULL,
     "the penalty that is best on the validation part"},
    {"steps_done", "steps of training", "steps", "log", 0, NULL,
     "fewer than asked for after --stop-below"},
};
const sur_idx sur_profile_metric_count =
    sizeof sur_profile_metrics / sizeof *sur_profile_metrics;

#define PANEL(n, t) \
    .name = n, .title = t, .x = "width", .threshold = "threshold_width", .panel = true

static const sur_figure figures[] = {
    {PANEL("error", "Error: what width buys"),
     .metrics = {"test_error", "train_error", "tuned_test_error",
                 "early_stopped_test_error"},
     .labels = {"test", "train", "test, tuned ridge", "test, early stopped"},
     .threshold_label = "parameters = targets"},
    {PANEL("loss", "Squared loss: what width buys"),
     .metrics = {"test_loss", "train_loss", "tuned_test_loss",
                 "early_stopped_test_loss"},
     .labels = {"test", "train", "test, tuned ridge", "test, early stopped"},
     .theory = "theory_loss", .threshold_label = "parameters = targets",
     .unless = "test_error"},
    {PANEL("leakage", "Leakage: who was in the training set"),
     .metrics = {"advantage", "tpr_at_0.01"},
     .labels = {"advantage", "TPR at 1 % FPR"}},
    {PANEL("rank", "Effective rank of what the model sees"),
     .metrics = {"effective_rank"}, .labels = {"effective rank"}},
    {PANEL("forgetting", "Forgetting: the gap that unlearning leaves"),
     .metrics = {"privacy_gap"}, .labels = {"|forget - test error|"}},
    {PANEL("locality", "Forgetting: how local the change is"), .metrics = {"locality"},
     .labels = {"near / elsewhere"}},
    {PANEL("bits", "Bits to train it together"), .metrics = {"total_bits", "gd_bits"},
     .labels = {"sent", "uncompressed gradient descent"}, .theory = "reference_bits",
     .theory_label = "each node told every target"},
    {PANEL("cost", "Cost of training"), .metrics = {"train_seconds"},
     .labels = {"seconds"}, .condition = "steps_done"},
    {PANEL("memory", "Cost of training"), .metrics = {"memory"}, .labels = {"memory"},
     .unless = "steps_done"},
};

/* What the control of the page weighs. */
static const sur_price prices[] = {
    {"error", "error", "test_error", "first_half_error", "second_half_error", 4, NULL},
    {"loss", "loss", "test_loss", "first_half_loss", "second_half_loss", 4,
     "test_error"},
    {"leakage", "leakage", "advantage", NULL, NULL, 1, NULL},
    {"forgetting", "forgetting", "privacy_gap", NULL, NULL, 1, NULL},
    {"bits", "bits", "total_bits", NULL, NULL, 1, NULL},
    {"cost", "parameters", "parameters", NULL, NULL, 1, NULL},
};

static const char *const joint[] = {
    "width",  "ridge",        "label_noise", "attack",   "output_noise", "method",
    "lambda", "forget_count", "nodes",       "topology", "compress",     "tolerance",
    NULL};

const sur_experiment sur_profile = {
    .name = "profile",
    .summary = "what does width buy, and what does it cost? five prices on one axis",
    .description =
        "Trains models of growing width and measures on each what the other verbs "
        "measure, with the same numbers: test error (descent), membership leakage "
        "(privacy), forgetting (unlearn), bits to train over nodes (distribute), "
        "effective rank and cost. "
        "The summary names the widest useful "
        "model: the narrowest one whose test error is within one standard error of the "
        "best, chosen on one half of the test examples; what lies beyond it is stated "
        "on the other half.\n\n"
        "The page has one panel per price over one width axis, and a control that "
        "weighs the prices against each other.",
    .revision = 3,
    .fields = &sur_profile_fields,
    .metrics = sur_profile_metrics,
    .metric_count = sizeof sur_profile_metrics / sizeof *sur_profile_metrics,
    .joint = joint,
    .figures = figures,
    .figure_count = sizeof figures / sizeof *figures,
    .prices = prices,
    .price_count = sizeof prices / sizeof *prices,
    .load = sur_profile_load,
    .axis = sur_profile_axis,
    .resolve = sur_profile_resolve,
    .estimate = sur_profile_estimate,
    .run = sur_profile_run,
    .summarize = sur_profile_summarize,
};
