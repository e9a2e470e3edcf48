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

static void be_child(const sur_pipe *way, int end, int back,
                     bool (*work)(void *payload, sur_pipe *to), void *payload)
{
    sur_pipe to = {.file = fdopen(end, "w"), .shelf = way->shelf, .back = back};
    signal(SIGPIPE, SIG_IGN);
    _exit(to.file && work(payload, &to) && fflush(to.file) == 0 ? 0 : 1);
}

sur_status sur_apart_start(sur_apart *a, bool (*work)(void *payload, sur_pipe *to),
                           void *payload, sur_error *err)
{
    int ends[2] = {-1, -1}, back[2];
    sur_status status = SUR_OK;
    *a = (sur_apart){.back = -1, .from.back = -1};
    SUR_FAIL_IF(pipe(ends) != 0, SUR_EBACKEND, "cannot make a pipe: %s",
                strerror(errno));
    (void)fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES); /* fewer changes of process */
    sur_shelf_make(&a->from, back);
    a->back = back[0], a->from.back = back[1];
    a->from.file = fdopen(ends[0], "r");
    const pid_t child = a->from.file ? fork() : -1;
    if (child == 0) {
        close(ends[0]);
        if (back[1] >= 0) close(back[1]);
        be_child(&a->from, ends[1], back[0], work, payload);
    }
    close(ends[1]);
    if (child > 0) a->child = child;
    SUR_FAIL_IF(child < 0, SUR_EBACKEND, "cannot start a process: %s", strerror(errno));
done:
    if (status != SUR_OK && ends[0] >= 0 && !a->from.file) close(ends[0]);
    if (status != SUR_OK) sur_apart_end(a);
    return status;
}

/* Another child may hold the end of the pipe that is closed here, so that this one
 * would never hear of it. */
int sur_apart_end(sur_apart *a)
{
    FILE *from = a->from.file;
    int fate = 0;
    const bool ended = from && a->child && fgetc(from) == EOF && feof(from);
    if (from) fclose(from);
    if (from && a->back >= 0) close(a->back);
    if (from && a->from.back >= 0) close(a->from.back);
    sur_shelf_drop(&a->from);
    if (a->child && !ended) kill(a->child, SIGKILL);
    while (a->child && waitpid(a->child, &fate, 0) < 0 && errno == EINTR) continue;
    *a = (sur_apart){.back = -1, .from.back = -1};
    return fate;
}
