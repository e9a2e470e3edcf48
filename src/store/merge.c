/* merge.c -- two stores into one: the union of their trials, each identity once.
 *
 * Rows pass through the same readers as everywhere, for the other store may come from
 * anywhere; one read transaction there, one write transaction here. */
#include "base/text.h"
#include "base/try.h"
#include "store/artifacts.h"
#include "store/legend.h"
#include "store/trials.h"
#include <string.h>

typedef struct merging {
    sur_store *to;
    sur_idx added;
} merging;

static sur_status merge_trial(void *payload, const sur_stored_trial *trial,
                              sur_error *err)
{
    merging *m = payload;
    sur_status status, held;
    bool found;

    SUR_TRY(sur_store_has(m->to, trial->experiment, trial->revision, trial->spec,
                          &found, &held, err));
    if (found && (held == SUR_OK || trial->status != SUR_OK)) goto done;
    SUR_TRY(sur_trial_put(m->to, trial, err));
    m->added += !found;

done:
    return status;
}

static sur_status merge_run(void *payload, const sur_stored_run *run, sur_error *err)
{
    return sur_run_add(((merging *)payload)->to, run, err);
}

static sur_status merge_legend(sur_store *to, sur_store *from, sur_error *err)
{
    sqlite3_stmt *query;
    sur_status status;

    SUR_TRY(sur_sql_get(from, SUR_Q_LEGEND_EACH, &query, err));
    for (;;) {
        sur_legend row = {0};
        int64_t better;
        bool more;
        SUR_TRY(sur_sql_step(from, query, &more, err));
        if (!more) break;
        SUR_TRY(sur_sql_text(from, query, 0, &row.name, err));
        SUR_TRY(sur_sql_text(from, query, 1, &row.role, err));
        SUR_TRY(sur_sql_text_or_null(from, query, 2, &row.label, err));
        SUR_TRY(sur_sql_text_or_null(from, query, 3, &row.unit, err));
        SUR_TRY(sur_sql_text_or_null(from, query, 4, &row.scale, err));
        SUR_TRY(sur_sql_int(from, query, 5, &better, err));
        SUR_TRY(sur_sql_text_or_null(from, query, 6, &row.interval, err));
        row.better = (better > 0) - (better < 0);
        SUR_TRY(sur_legend_put(to, SUR_Q_LEGEND_ADD, &row, err));
    }

done:
    return status;
}

/* Column `at` of one statement is parameter `to_at` of another, both text. */
static sur_status pass_text(sur_store *from, sqlite3_stmt *read, int at,
                            sqlite3_stmt *write, int to_at, sur_error *err)
{
    const char *text;
    const sur_status status = sur_sql_text_or_null(from, read, at, &text, err);
    if (status == SUR_OK) sur_sql_bind_text(write, to_at, text);
    return status;
}

/* The artifact after rowid *last, with the identity of its trial instead of its id. */
static sur_status merge_artifact(sur_store *to, sur_store *from, int64_t *last,
                                 bool *more, sur_error *err)
{
    static const int columns[][2] = {{1, 1}, {2, 3}, {3, 4}, {4, 5},
                                     {5, 6}, {7, 8}, {9, 10}};
    sqlite3_stmt *read, *write;
    const char *key;
    const void *bytes;
    size_t size;
    int64_t rowid;
    sur_status status;

    SUR_TRY(sur_sql_get(from, SUR_Q_ARTIFACT_NEXT, &read, err));
    sqlite3_bind_int64(read, 1, *last);
    SUR_TRY(sur_sql_step(from, read, more, err));
    if (!*more) goto done;
    rowid = sqlite3_column_int64(read, 0);
    SUR_TRY(sur_sql_text(from, read, 1, &key, err));
    SUR_FAIL_IF(rowid <= *last, SUR_EPARSE,
                "%s: damaged store (artifacts out of order)", from->path);
    *last = rowid;

    SUR_TRY(sur_artifact_bytes(from, read, 5, 6, &bytes, &size, err));
    SUR_TRY(sur_sql_get(to, SUR_Q_ARTIFACT_ADD, &write, err));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        SUR_TRY(pass_text(from, read, columns[i][0], write, columns[i][1], err));
    sqlite3_bind_blob64(write, 7, bytes, size, SQLITE_STATIC);
    if (sqlite3_column_type(read, 8) == SQLITE_INTEGER)
        sqlite3_bind_int64(write, 9, sqlite3_column_int64(read, 8));
    SUR_TRY(sur_sql_finish(to, write, err));

done:
    return status;
}

/* The one code and processor ("HOST; PROCESSOR") that made all trials so far. */
typedef struct makers {
    sur_text code, processor;
    bool differ;
} makers;

static sur_status compare(sur_text *known, const char *found, bool *differ,
                          sur_error *err)
{
    if (!known->at) return sur_text_add(known, found, err);
    if (strcmp(known->at, found) != 0) *differ = true;
    return SUR_OK;
}

static sur_status add_makers(makers *m, sur_store *store, sur_error *err)
{
    sqlite3_stmt *query;
    const char *code, *host;
    bool row;
    sur_status status;

    SUR_TRY(sur_sql_get(store, SUR_Q_MAKERS, &query, err));
    for (;;) {
        SUR_TRY(sur_sql_step(store, query, &row, err));
        if (!row) break;
        SUR_TRY(sur_sql_text(store, query, 0, &code, err));
        SUR_TRY(sur_sql_text(store, query, 1, &host, err));
        const char *processor = strstr(host, "; ");
        SUR_TRY(compare(&m->code, code, &m->differ, err));
        SUR_TRY(compare(&m->processor, processor ? processor : host, &m->differ, err));
    }

done:
    return status;
}

static sur_status merge_all(merging *m, sur_store *from, makers *made_by,
                            sur_error *err)
{
    int64_t last = INT64_MIN;
    bool more = true;
    sur_status status;

    SUR_TRY(add_makers(made_by, m->to, err));
    SUR_TRY(add_makers(made_by, from, err));
    SUR_TRY(merge_legend(m->to, from, err));
    SUR_TRY(sur_store_each_run(from, merge_run, m, err));
    SUR_TRY(sur_store_each(from, NULL, merge_trial, m, err));
    while (more) SUR_TRY(merge_artifact(m->to, from, &last, &more, err));

done:
    return status;
}

sur_status sur_store_merge(sur_store *to, sur_store *from, sur_idx *added, bool *differ,
                           sur_error *err)
{
    merging m = {to, 0};
    makers made_by = {0};
    sur_status status;

    *added = 0;
    *differ = false;
    if (to == from || (!to->in_memory && strcmp(to->path, from->path) == 0))
        return SUR_OK;
    SUR_TRY(sur_sql_begin(to, err));
    SUR_TRY(sur_sql_execute(from, "BEGIN", err));
    SUR_TRY(merge_all(&m, from, &made_by, err));
    SUR_TRY(sur_sql_commit(to, err));
    *added = m.added;
    *differ = made_by.differ;

done:
    sur_sql_rollback(from);
    if (status != SUR_OK) sur_sql_rollback(to);
    sur_text_free(&made_by.code);
    sur_text_free(&made_by.processor);
    return status;
}
