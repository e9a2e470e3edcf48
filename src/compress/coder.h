/* coder.h -- arithmetic coding to single bits.
 *
 * Witten, Neal, Cleary, "Arithmetic coding for data compression", CACM 1987: an
 * interval [low, high] of 32-bit numbers shrinks to the part of each symbol and is
 * doubled, with one bit written (or owed), whenever it fits a half. A stream of symbols
 * has exactly (doublings + 2) bits and can be followed by anything.
 *
 * All doublings that a symbol causes are done at once: first one for each bit that low
 * and high have in common at the top, then one for each 1 of low above a 0 of high that
 * follows. */
#ifndef COMPRESS_CODER_H
#define COMPRESS_CODER_H

#include <surplus/compress.h>

/* Symbols have parts of SUR_CODER_WHOLE; no part is empty. */
enum { SUR_CODER_BITS = 16 };
#define SUR_CODER_WHOLE (1U << SUR_CODER_BITS)

/* The chance that a decision is 1, from how often it was. */
typedef struct sur_chance {
    uint16_t one;  /* of SUR_CODER_WHOLE */
    uint16_t seen; /* 0: no decision so far, and the chance is a half */
} sur_chance;

typedef struct sur_encoder {
    sur_message *m; /* with room: 17 bits for each symbol, and 2 */
    uint32_t low, high;
    uint64_t held; /* bits that are not in m yet, the next one highest of `count` */
    int count;
    sur_idx owed;
} sur_encoder;

typedef struct sur_decoder {
    sur_reader *r;
    uint32_t low, high, value;
    uint64_t held; /* bits that were fetched, the next one at the top */
    int count;
    sur_idx doublings, fetched; /* fetched: a place in r */
} sur_decoder;

/* encode the symbol whose part is first .. last-1; what it adds to the message. */
sur_encoder sur_encoder_make(sur_message *m);
static inline void sur_encoder_part(sur_encoder *e, uint32_t first, uint32_t last);
void sur_encoder_bit(sur_encoder *e, sur_chance *chance, unsigned bit);
static inline void sur_encoder_plain(sur_encoder *e, uint32_t value,
                                     int width); /* equal chances */
void sur_encoder_end(sur_encoder *e);
/* How long the message will at least be. */
static inline sur_idx sur_encoder_bits(const sur_encoder *e);

/* A place in the whole, to be looked up; then the part that was found there. */
sur_decoder sur_decoder_make(sur_reader *r);
static inline uint32_t sur_decoder_place(const sur_decoder *d);
static inline void sur_decoder_part(sur_decoder *d, uint32_t first, uint32_t last);
unsigned sur_decoder_bit(sur_decoder *d, sur_chance *chance);
static inline uint32_t sur_decoder_plain(sur_decoder *d, int width);
/* Far more was read than there is. */
static inline bool sur_decoder_astray(const sur_decoder *d);
void sur_decoder_end(sur_decoder *d); /* sets bad if the message was too short */

/* ---- what is called for every symbol ---- */

void sur_coder_put(sur_message *m, uint32_t bits, int count); /* from the highest on */
uint32_t sur_coder_fetch(const sur_reader *r, sur_idx at);    /* 32 bits likewise */

/* An interval after a symbol: the bits it gives away, and its doublings. */
typedef struct sur_doubling {
    int same, owed;
} sur_doubling;

static inline sur_doubling sur_coder_narrow(uint32_t *low, uint32_t *high,
                                            uint32_t first, uint32_t last,
                                            uint32_t *away)
{
    const uint64_t range = (uint64_t)*high - *low + 1;
    uint32_t h = *low + (uint32_t)((range * last >> SUR_CODER_BITS) - 1),
             l = *low + (uint32_t)(range * first >> SUR_CODER_BITS);
    const int same = __builtin_clz(l ^ h);
    *away = (uint32_t)((uint64_t)l >> (32 - same));
    l <<= same;
    h = h << same | ((1U << same) - 1);
    const int owed = __builtin_clz(~((l & ~h) << 1));
    *low = l << owed & (UINT32_MAX >> 1);
    *high = h << owed | ~(UINT32_MAX >> 1) | ((1U << owed) - 1);
    return (sur_doubling){same, owed};
}

static inline void sur_encoder_push(sur_encoder *e, uint32_t bits, int count)
{
    e->held = e->held << count | bits;
    e->count += count;
    if (e->count < 32) return;
    e->count -= 32;
    sur_coder_put(e->m, (uint32_t)(e->held >> e->count), 32);
}

/* The next bit, then those that are owed, which are its opposite. */
static inline void sur_encoder_pay(sur_encoder *e, uint32_t next)
{
    if (e->owed < 31) {
        sur_encoder_push(e, (1U << e->owed) - 1 + next, (int)e->owed + 1);
    } else {
        sur_encoder_push(e, next, 1);
        for (; e->owed > 0; e->owed--) sur_encoder_push(e, !next, 1);
    }
    e->owed = 0;
}

static inline void sur_encoder_part(sur_encoder *e, uint32_t first, uint32_t last)
{
    uint32_t away;
    const sur_doubling by = sur_coder_narrow(&e->low, &e->high, first, last, &away);
    if (by.same) {
        if (e->owed) {
            sur_encoder_pay(e, away >> (by.same - 1));
            sur_encoder_push(e, away & ((1U << (by.same - 1)) - 1), by.same - 1);
        } else {
            sur_encoder_push(e, away, by.same);
        }
    }
    e->owed += by.owed;
}

static inline void sur_encoder_plain(sur_encoder *e, uint32_t value, int width)
{
    for (; width > 0; width -= 16) {
        const int part = width < 16 ? width : 16;
        const uint32_t each = SUR_CODER_WHOLE >> part, low = value & ((1U << part) - 1);
        sur_encoder_part(e, low * each, (low + 1) * each);
        value >>= part;
    }
}

static inline sur_idx sur_encoder_bits(const sur_encoder *e)
{
    return e->m->bits + e->count + e->owed;
}

static inline uint32_t sur_decoder_place(const sur_decoder *d)
{
    const uint64_t range = (uint64_t)d->high - d->low + 1;
    return (uint32_t)((((uint64_t)d->value - d->low + 1) * SUR_CODER_WHOLE - 1) /
                      range);
}

static inline void sur_decoder_part(sur_decoder *d, uint32_t first, uint32_t last)
{
    const uint32_t top = ~(UINT32_MAX >> 1);
    uint32_t away;
    const sur_doubling by = sur_coder_narrow(&d->low, &d->high, first, last, &away);
    const int more = by.same + by.owed; /* at most 17 */
    if (d->count < more) {
        d->held |= (uint64_t)sur_coder_fetch(d->r, d->fetched) << (32 - d->count);
        d->fetched += 32;
        d->count += 32;
    }
    const uint32_t bits = (uint32_t)(d->held >> 1 >> (63 - more));
    d->value = (d->value << by.same & top) | ((d->value << more | bits) & ~top);
    d->held <<= more;
    d->count -= more;
    d->doublings += more;
}

static inline uint32_t sur_decoder_plain(sur_decoder *d, int width)
{
    uint32_t value = 0;
    for (int done = 0; done < width; done += 16) {
        const int part = width - done < 16 ? width - done : 16;
        const uint32_t each = SUR_CODER_WHOLE >> part,
                       low = sur_decoder_place(d) / each;
        sur_decoder_part(d, low * each, (low + 1) * each);
        value |= low << done;
    }
    return value;
}

static inline bool sur_decoder_astray(const sur_decoder *d)
{
    return d->r->at + 32 + d->doublings > d->r->bits + 64;
}

#endif
