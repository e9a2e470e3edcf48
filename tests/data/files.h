/* files.h -- what the tests of the data module share: files in a scratch folder,
 * options. */
#ifndef TEST_DATA_FILES_H
#define TEST_DATA_FILES_H

#include "support/check.h"

#include <surplus/data.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* A path in a scratch folder of this process; valid until 16 calls later. */
static inline char *scratch(const char *name)
{
    static char folder[64], path[16][256];
    static int next;
    if (!*folder) {
        snprintf(folder, sizeof folder, "/tmp/surplus-test-XXXXXX");
        if (!mkdtemp(folder)) abort();
    }
    next = (next + 1) % 16;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static inline int remove_scratch(void **state)
{
    (void)state;
    char folder[256], path[600];
    snprintf(folder, sizeof folder, "%s", scratch(""));
    DIR *open = opendir(folder);
    for (struct dirent *entry; open && (entry = readdir(open));) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    if (open) closedir(open);
    rmdir(folder);
    return 0;
}

/* Runs the tests and removes the scratch folder. */
#define RUN_WITH_FILES(tests) cmocka_run_group_tests(tests, NULL, remove_scratch)

static inline char *put_bytes(const char *name, const void *bytes, size_t size)
{
    char *path = scratch(name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) abort();
    return path;
}

static inline char *put_text(const char *name, const char *text)
{
    return put_bytes(name, text, strlen(text));
}

static inline char *put_gz(const char *name, const void *bytes, size_t size)
{
    char *path = scratch(name);
    gzFile file = gzopen(path, "wb");
    if (!file || (size && gzwrite(file, bytes, (unsigned)size) != (int)size) ||
        gzclose(file))
        abort();
    return path;
}

/* The bytes of a file, malloc'd. */
static inline unsigned char *get_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("%s is not there", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size + 1);
    if (!bytes || fread(bytes, 1, *size, file) != *size) abort();
    fclose(file);
    return bytes;
}

static inline sur_data_options options_for(char *path)
{
    return (sur_data_options){.data = path,
                              .samples = SUR_UNSET,
                              .test_samples = SUR_UNSET,
                              .split_seed = SUR_UNSET,
                              .dimension = SUR_UNSET,
                              .condition = (double)NAN,
                              .standardize = true,
                              .seed = 1};
}

/* Reads and says what went wrong, if it should have gone well. */
static inline sur_dataset read_ok(const sur_data_options *options, char *note,
                                  size_t size)
{
    sur_dataset data;
    sur_error err;
    if (sur_data_read(&data, options, note, size, &err) != SUR_OK)
        fail_msg("%s", err.message);
    return data;
}

static inline sur_dataset read_path(char *path)
{
    const sur_data_options options = options_for(path);
    return read_ok(&options, NULL, 0);
}

static inline sur_dataset read_text(const char *text)
{
    return read_path(put_text("text.csv", text));
}

/* Reading fails with this status, and the message has these parts. */
static inline void check_refused(const sur_data_options *options, sur_status expected,
                                 const char *part, const char *second)
{
    sur_dataset data;
    sur_error err = {.message = ""};
    const sur_status status = sur_data_read(&data, options, NULL, 0, &err);
    if (status != expected)
        fail_msg("%s: %s, not %s (%s)", options->data, sur_status_text(status),
                 sur_status_text(expected), err.message);
    CHECK_CONTAINS(err.message, part);
    CHECK_CONTAINS(err.message, second);
    if (strchr(err.message, '\n')) fail_msg("more than one line: %s", err.message);
    CHECK(data.block == NULL && data.x == NULL);
}

static inline void check_text_refused(const char *text, sur_status expected,
                                      const char *part)
{
    const sur_data_options options = options_for(put_text("text.csv", text));
    check_refused(&options, expected, part, "text.csv");
}

static inline double at(const sur_dataset *data, sur_idx row, sur_idx column)
{
    double x = 0.0;
    sur_dataset one = *data;
    const size_t size = data->scalar == SUR_F64 ? 8 : data->scalar == SUR_F32 ? 4 : 1;
    one.x = (const char *)data->x + (size_t)(row * data->cols + column) * size;
    one.cols = 1;
    sur_mat m = {.data = &x, .rows = 1, .cols = 1, .stride = 1};
    sur_dataset_rows(&m, &one, NULL, 0);
    return x;
}

static inline bool same_number(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* The same numbers, targets, weights and names, however they are stored. */
static inline void check_same(const sur_dataset *a, const sur_dataset *b)
{
    CHECK(a->rows == b->rows && a->cols == b->cols && a->classes == b->classes);
    CHECK(a->test_rows == b->test_rows && a->imputed == b->imputed);
    CHECK(!a->weight == !b->weight);
    for (sur_idx i = 0; i < a->rows; i++) {
        for (sur_idx j = 0; j < a->cols; j++)
            if (!same_number(at(a, i, j), at(b, i, j)))
                fail_msg("row %lld, column %lld: %.17g and %.17g", (long long)i,
                         (long long)j, at(a, i, j), at(b, i, j));
        CHECK(same_number(a->target[i], b->target[i]));
        if (a->weight) CHECK(same_number(a->weight[i], b->weight[i]));
    }
    for (sur_idx i = 0; i < a->cols + 2 + a->classes; i++)
        CHECK_TEXT(sur_dataset_name(a, i), sur_dataset_name(b, i));
}

/* A data set is whole: a view of its bytes succeeds and shows the same. */
static inline void check_whole(const sur_dataset *data)
{
    size_t size;
    sur_dataset view;
    sur_error err;
    const void *bytes = sur_dataset_bytes(data, &size);
    if (sur_dataset_view(&view, bytes, size, &err) != SUR_OK)
        fail_msg("%s", err.message);
    check_same(data, &view);
    CHECK_TEXT(view.checksum, data->checksum);
    CHECK(strlen(view.checksum) == 64);
}

#endif
