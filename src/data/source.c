/* source.c -- a file as a stream of plain bytes, unpacked and summed on the way. */
#include "data/source.h"
#include "data/unpack.h"

#include "base/memory.h"
#include "base/try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Bytes of the file read at a time; small files need less. */
enum { RAW = 1 << 18, SMALL_RAW = 1 << 12 };

/* A regular file is read at its place, wherever others who hold it have moved. */
static ssize_t read_some(const sur_source *s, void *to, sur_idx want, int64_t place)
{
    return s->size >= 0 ? pread(s->fd, to, (size_t)want, (off_t)place)
                        : read(s->fd, to, (size_t)want);
}

/* Fills `to` with bytes of the file, fewer than want only at its end. */
static sur_status read_raw(sur_source *s, void *to, sur_idx want, sur_idx *got,
                           sur_error *err)
{
    *got = 0;
    while (*got < want && !s->raw_ended) {
        const ssize_t n = read_some(s, (char *)to + *got, want - *got, s->taken);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return sur_fail(err, SUR_EIO, "%s: %s", s->name, strerror(errno));
        s->raw_ended = n == 0;
        s->taken += n;
        *got += (sur_idx)n;
    }
    if (s->unsummed || s->aside) return SUR_OK;
    return sur_sha256_add(&s->sum, to, (size_t)*got, err);
}

static sur_status refill(sur_source *s, sur_error *err)
{
    s->raw_at = 0;
    return read_raw(s, s->raw, s->raw_room, &s->raw_count, err);
}

/* ---- gzip ---- */

static sur_status begin_unpacking(sur_source *s, sur_error *err)
{
    sur_status status = sur_alloc(&s->unpack, 1, sizeof(z_stream), err);
    if (status != SUR_OK) return status;
    if (inflateInit2(s->unpack, 15 + 16) == Z_OK) return SUR_OK;
    free(s->unpack);
    s->unpack = NULL;
    return sur_fail(err, SUR_ENOMEM, "cannot allocate what unpacking %s needs",
                    s->name);
}

static bool is_gzip(const unsigned char *bytes)
{
    return bytes[0] == 0x1f && bytes[1] == 0x8b;
}

static bool is_zstd(const unsigned char *bytes)
{
    return bytes[0] == 0x28 && bytes[1] == 0xb5 && bytes[2] == 0x2f && bytes[3] == 0xfd;
}

/* After the end of one gzip member or zstd frame: another one, the end, or rubbish. */
static sur_status next_member(sur_source *s, sur_error *err)
{
    sur_status status = SUR_OK;
    if (s->raw_at == s->raw_count) status = refill(s, err);
    if (status != SUR_OK) return status;
    if (s->raw_at == s->raw_count) {
        s->ended = true;
    } else if (s->raw[s->raw_at] != (s->unpack ? 0x1f : 0x28) ||
               (s->unpack && inflateReset(s->unpack) != Z_OK)) {
        return sur_fail(err, SUR_EPARSE, "%s: something else follows the %s data",
                        s->name, s->unpack ? "gzip" : "zstd");
    }
    return SUR_OK;
}

/* Unpacks from raw as much as there is room for; *outcome is 1 at the end of a member,
 * 0 before. */
static sur_status step(sur_source *s, void *to, sur_idx room, sur_idx *made,
                       int *outcome, sur_error *err)
{
    const size_t left = (size_t)(s->raw_count - s->raw_at);
    if (s->zstd) {
        size_t put, used;
        *outcome = sur_zstd_step(s->zstd, to, (size_t)room, &put, s->raw + s->raw_at,
                                 left, &used);
        s->raw_at += (sur_idx)used;
        *made = (sur_idx)put;
        if (*outcome < 0)
            return sur_fail(err, SUR_EPARSE, "%s: damaged zstd data", s->name);
        return SUR_OK;
    }
    z_stream *z = s->unpack;
    z->next_in = s->raw + s->raw_at;
    z->avail_in = (uInt)left;
    z->next_out = to;
    z->avail_out = (uInt)room;
    const int code = inflate(z, Z_NO_FLUSH);
    s->raw_at = s->raw_count - (sur_idx)z->avail_in;
    *made = room - (sur_idx)z->avail_out;
    *outcome = code == Z_STREAM_END;
    if (code == Z_MEM_ERROR)
        return sur_fail(err, SUR_ENOMEM, "%s: no memory to unpack it", s->name);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return sur_fail(err, SUR_EPARSE, "%s: damaged gzip data (%s)", s->name,
                        z->msg ? z->msg : "wrong header");
    return SUR_OK;
}

static sur_status unpack(sur_source *s, void *to, sur_idx want, sur_idx *got,
                         sur_error *err)
{
    sur_status status = SUR_OK;
    *got = 0;
    while (*got < want && !s->ended) {
        sur_idx made;
        int outcome;
        if (s->raw_at == s->raw_count) SUR_TRY(refill(s, err));
        SUR_FAIL_IF(s->raw_at == s->raw_count, SUR_EPARSE,
                    "%s: the %s data end too early", s->name,
                    s->unpack ? "gzip" : "zstd");
        SUR_TRY(step(s, (char *)to + *got, want - *got < RAW ? want - *got : RAW, &made,
                     &outcome, err));
        *got += made;
        const int64_t total = s->given + *got;
        SUR_FAIL_IF(total > SUR_EXPANSION_FREE &&
                        total / SUR_EXPANSION_LIMIT > s->taken,
                    SUR_EPARSE, "%s: unpacks to more than %d times its size", s->name,
                    SUR_EXPANSION_LIMIT);
        if (outcome) SUR_TRY(next_member(s, err));
    }
done:
    s->given += *got;
    return status;
}

/* ---- plain bytes ---- */

static sur_status read_on(sur_source *s, void *to, sur_idx want, sur_idx *got,
                          sur_error *err)
{
    if (s->unpack || s->zstd) return unpack(s, to, want, got, err);
    const sur_idx left = s->raw_count - s->raw_at, had = left < want ? left : want;
    if (had > 0) memcpy(to, s->raw + s->raw_at, (size_t)had);
    s->raw_at += had;
    *got = 0;
    const sur_status status = read_raw(s, (char *)to + had, want - had, got, err);
    *got += had;
    return status;
}

/* Standard input may be a file of which others have read some. */
static bool is_whole(const sur_source *s, bool standard_input)
{
    return !standard_input || lseek(s->fd, 0, SEEK_CUR) == 0;
}

sur_status sur_source_open(sur_source *s, const char *path, sur_error *err)
{
    const bool standard_input = strcmp(path, "-") == 0;
    struct stat about;
    sur_status status = SUR_OK;

    *s = (sur_source){.path = path, .fd = -1, .size = -1};
    s->name = standard_input ? "standard input" : path;
    s->fd = standard_input ? dup(0) : open(path, O_RDONLY | O_CLOEXEC);
    SUR_FAIL_IF(s->fd < 0 || fstat(s->fd, &about) != 0, SUR_EIO, "%s: %s", s->name,
                strerror(errno));
    SUR_FAIL_IF(S_ISDIR(about.st_mode), SUR_EIO, "%s: is a folder, not a file",
                s->name);
    if (S_ISREG(about.st_mode) && is_whole(s, standard_input)) {
        s->size = (sur_idx)about.st_size;
        if (standard_input) s->path = "/dev/stdin"; /* for those who open it again */
    }
    s->changed[0] = about.st_mtim.tv_sec, s->changed[1] = about.st_mtim.tv_nsec;

    s->raw_room = s->size >= 0 && s->size < SMALL_RAW ? SMALL_RAW : RAW;
    SUR_TRY(sur_alloc(&s->raw, s->raw_room, 1, err));
    SUR_TRY(sur_alloc(&s->ahead, SUR_LOOK, 1, err));
    SUR_TRY(sur_sha256_begin(&s->sum, err));
    SUR_TRY(refill(s, err));
    if (s->raw_count >= 2 && is_gzip(s->raw)) SUR_TRY(begin_unpacking(s, err));
    if (s->raw_count >= 4 && is_zstd(s->raw)) {
        SUR_FAIL_IF(!sur_has_zstd, SUR_EPARSE,
                    "%s: is packed by zstd, and this program was built without "
                    "(-DSUR_ZSTD=OFF)",
                    s->name);
        s->zstd = sur_zstd_begin();
        SUR_FAIL_IF(!s->zstd, SUR_ENOMEM, "%s: no memory to unpack it", s->name);
    }
done:
    return status;
}

void sur_source_close(sur_source *s)
{
    const sur_status ended = sur_source_end_aside(s, true, NULL);
    (void)ended; /* nobody asked for the sum */
    if (s->fd >= 0) close(s->fd);
    if (s->unpack) inflateEnd(s->unpack);
    if (s->zstd) sur_zstd_end(s->zstd);
    sur_sha256_drop(&s->sum);
    free(s->unpack);
    free(s->raw);
    free(s->ahead);
    *s = (sur_source){.fd = -1};
}

sur_status sur_source_look(sur_source *s, const char **bytes, sur_idx *count,
                           sur_error *err)
{
    const sur_idx left = s->ahead_count - s->ahead_at;
    sur_idx got;
    if (left > 0 && s->ahead_at > 0)
        memmove(s->ahead, s->ahead + s->ahead_at, (size_t)left);
    const sur_status status = read_on(s, s->ahead + left, SUR_LOOK - left, &got, err);
    s->ahead_at = 0;
    s->ahead_count = left + got;
    *bytes = s->ahead;
    *count = s->in_tar && s->tar_left < s->ahead_count ? s->tar_left : s->ahead_count;
    return status;
}

sur_status sur_source_read(sur_source *s, void *to, sur_idx want, sur_idx *got,
                           sur_error *err)
{
    if (s->in_tar && s->tar_left < want) want = s->tar_left;
    const sur_idx left = s->ahead_count - s->ahead_at, had = left < want ? left : want;
    if (had > 0) memcpy(to, s->ahead + s->ahead_at, (size_t)had);
    s->ahead_at += had;
    *got = 0;
    sur_status status = SUR_OK;
    if (had < want) status = read_on(s, (char *)to + had, want - had, got, err);
    *got += had;
    if (s->in_tar) s->tar_left -= *got;
    return status;
}

sur_status sur_source_drain(sur_source *s, sur_error *err)
{
    sur_status status = sur_source_end_aside(s, false, err);
    while (status == SUR_OK && !s->raw_ended && !s->unsummed) status = refill(s, err);
    return status;
}

sur_status sur_source_unchanged(const sur_source *s, sur_error *err)
{
    struct stat about;
    if (s->size < 0) return SUR_OK;
    if (fstat(s->fd, &about) != 0 || about.st_size != s->size ||
        about.st_mtim.tv_sec != s->changed[0] || about.st_mtim.tv_nsec != s->changed[1])
        return sur_fail(err, SUR_EIO, "%s: was changed while it was read", s->name);
    return SUR_OK;
}

sur_status sur_source_checksum(sur_source *s, char text[65], sur_error *err)
{
    const sur_status status = sur_source_drain(s, err);
    return status == SUR_OK ? sur_sha256_end(&s->sum, text, err) : status;
}

sur_status sur_source_sum_also(sur_source *s, const void *bytes, sur_idx count,
                               sur_error *err)
{
    const bool asked = !s->unsummed;
    const sur_status status = sur_source_drain(s, err);
    if (status != SUR_OK || !asked) return status;
    return sur_sha256_add(&s->sum, bytes, (size_t)count, err);
}
