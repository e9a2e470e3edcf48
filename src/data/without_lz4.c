/* without_lz4.c -- stands in for unpack_lz4.c where liblz4 was left out. */
#include "data/unpack.h"

const bool sur_has_lz4 = false;

bool sur_lz4_block(void *to, size_t room, const void *from, size_t count)
{
    (void)to, (void)room, (void)from, (void)count;
    return false;
}
