/* summarize.c -- the findings: what each method did at the widest and the narrowest
 * model, beside the original and the retrained one. */
#include "experiments/unlearn/search.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct list {
    sur_finding *at;
    sur_idx count, room;
} list;

static void add(list *l, const char *name, double value, bool headline, const char *fmt,
                ...) SUR_PRINTF(5, 6);

static void add(list *l, const char *name, double value, bool headline, const char *fmt,
                ...)
{
    if (l->count == l->room) return;
    sur_finding *f = &l->at[l->count++];
    *f = (sur_finding){
        .value = value, .low = nan(""), .high = nan(""), .headline = headline};
    snprintf(f->name, sizeof f->name, "%s", name);
    va_list args;
    va_start(args, fmt);
    vsnprintf(f->text, sizeof f->text, fmt, args);
    va_end(args);
}

/* The mean of a metric of a role over the records of one method, goal and width; NAN if
 * none has it. */
typedef struct choice {
    int64_t method, goal, width;
} choice;

static double mean_of(const sur_records *records, const choice *c, const char *metric,
                      const char *split)
{
    double sum = 0.0, count = 0.0;
    for (sur_idx i = 0; i < records->count; i++) {
        const sur_record *r = &records->at[i];
        const sur_unlearn_options *o = r->options;
        if (r->status != SUR_OK || o->method != c->method || o->goal != c->goal ||
            o->width != c->width)
            continue;
        for (sur_idx k = 0; k < r->count; k++) {
            const sur_measurement *m = &r->measurements[k];
            if (m->iteration != 0 || strcmp(m->metric, metric) != 0 ||
                !isfinite(m->value))
                continue;
            if (split ? !m->split || strcmp(m->split, split) != 0 : m->split != NULL)
                continue;
            sum += m->value;
            count += 1.0;
        }
    }
    return count > 0.0 ? sum / count : nan("");
}

static bool widths_of(const sur_records *records, int64_t method, int64_t goal,
                      int64_t *low, int64_t *high)
{
    *low = INT64_MAX;
    *high = 0;
    for (sur_idx i = 0; i < records->count; i++) {
        const sur_unlearn_options *o = records->at[i].options;
        if (records->at[i].status != SUR_OK || o->method != method || o->goal != goal)
            continue;
        if (o->width < *low) *low = o->width;
        if (o->width > *high) *high = o->width;
    }
    return *high > 0;
}

static void width_words(char *text, size_t size, int64_t width)
{
    if (width == SUR_INF)
        snprintf(text, size, "inf");
    else
        snprintf(text, size, "%lld", (long long)width);
}

/* One method at one width. */
static void add_method(list *l, const sur_records *records, const choice *c,
                       bool headline)
{
    const char *method = unlearn_methods[c->method].name;
    const double forget = mean_of(records, c, "forget_error", "unlearned");
    const double test = mean_of(records, c, "test_error", "unlearned");
    const double gap = mean_of(records, c, "privacy_gap", NULL);
    const double locality = mean_of(records, c, "locality", NULL);
    const double auc = mean_of(records, c, "attack_auc", NULL);
    const double time = mean_of(records, c, "relative_time", NULL);
    char name[64], width[32], local[48] = "";
    width_words(width, sizeof width, c->width);
    if (!isnan(locality))
        snprintf(local, sizeof local, ", change near/elsewhere %.3g", locality);
    if (c->goal == GOAL_BIAS) {
        snprintf(name, sizeof name, "forget_error_%s_%s", method, width);
        add(l, name, forget, headline,
            "%s at width %s: error against the biased labels %.3f (before %.3f, "
            "retrained %.3f), test error %.3f (before %.3f, retrained %.3f)%s; %.2g of "
            "retraining's time",
            method, width, forget, mean_of(records, c, "forget_error", "original"),
            mean_of(records, c, "forget_error", "retrained"), test,
            mean_of(records, c, "test_error", "original"),
            mean_of(records, c, "test_error", "retrained"), local, time);
        return;
    }
    snprintf(name, sizeof name, "privacy_gap_%s_%s", method, width);
    add(l, name, gap, headline,
        "%s at width %s: privacy gap %.3f (before %.3f, retrained %.3f), attack AUC "
        "%.3f "
        "(before %.3f), test error %.3f (before %.3f)%s; %.2g of retraining's time",
        method, width, gap, mean_of(records, c, "privacy_gap", "original"),
        mean_of(records, c, "privacy_gap", "retrained"), auc,
        mean_of(records, c, "attack_auc", "original"), test,
        mean_of(records, c, "test_error", "original"), local, time);
}

/* Does the wider model forget better? By the mean objective of a method. */
static void add_width(list *l, const sur_records *records, int64_t method, int64_t goal,
                      int64_t low, int64_t high)
{
    const choice narrow = {method, goal, low}, wide = {method, goal, high};
    const double a = mean_of(records, &narrow, "objective", NULL);
    const double b = mean_of(records, &wide, "objective", NULL);
    const double near = mean_of(records, &narrow, "locality", NULL);
    const double far = mean_of(records, &wide, "locality", NULL);
    char name[64];
    snprintf(name, sizeof name, "width_%s_%s", unlearn_methods[method].name,
             goal == GOAL_BIAS ? "bias" : "privacy");
    add(l, name, a - b, true,
        "%s, goal %s: the objective %s from %.3f at width %lld to %.3f at width %lld; "
        "the change is %.3g times as local",
        unlearn_methods[method].name, goal == GOAL_BIAS ? "bias" : "privacy",
        b < a ? "falls" : "rises", a, (long long)low, b, (long long)high, far / near);
}

/* Predictions made elsewhere, all in one sentence. */
static void add_scores(list *l, const sur_record *r)
{
    const sur_unlearn_options *o = r->options;
    const sur_records one = {.at = r, .count = 1};
    const choice c = {o->method, o->goal, o->width};
    const double gap = mean_of(&one, &c, "privacy_gap", NULL);
    const double forget = mean_of(&one, &c, "forget_error", "unlearned");
    const double test = mean_of(&one, &c, "test_error", "unlearned");
    const double retrained = mean_of(&one, &c, "forget_error", "retrained");
    const double auc = mean_of(&one, &c, "attack_auc", NULL);
    const double p = mean_of(&one, &c, "equivalence_p", NULL);
    char attack[64] = "", beside[64] = "";
    if (!isnan(auc)) snprintf(attack, sizeof attack, ", attack AUC %.3f", auc);
    if (!isnan(retrained))
        snprintf(beside, sizeof beside, " (retrained %.3f)", retrained);
    if (o->goal == GOAL_BIAS)
        add(l, "forget_error", forget, true,
            "error against the biased labels %.3f%s, test error %.3f", forget, beside,
            test);
    else
        add(l, "privacy_gap", gap, true,
            "forget error %.3f%s, test error %.3f: a gap of %.3f, which is %s to be "
            "below "
            "%.3g (p = %.2g)%s",
            forget, beside, test, gap, p < 0.05 ? "shown" : "not shown", o->margin, p,
            attack);
}

static void add_over(list *l, const sur_records *records)
{
    sur_idx count = 0;
    for (sur_idx i = 0; i < records->count; i++)
        count += records->at[i].message &&
                 strstr(records->at[i].message, "over-forgotten") != NULL;
    if (count > 0)
        add(l, "over_forgotten", (double)count, false,
            "%lld of %lld trials over-forget: the model is surer of strangers than of "
            "the forgotten, which gives them away as well",
            (long long)count, (long long)records->count);
}

static void add_diverged(list *l, const sur_records *records)
{
    sur_idx count = 0;
    for (sur_idx i = 0; i < records->count; i++)
        count += records->at[i].message &&
                 strstr(records->at[i].message, "diverged") != NULL;
    if (count > 0)
        add(l, "diverged", (double)count, false,
            "%lld of %lld trials diverged and were stopped", (long long)count,
            (long long)records->count);
}

sur_status sur_unlearn_summarize(const sur_records *records, sur_finding **findings,
                                 sur_idx *count, sur_error *err)
{
    list l = {.room = 6 * UNLEARN_METHODS + 3};
    sur_status status;

    *findings = NULL;
    *count = 0;
    if (records->count == 0) return SUR_OK;
    SUR_TRY(sur_alloc(&l.at, l.room, sizeof *l.at, err));
    for (int64_t goal = 0; goal < 2; goal++)
        for (int64_t method = 0; method < UNLEARN_METHODS; method++) {
            int64_t low, high;
            if (!widths_of(records, method, goal, &low, &high)) continue;
            const bool curve = high > low && high != SUR_INF;
            if (curve) add_width(&l, records, method, goal, low, high);
            add_method(&l, records, &(choice){method, goal, high}, !curve);
            if (curve) add_method(&l, records, &(choice){method, goal, low}, false);
        }
    for (sur_idx i = 0; i < records->count && l.count < l.room / 2; i++) {
        const sur_unlearn_options *o = records->at[i].options;
        if (o->scores && records->at[i].status == SUR_OK)
            add_scores(&l, &records->at[i]);
    }
    const char *note = records->at[0].message;
    if (records->count == 1 && records->at[0].status == SUR_OK && note && *note)
        add(&l, "note", nan(""), false, "%.500s", note);
    add_over(&l, records);
    add_diverged(&l, records);
    *findings = l.at;
    *count = l.count;
    l.at = NULL;

done:
    free(l.at);
    return status;
}
