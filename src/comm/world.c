/* world.c -- the ranks of an MPI run, and the few things they do together. */
#include "comm/world.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LAST_WORDS                                                    \
    2.0 /* s in which rank 0 may say why, before another ends the run \
         */

sur_status sur_mpi_check(int code, const char *what, sur_error *err)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (code == MPI_SUCCESS) return SUR_OK;
    MPI_Error_string(code, text, &length);
    return sur_fail(err, SUR_EBACKEND, "MPI cannot %s: %.300s", what, text);
}

sur_pause sur_pause_make(double timeout)
{
    return (sur_pause){.began = sur_clock(), .timeout = timeout};
}

bool sur_pause_wait(sur_pause *pause)
{
    enum { EAGER = 64, MOST = 1000000 };
    if (pause->looks++ < EAGER) {
        sched_yield();
        return true;
    }
    long ns = 20000L * (pause->looks - EAGER);
    if (ns > MOST) ns = MOST;
    nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
    return !(pause->timeout > 0.0) || sur_clock() - pause->began < pause->timeout;
}

sur_status sur_mpi_wait(MPI_Request *request, double timeout, const char *what,
                        sur_error *err)
{
    sur_pause pause = sur_pause_make(timeout);
    for (int done = 0;;) {
        const sur_status status =
            sur_mpi_check(MPI_Test(request, &done, MPI_STATUS_IGNORE), what, err);
        if (status != SUR_OK || done) return status;
        if (!sur_pause_wait(&pause))
            return sur_fail(err, SUR_EBACKEND, "a rank did not answer for %g s (to %s)",
                            timeout, what);
    }
}

/* ---- beginning and end ---- */

bool sur_world_built(void) { return true; }

sur_status sur_world_begin(sur_error *err)
{
    int level = 0;
    sur_status status = sur_mpi_check(
        MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level), "start", err);
    if (status == SUR_OK)
        status = sur_mpi_check(
            MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "start", err);
    return status;
}

static bool is_running(void)
{
    int begun = 0, over = 0;
    MPI_Initialized(&begun);
    MPI_Finalized(&over);
    return begun && !over;
}

void sur_world_end(sur_world_end_kind kind, int code)
{
    if (!is_running()) return;
    if (kind == SUR_WORLD_WHOLE) {
        MPI_Finalize();
        return;
    }
    if (sur_world_rank() > 0) {
        const long ns = (long)((LAST_WORDS - (double)(time_t)LAST_WORDS) * 1e9);
        nanosleep(&(struct timespec){.tv_sec = (time_t)LAST_WORDS, .tv_nsec = ns},
                  NULL);
    }
    MPI_Abort(MPI_COMM_WORLD, code);
}

sur_idx sur_world_size(void)
{
    int size = 0;
    if (is_running()) MPI_Comm_size(MPI_COMM_WORLD, &size);
    return size;
}

sur_idx sur_world_rank(void)
{
    int rank = 0;
    if (is_running()) MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

/* ---- together ---- */

sur_status sur_world_agree(sur_status status, double timeout, sur_error *err)
{
    const int size = (int)sur_world_size(), rank = (int)sur_world_rank();
    int mine = status == SUR_OK ? size : rank, lowest = size;
    sur_error first = {0};
    MPI_Request request;

    if (size == 0) return status;
    sur_status went = sur_mpi_check(
        MPI_Iallreduce(&mine, &lowest, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD, &request),
        "agree", err);
    if (went == SUR_OK) went = sur_mpi_wait(&request, timeout, "agree", err);
    if (went != SUR_OK || lowest == size) return went;
    if (rank == lowest) {
        first.status = status;
        snprintf(first.message, sizeof first.message, "%.480s",
                 err ? err->message : sur_status_text(status));
    }
    went = sur_mpi_check(MPI_Ibcast(&first, (int)sizeof first, MPI_BYTE, lowest,
                                    MPI_COMM_WORLD, &request),
                         "agree", err);
    if (went == SUR_OK) went = sur_mpi_wait(&request, timeout, "agree", err);
    if (went != SUR_OK) return went;
    if (lowest == 0) return sur_fail(err, first.status, "%s", first.message);
    return sur_fail(err, first.status, "rank %d: %s", lowest, first.message);
}

sur_status sur_world_share(void **bytes, size_t *size, double timeout, sur_error *err)
{
    const bool root = sur_world_rank() == 0;
    uint64_t count = root ? *size : 0;
    MPI_Request request;
    sur_status status;

    SUR_TRY(
        sur_mpi_check(MPI_Ibcast(&count, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD, &request),
                      "share", err));
    SUR_TRY(sur_mpi_wait(&request, timeout, "share", err));
    if (!root) SUR_TRY(sur_alloc(bytes, (sur_idx)count + 1, 1, err));
    *size = (size_t)count;
    SUR_FAIL_IF(count > INT_MAX, SUR_EBACKEND, "%llu bytes are too many to share",
                (unsigned long long)count);
    SUR_TRY(sur_mpi_check(
        MPI_Ibcast(*bytes, (int)count, MPI_BYTE, 0, MPI_COMM_WORLD, &request), "share",
        err));
    SUR_TRY(sur_mpi_wait(&request, timeout, "share", err));

done:
    return status;
}

sur_status sur_world_collect(void **all, size_t *offset, const void *bytes, size_t size,
                             double timeout, sur_error *err)
{
    const int ranks = (int)sur_world_size();
    const bool root = sur_world_rank() == 0;
    int mine = (int)size, *counts = NULL, *starts = NULL;
    size_t total = 0;
    MPI_Request request;
    sur_status status;

    *all = NULL;
    if (size > INT_MAX)
        return sur_fail(err, SUR_EBACKEND, "%llu bytes are too many to collect",
                        (unsigned long long)size);
    SUR_TRY(sur_alloc(&counts, ranks, sizeof *counts, err));
    SUR_TRY(sur_alloc(&starts, ranks, sizeof *starts, err));
    SUR_TRY(sur_mpi_check(
        MPI_Igather(&mine, 1, MPI_INT, counts, 1, MPI_INT, 0, MPI_COMM_WORLD, &request),
        "collect", err));
    SUR_TRY(sur_mpi_wait(&request, timeout, "collect", err));
    for (int r = 0; root && r < ranks; r++) {
        starts[r] = (int)total;
        offset[r] = total;
        total += (size_t)counts[r];
    }
    SUR_FAIL_IF(total > INT_MAX, SUR_EBACKEND, "%llu bytes are too many to collect",
                (unsigned long long)total);
    if (root) offset[ranks] = total;
    if (root) SUR_TRY(sur_alloc(all, (sur_idx)total + 1, 1, err));
    SUR_TRY(sur_mpi_check(MPI_Igatherv(bytes, mine, MPI_BYTE, *all, counts, starts,
                                       MPI_BYTE, 0, MPI_COMM_WORLD, &request),
                          "collect", err));
    SUR_TRY(sur_mpi_wait(&request, timeout, "collect", err));

done:
    if (status != SUR_OK) {
        free(*all);
        *all = NULL;
    }
    free(counts);
    free(starts);
    return status;
}
