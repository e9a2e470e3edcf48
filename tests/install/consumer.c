#include <surplus/stats.h>

#include <stdio.h>

int main(void)
{
    const sur_interval half = sur_wilson(50, 100, 0.95);
    printf("surplus %s: %.3f [%.3f, %.3f]\n", sur_version(), half.value, half.low,
           half.high);
    return half.low < 0.5 && half.high > 0.5 ? 0 : 1;
}
