/* surplus/comm.h -- nodes on a graph that exchange messages, and a ledger of the bits.
 *
 * An algorithm is written once, as an agent: what one node does. Time passes in ticks.
 * In a tick a node prepares what it says, sends to some neighbours and hears from some;
 * both ends of a link know beforehand whether a message comes. sur_comm_run drives all
 * M agents in this process, or one agent per MPI rank; the numbers are the same to the
 * bit, because messages are taken in the order of their senders and nothing is ever
 * summed by MPI.
 *
 * Every message is charged where it leaves its node: model bits (what the algorithm
 * says), framing bits (flags, losses for stopping, the filling up of the last byte) and
 * the bytes handed over, per node, direction and round. */
#ifndef SUR_COMM_H
#define SUR_COMM_H

#include <surplus/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- graphs ---- */

typedef enum sur_topology {
    SUR_STAR, /* node 0 and all others */
    SUR_TREE, /* binary: node i hangs on (i - 1) / 2 */
    SUR_RING,
    SUR_LINE, /* "path" */
    SUR_COMPLETE,
    SUR_RANDOM, /* Erdos-Renyi, drawn again until it is connected */
    SUR_EDGES   /* from a file: a pair of node numbers on each line */
} sur_topology;

SUR_API extern const char *const sur_topology_choices[]; /* "star", ..., "file" */

/* A connected undirected graph and its breadth-first tree from node 0. Arrays owned. */
typedef struct sur_graph {
    sur_idx nodes;           /* M */
    sur_idx *start, *peer;   /* node i has peer[start[i] .. start[i+1]-1], ascending */
    sur_idx *parent, *depth; /* [M]; the root's parent is -1 */
    sur_idx height;          /* greatest depth */
} sur_graph;

/* density is the chance of each edge of SUR_RANDOM, keyed by seed; path is the file of
 * SUR_EDGES. Fails with SUR_EINVAL (no node; not connected: the components are named),
 * SUR_EIO, SUR_EPARSE (file, line, cause), SUR_ENOMEM; *out is empty then. */
SUR_CHECKED sur_status sur_graph_make(sur_graph *out, sur_topology topology,
                                      sur_idx nodes, double density, uint64_t seed,
                                      const char *path, sur_error *err);
SUR_API void sur_graph_free(sur_graph *graph);

/* The same from the text of an edge list: two whole numbers on a line, split by blanks
 * or a comma; # begins a comment; an edge may be named twice. name is for messages. */
SUR_CHECKED sur_status sur_graph_read(sur_graph *out, sur_idx nodes, const char *text,
                                      size_t size, const char *name, sur_error *err);

/* ---- the ledger ---- */

typedef enum sur_direction {
    SUR_UP,
    SUR_DOWN,
    SUR_ACROSS,
    SUR_DIRECTIONS
} sur_direction;

typedef struct sur_count {
    int64_t model_bits, framing_bits, bytes, messages;
} sur_count;

/* What one node sent and received. Arrays owned. */
typedef struct sur_log {
    sur_count *sent; /* [rounds x SUR_DIRECTIONS] */
    sur_idx rounds, room;
    sur_count received[SUR_DIRECTIONS];
    int64_t *busy; /* [2 ticks]: tick, the larger of bytes sent and received in it */
    sur_idx ticks, busy_room;
} sur_log;

typedef struct sur_ledger {
    sur_idx nodes;
    sur_log *node; /* [nodes] */
} sur_ledger;

SUR_API void sur_ledger_free(sur_ledger *ledger);

/* Sums over nodes: of all rounds (round < 0) or one; of all directions
 * (SUR_DIRECTIONS) or one. */
SUR_API sur_count sur_ledger_sent(const sur_ledger *ledger, sur_idx round,
                                  sur_direction direction);
SUR_API sur_count sur_ledger_received(const sur_ledger *ledger);

/* Seconds on a network where each node has one full-duplex line of that many bits per
 * second and a message takes `latency` seconds besides: each tick with a message takes
 * latency + 8 (most bytes one node sends or receives) / bandwidth. *seconds is NAN when
 * memory fails. */
SUR_CHECKED sur_status sur_ledger_seconds(double *seconds, const sur_ledger *ledger,
                                          double bandwidth, double latency,
                                          sur_error *err);

/* ---- agents ---- */

/* A message: its bytes stay as they are until the next prepare of its sender. */
typedef struct sur_packet {
    const uint8_t *bytes;
    size_t size;
    int64_t model_bits; /* <= 8 size; the rest is framing */
    sur_direction direction;
} sur_packet;

/* What a node does in a tick, in this order. self is the node. */
typedef struct sur_agent_kind {
    /* Does the work of this tick and makes what is sent in it. */
    sur_status (*prepare)(void *self, int64_t tick, sur_error *err);
    /* The message to a neighbour, or NULL. */
    const sur_packet *(*send)(void *self, int64_t tick, sur_idx peer);
    /* Whether that neighbour sends to this node in this tick. */
    bool (*expects)(void *self, int64_t tick, sur_idx peer);
    /* Takes a message; called in ascending order of peers. The bytes are borrowed and
     * not to be trusted. */
    sur_status (*receive)(void *self, int64_t tick, sur_idx peer, const uint8_t *bytes,
                          size_t size, sur_error *err);
    /* After all were taken. *round is how many rounds this node has completed; true is
     * the end, for all nodes in the same tick. */
    bool (*ended)(void *self, int64_t tick, int64_t *round);
    /* All that changes from round to round, as one block: read for a checkpoint,
     * written when one is resumed (restored is called then; may be NULL). */
    void *(*state)(void *self, size_t *size);
    sur_status (*restored)(void *self, sur_error *err);
} sur_agent_kind;

typedef struct sur_agent {
    const sur_agent_kind *kind;
    void *self;
} sur_agent;

/* All borrowed; a zeroed struct is a plain run in this process. */
typedef struct sur_comm_options {
    bool ranks;     /* one agent, of this MPI rank; else all agents are here */
    double timeout; /* seconds an expected message may take; 0: for ever */
    bool (*stop)(void *payload); /* true: end with SUR_ESTOPPED; may be NULL */
    /* After every round, with the rounds completed; under MPI on every rank. */
    sur_status (*after_round)(void *payload, int64_t round, sur_error *err);
    void *payload;
    const char *checkpoint; /* files CHECKPOINT-nodeK.a and .b; NULL: none are kept */
    int64_t every;          /* rounds between two of them */
    const char *identity;   /* of the run; a checkpoint of another one is refused */
    bool resume; /* from the newest checkpoint all nodes have, if there is one */
} sur_comm_options;

typedef struct sur_comm_result {
    int64_t rounds, ticks;
    int64_t resumed; /* the round that was resumed; -1: from the start */
    bool lost;       /* a rank no longer answers: no collective call can be made */
} sur_comm_result;

/* Runs agents[0 .. graph->nodes - 1] (ranks: agents[0] alone) to their end. *ledger has
 * every node's log here, and under MPI on rank 0; it may be NULL. Fails with what an
 * agent returned (under MPI every rank is told, and all return it); SUR_EBACKEND: a
 * message did not come in time (round and peer are named; result->lost is set), or
 * agents disagree on whether a message comes; SUR_ESTOPPED; SUR_EIO, SUR_EPARSE,
 * SUR_EWRITE: checkpoints. *result is filled in any case. */
SUR_CHECKED sur_status sur_comm_run(const sur_agent *agents, const sur_graph *graph,
                                    const sur_comm_options *options, sur_ledger *ledger,
                                    sur_comm_result *result, sur_error *err);

/* Checks the bytes of a checkpoint file of that node without running anything; *round
 * is what it holds. SUR_EPARSE. */
SUR_CHECKED sur_status sur_saved_check(const void *bytes, size_t size,
                                       const char *identity, sur_idx node,
                                       sur_idx nodes, int64_t *round, sur_error *err);

/* ---- ranks ---- */

/* Whether the library was built with MPI. */
SUR_API bool sur_world_built(void);

/* Starts and ends MPI for this process. begin fails with SUR_EBACKEND (not built in:
 * the message says how to build it). end with SUR_WORLD_BROKEN ends all other ranks
 * too, with the exit code given; rank 0 at once, others after a moment in which rank 0
 * may speak. */
typedef enum sur_world_end_kind {
    SUR_WORLD_WHOLE,
    SUR_WORLD_BROKEN
} sur_world_end_kind;
SUR_CHECKED sur_status sur_world_begin(sur_error *err);
SUR_API void sur_world_end(sur_world_end_kind kind, int code);

/* 0 and 0 where MPI is not started. */
SUR_API sur_idx sur_world_size(void);
SUR_API sur_idx sur_world_rank(void);

/* All ranks call these or none. timeout as above; SUR_EBACKEND when it passes.
 * agree: the lowest failing rank's status and message on every rank. */
SUR_CHECKED sur_status sur_world_agree(sur_status status, double timeout,
                                       sur_error *err);
/* *bytes (malloc'd on the other ranks) and *size become rank 0's. */
SUR_CHECKED sur_status sur_world_share(void **bytes, size_t *size, double timeout,
                                       sur_error *err);
/* Rank 0: *all is malloc'd, rank r's bytes at offset[r] .. offset[r+1]; offset is
 * [size + 1]. Elsewhere *all is NULL. */
SUR_CHECKED sur_status sur_world_collect(void **all, size_t *offset, const void *bytes,
                                         size_t size, double timeout, sur_error *err);

#ifdef __cplusplus
}
#endif
#endif
