/* world.h -- waiting for MPI without waiting for ever. */
#ifndef COMM_WORLD_H
#define COMM_WORLD_H

#include <surplus/comm.h>

#include <mpi.h>

/* SUR_EBACKEND with MPI's own words, unless code is MPI_SUCCESS. */
SUR_MUST_USE sur_status sur_mpi_check(int code, const char *what, sur_error *err);

/* Sleeps between two looks: not at all at first, up to a millisecond later. */
typedef struct sur_pause {
    double began, timeout;
    int looks;
} sur_pause;
sur_pause sur_pause_make(double timeout);
/* false when the time is over. */
bool sur_pause_wait(sur_pause *pause);

/* Waits for a request of a collective call. SUR_EBACKEND: the time is over. */
SUR_MUST_USE sur_status sur_mpi_wait(MPI_Request *request, double timeout,
                                     const char *what, sur_error *err);

#endif
