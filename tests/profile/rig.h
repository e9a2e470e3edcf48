/* rig.h -- runs trials of any experiment without a study, and keeps what they left. */
#ifndef TEST_PROFILE_RIG_H
#define TEST_PROFILE_RIG_H

#include "experiments/profile/profile.h"
#include "support/check.h"

#include <surplus/experiments.h>

enum { RIG_TRIALS = 16, RIG_MEASUREMENTS = 512, RIG_KEPT = 512 };

typedef struct rig_kept {
    char key[200];
    void *bytes;
    size_t size;
} rig_kept;

typedef struct rig {
    const sur_experiment *experiment;
    void *options[RIG_TRIALS];
    sur_idx count;
    void *input;
    size_t size;
    sur_status status[RIG_TRIALS];
    bool emitted[RIG_TRIALS];
    char message[RIG_TRIALS][1024];
    sur_measurement list[RIG_TRIALS][RIG_MEASUREMENTS];
    char split[RIG_TRIALS][RIG_MEASUREMENTS][16]; /* what the list points to */
    sur_idx counts[RIG_TRIALS];
    rig_kept kept[RIG_KEPT];
    sur_idx kept_count;
    sur_error err;
} rig;

static sur_status rig_emit(void *payload, sur_idx index, const sur_outcome *outcome,
                           sur_error *err)
{
    rig *r = payload;
    (void)err;
    CHECK(index >= 0 && index < r->count && !r->emitted[index]);
    r->emitted[index] = true;
    r->status[index] = outcome->status;
    snprintf(r->message[index], sizeof r->message[index], "%s",
             outcome->message ? outcome->message : "");
    r->counts[index] = 0;
    for (sur_idx i = 0; i < outcome->count; i++) {
        const sur_idx k = r->counts[index];
        if (outcome->measurements[i].iteration != 0) continue;
        CHECK(k < RIG_MEASUREMENTS);
        r->list[index][k] = outcome->measurements[i];
        r->counts[index]++;
        if (!outcome->measurements[i].split) continue;
        snprintf(r->split[index][k], sizeof r->split[index][k], "%s",
                 outcome->measurements[i].split);
        r->list[index][k].split = r->split[index][k];
    }
    return SUR_OK;
}

static sur_status rig_find(void *payload, const char *key, void **found, size_t *size,
                           sur_error *err)
{
    rig *r = payload;
    (void)err;
    *found = NULL;
    for (sur_idx i = 0; i < r->kept_count; i++)
        if (strcmp(r->kept[i].key, key) == 0) {
            CHECK((*found = malloc(r->kept[i].size)) != NULL);
            memcpy(*found, r->kept[i].bytes, *size = r->kept[i].size);
        }
    return SUR_OK;
}

static sur_status rig_keep(void *payload, sur_idx index, const sur_artifact *artifact,
                           sur_error *err)
{
    rig *r = payload;
    (void)err, (void)index;
    CHECK(r->kept_count < RIG_KEPT);
    rig_kept *k = &r->kept[r->kept_count++];
    snprintf(k->key, sizeof k->key, "%s", artifact->key);
    CHECK((k->bytes = malloc(artifact->size)) != NULL);
    memcpy(k->bytes, artifact->bytes, k->size = artifact->size);
    return SUR_OK;
}

static bool rig_stop(void *payload) { return (void)payload, false; }

/* Adds a trial: "name=value name=value"; loads with the first; resolves. A part is told
 * what it knows of the profile's words. */
static inline sur_status rig_add(rig *r, const char *words)
{
    const sur_fields *fields = r->experiment->fields;
    char text[2048], note[2048];
    CHECK(r->count < RIG_TRIALS);
    void *o = calloc(1, fields->size);
    CHECK(o != NULL);
    CHECK_OK(sur_fields_preset(fields, o, NULL));
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value = '\0';
        if (r->experiment != &sur_profile && !sur_fields_find(fields, word)) continue;
        if (sur_fields_set(fields, o, word, value + 1, &r->err) != SUR_OK)
            fail_msg("%s", r->err.message);
    }
    r->options[r->count++] = o;
    sur_status status = SUR_OK;
    if (r->count == 1)
        status =
            r->experiment->load(o, &r->input, &r->size, note, sizeof note, &r->err);
    if (status == SUR_OK)
        status = r->experiment->resolve(o, r->input, r->size, &r->err);
    return status;
}

static inline rig *rig_new(const sur_experiment *experiment)
{
    rig *r = calloc(1, sizeof *r);
    CHECK(r != NULL);
    r->experiment = experiment;
    return r;
}

static inline sur_status rig_run(rig *r)
{
    const sur_context context = {.payload = r,
                                 .emit = rig_emit,
                                 .find = rig_find,
                                 .keep = rig_keep,
                                 .stop = rig_stop,
                                 .input = r->input,
                                 .input_size = r->size,
                                 .threads = 1};
    memset(r->emitted, 0, sizeof r->emitted);
    return r->experiment->run((const void *const *)r->options, r->count, &context,
                              &r->err);
}

static inline void rig_free(rig *r)
{
    for (sur_idx i = 0; i < r->count; i++) {
        sur_fields_free(r->experiment->fields, r->options[i]);
        free(r->options[i]);
    }
    for (sur_idx i = 0; i < r->kept_count; i++) free(r->kept[i].bytes);
    free(r->input);
    free(r);
}

static inline const sur_measurement *rig_get(const rig *r, sur_idx trial,
                                             const char *metric, const char *split)
{
    for (sur_idx i = 0; i < r->counts[trial]; i++) {
        const sur_measurement *m = &r->list[trial][i];
        if (strcmp(m->metric, metric) == 0 &&
            (split ? m->split && strcmp(m->split, split) == 0 : !m->split))
            return m;
    }
    return NULL;
}

#endif
