/* bench_formats.c -- how fast HDF5, ROOT, libsvm and IDX files become data sets; the
 * peer is peers/formats.py, which reads the same files.
 *
 * bench_formats [--quick] writes HDF5 and libsvm files to a scratch folder, which is
 * removed at the end; with --keep FOLDER first, to that one, where they stay for the
 * peer. bench_formats FILE [TARGET [COLUMNS]] times one file, e.g. a ROOT file. Of five
 * readings the median counts. The file's SHA-256, which no peer computes, is a part of
 * each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <surplus/data.h>

#include "base/clock.h"
#include "data/block.h"
#include "folder.h"

enum { COLUMNS = 28, REPEATS = 5 };

static void stop_on(sur_status status, const sur_error *err)
{
    if (status == SUR_OK) return;
    fprintf(stderr, "bench_formats: %s\n", err->message);
    exit(1);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(char *path, char *target, char *columns)
{
    const sur_data_options options = {
        .data = path, .target = target, .columns = columns, .task = SUR_REGRESSION};
    double seconds[REPEATS];
    sur_idx rows = 0, cols = 0;
    struct stat about;
    sur_error err;
    for (int k = 0; k < REPEATS; k++) {
        sur_dataset data;
        const double start = sur_clock();
        stop_on(sur_data_read(&data, &options, NULL, 0, &err), &err);
        seconds[k] = sur_clock() - start;
        rows = data.rows, cols = data.cols;
        sur_dataset_free(&data);
    }
    qsort(seconds, REPEATS, sizeof *seconds, ascending);
    const double mb = stat(path, &about) == 0 ? (double)about.st_size / 1e6 : 0.0;
    printf("%s\t%lld\t%lld\t%.4f\t%.1f\n", path, (long long)rows, (long long)cols,
           seconds[REPEATS / 2], mb / seconds[REPEATS / 2]);
}

/* Normal numbers with six digits; of a sparse set nine of ten are 0. */
static void make(char *path, sur_idx rows, bool sparse)
{
    char names[COLUMNS * 4 + 8] = "";
    const sur_dataset of = {.rows = rows, .cols = COLUMNS, .scalar = SUR_F64};
    sur_dataset data;
    sur_error err;
    stop_on(sur_block_new(&data, &of, false, names, COLUMNS + 2, &err), &err);
    double *x = sur_block_x(&data), *y = sur_block_target(&data);
    for (sur_idx i = 0; i < rows; i++) {
        sur_rng rng = sur_rng_make(1, "bench", (uint64_t)i);
        y[i] = (double)(i % 2) + 0.5;
        for (int j = 0; j < COLUMNS; j++) {
            const double z = (double)(int64_t)(1e6 * sur_rng_normal(&rng)) / 1e6;
            x[i * COLUMNS + j] = sparse && (i + j) % 10 ? 0.0 : z;
        }
    }
    stop_on(sur_data_write(path, &data, &err), &err);
    sur_dataset_free(&data);
}

int main(int argc, char **argv)
{
    bench_begin(&argc, argv);
    const bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
    printf("file\trows\tcolumns\tseconds\tmegabytes_per_second\n");
    if (argc > 1 && !quick) {
        measure(argv[1], argc > 2 ? argv[2] : NULL, argc > 3 ? argv[3] : NULL);
        return 0;
    }
    char *hdf5 = bench_file("bench_formats.h5"),
         *dense = bench_file("bench_formats.libsvm"),
         *sparse = bench_file("bench_formats_sparse.libsvm");
    make(hdf5, quick ? 1000 : 1000000, false);
    make(dense, quick ? 1000 : 200000, false);
    make(sparse, quick ? 1000 : 1000000, true);
    measure(hdf5, NULL, NULL);
    measure(dense, NULL, NULL);
    measure(sparse, NULL, NULL);
    return 0;
}
