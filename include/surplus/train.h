/* surplus/train.h -- training networks: one step by step, or many at once.
 *
 * A job is a network to be trained: its sizes, a start, examples given as row numbers
 * of inputs that all jobs may share, labels of its own, an optimizer. The result
 * depends on the job alone, not on which others ran, in what order or on how many
 * threads. */
#ifndef SUR_TRAIN_H
#define SUR_TRAIN_H

#include <surplus/field.h>
#include <surplus/network.h>

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

/* How training images are moved, each time anew: mirrored or not, shifted by up to an
 * eighth of their sides (zeros come in). */
typedef enum sur_augment {
    SUR_AUGMENT_NONE,
    SUR_AUGMENT_FLIP,
    SUR_AUGMENT_CROP,
    SUR_AUGMENT_BOTH
} sur_augment;

SUR_API extern const char *const sur_augment_choices[];
SUR_API extern const char *const sur_optimizer_choices[];
SUR_API extern const char *const sur_schedule_choices[];

/* How networks are made and trained; the choices are indices into the lists above and
 * in network.h. */
typedef struct sur_train_options {
    int64_t depth, activation, init; /* the first two of mlp */
    int64_t augment, compute;        /* of images: sur_augment, sur_compute */
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
        SUR_TRAIN_ROW(t, m, augment, SUR_CHOICE, NULL, 0, 0, NULL,                     \
                      SUR_AXIS | SUR_AUTO, sur_augment_choices,                        \
                      "move training images: none (default), flip, crop (shifts), "    \
                      "both"),                                                         \
        SUR_TRAIN_ROW(t, m, compute, SUR_CHOICE, NULL, 0, 0, NULL,                     \
                      SUR_AXIS | SUR_AUTO, sur_compute_choices,                        \
                      "what convolutions multiply: float32 (default), bfloat16"),      \
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

/* Fills in what was not given, for a family of networks (loss needs classes; 0:
 * regression). Fails with SUR_EINVAL (what another family has; cross-entropy for
 * numbers; momentum or Nesterov without sgd). */
SUR_CHECKED sur_status sur_train_complete(sur_train_options *options, int64_t family,
                                          sur_idx classes, sur_error *err);

/* The network that complete options describe; image is "channels,height,width" for
 * families of images. A text that is no image of d = inputs places leaves inputs 0,
 * which sur_network_check refuses. */
SUR_API sur_network sur_train_network(const sur_train_options *options, int64_t family,
                                      sur_idx width, sur_idx inputs, sur_idx outputs,
                                      const char *image);

/* The name of an option that was given, or NULL: for families without networks. */
SUR_API const char *sur_train_given(const sur_train_options *options);

/* One network to train. Everything is borrowed and only read; jobs may share all. */
typedef struct sur_job {
    sur_network network;
    sur_train_options options; /* depth and activation are the network's own here */
    const sur_inputs *inputs;
    const sur_idx *rows; /* [count] of inputs, repeats allowed; NULL: the first count */
    sur_idx count;
    sur_goal goal;      /* targets or labels, and weights, by row of inputs */
    uint64_t seed;      /* of the start */
    uint64_t order;     /* of the order of examples */
    const float *start; /* the vector to start from, or NULL: drawn */
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
SUR_API void sur_trainer_parameters(float *vector, const sur_trainer *trainer);

/* A checkpoint: 50 steps, save, load into a trainer of the same job, 50 steps are 100
 * steps, bit for bit. *bytes is malloc'd. Loading fails with SUR_EPARSE (not a
 * checkpoint of such a job). */
SUR_CHECKED sur_status sur_trainer_save(void **bytes, size_t *size,
                                        const sur_trainer *trainer, sur_error *err);
SUR_CHECKED sur_status sur_trainer_load(sur_trainer *trainer, const void *bytes,
                                        size_t size, sur_error *err);

/* ---- one network by hand: for losses that are no goal ----
 *
 *     forward: answers f of some rows  ->  the caller's dl/df  ->  backward: adds to
 * the gradient, as often as wanted  ->  step: the optimizer takes it, and it is 0 again
 *
 * Between backward and step the gradient may be read, changed and put back; between
 * steps the vector may. */

typedef struct sur_learner sur_learner;

/* For batches of up to `batch` rows; optimizer, momentum, decay, clip of the options
 * are used (and init and init_scale with start NULL: drawn by seed). SUR_EINVAL,
 * SUR_ENOMEM. */
SUR_CHECKED sur_status sur_learner_new(sur_learner **out, const sur_network *network,
                                       const sur_train_options *options, sur_idx batch,
                                       const float *start, uint64_t seed,
                                       sur_error *err);
SUR_API void sur_learner_free(sur_learner *learner); /* accepts NULL */
SUR_API void sur_learner_threads(sur_learner *learner, int threads);

/* The vector ([size of the network]), out and in. Moments stay. */
SUR_API void sur_learner_get(float *vector, const sur_learner *learner);
SUR_API void sur_learner_set(sur_learner *learner, const float *vector);

/* *answer = f of rows picks[0 .. count-1] of inputs (NULL: the first count), count rows
 * of *stride >= k floats, good until the next call. SUR_ESHAPE (other inputs, more than
 * a batch), SUR_ENOMEM, SUR_EBACKEND. */
SUR_CHECKED sur_status sur_learner_forward(sur_learner *learner, const float **answer,
                                           sur_idx *stride, const sur_inputs *inputs,
                                           const sur_idx *picks, sur_idx count,
                                           sur_mode mode, sur_error *err);

/* *loss = scale times the sum of weight times loss of the rows last answered, and slope
 * ([count x k]) its derivative by f, for a goal; picks as given to forward. Not finite
 * if an answer is not. */
SUR_API void sur_learner_goal(double *loss, float *slope, sur_learner *learner,
                              const sur_goal *goal, const sur_idx *picks, double scale);

/* gradient += the derivative, by the parameters, of sum_ij slope_ij f_ij over the rows
 * last answered; slope ([count x k]) is the caller's. May be called again for the same
 * rows. */
SUR_CHECKED sur_status sur_learner_backward(sur_learner *learner, const float *slope,
                                            sur_error *err);

/* The gradient ([N]), out and in. */
SUR_API void sur_learner_gradient(float *gradient, const sur_learner *learner);
SUR_API void sur_learner_set_gradient(sur_learner *learner, const float *gradient);

/* One step of the optimizer at the rate; then the gradient is 0. */
SUR_API void sur_learner_step(sur_learner *learner, double rate);

/* Forgets moments and the number of steps, as a new optimizer. */
SUR_API void sur_learner_restart(sur_learner *learner);

/* ---- many networks at once ---- */

/* A network at one of the steps asked for, or where it ended. */
typedef struct sur_moment {
    sur_idx job, stop;       /* indices */
    sur_idx step;            /* steps done; less than asked for after stop_below */
    const float *parameters; /* the vector; NULL if status is not SUR_OK */
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
SUR_CHECKED sur_status sur_sharpness(double *eigenvalue, const sur_network *network,
                                     const float *parameters, const sur_inputs *inputs,
                                     const sur_goal *goal, const sur_idx *rows,
                                     sur_idx count, sur_error *err);

#ifdef __cplusplus
}
#endif
#endif
