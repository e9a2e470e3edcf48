/* legend.c -- what makes a store explain itself: names, runs, experiments. */
#include "store/legend.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "store/arena.h"
#include <assert.h>

sur_status sur_legend_put(sur_store *store, sur_query which, const sur_legend *row,
                          sur_error *err)
{
    sqlite3_stmt *query;
    const sur_status status = sur_sql_get(store, which, &query, err);
    if (status != SUR_OK) return status;
    assert(row->name && row->role);
    sur_sql_bind_text(query, 1, row->name);
    sur_sql_bind_text(query, 2, row->role);
    sur_sql_bind_text(query, 3, row->label);
    sur_sql_bind_text(query, 4, row->unit);
    sur_sql_bind_text(query, 5, row->scale);
    sqlite3_bind_int64(query, 6, row->better);
    sur_sql_bind_text(query, 7, row->interval);
    return sur_sql_finish(store, query, err);
}

sur_status sur_store_explain(sur_store *store, const sur_legend *rows, sur_idx count,
                             sur_error *err)
{
    sur_status status;

    SUR_TRY(sur_sql_begin(store, err));
    for (sur_idx i = 0; i < count; i++)
        SUR_TRY(sur_legend_put(store, SUR_Q_LEGEND_PUT, &rows[i], err));
    SUR_TRY(sur_sql_commit(store, err));

done:
    if (status != SUR_OK) sur_sql_rollback(store);
    return status;
}

sur_status sur_run_add(sur_store *store, const sur_stored_run *run, sur_error *err)
{
    sqlite3_stmt *query;
    const sur_status status = sur_sql_get(store, SUR_Q_RUN_ADD, &query, err);
    if (status != SUR_OK) return status;
    assert(run->command && run->version && run->build && run->host);
    sur_sql_bind_real(query, 1, run->started);
    sur_sql_bind_text(query, 2, run->command);
    sur_sql_bind_text(query, 3, run->version);
    sur_sql_bind_text(query, 4, run->build);
    sur_sql_bind_text(query, 5, run->host);
    return sur_sql_finish(store, query, err);
}

sur_status sur_store_log_run(sur_store *store, const char *command, const char *version,
                             const char *build, const char *host, sur_error *err)
{
    const sur_stored_run run = {sur_now(), command, version, build, host};
    const sur_status status = sur_run_add(store, &run, err);
    if (status != SUR_OK) sur_sql_rollback(store);
    return status;
}

/* The run that follows id *last. */
static sur_status next_run(sur_store *store, int64_t *last, sur_arena *text,
                           sur_stored_run *run, bool *row, sur_error *err)
{
    const char **const strings[] = {&run->command, &run->version, &run->build,
                                    &run->host};
    sqlite3_stmt *query;
    int64_t id;
    sur_status status;

    sur_arena_clear(text);
    SUR_TRY(sur_sql_get(store, SUR_Q_RUN_NEXT, &query, err));
    sqlite3_bind_int64(query, 1, *last);
    SUR_TRY(sur_sql_step(store, query, row, err));
    if (!*row) goto done;
    SUR_TRY(sur_sql_int(store, query, 0, &id, err));
    SUR_FAIL_IF(id <= *last, SUR_EPARSE, "%s: damaged store (runs out of order)",
                store->path);
    SUR_TRY(sur_sql_real(store, query, 1, &run->started, err));
    for (int i = 0; i < 4; i++) {
        const char *found;
        SUR_TRY(sur_sql_text(store, query, 2 + i, &found, err));
        SUR_TRY(sur_arena_copy(text, strings[i], found, err));
    }
    *last = id;

done:
    sqlite3_reset(store->query[SUR_Q_RUN_NEXT]);
    return status;
}

sur_status sur_store_each_run(sur_store *store, sur_store_take_run take, void *payload,
                              sur_error *err)
{
    int64_t last = INT64_MIN;
    sur_arena text = {0};
    bool row = true;
    sur_status status;

    for (;;) {
        sur_stored_run run = {0};
        SUR_TRY(next_run(store, &last, &text, &run, &row, err));
        if (!row) break;
        SUR_TRY(take(payload, &run, err));
    }

done:
    sur_arena_free(&text);
    return status;
}

sur_status sur_store_experiments(sur_store *store, char **names, sur_error *err)
{
    sur_text text = {0};
    sqlite3_stmt *query;
    const char *name;
    bool row;
    sur_status status;

    *names = NULL;
    SUR_TRY(sur_text_add(&text, "", err));
    SUR_TRY(sur_sql_get(store, SUR_Q_EXPERIMENTS, &query, err));
    for (;;) {
        SUR_TRY(sur_sql_step(store, query, &row, err));
        if (!row) break;
        SUR_TRY(sur_sql_text(store, query, 0, &name, err));
        SUR_TRY(sur_text_format(&text, err, "%s%s", text.length ? "," : "", name));
    }
    *names = text.at;
    text.at = NULL;

done:
    sqlite3_reset(store->query[SUR_Q_EXPERIMENTS]);
    sur_text_free(&text);
    return status;
}
