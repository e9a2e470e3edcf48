/* study.c -- a study before it is planned: one experiment, the texts of its options. */
#include "study/internal.h"

#include "base/memory.h"
#include "base/try.h"
#include <stdio.h>
#include <stdlib.h>

sur_status sur_study_new(sur_study **out, const sur_experiment *experiment,
                         sur_error *err)
{
    sur_status status = SUR_OK;
    sur_study *study = NULL;
    *out = NULL;
    SUR_TRY(sur_alloc(&study, 1, sizeof *study, err));
    study->experiment = experiment;
    study->input.fd = -1;
    SUR_TRY(
        sur_alloc(&study->text, experiment->fields->count, sizeof *study->text, err));
    *out = study;
    study = NULL;

done:
    sur_study_free(study);
    return status;
}

void sur_study_free(sur_study *study)
{
    if (!study) return;
    sur_plan_free(study);
    if (study->text)
        for (sur_idx i = 0; i < study->experiment->fields->count; i++)
            free(study->text[i]);
    free(study->text);
    free(study);
}

const sur_experiment *sur_study_experiment(const sur_study *study)
{
    return study->experiment;
}

/* Every value of the text is one the field takes. */
static sur_status check_values(const sur_fields *fields, const sur_field *field,
                               const char *text, sur_error *err)
{
    sur_status status = SUR_OK;
    void *scratch = NULL;
    char **value = NULL;
    sur_idx count = 0;
    SUR_TRY(sur_alloc(&scratch, (sur_idx)fields->size, 1, err));
    SUR_TRY(sur_axis_expand(field, text, &value, &count, err));
    for (sur_idx i = 0; i < count; i++)
        SUR_TRY(sur_fields_set(fields, scratch, field->name, value[i], err));

done:
    if (scratch) sur_fields_free(fields, scratch);
    free(scratch);
    free(value);
    return status;
}

sur_status sur_study_set(sur_study *study, const char *name, const char *text,
                         sur_error *err)
{
    const sur_fields *fields = study->experiment->fields;
    const sur_field *field = sur_fields_find(fields, name);
    char *copy = NULL;
    if (!field) { /* says which name is nearest */
        char *nothing = NULL;
        const sur_status status = sur_fields_set(fields, &nothing, name, text, err);
        return status == SUR_OK ? SUR_EINVAL : status;
    }
    sur_status status = check_values(fields, field, text, err);
    if (status == SUR_OK) status = sur_copy_text(&copy, text, err);
    if (status != SUR_OK) return status;
    char **place = &study->text[field - fields->at];
    free(*place);
    *place = copy;
    sur_plan_free(study);
    return SUR_OK;
}

sur_idx sur_study_axes(const sur_study *study) { return study->axes; }

const char *sur_study_axis(const sur_study *study, sur_idx axis)
{
    return study->axis[axis].field->name;
}

const char *sur_study_value(const sur_study *study, sur_idx axis, sur_idx trial)
{
    const sur_axis *a = &study->axis[axis];
    return a->value[study->trial[trial].point / a->stride % a->count];
}

const char *sur_study_spec(const sur_study *study, sur_idx trial, bool *held)
{
    if (held) *held = study->trial[trial].held;
    return study->trial[trial].spec;
}
