/* fuzz_study.c -- any bytes as a study file: read or refused in one line; what is read
 * can be set again on the command line with the same result. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <surplus/study.h>
#include <unistd.h>

#include "scratch.h"

typedef struct fuzz_options {
    int64_t width, choice;
    double ridge;
    bool flag;
    char *name, *data, *columns;
} fuzz_options;

static const char *const choices[] = {"relu", "linear", NULL};
#define ROW(f, k, p, fl)                                                         \
    {                                                                            \
        .name = #f, .kind = k, .offset = offsetof(fuzz_options, f), .preset = p, \
        .low = 1, .high = 1e6, .flags = fl, .choices = choices, .help = #f       \
    }
static const sur_field rows[] = {
    ROW(width, SUR_INT, "1:4", SUR_AXIS | SUR_MAY_BE_INF),
    ROW(choice, SUR_CHOICE, "relu", SUR_AXIS),
    ROW(ridge, SUR_REAL, NULL, SUR_AXIS | SUR_AUTO),
    ROW(flag, SUR_FLAG, "false", SUR_AXIS),
    ROW(name, SUR_TEXT, NULL, SUR_AXIS),
    ROW(data, SUR_PATH, NULL, 0),
    ROW(columns, SUR_LIST, NULL, 0),
};
static const sur_fields fields = {rows, sizeof rows / sizeof *rows,
                                  sizeof(fuzz_options)};
static const sur_experiment fuzzed = {.name = "fuzz", .revision = 1, .fields = &fields};
static const sur_experiment *const known[] = {&fuzzed};

static void require(bool holds)
{
    if (!holds) abort();
}

/* Plans what was read if it is small. */
static void plan(sur_study *study, const sur_run_options *run)
{
    sur_plan made;
    sur_error err;
    const sur_status status = sur_study_plan(study, NULL, run, &made, NULL, &err);
    if (status != SUR_OK) {
        require(status == SUR_EINVAL && err.message[0] && !strchr(err.message, '\n'));
        return;
    }
    require(made.trials >= 0 && made.held == 0);
    for (sur_idx i = 0; i < made.trials; i++)
        require(sur_study_spec(study, i, NULL) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_path("study.yaml");
    sur_error err = {0};
    sur_study *study = NULL;
    sur_run_options run;
    if (size > 4096) return 0; /* an axis may be large; the file need not be */
    FILE *file = fopen(path, "wb");
    require(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
    require(sur_fields_preset(&sur_run_fields, &run, NULL) == SUR_OK);
    const sur_status status = sur_study_read(&study, &run, path, known, 1, &err);
    if (status == SUR_OK) {
        plan(study, &run);
    } else {
        require(!study && status == SUR_EINVAL);
        require(err.message[0] && !strchr(err.message, '\n'));
    }
    sur_study_free(study);
    sur_fields_free(&sur_run_fields, &run);
    unlink(path);
    return 0;
}
