/* unpack_lz4.c -- LZ4 blocks through liblz4. */
#include "data/unpack.h"

#include <limits.h>
#include <lz4.h>

const bool sur_has_lz4 = true;

bool sur_lz4_block(void *to, size_t room, const void *from, size_t count)
{
    return room <= INT_MAX && count <= INT_MAX &&
           LZ4_decompress_safe(from, to, (int)count, (int)room) == (int)room;
}
