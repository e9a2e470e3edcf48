/* run.h -- a run and what is measured of it. */
#ifndef DISTRIBUTE_RUN_H
#define DISTRIBUTE_RUN_H

#include "experiments/distribute/bounds.h"
#include "experiments/distribute/linear.h"
#include "experiments/distribute/methods.h"

typedef struct distribute_outcome {
    int64_t method;
    sur_idx sketch, width, samples, outputs, test, height;
    sur_idx idle; /* nodes without examples */
    double square, target, proved;
    double seconds; /* the run took */
    double spread;  /* sum over the tree's levels of the most children of a node */
    bool reached, floored; /* floored: no model reaches the tolerance */
    bool wide;             /* a network */
    distribute_reference reference;
    distribute_score score; /* node 0's; loss: the worst node's */
    double consensus;
    sur_ledger ledger;
    sur_comm_result comm;
    double *model; /* [dim] node 0's; owned */
    sur_idx dim;
    double *trace; /* [traced] loss after r rounds; owned */
    sur_idx traced;
} distribute_outcome;

void distribute_outcome_free(distribute_outcome *outcome);

/* choose.c: what is not given: the method, the size of its sketch. */
typedef struct distribute_choice {
    int64_t method;
    sur_idx sketch; /* d; 0: none */
} distribute_choice;
distribute_choice distribute_choose(const sur_distribute_options *options,
                                    const distribute_data *data, const sur_graph *graph,
                                    const distribute_reference *reference);
/* Step, momentum and how numbers are said, from the task's spectrum. */
void distribute_settle(distribute_run *run, const distribute_choice *choice);

/* emit.c: the measurements of a trial, and what is kept of it. */
SUR_MUST_USE sur_status distribute_emit(const distribute_outcome *out,
                                        const sur_distribute_options *options,
                                        sur_idx trial, const sur_context *context,
                                        sur_error *err);

/* same.c: SUR_EINVAL on every rank when ranks were started with different options or
 * data; the first difference is named. Files may have other names. */
SUR_MUST_USE sur_status distribute_same(const sur_fields *fields, const void *options,
                                        double timeout, sur_error *err);
/* Then, when each rank has its problem, or failed to make it: do they agree on status,
 * and on the hash of targets and graph? */
SUR_MUST_USE sur_status distribute_same_problem(sur_status status, uint64_t hash,
                                                double timeout, sur_error *err);

#endif
