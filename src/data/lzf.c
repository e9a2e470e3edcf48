/* lzf.c -- LZF, a Lempel-Ziv format of bytes.
 *
 * A control byte c < 32: the c + 1 bytes that follow stand for themselves. Otherwise a
 * repetition of what was written `distance` bytes ago: its length is (c >> 5) + 2, or,
 * when c >> 5 is 7, 9 plus the next byte; distance - 1 is (c & 31) << 8 plus the byte
 * after that. Source: the description in M. Lehmann's liblzf. */
#include "data/lzf.h"

#include <string.h>

size_t sur_lzf_unpack(void *to, size_t room, const void *from, size_t count)
{
    const unsigned char *in = from, *const in_end = in + count;
    unsigned char *out = to, *const start = out, *const out_end = out + room;
    while (in < in_end) {
        const size_t c = *in++;
        if (c < 32) {
            const size_t length = c + 1;
            if ((size_t)(in_end - in) < length || (size_t)(out_end - out) < length)
                return 0;
            memcpy(out, in, length);
            in += length;
            out += length;
            continue;
        }
        size_t length = (c >> 5) + 2;
        if (c >> 5 == 7) {
            if (in == in_end) return 0;
            length += *in++;
        }
        if (in == in_end) return 0;
        const size_t distance = ((c & 31) << 8) + *in++ + 1;
        if ((size_t)(out - start) < distance || (size_t)(out_end - out) < length)
            return 0;
        if (distance >= length) {
            memcpy(out, out - distance, length);
            out += length;
        } else if (distance == 1) {
            memset(out, out[-1], length);
            out += length;
        } else { /* overlapping: what was just written is repeated */
            const unsigned char *old = out - distance;
            while (length--) *out++ = *old++;
        }
    }
    return (size_t)(out - start);
}
