/* options.c -- the recover experiment's tables: options, metrics, figures. */
#include <surplus/experiments.h>

#include "experiments/recover/problem.h"

#define OPTION(...) SUR_FIELD_OF(sur_recover_trial, __VA_ARGS__)
#define CHOICE(...) SUR_CHOICE_OF(sur_recover_trial, __VA_ARGS__)

static const char *const problems[] = {"planted", "file", NULL};
static const char *const sensings[] = {"gaussian", "dense", "completion", "rank-one",
                                       NULL};
static const char *const solvers[] = {"gd",      "scaled", "prec", "spectral",
                                      "nuclear", "als",    NULL};
static const char *const starts[] = {"random", "jump", NULL};
static const char *const centers[] = {"auto", "none", "means", "damped", NULL};
static const char *const storages[] = {"auto", "float32", "bfloat16", "none", NULL};
static const char *const layouts[] = {"auto", "triplets", "matrix", NULL};
static const char *const choices[] = {"auto", "yes", "no", NULL};
static const char *const shapes[] = {"auto", "psd", "rectangular", NULL};

static const sur_field fields[] = {
    OPTION(data, SUR_PATH, NULL, 0, 0, NULL, 0, "data",
           "file of entries (row, column, value), of a matrix, or of measurements"),
    OPTION(data_sha256, SUR_TEXT, NULL, 0, 0, NULL, SUR_AUTO, "data",
           "checksum of the data; filled in, need not be given"),
    OPTION(test_data, SUR_PATH, NULL, 0, 0, NULL, 0, "data",
           "file of entries to predict; taken out of --data where they are in it"),
    OPTION(readings, SUR_PATH, NULL, 0, 0, NULL, 0, "data",
           "file of the readings y, where --data holds the matrices or vectors alone"),
    OPTION(missing, SUR_LIST, NULL, 0, 0, NULL, 0, "data",
           "codes that mean a missing entry besides an empty cell, nan and NA"),
    CHOICE(layout, "auto", layouts, 0, "data",
           "of a completion file: one entry per line, or a matrix with gaps"),
    CHOICE(shape, "auto", shapes, 0, "data",
           "of the unknown: psd fits U U', rectangular V W' (auto: psd for planted "
           "without --columns, square dense measurements and rank-one)"),
    CHOICE(center, "auto", centers, SUR_AXIS, "data",
           "row and column effects taken off first: means, or damped by an amount "
           "chosen on the hold-out (auto: damped for files to complete)"),
    OPTION(observed, SUR_REAL, "1", 1e-6, 1, NULL, SUR_AXIS, "data",
           "share of the file's entries used; the others are for testing"),
    OPTION(strict, SUR_FLAG, "false", 0, 0, NULL, 0, "data",
           "refuse repeated entries instead of averaging them"),
    CHOICE(problem, "planted", problems, 0, "problem",
           "planted: a known matrix is measured; file: --data (implied by it)"),
    {.name = "sensing",
     .kind = SUR_CHOICE,
     .offset = offsetof(sur_recover_trial, sensing),
     .choices = sensings,
     .flags = SUR_AXIS | SUR_AUTO,
     .group = "problem",
     .help = "gaussian: matrices made from the seed; dense: given; completion: "
             "entries; rank-one: a' M a (default: gaussian, for files completion)"},
    OPTION(dimension, SUR_INT, "60", 1, 1e6, NULL, SUR_AXIS | SUR_LOG, "problem",
           "rows of the planted matrix"),
    OPTION(columns, SUR_INT, NULL, 1, 1e6, NULL, SUR_AXIS | SUR_AUTO | SUR_LOG,
           "problem", "columns of it (default: symmetric)"),
    OPTION(true_rank, SUR_INT, "2", 1, 1e5, NULL, SUR_AXIS | SUR_LOG, "problem",
           "rank of the planted matrix"),
    OPTION(condition, SUR_REAL, "1", 1, 1e6, NULL, SUR_AXIS | SUR_LOG, "problem",
           "largest over smallest singular value of X, where M = X X'"),
    OPTION(measurements, SUR_INT, "1200", 1, 1e9, NULL, SUR_AXIS | SUR_LOG, "problem",
           "m, how many numbers are seen"),
    OPTION(noise, SUR_REAL, "0", 0, 1e6, NULL, SUR_AXIS, "problem",
           "standard deviation of the noise in each of them"),
    OPTION(uncentred, SUR_FLAG, "false", 0, 0, NULL, SUR_AXIS, "problem",
           "rank-one: leave the mean residual in"),
    CHOICE(storage, "auto", storages, SUR_AXIS, "problem",
           "of dense matrices; none: made again in every pass, memory independent of "
           "m (auto: float32 up to 4 GB)"),
    CHOICE(solver, "prec", solvers, SUR_AXIS, "solver",
           "gd, scaled or prec descent on factors; spectral, nuclear, als to compare"),
    OPTION(rank, SUR_INT, NULL, 1, 1e6, "columns", SUR_AXIS | SUR_AUTO | SUR_LOG,
           "solver",
           "width of the factor, at least the true rank (default: min(n, 50))"),
    OPTION(init_scale, SUR_REAL, "1e-5", 1e-300, 1e6, NULL, SUR_AXIS | SUR_LOG,
           "solver", "alpha in U_0 = alpha G, in units of sqrt(||A*(y)||)"),
    OPTION(init_absolute, SUR_FLAG, "false", 0, 0, NULL, 0, "solver", "alpha as it is"),
    OPTION(step, SUR_REAL, NULL, 1e-300, 1e6, NULL, SUR_AXIS | SUR_AUTO | SUR_LOG,
           "solver",
           "mu (default: 0.25/||A*(y)|| for gd, 0.5 for scaled and prec; halved when "
           "the residual grows)"),
    OPTION(damping, SUR_REAL, NULL, 1e-300, 1e6, NULL, SUR_AXIS | SUR_AUTO | SUR_LOG,
           "solver",
           "lambda of scaled (default: planted sigma_min^2, else 0.05 "
           "||A*(y)||)"),
    OPTION(
        momentum, SUR_REAL, NULL, 0, 0.99, NULL, SUR_AXIS | SUR_AUTO, "solver",
        "heavy ball once the relative residual is below 0.3 (default: 0.5 for prec, 0 "
        "for gd and scaled)"),
    OPTION(penalty, SUR_REAL, NULL, 0, 1e6, NULL, SUR_AXIS | SUR_AUTO | SUR_LOG,
           "solver", "of nuclear (default: chosen on the hold-out) and als (0.1)"),
    OPTION(iterations, SUR_INT, "2000", 0, 1e9, NULL, SUR_AXIS | SUR_LOG, "solver",
           "at most"),
    OPTION(tolerance, SUR_REAL, "1e-10", 0, 1, NULL, SUR_AXIS | SUR_LOG, "solver",
           "relative residual at which to stop"),
    OPTION(holdout, SUR_REAL, "0.1", 0, 0.9, NULL, SUR_AXIS, "solver",
           "share of the measurements kept aside: the iterate that is best there is "
           "returned; 0 uses all and returns the last"),
    CHOICE(start, "random", starts, SUR_AXIS, "solver",
           "jump: phase I on the matrix A*(y) instead of the measurements"),
    OPTION(seed, SUR_INT, "1", 0, 1e15, NULL, SUR_AXIS, "solver",
           "of the planted matrix, the measurements, the noise, start and hold-out"),
    OPTION(start_seed, SUR_INT, NULL, 0, 1e15, NULL, SUR_AXIS | SUR_AUTO, "solver",
           "of start and hold-out alone (default: seed)"),
    CHOICE(factors, "auto", choices, 0, "solver",
           "keep the factors found with the results (auto: those of files)"),
    OPTION(trace, SUR_FLAG, "false", 0, 0, NULL, 0, "solver",
           "keep the metrics of every iteration"),
};
const sur_fields sur_recover_fields = {fields, sizeof fields / sizeof *fields,
                                       sizeof(sur_recover_trial)};

#define SINGULAR(i)                                                                  \
    {                                                                                \
        "singular_" #i, "singular value " #i " of the factor", NULL, "log", 0, NULL, \
            "of U, or the square root of that of V W'"                               \
    }

const sur_metric sur_recover_metrics[] = {
    {"recovery_error", "recovery error", NULL, "log", -1, NULL,
     "||UU' - M||_F / ||M||_F of the matrix returned; planted problems"},
    {"recovered", "share recovered", NULL, "share", 1, "Wilson 95 %, over seeds",
     "1 where the recovery error is below 1 %, else 0"},
    {"rmse", "test RMSE", NULL, "linear", -1, "normal 95 %, test sampling",
     "root mean squared error of the predicted entries"},
    {"fit_error", "fit error", NULL, "log", -1, NULL,
     "relative residual norm on the measurements used"},
    {"holdout_error", "hold-out error", NULL, "log", -1, NULL,
     "relative residual norm on the measurements kept aside"},
    {"holdout_rmse", "hold-out RMSE", NULL, "linear", -1, "normal 95 %, test sampling",
     "in units of the entries; the iterate was chosen by it, so a little too good"},
    {"relative_error", "relative error", NULL, "log", -1, NULL,
     "of the predicted entries: root of squared errors over squared values"},
    {"effects_rmse", "test RMSE of the effects alone", NULL, "linear", -1,
     "normal 95 %, test sampling", "mean, row and column effects, without factors"},
    {"oracle_error", "recovery error of the best iterate", NULL, "log", -1, NULL,
     "least error along the path, which only the planted answer can tell"},
    {"predicted_error", "predicted error", NULL, "log", 0, NULL,
     "of the last iterate, from the spectrum of A*(y) and the scale of the start; gd"},
    {"last_error", "recovery error of the last iterate", NULL, "log", -1, NULL, NULL},
    {"iterations", "iterations", NULL, "log", -1, NULL, "until the run ended"},
    {"best_iteration", "iteration returned", NULL, "log", 0, NULL,
     "the best on the hold-out; without one the last"},
    {"passes", "passes over the measurements", NULL, "log", -1, NULL, NULL},
    {"jumped", "iterations jumped over", NULL, "linear", 0, NULL,
     "made on the matrix A*(y) by --start jump"},
    {"rank_found", "rank found", NULL, "linear", 0, NULL,
     "singular values above the noise threshold"},
    {"threshold", "noise threshold", NULL, "log", 0, NULL, "of the rank found"},
    {"phase1_end", "end of phase I", NULL, "linear", 0, NULL,
     "iteration at which the signal stands out in the right directions"},
    {"phase2_end", "end of phase II", NULL, "linear", 0, NULL,
     "iteration at which the signal has nearly grown to its size"},
    {"phase3_end", "end of phase III", NULL, "linear", 0, NULL,
     "iteration at which the error is within 10 % of its least"},
    {"angle_min", "least angle (L, L_t)", NULL, "log", 0, NULL,
     "sine of the angle between the iterate's leading space and the spectral one"},
    {"angle_end", "last angle (L, L_t)", NULL, "log", 0, NULL, NULL},
    {"spectral_angle", "angle (X, L)", NULL, "log", 0, NULL,
     "of the spectral estimate to the truth"},
    {"spectral_until", "end of the power method", NULL, "linear", 0, NULL,
     "first iteration 5 % apart from (I + mu A*(y))^t U_0; gd"},
    {"nuisance", "nuisance", NULL, "log", -1, NULL,
     "||U_t W_perp||: what the iterate has outside the signal; by iteration and last"},
    {"signal_min", "least signal", NULL, "log", 1, NULL,
     "s_min(U_t W_t): the weakest direction of the signal"},
    {"rate_ratio", "rho", NULL, "linear", 0, NULL,
     "growth of the strongest nuisance over that of the weakest signal; the error "
     "falls as alpha^(2 (1 - rho))"},
    {"imbalance", "imbalance", NULL, "log", 0, NULL, "||V'V - W'W||; rectangular"},
    {"angle_truth", "angle (X, L_t)", NULL, "log", -1, NULL, "by iteration"},
    {"spectral_gap", "distance from the power method", NULL, "log", 0, NULL,
     "||U_t - (I + mu A*(y))^t U_0|| / ||(I + mu A*(y))^t U_0||; by iteration, gd"},
    {"step_used", "step", NULL, "log", 0, NULL, "the last one"},
    {"seconds", "seconds", "s", "log", -1, NULL, "of this trial's own"},
    SINGULAR(1),
    SINGULAR(2),
    SINGULAR(3),
    SINGULAR(4),
    SINGULAR(5),
    SINGULAR(6),
    SINGULAR(7),
    SINGULAR(8),
};
const sur_idx sur_recover_metric_count =
    sizeof sur_recover_metrics / sizeof *sur_recover_metrics;

#define ERROR_FIGURE(over, words)                                                \
    {                                                                            \
        .name = "error_" #over, .title = "Error against " words, .x = #over,     \
        .metrics = {"recovery_error", "holdout_error", "fit_error"}, .labels = { \
            "recovery",                                                          \
            "hold-out",                                                          \
            "fit"                                                                \
        }                                                                        \
    }

const sur_figure sur_recover_figures[] = {
    {.name = "path",
     .title = "Errors along the path",
     .x = "iteration",
     .metrics = {"recovery_error", "holdout_error", "fit_error"},
     .labels = {"recovery", "hold-out", "fit"}},
    {.name = "singular_values",
     .title = "Singular values of the factor along the path",
     .x = "iteration",
     .metrics = {"singular_1", "singular_2", "singular_3", "singular_4"},
     .labels = {"first", "second", "third", "fourth"},
     .y = "singular value of the factor"},
    {.name = "angles",
     .title = "Angles along the path",
     .x = "iteration",
     .y = "sine of the angle",
     .metrics = {"angle_min", "angle_truth"},
     .labels = {"(L, L_t)", "(X, L_t)"}},
    {.name = "signal",
     .title = "Signal and nuisance along the path",
     .x = "iteration",
     .y = "singular value",
     .metrics = {"signal_min", "nuisance"},
     .labels = {"least signal", "nuisance"}},
    {.name = "spectral_gap",
     .title = "Distance from the power method along the path",
     .x = "iteration",
     .metrics = {"spectral_gap"},
     .labels = {"distance"}},
    {.name = "error_init_scale",
     .title = "Error against the scale of the start",
     .x = "init_scale",
     .metrics = {"recovery_error", "holdout_error", "fit_error"},
     .labels = {"recovery", "hold-out", "fit"},
     .theory = "predicted_error",
     .theory_label = "predicted, slope 2 (1 - rho)"},
    {.name = "recovered",
     .title = "Share of problems recovered within 1 %",
     .x = "measurements",
     .metrics = {"recovered"},
     .labels = {"recovered"},
     .series = "true_rank"},
    ERROR_FIGURE(rank, "the width of the factor"),
    ERROR_FIGURE(measurements, "measurements"),
    ERROR_FIGURE(noise, "noise"),
    ERROR_FIGURE(true_rank, "the true rank"),
    ERROR_FIGURE(condition, "the condition number"),
    {.name = "stopping",
     .title = "Hold-out stop against the best and the last iterate",
     .x = "noise",
     .metrics = {"recovery_error", "oracle_error", "last_error"},
     .labels = {"hold-out stop", "best iterate", "last iterate"}},
    {.name = "iterations_rank",
     .title = "Iterations against the width of the factor",
     .x = "rank",
     .metrics = {"iterations", "passes"},
     .labels = {"iterations", "passes"}},
    {.name = "iterations_init_scale",
     .title = "Iterations against the scale of the start",
     .x = "init_scale",
     .metrics = {"iterations", "phase2_end"},
     .labels = {"iterations", "end of phase II"}},
    {.name = "rank_found",
     .title = "Rank found against noise",
     .x = "noise",
     .metrics = {"rank_found"},
     .labels = {"rank found"}},
    {.name = "rmse_rank",
     .title = "Test error against the width of the factor",
     .x = "rank",
     .metrics = {"rmse", "effects_rmse"},
     .labels = {"factors", "effects alone"}},
};
const sur_idx sur_recover_figure_count =
    sizeof sur_recover_figures / sizeof *sur_recover_figures;

/* What does not change the measurements: such trials share their passes. */
static const char *const joint[] = {"solver",    "rank",     "init_scale", "step",
                                    "damping",   "momentum", "penalty",    "iterations",
                                    "tolerance", "holdout",  "start",      "start_seed",
                                    NULL};

const sur_experiment sur_recover = {
    .name = "recover",
    .summary = "a low-rank matrix from few measurements, without knowing its rank",
    .description =
        "Fits U U' or V W' to linear measurements of a matrix by descent from a small "
        "random start. The factors may be as wide as the matrix: the small start, not "
        "their width, keeps the rank low. First the iterates follow a power method on "
        "A*(y) and turn into the directions of the answer (phase I), then these grow "
        "to "
        "their size while all others stay small (II), then the error contracts until "
        "it meets what the others have left (III). A part of the measurements is kept "
        "aside and the iterate that is best there is returned.\n\n"
        "The measurements are entries of a file (ratings to complete, a matrix with "
        "gaps), dense matrices and readings, quadratic measurements a' M a, or a "
        "planted problem, whose answer is known and against which the phases are "
        "measured.",
    .revision = 2,
    .fields = &sur_recover_fields,
    .metrics = sur_recover_metrics,
    .metric_count = sizeof sur_recover_metrics / sizeof *sur_recover_metrics,
    .joint = joint,
    .figures = sur_recover_figures,
    .figure_count = sizeof sur_recover_figures / sizeof *sur_recover_figures,
    .load = recover_load,
    .resolve = recover_resolve,
    .estimate = recover_estimate,
    .run = recover_trials,
    .summarize = recover_summarize,
};
