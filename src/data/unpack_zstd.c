/* unpack_zstd.c -- zstd through libzstd. */
#include "data/unpack.h"

#include <zstd.h>

const bool sur_has_zstd = true;

bool sur_zstd_block(void *to, size_t room, const void *from, size_t count)
{
    return ZSTD_decompress(to, room, from, count) == room;
}

void *sur_zstd_begin(void) { return ZSTD_createDStream(); }
void sur_zstd_end(void *stream) { ZSTD_freeDStream(stream); }

int sur_zstd_step(void *stream, void *to, size_t room, size_t *put, const void *from,
                  size_t count, size_t *used)
{
    ZSTD_outBuffer out = {to, room, 0};
    ZSTD_inBuffer in = {from, count, 0};
    const size_t outcome = ZSTD_decompressStream(stream, &out, &in);
    *put = out.pos;
    *used = in.pos;
    return ZSTD_isError(outcome) ? -1 : outcome == 0;
}
