/* methods.h -- how nodes train together: a table, and three kinds of node. */
#ifndef DISTRIBUTE_METHODS_H
#define DISTRIBUTE_METHODS_H

#include "experiments/distribute/task.h"
#include "experiments/distribute/tree.h"

/* A method on the command line, in terms of compress.h. */
typedef struct distribute_method {
    const char *compressor; /* what gradients (gossip: models) go through */
    bool gossip;            /* with all neighbours, no root */
    bool sketched;          /* by default */
    bool difference;        /* the compressor is told what changed since last time */
    double step;            /* in units of 2/(L + mu); gossip: of 1/max L_i */
    double mixing;          /* gossip: how far towards the neighbours */
    const char *text;       /* for notes */
} distribute_method;

extern const distribute_method distribute_methods[]; /* by DISTRIBUTE_* */

/* How one run goes. */
typedef struct distribute_run {
    const distribute_task *task;
    const distribute_data *data; /* precond: of which the task was made */
    const sur_graph *graph;
    const sur_distribute_options *options;
    int64_t method;
    double step, momentum;
    sur_compressor_options code;
    double data_step; /* precond, coded: of the quantized rows, in quarter octaves */
} distribute_run;

/* The agents of a run: all, or that of one node. */
typedef struct distribute_team {
    sur_agent *agent; /* [count] */
    void **node;      /* [count] */
    sur_idx count, first;
    void (*release)(void *node);
    const double *(*model)(const void *node); /* v [dim], borrowed */
    bool (*reached)(const void *node);        /* the target */
    void *shared; /* what the nodes have in common; freed with free */
} distribute_team;

/* first .. first + count - 1 are here. */
SUR_MUST_USE sur_status distribute_team_new(distribute_team *out,
                                            const distribute_run *run, sur_idx first,
                                            sur_idx count, sur_error *err);
void distribute_team_free(distribute_team *team);

/* The three kinds; each makes out->agent[i] and out->node[i] of node first + i. */
SUR_MUST_USE sur_status distribute_descent_team(distribute_team *out,
                                                const distribute_run *run,
                                                sur_error *err);
SUR_MUST_USE sur_status distribute_precond_team(distribute_team *out,
                                                const distribute_run *run,
                                                sur_error *err);
SUR_MUST_USE sur_status distribute_gossip_team(distribute_team *out,
                                               const distribute_run *run,
                                               sur_error *err);

#endif
