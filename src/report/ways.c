/* ways.c -- which trials differ in one number alone. */
#include "report/ways.h"

#include "base/memory.h"
#include <stdlib.h>

static sur_status most_frequent(sur_idx *code, const sur_factor *factor, sur_idx n,
                                sur_error *err)
{
    sur_idx *times;
    const sur_status status = sur_alloc(&times, factor->count, sizeof *times, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < n; i++) times[factor->code[i]]++;
    *code = 0;
    for (sur_idx c = 1; c < factor->count; c++)
        if (times[c] > times[*code]) *code = c;
    free(times);
    return status;
}

bool sur_ways_fit(const sur_factor *factor)
{
    const bool number =
        factor->field->kind == SUR_REAL || factor->field->kind == SUR_INT;
    return number && !factor->replicate && !factor->derived;
}

sur_status sur_ways_find(sur_ways *out, const sur_view *view, sur_error *err)
{
    *out = (sur_ways){.count = 0};
    for (sur_idx f = 0; f < view->factor_count && out->count < SUR_MOST_WAYS; f++) {
        const sur_factor *factor = &view->factors[f];
        if (!sur_ways_fit(factor)) continue;
        const sur_status status = most_frequent(&out->base[out->count], factor,
                                                view->results->records.count, err);
        if (status != SUR_OK) return status;
        out->factor[out->count++] = factor;
    }
    return SUR_OK;
}

int sur_ways_count(const sur_ways *ways) { return ways->count > 0 ? ways->count : 1; }

bool sur_ways_has(const sur_ways *ways, const sur_factor *factor)
{
    for (int w = 0; w < ways->count; w++)
        if (ways->factor[w] == factor) return true;
    return false;
}

bool sur_ways_on(const sur_ways *ways, int way, sur_idx record)
{
    for (int w = 0; w < ways->count; w++)
        if (w != way && ways->factor[w]->code[record] != ways->base[w]) return false;
    return true;
}

double sur_ways_rank(const sur_ways *ways, int way, sur_idx record)
{
    return ways->count > 0 ? (double)ways->factor[way]->code[record] : 0.0;
}
