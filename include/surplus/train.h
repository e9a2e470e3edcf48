/* surplus/train.h -- training networks: one step by step, or many at once.
 *
 * A job is a network to be trained: its sizes, a start, examples given as row numbers
 * of inputs that all jobs may share, labels of its own, an optimizer. The result
 * depends on the job alone, not on which others ran, in what order or on how many
 * threads. */
#ifndef SUR_TRAIN_H
#define SUR_TRAIN_H

#include <surplus/field.h>
#include <surplus/mlp.h>

#ifdef __cplusplus
extern "C" {
#endif

/* With g the mean gradient of a batch, clipped to the norm `clip`, and r_t the rate:
 *   sgd    g <- g + decay w;  v <- momentum v + g;  w <- w - r_t v
 *          (nesterov: w <- w - r_t (g + momentum v))
 *   adam   g <- g + decay w;  w <- w - r_t m^ / (sqrt(v^) + 1e-8), moments 0.9, 0.999
 *   adamw  the same with g alone, and w <- (1 - r_t decay) w first */
typedef enum sur_optimizer { SUR_SGD, SUR_ADAM, SUR_ADAMW } sur_optimizer;

/* r_t of step t = 0, 1, ..: rate; rate (1 + cos(pi t / T)) / 2 with T the job's last
 * step; rate / sqrt(1 + floor(t / 512)). */
typedef enum sur_schedule {
    SUR_RATE_CONSTANT,
    SUR_RATE_COSINE,
    SUR_RATE_ROOT
} sur_schedule;

SUR_API extern const char *const sur_optimizer_choices[];
SUR_API extern const char *const sur_schedule_choices[];

/* How networks are made and trained; the choices are indices into the lists above and
 * in mlp.h. */
typedef struct sur_train_options {
    int64_t depth, activation, init;
    double init_scale;
    int64_t loss;
    int64_t optimizer, schedule, batch;
    double learning_rate, momentum;
    bool nesterov;
    double weight_decay, clip; /* clip 0: none */
    double
        stop_below; /* stop at the end of an epoch whose mean loss is below; 0: never */
} sur_train_options;

/* The rows of a field table for a member `m` (a sur_train_options) of the options
 * struct `t`, to stand inside the table of an experiment. */
#define SUR_TRAIN_ROW(t, m, f, k, p, lo, hi, u, fl, c, h)                          \
    {                                                                              \
        .name = #f, .kind = k, .offset = offsetof(t, m.f), .preset = p, .low = lo, \
        .high = hi, .unit = u, .flags = fl, .choices = c, .group = "network",      \
        .help = h                                                                  \
    }
#define SUR_TRAIN_FIELDS(t, m)                                                         \
    SUR_TRAIN_ROW(t, m, depth, SUR_INT, NULL, 0, SUR_MLP_DEPTH_MOST, "layers",         \
                  SUR_AXIS | SUR_AUTO, NULL, "hidden layers (default: 1)"),            \
        SUR_TRAIN_ROW(t, m, activation, SUR_CHOICE, NULL, 0, 0, NULL,                  \
                      SUR_AXIS | SUR_AUTO, sur_activation_choices,                     \
                      "of the hidden units (default: relu)"),                          \
        SUR_TRAIN_ROW(t, m, init, SUR_CHOICE, NULL, 0, 0, NULL, SUR_AXIS | SUR_AUTO,   \
                      sur_init_choices,                                                \
                      "he: N(0, 2/fan in); glorot; uniform: +-1/sqrt(fan in), the "    \
                      "default"),                                                      \
        SUR_TRAIN_ROW(t, m, init_scale, SUR_REAL, NULL, 0, 1e6, NULL,                  \
                      SUR_AXIS | SUR_AUTO | SUR_LOG, NULL,                             \
                      "factor of the initial parameters (default: 1)"),                \
        SUR_TRAIN_ROW(t, m, loss, SUR_CHOICE, NULL, 0, 0, NULL, SUR_AXIS | SUR_AUTO,   \
                      sur_loss_choices,                                                \
                      "what training lowers (default: cross_entropy for classes, "     \
                      "squared for numbers)"),                                         \
        SUR_TRAIN_ROW(t, m, optimizer, SUR_CHOICE, NULL, 0, 0, NULL,                   \
                      SUR_AXIS | SUR_AUTO, sur_optimizer_choices,                      \
                      "sgd, adam (default) or adamw"),                                 \
        SUR_TRAIN_ROW(t, m, schedule, SUR_CHOICE, NULL, 0, 0, NULL,                    \
                      SUR_AXIS | SUR_AUTO, sur_schedule_choices,                       \
                      "learning rate: constant (default), cosine to 0, root: as "      \
                      "1/sqrt of the step"),                                           \
        SUR_TRAIN_ROW(t, m, batch, SUR_INT, NULL, 1, 1e6, "examples",                  \
                      SUR_AXIS | SUR_AUTO | SUR_LOG, NULL,                             \
                      "examples per step (default: 128)"),                             \
        SUR_TRAIN_ROW(t, m, learning_rate, SUR_REAL, NULL, 0, 1e6, NULL,               \
                      SUR_AXIS | SUR_AUTO | SUR_LOG, NULL,                             \
                      "of the first step (default: 0.001; sgd: 0.05)"),                \
        SUR_TRAIN_ROW(t, m, momentum, SUR_REAL, NULL, 0, 1, NULL, SUR_AXIS | SUR_AUTO, \
                      NULL, "of sgd (default: 0)"),                                    \
        SUR_TRAIN_ROW(t, m, nesterov, SUR_FLAG, NULL, 0, 0, NULL, 0, NULL,             \
                      "Nesterov's form of the momentum"),                              \
        SUR_TRAIN_ROW(t, m, weight_decay, SUR_REAL, NULL, 0, 1e6, NULL,                \
                      SUR_AXIS | SUR_AUTO | SUR_LOG, NULL,                             \
                      "pull of the parameters to 0; adamw: apart from the gradient "   \
                      "(default: 0)"),                                                 \
        SUR_TRAIN_ROW(t, m, clip, SUR_REAL, NULL, 0, 1e300, NULL,                      \
                      SUR_AXIS | SUR_AUTO | SUR_LOG, NULL,                             \
                      "largest norm of a batch's gradient; 0: any (default)"),         \
        SUR_TRAIN_ROW(t, m, stop_below, SUR_REAL, NULL, 0, 1e300, NULL,                \
                      SUR_AXIS | SUR_AUTO | SUR_LOG, NULL,                             \
                      "stop after an epoch whose mean training loss is below "         \
                      "(default: 0, never)")

/* Fills in what was not given (loss needs classes; 0: regression). Fails with
 * SUR_EINVAL (cross-entropy for numbers; momentum or Nesterov without sgd). */
SUR_CHECKED sur_status sur_train_complete(sur_train_options *options, sur_idx classes,
                                          sur_error *err);

/* The name of an option that was given, or NULL: for families without networks. */
SUR_API const char *sur_train_given(const sur_train_options *options);

/* One network to train. Everything is borrowed and only read; jobs may share all. */
typedef struct sur_job {
    sur_mlp network;
    sur_train_options options; /* depth and activation are the network's own here */
    const sur_inputs *inputs;
    const sur_idx *rows; /* [count] of inputs, repeats allowed; NULL: the first count */
    sur_idx count;
    sur_goal goal;      /* targets or labels, and weights, by row of inputs */
    uint64_t seed;      /* of the start */
    uint64_t order;     /* of the order of examples */
    const float *start; /* [N] parameters to start from, or NULL: drawn */
    sur_idx steps;      /* the last step; for the cosine schedule, too */
} sur_job;

/* Steps of one pass over the examples: ceil(count / batch). */
SUR_API sur_idx sur_job_epoch(const sur_job *job);

/* ---- one network, step by step ---- */

typedef struct sur_trainer sur_trainer;

/* Fails with SUR_EINVAL (sizes; a batch, rate or count out of range), SUR_ESHAPE
 * (inputs of another width, a label outside 0 .. k-1), SUR_ENOMEM. */
SUR_CHECKED sur_status sur_trainer_new(sur_trainer **out, const sur_job *job,
                                       sur_error *err);
SUR_API void sur_trainer_free(sur_trainer *trainer); /* accepts NULL */

/* Threads for the products of one large network; 1 at first. Moves no bits. */
SUR_API void sur_trainer_threads(sur_trainer *trainer, int threads);

/* Trains up to step `until`, or until stop_below holds. SUR_ENUMERIC when the loss of a
 * batch is not finite: the message has the step and the learning rate, and the trainer
 * is good for nothing but sur_trainer_free. */
SUR_CHECKED sur_status sur_trainer_run(sur_trainer *trainer, sur_idx until,
                                       sur_error *err);

SUR_API sur_idx sur_trainer_step(const sur_trainer *trainer); /* steps done */
SUR_API bool sur_trainer_done(const sur_trainer *trainer);    /* stop_below held */
SUR_API void sur_trainer_parameters(float *parameters, const sur_trainer *trainer);

/* A checkpoint: 50 steps, save, load into a trainer of the same job, 50 steps are 100
 * steps, bit for bit. *bytes is malloc'd. Loading fails with SUR_EPARSE (not a
 * checkpoint of such a job). */
SUR_CHECKED sur_status sur_trainer_save(void **bytes, size_t *size,
                                        const sur_trainer *trainer, sur_error *err);
SUR_CHECKED sur_status sur_trainer_load(sur_trainer *trainer, const void *bytes,
                                        size_t size, sur_error *err);

/* ---- many networks at once ---- */

/* A network at one of the steps asked for, or where it ended. */
typedef struct sur_moment {
    sur_idx job, stop;       /* indices */
    sur_idx step;            /* steps done; less than asked for after stop_below */
    const float *parameters; /* [N]; NULL if status is not SUR_OK */
    sur_status status; /* SUR_ENUMERIC: the loss was not finite; no moments follow */
    const char *message;
    double seconds; /* of training since the job's last moment, this one's included */
} sur_moment;

/* Called by one thread at a time, for one job in order. An error ends everything. */
typedef sur_status (*sur_train_take)(void *payload, const sur_moment *moment,
                                     sur_error *err);

/* Trains every job on one of `threads` threads and calls take at each of its stops
 * (stops[j][0 .. stop_counts[j]-1], ascending, the last at most steps). Networks so
 * large that their parts deserve threads run one after the other. stop(payload), if not
 * NULL, is asked often, by one thread at a time. Fails with what sur_trainer_new and
 * take return, SUR_ESTOPPED; never with SUR_ENUMERIC. */
SUR_CHECKED sur_status sur_train_many(const sur_job *jobs, const sur_idx *const *stops,
                                      const sur_idx *stop_counts, sur_idx count,
                                      int threads, sur_train_take take,
                                      bool (*stop)(void *payload), void *payload,
                                      sur_error *err);

/* Bytes and seconds of one job, roughly, on one thread. */
SUR_API double sur_train_memory(const sur_job *job);
SUR_API double sur_train_seconds(const sur_job *job);

/* The largest eigenvalue of the loss's Hessian at the parameters, by power iteration on
 * differences of gradients, to about 1 %: where it is above 2 / rate, plain gradient
 * descent is unstable. SUR_ESHAPE, SUR_ENOMEM, SUR_ENUMERIC. */
SUR_CHECKED sur_status sur_sharpness(double *eigenvalue, const sur_mlp *network,
                                     const float *parameters, const sur_inputs *inputs,
                                     const sur_goal *goal, const sur_idx *rows,
                                     sur_idx count, sur_error *err);

#ifdef __cplusplus
}
#endif
#endif
