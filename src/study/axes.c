/* axes.c -- from the texts of the options to the points of a grid.
 *
 * Options with one value go into `base`; each of the others is an axis. Point k of the
 * grid has the value number (k / stride) % count on each axis. */
#include "study/internal.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include <stdlib.h>
#include <string.h>

void sur_axes_free(sur_study *study)
{
    for (sur_idx i = 0; i < study->axes; i++) free(study->axis[i].value);
    free(study->axis);
    study->axis = NULL;
    study->axes = study->points = 0;
    if (study->base) sur_options_free(study, study->base);
    study->base = NULL;
}

void sur_options_free(const sur_study *study, void *options)
{
    if (!options) return;
    sur_fields_free(study->experiment->fields, options);
    free(options);
}

static bool is_joint(const sur_experiment *experiment, const sur_field *field)
{
    for (const char *const *name = experiment->joint; name && *name; name++)
        if (sur_fields_find(experiment->fields, *name) == field) return true;
    return false;
}

/* One option: a value of the base, or an axis more. */
static sur_status add_option(sur_study *study, sur_idx i, sur_error *err)
{
    sur_status status = SUR_OK;
    const sur_fields *fields = study->experiment->fields;
    const sur_field *field = &fields->at[i];
    const char *own = study->own ? study->own[i] : NULL;
    const char *text = study->text[i] ? study->text[i] : own ? own : field->preset;
    char **value = NULL;
    sur_idx count = 0;
    if (!text) return SUR_OK;
    SUR_TRY(sur_axis_expand(field, text, &value, &count, err));
    SUR_TRY(sur_fields_set(fields, study->base, field->name, value[0], err));
    if (count > 1) {
        study->axis[study->axes++] =
            (sur_axis){.field = field,
                       .value = value,
                       .count = count,
                       .joint = is_joint(study->experiment, field),
                       .given = study->text[i] != NULL};
        value = NULL;
    }

done:
    free(value);
    return status;
}

/* "width 40 x seed 5" */
static sur_status too_many(const sur_study *study, sur_error *err)
{
    sur_text text = {0};
    sur_status status = SUR_OK;
    for (sur_idx i = 0; i < study->axes && status == SUR_OK; i++)
        status = sur_text_format(&text, err, "%s%s %lld", i ? " x " : "",
                                 study->axis[i].field->name,
                                 (long long)study->axis[i].count);
    if (status == SUR_OK)
        status =
            sur_fail(err, SUR_EINVAL, "%s are more trials than the %d of one study",
                     text.at ? text.at : "", SUR_TRIALS_MOST);
    sur_text_free(&text);
    return status;
}

static sur_status number_points(sur_study *study, sur_error *err)
{
    study->points = 1;
    for (sur_idx i = study->axes - 1; i >= 0; i--) {
        study->axis[i].stride = study->points;
        if (study->axis[i].count > SUR_TRIALS_MOST / study->points)
            return too_many(study, err);
        study->points *= study->axis[i].count;
    }
    return SUR_OK;
}

sur_status sur_axes_make(sur_study *study, sur_error *err)
{
    sur_status status = SUR_OK;
    const sur_fields *fields = study->experiment->fields;
    SUR_TRY(sur_alloc(&study->axis, fields->count, sizeof *study->axis, err));
    SUR_TRY(sur_alloc(&study->base, (sur_idx)fields->size, 1, err));
    SUR_TRY(sur_fields_preset(fields, study->base, err));
    for (sur_idx i = 0; i < fields->count; i++) SUR_TRY(add_option(study, i, err));
    SUR_TRY(number_points(study, err));

done:
    if (status != SUR_OK) sur_axes_free(study);
    return status;
}

sur_status sur_axes_ask(sur_study *study, sur_error *err)
{
    const sur_experiment *experiment = study->experiment;
    const sur_fields *fields = experiment->fields;
    void *options = NULL;
    bool changed = false;
    sur_status status = SUR_OK;
    if (!experiment->axis) return SUR_OK;
    SUR_TRY(sur_alloc(&study->own, fields->count, sizeof *study->own, err));
    SUR_TRY(sur_point_raw(&options, study, 0, err));
    for (sur_idx i = 0; i < fields->count; i++) {
        if (study->text[i] || !(fields->at[i].flags & SUR_AXIS)) continue;
        SUR_TRY(experiment->axis(options, fields->at[i].name, study->input.at,
                                 study->input.size, &study->own[i], err));
        changed |= study->own[i] != NULL;
    }
    if (changed) {
        sur_axes_free(study);
        SUR_TRY(sur_axes_make(study, err));
    }

done:
    sur_options_free(study, options);
    return status;
}

sur_status sur_point_raw(void **options, const sur_study *study, sur_idx point,
                         sur_error *err)
{
    sur_status status = SUR_OK;
    const sur_fields *fields = study->experiment->fields;
    void *made = NULL;
    SUR_TRY(sur_alloc(&made, (sur_idx)fields->size, 1, err));
    SUR_TRY(sur_fields_copy(fields, made, study->base, err));
    for (sur_idx i = 0; i < study->axes; i++) {
        const sur_axis *axis = &study->axis[i];
        const char *value = axis->value[point / axis->stride % axis->count];
        SUR_TRY(sur_fields_set(fields, made, axis->field->name, value, err));
    }

done:
    if (status != SUR_OK) {
        sur_options_free(study, made);
        made = NULL;
    }
    *options = made;
    return status;
}

sur_status sur_point_options(void **options, const sur_study *study, sur_idx point,
                             sur_error *err)
{
    const sur_experiment *experiment = study->experiment;
    sur_status status = sur_point_raw(options, study, point, err);
    if (status != SUR_OK || !experiment->resolve) return status;
    status = experiment->resolve(*options, study->input.at, study->input.size, err);
    if (status != SUR_OK) {
        sur_options_free(study, *options);
        *options = NULL;
    }
    return status;
}

sur_idx sur_point_groups(const sur_study *study)
{
    sur_idx groups = 1;
    for (sur_idx i = 0; i < study->axes; i++)
        if (!study->axis[i].joint) groups *= study->axis[i].count;
    return groups;
}

sur_idx sur_point_group(const sur_study *study, sur_idx point)
{
    sur_idx group = 0;
    for (sur_idx i = 0; i < study->axes; i++) {
        const sur_axis *axis = &study->axis[i];
        if (!axis->joint)
            group = group * axis->count + point / axis->stride % axis->count;
    }
    return group;
}
