/* output.c -- a file that appears whole or not at all. */
#include "base/output.h"

#include "base/memory.h"
#include "base/try.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

sur_status sur_output_open(sur_output *out, const char *path, sur_error *err)
{
    sur_output made = {0};
    struct stat there;
    sur_status status;

    *out = (sur_output){0};
    SUR_TRY(sur_copy_text(&made.path, path, err));
    if (lstat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
        made.file = fopen(path, "wb");
    } else {
        const size_t size = strlen(made.path) + 32;
        SUR_TRY(sur_alloc(&made.beside, (sur_idx)size, 1, err));
        snprintf(made.beside, size, "%s.%ld.part", made.path, (long)getpid());
        const int file =
            open(made.beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (file >= 0) made.file = fdopen(file, "wb");
    }
    SUR_FAIL_IF(!made.file, SUR_EWRITE, "%s: %s", path, strerror(errno));
    *out = made;
    made = (sur_output){0};
done:
    sur_output_drop(&made);
    return status;
}

sur_status sur_output_commit(sur_output *out, sur_error *err)
{
    sur_status status = SUR_OK;

    bool written = fflush(out->file) == 0 && !ferror(out->file);
    if (written && out->beside) written = fsync(fileno(out->file)) == 0;
    const int why = errno;
    const bool closed = fclose(out->file) == 0;
    out->file = NULL;
    SUR_FAIL_IF(!written || !closed, SUR_EWRITE, "%s: %s", out->path,
                strerror(written ? errno : why));
    if (out->beside) {
        SUR_FAIL_IF(rename(out->beside, out->path) != 0, SUR_EWRITE, "%s: %s",
                    out->path, strerror(errno));
        free(out->beside);
        out->beside = NULL;
    }
done:
    sur_output_drop(out);
    return status;
}

void sur_output_drop(sur_output *out)
{
    if (out->file) fclose(out->file);
    if (out->beside) unlink(out->beside);
    free(out->beside);
    free(out->path);
    *out = (sur_output){0};
}
