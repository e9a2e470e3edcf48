/* summarize.c -- the findings: what was recovered, and how the error depends on the
 * axes that vary. */
#include "experiments/recover/problem.h"

#include <surplus/stats.h>

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 32 };

typedef struct list {
    sur_finding *at;
    sur_idx count;
} list;

static void add(list *l, const char *name, sur_interval value, bool headline,
                const char *fmt, ...) SUR_PRINTF(5, 6);
static void add(list *l, const char *name, sur_interval value, bool headline,
                const char *fmt, ...)
{
    if (l->count == MOST) return;
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

static double value_of(const sur_record *r, const char *metric)
{
    const sur_measurement *m = r->status == SUR_OK ? sur_record_get(r, metric) : NULL;
    return m ? m->value : (double)NAN;
}

/* The values of a metric, finite ones only. */
static sur_idx collect(double *out, const sur_records *records, const char *metric)
{
    sur_idx n = 0;
    for (sur_idx i = 0; i < records->count; i++) {
        const double x = value_of(&records->at[i], metric);
        if (isfinite(x)) out[n++] = x;
    }
    return n;
}

static const sur_record *least(const sur_records *records, const char *metric)
{
    const sur_record *best = NULL;
    for (sur_idx i = 0; i < records->count; i++) {
        const double x = value_of(&records->at[i], metric);
        if (isfinite(x) && (!best || x < value_of(best, metric)))
            best = &records->at[i];
    }
    return best;
}

static const char *solver_word(const sur_record *r)
{
    const sur_field *field = sur_fields_find(&sur_recover_fields, "solver");
    return field->choices[((const sur_recover_trial *)r->options)->solver];
}

/* "1.02, 1, 3e-06, ...": the singular values of the answer that are kept. */
static void spectrum_finding(list *l, const sur_record *best)
{
    const sur_interval none = {(double)NAN, (double)NAN, (double)NAN};
    const double rank = value_of(best, "rank_found"),
                 threshold = value_of(best, "threshold");
    char text[256] = "", name[32];
    size_t used = 0;
    for (int i = 1; i <= TRACE_SINGULAR; i++) {
        snprintf(name, sizeof name, "singular_%d", i);
        const double root = value_of(best, name);
        if (!isfinite(root)) break;
        const int n = snprintf(text + used, sizeof text - used, "%s%.3g",
                               used ? ", " : "", root * root);
        if (n < 0 || (size_t)n >= sizeof text - used) break;
        used += (size_t)n;
    }
    if (!used || !isfinite(rank) || !isfinite(threshold)) return;
    add(l, "rank_found", (sur_interval){rank, none.low, none.high}, false,
        "rank found %g: singular values %s; those above %.3g count", rank, text,
        threshold);
}

/* Files without entries to be predicted: what the hold-out says. */
static void holdout_findings(list *l, const sur_records *records)
{
    const sur_record *best = least(records, "holdout_error");
    if (!best || least(records, "rmse") || least(records, "recovery_error")) return;
    const sur_measurement *m = sur_record_get(best, "holdout_rmse"),
                          *e = sur_record_get(best, "holdout_error");
    const sur_recover_trial *o = best->options;
    if (m)
        add(l, "holdout_rmse", (sur_interval){m->value, m->low, m->high}, true,
            "hold-out RMSE %.4g (95 %% %.4g to %.4g) on %lld entries, with %s, width "
            "%lld; the iterate was chosen by it",
            m->value, m->low, m->high, (long long)m->n, solver_word(best),
            (long long)o->rank);
    else
        add(l, "holdout_error", (sur_interval){e->value, e->low, e->high}, true,
            "relative error %.3g on the measurements kept aside, with %s, width %lld",
            e->value, solver_word(best), (long long)o->rank);
    spectrum_finding(l, best);
}

static void file_findings(list *l, const sur_records *records)
{
    const sur_record *best = least(records, "rmse");
    if (!best) return;
    const sur_measurement *m = sur_record_get(best, "rmse"),
                          *effects = sur_record_get(best, "effects_rmse");
    const sur_recover_trial *o = best->options;
    add(l, "rmse", (sur_interval){m->value, m->low, m->high}, true,
        "test RMSE %.4g (95 %% %.4g to %.4g) on %lld entries, with %s, width %lld, %g "
        "columns standing out of the noise",
        m->value, m->low, m->high, (long long)m->n, solver_word(best),
        (long long)o->rank, value_of(best, "rank_found"));
    if (effects)
        add(l, "effects_rmse",
            (sur_interval){effects->value, effects->low, effects->high}, false,
            "row and column effects alone: %.4g; the factors gain %.2g", effects->value,
            effects->value - m->value);
    spectrum_finding(l, best);
}

/* Success: a relative error below 1 %. */
static void planted_findings(list *l, const sur_records *records, double *scratch)
{
    const sur_interval none = {(double)NAN, (double)NAN, (double)NAN};
    const sur_idx n = collect(scratch, records, "recovery_error");
    double median = 0.0;
    sur_idx hits = 0, right = 0, known = 0;
    if (n == 0) return;
    for (sur_idx i = 0; i < n; i++) hits += scratch[i] < 0.01;
    if (sur_quantile(&median, scratch, NULL, n, 0.5, NULL) != SUR_OK) return;
    const sur_record *best = least(records, "recovery_error");
    add(l, "recovery_error", (sur_interval){median, none.low, none.high}, true,
        "median recovery error %.3g over %lld trials; least %.3g with %s", median,
        (long long)n, value_of(best, "recovery_error"), solver_word(best));
    if (records->count == 1) spectrum_finding(l, best);
    const sur_interval share = sur_wilson((double)hits, (double)n, 0.95);
    add(l, "recovered", share, false,
        "%lld of %lld trials recovered within 1 %% (share %.3g, 95 %% %.3g to %.3g, "
        "Wilson)",
        (long long)hits, (long long)n, share.value, share.low, share.high);
    for (sur_idx i = 0; i < records->count; i++) {
        const double rank = value_of(&records->at[i], "rank_found");
        const sur_recover_trial *o = records->at[i].options;
        if (!isfinite(rank) || o->solver > SOLVER_PREC) continue;
        known++;
        right += rank == (double)o->true_rank;
    }
    if (known > 0) {
        const sur_interval found = sur_wilson((double)right, (double)known, 0.95);
        add(l, "rank_right", found, false,
            "the rank was read off right in %lld of %lld trials (share %.3g, 95 %% "
            "%.3g "
            "to %.3g)",
            (long long)right, (long long)known, found.value, found.low, found.high);
    }
}

/* The least-squares slope of log error over log alpha, against 2 (1 - rho). */
static void slope_finding(list *l, const sur_records *records)
{
    double sx = 0, sy = 0, sxx = 0, sxy = 0, rho = 0;
    double low = HUGE_VAL, high = 0.0;
    sur_idx n = 0;
    for (sur_idx i = 0; i < records->count; i++) {
        const sur_recover_trial *o = records->at[i].options;
        const double error = value_of(&records->at[i], "last_error"),
                     ratio = value_of(&records->at[i], "rate_ratio");
        if (!(error > 0.0) || !isfinite(ratio) || o->solver != SOLVER_GD ||
            o->rank <= o->true_rank)
            continue;
        const double x = log(o->init_scale), y = log(error);
        low = fmin(low, o->init_scale);
        high = fmax(high, o->init_scale);
        sx += x, sy += y, sxx += x * x, sxy += x * y, rho += ratio;
        n++;
    }
    if (n < 3 || !(high > 5.0 * low)) return;
    const double m = (double)n, slope = (m * sxy - sx * sy) / (m * sxx - sx * sx),
                 predicted = 2.0 * (1.0 - rho / m);
    add(l, "alpha_slope", (sur_interval){slope, (double)NAN, (double)NAN}, false,
        "the error of the last iterate falls as alpha^%.3g; predicted 2 (1 - rho) = "
        "%.3g",
        slope, predicted);
}

static void stop_finding(list *l, const sur_records *records, double *scratch)
{
    sur_idx n = 0;
    double median;
    for (sur_idx i = 0; i < records->count; i++) {
        const double ratio = value_of(&records->at[i], "recovery_error") /
                             value_of(&records->at[i], "oracle_error");
        const sur_recover_trial *o = records->at[i].options;
        if (isfinite(ratio) && o->holdout > 0.0 && o->noise > 0.0) scratch[n++] = ratio;
    }
    if (n == 0 || sur_quantile(&median, scratch, NULL, n, 0.5, NULL) != SUR_OK) return;
    add(l, "stopping", (sur_interval){median, (double)NAN, (double)NAN}, false,
        "the hold-out stop is %.3g times the error of the best iterate (median of "
        "%lld)",
        median, (long long)n);
}

/* The notes of a single trial are worth showing. */
static void note_finding(list *l, const sur_records *records)
{
    if (records->count != 1 || !records->at[0].message) return;
    add(l, "note", (sur_interval){(double)NAN, (double)NAN, (double)NAN}, false, "%s",
        records->at[0].message);
}

sur_status recover_summarize(const sur_records *records, sur_finding **findings,
                             sur_idx *count, sur_error *err)
{
    list l = {0};
    double *scratch = NULL;
    sur_status status;
    *findings = NULL;
    *count = 0;
    SUR_TRY(sur_alloc(&l.at, MOST, sizeof *l.at, err));
    SUR_TRY(sur_alloc(&scratch, records->count, sizeof *scratch, err));
    file_findings(&l, records);
    holdout_findings(&l, records);
    planted_findings(&l, records, scratch);
    slope_finding(&l, records);
    stop_finding(&l, records, scratch);
    note_finding(&l, records);
    *findings = l.at;
    *count = l.count;
    l.at = NULL;
done:
    free(l.at);
    free(scratch);
    return status;
}
