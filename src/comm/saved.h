/* saved.h -- one node's state in a file, two generations of it.
 *
 * Nodes are at most a round apart when a run is killed; with two generations there is
 * always a round that all of them have. */
#ifndef COMM_SAVED_H
#define COMM_SAVED_H

#include <surplus/comm.h>

/* What is kept of a node. */
typedef struct sur_saved {
    int64_t round, tick;
    sur_log log;       /* owned */
    const void *state; /* [size], within bytes */
    size_t size;
    void *bytes; /* owned: the whole file */
} sur_saved;

void sur_saved_free(sur_saved *saved);

/* Writes PATH-nodeK.a or .b, by turns, through a file that is renamed. SUR_EWRITE. */
SUR_MUST_USE sur_status sur_saved_write(const char *path, const char *identity,
                                        sur_idx node, sur_idx nodes, int64_t turn,
                                        const sur_saved *what, sur_error *err);

/* Reads that of a round, or the newest (round < 0). *found is false when there is none.
 * SUR_EPARSE: of another run, or damaged where no other generation helps. */
SUR_MUST_USE sur_status sur_saved_read(sur_saved *out, bool *found, const char *path,
                                       const char *identity, sur_idx node,
                                       sur_idx nodes, int64_t round, sur_error *err);

#endif
