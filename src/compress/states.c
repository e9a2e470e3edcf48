/* states.c -- see states.h. */
#include "compress/states.h"

#include <string.h>

#include "compress/word.h"

#define LEAST (1U << SUR_STATE_BITS) /* L */

/* Bits for the message, those of the next symbol lowest. */
typedef struct spill {
    uint64_t held;
    int count; /* of them that are not in memory yet, all in all at most 64 */
    uint8_t *at;
} spill;

static inline uint32_t take_in(spill *s, uint32_t x, const sur_shape_part *p)
{
    const int bits = (int)((x + p->shift) >> (SUR_STATE_BITS + 2));
    s->held = s->held << bits | (x & ((1U << bits) - 1));
    s->count += bits;
    x >>= bits;
    const uint32_t times = (uint32_t)((uint64_t)x * p->inverse >> 31);
    return x + times * (SUR_SHAPE_WHOLE - p->size) + p->first;
}

/* Bits above `count` were written before, those below the last byte come again. */
static inline void write_down(spill *s)
{
    sur_word_store(s->at - 8, s->held << 1 << (63 - s->count));
    s->at -= s->count / 8;
    s->count %= 8;
}

static inline sur_idx put_by(uint8_t *end, uint16_t *state, const int count,
                             const int32_t *kept, sur_idx n, const sur_shape *shape)
{
    const sur_shape_part *part = shape->part;
    const sur_idx left = n % count;
    spill s = {.at = end};
    uint32_t x[SUR_STATES_MOST];
    for (int j = 0; j < count; j++) x[j] = LEAST + state[j];
    for (sur_idx j = left - 1; j >= 0; j--) {
        x[j] = take_in(&s, x[j], &part[kept[n - left + j]]);
        write_down(&s);
    }
    for (sur_idx i = n - left - count; i >= 0; i -= count) {
        for (int j = count - 1; j >= 0; j--)
            x[j] = take_in(&s, x[j], &part[kept[i + j]]);
        write_down(&s);
    }
    for (int j = 0; j < count; j++) state[j] = (uint16_t)(x[j] - LEAST);
    return 8 * (end - s.at) + s.count;
}

sur_idx sur_states_put(uint8_t *end, uint16_t *state, int count, const int32_t *kept,
                       sur_idx n, const sur_shape *shape)
{
    return count == 2 ? put_by(end, state, 2, kept, n, shape)
                      : put_by(end, state, 4, kept, n, shape);
}

/* The next bits of a message, at least 52. */
typedef struct window {
    uint64_t bits;
    sur_idx at;
} window;

static inline uint32_t take_out(window *w, uint32_t x, int32_t *kept,
                                const sur_shape *shape)
{
    const uint32_t place = x % SUR_SHAPE_WHOLE;
    const uint8_t symbol = shape->at[place];
    const sur_shape_part *p = &shape->part[symbol];
    *kept = symbol;
    x = p->size * (x >> SUR_SHAPE_BITS) + place - p->first;
    const int bits = __builtin_clz(x) - (31 - SUR_STATE_BITS);
    x = x << bits | (uint32_t)(w->bits & ((1U << bits) - 1));
    w->bits >>= bits;
    w->at += bits;
    return x;
}

static inline void get_by(int32_t *kept, uint16_t *state, const int count, sur_idx n,
                          const sur_shape *shape, sur_reader *r)
{
    const sur_reader from = *r;
    const sur_idx left = n % count;
    window w = {.at = from.at};
    uint32_t x[SUR_STATES_MOST];
    for (int j = 0; j < count; j++) x[j] = LEAST + state[j];
    for (sur_idx i = 0; i < n - left; i += count) {
        w.bits = sur_word_at(&from, w.at);
        for (int j = 0; j < count; j++) x[j] = take_out(&w, x[j], &kept[i + j], shape);
    }
    for (sur_idx j = 0; j < left; j++) {
        w.bits = sur_word_at(&from, w.at);
        x[j] = take_out(&w, x[j], &kept[n - left + j], shape);
    }
    for (int j = 0; j < count; j++) state[j] = (uint16_t)(x[j] - LEAST);
    if (w.at > from.bits) r->bad = true;
    r->at = w.at > from.bits ? from.bits : w.at;
}

void sur_states_get(int32_t *kept, uint16_t *state, int count, sur_idx n,
                    const sur_shape *shape, sur_reader *r)
{
    if (count == 2)
        get_by(kept, state, 2, n, shape, r);
    else
        get_by(kept, state, 4, n, shape, r);
}
