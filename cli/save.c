/* save.c -- the arrays that a trial kept, as a file of the user's. */
#include "cli.h"

#include <surplus/data.h>

#include <stdlib.h>
#include <string.h>

enum { MOST_ARRAYS = 32 };

typedef struct saving {
    const char *spec;
    int64_t trial; /* 0: not found */
    sur_array arrays[MOST_ARRAYS];
    char *
        owned[MOST_ARRAYS]; /* name, kind, shape and bytes of each array in one block */
    sur_idx count;
} saving;

static sur_status match(void *payload, const sur_stored_trial *trial, sur_error *err)
{
    saving *s = payload;
    (void)err;
    if (strcmp(trial->spec, s->spec) == 0) s->trial = trial->id;
    return SUR_OK;
}

static sur_status take(void *payload, const sur_stored_artifact *a, sur_error *err)
{
    saving *s = payload;
    if (s->count == MOST_ARRAYS)
        return sur_fail(err, SUR_EINVAL, "the trial kept more than %d arrays",
                        MOST_ARRAYS);
    const size_t name = strlen(a->name) + 1, kind = strlen(a->kind) + 1,
                 shape = strlen(a->shape) + 1;
    char *block = malloc(a->size + name + kind + shape);
    if (!block) return sur_fail(err, SUR_ENOMEM, "cannot allocate %zu bytes", a->size);
    if (a->size) memcpy(block, a->data, a->size);
    char *words = block + a->size;
    memcpy(words, a->name, name);
    memcpy(words + name, a->kind, kind);
    memcpy(words + name + kind, a->shape, shape);
    s->owned[s->count] = block;
    s->arrays[s->count++] = (sur_array){.name = words,
                                        .kind = words + name,
                                        .shape = words + name + kind,
                                        .data = block,
                                        .size = a->size};
    return SUR_OK;
}

sur_status cli_save(sur_store *store, const sur_study *study, sur_idx trials,
                    const char *path, sur_error *err)
{
    bool held;
    saving s = {.spec = trials == 1 ? sur_study_spec(study, 0, &held) : NULL};
    if (!s.spec)
        return sur_fail(err, SUR_EINVAL, "--save takes one trial, not a sweep of %lld",
                        (long long)trials);
    sur_status status =
        sur_store_each(store, sur_study_experiment(study)->name, match, &s, err);
    if (status == SUR_OK && s.trial)
        status = sur_store_each_artifact(store, s.trial, take, &s, err);
    if (status == SUR_OK && s.count == 0)
        status =
            sur_fail(err, SUR_EINVAL, "the trial kept nothing that --save could write");
    if (status == SUR_OK) status = sur_arrays_write(path, s.arrays, s.count, err);
    for (sur_idx i = 0; i < s.count; i++) free(s.owned[i]);
    return status;
}
