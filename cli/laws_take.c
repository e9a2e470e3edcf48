/* laws_take.c -- runs the small study of a law and reads it. */
#include "laws.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A study that was run, in memory. */
typedef struct ran {
    sur_study *study;
    sur_store *store;
    sur_results results;
} ran;

static void drop(ran *r)
{
    sur_results_free(&r->results);
    sur_store_close(r->store);
    sur_study_free(r->study);
}

static sur_status set_words(sur_study *study, const char *words, sur_error *err)
{
    char text[512];
    snprintf(text, sizeof text, "%s", words);
    char *rest = text;
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        const sur_status status = sur_study_set(study, word, value, err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

static sur_status first_failure(const ran *r, sur_error *err)
{
    for (sur_idx i = 0; i < r->results.records.count; i++) {
        const sur_record *record = &r->results.records.at[i];
        if (record->status != SUR_OK)
            return sur_fail(err, record->status, "%s",
                            record->message ? record->message
                                            : sur_status_text(record->status));
    }
    return SUR_OK;
}

/* The part of a law names the experiment; networks are trained by descent. */
static sur_status run(ran *r, const cli_law *law, const char *words, sur_error *err)
{
    const char *name = strcmp(law->part, "networks") == 0 ? "descent" : law->part;
    const sur_experiment *experiment = cli_experiment(name);
    const sur_watch watch = {.stop = cli_stop};
    sur_run_options options;
    sur_study_result result;
    sur_status status = sur_fields_preset(&sur_run_fields, &options, err);

    memset(r, 0, sizeof *r);
    if (status == SUR_OK) status = sur_study_new(&r->study, experiment, err);
    if (status == SUR_OK) status = set_words(r->study, words, err);
    if (status == SUR_OK)
        status = sur_store_open(&r->store, ":memory:", SUR_STORE_WRITE, err);
    if (status == SUR_OK)
        status = sur_study_run(r->study, r->store, &options, "surplus check", &watch,
                               &result, err);
    if (status == SUR_OK && result.ending != SUR_FINISHED)
        status = sur_fail(err, SUR_ESTOPPED, "stopped on request");
    if (status == SUR_OK)
        status = sur_results_read(&r->results, r->store, experiment, err);
    if (status == SUR_OK) status = first_failure(r, err);
    sur_fields_free(&sur_run_fields, &options);
    return status;
}

static double value_of(const sur_record *record, const char *metric)
{
    const sur_measurement *m = sur_record_get(record, metric);
    return m ? m->value : nan("");
}

static double expected_of(const cli_law *law, const sur_record *record)
{
    return law->theory ? value_of(record, law->theory) : law->expected;
}

/* share of what is expected; as it is where that is 0. */
static double allowance(const cli_law *law, double expected)
{
    return law->share * (expected == 0.0 ? 1.0 : fabs(expected));
}

sur_status law_mean(const cli_law *law, law_reading *reading, sur_error *err)
{
    ran r;
    double sum = 0.0, want = 0.0, square = 0.0;
    const sur_status status = run(&r, law, law->words, err);
    const double n = (double)r.results.records.count;
    for (sur_idx i = 0; i < r.results.records.count; i++) {
        sum += value_of(&r.results.records.at[i], law->metric) / n;
        want += expected_of(law, &r.results.records.at[i]) / n;
    }
    for (sur_idx i = 0; i < r.results.records.count; i++) {
        const double off = value_of(&r.results.records.at[i], law->metric) -
                           expected_of(law, &r.results.records.at[i]) - (sum - want);
        square += off * off;
    }
    *reading = (law_reading){
        want, sum, 4.0 * sqrt(square / (n * (n - 1.0))) + allowance(law, want)};
    drop(&r);
    return status;
}

sur_status law_each(const cli_law *law, law_reading *reading, sur_error *err)
{
    ran r;
    double farthest = -1.0;
    const sur_status status = run(&r, law, law->words, err);
    for (sur_idx i = 0; i < r.results.records.count; i++) {
        const sur_record *record = &r.results.records.at[i];
        const double want = expected_of(law, record),
                     got = value_of(record, law->metric);
        if (fabs(got - want) <= farthest) continue; /* NAN is farthest */
        farthest = fabs(got - want);
        *reading = (law_reading){want, got, allowance(law, want)};
        if (isnan(farthest)) break;
    }
    drop(&r);
    return status;
}

static double option_of(const ran *r, sur_idx i, const char *name)
{
    const sur_field *field = sur_fields_find(r->results.experiment->fields, name);
    return sur_field_number(field, r->results.records.at[i].options);
}

sur_status law_peak(const cli_law *law, law_reading *reading, sur_error *err)
{
    ran r;
    double best = -HUGE_VAL, at = nan("");
    const sur_status status = run(&r, law, law->words, err);
    const sur_idx n = r.results.records.count;
    for (sur_idx i = 0; i < n; i++) {
        const double width = option_of(&r, i, "width");
        double sum = 0.0, count = 0.0;
        for (sur_idx j = 0; j < n; j++) {
            if (option_of(&r, j, "width") != width) continue;
            sum += value_of(&r.results.records.at[j], law->metric);
            count += 1.0;
        }
        if (!(sum / count > best)) continue;
        best = sum / count;
        at = width;
    }
    *reading = (law_reading){law->expected, at, allowance(law, law->expected)};
    drop(&r);
    return status;
}

sur_status law_slope(const cli_law *law, law_reading *reading, sur_error *err)
{
    ran r;
    double mx = 0.0, my = 0.0, xx = 0.0, xy = 0.0, want = 0.0;
    const sur_status status = run(&r, law, law->words, err);
    const sur_idx n = r.results.records.count;
    for (sur_idx i = 0; i < n; i++) {
        mx += log(option_of(&r, i, "init_scale")) / (double)n;
        my += log(value_of(&r.results.records.at[i], law->metric)) / (double)n;
        want += expected_of(law, &r.results.records.at[i]) / (double)n;
    }
    for (sur_idx i = 0; i < n; i++) {
        const double x = log(option_of(&r, i, "init_scale")) - mx;
        xx += x * x;
        xy += x * (log(value_of(&r.results.records.at[i], law->metric)) - my);
    }
    if (law->theory) want = 2.0 * (1.0 - want);
    *reading = (law_reading){want, xy / xx, allowance(law, want)};
    drop(&r);
    return status;
}
