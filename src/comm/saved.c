/* saved.c -- a node's state, its ledger and where it was, in a file.
 *
 * head (magic, node, nodes, round, tick, sizes), identity, log, state, then the SHA-256
 * of all that in hex. Numbers are those of the machine: a checkpoint goes on where it
 * was made. */
#include "comm/saved.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "comm/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUM = 64 };

typedef struct head {
    char magic[8];
    int64_t node, nodes, round, tick;
    uint64_t identity, log, state; /* bytes */
} head;

static const char magic[8] = "surnode";

void sur_saved_free(sur_saved *saved)
{
    sur_log_free(&saved->log);
    free(saved->bytes);
    *saved = (sur_saved){0};
}

static sur_status file_name(sur_text *name, const char *path, sur_idx node,
                            int64_t turn, sur_error *err)
{
    return sur_text_format(name, err, "%s-node%lld.%c", path, (long long)node,
                           turn % 2 ? 'b' : 'a');
}

static sur_status pack(sur_text *out, const char *identity, sur_idx node, sur_idx nodes,
                       const sur_saved *what, sur_error *err)
{
    uint8_t *log = NULL;
    size_t log_size = 0;
    char sum[65];
    sur_status status;

    SUR_TRY(sur_log_pack(&log, &log_size, &what->log, err));
    head h = {.node = node,
              .nodes = nodes,
              .round = what->round,
              .tick = what->tick,
              .identity = strlen(identity),
              .log = log_size,
              .state = what->size};
    memcpy(h.magic, magic, sizeof magic);
    SUR_TRY(sur_text_bytes(out, &h, sizeof h, err));
    SUR_TRY(sur_text_bytes(out, identity, (sur_idx)h.identity, err));
    SUR_TRY(sur_text_bytes(out, log, (sur_idx)log_size, err));
    SUR_TRY(sur_text_bytes(out, what->state, (sur_idx)what->size, err));
    SUR_TRY(sur_sha256_of(sum, out->at, (size_t)out->length, err));
    SUR_TRY(sur_text_bytes(out, sum, SUM, err));

done:
    free(log);
    return status;
}

/* The file is whole or it is the old one. */
static sur_status replace(const char *name, const sur_text *bytes, sur_error *err)
{
    sur_text part = {0};
    FILE *file = NULL;
    sur_status status;

    SUR_TRY(sur_text_format(&part, err, "%s.part", name));
    file = fopen(part.at, "wbe");
    SUR_FAIL_IF(!file, SUR_EWRITE, "%s: cannot write the checkpoint: %s", name,
                strerror(errno));
    const bool written =
        fwrite(bytes->at, 1, (size_t)bytes->length, file) == (size_t)bytes->length;
    const bool flushed = written && fflush(file) == 0 && fsync(fileno(file)) == 0;
    const int why = errno;
    const bool closed = fclose(file) == 0;
    file = NULL;
    if (!flushed || !closed || rename(part.at, name) != 0) {
        status = sur_fail(err, SUR_EWRITE, "%s: cannot write the checkpoint: %s", name,
                          strerror(flushed ? errno : why));
        remove(part.at);
    }

done:
    sur_text_free(&part);
    return status;
}

sur_status sur_saved_write(const char *path, const char *identity, sur_idx node,
                           sur_idx nodes, int64_t turn, const sur_saved *what,
                           sur_error *err)
{
    sur_text name = {0}, bytes = {0};
    sur_status status;

    SUR_TRY(file_name(&name, path, node, turn, err));
    SUR_TRY(pack(&bytes, identity, node, nodes, what, err));
    SUR_TRY(replace(name.at, &bytes, err));

done:
    sur_text_free(&name);
    sur_text_free(&bytes);
    return status;
}

/* ---- reading ---- */

static sur_status parse(sur_saved *out, const uint8_t *bytes, size_t size,
                        const char *identity, sur_idx node, sur_idx nodes,
                        sur_error *err)
{
    head h;
    char sum[65];
    if (size < sizeof h + SUM)
        return sur_fail(err, SUR_EPARSE, "no checkpoint: too short");
    memcpy(&h, bytes, sizeof h);
    if (memcmp(h.magic, magic, sizeof magic) != 0)
        return sur_fail(err, SUR_EPARSE, "no checkpoint of this program");
    const size_t body = size - sizeof h - SUM;
    if (h.identity > body || h.log > body - h.identity ||
        h.state != body - h.identity - h.log || h.round < 0 || h.tick < 0)
        return sur_fail(err, SUR_EPARSE, "a damaged checkpoint: its sizes do not fit");
    sur_status status = sur_sha256_of(sum, bytes, size - SUM, err);
    if (status != SUR_OK) return status;
    if (memcmp(sum, bytes + size - SUM, SUM) != 0)
        return sur_fail(err, SUR_EPARSE, "a damaged checkpoint: its checksum differs");
    if (h.node != node || h.nodes != nodes)
        return sur_fail(err, SUR_EPARSE, "a checkpoint of node %lld of %lld",
                        (long long)h.node, (long long)h.nodes);
    if (h.identity != strlen(identity) ||
        memcmp(bytes + sizeof h, identity, (size_t)h.identity) != 0)
        return sur_fail(err, SUR_EPARSE, "a checkpoint of a run with other options");
    const uint8_t *log = bytes + sizeof h + h.identity;
    status = sur_log_unpack(&out->log, log, (size_t)h.log, err);
    if (status != SUR_OK) return status;
    out->round = h.round;
    out->tick = h.tick;
    out->state = log + h.log;
    out->size = (size_t)h.state;
    return SUR_OK;
}

sur_status sur_saved_check(const void *bytes, size_t size, const char *identity,
                           sur_idx node, sur_idx nodes, int64_t *round, sur_error *err)
{
    sur_saved saved = {0};
    const sur_status status = parse(&saved, bytes, size, identity, node, nodes, err);
    *round = status == SUR_OK ? saved.round : -1;
    sur_saved_free(&saved);
    return status;
}

/* *bytes stays NULL where there is no file. */
static sur_status slurp(uint8_t **bytes, size_t *size, const char *name, sur_error *err)
{
    sur_status status = SUR_OK;
    size_t room = 0;
    *size = 0;
    FILE *file = fopen(name, "rbe");
    if (!file && errno == ENOENT) return SUR_OK;
    if (!file)
        return sur_fail(err, SUR_EIO, "%s: cannot open: %s", name, strerror(errno));
    for (;;) {
        if (*size == room) {
            room = 2 * room + 65536;
            SUR_TRY(sur_resize(bytes, (sur_idx)room, 1, err));
        }
        const size_t count = fread(*bytes + *size, 1, room - *size, file);
        *size += count;
        if (count == 0) break;
    }
    SUR_FAIL_IF(ferror(file), SUR_EIO, "%s: cannot read: %s", name, strerror(errno));

done:
    fclose(file);
    return status;
}

/* One generation; a file that is not there leaves *there false. */
static sur_status read_one(sur_saved *out, bool *there, const char *path,
                           const char *identity, sur_idx node, sur_idx nodes,
                           int64_t turn, sur_error *err)
{
    sur_text name = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    sur_error why;
    sur_status status;

    *there = false;
    SUR_TRY(file_name(&name, path, node, turn, err));
    SUR_TRY(slurp(&bytes, &size, name.at, err));
    if (!bytes) goto done;
    status = parse(out, bytes, size, identity, node, nodes, &why);
    if (status != SUR_OK) {
        status = sur_fail(err, status, "%s: %s", name.at, why.message);
        goto done;
    }
    out->bytes = bytes;
    bytes = NULL;
    *there = true;

done:
    sur_text_free(&name);
    free(bytes);
    return status;
}

sur_status sur_saved_read(sur_saved *out, bool *found, const char *path,
                          const char *identity, sur_idx node, sur_idx nodes,
                          int64_t round, sur_error *err)
{
    sur_status worst = SUR_OK;
    *out = (sur_saved){0};
    *found = false;
    for (int64_t turn = 0; turn < 2; turn++) {
        sur_saved saved = {0};
        bool there = false;
        const sur_status status =
            read_one(&saved, &there, path, identity, node, nodes, turn, err);
        if (status == SUR_ENOMEM) return status;
        if (status != SUR_OK) worst = status;
        const bool wanted = there && (round < 0 ? !*found || saved.round > out->round
                                                : saved.round == round);
        if (wanted) {
            sur_saved_free(out);
            *out = saved;
            *found = true;
        } else {
            sur_saved_free(&saved);
        }
    }
    return *found ? SUR_OK : worst;
}
