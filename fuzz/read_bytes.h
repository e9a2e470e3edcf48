/* read_bytes.h -- what every target of a file format asks of bytes that are read as
 * data. */
#ifndef FUZZ_READ_BYTES_H
#define FUZZ_READ_BYTES_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <surplus/data.h>

#include "scratch.h"

static inline void must(int condition)
{
    if (!condition) abort();
}

static char bytes_path[512];

static inline void remove_bytes(void) { unlink(bytes_path); }

/* The file that the bytes are written to. It has a name until the end, since a library
 * may ask for it. */
static inline char *path_of_bytes(const uint8_t *bytes, size_t size)
{
    static FILE *file;
    if (!file) {
        snprintf(bytes_path, sizeof bytes_path, "%s", fuzz_path("bytes"));
        file = fopen(bytes_path, "w+b");
        must(file != NULL && atexit(remove_bytes) == 0);
    }
    must(ftruncate(fileno(file), 0) == 0);
    must(pwrite(fileno(file), bytes, size, 0) == (ssize_t)size);
    return bytes_path;
}

/* Missing columns cannot be told from no columns in a file. */
static inline int has_empty_column(const sur_dataset *data)
{
    double *row = calloc((size_t)data->cols, sizeof *row);
    int *known = calloc((size_t)data->cols, sizeof *known);
    sur_mat m = {row, 1, data->cols, data->cols};
    sur_idx empty = data->cols;
    must(row && known);
    for (sur_idx i = 0; i < data->rows; i++) {
        sur_dataset_rows(&m, data, NULL, i);
        for (sur_idx j = 0; j < data->cols; j++) {
            empty -= !known[j] && !isnan(row[j]);
            known[j] |= !isnan(row[j]);
        }
    }
    free(row);
    free(known);
    return empty > 0;
}

/* Writes the data as CSV and reads them back: the same numbers. */
static inline void check_round_trip(const sur_dataset *data)
{
    char *path = fuzz_path("again.csv");
    double a[64], b[64];
    sur_mat row_a = {a, 1, data->cols, data->cols},
            row_b = {b, 1, data->cols, data->cols};
    sur_dataset copy;
    if (data->cols > 64 || data->rows > 200 || has_empty_column(data)) return;
    must(sur_data_write(path, data, NULL) == SUR_OK);
    char last[32], weight[32];
    snprintf(last, sizeof last, "%lld",
             (long long)(data->cols + (data->weight ? 2 : 1)));
    snprintf(weight, sizeof weight, "%lld", (long long)data->cols + 1);
    const sur_data_options options = {.data = path,
                                      .target = last,
                                      .weight = data->weight ? weight : NULL,
                                      .task = data->classes ? SUR_CLASSIFICATION
                                                            : SUR_REGRESSION};
    must(sur_data_read(&copy, &options, NULL, 0, NULL) == SUR_OK);
    unlink(path);
    must(copy.rows == data->rows && copy.cols == data->cols);
    must(copy.classes == data->classes && copy.imputed == data->imputed);
    for (sur_idx i = 0; i < data->rows; i++) {
        sur_dataset_rows(&row_a, data, NULL, i);
        sur_dataset_rows(&row_b, &copy, NULL, i);
        for (sur_idx j = 0; j < data->cols; j++)
            must(a[j] == b[j] || (isnan(a[j]) && isnan(b[j])));
        must(data->target[i] == copy.target[i]);
        must(!data->weight || data->weight[i] == copy.weight[i]);
    }
    sur_dataset_free(&copy);
}

/* Accepted bytes make a whole data set, the same one each time; refused ones leave
 * nothing behind but one line that says why. */
static inline void check_reading(const sur_data_options *options)
{
    sur_dataset data, again, view;
    size_t size, size_again;
    sur_error err = {.message = ""};
    char note[256];
    const sur_status status = sur_data_read(&data, options, note, sizeof note, &err);
    if (status != SUR_OK) {
        must(!data.block && !data.x && *err.message && !strchr(err.message, '\n'));
        return;
    }
    const void *bytes = sur_dataset_bytes(&data, &size);
    must(sur_dataset_view(&view, bytes, size, NULL) == SUR_OK);
    must(sur_data_read(&again, options, NULL, 0, NULL) == SUR_OK);
    const void *bytes_again = sur_dataset_bytes(&again, &size_again);
    must(size == size_again && memcmp(bytes, bytes_again, size) == 0);
    sur_dataset_free(&again);
    if (!options->missing) check_round_trip(&data);
    sur_dataset_free(&data);
}

static inline void check_bytes(const uint8_t *bytes, size_t size)
{
    char *path = path_of_bytes(bytes, size), codes[] = "-999,nan,inf,-inf,NA",
         first[] = "1", last[] = "2";
    const sur_data_options plain = {.data = path};
    const sur_data_options chosen = {
        .data = path, .missing = codes, .target = first, .weight = last};
    check_reading(&plain);
    check_reading(&chosen);
}

#endif
