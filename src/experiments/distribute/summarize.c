/* summarize.c -- the findings: how few bits, how far from the bound, what it saves, and
 * when it does not pay. */
#include "experiments/distribute/distribute.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 8 };

typedef struct list {
    sur_finding at[MOST];
    sur_idx count;
} list;

static void add(list *l, const char *name, double value, bool headline, const char *fmt,
                ...) SUR_PRINTF(5, 6);

static void add(list *l, const char *name, double value, bool headline, const char *fmt,
                ...)
{
    if (l->count == MOST) return;
    sur_finding *f = &l->at[l->count++];
    *f = (sur_finding){
        .value = value, .low = (double)NAN, .high = (double)NAN, .headline = headline};
    snprintf(f->name, sizeof f->name, "%s", name);
    va_list args;
    va_start(args, fmt);
    vsnprintf(f->text, sizeof f->text, fmt, args);
    va_end(args);
}

static double get(const sur_record *record, const char *metric)
{
    const sur_measurement *m = sur_record_get(record, metric);
    return m ? m->value : nan("");
}

static const char *method_of(const sur_record *record)
{
    const sur_distribute_options *o = record->options;
    const sur_field *field = sur_fields_find(&sur_distribute_fields, "compress");
    return field->choices[o->compress];
}

/* The trial with the fewest bits, and what they are compared with. */
static void add_best(list *l, const sur_record *r)
{
    const sur_distribute_options *o = r->options;
    const double bits = get(r, "total_bits"), over = get(r, "bits_over_reference");
    char fast[32], slow[32];
    add(l, "fewest_bits", bits, true,
        "%lld nodes reach a relative loss of %.2g with %.3g bits in %.3g rounds (%s): "
        "%.3g times the reference of %.3g; %.3g are proved necessary",
        (long long)o->nodes, get(r, "relative_loss"), bits, get(r, "rounds"),
        method_of(r), over, get(r, "reference_bits"), get(r, "proved_bits"));
    add(l, "sent", get(r, "bits_per_node"), false,
        "at most %.3g bits sent by one node, %.3g bytes handed to the network by all "
        "(%.2g %% framing)",
        get(r, "bits_per_node"), get(r, "wire_bytes"),
        100.0 * get(r, "framing_bits") / (8.0 * get(r, "wire_bytes")));
    const double plain = get(r, "gd_bits");
    if (isnan(plain)) return;
    sur_seconds_text(get(r, "gd_seconds"), slow);
    sur_seconds_text(get(r, "predicted_seconds"), fast);
    if (bits < plain)
        add(l, "saved", plain / bits, false,
            "32-bit gradient descent would send %.3g times as much: at %g Mbit/s and "
            "%g ms this run takes %s instead of %s%s",
            plain / bits, o->bandwidth, o->latency, fast, slow,
            get(r, "predicted_seconds") > get(r, "gd_seconds")
                ? ": its fewer rounds are faster there, and compression does not pay"
                : "");
    else
        add(l, "saved", plain / bits, false,
            "compression does not pay here: 32-bit gradient descent would send %.3g "
            "times as much (at %g Mbit/s and %g ms this run takes %s, that one %s)",
            plain / bits, o->bandwidth, o->latency, fast, slow);
}

/* A run that no model can bring to its tolerance says so, once. */
static void add_floor(list *l, const sur_records *records)
{
    for (sur_idx i = 0; i < records->count; i++) {
        const sur_distribute_options *o = records->at[i].options;
        const double loss = get(&records->at[i], "relative_loss");
        if (o->family == DISTRIBUTE_WIDE_MLP || o->width > o->data.samples ||
            !(loss > o->tolerance))
            continue;
        add(l, "not_overparameterized", (double)o->width, false,
            "warning: %lld features for %lld samples are not more parameters than "
            "data: no model reaches the tolerance, runs stop at (1 + tolerance) times "
            "the least loss, and the bits do depend on the width",
            (long long)o->width, (long long)o->data.samples);
        return;
    }
}

/* Whether bits grow with the width, where nothing else was varied. */
static void add_flatness(list *l, const sur_records *records)
{
    double least = HUGE_VAL, most = 0.0;
    int64_t narrow = INT64_MAX, wide = 0;
    const sur_distribute_options *first = records->at[0].options;
    for (sur_idx i = 0; i < records->count; i++) {
        const sur_distribute_options *o = records->at[i].options;
        const double bits = get(&records->at[i], "total_bits");
        if (o->compress != first->compress || o->nodes != first->nodes ||
            o->data.samples != first->data.samples ||
            o->tolerance != first->tolerance || o->topology != first->topology ||
            isnan(bits))
            return;
        least = fmin(least, bits);
        most = fmax(most, bits);
        if (o->width < narrow) narrow = o->width;
        if (o->width > wide) wide = o->width;
    }
    if (wide <= narrow) return;
    add(l, "bits_by_width", most / least, false,
        "from width %lld to %lld the bits vary by a factor of %.3g%s",
        (long long)narrow, (long long)wide, most / least,
        most / least < 1.5 ? ": they do not grow with the model" : "");
}

static void add_quality(list *l, const sur_record *r)
{
    const double here = get(r, "test_error"), there = get(r, "least_norm_test_error");
    const double loss = get(r, "test_loss"), other = get(r, "least_norm_test_loss");
    const double inflation = get(r, "norm_inflation");
    char error[96] = "";
    if (isnan(inflation) || isnan(other)) return;
    if (!isnan(here))
        snprintf(error, sizeof error, "; error %.3g, %.3g there", here, there);
    add(l, "quality", loss / other, false,
        "test loss %.3g, %.3g for the solution of least norm%s; squared norm %.3g "
        "times "
        "as large%s",
        loss, other, error, inflation,
        inflation > 2.0 ? " (--quality prediction takes a longer sketch)" : "");
}

sur_status sur_distribute_summarize(const sur_records *records, sur_finding **findings,
                                    sur_idx *count, sur_error *err)
{
    list l = {0};
    sur_idx best = -1, failed = 0;

    *findings = NULL;
    *count = 0;
    if (records->count == 0) return SUR_OK;
    for (sur_idx i = 0; i < records->count; i++) {
        const double bits = get(&records->at[i], "total_bits");
        if (isnan(bits))
            failed++;
        else if (best < 0 || bits < get(&records->at[best], "total_bits"))
            best = i;
    }
    if (best >= 0) {
        add_best(&l, &records->at[best]);
        add_flatness(&l, records);
        add_quality(&l, &records->at[best]);
    }
    add_floor(&l, records);
    if (failed > 0)
        add(&l, "not_reached", (double)failed, best < 0,
            "%lld of %lld runs did not reach their tolerance: %.300s",
            (long long)failed, (long long)records->count,
            best < 0 && records->at[0].message ? records->at[0].message
                                               : "see their messages");
    const sur_status status = sur_alloc(findings, l.count, sizeof **findings, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < l.count; i++) (*findings)[i] = l.at[i];
    *count = l.count;
    return SUR_OK;
}
