/* rig.h -- runs one distribute trial without a study: options as words, numbers back.
 */
#ifndef TEST_DISTRIBUTE_RIG_H
#define TEST_DISTRIBUTE_RIG_H

#include "experiments/distribute/distribute.h"
#include "support/check.h"

#include <surplus/experiments.h>

enum { RIG_MOST = 8192, RIG_MODEL = 80000, RIG_LEDGER = 100000 };

typedef struct rig {
    sur_status status; /* of the trial, or of what came before it */
    char message[512];
    sur_measurement at[RIG_MOST];
    sur_idx count;
    double model[RIG_MODEL];
    sur_idx dim;
    double ledger[2][RIG_LEDGER]; /* of nodes, of rounds: x SUR_DIRECTIONS x 4 */
    sur_idx counts[2];
    sur_idx stop_after; /* calls of stop until it says yes; 0: never */
} rig;

static inline sur_status rig_emit(void *payload, sur_idx index,
                                  const sur_outcome *outcome, sur_error *err)
{
    rig *r = payload;
    (void)err;
    CHECK(index == 0);
    r->status = outcome->status;
    snprintf(r->message, sizeof r->message, "%s",
             outcome->message ? outcome->message : "");
    CHECK(outcome->count <= RIG_MOST);
    for (sur_idx i = 0; i < outcome->count; i++) r->at[i] = outcome->measurements[i];
    r->count = outcome->count;
    return SUR_OK;
}

static inline sur_status rig_keep(void *payload, sur_idx index,
                                  const sur_artifact *artifact, sur_error *err)
{
    rig *r = payload;
    const sur_idx count = (sur_idx)(artifact->size / sizeof(double));
    const int which = strcmp(artifact->name, "ledger_rounds") == 0;
    (void)err, (void)index;
    if (strcmp(artifact->name, "model") == 0) {
        r->dim = count;
        CHECK(count <= RIG_MODEL);
        memcpy(r->model, artifact->bytes, artifact->size);
        return SUR_OK;
    }
    r->counts[which] = count;
    CHECK(count <= RIG_LEDGER);
    memcpy(r->ledger[which], artifact->bytes, artifact->size);
    return SUR_OK;
}

static inline sur_status rig_find(void *payload, const char *key, void **found,
                                  size_t *size, sur_error *err)
{
    (void)payload, (void)key, (void)err;
    *found = NULL;
    *size = 0;
    return SUR_OK;
}

static inline bool rig_stop(void *payload)
{
    rig *r = payload;
    return r->stop_after > 0 && --r->stop_after == 0;
}

/* words: "name value name value ..."; the defaults are those of the program. */
static inline sur_status rig_try(rig *r, const char *words, sur_error *err)
{
    sur_distribute_options o;
    const sur_fields *fields = &sur_distribute_fields;
    void *input = NULL;
    size_t size = 0;
    char text[1024], note[512];
    sur_status status = sur_fields_preset(fields, &o, err);

    const sur_idx stop_after = r->stop_after;
    memset(r, 0, sizeof *r);
    r->status = status;
    r->stop_after = stop_after;
    if (status != SUR_OK) return status;
    snprintf(text, sizeof text, "%s", words);
    for (char *name = strtok(text, " "); name && status == SUR_OK;
         name = strtok(NULL, " ")) {
        const char *value = strtok(NULL, " ");
        status = sur_fields_set(fields, &o, name, value, err);
    }
    if (status == SUR_OK)
        status = sur_distribute.load(&o, &input, &size, note, sizeof note, err);
    if (status == SUR_OK) status = sur_distribute.resolve(&o, input, size, err);
    const void *trials[1] = {&o};
    const sur_context context = {.payload = r,
                                 .emit = rig_emit,
                                 .find = rig_find,
                                 .keep = rig_keep,
                                 .stop = rig_stop,
                                 .input = input,
                                 .input_size = size,
                                 .threads = 1};
    if (status == SUR_OK) status = sur_distribute.run(trials, 1, &context, err);
    sur_fields_free(fields, &o);
    free(input);
    return status;
}

static inline void rig_run(rig *r, const char *words)
{
    sur_error err = {0};
    const sur_status status = rig_try(r, words, &err);
    if (status != SUR_OK || r->status != SUR_OK)
        fail_msg("%s: %s%s", words, err.message, r->message);
}

static inline double rig_get(const rig *r, const char *metric)
{
    for (sur_idx i = 0; i < r->count; i++)
        if (r->at[i].iteration == 0 && strcmp(r->at[i].metric, metric) == 0)
            return r->at[i].value;
    return nan("");
}

/* The problem of science: 40 rows of condition 10, 5 nodes, 1e-8. */
#define RIG_PROBLEM                                                               \
    "data synthetic:linear samples 40 nodes 5 condition 10 tolerance 1e-8 width " \
    "1000 "

#endif
