/* lock.c -- flock on PATH.lock, which the system releases when its owner ends.
 *
 * SQLite's own locks guard each transaction; this one is held for as long as the store
 * is open, so that a second sweep is told at once and by whom. The file is a signpost
 * only: one left by a process that was killed is not locked, and is taken over. Where
 * the killed process was just starting another, that one holds the lock until it
 * becomes another program; so a lock is asked for again for a moment. */
#include "store/lock.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAPS = 50 };

static sur_status cannot(const char *path, int number, sur_error *err)
{
    char why[128];
    if (strerror_r(number, why, sizeof why) != 0) why[0] = '\0';
    if (number == ENOLCK || number == ENOSYS || number == EOPNOTSUPP)
        return sur_fail(
            err, SUR_EWRITE,
            "%s: this file system has no locks (%s); write a store elsewhere, "
            "one for each job, and join them with surplus merge",
            path, why);
    return sur_fail(err, SUR_EWRITE, "%s: cannot be written (%s)", path, why);
}

/* What the owner wrote: "PROCESS HOST". */
static sur_status busy(int fd, const char *path, sur_error *err)
{
    char text[300] = "", *host;
    const ssize_t length = pread(fd, text, sizeof text - 1, 0);
    for (ssize_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~') text[i] = '\0';
    const long long process = strtoll(text, &host, 10);
    if (process > 0 && host[0] == ' ' && host[1])
        return sur_fail(err, SUR_EBUSY,
                        "%s: another process is writing it (host %s, process %lld)",
                        path, host + 1, process);
    return sur_fail(err, SUR_EBUSY, "%s: another process is writing it", path);
}

/* Errors are of no consequence: the name is for people. */
static void sign(int fd)
{
    char host[256] = "", text[300];
    if (gethostname(host, sizeof host - 1) != 0 || !host[0]) snprintf(host, 2, "?");
    const int length =
        snprintf(text, sizeof text, "%lld %s\n", (long long)getpid(), host);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) < length) return;
}

/* Whether the open file still is the one of that name: its last owner may have removed
 * it between our opening and our locking it. */
static bool current(int fd, const char *path)
{
    struct stat open_file, named;
    return fstat(fd, &open_file) == 0 && stat(path, &named) == 0 &&
           open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

sur_status sur_lock_take(sur_lock *lock, const char *path, sur_error *err)
{
    const struct timespec nap = {0, 5000000}; /* nanoseconds */
    sur_text name = {0};
    int fd = -1, naps = 0;
    sur_status status;

    *lock = (sur_lock){0};
    SUR_TRY(sur_text_format(&name, err, "%s.lock", path));
    for (;;) {
        fd =
            open(name.at, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
        if (fd < 0) {
            status = cannot(name.at, errno, err);
            goto done;
        }
        while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            if (errno == EINTR) continue;
            if (errno == EWOULDBLOCK && naps < NAPS) {
                nanosleep(&nap, NULL);
                naps++;
                continue;
            }
            status =
                errno == EWOULDBLOCK ? busy(fd, path, err) : cannot(path, errno, err);
            goto done;
        }
        if (current(fd, name.at)) break;
        close(fd);
    }
    sign(fd);
    *lock = (sur_lock){fd, name.at};
    return SUR_OK;

done:
    if (fd >= 0) close(fd);
    sur_text_free(&name);
    return status;
}

void sur_lock_release(sur_lock *lock)
{
    if (!lock->path) return;
    unlink(lock->path); /* while still locked: nobody else can hold this file */
    close(lock->fd);
    free(lock->path);
    *lock = (sur_lock){0};
}
