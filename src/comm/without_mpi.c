/* without_mpi.c -- stands in for ranks.c and world.c where MPI was switched off. */
#include "comm/run.h"

#include <string.h>

static const char how[] =
    "built without MPI: install libopenmpi-dev and openmpi-bin, and configure with "
    "-DSUR_MPI=ON";

bool sur_world_built(void) { return false; }
sur_idx sur_world_size(void) { return 0; }
sur_idx sur_world_rank(void) { return 0; }

sur_status sur_world_begin(sur_error *err)
{
    return sur_fail(err, SUR_EBACKEND, "%s", how);
}

void sur_world_end(sur_world_end_kind kind, int code)
{
    (void)kind;
    (void)code;
}

sur_status sur_world_agree(sur_status status, double timeout, sur_error *err)
{
    (void)timeout;
    (void)err;
    return status;
}

sur_status sur_world_share(void **bytes, size_t *size, double timeout, sur_error *err)
{
    (void)bytes;
    (void)size;
    (void)timeout;
    return sur_fail(err, SUR_EBACKEND, "%s", how);
}

sur_status sur_world_collect(void **all, size_t *offset, const void *bytes, size_t size,
                             double timeout, sur_error *err)
{
    (void)offset;
    (void)bytes;
    (void)size;
    (void)timeout;
    *all = NULL;
    return sur_fail(err, SUR_EBACKEND, "%s", how);
}

sur_status sur_comm_run_ranks(const sur_agent *agent, const sur_graph *graph,
                              const sur_comm_options *options, sur_ledger *ledger,
                              sur_comm_result *result, sur_error *err)
{
    (void)agent;
    (void)graph;
    (void)options;
    (void)ledger;
    (void)result;
    return sur_fail(err, SUR_EBACKEND, "%s", how);
}
