/* sql.h -- the handle of a store, its prepared statements, and SQLite's results as
 * ours.
 *
 * Every statement that runs more than once is in the table of sql.c; it is prepared at
 * its first use and lives as long as the handle. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <surplus/store.h>

#include "store/lock.h"
#include <sqlite3.h>

typedef enum sur_query {
    SUR_Q_TRIAL_PUT,
    SUR_Q_TRIAL_HAS,
    SUR_Q_TRIAL_NEXT,
    SUR_Q_MEASUREMENT_PUT,
    SUR_Q_MEASUREMENT_DROP,
    SUR_Q_MEASUREMENT_EACH,
    SUR_Q_ARTIFACT_PUT,
    SUR_Q_ARTIFACT_TIE,
    SUR_Q_ARTIFACT_FIND,
    SUR_Q_ARTIFACT_NAMED,
    SUR_Q_ARTIFACT_OF,
    SUR_Q_ARTIFACT_NEXT,
    SUR_Q_ARTIFACT_ADD,
    SUR_Q_LEGEND_PUT,
    SUR_Q_LEGEND_EACH,
    SUR_Q_LEGEND_ADD,
    SUR_Q_RUN_ADD,
    SUR_Q_RUN_NEXT,
    SUR_Q_EXPERIMENTS,
    SUR_Q_MAKERS,
    SUR_QUERY_COUNT
} sur_query;

struct sur_store {
    sqlite3 *db;
    sqlite3_stmt *query[SUR_QUERY_COUNT]; /* NULL until used */
    char *path;                           /* absolute, without links; or ":memory:" */
    bool in_memory, writable;
    double waiting_since; /* on sur_clock, while another connection is in the way */
    sur_lock lock;        /* held if writable and a file */
};

/* A message of SQLite's that fits into one of ours: it may hold names, bytes and line
 * ends from the file. */
void sur_sql_one_line(char *line, size_t size, const char *text);

/* Reports what SQLite returned: damaged SUR_EPARSE, full or read-only SUR_EWRITE, ...
 */
SUR_MUST_USE sur_status sur_sql_fail(sur_store *store, int code, sur_error *err);

/* Runs statements that give no rows. */
SUR_MUST_USE sur_status sur_sql_execute(sur_store *store, const char *sql,
                                        sur_error *err);

/* A statement of one's own; sqlite3_finalize it. */
SUR_MUST_USE sur_status sur_sql_prepare(sur_store *store, const char *sql,
                                        sqlite3_stmt **out, sur_error *err);

/* A statement of the table, reset and unbound. Borrowed. */
SUR_MUST_USE sur_status sur_sql_get(sur_store *store, sur_query which,
                                    sqlite3_stmt **out, sur_error *err);

/* The next row; without one the statement is reset. After a failure too. */
SUR_MUST_USE sur_status sur_sql_step(sur_store *store, sqlite3_stmt *query, bool *row,
                                     sur_error *err);

/* Steps a statement whose rows do not matter to its end. */
SUR_MUST_USE sur_status sur_sql_finish(sur_store *store, sqlite3_stmt *query,
                                       sur_error *err);

/* A transaction that writes; rollback does nothing when none is open. */
SUR_MUST_USE sur_status sur_sql_begin(sur_store *store, sur_error *err);
SUR_MUST_USE sur_status sur_sql_commit(sur_store *store, sur_error *err);
void sur_sql_rollback(sur_store *store);

/* Binds text (NULL: null) or a number (NaN and infinity: null), borrowed until the next
 * reset. Binding to a prepared statement with room cannot fail. */
void sur_sql_bind_text(sqlite3_stmt *query, int at, const char *text);
void sur_sql_bind_real(sqlite3_stmt *query, int at, double x);

/* Column values, whose types a damaged file may have changed: SUR_EPARSE. Text is
 * borrowed until the next step; a text that may be null is NULL then; a null number is
 * NAN. */
SUR_MUST_USE sur_status sur_sql_text(sur_store *store, sqlite3_stmt *query, int at,
                                     const char **text, sur_error *err);
SUR_MUST_USE sur_status sur_sql_text_or_null(sur_store *store, sqlite3_stmt *query,
                                             int at, const char **text, sur_error *err);
SUR_MUST_USE sur_status sur_sql_int(sur_store *store, sqlite3_stmt *query, int at,
                                    int64_t *number, sur_error *err);
SUR_MUST_USE sur_status sur_sql_real(sur_store *store, sqlite3_stmt *query, int at,
                                     double *x, sur_error *err);

#endif
