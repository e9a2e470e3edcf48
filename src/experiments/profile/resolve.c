/* resolve.c -- one data set and one set of defaults for all parts.
 *
 * The first part (descent) reads the data and computes what was not given, after the
 * number of training examples, which is one that every part can serve: privacy draws as
 * many non-members. */
#include "experiments/profile/profile.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

enum {
    SAMPLES = 1000,
    NETWORK_SAMPLES = 2000,
    EPOCHS = 100,
    IMAGE_SAMPLES = 1000,
    IMAGE_EPOCHS = 30
};

static bool has_networks(const sur_profile_options *o)
{
    return sur_family_is_network(o->family);
}

/* With the options of the first part; *made is freed by done_with. */
static sur_status first_part(void **made, const void *options, sur_error *err)
{
    const sur_fields *fields = profile_parts[0].experiment->fields;
    sur_status status = sur_alloc(made, 1, fields->size, err);
    if (status == SUR_OK)
        status = profile_part_options(*made, &profile_parts[0], options, err);
    if (status != SUR_OK) {
        free(*made);
        *made = NULL;
    }
    return status;
}

static void done_with(void *made, const sur_fields *fields)
{
    if (made) sur_fields_free(fields, made);
    free(made);
}

sur_status sur_profile_load(const void *options, void **input, size_t *size, char *note,
                            size_t note_size, sur_error *err)
{
    const sur_experiment *first = profile_parts[0].experiment;
    const sur_profile_options *o = options;
    void *made = NULL;

    *input = NULL;
    *size = 0;
    if (!o->data.data)
        return sur_fail(err, SUR_EINVAL, "no data: --data FILE or synthetic:NAME");
    sur_status status = first_part(&made, options, err);
    if (status == SUR_OK) status = first->load(made, input, size, note, note_size, err);
    done_with(made, first->fields);
    return status;
}

sur_status sur_profile_axis(const void *options, const char *name, const void *input,
                            size_t size, char **text, sur_error *err)
{
    const sur_experiment *first = profile_parts[0].experiment;
    const sur_profile_options *o = options;
    void *made = NULL;

    *text = NULL;
    if (o->family != SUR_LINEAR && !has_networks(o)) return SUR_OK;
    sur_status status = first_part(&made, options, err);
    if (status == SUR_OK) status = first->axis(made, name, input, size, text, err);
    done_with(made, first->fields);
    return status;
}

/* Unless it was given. */
static sur_status fill_choice(sur_profile_options *o, int64_t given, const char *name,
                              const char *value, sur_error *err)
{
    if (given != SUR_UNSET) return SUR_OK;
    return sur_fields_set(&sur_profile_fields, o, name, value, err);
}

/* What the user and the table left open. */
static sur_status fill_defaults(sur_profile_options *o, const void *input, size_t size,
                                sur_error *err)
{
    const bool networks = has_networks(o), images = sur_family_is_conv(o->family);
    const sur_idx most = images ? IMAGE_SAMPLES : networks ? NETWORK_SAMPLES : SAMPLES;
    sur_dataset data = {0};
    sur_status status =
        fill_choice(o, o->attack, "attack", networks ? "lira" : "paired", err);
    if (status == SUR_OK)
        status = fill_choice(o, o->method, "method", networks ? "scrub" : "exact", err);
    if (status != SUR_OK) return status;
    if (networks && o->epochs == SUR_UNSET) o->epochs = images ? IMAGE_EPOCHS : EPOCHS;
    if (o->data.samples != SUR_UNSET) return SUR_OK;
    o->data.samples = most;
    if (sur_data_is_synthetic(&o->data)) return SUR_OK;
    status = sur_dataset_view(&data, input, size, err);
    if (status != SUR_OK) return status;
    const sur_idx half = (data.rows - data.test_rows - 1) / 2;
    if (half < most) o->data.samples = half > 1 ? half : 1;
    return SUR_OK;
}

/* What the first part computed becomes the profile's where it was not given; the task,
 * always. */
static sur_status take_back(sur_profile_options *o, const void *made, sur_error *err)
{
    const sur_fields *fields = profile_parts[0].experiment->fields;
    char text[128];
    for (sur_idx i = 0; i < sur_profile_fields.count; i++) {
        const sur_field *mine = &sur_profile_fields.at[i];
        const sur_field *theirs = sur_fields_find(fields, mine->name);
        const bool task = mine->offset == offsetof(sur_profile_options, data.task);
        if (!theirs || !(task || (mine->flags & SUR_AUTO)) ||
            (!task && sur_field_text(mine, o, text, sizeof text) > 0) ||
            sur_field_text(theirs, made, text, sizeof text) == 0)
            continue;
        const sur_status status =
            sur_fields_set(&sur_profile_fields, o, mine->name, text, err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

/* Whether the part would run; its complaint with its name before it. */
static sur_status try_part(const profile_part *part, const sur_profile_options *o,
                           const void *input, size_t size, sur_error *err)
{
    const sur_experiment *experiment = part->experiment;
    sur_error why = {0};
    void *made = NULL;
    sur_status status = sur_alloc(&made, 1, experiment->fields->size, err);
    if (status != SUR_OK) return status;
    status = profile_part_options(made, part, o, &why);
    if (status == SUR_OK) {
        status = experiment->resolve(made, input, size, &why);
        sur_fields_free(experiment->fields, made);
    }
    free(made);
    if (status == SUR_OK) return status;
    return sur_fail(err, status, "%s: %s", experiment->name, why.message);
}

sur_status sur_profile_resolve(void *options, const void *input, size_t size,
                               sur_error *err)
{
    const sur_experiment *first = profile_parts[0].experiment;
    sur_profile_options *o = options;
    void *made = NULL;
    sur_status status;

    SUR_FAIL_IF(!o->data.data, SUR_EINVAL, "no data: --data FILE or synthetic:NAME");
    SUR_TRY(fill_defaults(o, input, size, err));
    SUR_TRY(first_part(&made, o, err));
    SUR_TRY(first->resolve(made, input, size, err));
    SUR_TRY(take_back(o, made, err));
    for (sur_idx p = 1; p < PROFILE_PARTS; p++)
        if (!profile_parts[p].applies || profile_parts[p].applies(o))
            SUR_TRY(try_part(&profile_parts[p], o, input, size, err));

done:
    done_with(made, first->fields);
    return status;
}
