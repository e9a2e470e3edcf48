/* same.c -- are all ranks running the same thing? */
#include "experiments/distribute/run.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first option whose value here is not that of rank 0's spec. */
static sur_status name_difference(const sur_fields *fields, const void *options,
                                  const char *spec, sur_error *err)
{
    void *other = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&other, (sur_idx)fields->size, 1, err));
    SUR_TRY(sur_fields_preset(fields, other, err));
    SUR_TRY(sur_fields_from_json(fields, other, spec, err));
    for (sur_idx f = 0; f < fields->count; f++) {
        char here[200], there[200];
        if (fields->at[f].flags & SUR_HIDDEN) continue;
        sur_field_text(&fields->at[f], options, here, sizeof here);
        sur_field_text(&fields->at[f], other, there, sizeof there);
        if (fields->at[f].kind == SUR_PATH) continue; /* the checksum speaks for it */
        SUR_FAIL_IF(strcmp(here, there) != 0, SUR_EINVAL,
                    "%s is \"%s\" here, but \"%s\" at rank 0: ranks must be started "
                    "alike",
                    fields->at[f].name, here, there);
    }

done:
    if (other) sur_fields_free(fields, other);
    free(other);
    return status;
}

sur_status distribute_same(const sur_fields *fields, const void *options,
                           double timeout, sur_error *err)
{
    char *mine = NULL, *first = NULL;
    size_t size = 0;
    sur_status status;

    if (sur_world_size() == 0) return SUR_OK;
    status = sur_fields_to_json(fields, options, &mine, err);
    status = sur_world_agree(status, timeout, err);
    if (status != SUR_OK) goto done;
    first = mine;
    size = strlen(mine) + 1;
    SUR_TRY(sur_world_share((void **)&first, &size, timeout, err));
    if (strcmp(first, mine) != 0) status = name_difference(fields, options, first, err);
    status = sur_world_agree(status, timeout, err);

done:
    if (first != mine) free(first);
    free(mine);
    return status;
}

sur_status distribute_same_problem(sur_status status, uint64_t hash, double timeout,
                                   sur_error *err)
{
    uint64_t *first = &hash, mine = hash;
    size_t size = sizeof hash;

    if (sur_world_size() == 0) return status;
    status = sur_world_agree(status, timeout, err);
    if (status == SUR_OK)
        status = sur_world_share((void **)&first, &size, timeout, err);
    if (status != SUR_OK) return status;
    if (size != sizeof mine || memcmp(first, &mine, sizeof mine) != 0)
        status = sur_fail(err, SUR_EINVAL,
                          "the data or the edge list are not those of rank 0: ranks "
                          "must be started alike");
    if (first != &hash) free(first);
    return sur_world_agree(status, timeout, err);
}
