/* cosine.c -- cosines of many numbers at once.
 *
 * t = n pi + r with n whole and |r| <= pi/2, so cos t = (-1)^n cos r. pi is split into
 * three parts of 33, 33 and 53 bits (Cody & Waite 1980), so that n times the first two
 * is exact for |n| < 2^20; cos r is its Taylor polynomial of degree 20, whose remainder
 * is below 2e-17. No branch and no table: the loop runs two to eight numbers at a time,
 * where a call of cos() per feature would cost more than everything else about it.
 * Larger arguments and those that are not numbers go to cos(). */
#include "model/cosine.h"

#include <math.h>

static const double largest = 1e6;

static double small_cosine(double t)
{
    const double whole =
        0x1.8p52; /* adding and subtracting it rounds to a whole number */
    const double n = (t * 0x1.45f306dc9c883p-2 + whole) - whole;
    const double r =
        ((t - n * 0x1.921fb544p+1) - n * 0x1.0b4611a6p-33) - n * 0x1.3198a2e037073p-68;
    const double half = 0.5 * n;
    const double sign = 1.0 - 4.0 * fabs(half - ((half + whole) - whole));
    const double z = r * r;
    double c = 1.0 / 2432902008176640000.0; /* 1/20! */
    c = c * z - 1.0 / 6402373705728000.0;
    c = c * z + 1.0 / 20922789888000.0;
    c = c * z - 1.0 / 87178291200.0;
    c = c * z + 1.0 / 479001600.0;
    c = c * z - 1.0 / 3628800.0;
    c = c * z + 1.0 / 40320.0;
    c = c * z - 1.0 / 720.0;
    c = c * z + 1.0 / 24.0;
    c = c * z - 0.5;
    c = c * z + 1.0;
    return sign * c;
}

void sur_cosines(double *restrict out, const double *restrict x,
                 const double *restrict phase, double scale, sur_idx count)
{
    int far = 0;
    for (sur_idx i = 0; i < count; i++) {
        const double t = x[i] + phase[i];
        far |= !(fabs(t) <= largest);
        out[i] = scale * small_cosine(t);
    }
    for (sur_idx i = 0; far && i < count; i++) {
        const double t = x[i] + phase[i];
        if (!(fabs(t) <= largest)) out[i] = scale * cos(t);
    }
}
