/* folder.h -- where a benchmark puts its files: a folder of its own that is removed at
 * the end, or, with `--keep FOLDER`, one in which the peer finds them. */
#ifndef BENCH_FOLDER_H
#define BENCH_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char bench_folder[256];
static bool bench_kept;
static char bench_paths[8][320];
static int bench_count;

/* The path of a new file; at most eight. */
static inline char *bench_file(const char *name)
{
    if (!*bench_folder) {
        const char *place = getenv("TMPDIR");
        snprintf(bench_folder, sizeof bench_folder, "%.200s/surplus-bench-XXXXXX",
                 place && *place ? place : "/tmp");
        if (!mkdtemp(bench_folder)) abort();
    }
    char *path = bench_paths[bench_count++];
    snprintf(path, sizeof bench_paths[0], "%s/%s", bench_folder, name);
    return path;
}

static inline void bench_remove(void)
{
    for (int k = 0; k < bench_count && !bench_kept; k++) unlink(bench_paths[k]);
    if (*bench_folder && !bench_kept) rmdir(bench_folder);
}

/* Takes --keep FOLDER from the arguments, and arranges for the end. */
static inline void bench_begin(int *argc, char **argv)
{
    if (*argc > 2 && strcmp(argv[1], "--keep") == 0) {
        snprintf(bench_folder, sizeof bench_folder, "%.250s", argv[2]);
        bench_kept = true;
        memmove(argv + 1, argv + 3, (size_t)(*argc - 2) * sizeof *argv);
        *argc -= 2;
    }
    atexit(bench_remove);
}

#endif
