/* trials.c -- trials and their measurements, appended and asked for. */
#include "store/trials.h"

#include "base/try.h"
#include "store/status.h"
#include <assert.h>

static sur_status put_measurement(sur_store *store, int64_t id,
                                  const sur_stored_measurement *m, sur_error *err)
{
    sqlite3_stmt *query;
    const sur_status status = sur_sql_get(store, SUR_Q_MEASUREMENT_PUT, &query, err);
    if (status != SUR_OK) return status;
    sqlite3_bind_int64(query, 1, id);
    sur_sql_bind_text(query, 2, m->metric);
    sur_sql_bind_text(query, 3, m->split);
    sqlite3_bind_int64(query, 4, m->iteration);
    sur_sql_bind_real(query, 5, m->value);
    sur_sql_bind_real(query, 6, m->low);
    sur_sql_bind_real(query, 7, m->high);
    sqlite3_bind_int64(query, 8, m->n);
    return sur_sql_finish(store, query, err);
}

static sur_status put_row(sur_store *store, const sur_stored_trial *trial, int64_t *id,
                          sur_error *err)
{
    sur_status_name name = sur_status_name_of(trial->status);
    sqlite3_stmt *query;
    bool row;
    sur_status status;

    SUR_TRY(sur_sql_get(store, SUR_Q_TRIAL_PUT, &query, err));
    sur_sql_bind_text(query, 1, trial->experiment);
    sqlite3_bind_int64(query, 2, trial->revision);
    sur_sql_bind_text(query, 3, trial->spec);
    sur_sql_bind_text(query, 4, trial->code);
    sur_sql_bind_text(query, 5, trial->host);
    sur_sql_bind_real(query, 6, trial->started);
    sur_sql_bind_real(query, 7, trial->seconds);
    sqlite3_bind_int64(query, 8, trial->peak_memory);
    sur_sql_bind_text(query, 9, name.text);
    sur_sql_bind_text(query, 10, trial->message);
    SUR_TRY(sur_sql_step(store, query, &row, err));
    SUR_FAIL_IF(!row, SUR_EBACKEND, "%s: no id for a new trial", store->path);
    *id = sqlite3_column_int64(query, 0);
    SUR_TRY(sur_sql_finish(store, query, err));

done:
    return status;
}

sur_status sur_trial_put(sur_store *store, const sur_stored_trial *trial,
                         sur_error *err)
{
    sqlite3_stmt *query;
    int64_t id = 0;
    sur_status status;

    assert(trial->experiment && trial->spec && trial->code && trial->host);
    SUR_TRY(put_row(store, trial, &id, err));
    SUR_TRY(sur_sql_get(store, SUR_Q_MEASUREMENT_DROP, &query, err));
    sqlite3_bind_int64(query, 1, id);
    SUR_TRY(sur_sql_finish(store, query, err));
    for (sur_idx i = 0; i < trial->count; i++)
        SUR_TRY(put_measurement(store, id, &trial->measurements[i], err));
    for (sur_idx i = 0; i < trial->key_count; i++) {
        SUR_TRY(sur_sql_get(store, SUR_Q_ARTIFACT_TIE, &query, err));
        sqlite3_bind_int64(query, 1, id);
        sur_sql_bind_text(query, 2, trial->keys[i]);
        SUR_TRY(sur_sql_finish(store, query, err));
    }

done:
    return status;
}

sur_status sur_store_append(sur_store *store, const sur_stored_trial *trials,
                            sur_idx count, sur_error *err)
{
    sur_status status;

    SUR_TRY(sur_sql_begin(store, err));
    for (sur_idx i = 0; i < count; i++) SUR_TRY(sur_trial_put(store, &trials[i], err));
    SUR_TRY(sur_sql_commit(store, err));

done:
    if (status != SUR_OK) sur_sql_rollback(store);
    return status;
}

sur_status sur_store_has(sur_store *store, const char *experiment, int64_t revision,
                         const char *spec, bool *found, sur_status *trial_status,
                         sur_error *err)
{
    sqlite3_stmt *query;
    const char *name;
    sur_status status, read = SUR_OK;
    bool row;

    SUR_TRY(sur_sql_get(store, SUR_Q_TRIAL_HAS, &query, err));
    sur_sql_bind_text(query, 1, experiment);
    sqlite3_bind_int64(query, 2, revision);
    sur_sql_bind_text(query, 3, spec);
    SUR_TRY(sur_sql_step(store, query, &row, err));
    if (row) {
        SUR_TRY(sur_sql_text(store, query, 0, &name, err));
        SUR_FAIL_IF(!sur_status_of_name(name, &read), SUR_EPARSE,
                    "%s: damaged store (a trial of unknown status)", store->path);
    }
    *found = row;
    if (trial_status) *trial_status = read;

done:
    sqlite3_reset(store->query[SUR_Q_TRIAL_HAS]);
    return status;
}
