/* plan.c -- which trials a study has, and which of them the store lacks.
 *
 * Trials whose options come out the same (a computed option may equal a given one) are
 * one trial: the first point stands. */
#include "study/plan.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sur_note(const sur_watch *watch, const char *fmt, ...)
{
    char line[1024];
    if (!watch || !watch->note) return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    watch->note(watch->payload, line);
}

bool sur_stop_asked(const sur_watch *watch)
{
    return watch && watch->stop && watch->stop(watch->payload);
}

sur_idx sur_workers_wanted(const sur_run_options *run)
{
    const sur_idx threads = run->threads > 0 ? run->threads : 1;
    const sur_idx jobs = run->jobs > 0 ? run->jobs : sur_machine_cores() / threads;
    return jobs > 1 ? jobs : 1;
}

static void trials_free(sur_study *study)
{
    for (sur_idx i = 0; i < study->trials; i++) free(study->trial[i].spec);
    free(study->trial);
    free(study->order);
    free(study->group);
    study->trial = NULL;
    study->order = NULL;
    study->group = NULL;
    study->trials = study->held = study->held_failed = study->skipped = study->groups =
        0;
}

void sur_plan_free(sur_study *study)
{
    trials_free(study);
    sur_axes_free(study);
    for (sur_idx i = 0; study->own && i < study->experiment->fields->count; i++)
        free(study->own[i]);
    free(study->own);
    study->own = NULL;
    sur_input_free(&study->input);
    study->planned = false;
}

/* Hands the lines of a text to the user one by one. */
static void note_lines(const sur_watch *watch, char *text)
{
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        sur_note(watch, "%s", line);
}

static sur_status load_input(sur_study *study, const sur_watch *watch, sur_error *err)
{
    sur_status status = SUR_OK;
    char note[4096] = "";
    void *options = NULL, *block = NULL;
    size_t size = 0;
    if (!study->experiment->load) return SUR_OK;
    SUR_TRY(sur_point_raw(&options, study, 0, err));
    SUR_TRY(study->experiment->load(options, &block, &size, note, sizeof note, err));
    note_lines(watch, note);
    if (block && size > 0) {
        void *given = block;
        block = NULL;
        SUR_TRY(sur_input_place(&study->input, given, size, err));
    }

done:
    free(block);
    sur_options_free(study, options);
    return status;
}

/* ---- the trials, each once ---- */

static uint64_t hash_text(const char *text) /* FNV-1a */
{
    uint64_t hash = 14695981039346656037u;
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

/* The place of a spec in the table of trial numbers + 1 (0: free). */
static size_t place_of(const sur_study *study, const uint32_t *table, size_t mask,
                       const char *spec)
{
    size_t place = hash_text(spec) & mask;
    while (table[place] && strcmp(study->trial[table[place] - 1].spec, spec) != 0)
        place = (place + 1) & mask;
    return place;
}

static sur_status add_trial(sur_study *study, uint32_t *table, size_t mask,
                            sur_idx point, sur_error *err)
{
    sur_status status = SUR_OK;
    void *options = NULL;
    char *spec = NULL;
    SUR_TRY(sur_point_options(&options, study, point, err));
    SUR_TRY(sur_fields_to_json(study->experiment->fields, options, &spec, err));
    const size_t place = place_of(study, table, mask, spec);
    if (!table[place]) {
        study->trial[study->trials++] = (sur_trial){.spec = spec, .point = point};
        table[place] = (uint32_t)study->trials;
        spec = NULL;
    }

done:
    free(spec);
    sur_options_free(study, options);
    return status;
}

static sur_status make_trials(sur_study *study, const sur_watch *watch, sur_error *err)
{
    sur_status status = SUR_OK;
    uint32_t *table = NULL;
    size_t mask = 1;
    while (mask < 2 * (size_t)study->points) mask *= 2;
    mask -= 1;
    SUR_TRY(sur_alloc(&table, (sur_idx)mask + 1, sizeof *table, err));
    SUR_TRY(sur_alloc(&study->trial, study->points, sizeof *study->trial, err));
    for (sur_idx point = 0; point < study->points; point++) {
        SUR_FAIL_IF(point % 256 == 0 && sur_stop_asked(watch), SUR_ESTOPPED,
                    "stopped before anything was run");
        SUR_TRY(add_trial(study, table, mask, point, err));
    }
    if (study->trials < study->points)
        sur_note(watch, "%lld of %lld trials are the same as others and run once",
                 (long long)(study->points - study->trials), (long long)study->points);

done:
    free(table);
    return status;
}

/* ---- what the store holds ---- */

static sur_status ask_store(sur_study *study, sur_store *store,
                            const sur_run_options *run, const sur_watch *watch,
                            sur_error *err)
{
    const sur_experiment *experiment = study->experiment;
    for (sur_idx i = 0; store && i < study->trials; i++) {
        sur_trial *trial = &study->trial[i];
        sur_status outcome = SUR_OK;
        if (i % 256 == 0 && sur_stop_asked(watch))
            return sur_fail(err, SUR_ESTOPPED, "stopped before anything was run");
        const sur_status status =
            sur_store_has(store, experiment->name, experiment->revision, trial->spec,
                          &trial->held, &outcome, err);
        if (status != SUR_OK) return status;
        if (trial->held && outcome != SUR_OK) {
            trial->held = !run->retry_failed;
            study->held_failed += trial->held;
        }
        study->held += trial->held;
    }
    return SUR_OK;
}

/* ---- the plan ---- */

/* Cuts the last value off an axis that the user left at its default; false if none is.
 */
static bool cut_default(sur_study *study, const sur_axis **cut)
{
    for (sur_idx i = 0; i < study->axes; i++) {
        sur_axis *axis = &study->axis[i];
        if (axis->given || !axis->joint || axis->count < 2) continue;
        axis->count -= 1;
        *cut = axis;
        study->points = 1;
        for (sur_idx k = study->axes - 1; k >= 0; k--) {
            study->axis[k].stride = study->points;
            study->points *= study->axis[k].count;
        }
        return true;
    }
    return false;
}

static sur_status plan_trials(sur_study *study, sur_store *store,
                              const sur_run_options *run, double *bytes,
                              const sur_watch *watch, sur_error *err)
{
    sur_status status = SUR_OK;
    trials_free(study);
    SUR_TRY(make_trials(study, watch, err));
    SUR_TRY(sur_groups_shard(study, run, watch, err));
    SUR_TRY(ask_store(study, store, run, watch, err));
    SUR_TRY(sur_groups_make(study, watch, err));
    SUR_TRY(sur_groups_split(study, sur_workers_wanted(run), err));
    *bytes = 0;
    for (sur_idx i = 0; i < study->groups; i++)
        *bytes = fmax(*bytes, study->group[i].bytes);

done:
    return status;
}

static sur_status refuse_memory(const sur_study *study, double bytes, sur_error *err)
{
    char need[32], have[32];
    sur_idx worst = 0;
    while (study->group[worst].bytes < bytes) worst++;
    return sur_fail(
        err, SUR_EINVAL,
        "%lld trials that share their work need %s of memory; %s may be used "
        "(--memory-limit)",
        (long long)study->group[worst].count, sur_bytes_text(bytes, need),
        sur_bytes_text(study->limit, have));
}

static sur_status make_plan(sur_study *study, sur_store *store,
                            const sur_run_options *run, const sur_watch *watch,
                            sur_error *err)
{
    sur_status status = SUR_OK;
    const sur_axis *cut = NULL;
    double bytes = 0;
    char need[32];
    SUR_TRY(sur_axes_make(study, err));
    SUR_TRY(load_input(study, watch, err));
    SUR_TRY(sur_axes_ask(study, err));
    const bool limited = !isnan(run->memory_limit);
    study->limit = limited ? run->memory_limit : 0.8 * sur_machine_memory();
    study->limit = fmax(0, study->limit - (double)study->input.size);
    SUR_TRY(plan_trials(study, store, run, &bytes, watch, err));
    sur_bytes_text(bytes, need);
    while (bytes > study->limit && cut_default(study, &cut))
        SUR_TRY(plan_trials(study, store, run, &bytes, NULL, err));
    if (cut)
        sur_note(watch,
                 "%s, left at its default, ends at %s: all of it needs %s of memory",
                 cut->field->name, cut->value[cut->count - 1], need);
    if (bytes > study->limit) SUR_TRY(refuse_memory(study, bytes, err));
    study->planned = true;

done:
    return status;
}

sur_status sur_study_plan(sur_study *study, sur_store *store,
                          const sur_run_options *run, sur_plan *plan,
                          const sur_watch *watch, sur_error *err)
{
    sur_plan_free(study);
    const sur_status status = make_plan(study, store, run, watch, err);
    if (status != SUR_OK) {
        sur_plan_free(study);
        return status;
    }
    sur_plan made = {
        .trials = study->trials, .held = study->held, .groups = study->groups};
    for (sur_idx i = 0; i < study->groups; i++) {
        made.seconds += study->group[i].seconds;
        made.bytes = fmax(made.bytes, study->group[i].bytes);
    }
    if (plan) *plan = made;
    return SUR_OK;
}
