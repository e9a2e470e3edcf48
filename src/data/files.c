/* files.c -- from a path as the user gives it to a table. */
#include "data/files.h"
#include "data/guard.h"

#include "base/memory.h"
#include "base/try.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- one file ---- */

static bool is_there(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

/* Cuts "FILE:PART" at the first colon before which stands the name of a file. *inside
 * is NULL if the whole path is one, or none is. */
static void split_path(char *path, const char **inside)
{
    *inside = NULL;
    if (strcmp(path, "-") == 0 || is_there(path)) return;
    for (char *colon = strchr(path, ':'); colon; colon = strchr(colon + 1, ':')) {
        *colon = '\0';
        if (is_there(path)) {
            *inside = colon + 1;
            return;
        }
        *colon = ':';
    }
}

/* Reads one file, given without a part. */
static sur_status read_one(sur_table *table, sur_table *test, sur_text *sums,
                           const sur_format **format, const char *path,
                           const sur_request *request, sur_error *err)
{
    sur_source source;
    char checksum[65];
    sur_status status;
    SUR_TRY(sur_source_open(&source, path, err));
    source.unsummed = request->unsummed;
    table->file = test->file = source.name;
    table->stamp[0] = source.size;
    memcpy(table->stamp + 1, source.changed, sizeof source.changed);
    SUR_FAIL_IF(request->stamp &&
                    memcmp(table->stamp, request->stamp, sizeof table->stamp) != 0,
                SUR_EIO, "%s: was changed since it was first read", path);
    SUR_TRY(sur_source_enter_tar(&source, err));
    SUR_TRY(sur_format_find(format, &source, err));
    SUR_FAIL_IF(request->inside && !(*format)->parts, SUR_EINVAL,
                "%s: an %s file has no part \"%s\"", path, (*format)->name,
                sur_shown(request->inside, (sur_idx)strlen(request->inside)).text);
    table->whole = table->outlet && !(*format)->blocks;
    SUR_FAIL_IF(table->whole, SUR_EPARSE, "%s: is read whole", path);
    if ((*format)->foreign && request->apart) sur_guard_limit(&source);
    if (!(*format)->foreign || request->apart)
        SUR_TRY(sur_source_sum_aside(&source, err));
    if ((*format)->foreign && !request->apart)
        SUR_TRY(sur_guarded_read(table, test, *format, &source, request, err));
    else
        SUR_TRY((*format)->read(table, test, &source, request, err));
    SUR_TRY(sur_source_leave_tar(&source, err));
    SUR_TRY(sur_source_checksum(&source, checksum, err));
    SUR_TRY(sur_source_unchanged(&source, err));
    SUR_TRY(sur_text_format(sums, err, "%s\n", checksum));
    if (!table->outlet) SUR_TRY(sur_table_check(table, request->codes, err));
    SUR_TRY(sur_table_check(test, request->codes, err));
done:
    sur_source_close(&source);
    return status;
}

/* ---- labels ---- */

static sur_status add_labels(sur_table *table, sur_text *sums, const char *path,
                             const char *names, const sur_request *request,
                             sur_error *err)
{
    sur_table labels = sur_table_empty(NULL), none = sur_table_empty(NULL);
    const sur_format *format;
    sur_request plain = *request;
    sur_status status;
    plain.inside = NULL;
    SUR_TRY(read_one(&labels, &none, sums, &format, path, &plain, err));
    SUR_TRY(sur_table_label(table, &labels, names, err));
done:
    sur_table_free(&labels);
    sur_table_free(&none);
    return status;
}

/* The name of the labels of a file of images, as MNIST and its kin have it: *path is
 * malloc'd, or NULL if there is no such file. */
static sur_status find_labels(char **path, const char *images, sur_error *err)
{
    static const char *const pairs[][2] = {{"images-idx3", "labels-idx1"},
                                           {"images.idx3", "labels.idx1"}};
    *path = NULL;
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        const char *last = strrchr(images, '/');
        const char *at = strstr(last ? last : images, pairs[k][0]);
        if (!at) continue;
        const sur_status status = sur_copy_text(path, images, err);
        if (status != SUR_OK) return status;
        memcpy(*path + (at - images), pairs[k][1], strlen(pairs[k][1]));
        if (is_there(*path)) return SUR_OK;
        free(*path);
        *path = NULL;
    }
    return SUR_OK;
}

static sur_status read_whole(sur_table *table, sur_table *test, sur_text *sums,
                             const char *path, const sur_request *request,
                             sur_error *err)
{
    const sur_data_options *options = request->options;
    const sur_format *format;
    char *labels = NULL;
    sur_text names = {0};
    sur_status status;
    table->most_words = options->transpose || request->matrix ? SUR_MOST_NAMES : 0;
    SUR_TRY(read_one(table, test, sums, &format, path, request, err));
    if (options->transpose) SUR_TRY(sur_table_transpose(table, &names, err));
    if (options->labels && *options->labels)
        SUR_TRY(sur_copy_text(&labels, options->labels, err));
    else if (format == &sur_format_idx && table->target < 0)
        SUR_TRY(find_labels(&labels, path, err));
    if (labels) SUR_TRY(add_labels(table, sums, labels, names.at, request, err));
done:
    free(labels);
    sur_text_free(&names);
    return status;
}

/* ---- a folder ---- */

/* The first of the names that the folder has, packed or not: *path is malloc'd. */
static sur_status find_in(char **path, const char *folder, const char *const *names,
                          sur_error *err)
{
    static const char *const endings[] = {"", ".gz", ".zst"};
    sur_text text = {0};
    sur_status status = SUR_OK;
    *path = NULL;
    for (; *names && !*path; names++) {
        for (size_t e = 0; e < sizeof endings / sizeof *endings && !*path; e++) {
            sur_text_free(&text);
            SUR_TRY(sur_text_format(&text, err, "%s/%s%s", folder, *names, endings[e]));
            if (is_there(text.at)) *path = text.at, text = (sur_text){0};
        }
    }
done:
    sur_text_free(&text);
    return status;
}

static sur_status read_folder(sur_table *table, sur_table *test, sur_text *sums,
                              const char *folder, const sur_request *request,
                              sur_error *err)
{
    static const char *const train_names[] = {"train-images-idx3-ubyte",
                                              "train-images.idx3-ubyte", NULL};
    static const char *const test_names[] = {"t10k-images-idx3-ubyte",
                                             "t10k-images.idx3-ubyte",
                                             "test-images-idx3-ubyte", NULL};
    char *paths[2] = {NULL, NULL};
    sur_table none = sur_table_empty(NULL);
    sur_status status;
    SUR_TRY(find_in(&paths[0], folder, train_names, err));
    SUR_TRY(find_in(&paths[1], folder, test_names, err));
    SUR_FAIL_IF(!paths[0], SUR_EIO,
                "%s: is a folder without train-images-idx3-ubyte in it; give one file",
                folder);
    SUR_TRY(read_whole(table, &none, sums, paths[0], request, err));
    table->path = paths[0], paths[0] = NULL;
    if (paths[1]) {
        SUR_TRY(read_whole(test, &none, sums, paths[1], request, err));
        test->path = paths[1], paths[1] = NULL;
    }
done:
    sur_table_free(&none);
    free(paths[0]);
    free(paths[1]);
    return status;
}

sur_status sur_files_size(int64_t *size, const char *path, sur_error *err)
{
    struct stat about;
    const char *inside;
    char *file = NULL;
    *size = -1;
    const sur_status status = sur_copy_text(&file, path, err);
    if (status != SUR_OK) return status;
    split_path(file, &inside);
    if (stat(file, &about) == 0 && S_ISREG(about.st_mode)) *size = about.st_size;
    free(file);
    return SUR_OK;
}

sur_status sur_files_read(sur_table *table, sur_table *test, sur_text *sums,
                          const char *path, const sur_request *request, sur_error *err)
{
    sur_request own = *request;
    struct stat about;
    char *file = NULL;
    sur_status status;
    SUR_TRY(sur_copy_text(&file, path, err));
    split_path(file, &own.inside);
    if (strcmp(file, "-") != 0 && stat(file, &about) == 0 && S_ISDIR(about.st_mode))
        status = read_folder(table, test, sums, file, &own, err);
    else
        status = read_whole(table, test, sums, file, &own, err);
    if (!table->path && table->file == file) table->path = file, file = NULL;
done:
    free(file);
    return status;
}

sur_status sur_files_table(sur_table *table, char checksum[65], const char *path,
                           sur_error *err)
{
    const sur_data_options options = {0};
    const sur_codes codes = {0};
    const sur_request request = {.options = &options, .codes = &codes};
    sur_table test = sur_table_empty(path);
    sur_text sums = {0};
    sur_status status;

    *table = sur_table_empty(path);
    SUR_TRY(sur_files_read(table, &test, &sums, path, &request, err));
    SUR_TRY(sur_sha256_of(checksum, sums.at, (size_t)sums.length, err));
    SUR_FAIL_IF(table->rows == 0, SUR_EPARSE, "%s: no rows", path);

done:
    sur_text_free(&sums);
    sur_table_free(&test);
    if (status != SUR_OK) sur_table_free(table);
    return status;
}
