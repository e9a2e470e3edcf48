/* hash.c -- keys of what is shared: a hash of the options that shaped it, so that what
 * was made otherwise is not mistaken for it. */
#include "experiments/unlearn/scene.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What shapes no model: how it is measured, and how the choice is made. */
static void clear_measures(sur_unlearn_options *o)
{
    o->lambda = 0.0;
    o->tune_form = 0;
    o->balls = o->planes = 0;
    o->resolution = 2;
    o->radius = nan("");
    o->margin = 1.0;
    o->keep_model = o->force = false;
    o->scores = NULL;
}

/* What shapes the forgetting, but no training. */
static void clear_search(sur_unlearn_options *o)
{
    o->method = o->tune = 0;
    o->candidates = 1;
    o->settings = NULL;
    o->budget = SUR_UNSET;
    o->unlearn_optimizer = 0;
    o->references = 1;
}

static void clear_forget(sur_unlearn_options *o)
{
    o->goal = GOAL_PRIVACY;
    o->forget = o->forget_sha256 = NULL;
    o->forget_count = SUR_UNSET;
    o->bias = nan("");
    o->bias_kind = 0;
    o->patch_class = 0;
}

sur_status unlearn_hash(char text[65], const sur_unlearn_options *o, int what,
                        sur_error *err)
{
    sur_unlearn_options same = *o; /* strings stay the caller's */
    char *json = NULL;
    sur_status status;

    clear_measures(&same);
    if (what == UNLEARN_OF_SEARCH) {
        if (same.tune != TUNE_ORACLE) same.references = 1;
        if (same.tune != TUNE_RANDOM) same.candidates = 1;
    } else {
        clear_search(&same);
    }
    if (what == UNLEARN_OF_ORIGINAL && o->goal == GOAL_PRIVACY) clear_forget(&same);
    SUR_TRY(sur_fields_to_json(&sur_unlearn_fields, &same, &json, err));
    SUR_TRY(sur_sha256_of(text, json, strlen(json), err));

done:
    free(json);
    return status;
}
