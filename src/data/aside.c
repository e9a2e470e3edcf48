/* aside.c -- the checksum of a file, in a thread beside the one that reads it.
 *
 * Reading and summing cost about the same where numbers lie in the file as they lie in
 * memory. The thread reads the file a second time, out of the page cache, and touches
 * nothing of the source but its sum. */
#define _GNU_SOURCE /* pthread_sigmask */
#include "data/source.h"

#include "base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 16, WORTH = 1 << 20 }; /* a piece stays in the cache */

struct sur_aside {
    pthread_t thread;
    atomic_bool stop;
    sur_sha256 *sum; /* the source's */
    const char *name;
    int fd;
    int64_t place;
    sur_status status;
    sur_error err;
    char piece[PIECE];
};

static void *sum_up(void *payload)
{
    struct sur_aside *a = payload;
    while (!atomic_load(&a->stop) && a->status == SUR_OK) {
        const ssize_t n = pread(a->fd, a->piece, PIECE, (off_t)a->place);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) break;
        if (n < 0)
            a->status = sur_fail(&a->err, SUR_EIO, "%s: %s", a->name, strerror(errno));
        else
            a->status = sur_sha256_add(a->sum, a->piece, (size_t)n, &a->err);
        a->place += n;
    }
    return NULL;
}

/* Signals are for the threads that wait for something. */
static int begin(struct sur_aside *a)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&a->thread, NULL, sum_up, a);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

sur_status sur_source_sum_aside(sur_source *s, sur_error *err)
{
    struct sur_aside *a = NULL;
    if (s->unsummed || s->aside || s->raw_ended || s->size - s->taken < WORTH)
        return SUR_OK;
    const sur_status status = sur_alloc(&a, 1, sizeof *a, err);
    if (status != SUR_OK) return status;
    a->sum = &s->sum;
    a->name = s->name;
    a->fd = s->fd;
    a->place = s->taken;
    if (begin(a) == 0)
        s->aside = a;
    else
        free(a); /* no thread to be had: whoever reads sums */
    return SUR_OK;
}

sur_status sur_source_end_aside(sur_source *s, bool early, sur_error *err)
{
    struct sur_aside *a = s->aside;
    if (!a) return SUR_OK;
    if (early) atomic_store(&a->stop, true);
    pthread_join(a->thread, NULL);
    const sur_status status =
        a->status == SUR_OK ? SUR_OK : sur_fail(err, a->status, "%s", a->err.message);
    free(a);
    s->aside = NULL;
    s->unsummed = true; /* it is, to the end */
    return status;
}
