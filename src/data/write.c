/* write.c -- a data set as a file; the format is told by the extension. */
#include "data/write.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "data/select.h"
#include "data/sparse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const struct {
    const char *extension;
    sur_status (*write)(const char *path, const sur_dataset *data, sur_error *err);
} writers[] = {{".npz", sur_write_npz},       {".csv", sur_write_csv},
               {".h5", sur_write_hdf5},       {".hdf5", sur_write_hdf5},
               {".libsvm", sur_write_libsvm}, {".svm", sur_write_libsvm}};

sur_status sur_write_end(FILE **file, const char *path, sur_error *err)
{
    const bool failed = ferror(*file) != 0;
    const bool unclosed = fclose(*file) != 0;
    *file = NULL;
    if (!failed && !unclosed) return SUR_OK;
    return sur_fail(err, SUR_EWRITE, "%s: %s", path, strerror(errno));
}

/* The failure again, said of the file by its name to be. */
static sur_status fail_by_name(sur_status status, const char *part, const char *path,
                               sur_error *err)
{
    const size_t length = strlen(part);
    if (!err || strncmp(err->message, part, length) != 0) return status;
    const sur_error said = *err;
    return sur_fail(err, status, "%s%s", path, said.message + length);
}

static int writer_of(const char *path)
{
    const size_t length = strlen(path);
    for (size_t w = 0; w < sizeof writers / sizeof *writers; w++) {
        const size_t n = strlen(writers[w].extension);
        if (length > n && strcasecmp(path + length - n, writers[w].extension) == 0)
            return (int)w;
    }
    return -1;
}

/* The file appears under its name only when it is whole. sparse may be NULL. */
static sur_status write_whole(const char *path, const sur_dataset *data,
                              const sur_sparse *sparse, sur_error *err)
{
    const int w = writer_of(path);
    sur_text part = {0};
    sur_status status;
    SUR_FAIL_IF(w < 0, SUR_EINVAL,
                "%s: a data set is written as .h5, .libsvm, .npz or .csv", path);
    SUR_TRY(sur_text_format(&part, err, "%s.%ld.part", path, (long)getpid()));
    SUR_TRY(sparse ? sur_sparse_write(part.at, sparse, data, err)
                   : writers[w].write(part.at, data, err));
    SUR_FAIL_IF(rename(part.at, path) != 0, SUR_EWRITE, "%s: %s", path,
                strerror(errno));
done:
    if (status != SUR_OK && part.at) {
        unlink(part.at);
        status = fail_by_name(status, part.at, path, err);
    }
    sur_text_free(&part);
    return status;
}

sur_status sur_data_write(const char *path, const sur_dataset *data, sur_error *err)
{
    return write_whole(path, data, NULL, err);
}

/* ---- from one file to another ---- */

/* What the written file does not say of the data set, or says in a way of its own. */
static void note_losses(sur_note *note, const sur_dataset *data, const char *path)
{
    const bool csv = writers[writer_of(path)].write == sur_write_csv;
    if (data->imputed > 0 && !csv)
        sur_note_add(note,
                     "%lld missing cells are written as nan: read %s with --missing "
                     "nan\n",
                     (long long)data->imputed, path);
    if (data->test_rows > 0 && csv)
        sur_note_add(note,
                     "the last %lld rows are the test part, which a CSV file does not "
                     "say\n",
                     (long long)data->test_rows);
}

sur_status sur_data_convert(const char *path, const sur_data_options *options,
                            char *note, size_t size, sur_error *err)
{
    const int w = writer_of(path);
    sur_sparse sparse = {0};
    sur_dataset data = {0};
    bool is_sparse = false;
    sur_status status;
    if (note && size) note[0] = '\0';
    if (w >= 0 && writers[w].write == sur_write_libsvm)
        SUR_TRY(sur_sparse_open(&sparse, &data, &is_sparse, options, note, size, err));
    if (!is_sparse) SUR_TRY(sur_data_read(&data, options, note, size, err));
    SUR_TRY(write_whole(path, &data, is_sparse ? &sparse : NULL, err));
    sur_note more = {.text = note, .size = size, .used = note ? strlen(note) : 0};
    note_losses(&more, &data, path);
done:
    sur_sparse_free(&sparse);
    sur_dataset_free(&data);
    return status;
}
