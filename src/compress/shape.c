/* shape.c -- see shape.h. */
#include "compress/shape.h"

#include <math.h>

#include "compress/coder.h"

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

void sur_shape_make(sur_shape *s, sur_law law, int scale, bool two_sided)
{
    const double sigma = power(scale - 16);
    double weight[SUR_SHAPE_MOST] = {0}, total = 0.0;
    int exponent = 0;
    frexp(sigma, &exponent); /* sigma = m 2^exponent, 1/2 <= m < 1 */
    s->low = exponent > 4 ? exponent - 4 : 0;
    const double kept = ldexp(sigma, -s->low); /* below 16 */
    s->last = (int)(kept * 12.0) + 3;

    /* from weight to weight by their ratio, from ratio to ratio by a constant */
    const bool gauss = law == SUR_LAW_GAUSS;
    const double at = s->low ? 0.5 : 0.0, square = kept * kept;
    const double bend = gauss ? decay(1.0 / square) : 1.0;
    double now = gauss ? decay(at * at / (2.0 * square)) : decay(at / kept),
           ratio = gauss ? decay((at + 0.5) / square) : decay(1.0 / kept);
    for (int k = 0; k < s->last; k++) {
        weight[k] = two_sided && k == 0 && !s->low ? 0.5 * now : now;
        total += weight[k];
        now *= ratio;
        ratio *= bend;
    }
    /* Every part is at least 1; what rounding leaves goes to the first. */
    const double share = (double)(SUR_CODER_WHOLE - (uint32_t)s->last - 1) / total;
    uint32_t end = SUR_CODER_WHOLE;
    s->edge[s->last + 1] = end--;
    for (int k = s->last; k > 0; k--) {
        s->edge[k] = end;
        end -= 1 + (uint32_t)(weight[k - 1] * share);
    }
    s->edge[0] = 0;
}
