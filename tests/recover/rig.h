/* rig.h -- planted problems and runs from options as words. */
#ifndef TEST_RECOVER_RIG_H
#define TEST_RECOVER_RIG_H

#include "experiments/recover/problem.h"
#include "support/check.h"

#include <surplus/experiments.h>
#include <unistd.h>

/* Sets "name=value name=value". */
static inline void rig_set(sur_recover_trial *o, const char *words)
{
    char text[2048];
    sur_error err;
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value = '\0';
        if (sur_fields_set(&sur_recover_fields, o, word, value + 1, &err) != SUR_OK)
            fail_msg("%s", err.message);
    }
}

/* Preset, set; resolved against input. */
static inline void rig_options(sur_recover_trial *o, const char *words)
{
    CHECK_OK(sur_fields_preset(&sur_recover_fields, o, NULL));
    rig_set(o, words);
}

static inline void rig_free_options(sur_recover_trial *o)
{
    sur_fields_free(&sur_recover_fields, o);
}

/* One run of a planted problem. */
typedef struct rig {
    sur_recover_trial options;
    recover_problem *problem; /* stays where it is when the rig is copied */
    recover_trace trace;
    sur_recover_result result;
    double error; /* of the matrix returned */
} rig;

static inline rig rig_only_make(const char *words)
{
    rig r = {0};
    sur_error err = {0};
    rig_options(&r.options, words);
    if (sur_recover.resolve(&r.options, NULL, 0, &err) != SUR_OK)
        fail_msg("%s", err.message);
    const sur_recover_trial *o = &r.options;
    CHECK_OK(sur_alloc(&r.problem, 1, sizeof *r.problem, NULL));
    if (recover_problem_make(r.problem, o, NULL, 0, &err) != SUR_OK)
        fail_msg("%s", err.message);
    CHECK_OK(recover_trace_begin(&r.trace, r.problem, o, r.problem->y, NULL));
    return r;
}

/* Makes and runs it. */
static inline rig rig_make(const char *words, bool watch)
{
    sur_error err = {0};
    rig r = rig_only_make(words);
    const sur_recover_trial *o = &r.options;
    sur_recover_options s = sur_recover_defaults();
    s.rank = o->rank;
    s.method = (sur_recover_method)o->solver;
    s.start = (sur_recover_start)o->start;
    s.init_scale = o->init_scale;
    s.init_absolute = o->init_absolute;
    s.step = o->step;
    s.damping = o->damping;
    s.momentum = o->momentum;
    s.iterations = o->iterations;
    s.tolerance = o->tolerance;
    s.holdout = o->holdout;
    s.seed = (uint64_t)o->start_seed;
    if (watch) s.observe = recover_trace_observe;
    s.payload = &r.trace;
    if (sur_recover_many(&r.result, &r.problem->op, r.problem->y, &s, 1, &err) !=
        SUR_OK)
        fail_msg("%s", err.message);
    r.error = (double)NAN;
    if (r.problem->truth.data)
        CHECK_OK(recover_error(&r.error, &r.result.left, &r.result.right,
                               &r.problem->truth, NULL));
    return r;
}

static inline rig rig_run(const char *words) { return rig_make(words, false); }

/* With its iterates looked at: all of them with trace=true, else some. */
static inline rig rig_watch(const char *words) { return rig_make(words, true); }

static inline void rig_free(rig *r)
{
    recover_trace_free(&r->trace);
    recover_problem_free(r->problem);
    free(r->problem);
    sur_recover_free(&r->result);
    rig_free_options(&r->options);
}

/* Recovery errors of one problem with several values of one option, run together. */
static inline rig rig_each(const char *words, const char *option,
                           const char *const *values, int count, double *errors)
{
    sur_recover_options s[8];
    sur_recover_result results[8];
    rig r = rig_only_make(words);
    CHECK(count <= 8);
    for (int k = 0; k < count; k++) {
        sur_recover_trial *o = &r.options;
        CHECK_OK(sur_fields_set(&sur_recover_fields, o, option, values[k], NULL));
        s[k] = sur_recover_defaults();
        s[k].rank = o->rank;
        s[k].method = (sur_recover_method)o->solver;
        s[k].init_scale = o->init_scale;
        s[k].init_absolute = o->init_absolute;
        s[k].step = o->step;
        s[k].iterations = o->iterations;
        s[k].tolerance = o->tolerance;
        s[k].holdout = o->holdout;
        s[k].seed = (uint64_t)o->start_seed;
    }
    CHECK_OK(sur_recover_many(results, &r.problem->op, r.problem->y, s, count, NULL));
    for (int k = 0; k < count; k++) {
        CHECK_OK(recover_error(&errors[k], &results[k].left, &results[k].right,
                               &r.problem->truth, NULL));
        sur_recover_free(&results[k]);
    }
    return r;
}

/* The first iteration whose recovery error is at most `below`; -1. */
static inline int64_t rig_reaches(const rig *r, double below)
{
    for (sur_idx i = 0; i < r->trace.count; i++)
        if (r->trace.points[i].recovery <= below) return r->trace.points[i].iteration;
    return -1;
}

static int rig_ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static inline double rig_median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, rig_ascending);
    return n % 2 ? x[n / 2] : 0.5 * (x[n / 2 - 1] + x[n / 2]);
}

/* The least-squares slope of y over x. */
static inline double rig_slope(const double *x, const double *y, int n)
{
    double mx = 0, my = 0, xy = 0, xx = 0;
    for (int i = 0; i < n; i++) mx += x[i] / n, my += y[i] / n;
    for (int i = 0; i < n; i++)
        xy += (x[i] - mx) * (y[i] - my), xx += (x[i] - mx) * (x[i] - mx);
    return xy / xx;
}

#endif
