/* read_as.h -- bytes of any kind behind the magic words of one format. */
#ifndef FUZZ_READ_AS_H
#define FUZZ_READ_AS_H

#include "read_bytes.h"

/* The first `count` bytes become the magic words, so that the reader wanted is found.
 */
static inline void check_as(const uint8_t *data, size_t size, const char *magic,
                            size_t count)
{
    static uint8_t bytes[1 << 16];
    if (size < count || size > sizeof bytes) return;
    memcpy(bytes, data, size);
    memcpy(bytes, magic, count);
    check_bytes(bytes, size);
}

#endif
