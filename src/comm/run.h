/* run.h -- what running all agents here and running one per rank have in common. */
#ifndef COMM_RUN_H
#define COMM_RUN_H

#include "comm/ledger.h"
#include "comm/saved.h"

/* One node in motion. */
typedef struct sur_mover {
    const sur_agent *agent;
    sur_idx node;
    sur_log *log;
    int64_t round;          /* completed */
    int64_t sent, received; /* bytes, in this tick */
} sur_mover;

/* Charges a packet to its sender. SUR_EBACKEND: more model bits than bits. */
SUR_MUST_USE sur_status sur_mover_charge(sur_mover *mover, const sur_packet *packet,
                                         sur_error *err);
/* Hands over a message and charges it to the receiver. */
SUR_MUST_USE sur_status sur_mover_take(sur_mover *mover, int64_t tick, sur_idx peer,
                                       const uint8_t *bytes, size_t size,
                                       const sur_graph *graph, sur_error *err);
/* The end of a tick: *ended, the round, the log. */
SUR_MUST_USE sur_status sur_mover_tick(sur_mover *mover, int64_t tick, bool *ended,
                                       sur_error *err);

/* Writes a checkpoint if the round is one that has one. */
SUR_MUST_USE sur_status sur_mover_save(const sur_mover *mover, sur_idx nodes,
                                       int64_t tick, const sur_comm_options *options,
                                       sur_error *err);
/* The newest round of a node's checkpoint, -1 if there is none. */
SUR_MUST_USE sur_status sur_mover_newest(int64_t *round, const sur_mover *mover,
                                         sur_idx nodes, const sur_comm_options *options,
                                         sur_error *err);
/* Goes back to that round. */
SUR_MUST_USE sur_status sur_mover_restore(sur_mover *mover, int64_t *tick,
                                          sur_idx nodes, int64_t round,
                                          const sur_comm_options *options,
                                          sur_error *err);

/* ranks.c or without_mpi.c */
SUR_MUST_USE sur_status sur_comm_run_ranks(const sur_agent *agent,
                                           const sur_graph *graph,
                                           const sur_comm_options *options,
                                           sur_ledger *ledger, sur_comm_result *result,
                                           sur_error *err);

#endif
