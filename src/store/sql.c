/* sql.c -- statements, transactions and columns, with SQLite's results as ours. */
#include "store/sql.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const queries[SUR_QUERY_COUNT] = {
    [SUR_Q_TRIAL_PUT] =
        "INSERT INTO trial(experiment, revision, spec, code, host, started, seconds,"
        " peak_memory, status, message) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        " ON CONFLICT(experiment, revision, spec) DO UPDATE SET code=excluded.code,"
        " host=excluded.host, started=excluded.started, seconds=excluded.seconds,"
        " peak_memory=excluded.peak_memory, status=excluded.status,"
        " message=excluded.message RETURNING id",
    [SUR_Q_TRIAL_HAS] =
        "SELECT status FROM trial WHERE experiment=?1 AND revision=?2 AND spec=?3",
    [SUR_Q_TRIAL_NEXT] =
        "SELECT id, experiment, revision, spec, code, host, started, seconds,"
        " peak_memory, status, message FROM trial"
        " WHERE id>?1 AND (?2 IS NULL OR experiment=?2) ORDER BY id LIMIT ?3",
    [SUR_Q_MEASUREMENT_PUT] =
        "INSERT INTO measurement(trial, metric, split, iteration, value, low, high, n)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [SUR_Q_MEASUREMENT_DROP] = "DELETE FROM measurement WHERE trial=?1",
    [SUR_Q_MEASUREMENT_EACH] =
        "SELECT metric, split, iteration, value, low, high, n FROM measurement"
        " WHERE trial=?1 ORDER BY rowid",
    [SUR_Q_ARTIFACT_PUT] =
        "INSERT INTO artifact(key, trial, name, kind, shape, sha256, data)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(key) DO UPDATE SET"
        " trial=coalesce(artifact.trial, excluded.trial), name=excluded.name,"
        " kind=excluded.kind, shape=excluded.shape, sha256=excluded.sha256,"
        " data=excluded.data",
    [SUR_Q_ARTIFACT_TIE] =
        "UPDATE artifact SET trial=?1 WHERE key=?2 AND trial IS NULL",
    [SUR_Q_ARTIFACT_FIND] = "SELECT sha256, data FROM artifact WHERE key=?1",
    [SUR_Q_ARTIFACT_NAMED] =
        "SELECT sha256, data FROM artifact WHERE trial=?1 AND name=?2"
        " ORDER BY rowid DESC LIMIT 1",
    [SUR_Q_ARTIFACT_OF] =
        "SELECT key, name, kind, shape, sha256, data FROM artifact WHERE trial=?1"
        " ORDER BY rowid",
    [SUR_Q_ARTIFACT_NEXT] =
        "SELECT a.rowid, a.key, a.name, a.kind, a.shape, a.sha256, a.data,"
        " t.experiment, t.revision, t.spec FROM artifact a LEFT JOIN trial t"
        " ON t.id=a.trial WHERE a.rowid>?1 ORDER BY a.rowid LIMIT 1",
    [SUR_Q_ARTIFACT_ADD] =
        "INSERT INTO artifact(key, trial, name, kind, shape, sha256, data) VALUES(?1,"
        " (SELECT id FROM trial WHERE experiment=?8 AND revision=?9 AND spec=?10),"
        " ?3, ?4, ?5, ?6, ?7) ON CONFLICT(key) DO NOTHING",
    [SUR_Q_LEGEND_PUT] =
        "INSERT INTO legend(name, role, label, unit, scale, better, interval)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(name, role) DO UPDATE SET"
        " label=excluded.label, unit=excluded.unit, scale=excluded.scale,"
        " better=excluded.better, interval=excluded.interval"
        " WHERE label IS NOT excluded.label OR unit IS NOT excluded.unit"
        " OR scale IS NOT excluded.scale OR better IS NOT excluded.better"
        " OR interval IS NOT excluded.interval",
    [SUR_Q_LEGEND_EACH] =
        "SELECT name, role, label, unit, scale, better, interval FROM legend"
        " ORDER BY rowid",
    [SUR_Q_LEGEND_ADD] =
        "INSERT INTO legend(name, role, label, unit, scale, better, interval)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(name, role) DO NOTHING",
    [SUR_Q_RUN_ADD] = "INSERT INTO run(started, command, version, build, host)"
                      " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
    [SUR_Q_RUN_NEXT] = "SELECT id, started, command, version, build, host FROM run"
                       " WHERE id>?1 ORDER BY id LIMIT 1",
    [SUR_Q_EXPERIMENTS] = "SELECT DISTINCT experiment FROM trial ORDER BY experiment",
    [SUR_Q_MAKERS] = "SELECT DISTINCT code, host FROM trial",
};

/* What SQLite's primary result means to a caller. */
static sur_status meaning(const sur_store *store, int code)
{
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return SUR_ENOMEM;
    case SQLITE_ERROR: /* our statements are sound, so it is the file's schema */
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return SUR_EPARSE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return SUR_EBUSY;
    case SQLITE_TOOBIG:
        return SUR_EINVAL;
    case SQLITE_FULL:
        return SUR_EWRITE;
    case SQLITE_IOERR:
        if (code == SQLITE_IOERR_NOMEM) return SUR_ENOMEM;
        if (code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ)
            return SUR_EIO;
        if (code == SQLITE_IOERR_CORRUPTFS) return SUR_EIO;
        return store->writable ? SUR_EWRITE : SUR_EIO;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return store->writable ? SUR_EWRITE : SUR_EIO;
    default:
        return SUR_EBACKEND;
    }
}

void sur_sql_one_line(char *line, size_t size, const char *text)
{
    snprintf(line, size, "%s", text);
    for (; *line; line++)
        if ((unsigned char)*line < ' ' || (unsigned char)*line > '~') *line = '?';
}

sur_status sur_sql_fail(sur_store *store, int code, sur_error *err)
{
    const sur_status status = meaning(store, code);
    const int number = store->db ? sqlite3_system_errno(store->db) : 0;
    const bool system = (status == SUR_EIO || status == SUR_EWRITE) && number != 0;
    char why[160];
    if (!system || strerror_r(number, why, sizeof why) != 0)
        sur_sql_one_line(why, sizeof why,
                         store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(code));

    switch ((int)code) {
    case SQLITE_NOTADB:
        return sur_fail(err, status, "%s: not a surplus store", store->path);
    case SQLITE_FULL:
        return sur_fail(err, status, "%s: the disk is full", store->path);
    case SQLITE_READONLY_DBMOVED:
        return sur_fail(err, status, "%s: moved or deleted while in use", store->path);
    case SQLITE_READONLY_ROLLBACK:
        return sur_fail(err, status,
                        "%s: left in the middle of a write, and in a read-only place; "
                        "copy it with its -journal file to another",
                        store->path);
    default:
        break;
    }
    switch ((int)status) {
    case SUR_EPARSE:
        return sur_fail(err, status, "%s: damaged store (%s)", store->path, why);
    case SUR_EBUSY:
        return sur_fail(err, status, "%s: another program keeps it locked",
                        store->path);
    case SUR_EWRITE:
        return sur_fail(err, status, "%s: cannot be written (%s)", store->path, why);
    case SUR_EIO:
        return sur_fail(err, status, "%s: cannot be read (%s)", store->path, why);
    default:
        return sur_fail(err, status, "%s: %s", store->path, why);
    }
}

sur_status sur_sql_execute(sur_store *store, const char *sql, sur_error *err)
{
    const int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? SUR_OK : sur_sql_fail(store, code, err);
}

sur_status sur_sql_prepare(sur_store *store, const char *sql, sqlite3_stmt **out,
                           sur_error *err)
{
    const int code = sqlite3_prepare_v2(store->db, sql, -1, out, NULL);
    return code == SQLITE_OK ? SUR_OK : sur_sql_fail(store, code, err);
}

sur_status sur_sql_get(sur_store *store, sur_query which, sqlite3_stmt **out,
                       sur_error *err)
{
    sqlite3_stmt **query = &store->query[which];
    if (!*query) {
        const int code = sqlite3_prepare_v3(store->db, queries[which], -1,
                                            SQLITE_PREPARE_PERSISTENT, query, NULL);
        if (code != SQLITE_OK) return sur_sql_fail(store, code, err);
    }
    sqlite3_reset(*query);
    sqlite3_clear_bindings(*query);
    *out = *query;
    return SUR_OK;
}

sur_status sur_sql_step(sur_store *store, sqlite3_stmt *query, bool *row,
                        sur_error *err)
{
    const int code = sqlite3_step(query);
    *row = code == SQLITE_ROW;
    if (*row) return SUR_OK;
    const sur_status status =
        code == SQLITE_DONE ? SUR_OK : sur_sql_fail(store, code, err);
    sqlite3_reset(query);
    return status;
}

sur_status sur_sql_finish(sur_store *store, sqlite3_stmt *query, sur_error *err)
{
    bool row = true;
    sur_status status = SUR_OK;
    while (row && status == SUR_OK) status = sur_sql_step(store, query, &row, err);
    return status;
}

sur_status sur_sql_begin(sur_store *store, sur_error *err)
{
    return sur_sql_execute(store, "BEGIN IMMEDIATE", err);
}

sur_status sur_sql_commit(sur_store *store, sur_error *err)
{
    return sur_sql_execute(store, "COMMIT", err);
}

void sur_sql_rollback(sur_store *store)
{
    for (int i = 0; i < SUR_QUERY_COUNT; i++) sqlite3_reset(store->query[i]);
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

void sur_sql_bind_text(sqlite3_stmt *query, int at, const char *text)
{
    sqlite3_bind_text(query, at, text, -1, SQLITE_STATIC);
}

void sur_sql_bind_real(sqlite3_stmt *query, int at, double x)
{
    if (isfinite(x)) sqlite3_bind_double(query, at, x);
}

static sur_status wrong_type(sur_store *store, sqlite3_stmt *query, int at,
                             sur_error *err)
{
    return sur_fail(err, SUR_EPARSE, "%s: damaged store (unexpected kind of \"%s\")",
                    store->path, sqlite3_column_name(query, at));
}

sur_status sur_sql_text_or_null(sur_store *store, sqlite3_stmt *query, int at,
                                const char **text, sur_error *err)
{
    *text = NULL;
    const int type = sqlite3_column_type(query, at);
    if (type == SQLITE_NULL) return SUR_OK;
    if (type != SQLITE_TEXT) return wrong_type(store, query, at, err);
    *text = (const char *)sqlite3_column_text(query, at);
    if (!*text) return sur_sql_fail(store, SQLITE_NOMEM, err);
    if (strlen(*text) != (size_t)sqlite3_column_bytes(query, at))
        return wrong_type(store, query, at, err);
    return SUR_OK;
}

sur_status sur_sql_text(sur_store *store, sqlite3_stmt *query, int at,
                        const char **text, sur_error *err)
{
    const sur_status status = sur_sql_text_or_null(store, query, at, text, err);
    return status == SUR_OK && !*text ? wrong_type(store, query, at, err) : status;
}

sur_status sur_sql_int(sur_store *store, sqlite3_stmt *query, int at, int64_t *number,
                       sur_error *err)
{
    if (sqlite3_column_type(query, at) != SQLITE_INTEGER)
        return wrong_type(store, query, at, err);
    *number = sqlite3_column_int64(query, at);
    return SUR_OK;
}

sur_status sur_sql_real(sur_store *store, sqlite3_stmt *query, int at, double *x,
                        sur_error *err)
{
    switch (sqlite3_column_type(query, at)) {
    case SQLITE_NULL:
        *x = nan("");
        return SUR_OK;
    case SQLITE_INTEGER:
    case SQLITE_FLOAT:
        *x = sqlite3_column_double(query, at);
        return SUR_OK;
    default:
        return wrong_type(store, query, at, err);
    }
}
