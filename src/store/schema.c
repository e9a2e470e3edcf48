/* schema.c -- the tables of a store, made and recognised. */
#include "store/schema.h"

#include "base/try.h"
#include <string.h>
#include <sys/stat.h>

/* Each statement as SQLite keeps it in sqlite_schema; a store is one whose own tables
 * have exactly these texts, so that the types of their columns are known. */
static const struct {
    const char *name, *sql;
} schema[] = {
    {"trial", "CREATE TABLE trial(\n"
              "  id INTEGER PRIMARY KEY,\n"
              "  experiment TEXT NOT NULL,\n"
              "  revision INTEGER NOT NULL,\n"
              "  spec TEXT NOT NULL,\n"
              "  code TEXT NOT NULL,\n"
              "  host TEXT NOT NULL,\n"
              "  started REAL,\n"
              "  seconds REAL,\n"
              "  peak_memory INTEGER NOT NULL,\n"
              "  status TEXT NOT NULL,\n"
              "  message TEXT,\n"
              "  UNIQUE(experiment, revision, spec)\n"
              ") STRICT"},
    {"measurement", "CREATE TABLE measurement(\n"
                    "  trial INTEGER NOT NULL REFERENCES trial(id),\n"
                    "  metric TEXT NOT NULL,\n"
                    "  split TEXT,\n"
                    "  iteration INTEGER NOT NULL,\n"
                    "  value REAL,\n"
                    "  low REAL,\n"
                    "  high REAL,\n"
                    "  n INTEGER NOT NULL\n"
                    ") STRICT"},
    {"legend", "CREATE TABLE legend(\n"
               "  name TEXT NOT NULL,\n"
               "  role TEXT NOT NULL,\n"
               "  label TEXT,\n"
               "  unit TEXT,\n"
               "  scale TEXT,\n"
               "  better INTEGER NOT NULL,\n"
               "  interval TEXT,\n"
               "  PRIMARY KEY(name, role)\n"
               ") STRICT"},
    {"artifact", "CREATE TABLE artifact(\n"
                 "  key TEXT NOT NULL UNIQUE,\n"
                 "  trial INTEGER REFERENCES trial(id),\n"
                 "  name TEXT NOT NULL,\n"
                 "  kind TEXT NOT NULL,\n"
                 "  shape TEXT NOT NULL,\n"
                 "  sha256 TEXT NOT NULL,\n"
                 "  data BLOB NOT NULL\n"
                 ") STRICT"},
    {"run", "CREATE TABLE run(\n"
            "  id INTEGER PRIMARY KEY,\n"
            "  started REAL,\n"
            "  command TEXT NOT NULL,\n"
            "  version TEXT NOT NULL,\n"
            "  build TEXT NOT NULL,\n"
            "  host TEXT NOT NULL,\n"
            "  UNIQUE(command, version, build, host)\n"
            ") STRICT"},
    {"measurement_trial", "CREATE INDEX measurement_trial ON measurement(trial)"},
    {"artifact_trial", "CREATE INDEX artifact_trial ON artifact(trial, name)"},
};
enum { SCHEMA_COUNT = sizeof schema / sizeof *schema };

/* Files up to this size are read through once when they are opened. */
static const int64_t CHECKED_WHOLE = 16 << 20; /* bytes */

sur_status sur_schema_create(sur_store *store, sur_error *err)
{
    char stamp[96];
    sur_status status;

    sqlite3_snprintf(sizeof stamp, stamp,
                     "PRAGMA application_id=%d; PRAGMA user_version=%d", SUR_STORE_ID,
                     SUR_STORE_FORMAT);
    SUR_TRY(sur_sql_begin(store, err));
    SUR_TRY(sur_sql_execute(store, stamp, err));
    for (int i = 0; i < SCHEMA_COUNT; i++)
        SUR_TRY(sur_sql_execute(store, schema[i].sql, err));
    SUR_TRY(sur_sql_commit(store, err));

done:
    if (status != SUR_OK) sur_sql_rollback(store);
    return status;
}

/* One number, asked for by a PRAGMA. */
static sur_status ask(sur_store *store, const char *sql, int64_t *number,
                      sur_error *err)
{
    sqlite3_stmt *query = NULL;
    bool row;
    sur_status status;

    SUR_TRY(sur_sql_prepare(store, sql, &query, err));
    SUR_TRY(sur_sql_step(store, query, &row, err));
    *number = row ? sqlite3_column_int64(query, 0) : 0;

done:
    sqlite3_finalize(query);
    return status;
}

static sur_status check_table(sur_store *store, const char *name, const char *sql,
                              sur_error *err)
{
    sqlite3_stmt *query = NULL;
    bool row;
    sur_status status;

    SUR_TRY(sur_sql_prepare(store, "SELECT sql FROM sqlite_schema WHERE name=?1",
                            &query, err));
    sqlite3_bind_text(query, 1, name, -1, SQLITE_STATIC);
    SUR_TRY(sur_sql_step(store, query, &row, err));
    const char *found = row ? (const char *)sqlite3_column_text(query, 0) : NULL;
    SUR_FAIL_IF(!found || strcmp(found, sql) != 0, SUR_EPARSE,
                "%s: damaged store, or changed by another program (its \"%s\" is %s)",
                store->path, name, found ? "another" : "missing");

done:
    sqlite3_finalize(query);
    return status;
}

static sur_status check_pages(sur_store *store, sur_error *err)
{
    sqlite3_stmt *query = NULL;
    char line[160];
    bool row;
    sur_status status;

    SUR_TRY(sur_sql_prepare(store, "PRAGMA quick_check(1)", &query, err));
    SUR_TRY(sur_sql_step(store, query, &row, err));
    const char *verdict = row ? (const char *)sqlite3_column_text(query, 0) : NULL;
    sur_sql_one_line(line, sizeof line, verdict ? verdict : "unreadable");
    SUR_FAIL_IF(strcmp(line, "ok") != 0, SUR_EPARSE, "%s: damaged store (%s)",
                store->path, line);

done:
    sqlite3_finalize(query);
    return status;
}

/* Within a read transaction: nobody writes the file meanwhile. */
static sur_status check_file(sur_store *store, bool *empty, sur_error *err)
{
    int64_t pages, page_size, id, format;
    struct stat file;
    sur_status status;

    SUR_TRY(ask(store, "PRAGMA page_count", &pages, err));
    *empty = pages == 0;
    if (*empty) return SUR_OK;

    SUR_TRY(ask(store, "PRAGMA application_id", &id, err));
    SUR_TRY(ask(store, "PRAGMA user_version", &format, err));
    SUR_TRY(ask(store, "PRAGMA page_size", &page_size, err));
    SUR_FAIL_IF(id != SUR_STORE_ID, SUR_EPARSE,
                "%s: not a surplus store (an SQLite file of another program)",
                store->path);
    SUR_FAIL_IF(format > SUR_STORE_FORMAT, SUR_EPARSE,
                "%s: made by a newer surplus (store format %lld, this one knows %d)",
                store->path, (long long)format, SUR_STORE_FORMAT);
    SUR_FAIL_IF(format < 1, SUR_EPARSE, "%s: damaged store (format %lld)", store->path,
                (long long)format);
    SUR_FAIL_IF(!store->in_memory && stat(store->path, &file) == 0 &&
                    (page_size < 1 || (int64_t)file.st_size % page_size != 0),
                SUR_EPARSE, "%s: damaged store, cut off after %lld bytes", store->path,
                (long long)file.st_size);
    for (int i = 0; i < SCHEMA_COUNT; i++)
        SUR_TRY(check_table(store, schema[i].name, schema[i].sql, err));
    if (pages * page_size <= CHECKED_WHOLE) SUR_TRY(check_pages(store, err));

done:
    return status;
}

sur_status sur_schema_check(sur_store *store, bool *empty, sur_error *err)
{
    sur_status status;

    SUR_TRY(sur_sql_execute(store, "BEGIN", err));
    SUR_TRY(check_file(store, empty, err));
    SUR_TRY(sur_sql_commit(store, err));

done:
    if (status != SUR_OK) sur_sql_rollback(store);
    return status;
}
