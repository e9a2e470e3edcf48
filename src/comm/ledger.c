/* ledger.c -- who said how much to whom, when, and how long that takes. */
#include "comm/ledger.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sur_log_free(sur_log *log)
{
    free(log->sent);
    free(log->busy);
    *log = (sur_log){0};
}

void sur_ledger_free(sur_ledger *ledger)
{
    for (sur_idx i = 0; i < ledger->nodes; i++) sur_log_free(&ledger->node[i]);
    free(ledger->node);
    *ledger = (sur_ledger){0};
}

sur_status sur_ledger_new(sur_ledger *out, sur_idx nodes, sur_error *err)
{
    *out = (sur_ledger){0};
    const sur_status status = sur_alloc(&out->node, nodes, sizeof *out->node, err);
    if (status == SUR_OK) out->nodes = nodes;
    return status;
}

static void add(sur_count *sum, const sur_count *more)
{
    sum->model_bits += more->model_bits;
    sum->framing_bits += more->framing_bits;
    sum->bytes += more->bytes;
    sum->messages += more->messages;
}

sur_status sur_log_send(sur_log *log, const sur_packet *packet, int64_t round,
                        sur_error *err)
{
    if (round >= log->room) {
        const sur_idx room = 2 * round + 16;
        const sur_status status =
            sur_resize(&log->sent, room * SUR_DIRECTIONS, sizeof *log->sent, err);
        if (status != SUR_OK) return status;
        memset(log->sent + log->room * SUR_DIRECTIONS, 0,
               (size_t)((room - log->room) * SUR_DIRECTIONS) * sizeof *log->sent);
        log->room = room;
    }
    if (round >= log->rounds) log->rounds = round + 1;
    const int64_t bits = 8 * (int64_t)packet->size;
    add(&log->sent[round * SUR_DIRECTIONS + packet->direction],
        &(sur_count){packet->model_bits, bits - packet->model_bits,
                     (int64_t)packet->size, 1});
    return SUR_OK;
}

void sur_log_receive(sur_log *log, size_t size, sur_direction direction)
{
    add(&log->received[direction], &(sur_count){.bytes = (int64_t)size, .messages = 1});
}

sur_status sur_log_tick(sur_log *log, int64_t tick, int64_t sent, int64_t received,
                        sur_error *err)
{
    if (sent == 0 && received == 0) return SUR_OK;
    if (log->ticks == log->busy_room) {
        const sur_idx room = 2 * log->busy_room + 64;
        const sur_status status =
            sur_resize(&log->busy, 2 * room, sizeof *log->busy, err);
        if (status != SUR_OK) return status;
        log->busy_room = room;
    }
    log->busy[2 * log->ticks] = tick;
    log->busy[2 * log->ticks + 1] = sent > received ? sent : received;
    log->ticks += 1;
    return SUR_OK;
}

sur_count sur_ledger_sent(const sur_ledger *ledger, sur_idx round,
                          sur_direction direction)
{
    sur_count sum = {0};
    for (sur_idx i = 0; i < ledger->nodes; i++) {
        const sur_log *log = &ledger->node[i];
        const sur_idx first = round < 0 ? 0 : round;
        const sur_idx end = round < 0 || round >= log->rounds ? log->rounds : round + 1;
        for (sur_idx r = first; r < end; r++)
            for (int d = 0; d < SUR_DIRECTIONS; d++)
                if (direction == SUR_DIRECTIONS || d == (int)direction)
                    add(&sum, &log->sent[r * SUR_DIRECTIONS + d]);
    }
    return sum;
}

sur_count sur_ledger_received(const sur_ledger *ledger)
{
    sur_count sum = {0};
    for (sur_idx i = 0; i < ledger->nodes; i++)
        for (int d = 0; d < SUR_DIRECTIONS; d++)
            add(&sum, &ledger->node[i].received[d]);
    return sum;
}

sur_status sur_ledger_seconds(double *seconds, const sur_ledger *ledger,
                              double bandwidth, double latency, sur_error *err)
{
    int64_t last = -1;
    double *most = NULL, sum = 0.0;

    *seconds = nan("");
    for (sur_idx i = 0; i < ledger->nodes; i++) {
        const sur_log *log = &ledger->node[i];
        if (log->ticks > 0 && log->busy[2 * log->ticks - 2] > last)
            last = log->busy[2 * log->ticks - 2];
    }
    const sur_status status = sur_alloc(&most, last + 1, sizeof *most, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < ledger->nodes; i++)
        for (sur_idx t = 0; t < ledger->node[i].ticks; t++) {
            const int64_t *busy = ledger->node[i].busy + 2 * t;
            most[busy[0]] = fmax(most[busy[0]], (double)busy[1]);
        }
    for (int64_t t = 0; t <= last; t++)
        if (most[t] > 0.0) sum += latency + 8.0 * most[t] / bandwidth;
    free(most);
    *seconds = sum;
    return SUR_OK;
}

/* ---- as bytes: rounds, ticks, sent, received, busy ---- */

enum { COUNT = (int)(sizeof(sur_count) / sizeof(int64_t)) };
#define LOG_MOST ((int64_t)1 << 40) /* rounds or ticks a log may claim to have */

static size_t packed_size(int64_t rounds, int64_t ticks)
{
    return sizeof(int64_t) *
           (size_t)(2 + COUNT * SUR_DIRECTIONS * (rounds + 1) + 2 * ticks);
}

sur_status sur_log_pack(uint8_t **bytes, size_t *size, const sur_log *log,
                        sur_error *err)
{
    *size = packed_size(log->rounds, log->ticks);
    const sur_status status = sur_alloc(bytes, (sur_idx)*size, 1, err);
    if (status != SUR_OK) return status;
    const int64_t head[2] = {log->rounds, log->ticks};
    const size_t sent = (size_t)(log->rounds * SUR_DIRECTIONS) * sizeof *log->sent;
    uint8_t *at = *bytes;
    memcpy(at, head, sizeof head);
    at += sizeof head;
    if (sent) memcpy(at, log->sent, sent);
    at += sent;
    memcpy(at, log->received, sizeof log->received);
    at += sizeof log->received;
    if (log->ticks) memcpy(at, log->busy, 2 * (size_t)log->ticks * sizeof *log->busy);
    return SUR_OK;
}

/* Ticks must grow, and no count may be negative: later sums rely on it. */
static bool is_sane(const sur_log *log)
{
    const int64_t *sent = (const int64_t *)log->sent;
    for (sur_idx k = 0; k < log->rounds * SUR_DIRECTIONS * COUNT; k++)
        if (sent[k] < 0 || sent[k] > LOG_MOST) return false;
    for (sur_idx t = 0; t < log->ticks; t++) {
        const int64_t *busy = log->busy + 2 * t;
        if (busy[0] < 0 || busy[0] > 1000000000 || busy[1] < 0 ||
            (t > 0 && busy[0] <= busy[-2]))
            return false;
    }
    return true;
}

sur_status sur_log_unpack(sur_log *out, const uint8_t *bytes, size_t size,
                          sur_error *err)
{
    sur_log log = {0};
    int64_t head[2] = {0};
    sur_status status;

    *out = log;
    if (size >= sizeof head) memcpy(head, bytes, sizeof head);
    const bool fits = size >= sizeof head && head[0] >= 0 && head[1] >= 0 &&
                      head[0] < LOG_MOST && head[1] < LOG_MOST &&
                      size == packed_size(head[0], head[1]);
    if (!fits)
        return sur_fail(err, SUR_EPARSE, "its log has another size than it says");
    const size_t sent = (size_t)(head[0] * SUR_DIRECTIONS) * sizeof *log.sent;
    SUR_TRY(sur_alloc(&log.sent, head[0] * SUR_DIRECTIONS, sizeof *log.sent, err));
    SUR_TRY(sur_alloc(&log.busy, 2 * head[1], sizeof *log.busy, err));
    log.rounds = log.room = head[0];
    log.ticks = log.busy_room = head[1];
    const uint8_t *at = bytes + sizeof head;
    if (sent) memcpy(log.sent, at, sent);
    memcpy(log.received, at + sent, sizeof log.received);
    if (log.ticks)
        memcpy(log.busy, at + sent + sizeof log.received,
               2 * (size_t)log.ticks * sizeof *log.busy);
    SUR_FAIL_IF(!is_sane(&log), SUR_EPARSE, "its log is not one of a run");
    *out = log;
    log = (sur_log){0};

done:
    sur_log_free(&log);
    return status;
}
