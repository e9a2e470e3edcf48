/* shadows.c -- which records each shadow model sees, and how sure a model is. */
#include <surplus/attack.h>

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

sur_status sur_shadow_halves(uint8_t *keep, sur_idx models, sur_idx records,
                             uint64_t seed, sur_error *err)
{
    sur_idx *order = NULL;
    sur_status status;

    SUR_FAIL_IF(models < 2 || models % 2 != 0, SUR_EINVAL,
                "%lld shadow models: an even number is needed, so that every record is "
                "in exactly half of them",
                (long long)models);
    SUR_TRY(sur_alloc(&order, models, sizeof *order, err));
    for (sur_idx i = 0; i < records; i++) {
        sur_rng rng = sur_rng_make(seed, "shadow halves", (uint64_t)i);
        sur_rng_permutation(&rng, order, models);
        for (sur_idx m = 0; m < models; m++)
            keep[m * records + i] = order[m] < models / 2;
    }

done:
    free(order);
    return status;
}

double sur_confidence(const double *logits, sur_idx k, sur_idx c)
{
    double most = -HUGE_VAL, sum = 0.0;
    for (sur_idx j = 0; j < k; j++)
        if (j != c) most = fmax(most, logits[j]);
    for (sur_idx j = 0; j < k; j++)
        if (j != c) sum += exp(logits[j] - most);
    return k > 1 ? logits[c] - most - log(sum) : HUGE_VAL; /* one class: certain */
}
