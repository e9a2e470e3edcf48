/* options.c -- the distribute experiment's tables: options, metrics, figures. */
#include "experiments/distribute/distribute.h"

#include <surplus/experiments.h>

#define OPTION(...) SUR_FIELD_OF(sur_distribute_options, __VA_ARGS__)
#define CHOICE(...) SUR_CHOICE_OF(sur_distribute_options, __VA_ARGS__)

static const char *const families[] = {"linear", "projection", "fourier",
                                       "relu",   "wide-mlp",   NULL};
static const char *const methods[] = {"auto", "sketch", "precond", "none",
                                      "qsgd", "topk",   "ef21",    "powersgd",
                                      "sign", "choco",  "dgd",     NULL};
static const char *const partitions[] = {"random", "order", "class", NULL};
static const char *const momenta[] = {"auto", "on", "off", NULL};
static const char *const qualities[] = {"loss", "prediction", NULL};
static const char *const sketches[] = {"sparse", "gaussian", NULL};
static const char *const schemes[] = {"global", "layer", NULL};

static const sur_field fields[] = {
    SUR_DATA_FIELDS(sur_distribute_options, data),
    CHOICE(family, "linear", families, SUR_AXIS, "model",
           "linear: the columns; projection, fourier, relu: random features; wide-mlp: "
           "a network with one wide layer"),
    OPTION(width, SUR_INT, NULL, 1, 1e9, "features", SUR_AXIS | SUR_AUTO | SUR_LOG,
           "model",
           "features, or units of the wide layer (default: all columns; random "
           "features 4096; wide-mlp 512)"),
    OPTION(hidden, SUR_INT, "6", 0, 1e6, "units", SUR_AXIS | SUR_LOG, "model",
           "wide-mlp: units of the narrow layer after the wide one; 0: there is none"),
    CHOICE(scheme, "global", schemes, SUR_AXIS, "model",
           "wide-mlp: sketch all parameters, or freeze the first layer and sketch the "
           "second"),
    OPTION(feature_bandwidth, SUR_REAL, "1", 1e-9, 1e9, NULL, SUR_AXIS | SUR_LOG,
           "model", "of fourier features, in units of the square root of the columns"),
    CHOICE(compress, "auto", methods, SUR_AXIS, "method",
           "how nodes train together; auto: sketch or precond, whichever says less; "
           "none: 32-bit gradient descent"),
    OPTION(sketch_size, SUR_INT, NULL, 1, 1e9, "numbers", SUR_AXIS | SUR_AUTO | SUR_LOG,
           "method",
           "numbers in a sketched model (default: from the samples and --quality; only "
           "sketch and precond sketch by themselves)"),
    CHOICE(sketch, "sparse", sketches, SUR_AXIS, "method",
           "the shared random matrix: sparse signs or Gaussian"),
    OPTION(bits, SUR_INT, NULL, 2, 16, "bits", SUR_AXIS | SUR_AUTO, "method",
           "for each number, all of one width (default: chosen in every round and "
           "entropy coded)"),
    OPTION(data_bits, SUR_INT, NULL, 2, 16, "bits", SUR_AXIS | SUR_AUTO, "method",
           "precond with --bits: for each number of the sketched data (default: "
           "--bits)"),
    OPTION(levels, SUR_INT, NULL, 1, 1e9, NULL, SUR_AXIS | SUR_AUTO | SUR_LOG, "method",
           "qsgd: levels (default: the square root of the numbers)"),
    OPTION(keep, SUR_INT, NULL, 1, 1e9, "numbers", SUR_AXIS | SUR_AUTO | SUR_LOG,
           "method", "topk, ef21: numbers sent (default: one in a hundred)"),
    OPTION(columns_kept, SUR_INT, "2", 1, 1000, NULL, SUR_AXIS, "method",
           "powersgd: the rank"),
    OPTION(tolerance, SUR_REAL, "1e-6", 1e-28, 0.99, NULL, SUR_AXIS | SUR_LOG, "method",
           "stop at this training loss, in units of the targets' squares (where no "
           "model reaches it: this far above the best)"),
    CHOICE(quality, "loss", qualities, SUR_AXIS, "method",
           "what the sketch is sized for; prediction: 12 numbers a sample, so that the "
           "model is near the one of least norm"),
    CHOICE(momentum, "auto", momenta, SUR_AXIS, "method",
           "heavy ball instead of gradient descent (auto: for sketch)"),
    OPTION(max_rounds, SUR_INT, "20000", 1, 1e8, "rounds", SUR_AXIS | SUR_LOG, "method",
           "give up after so many"),
    OPTION(nodes, SUR_INT, NULL, 1, 1e6, "nodes", SUR_AXIS | SUR_AUTO | SUR_LOG,
           "network", "nodes (default 4; under mpirun the ranks)"),
    CHOICE(topology, "star", sur_topology_choices, SUR_AXIS, "network",
           "who is linked with whom; node 0 is the hub and holds data, too"),
    CHOICE(partition, "random", partitions, SUR_AXIS, "network",
           "which node has which rows: at random, as they come, or by class"),
    OPTION(edges, SUR_PATH, NULL, 0, 0, NULL, 0, "network",
           "topology file: a pair of node numbers on each line"),
    OPTION(density, SUR_REAL, "0.4", 0, 1, NULL, SUR_AXIS, "network",
           "topology random: chance of each edge"),
    OPTION(bandwidth, SUR_REAL, "100", 1e-9, 1e9, "Mbit/s", SUR_AXIS | SUR_LOG,
           "network", "of each node's line, for predicted_seconds"),
    OPTION(latency, SUR_REAL, "20", 0, 1e9, "ms", SUR_AXIS, "network",
           "of a message, for predicted_seconds"),
    OPTION(trace, SUR_FLAG, "false", 0, 0, NULL, 0, "network",
           "keep loss and bits of every round"),
    OPTION(timeout, SUR_REAL, "60", 0, 1e9, "s", SUR_HIDDEN, "network",
           "under mpirun: how long a message may take; 0: for ever"),
    OPTION(checkpoint, SUR_PATH, NULL, 0, 0, NULL, SUR_HIDDEN, "network",
           "save every node's state in files that begin so"),
    OPTION(checkpoint_every, SUR_INT, "10", 1, 1e9, "rounds", SUR_HIDDEN, "network",
           "how often"),
    OPTION(resume, SUR_FLAG, "false", 0, 0, NULL, SUR_HIDDEN, "network",
           "go on from the last checkpoint, if there is one"),
};
const sur_fields sur_distribute_fields = {fields, sizeof fields / sizeof *fields,
                                          sizeof(sur_distribute_options)};

static const char wilson[] = "Wilson 95 %, test sampling";

static const sur_metric metrics[] = {
    {"total_bits", "bits sent", "bits", "log", -1, NULL,
     "model bits on all directed links until the tolerance is reached"},
    {"wire_bytes", "bytes sent", "bytes", "log", -1, NULL,
     "handed to the network, framing and all"},
    {"framing_bits", "framing", "bits", "log", -1, NULL,
     "flags, losses for stopping, the filling up of last bytes"},
    {"rounds", "rounds", NULL, "log", -1, NULL, "until the tolerance is reached"},
    {"relative_loss", "relative training loss", NULL, "log", -1, NULL,
     "||X w - y||^2 / ||y||^2 of the worst node's model"},
    {"test_loss", "test loss", NULL, "log", -1, NULL,
     "mean squared error on new examples"},
    {"test_error", "test error", NULL, "linear", -1, wilson,
     "share of wrong classes among test examples"},
    {"reference_bits", "reference", "bits", "log", 0, NULL,
     "(M - 1) N 1/2 log2(1/eps): each node is told every target to the tolerance"},
    {"proved_bits", "proved lower bound", "bits", "log", 0, NULL,
     "no protocol needs less for all targets"},
    {"bits_over_reference", "bits / reference", NULL, "log", -1, NULL, NULL},
    {"bits_per_node", "most bits sent by one node", "bits", "log", -1, NULL, NULL},
    {"up_bits", "bits towards node 0", "bits", "log", -1, NULL, NULL},
    {"down_bits", "bits from node 0", "bits", "log", -1, NULL, NULL},
    {"across_bits", "bits between neighbours", "bits", "log", -1, NULL, NULL},
    {"messages", "messages", NULL, "log", -1, NULL, NULL},
    {"norm_inflation", "norm inflation", NULL, "log", -1, NULL,
     "||w||^2 over that of the model of least norm; sketched: about D/(d - N - 1)"},
    {"consensus", "disagreement", NULL, "log", -1, NULL,
     "largest distance of a node's model from node 0's, over its norm"},
    {"predicted_seconds", "time on the network", "s", "log", -1, NULL,
     "at --bandwidth and --latency, computing not counted"},
    {"sketch_dim", "numbers in the sketched model", NULL, "log", 0, NULL,
     "0: not sketched"},
    {"parameters", "parameters", NULL, "log", 0, NULL, "D, of all outputs"},
    {"condition", "condition of X X'", NULL, "log", 0, NULL, "over its rank"},
    {"gd_rounds", "rounds of gradient descent", NULL, "log", 0, NULL,
     "uncompressed, to the same loss; computed, not run"},
    {"gd_bits", "bits of gradient descent", "bits", "log", 0, NULL,
     "32 bits for each number of those rounds, on the same links"},
    {"gd_seconds", "time of gradient descent", "s", "log", 0, NULL,
     "on the same network"},
    {"least_norm_test_loss", "test loss, least norm", NULL, "log", 0, NULL,
     "of the uncompressed solution of least norm"},
    {"least_norm_test_error", "test error, least norm", NULL, "linear", 0, wilson,
     "of the uncompressed solution of least norm"},
};

static const sur_figure figures[] = {
    {.name = "loss",
     .title = "Training loss against bits",
     .x = "total_bits",
     .along = "iteration",
     .metrics = {"relative_loss"},
     .labels = {"relative loss"},
     .threshold = "proved_bits",
     .threshold_label = "proved lower bound"},
    {.name = "bits_width",
     .title = "Bits against parameters",
     .x = "width",
     .metrics = {"total_bits"},
     .labels = {"bits sent"},
     .theory = "reference_bits",
     .theory_label = "each node is told every target",
     .threshold = "samples",
     .threshold_label = "width = samples"},
    {.name = "bits_samples",
     .title = "Bits against training examples",
     .x = "samples",
     .metrics = {"total_bits"},
     .labels = {"bits sent"},
     .theory = "reference_bits"},
    {.name = "bits_nodes",
     .title = "Bits against nodes",
     .x = "nodes",
     .metrics = {"total_bits"},
     .labels = {"bits sent"},
     .theory = "reference_bits"},
    {.name = "bits_tolerance",
     .title = "Bits against tolerance",
     .x = "tolerance",
     .metrics = {"total_bits"},
     .labels = {"bits sent"},
     .theory = "reference_bits"},
    {.name = "sketch",
     .title = "Bits against sketch size",
     .x = "sketch_size",
     .metrics = {"total_bits"},
     .labels = {"bits sent"},
     .theory = "reference_bits"},
    {.name = "quality",
     .title = "Test loss against sketch size",
     .x = "sketch_size",
     .metrics = {"test_loss"},
     .labels = {"test loss"},
     .theory = "least_norm_test_loss"},
    {.name = "seconds",
     .title = "Time on the network against bandwidth",
     .x = "bandwidth",
     .metrics = {"predicted_seconds"},
     .labels = {"predicted time"}},
};

static const char *const joint[] = {"bandwidth", "latency", NULL};

const sur_experiment sur_distribute = {
    .name = "distribute",
    .summary = "how few bits must nodes exchange to train a model together?",
    .description =
        "Trains a model with more parameters than examples on nodes that hold a share "
        "of the examples each, and counts every bit that leaves a node. Without mpirun "
        "all nodes are simulated in one process; under mpirun every rank is a node, "
        "and the numbers are the same to the bit.\n\n"
        "sketch and precond send what does not grow with the model: coordinates in a "
        "random subspace that all nodes know from the seed, quantized around what the "
        "other end already believes. The lower bound and the idea are those of Song, "
        "Tsaknakis, Yau, Wai and Hong (NeurIPS 2022); the algorithms here are a "
        "reconstruction. precond sends the sketched data once: node 0 sees them.\n\n"
        "The baselines (none, qsgd, topk, ef21, powersgd, sign; choco and dgd by "
        "gossip) are charged on the same ledger. Step sizes come from the spectrum, "
        "which every method is taken to know.",
    .revision = 4,
    .fields = &sur_distribute_fields,
    .metrics = metrics,
    .metric_count = sizeof metrics / sizeof *metrics,
    .joint = joint,
    .figures = figures,
    .figure_count = sizeof figures / sizeof *figures,
    .load = sur_distribute_load,
    .resolve = sur_distribute_resolve,
    .estimate = sur_distribute_estimate,
    .run = sur_distribute_run,
    .summarize = sur_distribute_summarize,
};
