/* shaped.c -- see shaped.h. */
#include "compress/shaped.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/try.h"
#include "compress/coder.h"
#include "compress/states.h"
#include "compress/word.h"

/* So many bits of other things are expected where four states, or two, are to begin
 * with them. */
enum { FOR_FOUR = 128, FOR_TWO = 48 };
enum { NUMBER_ROOM = 9 }; /* bytes that a number's plain bits take at most */
enum { FRONT = 32 };      /* bytes; a state's bits and what follows them */

static uint32_t size_of(int32_t q) { return (uint32_t)(q < 0 ? -q : q); }

static int states_for(const sur_shaped *s, sur_idx n)
{
    const sur_idx signs =
        s->two_sided ? n * (sur_idx)(SUR_SHAPE_WHOLE - s->shape->part[0].size) : 0;
    const sur_idx plain = n * s->low + signs / SUR_SHAPE_WHOLE;
    return plain >= FOR_FOUR ? 4 : plain >= FOR_TWO ? 2 : 0;
}

/* ---- put ---- */

/* Bits one after the other; at most 32 at a time. */
typedef struct line {
    uint64_t held;
    unsigned count; /* of them, at most 7 between calls */
    uint8_t *at;
} line;

static inline void line_put(line *l, uint32_t bits, int count)
{
    l->held |= (uint64_t)bits << l->count;
    l->count += (unsigned)count;
    sur_word_store(l->at, l->held);
    l->at += l->count / 8;
    l->held >>= l->count & ~7U;
    l->count &= 7;
}

/* kept [n], and everything else into `to`; how many bits of it. */
static sur_idx split(int32_t *kept, uint8_t *to, const int32_t *q, sur_idx n,
                     const sur_shaped *s)
{
    const int low = s->low;
    const uint32_t last = (uint32_t)s->shape->last, mask = (1U << low) - 1;
    const int sign = s->two_sided;
    line l = {.at = to};
    for (sur_idx i = 0; i < n; i++) {
        const uint32_t k = size_of(q[i]), of_k = k >> low;
        kept[i] = (int32_t)(of_k < last ? of_k : last);
        if (of_k >= last) {
            const uint32_t beyond = of_k - last + 1;
            const int length = 31 - __builtin_clz(beyond);
            line_put(&l, (uint32_t)length, SUR_SHAPED_LENGTH);
            line_put(&l, beyond & ((1U << length) - 1), length);
        }
        line_put(&l, (k & mask) | (uint32_t)(q[i] < 0) << low, low + (sign && k));
    }
    return 8 * (l.at - to) + l.count;
}

static void append(sur_message *m, const uint8_t *bytes, sur_idx from, sur_idx to)
{
    sur_reader r = sur_reader_make(bytes, to);
    r.at = from < to ? from : to;
    while (r.at < r.bits) {
        const int width = r.bits - r.at < 56 ? (int)(r.bits - r.at) : 56;
        sur_message_put(m, sur_reader_take(&r, width), width);
    }
}

/* The first 16 bits of the plain ones for each state. */
static void begin(uint16_t *state, int count, const uint8_t *bytes, sur_idx bits)
{
    sur_reader r = sur_reader_make(bytes, bits);
    for (int j = 0; j < count; j++) {
        const sur_idx left = r.bits - r.at;
        state[j] = (uint16_t)sur_reader_take(
            &r, left < SUR_STATE_BITS ? (int)left : SUR_STATE_BITS);
    }
}

static void put_parts(sur_message *m, const int32_t *kept, sur_idx n,
                      const sur_shape *shape)
{
    enum { FINER = SUR_CODER_BITS - SUR_SHAPE_BITS };
    sur_encoder e = sur_encoder_make(m);
    for (sur_idx i = 0; i < n; i++) {
        const sur_shape_part *p = &shape->part[kept[i]];
        sur_encoder_part(&e, p->first << FINER, (p->first + p->size) << FINER);
    }
    sur_encoder_end(&e);
}

sur_status sur_shaped_put(sur_message *m, const int32_t *q, sur_idx n,
                          const sur_shaped *s, sur_error *err)
{
    const int count = states_for(s, n);
    const sur_idx states_room = sur_states_room(n), plain_room = NUMBER_ROOM * n + 16;
    uint16_t state[SUR_STATES_MOST];
    uint8_t *room = NULL;
    int32_t *kept = NULL;
    sur_status status;

    SUR_TRY(sur_resize(&room, states_room + plain_room, 1, err));
    SUR_TRY(sur_resize(&kept, n, sizeof *kept, err));
    uint8_t *plain = room + states_room;
    const sur_idx bits = split(kept, plain, q, n, s);
    if (count) {
        begin(state, count, plain, bits);
        const sur_idx taken = sur_states_put(plain, state, count, kept, n, s->shape);
        SUR_TRY(sur_message_reserve(m, count * SUR_STATE_BITS + taken + bits, err));
        for (int j = 0; j < count; j++) sur_message_put(m, state[j], SUR_STATE_BITS);
        const sur_idx first = 8 * states_room - taken;
        append(m, room, first, first + taken);
    } else {
        SUR_TRY(sur_message_reserve(m, (SUR_CODER_BITS + 1) * n + 64 + bits, err));
        put_parts(m, kept, n, s->shape);
    }
    append(m, plain, count * SUR_STATE_BITS, bits);

done:
    free(kept);
    free(room);
    return status;
}

/* ---- get ---- */

static void get_parts(int32_t *kept, sur_idx n, const sur_shape *shape, sur_reader *r)
{
    enum { FINER = SUR_CODER_BITS - SUR_SHAPE_BITS };
    sur_decoder d = sur_decoder_make(r);
    for (sur_idx i = 0; i < n && !r->bad; i++) {
        kept[i] = shape->at[sur_decoder_place(&d) >> FINER];
        const sur_shape_part *p = &shape->part[kept[i]];
        sur_decoder_part(&d, p->first << FINER, (p->first + p->size) << FINER);
        if (sur_decoder_astray(&d)) r->bad = true;
    }
    sur_decoder_end(&d);
}

/* How far beyond the last one a number is. */
static int64_t beyond(const sur_reader *r, sur_idx *at)
{
    const uint64_t word = sur_word_at(r, *at);
    const int length = (int)(word & ((1U << SUR_SHAPED_LENGTH) - 1));
    const uint32_t mask = (1U << length) - 1;
    *at += SUR_SHAPED_LENGTH + length;
    return (int64_t)((word >> SUR_SHAPED_LENGTH & mask) | (UINT64_C(1) << length)) - 1;
}

/* Numbers i .. until the plain bits of `from` have been read up to `end`; the next i.
 * Without rest no number has to wait for the bits of the one before. */
static inline sur_idx join_by(int32_t *q, sur_idx i, sur_idx n, int64_t most,
                              const sur_shaped *s, const int low, sur_reader *from,
                              sur_idx end)
{
    const sur_reader r = *from;
    const int last = s->shape->last;
    const bool two_sided = s->two_sided;
    sur_idx at = r.at;
    bool bad = false;
    for (; i < n && at < end; i++) {
        int64_t k = q[i];
        if (k == last) k += beyond(&r, &at);
        uint64_t word = sur_word_at(&r, at);
        if (low > 0) k = k << low | (int64_t)(word & ((1U << low) - 1));
        const uint64_t sign = two_sided & (k > 0);
        const int64_t flip = -(int64_t)(word >> low & sign);
        at += low + (sur_idx)sign;
        bad |= k > most;
        q[i] = (int32_t)((k ^ flip) - flip);
    }
    from->bad |= bad || at > r.bits;
    from->at = at < r.bits ? at : r.bits;
    return i;
}

static sur_idx join(int32_t *q, sur_idx i, sur_idx n, int64_t most, const sur_shaped *s,
                    sur_reader *from, sur_idx end)
{
    return s->low ? join_by(q, i, n, most, s, s->low, from, end)
                  : join_by(q, i, n, most, s, 0, from, end);
}

/* The bits that the states began with, and those of the message behind them. */
static sur_reader front_of(uint8_t *room, const uint16_t *state, int count,
                           const sur_reader *r)
{
    line l = {.at = room};
    sur_reader from = *r;
    const sur_idx left = r->bits - r->at, most = 8 * FRONT - 2 * 64;
    for (int j = 0; j < count; j++) line_put(&l, state[j], SUR_STATE_BITS);
    const sur_idx end = r->at + (left < most ? left : most);
    while (from.at < end) {
        const int width = end - from.at < 32 ? (int)(end - from.at) : 32;
        line_put(&l, (uint32_t)sur_reader_take(&from, width), width);
    }
    return sur_reader_make(room, 8 * (l.at - room) + l.count);
}

/* Numbers whose plain bits come from the states; what is left of those must be 0. */
static sur_idx join_front(int32_t *q, sur_idx n, int64_t most, const sur_shaped *s,
                          const uint16_t *state, int count, sur_reader *r)
{
    const sur_idx own = (sur_idx)count * SUR_STATE_BITS;
    uint8_t room[FRONT] = {0};
    sur_reader front = front_of(room, state, count, r);
    const sur_idx i = join(q, 0, n, most, s, &front, own);
    if (front.bad) r->bad = true;
    if (front.at >= own)
        r->at += front.at - own;
    else if (sur_reader_take(&front, (int)(own - front.at)) != 0)
        r->bad = true;
    return i;
}

void sur_shaped_get(int32_t *q, sur_idx n, int64_t most, const sur_shaped *s,
                    sur_reader *r)
{
    const int count = states_for(s, n);
    uint16_t state[SUR_STATES_MOST];
    sur_idx i = 0;
    for (int j = 0; j < count; j++)
        state[j] = (uint16_t)sur_reader_take(r, SUR_STATE_BITS);
    if (r->bad) return;
    if (count)
        sur_states_get(q, state, count, n, s->shape, r);
    else
        get_parts(q, n, s->shape, r);
    if (count && !r->bad) i = join_front(q, n, most, s, state, count, r);
    if (!r->bad) join(q, i, n, most, s, r, INT64_MAX);
}
