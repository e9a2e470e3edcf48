/* tar.c -- a tar archive with one file in it is that file.
 *
 * Blocks of 512 bytes: a head (name, size in octal at 124, kind at 156, "ustar" at
 * 257), then the bytes, filled up to a whole block. Source: POSIX 1003.1, pax. */
#include "data/source.h"

#include "base/try.h"

#include <string.h>

enum { BLOCK = 512 };

static bool is_head(const char *bytes, sur_idx count)
{
    return count >= BLOCK && memcmp(bytes + 257, "ustar", 5) == 0;
}

/* Bytes of the file behind a head; -1: no octal number. */
static sur_idx size_of(const char *head)
{
    sur_idx size = 0;
    for (int k = 124; k < 136 && head[k] && head[k] != ' '; k++) {
        if (head[k] < '0' || head[k] > '7') return -1;
        size = 8 * size + (head[k] - '0');
    }
    return size;
}

static sur_status skip(sur_source *s, sur_idx bytes, sur_error *err)
{
    char rest[4096];
    sur_idx got = 1;
    sur_status status = SUR_OK;
    for (; bytes > 0 && got > 0 && status == SUR_OK; bytes -= got)
        status = sur_source_read(
            s, rest, bytes < (sur_idx)sizeof rest ? bytes : (sur_idx)sizeof rest, &got,
            err);
    return status;
}

/* Folders and extended heads are passed over. */
sur_status sur_source_enter_tar(sur_source *s, sur_error *err)
{
    const char *bytes;
    sur_idx count;
    sur_status status;
    SUR_TRY(sur_source_look(s, &bytes, &count, err));
    if (!is_head(bytes, count)) goto done;
    for (;;) {
        SUR_FAIL_IF(!is_head(bytes, count), SUR_EPARSE,
                    "%s: a tar archive without a file", s->name);
        const sur_idx size = size_of(bytes);
        const char kind = bytes[156];
        SUR_FAIL_IF(size < 0, SUR_EPARSE, "%s: a damaged tar archive", s->name);
        SUR_TRY(skip(s, BLOCK, err));
        if (kind == '0' || kind == '\0') {
            s->tar_left = size;
            s->tar_fill = (BLOCK - size % BLOCK) % BLOCK;
            s->in_tar = true;
            goto done;
        }
        SUR_TRY(skip(s, (size + BLOCK - 1) / BLOCK * BLOCK, err));
        SUR_TRY(sur_source_look(s, &bytes, &count, err));
    }
done:
    return status;
}

sur_status sur_source_leave_tar(sur_source *s, sur_error *err)
{
    const char *bytes;
    sur_idx count;
    sur_status status = SUR_OK;
    if (!s->in_tar || s->tar_left > 0) return SUR_OK;
    s->in_tar = false;
    SUR_TRY(skip(s, s->tar_fill, err));
    SUR_TRY(sur_source_look(s, &bytes, &count, err));
    SUR_FAIL_IF(is_head(bytes, count), SUR_EPARSE,
                "%s: a tar archive of several files; unpack it and give one", s->name);
done:
    return status;
}
