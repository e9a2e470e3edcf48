/* root_file.c -- keys, directories and packed records of a ROOT file. */
#include "data/root.h"
#include "data/slurp.h"
#include "data/unpack.h"

#include "base/memory.h"
#include "base/try.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* ---- bytes ---- */

uint64_t sur_root_take(sur_root_cursor *c, int bytes)
{
    uint64_t x = 0;
    if (c->bad || c->count - c->at < bytes) {
        c->bad = true;
        return 0;
    }
    for (int k = 0; k < bytes; k++) x = x << 8 | c->bytes[c->at++];
    return x;
}

double sur_root_take_double(sur_root_cursor *c)
{
    const uint64_t bits = sur_root_take(c, 8);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

void sur_root_skip(sur_root_cursor *c, sur_idx bytes)
{
    if (bytes < 0 || c->count - c->at < bytes)
        c->bad = true;
    else
        c->at += bytes;
}

sur_root_name sur_root_take_name(sur_root_cursor *c)
{
    sur_root_name name = {""};
    sur_idx length = (sur_idx)sur_root_take(c, 1);
    if (length == 255) length = (sur_idx)sur_root_take(c, 4);
    const sur_idx from = c->at, kept = length < 255 ? length : 255;
    sur_root_skip(c, length);
    if (!c->bad && kept) memcpy(name.text, c->bytes + from, (size_t)kept);
    return name;
}

static sur_status read_at(const sur_root *root, void *to, sur_idx place, sur_idx want,
                          sur_idx *got, sur_error *err)
{
    *got = 0;
    while (*got < want) {
        const ssize_t n = pread(root->source->fd, (char *)to + *got,
                                (size_t)(want - *got), (off_t)(place + *got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            return sur_fail(err, SUR_EIO, "%s: %s", root->source->name,
                            strerror(errno));
        if (n == 0) break;
        *got += (sur_idx)n;
    }
    return SUR_OK;
}

static sur_status damaged(const sur_root *root, const char *what, sur_error *err)
{
    return sur_fail(err, SUR_EPARSE, "%s: damaged ROOT file (%s)", root->source->name,
                    what);
}

/* ---- keys ---- */

static sur_root_key take_key(sur_root_cursor *c)
{
    sur_root_key key;
    memset(&key, 0, sizeof key);
    key.bytes = (int32_t)sur_root_take(c, 4);
    const int version = (int)sur_root_take(c, 2), wide = version > 1000 ? 8 : 4;
    key.plain = (int32_t)sur_root_take(c, 4);
    sur_root_skip(c, 4); /* the date */
    key.head = (sur_idx)sur_root_take(c, 2);
    sur_root_skip(c, 2); /* the cycle */
    key.place = (sur_idx)(sur_root_take(c, wide) & INT64_MAX);
    sur_root_skip(c, wide);
    key.class = sur_root_take_name(c);
    key.name = sur_root_take_name(c);
    sur_root_take_name(c);
    return key;
}

static bool is_sound(const sur_root_key *key, const sur_root *root)
{
    return key->bytes >= key->head && key->head > 0 && key->plain >= 0 &&
           key->place >= 0 && key->place <= root->source->size &&
           key->bytes <= root->source->size - key->place;
}

sur_status sur_root_key_at(sur_root_key *key, const sur_root *root, sur_idx place,
                           sur_error *err)
{
    unsigned char bytes[1024];
    sur_idx got;
    const sur_status status = read_at(root, bytes, place, sizeof bytes, &got, err);
    if (status != SUR_OK) return status;
    sur_root_cursor c = {bytes, 0, got, false};
    *key = take_key(&c);
    key->place = place;
    return c.bad || !is_sound(key, root) ? damaged(root, "a key", err) : SUR_OK;
}

sur_status sur_root_open(sur_root *root, sur_source *source, sur_error *err)
{
    unsigned char head[64];
    sur_idx got;
    *root = (sur_root){.source = source};
    if (source->size < 0 || source->unpack || source->zstd || source->in_tar)
        return sur_fail(
            err, SUR_EPARSE,
            "%s: a ROOT file must be a file of its own, not piped or packed",
            source->name);
    const sur_status status = read_at(root, head, 0, sizeof head, &got, err);
    if (status != SUR_OK) return status;
    sur_root_cursor c = {head, 4, got, false};
    const int wide = sur_root_take(&c, 4) >= 1000000 ? 8 : 4;
    const sur_idx begin = (sur_idx)sur_root_take(&c, 4);
    sur_root_skip(&c, 2 * wide + 8);
    const sur_idx names = (sur_idx)sur_root_take(&c, 4);
    root->directory = begin + names;
    return c.bad ? damaged(root, "its head", err) : SUR_OK;
}

sur_status sur_root_list(sur_root_key **keys, sur_idx *count, const sur_root *root,
                         sur_idx directory, sur_error *err)
{
    unsigned char head[64], *bytes = NULL;
    sur_root_key list;
    sur_idx got;
    sur_status status;
    *keys = NULL;
    *count = 0;
    SUR_TRY(read_at(root, head, directory, sizeof head, &got, err));
    sur_root_cursor c = {head, 0, got, false};
    const int wide = (int)sur_root_take(&c, 2) > 1000 ? 8 : 4;
    sur_root_skip(&c, 16 + 2 * wide);
    const sur_idx place = (sur_idx)(sur_root_take(&c, wide) & INT64_MAX);
    if (c.bad || place > root->source->size) return damaged(root, "a directory", err);
    SUR_TRY(sur_root_key_at(&list, root, place, err));
    SUR_TRY(sur_alloc(&bytes, list.bytes, 1, err));
    SUR_TRY(read_at(root, bytes, place, list.bytes, &got, err));
    c = (sur_root_cursor){bytes, list.head, got, false};
    const sur_idx many = (int32_t)sur_root_take(&c, 4);
    if (c.bad || many < 0 || many > got / 18) {
        status = damaged(root, "a list of keys", err);
        goto done;
    }
    SUR_TRY(sur_alloc(keys, many, sizeof **keys, err));
    for (; *count < many; ++*count) (*keys)[*count] = take_key(&c);
    if (c.bad) status = damaged(root, "a list of keys", err);
done:
    free(bytes);
    return status;
}

/* ---- packed records ---- */

static bool inflate_block(unsigned char *to, size_t room, const unsigned char *from,
                          size_t count)
{
    uLongf got = (uLongf)room;
    return uncompress(to, &got, from, (uLong)count) == Z_OK && got == room;
}

/* One block: two letters, a method, the sizes packed and plain (3 bytes each, little
 * end first), the bytes. */
static sur_status unpack_block(unsigned char *to, size_t room,
                               const unsigned char *from, size_t packed,
                               const sur_root *root, sur_error *err)
{
    const unsigned char *data = from + 9;
    const char *name = root->source->name;
    bool ok;
    if (memcmp(from, "ZL", 2) == 0) {
        ok = inflate_block(to, room, data, packed);
    } else if (memcmp(from, "L4", 2) == 0) { /* 8 bytes of checksum first */
        if (!sur_has_lz4)
            return sur_fail(err, SUR_EPARSE,
                            "%s: is packed by LZ4, and this program was built without "
                            "(-DSUR_LZ4=OFF)",
                            name);
        ok = packed > 8 && sur_lz4_block(to, room, data + 8, packed - 8);
    } else if (memcmp(from, "ZS", 2) == 0) {
        if (!sur_has_zstd)
            return sur_fail(err, SUR_EPARSE,
                            "%s: is packed by zstd, and this program was built without "
                            "(-DSUR_ZSTD=OFF)",
                            name);
        ok = sur_zstd_block(to, room, data, packed);
    } else if (memcmp(from, "XZ", 2) == 0 || memcmp(from, "CS", 2) == 0) {
        return sur_fail(err, SUR_EPARSE,
                        "%s: is packed by %s, which is not read; repack it: hadd -f505 "
                        "OUT.root %s",
                        name, *from == 'X' ? "LZMA" : "ROOT's old method", name);
    } else {
        ok = false;
    }
    return ok ? SUR_OK : damaged(root, "a packed block", err);
}

static sur_status unpack_all(unsigned char *to, sur_idx plain,
                             const unsigned char *from, sur_idx packed,
                             const sur_root *root, sur_error *err)
{
    while (plain > 0) {
        if (packed < 9) return damaged(root, "a packed record", err);
        const sur_idx in = from[3] | from[4] << 8 | from[5] << 16,
                      out = from[6] | from[7] << 8 | from[8] << 16;
        if (in > packed - 9 || out > plain || out == 0)
            return damaged(root, "sizes of a packed block", err);
        const sur_status status =
            unpack_block(to, (size_t)out, from, (size_t)in, root, err);
        if (status != SUR_OK) return status;
        from += 9 + in, packed -= 9 + in;
        to += out, plain -= out;
    }
    return SUR_OK;
}

sur_status sur_root_read(unsigned char **bytes, sur_idx *room, const sur_root *root,
                         const sur_root_key *key, sur_error *err)
{
    const sur_idx packed = key->bytes - key->head;
    unsigned char *raw = NULL;
    sur_idx got;
    sur_status status;
    SUR_TRY(sur_source_believe(root->source, (double)key->plain, err));
    if (*room < key->plain + 1 || !*bytes) {
        SUR_TRY(sur_resize(bytes, key->plain + 1, 1, err));
        *room = key->plain + 1;
    }
    if (packed == key->plain) {
        SUR_TRY(read_at(root, *bytes, key->place + key->head, packed, &got, err));
        if (got < packed) status = damaged(root, "it ends too early", err);
        goto done;
    }
    SUR_TRY(sur_alloc(&raw, packed, 1, err));
    SUR_TRY(read_at(root, raw, key->place + key->head, packed, &got, err));
    if (got < packed)
        status = damaged(root, "it ends too early", err);
    else
        status = unpack_all(*bytes, key->plain, raw, packed, root, err);
done:
    free(raw);
    return status;
}
