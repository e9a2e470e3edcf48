/* rig.h -- runs descent trials without a study: options as words, outcomes in a list.
 */
#ifndef TEST_RIG_H
#define TEST_RIG_H

#include "experiments/descent/descent.h"
#include "support/check.h"

#include <surplus/experiments.h>
#include <unistd.h>

enum { RIG_MOST = 400 };

enum { RIG_TRACED = 500 };

typedef struct rig_outcome {
    bool emitted;
    sur_status status;
    char message[256];
    sur_descent_list list;
    bool kept;
    sur_descent_blocks blocks;
    sur_measurement *trace; /* the first of them; owned */
    sur_idx traced;
} rig_outcome;

typedef struct rig {
    sur_descent_options options[RIG_MOST];
    const void *list[RIG_MOST];
    rig_outcome outcome[RIG_MOST];
    sur_idx count;
    void *input;
    size_t size;
    sur_idx stop_after; /* emitted outcomes, then stop() is true; 0: never */
    sur_idx emitted;
    sur_error err;
} rig;

static sur_status rig_emit(void *payload, sur_idx index, const sur_outcome *outcome,
                           sur_error *err)
{
    rig *r = payload;
    (void)err;
    rig_outcome *o = &r->outcome[index];
    CHECK(index >= 0 && index < r->count && !o->emitted);
    o->emitted = true;
    o->status = outcome->status;
    snprintf(o->message, sizeof o->message, "%s",
             outcome->message ? outcome->message : "");
    o->list.count = 0;
    o->traced = 0;
    for (sur_idx i = 0; i < outcome->count; i++)
        if (outcome->measurements[i].iteration == 0)
            o->list.at[o->list.count++] = outcome->measurements[i];
        else if (o->traced < RIG_TRACED) {
            if (!o->trace) o->trace = calloc(RIG_TRACED, sizeof *o->trace);
            CHECK(o->trace != NULL);
            o->trace[o->traced++] = outcome->measurements[i];
        }
    r->emitted++;
    return SUR_OK;
}

static sur_status rig_find(void *payload, const char *key, void **found, size_t *size,
                           sur_error *err)
{
    (void)payload, (void)key, (void)err;
    *found = NULL;
    *size = 0;
    return SUR_OK;
}

static sur_status rig_keep(void *payload, sur_idx index, const sur_artifact *artifact,
                           sur_error *err)
{
    rig *r = payload;
    (void)err;
    CHECK_TEXT(artifact->name, "test_blocks");
    CHECK(artifact->size == sizeof r->outcome[index].blocks);
    memcpy(&r->outcome[index].blocks, artifact->bytes, artifact->size);
    r->outcome[index].kept = true;
    return SUR_OK;
}

static bool rig_stop(void *payload)
{
    const rig *r = payload;
    return r->stop_after > 0 && r->emitted >= r->stop_after;
}

static inline void rig_clear(rig *r)
{
    for (sur_idx i = 0; i < r->count; i++) free(r->outcome[i].trace);
    memset(r->outcome, 0, sizeof r->outcome);
    r->emitted = 0;
}

static inline void rig_free(rig *r)
{
    for (sur_idx i = 0; i < r->count; i++) free(r->outcome[i].trace);
    for (sur_idx i = 0; i < r->count; i++)
        sur_fields_free(&sur_descent_fields, &r->options[i]);
    free(r->input);
    free(r);
}

/* Sets "name=value name=value". */
static inline void rig_set(sur_descent_options *o, const char *words)
{
    char text[2048];
    sur_error err;
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value = '\0';
        if (sur_fields_set(&sur_descent_fields, o, word, value + 1, &err) != SUR_OK)
            fail_msg("%s", err.message);
    }
}

/* Every width with every ridge. Resolved; not run. status is that of load or resolve.
 */
static inline rig *rig_try(const char *words, const char *widths, const char *ridges,
                           sur_status *status)
{
    rig *r = calloc(1, sizeof *r);
    char **w = NULL, **m = NULL, note[1024];
    sur_idx nw, nm;
    CHECK(r != NULL);
    CHECK_OK(sur_axis_expand(sur_fields_find(&sur_descent_fields, "width"), widths, &w,
                             &nw, NULL));
    CHECK_OK(sur_axis_expand(sur_fields_find(&sur_descent_fields, "ridge"), ridges, &m,
                             &nm, NULL));
    CHECK(nw * nm <= RIG_MOST);
    *status = SUR_OK;
    for (sur_idx i = 0; i < nw && *status == SUR_OK; i++)
        for (sur_idx j = 0; j < nm && *status == SUR_OK; j++) {
            sur_descent_options *o = &r->options[r->count];
            CHECK_OK(sur_fields_preset(&sur_descent_fields, o, NULL));
            rig_set(o, words);
            CHECK_OK(sur_fields_set(&sur_descent_fields, o, "width", w[i], NULL));
            CHECK_OK(sur_fields_set(&sur_descent_fields, o, "ridge", m[j], NULL));
            if (r->count == 0)
                *status = sur_descent.load(o, &r->input, &r->size, note, sizeof note,
                                           &r->err);
            r->list[r->count++] = o;
            if (*status == SUR_OK)
                *status = sur_descent.resolve(o, r->input, r->size, &r->err);
        }
    free(w);
    free(m);
    return r;
}

static inline rig *rig_new(const char *words, const char *widths, const char *ridges)
{
    sur_status status;
    rig *r = rig_try(words, widths, ridges, &status);
    if (status != SUR_OK) fail_msg("%s", r->err.message);
    return r;
}

static inline sur_status rig_run_status(rig *r)
{
    const sur_context context = {.payload = r,
                                 .emit = rig_emit,
                                 .find = rig_find,
                                 .keep = rig_keep,
                                 .stop = rig_stop,
                                 .input = r->input,
                                 .input_size = r->size,
                                 .threads = 1};
    rig_clear(r);
    return sur_descent.run(r->list, r->count, &context, &r->err);
}

static inline void rig_run(rig *r)
{
    if (rig_run_status(r) != SUR_OK) fail_msg("%s", r->err.message);
    for (sur_idx i = 0; i < r->count; i++) {
        CHECK(r->outcome[i].emitted);
        if (r->outcome[i].status != SUR_OK) fail_msg("%s", r->outcome[i].message);
    }
}

static inline const sur_measurement *rig_get(const rig *r, sur_idx i,
                                             const char *metric)
{
    const sur_descent_list *list = &r->outcome[i].list;
    for (sur_idx k = 0; k < list->count; k++)
        if (strcmp(list->at[k].metric, metric) == 0) return &list->at[k];
    return NULL;
}

static inline double rig_value(const rig *r, sur_idx i, const char *metric)
{
    const sur_measurement *m = rig_get(r, i, metric);
    if (!m) fail_msg("trial %lld has no %s", (long long)i, metric);
    return m->value;
}

/* Runs `seeds` rigs and, for each trial, takes mean and standard error of metric over
 * them (arrays of the rig's trials); theory, if not NULL, is the mean of theory_loss.
 */
static inline sur_idx rig_seeds(const char *words, const char *widths,
                                const char *ridges, int seeds, const char *metric,
                                double *mean, double *deviation, double *theory)
{
    double sum[RIG_MOST] = {0}, square[RIG_MOST] = {0}, law[RIG_MOST] = {0};
    sur_idx count = 0;
    for (int seed = 1; seed <= seeds; seed++) {
        char text[1024];
        snprintf(text, sizeof text, "%s seed=%d", words, seed);
        rig *r = rig_new(text, widths, ridges);
        rig_run(r);
        count = r->count;
        for (sur_idx i = 0; i < count; i++) {
            const double x = rig_value(r, i, metric);
            sum[i] += x;
            square[i] += x * x;
            if (theory) law[i] += rig_value(r, i, "theory_loss");
        }
        rig_free(r);
    }
    for (sur_idx i = 0; i < count; i++) {
        const double n = seeds, m = sum[i] / n;
        mean[i] = m;
        deviation[i] = sqrt(fmax(0.0, square[i] / n - m * m) / (n - 1.0));
        if (theory) theory[i] = law[i] / n;
    }
    return count;
}

/* A file of the given text in a folder of this process; removed by rig_remove. */
static inline const char *rig_file(char *path, size_t size, const char *name,
                                   const char *text)
{
    snprintf(path, size, "/tmp/descent_%ld_%s", (long)getpid(), name);
    FILE *file = fopen(path, "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
    return path;
}

#endif
