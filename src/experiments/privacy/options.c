/* options.c -- the privacy experiment's tables: options, metrics, figures. */
#include "experiments/privacy/privacy.h"

#include <surplus/experiments.h>

#define OPTION(...) SUR_FIELD_OF(sur_privacy_options, __VA_ARGS__)
#define CHOICE(...) SUR_CHOICE_OF(sur_privacy_options, __VA_ARGS__)

static const char *const attacks[] = {"theory", "exact",  "loss",   "lira",
                                      "rmia",   "paired", "scores", NULL};
static const char *const problems[] = {"linear", "latent", "relu", "time", NULL};
static const char *const variants[] = {"corrected", "published", NULL};
static const char *const estimators[] = {"quadrature", "histogram", NULL};
static const char *const modes[] = {"online", "offline", NULL};
static const char *const spreads[] = {"auto", "each", "fixed", NULL};

static const sur_field fields[] = {
    SUR_DATA_FIELDS(sur_privacy_options, data),
    CHOICE(attack, NULL, attacks, SUR_AXIS | SUR_AUTO, "attack",
           "theory, exact: formulas and exact laws; loss, lira, rmia, paired: on "
           "trained models (default: loss with --data, scores with --scores, else "
           "theory)"),
    CHOICE(problem, NULL, problems, SUR_AXIS | SUR_AUTO, "attack",
           "what theory and exact speak of (default: linear)"),
    CHOICE(
        variant, NULL, variants, SUR_AXIS | SUR_AUTO, "attack",
        "theory, exact; published: with the faults of the published experiments, and "
        "output noise on non-members only (default: corrected)"),
    CHOICE(estimator, NULL, estimators, SUR_AXIS | SUR_AUTO, "attack",
           "of exact; histogram: the published one, biased upwards (default: "
           "quadrature)"),
    OPTION(knows_label, SUR_FLAG, "false", 0, 0, NULL, 0, "attack",
           "theory and exact: the attacker knows the label, too (attacks on trained "
           "models always do)"),
    CHOICE(family, "relu", sur_family_choices, SUR_AXIS, "model",
           "linear: the first columns; projection, fourier, relu: random features; "
           "mlp, and of images cnn5, allcnn, resnet18, resnet50: networks"),
    OPTION(width, SUR_INT, "8:1024:x2", 1, 1e9, "features",
           SUR_AXIS | SUR_MAY_BE_INF | SUR_LOG, "model",
           "number of features (mlp: units of a layer; images: filters of the first); "
           "inf is the kernel limit"),
    OPTION(ridge, SUR_REAL, "0", 0, 1e300, NULL, SUR_AXIS | SUR_LOG, "model",
           "penalty mu in (Z'Z + mu I); 0 is the solution of least norm"),
    OPTION(bandwidth, SUR_REAL, "1", 1e-9, 1e9, NULL, SUR_AXIS | SUR_LOG, "model",
           "of fourier features, in units of the square root of the columns"),
    OPTION(output_noise, SUR_REAL, "0", 0, 1e6, NULL, SUR_AXIS | SUR_LOG, "model",
           "standard deviation of normal noise added to every answer"),
    OPTION(epochs, SUR_INT, "30", 1, 1e6, NULL, SUR_AXIS | SUR_LOG, "network",
           "passes over the training examples"),
    SUR_TRAIN_FIELDS(sur_privacy_options, train),
    OPTION(shadows, SUR_INT, "16", 0, 4096, "models", SUR_AXIS | SUR_LOG, "attack",
           "shadow models, an even number; each is trained on a random half"),
    CHOICE(mode, "online", modes, 0, "attack",
           "lira, rmia: online also uses shadows that saw the record"),
    CHOICE(spread, "auto", spreads, 0, "attack",
           "lira: a variance for each record or one for all (auto: fixed below 64 "
           "shadows)"),
    OPTION(queries, SUR_INT, NULL, 0, 100000, NULL, SUR_AUTO | SUR_AXIS, "attack",
           "theory, exact: random queries averaged over; 0: one of mean norm (default: "
           "0; latent 4, time 10)"),
    OPTION(draws, SUR_INT, NULL, 0, 1e7, NULL, SUR_AUTO | SUR_AXIS, "attack",
           "exact: designs per query (default: linear 1000, others 40)"),
    OPTION(scores, SUR_PATH, NULL, 0, 0, NULL, 0, "scores",
           "scores made elsewhere: CSV, NPY or NPZ with a score and a membership "
           "column, or a folder of keep.npy and scores/"),
    OPTION(nonmembers, SUR_PATH, NULL, 0, 0, NULL, 0, "scores",
           "the non-members' scores or class probabilities, if --scores has the "
           "members' only"),
    OPTION(score, SUR_TEXT, NULL, 0, 0, NULL, 0, "scores",
           "score column (default: score, scores, signal, ... or the first)"),
    OPTION(member, SUR_TEXT, NULL, 0, 0, NULL, 0, "scores",
           "membership column, 0 or 1 (default: member, membership, keep, ...)"),
    OPTION(group, SUR_TEXT, NULL, 0, 0, NULL, 0, "scores",
           "column of groups to audit one by one (default: group)"),
    OPTION(lower_is_member, SUR_FLAG, "false", 0, 0, NULL, 0, "scores",
           "a lower score means member, as with losses"),
    OPTION(rate, SUR_REAL, NULL, 1e-12, 1, NULL, SUR_AUTO, "audit",
           "a false positive rate of your own; refused if the sample is too small"),
    OPTION(delta, SUR_REAL, "1e-5", 0, 0.5, NULL, 0, "audit",
           "delta of (epsilon, delta) differential privacy"),
    OPTION(top, SUR_INT, "0", 0, 100000, "records", 0, "audit",
           "list so many of the most exposed members"),
};
const sur_fields sur_privacy_fields = {fields, sizeof fields / sizeof *fields,
                                       sizeof(sur_privacy_options)};

static const char split[] = "95 %; low from halves, high from DKW bands; exact: draws";
static const char clopper[] =
    "95 %, Clopper-Pearson, threshold set on the other half; exact: draws";
static const char delong[] = "95 %, DeLong; exact: draws";
static const char mean[] = "95 %, Student's t";

const sur_metric sur_privacy_metrics[] = {
    {"advantage", "membership advantage", NULL, "linear", -1, split,
     "largest TPR - FPR over thresholds; the judged value of a chosen one in an audit"},
    {"auc", "AUC of the attack", NULL, "linear", -1, delong,
     "chance that a member's score is above a non-member's"},
    {"balanced_accuracy", "balanced accuracy", NULL, "linear", -1, split,
     "(1 + advantage)/2"},
    {"tpr_at_0.1", "TPR at 10 % FPR", NULL, "linear", -1, clopper,
     "share of members "
     "found where 10 % of non-members are accused"},
    {"tpr_at_0.01", "TPR at 1 % FPR", NULL, "linear", -1, clopper,
     "share of members "
     "found where 1 % of non-members are accused"},
    {"tpr_at_0.001", "TPR at 0.1 % FPR", NULL, "linear", -1, clopper,
     "share of "
     "members found where 0.1 % of non-members are accused"},
    {"tpr_at_rate", "TPR at --rate", NULL, "linear", -1, clopper,
     "share of members found at the false positive rate asked for"},
    {"fpr_floor", "smallest FPR", NULL, "log", 0, NULL,
     "the smallest false positive rate that the non-members support"},
    {"epsilon_low", "epsilon at least", NULL, "linear", -1,
     "95 %, Clopper-Pearson at all thresholds at once",
     "the model is not (epsilon, delta) private for a smaller epsilon"},
    {"epsilon_dp", "epsilon of the output noise", NULL, "log", -1, NULL,
     "what the noise on one answer guarantees at --delta"},
    {"variance_out", "variance, non-members", NULL, "log", 0, mean,
     "of what the attacker looks at"},
    {"variance_in", "variance, members", NULL, "log", 0, mean,
     "of what the attacker looks at"},
    {"nonmember_loss", "loss on non-members", NULL, "log", -1, mean,
     "theory, exact: mean squared error against targets without noise"},
    {"member_loss", "loss on members", NULL, "log", 0, mean,
     "on the labels trained on"},
    {"generalization_gap", "generalization gap", NULL, "linear", -1, mean,
     "loss on non-members less loss on members, both on labels with noise"},
    {"nonmember_error", "error on non-members", NULL, "linear", -1,
     "Wilson 95 %, record sampling", "share of wrong classes"},
    {"roc_fpr", "false positive rate", NULL, "log", 0, NULL,
     "share of non-members accused, at thresholds down the curve; by iteration"},
    {"roc_tpr", "true positive rate", NULL, "log", 0,
     "95 %, Clopper-Pearson, each point by itself",
     "share of members accused there; by iteration"},
    {"histogram_bias", "bias of the histogram", NULL, "linear", 0, NULL,
     "what --estimator histogram gives for equal laws"},
};
const sur_idx sur_privacy_metric_count =
    sizeof sur_privacy_metrics / sizeof *sur_privacy_metrics;

#define LEAK_FIGURE(n, t, axis) .name = n, .title = t, .x = axis

const sur_figure sur_privacy_figures[] = {
    {LEAK_FIGURE("advantage", "Advantage and TPR at 1 % FPR against width", "width"),
     .metrics = {"advantage", "tpr_at_0.01"}, .labels = {"advantage", "TPR at 1 % FPR"},
     .threshold = "samples", .threshold_label = "width = samples"},
    {LEAK_FIGURE("auc", "AUC of the attack against width", "width"), .metrics = {"auc"},
     .labels = {"AUC"}, .threshold = "samples", .threshold_label = "width = samples"},
    {LEAK_FIGURE("tpr", "Members found at a false positive rate", "width"),
     .metrics = {"tpr_at_0.1", "tpr_at_0.01", "tpr_at_0.001"},
     .labels = {"10 %", "1 %", "0.1 %"}, .y = "true positive rate",
     .threshold = "samples", .threshold_label = "width = samples"},
    {LEAK_FIGURE("roc", "Who is found, against who is accused wrongly", "roc_fpr"),
     .along = "iteration", .metrics = {"roc_tpr"}, .labels = {"attack"},
     .theory = "roc_fpr", .theory_label = "guessing"},
    {LEAK_FIGURE("utility", "Ways to pay: advantage against loss on non-members",
                 "nonmember_loss"),
     .metrics = {"advantage"}, .labels = {"advantage"}},
    {LEAK_FIGURE("utility_error", "Ways to pay: advantage against error on non-members",
                 "nonmember_error"),
     .metrics = {"advantage"}, .labels = {"advantage"}, .condition = "nonmember_error"},
    {LEAK_FIGURE("loss", "Loss of members and non-members", "width"),
     .metrics = {"nonmember_loss", "member_loss"}, .labels = {"non-members", "members"},
     .threshold = "samples", .threshold_label = "width = samples"},
    {LEAK_FIGURE("ridge", "Advantage against ridge", "ridge"),
     .metrics = {"advantage", "nonmember_loss"},
     .labels = {"advantage", "loss of non-members"}},
    {LEAK_FIGURE("output_noise", "Advantage against output noise", "output_noise"),
     .metrics = {"advantage"}, .labels = {"advantage"}},
    {LEAK_FIGURE("epsilon", "Epsilon: audited and guaranteed", "output_noise"),
     .metrics = {"epsilon_low", "epsilon_dp"},
     .labels = {"at least (audit)", "at most (guarantee)"}, .condition = "epsilon_dp"},
    {LEAK_FIGURE("samples", "Advantage against training examples", "samples"),
     .metrics = {"advantage", "tpr_at_0.01"}, .labels = {"advantage", "TPR at 1 % FPR"},
     .y = "advantage, true positive rate"},
};
const sur_idx sur_privacy_figure_count =
    sizeof sur_privacy_figures / sizeof *sur_privacy_figures;

static const char *const joint[] = {NULL};

const sur_experiment sur_privacy = {
    .name = "privacy",
    .summary = "how well can an outsider tell who was in the training set?",
    .description =
        "Measures membership inference against the number of parameters: in theory and "
        "in exact simulation (Gaussian linear models and the published variations), by "
        "attacks on models trained here on your data (linear, random features, kernels "
        "and networks), and from scores that were made elsewhere (--scores).\n\n"
        "For models that are linear in their targets every shadow model gives its "
        "answers with and without each record exactly, without being trained again "
        "(--attack paired). Networks train their shadow models together; every record "
        "is in exactly half of them.\n\n"
        "Every number has an interval that accounts for choosing the threshold, and a "
        "false positive rate that the sample cannot support is not reported. The "
        "threat model is stored with every trial.",
    .revision = 2,
    .fields = &sur_privacy_fields,
    .metrics = sur_privacy_metrics,
    .metric_count = sizeof sur_privacy_metrics / sizeof *sur_privacy_metrics,
    .joint = joint,
    .figures = sur_privacy_figures,
    .figure_count = sizeof sur_privacy_figures / sizeof *sur_privacy_figures,
    .load = sur_privacy_load,
    .axis = sur_privacy_axis,
    .resolve = sur_privacy_resolve,
    .estimate = sur_privacy_estimate,
    .run = sur_privacy_run,
    .summarize = sur_privacy_summarize,
};
