/* sample.h -- made-up trials and scratch folders for the tests of the store. */
#ifndef TEST_STORE_SAMPLE_H
#define TEST_STORE_SAMPLE_H

#include <surplus/store.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/check.h"

/* A folder of its own for the test program, removed with what is in it at the end. */
static char sample_folder[64];

static inline const char *sample_path(const char *name)
{
    static char path[4][160];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", sample_folder, name);
    return path[next];
}

static inline int sample_setup(void **state)
{
    (void)state;
    strcpy(sample_folder, "/tmp/surplus_store_XXXXXX");
    return mkdtemp(sample_folder) ? 0 : -1;
}

static inline int sample_teardown(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", sample_folder);
    return system(command);
}

static const sur_stored_measurement sample_measurements[] = {
    {"test_error", NULL, 0, 0.125, 0.1, 0.15, 1000},
    {"train_loss", NULL, 0, 1e-30, NAN, NAN, 0},
    {"test_error", "validation", 0, NAN, -1.5, 2e300, 17},
    {"gram_condition", NULL, 0, 5e-324, 3, -0.1, 1},
    {"train_loss", NULL, 10, 0.1, NAN, NAN, 0},
};

typedef struct sample_specs {
    char text[64];
} sample_specs;

/* Trial number i; spec is the caller's room. */
static inline sur_stored_trial sample_trial(int i, sample_specs *spec)
{
    snprintf(spec->text, sizeof spec->text, "{\"width\":%d,\"family\":\"relu\"}", i);
    return (sur_stored_trial){
        .experiment = i % 3 == 2 ? "privacy" : "descent",
        .revision = 1,
        .spec = spec->text,
        .code = "0.1.0 gcc",
        .host = "node1; Some Processor",
        .started = 1e9 + i,
        .seconds = 0.25 * i,
        .peak_memory = 1000000 + i,
        .status = i % 7 == 6 ? SUR_ENUMERIC : SUR_OK,
        .message = i % 7 == 6 ? "diverged at step 3" : NULL,
        .measurements = sample_measurements,
        .count = i % 6,
    };
}

/* Appends trials first ... last-1 in one transaction. */
static inline sur_status sample_append(sur_store *store, int first, int last,
                                       sur_error *err)
{
    sur_stored_trial trials[256];
    sample_specs specs[256];
    for (int i = first; i < last; i++)
        trials[i - first] = sample_trial(i, &specs[i - first]);
    return sur_store_append(store, trials, last - first, err);
}

static inline bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static inline bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static inline void check_same_trial(const sur_stored_trial *a,
                                    const sur_stored_trial *b)
{
    CHECK_TEXT(a->experiment, b->experiment);
    CHECK_TEXT(a->spec, b->spec);
    CHECK_TEXT(a->code, b->code);
    CHECK_TEXT(a->host, b->host);
    CHECK(same_text(a->message, b->message));
    CHECK(a->revision == b->revision && a->peak_memory == b->peak_memory);
    CHECK(a->started == b->started && same_number(a->seconds, b->seconds));
    CHECK(a->status == b->status && a->count == b->count);
    for (sur_idx i = 0; i < a->count; i++) {
        const sur_stored_measurement *m = &a->measurements[i], *n = &b->measurements[i];
        CHECK_TEXT(m->metric, n->metric);
        CHECK(same_text(m->split, n->split));
        CHECK(m->iteration == n->iteration && m->n == n->n);
        CHECK(same_number(m->value, n->value) && same_number(m->low, n->low) &&
              same_number(m->high, n->high));
    }
}

/* Counts trials, and checks that number i is the sample of that number. */
static inline sur_status sample_expect(void *payload, const sur_stored_trial *trial,
                                       sur_error *err)
{
    (void)err;
    int *next = payload, number = -1;
    sample_specs spec;
    CHECK(sscanf(trial->spec, "{\"width\":%d", &number) == 1 && number == *next);
    const sur_stored_trial expected = sample_trial(number, &spec);
    check_same_trial(trial, &expected);
    ++*next;
    return SUR_OK;
}

static inline sur_status sample_count(void *payload, const sur_stored_trial *trial,
                                      sur_error *err)
{
    (void)trial, (void)err;
    ++*(int *)payload;
    return SUR_OK;
}

#endif
