/* apart.h -- a process of our own that reads a file and says what it found. */
#ifndef DATA_APART_H
#define DATA_APART_H

#include "data/pipe.h"

#include <sys/types.h>

typedef struct sur_apart {
    pid_t child;   /* 0: none */
    sur_pipe from; /* what it says */
    int back;      /* the other end of the way back, never read here */
} sur_apart;

/* Forks a child that runs work(payload, to), whose writings come out of a->from, and
 * ends; work says whether all went well. The child runs on with one thread, must call
 * nothing that uses others (no BLAS, no OpenMP), and leaves by _exit. SUR_EBACKEND. */
SUR_MUST_USE sur_status sur_apart_start(sur_apart *a,
                                        bool (*work)(void *payload, sur_pipe *to),
                                        void *payload, sur_error *err);

/* Ends it, early if it still has something to say, and gives its wait status. */
int sur_apart_end(sur_apart *a);

#endif
