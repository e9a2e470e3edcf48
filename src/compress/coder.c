/* coder.c -- see coder.h. */
#include "compress/coder.h"

static const uint32_t half = UINT32_C(1) << 31, quarter = UINT32_C(1) << 30;

/* The chance moves by 1 / (seen + 1.5) towards what was seen, at least by 1/64: fast at
 * first, and never so sure of itself that a surprise would cost more than ten bits. */
static void learn(sur_chance *c, unsigned bit)
{
    enum { SLOWEST = 62, LEAST = 65536 / 1024 };
    const int32_t target = bit ? 65536 - LEAST : LEAST, now = c->seen ? c->one : 32768;
    c->one = (uint16_t)(now + 2 * (target - now) / (2 * (int32_t)c->seen + 3));
    if (c->seen < SLOWEST) c->seen++;
}

static uint32_t chance_of_zero(const sur_chance *c)
{
    return SUR_CODER_WHOLE - (c->seen ? c->one : 32768U);
}

/* How [low, high], at least a quarter long, is doubled; away is what lies before it. */
static bool doubles(uint32_t low, uint32_t high, uint32_t *away)
{
    *away = low >= half ? half : high < half ? 0 : quarter;
    return high < half || low >= half || (low >= quarter && high < half + quarter);
}

sur_encoder sur_encoder_make(sur_message *m)
{
    return (sur_encoder){.m = m, .high = UINT32_MAX};
}

static void emit(sur_encoder *e, unsigned bit)
{
    sur_message_put(e->m, bit, 1);
    for (; e->owed > 0; e->owed--) sur_message_put(e->m, !bit, 1);
}

void sur_encoder_part(sur_encoder *e, uint32_t first, uint32_t last)
{
    const uint64_t range = (uint64_t)e->high - e->low + 1;
    uint32_t away;
    e->high = e->low + (uint32_t)(range * last / SUR_CODER_WHOLE - 1);
    e->low += (uint32_t)(range * first / SUR_CODER_WHOLE);
    while (doubles(e->low, e->high, &away)) {
        if (away == quarter)
            e->owed++;
        else
            emit(e, away == half);
        e->low = (e->low - away) << 1;
        e->high = (e->high - away) << 1 | 1;
    }
}

void sur_encoder_bit(sur_encoder *e, sur_chance *chance, unsigned bit)
{
    const uint32_t zero = chance_of_zero(chance);
    sur_encoder_part(e, bit ? zero : 0, bit ? SUR_CODER_WHOLE : zero);
    learn(chance, bit);
}

void sur_encoder_plain(sur_encoder *e, uint32_t value, int width)
{
    for (; width > 0; width -= 16) {
        const int part = width < 16 ? width : 16;
        const uint32_t each = SUR_CODER_WHOLE >> part, low = value & ((1U << part) - 1);
        sur_encoder_part(e, low * each, (low + 1) * each);
        value >>= part;
    }
}

/* Two bits name a quarter that lies within [low, high], whatever follows. */
void sur_encoder_end(sur_encoder *e)
{
    e->owed++;
    emit(e, e->low >= quarter);
}

/* What comes behind the end is read as zeros; sur_decoder_end knows how much of it
 * belonged to the stream. */
static uint32_t next_bit(sur_decoder *d)
{
    const sur_idx at = d->next++;
    return at < d->r->bits ? (uint32_t)(d->r->bytes[at / 8] >> (at % 8)) & 1U : 0;
}

sur_decoder sur_decoder_make(sur_reader *r)
{
    sur_decoder d = {.r = r, .high = UINT32_MAX, .next = r->at};
    for (int k = 0; k < 32; k++) d.value = d.value << 1 | next_bit(&d);
    return d;
}

uint32_t sur_decoder_place(const sur_decoder *d)
{
    const uint64_t range = (uint64_t)d->high - d->low + 1;
    return (uint32_t)((((uint64_t)d->value - d->low + 1) * SUR_CODER_WHOLE - 1) /
                      range);
}

void sur_decoder_part(sur_decoder *d, uint32_t first, uint32_t last)
{
    const uint64_t range = (uint64_t)d->high - d->low + 1;
    uint32_t away;
    d->high = d->low + (uint32_t)(range * last / SUR_CODER_WHOLE - 1);
    d->low += (uint32_t)(range * first / SUR_CODER_WHOLE);
    for (; doubles(d->low, d->high, &away); d->doublings++) {
        d->low = (d->low - away) << 1;
        d->high = (d->high - away) << 1 | 1;
        d->value = (d->value - away) << 1 | next_bit(d);
    }
}

unsigned sur_decoder_bit(sur_decoder *d, sur_chance *chance)
{
    const uint32_t zero = chance_of_zero(chance);
    const unsigned bit = sur_decoder_place(d) >= zero;
    sur_decoder_part(d, bit ? zero : 0, bit ? SUR_CODER_WHOLE : zero);
    learn(chance, bit);
    return bit;
}

uint32_t sur_decoder_plain(sur_decoder *d, int width)
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

void sur_decoder_end(sur_decoder *d)
{
    sur_reader *r = d->r;
    if (r->bits - r->at >= d->doublings + 2) {
        r->at += d->doublings + 2;
    } else {
        r->at = r->bits;
        r->bad = true;
    }
}
