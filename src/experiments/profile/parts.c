/* parts.c -- which experiments make a profile, and which of their numbers.
 *
 * To add a part: its row here, its metrics in the table of options.c, its options
 * there, too. */
#include "experiments/profile/profile.h"

#include "base/memory.h"
#include "base/try.h"

#include <surplus/experiments.h>

#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof table / sizeof *table)

static const profile_metric descent[] = {
    {.metric = "test_error"},
    {.metric = "test_loss"},
    {.metric = "train_error"},
    {.metric = "train_loss"},
    {.metric = "auc"},
    {.metric = "theory_loss"},
    {.metric = "parameters"},
    {.metric = "threshold_width"},
    {.metric = "interpolates"},
    {.metric = "effective_rank"},
    {.metric = "numerical_rank"},
    {.metric = "gram_condition"},
    {.metric = "tuned_test_error"},
    {.metric = "tuned_test_loss"},
    {.metric = "tuned_ridge"},
    {.metric = "early_stopped_test_error"},
    {.metric = "steps_done"},
    {.metric = "early_stopped_test_loss"},
};
static const char *const descent_own[] = {"effective_rank", "true", NULL};

static const profile_metric privacy[] = {
    {.metric = "advantage"},          {.metric = "auc", .name = "attack_auc"},
    {.metric = "balanced_accuracy"},  {.metric = "tpr_at_0.1"},
    {.metric = "tpr_at_0.01"},        {.metric = "tpr_at_0.001"},
    {.metric = "fpr_floor"},          {.metric = "epsilon_low"},
    {.metric = "member_loss"},        {.metric = "nonmember_loss"},
    {.metric = "generalization_gap"},
};
static const char *const none[] = {NULL};

const profile_part profile_parts[] = {
    {.experiment = &sur_descent,
     .metrics = descent,
     .metric_count = COUNT(descent),
     .own = descent_own,
     .drop = none,
     .seconds = "train_seconds"},
    {.experiment = &sur_privacy,
     .metrics = privacy,
     .metric_count = COUNT(privacy),
     .own = none,
     .drop = none},
};
_Static_assert(COUNT(profile_parts) == PROFILE_PARTS, "as many parts as are counted");

static bool listed(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0) return true;
    return false;
}

/* Long texts (paths, lists) are handed over as they are. */
static sur_status hand_over(void *to, const sur_fields *fields, const sur_field *field,
                            const sur_profile_options *from, sur_error *err)
{
    char *text = NULL;
    sur_status status;

    const sur_idx length = sur_field_text(field, from, NULL, 0);
    if (length == 0) return SUR_OK; /* not given */
    SUR_TRY(sur_alloc(&text, length + 1, 1, err));
    sur_field_text(field, from, text, (size_t)length + 1);
    SUR_TRY(sur_fields_set(fields, to, field->name, text, err));

done:
    free(text);
    return status;
}

sur_status profile_part_options(void *to, const profile_part *part,
                                const sur_profile_options *from, sur_error *err)
{
    const sur_fields *fields = part->experiment->fields;
    sur_status status;

    SUR_TRY(sur_fields_preset(fields, to, err));
    for (sur_idx i = 0; i < sur_profile_fields.count; i++) {
        const sur_field *field = &sur_profile_fields.at[i];
        if (sur_fields_find(fields, field->name) && !listed(part->drop, field->name))
            SUR_TRY(hand_over(to, fields, field, from, err));
    }
    for (const char *const *own = part->own; *own; own += 2)
        SUR_TRY(sur_fields_set(fields, to, own[0], own[1], err));

done:
    if (status != SUR_OK) sur_fields_free(fields, to);
    return status;
}
