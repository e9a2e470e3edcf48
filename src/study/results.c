/* results.c -- records of one experiment, read back from a store. */
#include "study/results.h"

#include "base/memory.h"
#include "base/try.h"
#include "study/internal.h"
#include <stdlib.h>
#include <string.h>

static sur_status read_artifact(void *payload, sur_idx index, const char *name,
                                void **bytes, size_t *size, sur_error *err)
{
    const sur_kept *kept = payload;
    return sur_store_artifact(kept->store, kept->rows[index].id, name, bytes, size,
                              err);
}

static void free_kept(sur_kept *kept, const sur_fields *fields)
{
    if (!kept) return;
    for (sur_idx i = 0; i < kept->option_count; i++)
        sur_fields_free(fields, kept->options + (size_t)i * fields->size);
    free(kept->options);
    free(kept->measurements);
    free(kept->records);
    free(kept->rows);
    sur_arena_free(&kept->text);
    free(kept);
}

/* What reading needs beside what it makes. */
typedef struct reading {
    sur_kept *kept;
    const sur_experiment *experiment;
    const void *preset; /* options by default, from which each trial's start */
    sur_idx elder;      /* trials of other revisions */
} reading;

/* Makes room for one more. */
static sur_status grow(void *array, sur_idx count, sur_idx *capacity, size_t size,
                       sur_error *err)
{
    if (count < *capacity) return SUR_OK;
    const sur_idx more = *capacity ? 2 * *capacity : 64;
    const sur_status status = sur_resize(array, more, size, err);
    if (status == SUR_OK) *capacity = more;
    return status;
}

/* The table's own name of the metric, or a copy. */
static sur_status keep_metric(reading *r, const char **out, const char *name,
                              sur_error *err)
{
    const sur_experiment *e = r->experiment;
    for (sur_idx i = 0; i < e->metric_count; i++)
        if (strcmp(e->metrics[i].name, name) == 0) {
            *out = e->metrics[i].name;
            return SUR_OK;
        }
    return sur_arena_copy(&r->kept->text, out, name, err);
}

static sur_status keep_measurement(reading *r, const sur_stored_measurement *stored,
                                   sur_error *err)
{
    sur_kept *kept = r->kept;
    sur_status status;

    SUR_TRY(grow(&kept->measurements, kept->used, &kept->room,
                 sizeof *kept->measurements, err));
    sur_measurement *m = &kept->measurements[kept->used];
    *m = (sur_measurement){.iteration = stored->iteration,
                           .value = stored->value,
                           .low = stored->low,
                           .high = stored->high,
                           .n = stored->n};
    SUR_TRY(keep_metric(r, &m->metric, stored->metric, err));
    SUR_TRY(sur_arena_copy(&kept->text, &m->split, stored->split, err));
    kept->used++;

done:
    return status;
}

/* The next struct of options, as the spec says. */
static sur_status keep_options(reading *r, const sur_stored_trial *trial,
                               sur_error *err)
{
    const sur_fields *fields = r->experiment->fields;
    sur_kept *kept = r->kept;
    sur_error cause = {SUR_OK, ""};
    sur_status status;

    SUR_TRY(grow(&kept->options, kept->option_count, &kept->option_capacity,
                 fields->size, err));
    void *options = kept->options + (size_t)kept->option_count * fields->size;
    SUR_TRY(sur_fields_copy(fields, options, r->preset, err));
    kept->option_count++;
    status = sur_fields_from_json(fields, options, trial->spec, &cause);
    if (status != SUR_OK)
        return sur_fail(err, status, "trial %lld of %s: %.400s", (long long)trial->id,
                        r->experiment->name, cause.message);

done:
    return status;
}

static sur_status keep_trial(void *payload, const sur_stored_trial *trial,
                             sur_error *err)
{
    reading *r = payload;
    sur_kept *kept = r->kept;
    sur_status status;

    if (trial->revision != r->experiment->revision) {
        r->elder++;
        return SUR_OK;
    }
    SUR_TRY(grow(&kept->rows, kept->count, &kept->capacity, sizeof *kept->rows, err));
    sur_row *row = &kept->rows[kept->count];
    *row = (sur_row){.record = {.status = trial->status,
                                .seconds = trial->seconds,
                                .count = trial->count},
                     .fields = r->experiment->fields,
                     .id = trial->id,
                     .first = kept->used};
    SUR_TRY(keep_options(r, trial, err));
    SUR_TRY(sur_arena_copy(&kept->text, &row->spec, trial->spec, err));
    SUR_TRY(sur_arena_copy(&kept->text, &row->record.message, trial->message, err));
    for (sur_idx i = 0; i < trial->count; i++)
        SUR_TRY(keep_measurement(r, &trial->measurements[i], err));
    SUR_TRY(sur_measurements_sort(kept->measurements + row->first, trial->count,
                                  r->experiment, err));
    kept->count++;

done:
    return status;
}

/* The arrays no longer move: the rows may point into them. */
static sur_status settle(sur_kept *kept, const sur_fields *fields, sur_error *err)
{
    for (sur_idx i = 0; i < kept->count; i++) {
        sur_row *row = &kept->rows[i];
        row->record.options = kept->options + (size_t)i * fields->size;
        row->record.measurements = kept->measurements + row->first;
    }
    if (kept->count)
        qsort(kept->rows, (size_t)kept->count, sizeof(sur_row), sur_row_compare);
    const sur_status status =
        sur_alloc(&kept->records, kept->count, sizeof *kept->records, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < kept->count; i++) kept->records[i] = kept->rows[i].record;
    return SUR_OK;
}

sur_status sur_results_read(sur_results *out, sur_store *store,
                            const sur_experiment *experiment, sur_error *err)
{
    const sur_fields *fields = experiment->fields;
    reading r = {.experiment = experiment};
    void *preset = NULL;
    sur_status status;

    *out = (sur_results){.experiment = experiment};
    SUR_TRY(sur_alloc(&r.kept, 1, sizeof *r.kept, err));
    SUR_TRY(sur_alloc(&preset, 1, fields->size, err));
    SUR_TRY(sur_fields_preset(fields, preset, err));
    r.kept->store = store;
    r.preset = preset;
    SUR_TRY(sur_store_each(store, experiment->name, keep_trial, &r, err));
    SUR_TRY(settle(r.kept, fields, err));
    out->records = (sur_records){r.kept->records, r.kept->count, r.kept, read_artifact};
    out->owned = r.kept;
    out->elder = r.elder;
    r.kept = NULL;

done:
    if (preset) sur_fields_free(fields, preset);
    free(preset);
    free_kept(r.kept, fields);
    return status;
}

void sur_results_free(sur_results *results)
{
    if (results->owned) free_kept(results->owned, results->experiment->fields);
    *results = (sur_results){0};
}

void sur_kept_compact(sur_results *results, const bool *keep)
{
    sur_kept *kept = results->owned;
    sur_idx count = 0;
    for (sur_idx i = 0; i < kept->count; i++) {
        if (!keep[i]) continue;
        kept->rows[count] = kept->rows[i];
        kept->records[count++] = kept->records[i];
    }
    kept->count = results->records.count = count;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

sur_status sur_results_of_study(sur_results *results, const sur_study *study,
                                sur_error *err)
{
    const sur_kept *kept = results->owned;
    const char **specs = NULL;
    bool *keep = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&specs, study->trials, sizeof *specs, err));
    SUR_TRY(sur_alloc(&keep, kept->count, sizeof *keep, err));
    for (sur_idx i = 0; i < study->trials; i++) specs[i] = study->trial[i].spec;
    qsort(specs, (size_t)study->trials, sizeof *specs, compare_texts);
    for (sur_idx i = 0; i < kept->count; i++)
        keep[i] = bsearch(&kept->rows[i].spec, specs, (size_t)study->trials,
                          sizeof *specs, compare_texts) != NULL;
    sur_kept_compact(results, keep);

done:
    free(specs);
    free(keep);
    return status;
}

const sur_measurement *sur_record_get(const sur_record *record, const char *metric)
{
    for (sur_idx i = 0; i < record->count; i++) {
        const sur_measurement *m = &record->measurements[i];
        if (m->iteration == 0 && !m->split && strcmp(m->metric, metric) == 0) return m;
    }
    return NULL;
}
