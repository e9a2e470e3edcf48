/* look.c -- see look.h. */
#include "train/look.h"

#include <math.h>

sur_idx sur_look_after(sur_idx step)
{
    double i = step < 1 ? 0.0 : floor(20.0 * log10((double)step));
    while (round(pow(10.0, i / 20.0)) <= (double)step) i++;
    return (sur_idx)round(pow(10.0, i / 20.0));
}
