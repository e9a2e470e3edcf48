/* without_zstd.c -- stands in for unpack_zstd.c where libzstd was left out. */
#include "data/unpack.h"

const bool sur_has_zstd = false;

bool sur_zstd_block(void *to, size_t room, const void *from, size_t count)
{
    (void)to, (void)room, (void)from, (void)count;
    return false;
}

void *sur_zstd_begin(void) { return NULL; }
void sur_zstd_end(void *stream) { (void)stream; }

int sur_zstd_step(void *stream, void *to, size_t room, size_t *put, const void *from,
                  size_t count, size_t *used)
{
    (void)stream, (void)to, (void)room, (void)from, (void)count;
    *put = *used = 0;
    return -1;
}
