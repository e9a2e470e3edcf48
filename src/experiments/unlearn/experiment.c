/* experiment.c -- what the unlearning experiment measures and draws, and its value.
 *
 * Errors stand under the role of the model (original, unlearned, retrained); what
 * compares with the original model or belongs to one stands alone for the unlearned
 * model, and under `retrained` (and `original`) for the others. */
#include "experiments/unlearn/unlearn.h"

#include <surplus/experiments.h>

static const char clopper[] = "95 %, Clopper-Pearson, example sampling";
static const char student[] = "95 %, Student's t over examples";
static const char over[] = "95 %, Student's t over retrained models";

static const sur_metric metrics[] = {
    {"test_error", "test error", NULL, "linear", -1, clopper,
     "share of wrong classes on test examples"},
    {"forget_error", "forget error", NULL, "linear", 0, clopper,
     "share of forgotten examples not answered with the label trained on; goal bias: "
     "high is good"},
    {"retain_error", "retain error", NULL, "linear", -1, clopper,
     "share of retained training examples not answered with the label trained on"},
    {"validation_error", "validation error", NULL, "linear", -1, clopper,
     "on the examples that methods are tuned on"},
    {"privacy_gap", "privacy gap", NULL, "linear", -1,
     "95 %, Newcombe's of the difference, folded", "|forget error - test error|"},
    {"attack_auc", "AUC of the attack", NULL, "linear", 0, "95 %, DeLong",
     "chance that the model is surer of a forgotten example than of a test example; "
     "below 1/2: over-forgotten"},
    {"attack_advantage", "advantage of the attack", NULL, "linear", -1,
     "95 %; low: threshold chosen on the other half; high: DKW bands",
     "largest TPR - FPR of that attack over thresholds"},
    {"equivalence_p", "p of equivalence", NULL, "log", -1, NULL,
     "two one-sided tests that forget and test error differ by less than the margin"},
    {"change_near", "change near the forgotten", NULL, "linear", 0, student,
     "share of points in balls around forgotten examples that the original answers "
     "otherwise"},
    {"change_far", "change elsewhere", NULL, "linear", 0, student,
     "the same around test examples"},
    {"locality", "locality", NULL, "log", 0, "95 %, delta method on the logarithm",
     "change near / change elsewhere, of balls"},
    {"plane_change_near", "change on planes near", NULL, "linear", 0, student,
     "share of a plane through a forgotten and two test examples that the original "
     "answers otherwise"},
    {"plane_change_far", "change on planes elsewhere", NULL, "linear", 0, student,
     "the same on planes through three test examples"},
    {"plane_locality", "locality of planes", NULL, "log", 0,
     "95 %, delta method on the logarithm",
     "change near / change elsewhere, of planes"},
    {"retrain_disagreement", "disagreement with retrained", NULL, "linear", -1, over,
     "mean of the shares of forgotten and of test examples that the model and the "
     "retrained ones answer with different classes"},
    {"max_prediction_difference", "largest difference of predictions", NULL, "log", -1,
     NULL,
     "to the first retrained model, over forgotten and test examples: of shares "
     "(networks) or answers"},
    {"parameter_change", "parameter change", NULL, "log", 0, NULL,
     "|theta - theta_original| / |theta_original|"},
    {"parameter_distance", "parameter distance", NULL, "log", 0, NULL,
     "|theta - theta_retrained| / |theta_retrained|"},
    {"relative_time", "time / retraining", NULL, "log", -1, NULL,
     "seconds of unlearning with the chosen settings, over those of retraining"},
    {"tuning_time", "time of tuning / retraining", NULL, "log", -1, NULL,
     "seconds of the whole search, over those of retraining"},
    {"objective", "objective", NULL, "linear", -1, NULL,
     "what tuning lowers, on validation examples"},
    {"uses_forget", "uses the forgotten", NULL, "linear", 0, NULL,
     "1 if the method sees the examples that it is to forget"},
    {"patch_success", "success of the patch", NULL, "linear", -1, clopper,
     "share of patched test examples of other classes that get the patch's class"},
    {"candidate_forget_error", "forget error of candidates", NULL, "linear", 0, NULL,
     "each setting tried, by iteration"},
    {"candidate_validation_error", "validation error of candidates", NULL, "linear", 0,
     NULL, "each setting tried, by iteration"},
    {"candidate_objective", "objective of candidates", NULL, "linear", 0, NULL,
     "each setting tried, by iteration"},
};

#define FIGURE(n, t, axis) .name = n, .title = t, .x = axis

static const sur_figure figures[] = {
    {FIGURE("test_error", "Test error against width", "width"),
     .metrics = {"test_error"}},
    {FIGURE("forget_error", "Error on the forgotten against width", "width"),
     .metrics = {"forget_error"}},
    {FIGURE("privacy_gap", "Privacy gap against width", "width"),
     .metrics = {"privacy_gap"}},
    {FIGURE("attack", "Attack on the forgotten against width", "width"),
     .metrics = {"attack_auc"}},
    {FIGURE("locality", "How local the change is, against width", "width"),
     .metrics = {"locality"}},
    {FIGURE("change", "Change of decisions near the forgotten and elsewhere", "width"),
     .metrics = {"change_near", "change_far"}, .labels = {"near", "elsewhere"},
     .y = "share of points answered otherwise"},
    {FIGURE("utility", "Ways to forget: test error against forget error",
            "forget_error"),
     .metrics = {"test_error"}},
    {FIGURE("disagreement", "Distance to retrained models against width", "width"),
     .metrics = {"retrain_disagreement"}},
    {FIGURE("time", "Time relative to retraining", "width"),
     .metrics = {"relative_time"}},
    {FIGURE("lambda", "The weight of the goal", "lambda"), .metrics = {"objective"}},
    {FIGURE("tuning", "Settings tried", "candidate_validation_error"),
     .along = "iteration", .metrics = {"candidate_forget_error"}, .points = true},
};

static const sur_picture pictures[] = {
    {"plane", "What the models decide on one plane, before and after",
     "The plane through a forgotten and two test examples on which the retrained model "
     "differs most from the original, of the planes that were measured.",
     "plane"},
};

/* Originals, retrained models and searches are shared along these. */
static const char *const joint[] = {"method", "lambda", "tune_form", "tune", NULL};

const sur_experiment sur_unlearn = {
    .name = "unlearn",
    .summary = "can a trained model forget chosen examples, and is a wider one better "
               "at it?",
    .description =
        "Makes a trained model forget some of its training examples, and measures "
        "what that did: errors on retained, forgotten, validation and test examples "
        "beside those of the original model and of models retrained without the "
        "forgotten; a membership attack; how much the decision regions changed near "
        "the forgotten and elsewhere; the time relative to retraining.\n\n"
        "Goal privacy: the forgotten are to be answered as if never seen. Goal bias: "
        "some training labels are wrong, and the model is to stop repeating them. Each "
        "method's settings are chosen on validation rows that no training saw; models "
        "retrained without the forgotten are never used for choosing, except by "
        "--tune oracle, which shows the price of that.\n\n"
        "With --model the original is a file that surplus train wrote, and --save "
        "writes the new model; without it, originals of every --width are trained, "
        "shared between methods and kept in the store.",
    .revision = 2,
    .fields = &sur_unlearn_fields,
    .metrics = metrics,
    .metric_count = sizeof metrics / sizeof *metrics,
    .joint = joint,
    .figures = figures,
    .figure_count = sizeof figures / sizeof *figures,
    .pictures = pictures,
    .picture_count = sizeof pictures / sizeof *pictures,
    .role = "unlearned",
    .load = sur_unlearn_load,
    .axis = sur_unlearn_axis,
    .resolve = sur_unlearn_resolve,
    .estimate = sur_unlearn_estimate,
    .run = sur_unlearn_run,
    .summarize = sur_unlearn_summarize,
};
