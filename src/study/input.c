/* input.c -- the input of all trials in one sealed memory file.
 *
 * The file has no name; workers inherit it and map the same pages read-only. Sealed, it
 * can neither change nor shrink under them. */
#define _GNU_SOURCE /* memfd_create, F_ADD_SEALS */
#include "study/internal.h"

#include "base/try.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)16 << 20)

/* Gives the whole pages of [at, at+size) back to the system, so that block and file
 * never take twice the memory. The bytes are not read again. */
static void give_back(char *at, size_t size)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t low = ((uintptr_t)at + page - 1) / page * page;
    const uintptr_t high = ((uintptr_t)at + size) / page * page;
    if (high > low) madvise(at + (low - (uintptr_t)at), high - low, MADV_DONTNEED);
}

static sur_status fill(int fd, char *block, size_t size, sur_error *err)
{
    for (size_t done = 0; done < size;) {
        const size_t most = size - done < CHUNK ? size - done : CHUNK;
        const ssize_t wrote = write(fd, block + done, most);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0)
            return sur_fail(err, SUR_ENOMEM, "no memory to share %zu bytes of data: %s",
                            size, strerror(errno));
        give_back(block + done, (size_t)wrote);
        done += (size_t)wrote;
    }
    return SUR_OK;
}

sur_status sur_input_map(sur_input *input, int fd, sur_error *err)
{
    struct stat stat;
    *input = (sur_input){.fd = -1};
    if (fstat(fd, &stat) != 0 || stat.st_size <= 0)
        return sur_fail(err, SUR_EBACKEND, "the shared data cannot be seen: %s",
                        strerror(errno));
    const size_t size = (size_t)stat.st_size;
    void *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return sur_fail(err, SUR_ENOMEM, "cannot map %zu bytes of shared data: %s",
                        size, strerror(errno));
    *input = (sur_input){fd, at, size};
    return SUR_OK;
}

sur_status sur_input_place(sur_input *input, void *block, size_t size, sur_error *err)
{
    sur_status status = SUR_OK;
    *input = (sur_input){.fd = -1};
    const int fd = memfd_create("surplus input", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    SUR_FAIL_IF(fd < 0, SUR_EBACKEND, "cannot make a memory file: %s", strerror(errno));
    SUR_TRY(fill(fd, block, size, err));
    SUR_FAIL_IF(fcntl(fd, F_ADD_SEALS,
                      F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
                SUR_EBACKEND, "cannot seal a memory file: %s", strerror(errno));
    SUR_TRY(sur_input_map(input, fd, err));

done:
    free(block);
    if (status != SUR_OK && fd >= 0) close(fd);
    return status;
}

void sur_input_free(sur_input *input)
{
    if (input->at) munmap(input->at, input->size);
    if (input->fd >= 0) close(input->fd);
    *input = (sur_input){.fd = -1};
}
