/* summarize.c -- the verdict: how wide is wide enough, and what lies beyond.
 *
 * Per curve (all options but width and the seeds alike), means over seeds. On the first
 * half of the test examples the least error E at width w has the standard error s (of
 * its mean over seeds, binomial where there is one seed); the widest useful model is
 * the narrowest whose error there is at most E + s (Breiman et al. 1984). The classical
 * choice is the best width below the first one that interpolates. What lies beyond the
 * useful width (its error less that of the widest model, and how much more that leaks)
 * is stated on the second half, whose examples chose nothing. */
#include "experiments/profile/profile.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <surplus/experiments.h>
#include <surplus/stats.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CURVES_MOST = 8, FINDINGS_EACH = 12 };

/* ---- curves ---- */

typedef struct entry {
    const sur_record *record;
    const sur_profile_options *options;
    char *key; /* of the curve */
    double x;
} entry;

static const char *const not_of_a_curve[] = {"width", "seed", "split_seed", NULL};

static sur_status make_key(char **key, const sur_profile_options *o, sur_error *err)
{
    sur_text text = {0};
    char value[256];
    sur_status status = sur_text_add(&text, "", err);
    for (sur_idx i = 0; i < sur_profile_fields.count && status == SUR_OK; i++) {
        const sur_field *field = &sur_profile_fields.at[i];
        bool skip = false;
        for (const char *const *n = not_of_a_curve; *n; n++)
            skip |= strcmp(field->name, *n) == 0;
        /* the linear family's dimension follows its width */
        skip |= strcmp(field->name, "dimension") == 0 && o->data.dimension == o->width;
        if (skip) continue;
        sur_field_text(field, o, value, sizeof value);
        status = sur_text_format(&text, err, "%s=%s\n", field->name, value);
    }
    if (status != SUR_OK) sur_text_free(&text);
    *key = text.at;
    return status;
}

static int by_key(const void *a, const void *b)
{
    const entry *p = a, *q = b;
    const int order = strcmp(p->key, q->key);
    if (order) return order;
    return (p->x > q->x) - (p->x < q->x);
}

/* The mean of a metric over the trials of one width; deviation: its standard error as
 * far as the intervals of the trials tell it. */
typedef struct mean {
    double value, deviation;
} mean;

static mean mean_of(const entry *entries, sur_idx count, const char *metric)
{
    const double normal = 2.0 * 1.959964; /* half-widths of 95 % in one interval */
    double sum = 0.0, square = 0.0, n = 0.0;
    for (sur_idx i = 0; i < count; i++) {
        const sur_measurement *m = sur_record_get(entries[i].record, metric);
        if (!m || !isfinite(m->value)) continue;
        sum += m->value;
        square += pow((m->high - m->low) / normal, 2.0);
        n += 1.0;
    }
    return (mean){n > 0.0 ? sum / n : nan(""), sqrt(square) / n};
}

/* One width of a curve. */
typedef struct stop {
    double x;
    mean first, second; /* of the two halves */
    mean error, advantage;
    bool interpolates;
} stop;

typedef struct curve {
    const entry *entries;
    sur_idx entry_count;
    stop *stops; /* [count], x ascending; owned */
    sur_idx count, seeds;
    bool classes; /* error, not loss */
} curve;

static sur_status read_curve(curve *c, const entry *entries, sur_idx count,
                             sur_error *err)
{
    *c = (curve){.entries = entries, .entry_count = count};
    const sur_status status = sur_alloc(&c->stops, count, sizeof *c->stops, err);
    if (status != SUR_OK) return status;
    c->classes = isfinite(mean_of(entries, count, "first_half_error").value);
    for (sur_idx first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count && entries[next].x == entries[first].x;)
            next++;
        const entry *e = entries + first;
        const sur_idx n = next - first;
        if (n > c->seeds) c->seeds = n;
        const stop s = {
            .x = e->x,
            .first = mean_of(e, n, c->classes ? "first_half_error" : "first_half_loss"),
            .second =
                mean_of(e, n, c->classes ? "second_half_error" : "second_half_loss"),
            .error = mean_of(e, n, c->classes ? "test_error" : "test_loss"),
            .advantage = mean_of(e, n, "advantage"),
            .interpolates = mean_of(e, n, "interpolates").value >= 0.5};
        if (isfinite(s.first.value) && isfinite(s.second.value))
            c->stops[c->count++] = s;
    }
    return SUR_OK;
}

/* ---- findings ---- */

typedef struct list {
    sur_finding *at;
    sur_idx count, room;
    const char *curve; /* "label_noise 0.2", or "" */
} list;

static void add(list *l, const char *name, double value, bool headline, const char *fmt,
                ...) SUR_PRINTF(5, 6);

static void add(list *l, const char *name, double value, bool headline, const char *fmt,
                ...)
{
    char text[400];
    va_list args;
    if (l->count == l->room) return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    sur_finding *f = &l->at[l->count++];
    *f = (sur_finding){
        .value = value, .low = nan(""), .high = nan(""), .headline = headline};
    const bool many = l->curve[0] != '\0';
    snprintf(f->name, sizeof f->name, "%.30s%s%.28s%s", name, many ? " (" : "",
             l->curve, many ? ")" : "");
    snprintf(f->text, sizeof f->text, "%.100s%s%s", l->curve, many ? ": " : "", text);
    for (char *c = f->text; many && *c != ':'; c++) /* options as words */
        if (*c == '_' || *c == '=') *c = ' ';
}

static const char *width_text(char text[32], double x)
{
    if (isinf(x))
        snprintf(text, 32, "inf");
    else
        snprintf(text, 32, "%.0f", x);
    return text;
}

/* An error in per cent, a loss as it is. */
static const char *error_text(char text[32], const curve *c, double x)
{
    if (c->classes)
        snprintf(text, 32, "%.1f %%", 100.0 * x);
    else
        snprintf(text, 32, "%.3g", x);
    return text;
}

/* "falls by 0.1 %", "rises by 2.0 %". */
static const char *change_text(char text[48], const curve *c, double change)
{
    char size[32];
    snprintf(text, 48, "%s by %s", change > 0.0 ? "rises" : "falls",
             error_text(size, c, fabs(change)));
    return text;
}

static sur_idx best_of(const curve *c, sur_idx last)
{
    sur_idx best = 0;
    for (sur_idx i = 1; i < last; i++)
        if (c->stops[i].first.value < c->stops[best].first.value) best = i;
    return best;
}

/* Before the first width that interpolates; all widths where none does. */
static sur_idx classical_end(const curve *c)
{
    for (sur_idx i = 1; i < c->count; i++)
        if (c->stops[i].interpolates) return i;
    return c->count;
}

static void add_verdict(list *l, const curve *c)
{
    char a[32], b[32], d[48], e[64] = "", f[32], f2[32];
    const char *what = c->classes ? "test error" : "test loss";
    const sur_idx best = best_of(c, c->count), widest = c->count - 1;
    const double deviation = sqrt(2.0) * c->stops[best].error.deviation;
    const double allowed =
        c->stops[best].first.value + (isfinite(deviation) ? deviation : 0.0);
    sur_idx useful = 0;
    while (c->stops[useful].first.value > allowed) useful++;
    const stop *u = &c->stops[useful], *w = &c->stops[widest];
    const double change = w->second.value - u->second.value;
    const double leak = w->advantage.value - u->advantage.value;
    if (isfinite(leak))
        snprintf(e, sizeof e, ", and leakage %s by %.1f %%",
                 leak > 0.0 ? "rises" : "falls", 100.0 * fabs(leak));
    const sur_idx classical = best_of(c, classical_end(c));
    const stop *k = &c->stops[classical];
    char beyond[160] = "", old[160] = "";
    if (useful != widest)
        snprintf(beyond, sizeof beyond, "; beyond it, to %s, %s %s%s",
                 width_text(b, w->x), what, change_text(d, c, change), e);
    if (classical == useful)
        snprintf(old, sizeof old, "; it is the classical choice, too");
    else
        snprintf(old, sizeof old, "; the classical choice is %s (%s)",
                 width_text(b, k->x), error_text(f, c, k->second.value));
    add(l, "useful_width", u->x, true, "widest useful model: %s%s (%s %s)%s%s",
        width_text(a, u->x), useful == widest ? ", the widest measured" : "", what,
        error_text(f2, c, u->second.value), beyond, old);
    if (useful != widest)
        add(l, "error_beyond", change, false,
            "%s of the widest model less that of the useful one, on the second half of "
            "the test examples: %.3g",
            what, change);
    if (useful != widest && isfinite(leak))
        add(l, "leakage_beyond", leak, false,
            "membership advantage of the widest model less that of the useful one: "
            "%.3g",
            leak);
    if (classical == useful) return;
    add(l, "classical_width", k->x, false,
        "the classical choice, the best width before the models interpolate: %s",
        width_text(a, k->x));
    const double dearer = u->advantage.value - k->advantage.value;
    if (isfinite(dearer))
        add(l, "leakage_paid", dearer, false,
            "against the classical choice the useful width changes %s by %.3g and "
            "membership advantage by %.3g",
            what, u->second.value - k->second.value, dearer);
}

static void add_extremes(list *l, const curve *c)
{
    char a[32], b[32];
    sur_idx most = -1, least = -1;
    for (sur_idx i = 0; i < c->count; i++) {
        const double v = c->stops[i].advantage.value;
        if (!isfinite(v)) continue;
        if (most < 0 || v > c->stops[most].advantage.value) most = i;
        if (least < 0 || v < c->stops[least].advantage.value) least = i;
    }
    if (most >= 0)
        add(l, "advantage_range",
            c->stops[most].advantage.value - c->stops[least].advantage.value, false,
            "membership advantage is least at width %s (%.3g) and largest at %s (%.3g)",
            width_text(a, c->stops[least].x), c->stops[least].advantage.value,
            width_text(b, c->stops[most].x), c->stops[most].advantage.value);
}

static void add_curve(list *l, const curve *c)
{
    if (c->count == 0) return;
    if (c->count > 1) add_verdict(l, c);
    add_extremes(l, c);
}

/* How all of them chose. */
static void add_choice(list *l, const curve *curves, sur_idx count)
{
    bool chosen = false, one_seed = false;
    for (sur_idx c = 0; c < count; c++) {
        chosen = chosen || curves[c].count > 1;
        one_seed = one_seed || (curves[c].count > 1 && curves[c].seeds == 1);
    }
    if (chosen)
        add(l, "choice", nan(""), false,
            "widths are chosen on every other block of test examples and judged on the "
            "rest; useful: within one standard error of test sampling of the best%s",
            one_seed ? "; one seed, another training may choose otherwise" : "");
}

/* ---- names of curves: the options in which they differ ---- */

static void name_curve(char *name, size_t size, const curve *curves, sur_idx count,
                       sur_idx which)
{
    char value[64], first[64];
    size_t used = 0;
    name[0] = '\0';
    for (sur_idx f = 0; f < sur_profile_fields.count && count > 1; f++) {
        const sur_field *field = &sur_profile_fields.at[f];
        bool varies = false;
        if (!(field->flags & SUR_AXIS) || strcmp(field->name, "seed") == 0 ||
            strcmp(field->name, "split_seed") == 0 || strcmp(field->name, "width") == 0)
            continue;
        sur_field_text(field, curves[0].entries->options, first, sizeof first);
        for (sur_idx c = 1; c < count && !varies; c++) {
            sur_field_text(field, curves[c].entries->options, value, sizeof value);
            varies = strcmp(first, value) != 0;
        }
        if (!varies || used >= size) continue;
        sur_field_text(field, curves[which].entries->options, value, sizeof value);
        used += (size_t)snprintf(name + used, size - used, "%s%s=%s", used ? ", " : "",
                                 field->name, value);
    }
}

/* ---- all of it ---- */

static void free_entries(entry *entries, sur_idx count)
{
    for (sur_idx i = 0; entries && i < count; i++) free(entries[i].key);
    free(entries);
}

static sur_status collect(entry **out, sur_idx *count, const sur_records *records,
                          sur_error *err)
{
    entry *entries = NULL;
    sur_status status;

    *count = 0;
    SUR_TRY(sur_alloc(&entries, records->count, sizeof *entries, err));
    for (sur_idx i = 0; i < records->count; i++) {
        const sur_profile_options *o = records->at[i].options;
        if (records->at[i].status != SUR_OK) continue;
        entries[*count] =
            (entry){.record = &records->at[i],
                    .options = o,
                    .x = o->width == SUR_INF ? HUGE_VAL : (double)o->width};
        SUR_TRY(make_key(&entries[*count].key, o, err));
        ++*count;
    }
    if (*count > 0) qsort(entries, (size_t)*count, sizeof *entries, by_key);
    *out = entries;
    return status;

done:
    free_entries(entries, *count);
    *count = 0;
    return status;
}

sur_status sur_profile_summarize(const sur_records *records, sur_finding **findings,
                                 sur_idx *count, sur_error *err)
{
    curve curves[CURVES_MOST] = {{0}};
    entry *entries = NULL;
    sur_idx entry_count = 0, curve_count = 0, more = 0;
    char name[160];
    list l = {.curve = ""};
    sur_status status;

    *findings = NULL;
    *count = 0;
    SUR_TRY(collect(&entries, &entry_count, records, err));
    for (sur_idx first = 0, next; first < entry_count; first = next) {
        for (next = first + 1;
             next < entry_count && strcmp(entries[next].key, entries[first].key) == 0;)
            next++;
        if (curve_count == CURVES_MOST)
            more++;
        else
            SUR_TRY(
                read_curve(&curves[curve_count++], entries + first, next - first, err));
    }
    l.room = curve_count * FINDINGS_EACH + 3;
    SUR_TRY(sur_alloc(&l.at, l.room, sizeof *l.at, err));
    for (sur_idx c = 0; c < curve_count; c++) {
        name_curve(name, sizeof name, curves, curve_count, c);
        l.curve = name;
        add_curve(&l, &curves[c]);
    }
    l.curve = "";
    add_choice(&l, curves, curve_count);
    if (more > 0)
        add(&l, "more_curves", (double)more, false,
            "%lld further curves are not told; choose among them with --where",
            (long long)more);
    if (records->count > entry_count)
        add(&l, "failed", (double)(records->count - entry_count), false,
            "%lld of %lld trials failed and are left out",
            (long long)(records->count - entry_count), (long long)records->count);
    *findings = l.at;
    *count = l.count;
    l.at = NULL;

done:
    free(l.at);
    for (sur_idx c = 0; c < curve_count; c++) free(curves[c].stops);
    free_entries(entries, entry_count);
    return status;
}
