/* bench_read.c -- how fast files become data sets, and in how much memory.
 *
 * Files of 28 features and a label are written to a scratch folder (with --keep FOLDER,
 * to that one, for the peer, peers/read.py). Each case is read five times, by a process
 * of its own each time (the file is in the page cache); the median counts. "data" is
 * the memory of the numbers alone; peak is the process's, less that of one that reads
 * nothing. The case "plain" is read(2) of the NPZ file into fresh memory: what the disk
 * cache can give.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <surplus/data.h>

#include "base/clock.h"
#include "data/block.h"
#include "folder.h"

enum { COLUMNS = 28, REPEATS = 5 };

static sur_data_options options_for(char *path)
{
    return (sur_data_options){.data = path,
                              .samples = SUR_UNSET,
                              .test_samples = SUR_UNSET,
                              .split_seed = SUR_UNSET,
                              .seed = 1};
}

static void stop_on(bool failed, const char *why)
{
    if (!failed) return;
    fprintf(stderr, "bench_read: %s\n", why);
    exit(1);
}

/* ---- files ---- */

static void write_csv(const char *path, sur_idx rows, int digits)
{
    FILE *file = fopen(path, "w");
    stop_on(!file, path);
    for (sur_idx i = 0; i < rows; i++) {
        sur_rng rng = sur_rng_make(1, "bench", (uint64_t)i);
        for (int j = 0; j < COLUMNS; j++)
            fprintf(file, "%.*g,", digits, sur_rng_normal(&rng));
        fprintf(file, "%d\n", (int)(i % 2));
    }
    stop_on(fclose(file) != 0, path);
}

static void write_npz(const char *path, char *csv)
{
    sur_data_options options = options_for(csv);
    sur_dataset data;
    sur_error err;
    stop_on(sur_data_read(&data, &options, NULL, 0, &err) != SUR_OK, err.message);
    stop_on(sur_data_write(path, &data, &err) != SUR_OK, err.message);
    sur_dataset_free(&data);
}

/* ---- what is measured ---- */

typedef enum way { NOTHING, PLAIN, DATASET } way;

typedef struct outcome {
    double seconds, cpu, data; /* time; processor time; bytes of the numbers */
} outcome;

static outcome read_once(way how, char *path)
{
    const double start = sur_clock(), cpu_start = sur_cpu_clock();
    outcome result = {0};
    if (how == PLAIN) {
        struct stat about;
        const int fd = open(path, O_RDONLY);
        stop_on(fd < 0 || fstat(fd, &about) != 0, path);
        char *bytes = malloc((size_t)about.st_size);
        stop_on(!bytes || read(fd, bytes, (size_t)about.st_size) != about.st_size,
                path);
        close(fd);
        free(bytes);
    } else if (how == DATASET) {
        const sur_data_options options = options_for(path);
        sur_dataset data;
        sur_error err;
        stop_on(sur_data_read(&data, &options, NULL, 0, &err) != SUR_OK, err.message);
        result.data = (double)data.rows *
                      ((double)data.cols * (double)sur_scalar_size(data.scalar) + 8.0);
        sur_dataset_free(&data);
    }
    result.seconds = sur_clock() - start;
    result.cpu = sur_cpu_clock() - cpu_start;
    return result;
}

/* In a process of its own; *peak is its largest memory in bytes. */
static outcome read_apart(way how, char *path, double *peak)
{
    int ends[2], state = 0;
    struct rusage usage;
    outcome result = {0};
    stop_on(pipe(ends) != 0, "pipe");
    const pid_t child = fork();
    stop_on(child < 0, "fork");
    if (child == 0) {
        result = read_once(how, path);
        _exit(write(ends[1], &result, sizeof result) != (ssize_t)sizeof result);
    }
    close(ends[1]);
    const bool got = read(ends[0], &result, sizeof result) == (ssize_t)sizeof result;
    close(ends[0]);
    stop_on(waitpid(child, &state, 0) < 0 || state != 0 || !got, path);
    getrusage(RUSAGE_CHILDREN, &usage); /* the largest of all children so far */
    *peak = 1024.0 * (double)usage.ru_maxrss;
    return result;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *name, way how, char *path, int repeats)
{
    double seconds[REPEATS], cpu[REPEATS], peak = 0.0, idle = 0.0;
    struct stat about;
    outcome result = {0};
    stop_on(stat(path, &about) != 0, path);
    read_apart(NOTHING, path, &idle);
    for (int k = 0; k < repeats; k++) {
        result = read_apart(how, path, &peak);
        seconds[k] = result.seconds;
        cpu[k] = result.cpu;
    }
    qsort(seconds, (size_t)repeats, sizeof *seconds, by_value);
    qsort(cpu, (size_t)repeats, sizeof *cpu, by_value);
    const double bytes = (double)about.st_size, time = seconds[repeats / 2];
    printf("%s\t%.1f\t%.4f\t%.4f\t%.1f", name, bytes / 1e6, time, cpu[repeats / 2],
           bytes / 1e6 / time);
    if (how == DATASET)
        printf("\t%.1f\t%.3f\n", result.data / 1e6, (peak - idle) / result.data);
    else
        printf("\t\t\n");
    fflush(stdout);
}

/* Each case in a child of its own, because the largest memory of children never falls.
 */
static void measure_apart(const char *name, way how, char *path, int repeats)
{
    int state = 0;
    fflush(stdout);
    const pid_t child = fork();
    stop_on(child < 0, "fork");
    if (child == 0) {
        measure(name, how, path, repeats);
        _exit(0);
    }
    stop_on(waitpid(child, &state, 0) < 0 || state != 0, name);
}

int main(int argc, char **argv)
{
    bench_begin(&argc, argv);
    const bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
    const sur_idx rows = quick ? 500 : 500000;
    const int repeats = quick ? 1 : REPEATS;
    char *six = bench_file("bench_read_6.csv"),
         *seventeen = bench_file("bench_read_17.csv"),
         *npz = bench_file("bench_read.npz");
    write_csv(six, rows, 6);
    write_csv(seventeen, rows, 17);
    write_npz(npz, seventeen);
    printf("case\tfile_MB\tseconds\tcpu_seconds\tMB_per_second\tdata_MB\tpeak_over_"
           "data\n");
    measure_apart("csv, 6 digits", DATASET, six, repeats);
    measure_apart("csv, 17 digits", DATASET, seventeen, repeats);
    measure_apart("npz", DATASET, npz, repeats);
    measure_apart("npz, plain read", PLAIN, npz, repeats);
    return 0;
}
