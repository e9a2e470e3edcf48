/* each.c -- reading trials back, some at a time.
 *
 * A batch is copied within one read transaction and handed over after it: nobody who
 * writes waits for what the taker does with a trial. */
#include "store/arena.h"
#include "store/sql.h"
#include "store/status.h"

#include "base/memory.h"
#include "base/try.h"
#include <stdlib.h>

enum { BATCH = 64 }; /* trials */

typedef struct batch {
    sur_stored_trial trials[BATCH];
    sur_idx first[BATCH]; /* of each trial's measurements */
    sur_idx count;
    sur_stored_measurement *measurements;
    sur_idx used, capacity;
    sur_arena text;
} batch;

static void free_batch(batch *b)
{
    if (!b) return;
    sur_arena_free(&b->text);
    free(b->measurements);
    free(b);
}

/* Copies column `at`, which may be null only if `null_allowed`. */
static sur_status copy_text(sur_store *store, sqlite3_stmt *query, int at,
                            bool null_allowed, batch *b, const char **out,
                            sur_error *err)
{
    const char *text;
    const sur_status status = null_allowed
                                  ? sur_sql_text_or_null(store, query, at, &text, err)
                                  : sur_sql_text(store, query, at, &text, err);
    return status == SUR_OK ? sur_arena_copy(&b->text, out, text, err) : status;
}

static sur_status read_measurement(sur_store *store, sqlite3_stmt *query, batch *b,
                                   sur_error *err)
{
    sur_status status;

    if (b->used == b->capacity) {
        const sur_idx more = b->capacity ? 2 * b->capacity : (sur_idx)16 * BATCH;
        SUR_TRY(sur_resize(&b->measurements, more, sizeof *b->measurements, err));
        b->capacity = more;
    }
    sur_stored_measurement *m = &b->measurements[b->used];
    SUR_TRY(copy_text(store, query, 0, false, b, &m->metric, err));
    SUR_TRY(copy_text(store, query, 1, true, b, &m->split, err));
    SUR_TRY(sur_sql_int(store, query, 2, &m->iteration, err));
    SUR_TRY(sur_sql_real(store, query, 3, &m->value, err));
    SUR_TRY(sur_sql_real(store, query, 4, &m->low, err));
    SUR_TRY(sur_sql_real(store, query, 5, &m->high, err));
    SUR_TRY(sur_sql_int(store, query, 6, &m->n, err));
    b->used++;

done:
    return status;
}

static sur_status read_trial(sur_store *store, sqlite3_stmt *query, batch *b,
                             sur_error *err)
{
    sur_stored_trial *t = &b->trials[b->count];
    const char *name;
    sur_status status;

    *t = (sur_stored_trial){0};
    SUR_TRY(sur_sql_int(store, query, 0, &t->id, err));
    SUR_TRY(copy_text(store, query, 1, false, b, &t->experiment, err));
    SUR_TRY(sur_sql_int(store, query, 2, &t->revision, err));
    SUR_TRY(copy_text(store, query, 3, false, b, &t->spec, err));
    SUR_TRY(copy_text(store, query, 4, false, b, &t->code, err));
    SUR_TRY(copy_text(store, query, 5, false, b, &t->host, err));
    SUR_TRY(sur_sql_real(store, query, 6, &t->started, err));
    SUR_TRY(sur_sql_real(store, query, 7, &t->seconds, err));
    SUR_TRY(sur_sql_int(store, query, 8, &t->peak_memory, err));
    SUR_TRY(sur_sql_text(store, query, 9, &name, err));
    SUR_FAIL_IF(!sur_status_of_name(name, &t->status), SUR_EPARSE,
                "%s: damaged store (trial %lld is of unknown status)", store->path,
                (long long)t->id);
    SUR_TRY(copy_text(store, query, 10, true, b, &t->message, err));
    b->count++;

done:
    return status;
}

static sur_status read_measurements(sur_store *store, batch *b, sur_idx i,
                                    sur_error *err)
{
    sqlite3_stmt *query;
    bool row = true;
    sur_status status;

    SUR_TRY(sur_sql_get(store, SUR_Q_MEASUREMENT_EACH, &query, err));
    sqlite3_bind_int64(query, 1, b->trials[i].id);
    b->first[i] = b->used;
    for (;;) {
        SUR_TRY(sur_sql_step(store, query, &row, err));
        if (!row) break;
        SUR_TRY(read_measurement(store, query, b, err));
    }
    b->trials[i].count = b->used - b->first[i];

done:
    return status;
}

/* The trials that follow id `last`. Ids that do not grow would have us read for ever.
 */
static sur_status read_rows(sur_store *store, const char *experiment, int64_t last,
                            batch *b, sur_error *err)
{
    sqlite3_stmt *query;
    bool row;
    sur_status status;

    b->count = b->used = 0;
    sur_arena_clear(&b->text);
    SUR_TRY(sur_sql_get(store, SUR_Q_TRIAL_NEXT, &query, err));
    sqlite3_bind_int64(query, 1, last);
    sur_sql_bind_text(query, 2, experiment);
    sqlite3_bind_int64(query, 3, BATCH);
    for (;;) {
        SUR_TRY(sur_sql_step(store, query, &row, err));
        if (!row) break;
        SUR_TRY(read_trial(store, query, b, err));
        const int64_t id = b->trials[b->count - 1].id;
        SUR_FAIL_IF(id <= last, SUR_EPARSE, "%s: damaged store (trials out of order)",
                    store->path);
        last = id;
    }
    for (sur_idx i = 0; i < b->count; i++) SUR_TRY(read_measurements(store, b, i, err));
    for (sur_idx i = 0; i < b->count; i++)
        b->trials[i].measurements = b->measurements + b->first[i];

done:
    return status;
}

/* In a transaction of its own, unless the caller has one. */
static sur_status read_batch(sur_store *store, const char *experiment, int64_t last,
                             batch *b, sur_error *err)
{
    const bool own = sqlite3_get_autocommit(store->db) != 0;
    sur_status status;

    if (own) SUR_TRY(sur_sql_execute(store, "BEGIN", err));
    SUR_TRY(read_rows(store, experiment, last, b, err));
    if (own) SUR_TRY(sur_sql_commit(store, err));

done:
    if (status != SUR_OK && own) sur_sql_rollback(store);
    return status;
}

sur_status sur_store_each(sur_store *store, const char *experiment, sur_store_take take,
                          void *payload, sur_error *err)
{
    int64_t last = INT64_MIN;
    batch *b = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&b, 1, sizeof *b, err));
    do {
        SUR_TRY(read_batch(store, experiment, last, b, err));
        for (sur_idx i = 0; i < b->count; i++)
            SUR_TRY(take(payload, &b->trials[i], err));
        if (b->count) last = b->trials[b->count - 1].id;
    } while (b->count == BATCH);

done:
    free_batch(b);
    return status;
}
