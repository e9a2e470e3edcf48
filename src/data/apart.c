/* apart.c -- a child process at the other end of a pipe. */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include "data/apart.h"

#include "base/try.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 20 };

static void be_child(int end, bool (*work)(void *payload, FILE *to), void *payload)
{
    FILE *to = fdopen(end, "w");
    signal(SIGPIPE, SIG_IGN);
    _exit(to && work(payload, to) && fflush(to) == 0 ? 0 : 1);
}

sur_status sur_apart_start(sur_apart *a, bool (*work)(void *payload, FILE *to),
                           void *payload, sur_error *err)
{
    int ends[2] = {-1, -1};
    sur_status status = SUR_OK;
    *a = (sur_apart){0};
    SUR_FAIL_IF(pipe(ends) != 0, SUR_EBACKEND, "cannot make a pipe: %s",
                strerror(errno));
    (void)fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES); /* fewer changes of process */
    a->from = fdopen(ends[0], "r");
    const pid_t child = a->from ? fork() : -1;
    if (child == 0) {
        close(ends[0]);
        be_child(ends[1], work, payload);
    }
    close(ends[1]);
    if (child > 0) a->child = child;
    SUR_FAIL_IF(child < 0, SUR_EBACKEND, "cannot start a process: %s", strerror(errno));
done:
    if (status != SUR_OK && ends[0] >= 0 && !a->from) close(ends[0]);
    if (status != SUR_OK) sur_apart_end(a);
    return status;
}

/* Another child may hold the end of the pipe that is closed here, so that this one
 * would never hear of it. */
int sur_apart_end(sur_apart *a)
{
    int fate = 0;
    const bool ended = a->from && a->child && fgetc(a->from) == EOF && feof(a->from);
    if (a->from) fclose(a->from);
    if (a->child && !ended) kill(a->child, SIGKILL);
    while (a->child && waitpid(a->child, &fate, 0) < 0 && errno == EINTR) continue;
    *a = (sur_apart){0};
    return fate;
}
