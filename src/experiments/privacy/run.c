/* run.c -- one trial after the other: they have nothing to share but their seeds. */
#include "experiments/privacy/privacy.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void privacy_threat(const sur_privacy_options *o, char *text, size_t size)
{
    static const char *const uses[] = {
        "the laws of data and model",
        "the laws of data and model",
        "nothing else",
        "shadow models of the same data",
        "shadow models and the other records",
        "the training procedure, with and without each record"};
    if (o->attack == PRIVACY_SCORES)
        snprintf(text, size, "threat model: that of whoever made the scores");
    else
        snprintf(text, size,
                 "threat model: black box; sees the model's answer%s to a record, "
                 "knows %s%s",
                 o->knows_label ? " and the true label" : ", not its label",
                 uses[o->attack],
                 o->output_noise > 0.0 && o->attack <= PRIVACY_EXACT &&
                         o->variant == VARIANT_PUBLISHED
                     ? "; output noise on non-members only"
                     : "");
}

static sur_status run_one(privacy_list *list, const sur_privacy_options *o,
                          sur_idx trial, const sur_context *context, char *note,
                          size_t size, sur_error *err)
{
    switch (o->attack) {
    case PRIVACY_THEORY:
        return privacy_run_theory(list, o, err);
    case PRIVACY_EXACT:
        return privacy_run_exact(list, o, context, err);
    case PRIVACY_SCORES:
        return privacy_run_scores(list, o, trial, context, note, size, err);
    default:
        return privacy_run_model(list, o, trial, context, note, size, err);
    }
}

sur_status sur_privacy_run(const void *const *options, sur_idx count,
                           const sur_context *context, sur_error *err)
{
    privacy_list *list;
    sur_status status = sur_alloc(&list, 1, sizeof *list, err);

    if (context->threads > 0) sur_threads_set(context->threads);
    for (sur_idx i = 0; i < count && status == SUR_OK; i++) {
        char note[512];
        sur_error why;
        list->count = 0;
        if (context->stop(context->payload)) {
            status = sur_fail(err, SUR_ESTOPPED, "stopped");
            break;
        }
        privacy_threat(options[i], note, sizeof note);
        const sur_status outcome =
            run_one(list, options[i], i, context, note, sizeof note, &why);
        if (outcome == SUR_ESTOPPED || outcome == SUR_ENOMEM) {
            status = sur_fail(err, outcome, "%s", why.message);
            break;
        }
        status = context->emit(
            context->payload, i,
            &(sur_outcome){.status = outcome,
                           .message = outcome == SUR_OK ? note : why.message,
                           .measurements = list->at,
                           .count = outcome == SUR_OK ? list->count : 0},
            err);
    }
    free(list);
    return status;
}
