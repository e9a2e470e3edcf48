/* order.h -- numbers sorted, each with the row it came from. */
#ifndef STATS_ORDER_H
#define STATS_ORDER_H

#include <string.h>
#include <surplus/base.h>

/* The key is the number's bits, changed so that unsigned order is the numbers' order.
 */
typedef struct sur_ordered {
    uint64_t key;
    sur_idx row;
} sur_ordered;

/* -0 and 0 get one key; NaN has no place in the order. */
static inline uint64_t sur_order_key(double x)
{
    uint64_t bits;
    x += 0.0;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static inline double sur_order_value(uint64_t key)
{
    const uint64_t bits = key >> 63 ? key & ~(UINT64_C(1) << 63) : ~key;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Sorts items by key, ascending and stable, in O(count) time. Fails with SUR_ENOMEM (it
 * takes as much memory again as the items); they are then unchanged. */
SUR_MUST_USE sur_status sur_order_sort(sur_ordered *items, sur_idx count,
                                       sur_error *err);

/* *out: x sorted ascending, with rows 0 .. count-1. Release with free(). Fails with
 * SUR_EINVAL for a NaN, naming it as NAME[row], or SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_order_new(sur_ordered **out, const double *x, sur_idx count,
                                      const char *name, sur_error *err);

#endif
