/* summarize.c -- the findings: how much leaks, whether more width leaks more, who is
 * most exposed, and which threat all of this is about. */
#include "experiments/privacy/privacy.h"

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

static void add(list *l, const char *name, sur_interval value, bool headline,
                const char *fmt, ...) SUR_PRINTF(5, 6);

static void add(list *l, const char *name, sur_interval value, bool headline,
                const char *fmt, ...)
{
    if (l->count == l->room) return;
    sur_finding *f = &l->at[l->count++];
    *f = (sur_finding){.value = value.value,
                       .low = value.low,
                       .high = value.high,
                       .headline = headline};
    snprintf(f->name, sizeof f->name, "%s", name);
    va_list args;
    va_start(args, fmt);
    vsnprintf(f->text, sizeof f->text, fmt, args);
    va_end(args);
}

static sur_interval of(const sur_measurement *m)
{
    return (sur_interval){m->value, m->low, m->high};
}

static const char *width_text(char *text, int64_t width)
{
    if (width == SUR_INF)
        snprintf(text, 32, "inf");
    else
        snprintf(text, 32, "%lld", (long long)width);
    return text;
}

/* The records with the least and with the most advantage, and what they say. */
static void add_extremes(list *l, const sur_records *records)
{
    sur_idx least = -1, most = -1, seen = 0;
    double low = HUGE_VAL, high = -HUGE_VAL;
    char text[32];
    for (sur_idx i = 0; i < records->count; i++) {
        const sur_measurement *m = sur_record_get(&records->at[i], "advantage");
        if (records->at[i].status != SUR_OK || !m || isnan(m->value)) continue;
        seen++;
        if (m->value < low) low = m->value, least = i;
        if (m->value > high) high = m->value, most = i;
    }
    if (seen == 0) return;
    const sur_privacy_options *o = records->at[most].options;
    const sur_measurement *m = sur_record_get(&records->at[most], "advantage");
    const sur_measurement *auc = sur_record_get(&records->at[most], "auc");
    char within[64] = "";
    if (!isnan(m->low))
        snprintf(within, sizeof within, " (95 %% %.3f to %.3f)", m->low, m->high);
    if (o->attack == PRIVACY_SCORES) {
        add(l, "advantage", of(m), true,
            "membership advantage %.3f%s, AUC %.3f (95 %% %.3f to %.3f): %s", m->value,
            within, auc->value, auc->low, auc->high,
            auc->low > 0.5 ? "members can be told" : "no leak is shown");
        return;
    }
    add(l, "advantage_max", of(m), true,
        "the largest membership advantage is %.3f%s, at width %s with %lld samples",
        m->value, within, width_text(text, o->width), (long long)o->data.samples);
    if (seen < 2) return;
    o = records->at[least].options;
    m = sur_record_get(&records->at[least], "advantage");
    add(l, "advantage_min", of(m), false,
        "the smallest is %.3f, at width %s with %lld samples", m->value,
        width_text(text, o->width), (long long)o->data.samples);
}

static bool one_curve(const sur_records *records)
{
    const sur_privacy_options *first = records->at[0].options;
    for (sur_idx i = 1; i < records->count; i++) {
        const sur_privacy_options *o = records->at[i].options;
        for (sur_idx f = 0; f < sur_privacy_fields.count; f++) {
            const sur_field *field = &sur_privacy_fields.at[f];
            if (!(field->flags & SUR_AXIS) || strcmp(field->name, "width") == 0 ||
                strcmp(field->name, "seed") == 0 ||
                strcmp(field->name, "split_seed") == 0 ||
                strcmp(field->name, "dimension") == 0)
                continue;
            const double a = sur_field_number(field, first);
            const double b = sur_field_number(field, o);
            if (a != b && !(isnan(a) && isnan(b))) return false;
        }
    }
    return true;
}

/* Spearman's rank correlation of width and advantage over the trials of one curve. */
static void add_trend(list *l, const sur_records *records)
{
    double above = 0.0, pairs = 0.0;
    if (!one_curve(records)) return;
    for (sur_idx i = 0; i < records->count; i++)
        for (sur_idx j = 0; j < i; j++) {
            const sur_privacy_options *a = records->at[i].options;
            const sur_privacy_options *b = records->at[j].options;
            const sur_measurement *x = sur_record_get(&records->at[i], "advantage");
            const sur_measurement *y = sur_record_get(&records->at[j], "advantage");
            if (!x || !y || isnan(x->value) || isnan(y->value) || a->width == b->width)
                continue;
            pairs += 1.0;
            if (x->value != y->value)
                above += (a->width > b->width) == (x->value > y->value) ? 1.0 : -1.0;
        }
    if (pairs < 3.0) return;
    const double tau = above / pairs;
    add(l, "width_trend", (sur_interval){tau, (double)NAN, (double)NAN}, false,
        "of all pairs of widths the wider one leaks more in %.0f %%%s",
        50.0 * (1.0 + tau),
        tau > 0.9    ? ": leakage grows with width"
        : tau < -0.9 ? ": leakage falls with width"
                     : ": leakage does not simply grow with width");
}

/* Records of --top, from the first trial that kept them. */
static sur_status add_exposed(list *l, const sur_records *records, sur_error *err)
{
    for (sur_idx i = 0; i < records->count; i++) {
        const sur_privacy_options *o = records->at[i].options;
        void *bytes = NULL;
        size_t size = 0;
        if (o->top == 0 || !records->artifact) continue;
        const sur_status status =
            records->artifact(records->payload, i, "exposed", &bytes, &size, err);
        if (status != SUR_OK) return status;
        const double *table = bytes;
        for (sur_idx t = 0; t < (sur_idx)(size / 24); t++) {
            char name[48];
            snprintf(name, sizeof name, "exposed_%lld", (long long)t + 1);
            add(l, name, (sur_interval){table[3 * t], (double)NAN, (double)NAN}, false,
                "most exposed %lld: record %.0f, score %.6g, above all but %.3g %% of "
                "non-members",
                (long long)t + 1, table[3 * t], table[3 * t + 1],
                100.0 * table[3 * t + 2]);
        }
        free(bytes);
        return SUR_OK;
    }
    return SUR_OK;
}

sur_status sur_privacy_summarize(const sur_records *records, sur_finding **findings,
                                 sur_idx *count, sur_error *err)
{
    list l = {.room = 8};
    char threat[256];
    sur_status status;

    *findings = NULL;
    *count = 0;
    if (records->count == 0) return SUR_OK;
    const sur_privacy_options *o = records->at[0].options;
    l.room += o->top;
    SUR_TRY(sur_alloc(&l.at, l.room, sizeof *l.at, err));
    add_extremes(&l, records);
    add_trend(&l, records);
    privacy_threat(o, threat, sizeof threat);
    add(&l, "threat_model", (sur_interval){(double)NAN, (double)NAN, (double)NAN},
        false, "%s", threat);
    if (o->attack == PRIVACY_SCORES && records->at[0].message &&
        strstr(records->at[0].message, "; "))
        add(&l, "support", (sur_interval){(double)NAN, (double)NAN, (double)NAN}, false,
            "%s", strstr(records->at[0].message, "; ") + 2);
    SUR_TRY(add_exposed(&l, records, err));
    *findings = l.at;
    *count = l.count;
    l.at = NULL;

done:
    free(l.at);
    return status;
}
