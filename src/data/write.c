/* write.c -- a data set as a file; the format is told by the extension. */
#include "data/write.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

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

/* The failure again, said of the file by its name to be. */
static sur_status fail_by_name(sur_status status, const char *part, const char *path,
                               sur_error *err)
{
    const size_t length = strlen(part);
    if (!err || strncmp(err->message, part, length) != 0) return status;
    const sur_error said = *err;
    return sur_fail(err, status, "%s%s", path, said.message + length);
}

/* The file appears under its name only when it is whole. */
sur_status sur_data_write(const char *path, const sur_dataset *data, sur_error *err)
{
    const size_t length = strlen(path), count = sizeof writers / sizeof *writers;
    sur_text part = {0};
    sur_status status;
    size_t w = 0;
    for (; w < count; w++) {
        const size_t n = strlen(writers[w].extension);
        if (length > n && strcasecmp(path + length - n, writers[w].extension) == 0)
            break;
    }
    if (w == count)
        return sur_fail(err, SUR_EINVAL,
                        "%s: a data set is written as .h5, .libsvm, .npz or .csv",
                        path);
    SUR_TRY(sur_text_format(&part, err, "%s.%ld.part", path, (long)getpid()));
    SUR_TRY(writers[w].write(part.at, data, err));
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
