/* coder.c -- see coder.h. */
#include "compress/coder.h"

#include <string.h>

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

/* Messages have the first bit lowest, the coder has it highest. */
static uint32_t reversed(uint32_t x)
{
    x = (x >> 1 & 0x55555555U) | (x & 0x55555555U) << 1;
    x = (x >> 2 & 0x33333333U) | (x & 0x33333333U) << 2;
    x = (x >> 4 & 0x0f0f0f0fU) | (x & 0x0f0f0f0fU) << 4;
    return x << 24 | (x & 0xff00U) << 8 | (x >> 8 & 0xff00U) | x >> 24;
}

void sur_coder_put(sur_message *m, uint32_t bits, int count)
{
    sur_message_put(m, reversed(bits), count);
}

/* What comes behind the end is read as zeros; sur_decoder_end knows how much of it
 * belonged to the stream. */
uint32_t sur_coder_fetch(const sur_reader *r, sur_idx at)
{
    sur_reader from = *r;
    if (at >= r->bits) return 0;
    from.at = at;
    const int count = r->bits - at < 32 ? (int)(r->bits - at) : 32;
    return reversed((uint32_t)sur_reader_take(&from, count));
}

sur_encoder sur_encoder_make(sur_message *m)
{
    return (sur_encoder){.m = m, .high = UINT32_MAX};
}

void sur_encoder_bit(sur_encoder *e, sur_chance *chance, unsigned bit)
{
    const uint32_t zero = chance_of_zero(chance);
    sur_encoder_part(e, bit ? zero : 0, bit ? SUR_CODER_WHOLE : zero);
    learn(chance, bit);
}

/* Two bits name a quarter that lies within [low, high], whatever follows. */
void sur_encoder_end(sur_encoder *e)
{
    e->owed++;
    sur_encoder_pay(e, e->low >= 1U << 30);
    if (e->count) sur_coder_put(e->m, (uint32_t)(e->held << (32 - e->count)), e->count);
    e->count = 0;
}

sur_decoder sur_decoder_make(sur_reader *r)
{
    return (sur_decoder){.r = r,
                         .high = UINT32_MAX,
                         .value = sur_coder_fetch(r, r->at),
                         .fetched = r->at + 32};
}

unsigned sur_decoder_bit(sur_decoder *d, sur_chance *chance)
{
    const uint32_t zero = chance_of_zero(chance);
    const unsigned bit = sur_decoder_place(d) >= zero;
    sur_decoder_part(d, bit ? zero : 0, bit ? SUR_CODER_WHOLE : zero);
    learn(chance, bit);
    return bit;
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
