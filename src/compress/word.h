/* word.h -- eight bytes of a message at once, the first one lowest. */
#ifndef COMPRESS_WORD_H
#define COMPRESS_WORD_H

#include <surplus/compress.h>

#include <string.h>

static inline uint64_t sur_word_order(uint64_t word)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return __builtin_bswap64(word);
#else
    return word;
#endif
}

static inline void sur_word_store(uint8_t *to, uint64_t word)
{
    word = sur_word_order(word);
    memcpy(to, &word, sizeof word);
}

static inline uint64_t sur_word_load(const uint8_t *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return sur_word_order(word);
}

/* At least 57 bits from a place on, zeros behind the last byte; does not move r. */
static inline uint64_t sur_word_at(const sur_reader *r, sur_idx at)
{
    const sur_idx byte = at >> 3, size = (r->bits + 7) >> 3;
    uint64_t word = 0;
    if (byte + 8 <= size) return sur_word_load(r->bytes + byte) >> (at & 7);
    for (sur_idx k = byte; k < size; k++)
        word |= (uint64_t)r->bytes[k] << 8 * (k - byte);
    return word >> (at & 7);
}

#endif
