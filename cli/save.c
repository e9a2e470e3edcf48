/* save.c -- the arrays or the model that a trial kept, as a file of the user's. */
#include "cli.h"

#include <surplus/data.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static bool is_model(const sur_array *array)
{
    return strcmp(array->kind, "safetensors") == 0;
}

/* The model file that is among the arrays, whole or not at all. */
static sur_status write_model(const char *path, saving *s, sur_error *err)
{
    char beside[4096];
    sur_idx i = 0;
    while (i < s->count && !is_model(&s->arrays[i])) i++;
    if (i == s->count)
        return sur_fail(err, SUR_EINVAL,
                        "%s: the trial kept no model (--keep-model keeps it)", path);
    if (snprintf(beside, sizeof beside, "%s.part", path) >= (int)sizeof beside)
        return sur_fail(err, SUR_EINVAL, "%.60s..: the name is too long", path);
    FILE *file = fopen(beside, "wb");
    if (!file) return sur_fail(err, SUR_EWRITE, "%s: %s", beside, strerror(errno));
    const size_t size = s->arrays[i].size;
    bool good = fwrite(s->arrays[i].data, 1, size, file) == size;
    good = fclose(file) == 0 && good;
    if (good && rename(beside, path) == 0) return SUR_OK;
    const int why = errno;
    unlink(beside);
    return sur_fail(err, SUR_EWRITE, "%s: %s", path, strerror(why));
}

/* All others as .npz. */
static sur_status write_arrays(const char *path, saving *s, sur_error *err)
{
    sur_array arrays[MOST_ARRAYS];
    sur_idx count = 0;
    for (sur_idx i = 0; i < s->count; i++)
        if (!is_model(&s->arrays[i])) arrays[count++] = s->arrays[i];
    return sur_arrays_write(path, arrays, count, err);
}

static bool names_model(const char *path)
{
    static const char end[] = ".safetensors";
    const size_t length = strlen(path), most = sizeof end - 1;
    return length > most && strcmp(path + length - most, end) == 0;
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
    if (status == SUR_OK)
        status = (names_model(path) ? write_model : write_arrays)(path, &s, err);
    for (sur_idx i = 0; i < s.count; i++) free(s.owned[i]);
    return status;
}
