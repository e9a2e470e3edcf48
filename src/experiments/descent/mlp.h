/* mlp.h -- the work in progress on networks that share their data. See mlp_run.c. */
#ifndef DESCENT_MLP_H
#define DESCENT_MLP_H

#include "experiments/descent/descent.h"

/* A part of the data as networks read it. */
typedef struct sur_descent_side {
    sur_inputs inputs;
    sur_mat answer; /* count x k of the problem: what it would score */
    sur_mat raw;    /* count x k of the network */
} sur_descent_side;

/* A network in training, and the trials that are its states at some step. */
typedef struct sur_descent_net {
    sur_idx first, count;     /* trials, by step */
    sur_idx *stops;           /* [stop_count] steps, ascending */
    sur_idx stop_count, next; /* next: of the trials not emitted yet, the first */
    double seconds;
    sur_measurement *trace; /* [trace_count] */
    sur_idx trace_count;
    float *best; /* [N] parameters of least validation loss so far, or NULL */
    double best_loss;
    sur_idx best_step;
} sur_descent_net;

typedef struct sur_descent_member {
    const sur_descent_options *options;
    sur_idx trial, steps;
} sur_descent_member;

typedef struct sur_descent_crowd {
    const sur_context *context;
    const sur_descent_options *options; /* of the first trial: what all share */
    sur_descent_problem problem;
    sur_idx classes;
    double scale;  /* regression: targets are divided by it */
    double *clean; /* [test] targets without noise, or NULL */
    sur_descent_side side[DESCENT_PARTS];
    float *target, *weight; /* of the training examples */
    int32_t *label;
    sur_descent_member *members; /* [member_count] by width, then steps */
    sur_idx member_count;
    sur_descent_net *nets;
    sur_job *jobs;
    const sur_idx **stops;
    sur_idx *stop_counts;
    sur_idx net_count;
} sur_descent_crowd;

/* Fills in problem, sides, targets. */
SUR_MUST_USE sur_status sur_descent_crowd_data(sur_descent_crowd *c, sur_idx dimension,
                                               sur_error *err);

/* Scores parameters on a part; blocks and row as in sur_descent_score_of. */
SUR_MUST_USE sur_status sur_descent_crowd_score(sur_descent_score *score,
                                                sur_descent_crowd *c, int part,
                                                const sur_network *network,
                                                const float *parameters,
                                                sur_descent_blocks *blocks, int row,
                                                sur_error *err);

/* The mean squared distance of the test answers last scored to the clean targets. */
sur_interval sur_descent_excess(const sur_descent_crowd *c);

/* Takes a network at one of its stops: looks at it, and emits the trials due. */
SUR_MUST_USE sur_status sur_descent_crowd_take(void *payload, const sur_moment *moment,
                                               sur_error *err);

#endif
