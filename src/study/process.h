/* process.h -- one worker process as the study sees it: started, spoken to, buried. */
#ifndef STUDY_PROCESS_H
#define STUDY_PROCESS_H

#include "study/frame.h"
#include <stdatomic.h>
#include <sys/types.h>

/* The hidden first argument that makes a program a worker. */
#define SUR_WORKER_VERB "__worker"

/* What the study shows all its workers, in a page of shared memory. */
typedef struct sur_control {
    int fd;
    atomic_int *stop; /* not 0: end the running group soon, begin no other */
} sur_control;

sur_status sur_control_open(sur_control *control, sur_error *err);
sur_status sur_control_map(sur_control *control, int fd, sur_error *err);
void sur_control_close(sur_control *control);

typedef struct sur_process {
    pid_t pid; /* 0: none */
    int fd;    /* one end of a pair of sockets */
    bool greeted;
    sur_bytes in, out; /* received, not yet read; to be sent */
} sur_process;

/* Starts this program again as a worker for `experiment`. SUR_EBACKEND. */
sur_status sur_process_start(sur_process *process, const char *experiment,
                             const sur_control *control, int input, int threads,
                             sur_error *err);

/* Sends what waits and receives what came, without blocking; false: the worker is gone.
 */
bool sur_process_send(sur_process *process);
bool sur_process_receive(sur_process *process);

/* Closes the socket, on which the worker ends once it is idle. */
void sur_process_hang_up(sur_process *process);

/* Hangs up, waits, kills the worker after `patience` seconds if it still lives, and
 * says how it ended: "killed by signal 11 (Segmentation fault)". Returns the signal or
 * 0. */
int sur_process_end(sur_process *process, double patience, char *how, size_t size);

#endif
