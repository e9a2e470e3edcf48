/* safetensors_file.c -- the same in files. */
#include "base/memory.h"
#include "base/output.h"
#include "base/try.h"
#include "model/safetensors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

sur_status sur_named_save(const char *path, const sur_named_list *arrays,
                          sur_error *err)
{
    sur_output out;
    sur_status status = sur_output_open(&out, path, err);
    if (status != SUR_OK) return status;
    status = sur_named_write(out.file, arrays, err);
    /* What failed to be written is told by the commit, with its reason. */
    if (status == SUR_OK || status == SUR_EWRITE) return sur_output_commit(&out, err);
    sur_output_drop(&out);
    return status;
}

static sur_status slurp(void **bytes, size_t *size, FILE *file, const char *path,
                        sur_error *err)
{
    sur_status status;
    const long end = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    SUR_FAIL_IF(end < 0 || fseek(file, 0, SEEK_SET) != 0, SUR_EIO,
                "%s: is no file that can be read from its beginning", path);
    SUR_TRY(sur_alloc(bytes, end, 1, err));
    *size = fread(*bytes, 1, (size_t)end, file);
    SUR_FAIL_IF(ferror(file), SUR_EIO, "%s: %s", path, strerror(errno));

done:
    if (status != SUR_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

sur_status sur_named_slurp(void **bytes, size_t *size, const char *path, sur_error *err)
{
    *bytes = NULL;
    *size = 0;
    FILE *file = fopen(path, "rb");
    if (!file) return sur_fail(err, SUR_EIO, "%s: %s", path, strerror(errno));
    const sur_status status = slurp(bytes, size, file, path, err);
    fclose(file);
    return status;
}
