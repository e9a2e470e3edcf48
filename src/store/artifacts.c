/* artifacts.c -- named arrays under a content key, each with its checksum. */
#include "store/artifacts.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/try.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

sur_status sur_store_keep(sur_store *store, const sur_stored_artifact *artifact,
                          sur_error *err)
{
    enum { ROOM = 4096 }; /* for what else is in the row */
    const int64_t most = sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, -1) - ROOM;
    char sha256[65];
    sqlite3_stmt *query;
    sur_status status;

    assert(artifact->key && artifact->name && artifact->kind && artifact->shape);
    if (artifact->size > (size_t)most)
        return sur_fail(err, SUR_EINVAL,
                        "artifact \"%s\" has %zu bytes; a store takes %lld",
                        artifact->name, artifact->size, (long long)most);
    SUR_TRY(sur_sha256_of(sha256, artifact->data, artifact->size, err));
    SUR_TRY(sur_sql_begin(store, err));
    SUR_TRY(sur_sql_get(store, SUR_Q_ARTIFACT_PUT, &query, err));
    sur_sql_bind_text(query, 1, artifact->key);
    if (artifact->trial) sqlite3_bind_int64(query, 2, artifact->trial);
    sur_sql_bind_text(query, 3, artifact->name);
    sur_sql_bind_text(query, 4, artifact->kind);
    sur_sql_bind_text(query, 5, artifact->shape);
    sur_sql_bind_text(query, 6, sha256);
    sqlite3_bind_blob64(query, 7, artifact->size ? artifact->data : "", artifact->size,
                        SQLITE_STATIC);
    SUR_TRY(sur_sql_finish(store, query, err));
    SUR_TRY(sur_sql_commit(store, err));

done:
    if (status != SUR_OK) sur_sql_rollback(store);
    return status;
}

sur_status sur_artifact_bytes(sur_store *store, sqlite3_stmt *query, int sum_at,
                              int data_at, const void **bytes, size_t *size,
                              sur_error *err)
{
    const char *expected;
    char sha256[65];
    sur_status status;

    SUR_TRY(sur_sql_text(store, query, sum_at, &expected, err));
    SUR_FAIL_IF(sqlite3_column_type(query, data_at) != SQLITE_BLOB, SUR_EPARSE,
                "%s: damaged store (an artifact that is no bytes)", store->path);
    const void *found = sqlite3_column_blob(query, data_at);
    const size_t count = (size_t)sqlite3_column_bytes(query, data_at);
    SUR_FAIL_IF(count > 0 && !found, SUR_ENOMEM, "cannot allocate %zu bytes", count);
    SUR_TRY(sur_sha256_of(sha256, count ? found : "", count, err));
    SUR_FAIL_IF(strcmp(sha256, expected) != 0, SUR_EPARSE,
                "%s: damaged store (the checksum of an artifact does not match)",
                store->path);
    *bytes = count ? found : "";
    *size = count;

done:
    return status;
}

/* The first row of a query for (sha256, data), copied; nothing without a row. */
static sur_status take_bytes(sur_store *store, sqlite3_stmt *query, void **data,
                             size_t *size, sur_error *err)
{
    const void *bytes = "";
    size_t count = 0;
    bool row;
    sur_status status;

    SUR_TRY(sur_sql_step(store, query, &row, err));
    if (!row) return SUR_OK;
    SUR_TRY(sur_artifact_bytes(store, query, 0, 1, &bytes, &count, err));
    SUR_TRY(sur_alloc(data, (sur_idx)count, 1, err));
    memcpy(*data, bytes, count);
    *size = count;

done:
    sqlite3_reset(query);
    return status;
}

sur_status sur_store_find(sur_store *store, const char *key, void **data, size_t *size,
                          sur_error *err)
{
    sqlite3_stmt *query;
    *data = NULL;
    *size = 0;
    const sur_status status = sur_sql_get(store, SUR_Q_ARTIFACT_FIND, &query, err);
    if (status != SUR_OK) return status;
    sur_sql_bind_text(query, 1, key);
    return take_bytes(store, query, data, size, err);
}

sur_status sur_store_artifact(sur_store *store, int64_t trial, const char *name,
                              void **data, size_t *size, sur_error *err)
{
    sqlite3_stmt *query;
    *data = NULL;
    *size = 0;
    const sur_status status = sur_sql_get(store, SUR_Q_ARTIFACT_NAMED, &query, err);
    if (status != SUR_OK) return status;
    sqlite3_bind_int64(query, 1, trial);
    sur_sql_bind_text(query, 2, name);
    return take_bytes(store, query, data, size, err);
}

static sur_status take_row(sur_store *store, sqlite3_stmt *query, int64_t trial,
                           sur_store_take_artifact take, void *payload, sur_error *err)
{
    sur_stored_artifact a = {.trial = trial};
    sur_status status;
    SUR_TRY(sur_sql_text(store, query, 0, &a.key, err));
    SUR_TRY(sur_sql_text(store, query, 1, &a.name, err));
    SUR_TRY(sur_sql_text(store, query, 2, &a.kind, err));
    SUR_TRY(sur_sql_text(store, query, 3, &a.shape, err));
    SUR_TRY(sur_artifact_bytes(store, query, 4, 5, &a.data, &a.size, err));
    status = take(payload, &a, err);
done:
    return status;
}

sur_status sur_store_each_artifact(sur_store *store, int64_t trial,
                                   sur_store_take_artifact take, void *payload,
                                   sur_error *err)
{
    sqlite3_stmt *query;
    bool row = true;
    sur_status status = sur_sql_get(store, SUR_Q_ARTIFACT_OF, &query, err);
    if (status != SUR_OK) return status;
    sqlite3_bind_int64(query, 1, trial);
    for (;;) {
        SUR_TRY(sur_sql_step(store, query, &row, err));
        if (!row) break;
        SUR_TRY(take_row(store, query, trial, take, payload, err));
    }
done:
    sqlite3_reset(query);
    return status;
}
