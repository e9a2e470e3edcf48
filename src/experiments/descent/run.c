/* run.c -- cuts a group of trials into curves that have their data in common. */
#include "experiments/descent/descent.h"

#include "base/memory.h"
#include "base/try.h"
#include "experiments/descent/results.h"

#include <stdlib.h>

/* Trials by the dimension of their data; those of a file have none, and nested ones
 * (which share a design) have 0. Networks of another label noise are trained on labels
 * of their own. */
typedef struct member {
    int64_t dimension;
    double label_noise;
    sur_idx trial;
} member;

static int by_dimension(const void *a, const void *b)
{
    const member *x = a, *y = b;
    if (x->dimension != y->dimension) return x->dimension < y->dimension ? -1 : 1;
    if (x->label_noise != y->label_noise)
        return x->label_noise < y->label_noise ? -1 : 1;
    return x->trial < y->trial ? -1 : x->trial > y->trial;
}

sur_status sur_descent_run(const void *const *options, sur_idx count,
                           const sur_context *context, sur_error *err)
{
    member *members = NULL;
    sur_idx *trials = NULL;
    sur_status status;

    if (count == 0) return SUR_OK;
    if (((const sur_descent_options *)options[0])->results)
        return sur_descent_results_run(options, count, context, err);
    SUR_TRY(sur_alloc(&members, count, sizeof *members, err));
    SUR_TRY(sur_alloc(&trials, count, sizeof *trials, err));
    for (sur_idx i = 0; i < count; i++) {
        const sur_descent_options *o = options[i];
        members[i] =
            (member){sur_descent_is_nested(o) ? 0 : o->data.dimension,
                     sur_family_is_network(o->family) ? o->data.label_noise : 0.0, i};
    }
    qsort(members, (size_t)count, sizeof *members, by_dimension);
    for (sur_idx i = 0; i < count; i++) trials[i] = members[i].trial;

    if (context->threads > 0) sur_threads_set(context->threads);
    for (sur_idx first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count; next++)
            if (members[next].dimension != members[first].dimension ||
                members[next].label_noise != members[first].label_noise)
                break;
        const sur_descent_options *o = options[trials[first]];
        SUR_TRY((sur_family_is_network(o->family) ? sur_descent_mlp_run
                                                  : sur_descent_curve_run)(
            options, trials + first, next - first, context, err));
    }

done:
    free(members);
    free(trials);
    return status;
}
