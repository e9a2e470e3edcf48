/* shelf.c -- many bytes from one process to another: copied once into memory that both
 * see and once out of it, where a pipe would have the system do it page by page.
 *
 * There are a few boards; the giver fills one after the other, the taker empties them
 * in the same order. That a board is full is said by a byte in the pipe itself, that it
 * is empty again by a byte in a second pipe back, so that either notices when the other
 * is gone. */
#define _GNU_SOURCE /* pipe2, MAP_ANONYMOUS */
#include "data/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BOARDS = 4, BOARD = 1 << 20 };

struct sur_shelf {
    char board[BOARDS][BOARD];
};

/* Without memory or a second pipe, everything goes through the first one. */
void sur_shelf_make(sur_pipe *pipe, int back[2])
{
    back[0] = back[1] = -1;
    pipe->shelf = NULL;
    if (pipe2(back, O_CLOEXEC) != 0) return;
    void *at = mmap(NULL, sizeof *pipe->shelf, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at != MAP_FAILED) pipe->shelf = at;
}

void sur_shelf_drop(sur_pipe *pipe)
{
    if (pipe->shelf) munmap(pipe->shelf, sizeof *pipe->shelf);
    pipe->shelf = NULL;
}

/* Waits for an empty board. */
static bool hear(sur_pipe *pipe)
{
    char word;
    ssize_t n;
    do n = read(pipe->back, &word, 1);
    while (n < 0 && errno == EINTR);
    pipe->full--;
    return n == 1;
}

static bool say(const sur_pipe *pipe)
{
    ssize_t n;
    do n = write(pipe->back, "", 1);
    while (n < 0 && errno == EINTR);
    return n == 1;
}

bool sur_shelf_put(sur_pipe *pipe, const char *bytes, sur_idx count)
{
    for (sur_idx n; count > 0; bytes += n, count -= n) {
        n = count < BOARD ? count : BOARD;
        if (pipe->full == BOARDS && !hear(pipe)) return false;
        memcpy(pipe->shelf->board[pipe->next], bytes, (size_t)n);
        pipe->next = (pipe->next + 1) % BOARDS;
        pipe->full++;
        if (fputc(0, pipe->file) == EOF || fflush(pipe->file) != 0) return false;
    }
    return true;
}

bool sur_shelf_get(sur_pipe *pipe, char *bytes, sur_idx count)
{
    char word;
    for (sur_idx n; count > 0; bytes += n, count -= n) {
        n = count < BOARD ? count : BOARD;
        if (!sur_pipe_get(pipe, &word, 1)) return false;
        memcpy(bytes, pipe->shelf->board[pipe->next], (size_t)n);
        pipe->next = (pipe->next + 1) % BOARDS;
        if (!say(pipe)) return false;
    }
    return true;
}
