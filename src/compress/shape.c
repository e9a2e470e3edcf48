/* shape.c -- see shape.h. */
#include "compress/shape.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "compress/states.h"

/* Scales below FINE have no rest; from there on OCTAVE of them come again and again. */
enum { FINE = 28, OCTAVE = 4, SHAPES = FINE + OCTAVE, LAWS = 2, SIDES = 2 };

static sur_shape all[LAWS][SIDES][SHAPES];
static pthread_once_t made = PTHREAD_ONCE_INIT;

/* 2^(quarters / 4), exact to rounding and the same everywhere */
static double power(int quarters)
{
    const double root = sqrt(2.0), fourth = sqrt(root);
    const int whole = quarters >= 0 ? quarters / 4 : -((3 - quarters) / 4);
    const int left = quarters - 4 * whole;
    return ldexp((left & 2 ? root : 1.0) * (left & 1 ? fourth : 1.0), whole);
}

/* exp(-x), x >= 0, by halving and squaring; libraries differ in the last bit. */
static double decay(double x)
{
    double sum = 1.0, term = 1.0;
    int halvings = 0;
    if (x > 700.0) return 0.0;
    while (x > 0.25) {
        x *= 0.5;
        halvings++;
    }
    for (int k = 1; k < 16; k++) sum += term *= -x / k;
    while (halvings-- > 0) sum *= sum;
    return sum;
}

/* From weight to weight by their ratio, from ratio to ratio by a constant; the sum. */
static double weigh(double *weight, int count, sur_law law, double sigma, bool rest)
{
    const bool gauss = law == SUR_LAW_GAUSS;
    const double at = rest ? 0.5 : 0.0, square = sigma * sigma;
    const double bend = gauss ? decay(1.0 / square) : 1.0;
    double now = gauss ? decay(at * at / (2.0 * square)) : decay(at / sigma),
           ratio = gauss ? decay((at + 0.5) / square) : decay(1.0 / sigma), total = 0.0;
    for (int k = 0; k < count; k++) {
        total += weight[k] = now;
        now *= ratio;
        ratio *= bend;
    }
    return total;
}

/* A state x < 2L gives away the bits of (x + shift) / 4L: m of them from 2^m f 2L/W on,
 * m - 1 below, with the least m by which no state is too large. */
static uint32_t shift_of(uint32_t size)
{
    const uint32_t most = size << (SUR_STATE_BITS + 1 - SUR_SHAPE_BITS);
    uint32_t m = 0;
    while (most << m < 2U << SUR_STATE_BITS) m++;
    return m == 0 ? 0 : (m << (SUR_STATE_BITS + 2)) - (most << (m - 1));
}

static void set_part(sur_shape *s, int k, uint32_t first, uint32_t size)
{
    s->part[k] =
        (sur_shape_part){.first = first,
                         .size = size,
                         .inverse = (uint32_t)(((UINT64_C(1) << 31) + size - 1) / size),
                         .shift = shift_of(size)};
    s->bits[k] = (float)(SUR_SHAPE_BITS - log2(size));
    memset(s->at + first, k, size);
}

/* Every part is at least 1; what rounding leaves goes to the first. */
static void make(sur_shape *s, sur_law law, bool two_sided, int scale)
{
    const bool rest = scale >= FINE;
    const double sigma = power(scale - 16 - (rest ? OCTAVE : 0));
    double weight[SUR_SHAPE_MOST];
    s->last = (int)(sigma * 8.0) + 3;
    double total = weigh(weight, s->last, law, sigma, rest);
    if (two_sided && !rest) {
        weight[0] *= 0.5;
        total -= weight[0];
    }
    const double share = (double)(SUR_SHAPE_WHOLE - (uint32_t)s->last - 1) / total;
    uint32_t end = SUR_SHAPE_WHOLE - 1;
    set_part(s, s->last, end, 1);
    for (int k = s->last - 1; k > 0; k--) {
        const uint32_t size = 1 + (uint32_t)(weight[k] * share);
        end -= size;
        set_part(s, k, end, size);
    }
    set_part(s, 0, 0, end);
}

static void make_all(void)
{
    for (int law = 0; law < LAWS; law++)
        for (int side = 0; side < SIDES; side++)
            for (int k = 0; k < SHAPES; k++)
                make(&all[law][side][k], (sur_law)law, side == 1, k);
}

const sur_shape *sur_shape_of(sur_law law, int scale, bool two_sided, int *low)
{
    const int over = scale - FINE;
    pthread_once(&made, make_all);
    *low = over < 0 ? 0 : over / OCTAVE + 1;
    return &all[law][two_sided][over < 0 ? scale : FINE + over % OCTAVE];
}
