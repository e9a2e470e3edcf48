/* run_fields.c -- how to run, said once: flags, YAML keys and help. */
#include <surplus/study.h>

#include <math.h>

static const char *const bounds[] = {"low", "value", "high", NULL};

#define ROW(f, k, p, lo, hi, u, fl, h)                                                \
    {                                                                                 \
        .name = #f, .kind = k, .offset = offsetof(sur_run_options, f), .preset = p,   \
        .low = lo, .high = hi, .unit = u, .flags = (fl) | SUR_HIDDEN, .group = "run", \
        .help = h                                                                     \
    }

static const sur_field rows[] = {
    ROW(out, SUR_PATH, NULL, 0, 0, NULL, 0,
        "store that keeps the results; started again, a study runs what it lacks"),
    ROW(jobs, SUR_INT, NULL, 1, 4096, NULL, SUR_AUTO,
        "worker processes (default: cores / threads)"),
    ROW(threads, SUR_INT, "1", 1, 1024, NULL, 0,
        "threads of one trial's linear algebra; more than one may change last digits"),
    ROW(time_limit, SUR_REAL, "inf", 0, HUGE_VAL, "s", SUR_MAY_BE_INF,
        "stop after so many seconds; what is done is kept"),
    ROW(retry_failed, SUR_FLAG, NULL, 0, 0, NULL, 0, "run failed trials again"),
    ROW(dry_run, SUR_FLAG, NULL, 0, 0, NULL, 0,
        "list the trials with predicted time and memory, run nothing"),
    ROW(quiet, SUR_FLAG, NULL, 0, 0, NULL, 0, "no progress on standard error"),
    ROW(json, SUR_FLAG, NULL, 0, 0, NULL, 0, "results on standard output as JSON"),
    ROW(fail_if, SUR_TEXT, NULL, 0, 0, NULL, 0,
        "gate on a metric, e.g. 'advantage>0.2': exit code 6 if any result meets it"),
    {.name = "gate_on",
     .kind = SUR_CHOICE,
     .offset = offsetof(sur_run_options, gate_on),
     .preset = "value",
     .choices = bounds,
     .flags = SUR_HIDDEN,
     .group = "run",
     .help = "the bound of the interval that --fail-if looks at"},
    ROW(shard, SUR_TEXT, NULL, 0, 0, NULL, 0,
        "i/n: only the i-th of n parts, for job arrays; join them with merge"),
    ROW(save, SUR_PATH, NULL, 0, 0, NULL, 0,
        "write what a single trial made: its arrays (FILE.npz) or model "
        "(FILE.safetensors)"),
    ROW(memory_limit, SUR_REAL, NULL, 1, 1e18, "bytes", SUR_AUTO,
        "memory for all workers together (default: 80 % of the machine's)"),
};

const sur_fields sur_run_fields = {rows, sizeof rows / sizeof *rows,
                                   sizeof(sur_run_options)};
