/* task.h -- a problem cut into the shares of its nodes, in the coordinates that are
 * sent.
 *
 * F(v) = 1/2 sum over nodes of || r_i(v) ||^2. Every method but precond needs of a node
 * only its gradient and its loss || r_i ||^2; so linear models and networks, sketched
 * or not, are one thing to the methods. */
#ifndef DISTRIBUTE_TASK_H
#define DISTRIBUTE_TASK_H

#include "experiments/distribute/distribute.h"

/* One node's share. */
typedef struct distribute_part {
    void *self;
    /* g [dim] = gradient of 1/2 || r_i ||^2 at v [dim]; *loss = || r_i ||^2. */
    sur_status (*gradient)(void *self, const double *v, double *g, double *loss,
                           sur_error *err);
    double curvature; /* largest eigenvalue of its part of the Hessian, or a bound */
} distribute_part;

/* What a model is worth. NAN: not defined. */
typedef struct distribute_score {
    double loss;                  /* || r ||^2 over all training examples */
    double test_loss, test_error; /* mean square; share of wrong classes */
    double norm;                  /* || W ||_2 */
} distribute_score;

typedef struct distribute_task distribute_task;
struct distribute_task {
    sur_idx dim;           /* numbers in v */
    sur_idx width;         /* D, all parameters */
    sur_idx sketch;        /* d, or 0: v is the model itself */
    sur_idx nodes;         /* M */
    distribute_part *part; /* [nodes] */
    double *start;         /* [dim] where v begins, or NULL: at zero */
    double high, low;      /* L and mu: the largest and least non-zero eigenvalue of the
                            * Hessian (networks: what a run may assume of it) */
    double target;         /* stop when || r ||^2 is at most this */
    bool floored;          /* which is a hair above the least there is */
    bool uncertain; /* whether it can be reached: give up where there is no hope */
    /* Scores a model; test parts only if asked. */
    sur_status (*score)(const distribute_task *task, distribute_score *out,
                        const double *v, bool test, sur_error *err);
    void *self;
    void (*release)(distribute_task *task);
};

/* linear.c: least squares on the features of the data; d = 0: in all D coordinates. */
SUR_MUST_USE sur_status distribute_linear_new(distribute_task *out,
                                              const distribute_data *data,
                                              const sur_distribute_options *options,
                                              sur_idx d, sur_error *err);
/* The rows Z_i (N_i x dim/k) and targets of a node of a linear task; views. */
void distribute_linear_rows(const distribute_task *task, sur_idx node, sur_mat *z,
                            sur_mat *y);

/* wide_mlp.c: a network with one wide layer. d = 0: all parameters are sent; else
 * options->scheme says what is sketched. */
SUR_MUST_USE sur_status distribute_wide_mlp_new(distribute_task *out,
                                                const distribute_data *data,
                                                const sur_distribute_options *options,
                                                sur_idx d, sur_error *err);

/* The default of d (0 where what would be sketched has no more numbers), and D. */
sur_idx distribute_wide_mlp_sketch(const sur_distribute_options *options, sur_idx n,
                                   sur_idx inputs, sur_idx outputs);
sur_idx distribute_wide_mlp_parameters(const sur_distribute_options *options,
                                       sur_idx inputs, sur_idx outputs);

void distribute_task_free(distribute_task *task);

#endif
