/* order.c -- a radix sort, least significant byte first: each pass deals the items into
 * 256 piles by one byte of the key, keeping their order; a byte that all keys share
 * costs nothing. */
#include "stats/order.h"

#include "base/memory.h"
#include "base/try.h"
#include <math.h>
#include <stdlib.h>

enum { BYTES = 8, PILES = 256 };

static int byte_of(uint64_t key, int b) { return (int)(key >> (8 * b) & 0xff); }

static void deal(sur_ordered *to, const sur_ordered *from, sur_idx count, int b,
                 const sur_idx *size)
{
    sur_idx place[PILES], next = 0;
    for (int pile = 0; pile < PILES; pile++) place[pile] = next, next += size[pile];
    for (sur_idx i = 0; i < count; i++) to[place[byte_of(from[i].key, b)]++] = from[i];
}

sur_status sur_order_sort(sur_ordered *items, sur_idx count, sur_error *err)
{
    sur_idx size[BYTES][PILES] = {{0}};
    sur_ordered *spare = NULL, *from = items;
    if (count < 2) return SUR_OK;
    const sur_status status = sur_alloc(&spare, count, sizeof *spare, err);
    if (status != SUR_OK) return status;

    sur_ordered *to = spare;
    for (sur_idx i = 0; i < count; i++)
        for (int b = 0; b < BYTES; b++) size[b][byte_of(items[i].key, b)]++;
    for (int b = 0; b < BYTES; b++) {
        if (size[b][byte_of(items[0].key, b)] == count) continue;
        deal(to, from, count, b, size[b]);
        sur_ordered *swap = from;
        from = to, to = swap;
    }
    if (from != items) memcpy(items, from, (size_t)count * sizeof *items);
    free(spare);
    return SUR_OK;
}

sur_status sur_order_new(sur_ordered **out, const double *x, sur_idx count,
                         const char *name, sur_error *err)
{
    sur_ordered *items = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&items, count, sizeof *items, err));
    for (sur_idx i = 0; i < count; i++) {
        SUR_FAIL_IF(isnan(x[i]), SUR_EINVAL, "%s[%lld] is nan", name, (long long)i);
        items[i] = (sur_ordered){sur_order_key(x[i]), i};
    }
    SUR_TRY(sur_order_sort(items, count, err));
    *out = items, items = NULL;

done:
    free(items);
    return status;
}
