/* graph.h -- edges on their way to a graph. */
#ifndef COMM_GRAPH_H
#define COMM_GRAPH_H

#include <surplus/comm.h>
#include <surplus/random.h>

typedef struct sur_edges {
    sur_idx *pair; /* [2 count]; owned */
    sur_idx count, room;
} sur_edges;

SUR_MUST_USE sur_status sur_edges_add(sur_edges *edges, sur_idx a, sur_idx b,
                                      sur_error *err);

/* The graph of these edges, which may repeat but lie within 0 .. nodes-1 and are no
 * loops. SUR_EINVAL: not connected. */
SUR_MUST_USE sur_status sur_graph_of(sur_graph *out, sur_idx nodes,
                                     const sur_edges *edges, sur_error *err);

/* graph_file.c */
SUR_MUST_USE sur_status sur_graph_read_file(sur_graph *out, sur_idx nodes,
                                            const char *path, sur_error *err);

#endif
