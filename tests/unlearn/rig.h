/* rig.h -- runs unlearning trials without a study: options as words, one group at a
 * time; what was kept stays for the next one. */
#ifndef TEST_UNLEARN_RIG_H
#define TEST_UNLEARN_RIG_H

#include "experiments/unlearn/unlearn.h"
#include "support/check.h"

#include <surplus/experiments.h>

enum { RIG_KEPT = 512, RIG_TRIALS = 16 };

typedef struct rig {
    sur_unlearn_options options[RIG_TRIALS];
    int trials;
    void *input;
    size_t size;
    sur_status status[RIG_TRIALS];
    char message[RIG_TRIALS][1024], note[1024], why[512];
    unlearn_list list[RIG_TRIALS];
    struct {
        char key[200], name[48];
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
    CHECK(index >= 0 && index < r->trials);
    r->status[index] = outcome->status;
    snprintf(r->message[index], sizeof r->message[0], "%s",
             outcome->message ? outcome->message : "");
    r->list[index].count = outcome->count;
    for (sur_idx i = 0; i < outcome->count; i++)
        r->list[index].at[i] = outcome->measurements[i];
    return SUR_OK;
}

static sur_status rig_find(void *payload, const char *key, void **found, size_t *size,
                           sur_error *err)
{
    rig *r = payload;
    (void)err;
    *found = NULL;
    *size = 0;
    for (sur_idx i = 0; i < r->kept_count && !*found; i++)
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
    snprintf(r->kept[r->kept_count].name, sizeof r->kept[0].name, "%s", artifact->name);
    r->kept[r->kept_count].bytes = malloc(artifact->size);
    CHECK(r->kept[r->kept_count].bytes != NULL);
    memcpy(r->kept[r->kept_count].bytes, artifact->bytes, artifact->size);
    r->kept[r->kept_count++].size = artifact->size;
    return SUR_OK;
}

static bool rig_stop(void *payload) { return (void)payload, false; }

static inline void rig_forget(rig *r) /* all but what was kept */
{
    for (int i = 0; i < r->trials; i++)
        sur_fields_free(&sur_unlearn_fields, &r->options[i]);
    free(r->input);
    r->input = NULL;
    r->trials = 0;
}

static inline void rig_free(rig *r)
{
    rig_forget(r);
    for (sur_idx i = 0; i < r->kept_count; i++) free(r->kept[i].bytes);
    free(r);
}

static inline sur_status rig_set(sur_unlearn_options *options, const char *words)
{
    char text[2048], *save = NULL;
    sur_error err = {0};
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok_r(text, " ", &save); word;
         word = strtok_r(NULL, " ", &save)) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        for (char *c = value; *c; c++)
            if (*c == ';') *c = ' '; /* within settings */
        const sur_status status =
            sur_fields_set(&sur_unlearn_fields, options, word, value, &err);
        if (status == SUR_ENOMEM) return status;
        if (status != SUR_OK) fail_msg("%s", err.message);
    }
    return SUR_OK;
}

/* "name=value name=value", of the group, and of each trial after that; loads, resolves,
 * runs. The status is that of the first step that fails (r->why), or of trial 0. */
static inline sur_status rig_group(rig *r, const char *words, const char *const *more,
                                   int count)
{
    const void *options[RIG_TRIALS];
    sur_error err = {0};
    sur_status status = SUR_OK;
    rig_forget(r);
    for (int i = 0; i < count && status == SUR_OK; i++) {
        status = sur_fields_preset(&sur_unlearn_fields, &r->options[i], &err);
        r->trials++;
        if (status == SUR_OK) status = rig_set(&r->options[i], words);
        if (status == SUR_OK && more) status = rig_set(&r->options[i], more[i]);
        options[i] = &r->options[i];
    }
    if (status == SUR_OK)
        status = sur_unlearn.load(options[0], &r->input, &r->size, r->note,
                                  sizeof r->note, &err);
    for (int i = 0; i < count && status == SUR_OK; i++)
        status = sur_unlearn.resolve(&r->options[i], r->input, r->size, &err);
    const sur_context context = {.payload = r,
                                 .emit = rig_emit,
                                 .find = rig_find,
                                 .keep = rig_keep,
                                 .stop = rig_stop,
                                 .input = r->input,
                                 .input_size = r->size,
                                 .threads = 1};
    if (status == SUR_OK) status = sur_unlearn.run(options, count, &context, &err);
    snprintf(r->why, sizeof r->why, "%s", err.message);
    if (status == SUR_OK && r->status[0] != SUR_OK)
        snprintf(r->why, sizeof r->why, "%.500s", r->message[0]);
    return status == SUR_OK ? r->status[0] : status;
}

static inline sur_status rig_run(rig *r, const char *words)
{
    return rig_group(r, words, NULL, 1);
}

static inline rig *rig_new(void)
{
    rig *r = calloc(1, sizeof *r);
    CHECK(r != NULL);
    return r;
}

static inline const sur_measurement *
rig_find_metric(const rig *r, int trial, const char *metric, const char *split)
{
    for (sur_idx i = 0; i < r->list[trial].count; i++) {
        const sur_measurement *m = &r->list[trial].at[i];
        if (strcmp(m->metric, metric) == 0 && m->iteration == 0 &&
            (split ? m->split && strcmp(m->split, split) == 0 : !m->split))
            return m;
    }
    return NULL;
}

static inline double rig_value(const rig *r, int trial, const char *metric,
                               const char *split)
{
    const sur_measurement *m = rig_find_metric(r, trial, metric, split);
    if (!m) fail_msg("no measurement of %s %s", metric, split ? split : "");
    return m->value;
}

static inline const void *rig_artifact(const rig *r, const char *name, size_t *size)
{
    for (sur_idx i = r->kept_count - 1; i >= 0; i--)
        if (strcmp(r->kept[i].name, name) == 0) {
            *size = r->kept[i].size;
            return r->kept[i].bytes;
        }
    return NULL;
}

#endif
