/* rig.h -- runs privacy trials without a study: options as words, one outcome each. */
#ifndef TEST_PRIVACY_RIG_H
#define TEST_PRIVACY_RIG_H

#include "experiments/privacy/privacy.h"
#include "support/check.h"

#include <surplus/experiments.h>

enum { RIG_KEPT = 256 };

typedef struct rig {
    sur_privacy_options options;
    void *input;
    size_t size;
    sur_status status;
    char message[512], note[1024];
    privacy_list list;
    struct {
        char key[160];
        void *bytes;
        size_t size;
    } kept[RIG_KEPT];
    sur_idx kept_count, found_count;
} rig;

static sur_status rig_emit(void *payload, sur_idx index, const sur_outcome *outcome,
                           sur_error *err)
{
    rig *r = payload;
    (void)err;
    CHECK(index == 0);
    r->status = outcome->status;
    snprintf(r->message, sizeof r->message, "%s",
             outcome->message ? outcome->message : "");
    r->list.count = outcome->count;
    for (sur_idx i = 0; i < outcome->count; i++)
        r->list.at[i] = outcome->measurements[i];
    return SUR_OK;
}

static sur_status rig_find(void *payload, const char *key, void **found, size_t *size,
                           sur_error *err)
{
    rig *r = payload;
    (void)err;
    *found = NULL;
    *size = 0;
    for (sur_idx i = 0; i < r->kept_count; i++)
        if (strcmp(r->kept[i].key, key) == 0) {
            *found = malloc(r->kept[i].size);
            CHECK(*found != NULL);
            memcpy(*found, r->kept[i].bytes, r->kept[i].size);
            *size = r->kept[i].size;
            r->found_count++;
        }
    return SUR_OK;
}

static sur_status rig_keep(void *payload, sur_idx index, const sur_artifact *artifact,
                           sur_error *err)
{
    rig *r = payload;
    (void)err, (void)index;
    CHECK(r->kept_count < RIG_KEPT);
    snprintf(r->kept[r->kept_count].key, sizeof r->kept[0].key, "%s", artifact->key);
    r->kept[r->kept_count].bytes = malloc(artifact->size);
    CHECK(r->kept[r->kept_count].bytes != NULL);
    memcpy(r->kept[r->kept_count].bytes, artifact->bytes, artifact->size);
    r->kept[r->kept_count++].size = artifact->size;
    return SUR_OK;
}

static bool rig_stop(void *payload) { return (void)payload, false; }

static inline void rig_forget(rig *r) /* all but what was kept */
{
    sur_fields_free(&sur_privacy_fields, &r->options);
    free(r->input);
    r->input = NULL;
}

static inline void rig_free(rig *r)
{
    rig_forget(r);
    for (sur_idx i = 0; i < r->kept_count; i++) free(r->kept[i].bytes);
    free(r);
}

/* "name=value name=value"; loads, resolves, runs. The status is that of the first step
 * that fails, r->message then says why. */
static inline sur_status rig_run(rig *r, const char *words)
{
    char text[2048];
    sur_error err = {0};
    rig_forget(r);
    CHECK_OK(sur_fields_preset(&sur_privacy_fields, &r->options, NULL));
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value = '\0';
        if (sur_fields_set(&sur_privacy_fields, &r->options, word, value + 1, &err) !=
            SUR_OK)
            fail_msg("%s", err.message);
    }
    const void *options = &r->options;
    sur_status status =
        sur_privacy.load(options, &r->input, &r->size, r->note, sizeof r->note, &err);
    if (status == SUR_OK)
        status = sur_privacy.resolve(&r->options, r->input, r->size, &err);
    const sur_context context = {.payload = r,
                                 .emit = rig_emit,
                                 .find = rig_find,
                                 .keep = rig_keep,
                                 .stop = rig_stop,
                                 .input = r->input,
                                 .input_size = r->size,
                                 .threads = 1};
    if (status == SUR_OK) status = sur_privacy.run(&options, 1, &context, &err);
    if (status == SUR_OK) return r->status;
    snprintf(r->message, sizeof r->message, "%s", err.message);
    return status;
}

static inline rig *rig_new(void)
{
    rig *r = calloc(1, sizeof *r);
    CHECK(r != NULL);
    return r;
}

static inline const sur_measurement *rig_get(const rig *r, const char *metric,
                                             const char *split)
{
    for (sur_idx i = 0; i < r->list.count; i++) {
        const sur_measurement *m = &r->list.at[i];
        if (strcmp(m->metric, metric) == 0 &&
            (split ? m->split && strcmp(m->split, split) == 0 : !m->split))
            return m;
    }
    fail_msg("no measurement of %s", metric);
    return NULL;
}

static inline double rig_value(const rig *r, const char *metric)
{
    return rig_get(r, metric, NULL)->value;
}

#endif
