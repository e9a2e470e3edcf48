/* summarize.c -- the findings: numbers with names, and sentences. */
#include "experiments/descent/series.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES_MOST = 12, FINDINGS_EACH = 24, COURSES_MOST = 4, COURSE_EACH = 4 };

typedef struct list {
    sur_finding *at;
    sur_idx count, room;
    const char *suffix; /* of every name and the beginning of every text: the series */
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
    const bool many = l->suffix[0] != '\0';
    snprintf(f->name, sizeof f->name, "%s%s%.40s%s", name, many ? " (" : "", l->suffix,
             many ? ")" : "");
    const int used =
        snprintf(f->text, sizeof f->text, "%s%s", l->suffix, many ? ": " : "");
    va_list args;
    va_start(args, fmt);
    if (used >= 0 && (size_t)used < sizeof f->text)
        vsnprintf(f->text + used, sizeof f->text - (size_t)used, fmt, args);
    va_end(args);
}

static const sur_interval none = {(double)NAN, (double)NAN, (double)NAN};

/* ---- numbers as words; each buffer holds at least 64 bytes ---- */

static const char *number(char *text, double x)
{
    if (x == HUGE_VAL)
        snprintf(text, 64, "inf");
    else
        snprintf(text, 64, fabs(x) < 1e15 && x == floor(x) ? "%.0f" : "%.3g", x);
    return text;
}

/* " (95 % 0.21 to 0.24)", or nothing. */
static const char *within(char *text, sur_interval i)
{
    char low[64], high[64];
    text[0] = '\0';
    if (!isnan(i.low) && !isnan(i.high))
        snprintf(text, 64, " (95 %% %.20s to %.20s)", number(low, i.low),
                 number(high, i.high));
    return text;
}

static const char *metric_word(const sur_descent_series *s)
{
    return strcmp(s->metric, "test_error") == 0 ? "test error" : "test loss";
}

static const char *metric_name(const sur_descent_series *s)
{
    return strcmp(s->metric, "test_error") == 0 ? "error" : "loss";
}

/* ---- findings ---- */

/* A landmark: where it is and what is read there. */
static void add_place(list *l, const sur_descent_series *s, const char *what,
                      const char *words, sur_interval x, sur_interval value)
{
    char name[64], a[64], b[64], c[64], d[64];
    if (isnan(value.value)) return;
    snprintf(name, sizeof name, "%s_%s", what, s->axis);
    add(l, name, x, false, "%s at %s %s%s", words, s->axis, number(a, x.value),
        within(b, x));
    snprintf(name, sizeof name, "%s_%s", what, metric_name(s));
    add(l, name, value, false, "%s of the %s: %s%s", metric_word(s), words,
        number(c, value.value), within(d, value));
}

/* "beats X by ...", "is worse than X by ...", "cannot be told from X: better by ...".
 */
static void compare(char *text, size_t size, sur_interval gain, const char *with)
{
    char a[64], b[64];
    const bool worse = gain.value < 0.0;
    const sur_interval size_of =
        worse ? (sur_interval){0.0 - gain.value, 0.0 - gain.high, 0.0 - gain.low}
              : gain; /* 0 - x is never written as -0 */
    if (isnan(gain.value))
        text[0] = '\0';
    else if (gain.low > 0.0 || (isnan(gain.low) && gain.value > 0.0))
        snprintf(text, size, "beats %s by %s%s", with, number(a, gain.value),
                 within(b, gain));
    else if (gain.high < 0.0 || (isnan(gain.high) && gain.value < 0.0))
        snprintf(text, size, "is worse than %s by %s%s", with, number(a, size_of.value),
                 within(b, size_of));
    else
        snprintf(text, size, "cannot be told from %s: %s by %s%s", with,
                 worse ? "worse" : "better", number(a, size_of.value),
                 within(b, size_of));
}

/* "; at width 512 it is 0.27", unless the minimum is there. */
static const char *at_the_end(char *text, size_t size, const sur_descent_series *s,
                              const sur_descent_verdict *v)
{
    const double last = s->x[s->count - 1];
    char x[64], value[64];
    text[0] = '\0';
    if (v->classical_x.value != last)
        snprintf(text, size, "; at %s %.20s it is %.20s", s->axis, number(x, last),
                 number(value, v->widest.value));
    return text;
}

static void add_headline(list *l, const sur_descent_series *s,
                         const sur_descent_verdict *v)
{
    char a[64], b[64], c[64], d[64], e[64], f[64], end[80];
    const char *what = metric_word(s), *axis = s->axis;
    if (v->peaked && v->shape.second >= 0)
        add(l, "headline", none, true,
            "%s %s %s at %s %s, peaks at %s at %s %s, and falls to %s at %s %s", what,
            v->shape.classical > 0 ? "falls to" : "is", number(a, v->classical.value),
            axis, number(b, v->classical_x.value), number(c, v->peak.value), axis,
            number(d, v->peak_x.value), number(e, v->second.value), axis,
            number(f, v->second_x.value));
    else if (v->shape.second >= 0)
        add(l, "headline", none, true,
            "%s has no clear peak: below the interpolation threshold (%s %s) it is "
            "lowest "
            "at %s %s, %s; from there on at %s %s, %s",
            what, axis, number(a, s->x[v->threshold]), axis,
            number(b, v->classical_x.value), number(c, v->classical.value), axis,
            number(d, v->second_x.value), number(e, v->second.value));
    else
        add(l, "headline", none, true,
            "%s has one minimum, %s at %s %s, and no clear peak%s", what,
            number(a, v->classical.value), axis, number(b, v->classical_x.value),
            at_the_end(end, sizeof end, s, v));
}

static void add_comparisons(list *l, const sur_descent_series *s,
                            const sur_descent_verdict *v)
{
    char text[256], with[128], a[64], b[64];
    const bool width = strcmp(s->axis, "width") == 0;
    if (v->shape.second >= 0) {
        compare(text, sizeof text, v->gain,
                width ? "the classical minimum" : "the first minimum");
        add(l, "second_descent_gain", v->gain, true, "the second descent %s", text);
        compare(text, sizeof text, v->widest_gain,
                width ? "the classical minimum" : "the first minimum");
        add(l, "widest_gain", v->widest_gain, false, "%s %s",
            width                             ? "the widest model"
            : strcmp(s->axis, "samples") == 0 ? "the largest sample"
                                              : "the longest training",
            text);
    }
    if (v->tuned_best >= 0) {
        const bool early = sur_family_is_network(s->first->family);
        snprintf(with, sizeof with, "the best %s (%.20s at %s %.20s)",
                 early ? "early-stopped network" : "tuned ridge",
                 number(a, v->tuned.value), s->axis, number(b, v->tuned_x.value));
        compare(text, sizeof text, v->over_tuned, with);
        add(l, early ? "second_descent_over_early" : "second_descent_over_tuned",
            v->over_tuned, true, "%s %s",
            v->shape.second >= 0 ? "the second descent" : "the best of this curve",
            text);
    }
}

static void add_threshold(list *l, const sur_descent_series *s,
                          const sur_descent_verdict *v)
{
    char a[64], b[64], c[64], d[64];
    const char *unit = s->first->results ? "" : " of the targets' variance";
    bool measured = false;
    if (strcmp(s->axis, "width") != 0) return;
    for (sur_idx i = 0; i < s->count; i++) measured |= !isnan(s->interpolates[i]);
    if (!measured) return;
    if (v->threshold < 0) {
        add(l, "interpolation_threshold", none, false,
            "no width interpolates: train loss stays above %s%s",
            number(a, s->first->interpolates_below), unit);
        return;
    }
    const sur_idx t = v->threshold;
    const sur_interval where = {s->x[t], t > 0 ? s->x[t - 1] : 0.0, s->x[t]};
    add(l, "interpolation_threshold", where, false,
        "models interpolate (train loss below %s of the targets' variance) from width "
        "%s "
        "on; width %s does not",
        number(a, s->first->interpolates_below), number(b, where.high),
        t > 0 ? number(c, where.low) : "(none measured)");
    if (!v->peaked && !isnan(s->condition[t]))
        add(l, "threshold_condition",
            (sur_interval){s->condition[t], none.low, none.high}, false,
            "at the threshold the condition number is %s and the numerical rank %s of "
            "%lld "
            "examples; a peak needs both a large condition number and noise",
            number(c, s->condition[t]), number(d, s->rank[t]),
            (long long)s->first->data.samples);
}

/* What the intervals cover, in words. */
static void add_coverage(list *l, const sur_descent_series *s,
                         const sur_descent_verdict *v)
{
    char varies[128] = "";
    const sur_descent_options *o = s->first;
    if (!o->results) {
        const bool synthetic = sur_data_is_synthetic(&o->data);
        snprintf(varies, sizeof varies, "%s%s%s",
                 synthetic         ? ", data"
                 : s->split_varies ? ", split"
                                   : "",
                 sur_family_is_network(o->family)
                     ? ", initialization, order of examples"
                 : o->family != SUR_LINEAR ? ", random features"
                                           : "",
                 o->data.label_noise > 0 ? ", label noise" : "");
    }
    const char *what = varies[0] ? varies + 2 : "whatever the seed moves";
    const char *tests =
        s->has_blocks ? "test examples" : "test examples (normal errors)";
    if (s->seeds > 1)
        add(l, "coverage", none, false,
            "intervals: %lld bootstrap replicates over %lld seeds (%s) and %s%s; "
            "places are "
            "chosen anew in each",
            (long long)v->replicates, (long long)s->seeds, what, tests,
            s->one_test ? ", the same for all seeds" : "");
    else if (!isnan(v->classical.low))
        add(l, "coverage", none, false,
            "intervals: %lld bootstrap replicates over %s alone; one seed says nothing "
            "of "
            "how %s would vary",
            (long long)v->replicates, tests, varies[0] ? what : "another training");
    else
        add(l, "coverage", none, false,
            "no intervals: one seed, and the test outcomes of single examples are not "
            "known");
}

static sur_status add_series(list *l, const sur_descent_series *s, sur_error *err)
{
    sur_descent_verdict v = {0};
    char a[64], b[64];
    const sur_status status = sur_descent_judge(&v, s, err);
    if (status != SUR_OK) return status;

    if (s->count == 1) {
        add(l, "headline", none, true, "%s is %s%s at %s %s", metric_word(s),
            number(a, v.widest.value), within(b, v.widest), s->axis,
            s->x[0] == HUGE_VAL ? "inf" : "");
        sur_finding *f = &l->at[l->count - 1];
        if (s->x[0] != HUGE_VAL) {
            char x[64];
            const size_t used = strlen(f->text);
            snprintf(f->text + used, sizeof f->text - used, "%s", number(x, s->x[0]));
        }
        add_coverage(l, s, &v);
        goto done;
    }
    add_headline(l, s, &v);
    add_comparisons(l, s, &v);
    add_threshold(l, s, &v);
    const bool width = strcmp(s->axis, "width") == 0;
    add_place(l, s,
              v.shape.second < 0 ? "minimum"
              : width            ? "classical_minimum"
                                 : "first_minimum",
              v.shape.second < 0 ? "minimum"
              : width            ? "classical minimum"
                                 : "first minimum",
              v.classical_x, v.classical);
    if (v.peaked) {
        add_place(l, s, "peak", "peak", v.peak_x, v.peak);
        add(l, "peak_prominence", v.prominence, false,
            "the peak rises %s%s above the higher of the minima beside it",
            number(a, v.prominence.value), within(b, v.prominence));
    }
    if (v.shape.second >= 0)
        add_place(l, s, "second_minimum", "second minimum", v.second_x, v.second);
    if (v.tuned_best >= 0)
        add_place(l, s,
                  sur_family_is_network(s->first->family) ? "early_minimum"
                                                          : "tuned_minimum",
                  sur_family_is_network(s->first->family)
                      ? "minimum of early-stopped networks"
                      : "minimum of the tuned ridge",
                  v.tuned_x, v.tuned);
    add_coverage(l, s, &v);

done:
    sur_descent_verdict_free(&v);
    return SUR_OK;
}

/* Of sweeps over widths as well as lengths of training: how the widest fare in the
 * course of it. */
static sur_status add_course(list *l, const sur_records *records, sur_error *err)
{
    const char *length = sur_descent_length_of(records);
    sur_descent_collection all = {0};
    int64_t widest = 0;
    sur_idx told = 0;
    sur_status status = SUR_OK;

    if (!length || strcmp(sur_descent_axis_of(records), length) == 0) return SUR_OK;
    SUR_TRY(sur_descent_collect(&all, records, length, err));
    for (sur_idx i = 0; i < all.count; i++)
        if (all.at[i].first->width > widest) widest = all.at[i].first->width;
    for (sur_idx i = 0; i < all.count && told < COURSES_MOST; i++) {
        const sur_descent_series *s = &all.at[i];
        sur_descent_verdict v;
        if (s->count < 3 || s->first->width != widest) continue;
        SUR_TRY(sur_descent_judge(&v, s, err));
        l->suffix = s->label;
        add_headline(l, s, &v);
        add_comparisons(l, s, &v);
        sur_descent_verdict_free(&v);
        told++;
    }

done:
    sur_descent_collection_free(&all);
    return status;
}

sur_status sur_descent_summarize(const sur_records *records, sur_finding **findings,
                                 sur_idx *count, sur_error *err)
{
    sur_descent_collection all = {0};
    list l = {.suffix = ""};
    sur_status status;

    *findings = NULL;
    *count = 0;
    SUR_TRY(sur_descent_collect(&all, records, sur_descent_axis_of(records), err));
    const sur_idx told = all.count < SERIES_MOST ? all.count : SERIES_MOST;
    l.room = told * FINDINGS_EACH + COURSES_MOST * COURSE_EACH + 2;
    SUR_TRY(sur_alloc(&l.at, l.room, sizeof *l.at, err));
    for (sur_idx i = 0; i < told; i++) {
        l.suffix = all.count > 1 ? all.at[i].label : "";
        SUR_TRY(add_series(&l, &all.at[i], err));
    }
    SUR_TRY(add_course(&l, records, err));
    l.suffix = "";
    if (told < all.count)
        add(&l, "more_series", (sur_interval){(double)(all.count - told), NAN, NAN},
            false, "%lld further curves are not told; choose among them with --where",
            (long long)(all.count - told));
    if (all.failed > 0)
        add(&l, "failed", (sur_interval){(double)all.failed, NAN, NAN}, false,
            "%lld of %lld trials failed and are left out", (long long)all.failed,
            (long long)all.records);
    *findings = l.at;
    *count = l.count;
    l.at = NULL;

done:
    free(l.at);
    sur_descent_collection_free(&all);
    return status;
}
