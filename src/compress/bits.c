/* bits.c -- messages, bit by bit. */
#include <surplus/compress.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

sur_status sur_message_new(sur_message *m, sur_idx most, sur_error *err)
{
    *m = (sur_message){0};
    const sur_status status = sur_alloc(&m->bytes, most / 8 + 1, 1, err);
    if (status == SUR_OK) m->most = most;
    return status;
}

sur_status sur_message_reserve(sur_message *m, sur_idx more, sur_error *err)
{
    if (more <= m->most - m->bits) return SUR_OK;
    const sur_idx most = m->bits + more > 2 * m->most ? m->bits + more : 2 * m->most;
    const sur_status status = sur_resize(&m->bytes, most / 8 + 1, 1, err);
    if (status == SUR_OK) m->most = most;
    return status;
}

void sur_message_free(sur_message *m)
{
    free(m->bytes);
    *m = (sur_message){0};
}

void sur_message_clear(sur_message *m) { m->bits = 0; }

/* Where a word's lowest byte comes first, bits are put and taken by words; AT_ONCE of
 * them fit beside the up to seven before them. */
enum { WORD = 8, AT_ONCE = 8 * WORD - 7 };

static bool lowest_first(void)
{
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first == 1;
}

/* What lies behind the end is overwritten, so taking back costs nothing. */
void sur_message_put(sur_message *m, uint64_t value, int width)
{
    assert(width >= 0 && width <= 64 && width <= m->most - m->bits);
    if (lowest_first() && width <= AT_ONCE && m->bits / 8 + WORD <= m->most / 8) {
        const int offset = (int)(m->bits % 8);
        uint64_t word = m->bytes[m->bits / 8] & ((1U << offset) - 1);
        word |= (value & ((UINT64_C(1) << width) - 1)) << offset;
        memcpy(m->bytes + m->bits / 8, &word, WORD);
        m->bits += width;
        return;
    }
    while (width > 0) {
        uint8_t *byte = m->bytes + m->bits / 8;
        const int offset = (int)(m->bits % 8);
        const int part = width < 8 - offset ? width : 8 - offset;
        const uint64_t low = value & ((1U << part) - 1);
        *byte = (uint8_t)((*byte & ((1U << offset) - 1)) | low << offset);
        value >>= part;
        width -= part;
        m->bits += part;
    }
}

sur_reader sur_reader_make(const uint8_t *bytes, sur_idx bits)
{
    return (sur_reader){.bytes = bytes, .bits = bits};
}

uint64_t sur_reader_take(sur_reader *r, int width)
{
    assert(width >= 0 && width <= 64);
    uint64_t value = 0;
    if (width > r->bits - r->at) {
        r->at = r->bits;
        r->bad = true;
        return 0;
    }
    if (lowest_first() && width <= AT_ONCE && r->at / 8 + WORD <= r->bits / 8) {
        memcpy(&value, r->bytes + r->at / 8, WORD);
        value = value >> r->at % 8 & ((UINT64_C(1) << width) - 1);
        r->at += width;
        return value;
    }
    for (int done = 0; done < width;) {
        const int offset = (int)(r->at % 8);
        const int part = width - done < 8 - offset ? width - done : 8 - offset;
        const uint64_t low = (uint64_t)(r->bytes[r->at / 8] >> offset);
        value |= (low & ((1U << part) - 1)) << done;
        done += part;
        r->at += part;
    }
    return value;
}

sur_status sur_reader_end(const sur_reader *r, sur_error *err)
{
    if (r->bad)
        return sur_fail(err, SUR_EPARSE, "the message ends early, after %lld bits",
                        (long long)r->bits);
    if (r->at < r->bits)
        return sur_fail(err, SUR_EPARSE, "the message has %lld bits, not %lld",
                        (long long)r->bits, (long long)r->at);
    if (r->bits % 8 && r->bytes[r->bits / 8] >> (r->bits % 8))
        return sur_fail(err, SUR_EPARSE, "the message is not filled up with zeros");
    return SUR_OK;
}
