/* scratch.h -- where the fuzz targets put their files: $TMPDIR, or else where files are
 * memory, since a target writes hundreds in a second and each is made sure of on disk.
 */
#ifndef FUZZ_SCRATCH_H
#define FUZZ_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline const char *fuzz_folder(void)
{
    const char *asked = getenv("TMPDIR");
    if (asked && *asked) return asked;
    return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
}

/* A path of this process alone. */
static inline char *fuzz_path(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%.400s/surplus-fuzz-%ld-%.60s", fuzz_folder(),
             (long)getpid(), name);
    return path;
}

#endif
