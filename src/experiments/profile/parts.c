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
    {"test_error", NULL},
    {"test_loss", NULL},
    {"train_error", NULL},
    {"train_loss", NULL},
    {"auc", NULL},
    {"theory_loss", NULL},
    {"parameters", NULL},
    {"threshold_width", NULL},
    {"interpolates", NULL},
    {"effective_rank", NULL},
    {"numerical_rank", NULL},
    {"gram_condition", NULL},
    {"tuned_test_error", NULL},
    {"tuned_test_loss", NULL},
    {"tuned_ridge", NULL},
    {"early_stopped_test_error", NULL},
    {"steps_done", NULL},
    {"early_stopped_test_loss", NULL},
};
static const profile_word descent_words[] = {
    {NULL, NULL, "effective_rank", "true", NULL}};

static const profile_metric privacy[] = {
    {"advantage", NULL},      {"auc", "attack_auc"},        {"balanced_accuracy", NULL},
    {"tpr_at_0.1", NULL},     {"tpr_at_0.01", NULL},        {"tpr_at_0.001", NULL},
    {"fpr_floor", NULL},      {"epsilon_low", NULL},        {"member_loss", NULL},
    {"nonmember_loss", NULL}, {"generalization_gap", NULL},
};

static const profile_metric distribute[] = {
    {"total_bits", NULL},          {"reference_bits", NULL}, {"proved_bits", NULL},
    {"bits_over_reference", NULL}, {"rounds", NULL},         {"relative_loss", NULL},
    {"predicted_seconds", NULL},   {"gd_bits", NULL},        {"wire_bytes", NULL},
};
static const profile_word distribute_words[] = {
    {"family", "mlp", "family", "wide-mlp", NULL},
    {"bandwidth", NULL, "feature_bandwidth", NULL, NULL},
    {"momentum", NULL, NULL, NULL, NULL},       /* of sgd; distribute's is heavy ball */
    {"epochs", NULL, "max_rounds", NULL, NULL}, /* a round reads the data once */
    {NULL, NULL, "hidden", "0", NULL},          /* the wide layer is the only one */
};

/* Under these names for the unlearned model; beside it stand the original and the
 * retrained one, in splits. */
static const profile_metric unlearn[] = {
    {"forget_error", NULL},
    {"privacy_gap", NULL},
    {"attack_auc", "forget_attack_auc"},
    {"change_near", NULL},
    {"change_far", NULL},
    {"locality", NULL},
    {"relative_time", NULL},
    {"uses_forget", NULL},
    {"max_prediction_difference", NULL},
    {"retrain_disagreement", NULL},
};
static bool is_of_images(const sur_profile_options *o)
{
    return sur_family_is_conv(o->family);
}
static bool is_of_tables(const sur_profile_options *o) { return !is_of_images(o); }

static const profile_word unlearn_words[] = {
    {"tune", NULL, NULL, NULL, NULL}, /* of the ridge; unlearn's is of its settings */
    {"validation_samples", "0", NULL, NULL, NULL},
    {NULL, NULL, "scaling", "column", is_of_tables}, /* as the other parts have it */
    {NULL, NULL, "scaling", "whole", is_of_images},
    {NULL, NULL, "planes", "0", NULL},
    {NULL, NULL, "references", "1", NULL},
};

/* Forgetting is measured by wrong classes. */
static bool is_forgotten(const sur_profile_options *o)
{
    return o->data.task == SUR_CLASSIFICATION && !o->data.weight &&
           (!sur_family_is_network(o->family) ||
            o->network.loss == SUR_LOSS_CROSS_ENTROPY);
}

/* Least squares on columns or features, and networks of one hidden layer. */
static bool is_distributed(const sur_profile_options *o)
{
    if (o->width == SUR_INF) return false;
    return o->family < SUR_MLP ||
           (o->family == SUR_MLP &&
            (o->network.depth == SUR_UNSET || o->network.depth == 1));
}

const profile_part profile_parts[] = {
    {.experiment = &sur_descent,
     .metrics = descent,
     .metric_count = COUNT(descent),
     .words = descent_words,
     .word_count = COUNT(descent_words),
     .seconds = "train_seconds"},
    {.experiment = &sur_privacy, .metrics = privacy, .metric_count = COUNT(privacy)},
    {.experiment = &sur_unlearn,
     .metrics = unlearn,
     .metric_count = COUNT(unlearn),
     .words = unlearn_words,
     .word_count = COUNT(unlearn_words),
     .applies = is_forgotten},
    {.experiment = &sur_distribute,
     .metrics = distribute,
     .metric_count = COUNT(distribute),
     .words = distribute_words,
     .word_count = COUNT(distribute_words),
     .applies = is_distributed},
};
_Static_assert(COUNT(profile_parts) == PROFILE_PARTS, "as many parts as are counted");

/* The rule about an option of that value, or NULL. */
static const profile_word *word_of(const profile_part *part, const char *option,
                                   const char *value)
{
    for (sur_idx i = 0; i < part->word_count; i++) {
        const profile_word *w = &part->words[i];
        if (w->option && strcmp(w->option, option) == 0 &&
            (!w->value || strcmp(w->value, value) == 0))
            return w;
    }
    return NULL;
}

/* Long texts (paths, lists) are handed over as they are. */
static sur_status hand_over(void *to, const profile_part *part, const sur_field *field,
                            const sur_profile_options *from, sur_error *err)
{
    const sur_fields *fields = part->experiment->fields;
    char *text = NULL;
    sur_status status;

    const sur_idx length = sur_field_text(field, from, NULL, 0);
    if (length == 0) return SUR_OK; /* not given */
    SUR_TRY(sur_alloc(&text, length + 1, 1, err));
    sur_field_text(field, from, text, (size_t)length + 1);
    const profile_word *word = word_of(part, field->name, text);
    const char *there = word ? word->there : field->name;
    if (there && sur_fields_find(fields, there))
        SUR_TRY(sur_fields_set(fields, to, there,
                               word && word->says ? word->says : text, err));

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
    for (sur_idx i = 0; i < sur_profile_fields.count; i++)
        SUR_TRY(hand_over(to, part, &sur_profile_fields.at[i], from, err));
    for (sur_idx i = 0; i < part->word_count; i++)
        if (!part->words[i].option &&
            (!part->words[i].when || part->words[i].when(from)))
            SUR_TRY(sur_fields_set(fields, to, part->words[i].there,
                                   part->words[i].says, err));

done:
    if (status != SUR_OK) sur_fields_free(fields, to);
    return status;
}
