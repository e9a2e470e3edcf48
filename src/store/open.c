/* open.c -- opening and closing a store: place, lock, connection, checks. */
#define _XOPEN_SOURCE 700 /* realpath. NOLINT(bugprone-reserved-identifier) */
#include "store/open.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "store/schema.h"
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How long to wait for another connection's transaction, in seconds. A commit takes
 * some milliseconds; a writer outlasts a slow reader, for it has more to lose. */
static const double READER_PATIENCE = 10, WRITER_PATIENCE = 60;

/* Called by SQLite when it finds the file locked, for the count-th time in a row;
 * nonzero: it tries again. SQLite's own handler soon sleeps 100 ms at a time, and so a
 * reader beside a busy writer would miss most of the gaps between its transactions. */
static int wait_a_little(void *payload, int count)
{
    sur_store *store = payload;
    const struct timespec nap = {0, count < 10 ? 500000 : 2000000}; /* nanoseconds */
    if (count == 0) store->waiting_since = sur_clock();
    const double patience = store->writable ? WRITER_PATIENCE : READER_PATIENCE;
    if (sur_clock() - store->waiting_since > patience) return 0;
    nanosleep(&nap, NULL);
    return 1;
}

static sur_status missing(const char *path, sur_store_mode mode, int number,
                          sur_error *err)
{
    char why[128];
    if (strerror_r(number, why, sizeof why) != 0) why[0] = '\0';
    return sur_fail(err, mode == SUR_STORE_READ ? SUR_EIO : SUR_EWRITE, "%s: %s", path,
                    why);
}

/* Absolute and without links, so that one file has one name and so one lock. */
static sur_status find_place(char **place, const char *path, sur_store_mode mode,
                             sur_error *err)
{
    char resolved[PATH_MAX];
    struct stat file;

    if (realpath(path, resolved)) {
        if (stat(resolved, &file) != 0) return missing(path, mode, errno, err);
        if (!S_ISREG(file.st_mode))
            return sur_fail(err, mode == SUR_STORE_READ ? SUR_EIO : SUR_EWRITE,
                            "%s: not a file", path);
        if (mode == SUR_STORE_READ && file.st_size == 0)
            return sur_fail(err, SUR_EPARSE, "%s: not a surplus store (empty file)",
                            path);
        return sur_copy_text(place, resolved, err);
    }
    if (mode == SUR_STORE_READ || errno != ENOENT || !path[0])
        return missing(path, mode, errno, err);

    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    if (length >= sizeof folder) return missing(path, mode, ENAMETOOLONG, err);
    memcpy(folder, length ? path : ".", length ? length : 1);
    folder[length ? length : 1] = '\0';
    if (!realpath(folder, resolved)) return missing(path, mode, errno, err);

    sur_text text = {0};
    const sur_status status = sur_text_format(
        &text, err, "%s/%s", resolved[1] ? resolved : "", slash ? slash + 1 : path);
    *place = text.at;
    return status;
}

/* Nothing in the file may make us run anything but the statements of sql.c. */
static sur_status settle(sur_store *store, sur_error *err)
{
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_handler(store->db, wait_a_little, store);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    return sur_sql_execute(store, "PRAGMA cell_size_check=1; PRAGMA temp_store=2", err);
}

static sur_status connect(sur_store *store, const char *name, int flags, sur_error *err)
{
    const int code =
        sqlite3_open_v2(name, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    return code == SQLITE_OK ? settle(store, err) : sur_sql_fail(store, code, err);
}

static bool exists_beside(const char *path, const char *ending)
{
    sur_text name = {0};
    struct stat file;
    const bool found = sur_text_format(&name, NULL, "%s%s", path, ending) != SUR_OK ||
                       (stat(name.at, &file) == 0 && file.st_size > 0);
    sur_text_free(&name);
    return found;
}

/* On read-only media SQLite may be unable to lock, or to make the side files that a
 * store switched to write-ahead logging wants. If nothing is left over from a writer,
 * the file can be read as one that nobody will change. */
static sur_status read_unchanging(sur_store *store, bool *empty, sur_error *err)
{
    sur_text uri = {0};
    sur_status status;

    if (exists_beside(store->path, "-journal") || exists_beside(store->path, "-wal"))
        return SUR_EIO; /* err tells already why the first attempt failed */
    sqlite3_close_v2(store->db);
    store->db = NULL;
    SUR_TRY(sur_text_add(&uri, "file:", err));
    for (const char *c = store->path; *c; c++)
        SUR_TRY(
            isalnum((unsigned char)*c) || strchr("/._-", *c)
                ? sur_text_bytes(&uri, c, 1, err)
                : sur_text_format(&uri, err, "%%%02X", (unsigned)(unsigned char)*c));
    SUR_TRY(sur_text_add(&uri, "?immutable=1", err));
    SUR_TRY(connect(store, uri.at, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err));
    SUR_TRY(sur_schema_check(store, empty, err));

done:
    sur_text_free(&uri);
    return status;
}

/* Opened for writing too where the file allows it: a reader rolls back what a killed
 * writer left half done, and changes nothing else. */
static sur_status open_reader(sur_store *store, sur_error *err)
{
    bool empty = false;
    sur_status status = connect(store, store->path, SQLITE_OPEN_READWRITE, err);
    if (status == SUR_OK) status = sur_schema_check(store, &empty, err);
    if (status == SUR_EIO) status = read_unchanging(store, &empty, err);
    if (status != SUR_OK) return status;
    if (empty)
        return sur_fail(err, SUR_EPARSE, "%s: not a surplus store (empty file)",
                        store->path);
    return sur_sql_execute(store, "PRAGMA query_only=1", err);
}

static sur_status open_writer(sur_store *store, sur_error *err)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    bool empty, made = false;
    sur_status status;

    store->writable = true;
    if (!store->in_memory) SUR_TRY(sur_lock_take(&store->lock, store->path, err));
    made = !store->in_memory && access(store->path, F_OK) != 0;
    SUR_TRY(connect(store, store->path, flags, err));
    SUR_TRY(sur_schema_check(store, &empty, err));
    SUR_FAIL_IF(sqlite3_db_readonly(store->db, "main") == 1, SUR_EWRITE,
                "%s: cannot be written (read-only)", store->path);
    SUR_TRY(sur_sql_execute(
        store, "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL", err));
    if (empty) SUR_TRY(sur_schema_create(store, err));

done:
    if (status != SUR_OK && made) unlink(store->path);
    return status;
}

sur_status sur_store_open(sur_store **out, const char *path, sur_store_mode mode,
                          sur_error *err)
{
    sur_store *store = NULL;
    sur_status status;

    *out = NULL;
    SUR_TRY(sur_alloc(&store, 1, sizeof *store, err));
    store->in_memory = strcmp(path, ":memory:") == 0;
    if (store->in_memory)
        SUR_TRY(sur_copy_text(&store->path, path, err));
    else
        SUR_TRY(find_place(&store->path, path, mode, err));
    if (mode == SUR_STORE_WRITE || store->in_memory)
        SUR_TRY(open_writer(store, err));
    else
        SUR_TRY(open_reader(store, err));
    *out = store;
    return SUR_OK;

done:
    sur_store_close(store);
    return status;
}

sur_status sur_store_open_bytes(sur_store **out, const void *bytes, size_t size,
                                sur_error *err)
{
    sur_store *store = NULL;
    unsigned char *copy = NULL;
    bool empty;
    sur_status status;

    *out = NULL;
    SUR_TRY(sur_alloc(&store, 1, sizeof *store, err));
    store->in_memory = true;
    SUR_TRY(sur_copy_text(&store->path, ":memory:", err));
    SUR_TRY(connect(store, store->path, SQLITE_OPEN_READWRITE, err));
    copy = sqlite3_malloc64(size ? size : 1);
    SUR_FAIL_IF(!copy, SUR_ENOMEM, "cannot allocate %zu bytes", size);
    memcpy(copy, bytes, size);
    const int code = sqlite3_deserialize(
        store->db, "main", copy, (sqlite3_int64)size, (sqlite3_int64)size,
        SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY);
    if (code != SQLITE_OK) SUR_TRY(sur_sql_fail(store, code, err));
    SUR_TRY(sur_schema_check(store, &empty, err));
    SUR_FAIL_IF(empty, SUR_EPARSE, "not a surplus store (empty file)");
    *out = store;
    return SUR_OK;

done:
    sur_store_close(store);
    return status;
}

void sur_store_close(sur_store *store)
{
    if (!store) return;
    for (int i = 0; i < SUR_QUERY_COUNT; i++) sqlite3_finalize(store->query[i]);
    sqlite3_close_v2(store->db);
    sur_lock_release(&store->lock);
    free(store->path);
    free(store);
}
