/* guard.c -- reading by a process of its own.
 *
 * The child is forked: it runs on with one thread, calls nothing that uses others (no
 * BLAS, no OpenMP), and leaves by _exit. Its tables travel as they lie in memory, each
 * part after its size; whether the parts fit together is checked, since a child that
 * went wrong may say anything. */
#include "data/guard.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/block.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the pipe ---- */

static bool put(FILE *pipe, const void *bytes, sur_idx count)
{
    return count == 0 || fwrite(bytes, 1, (size_t)count, pipe) == (size_t)count;
}

/* A signal may interrupt the wait for the child. */
static bool get(FILE *pipe, void *bytes, sur_idx count)
{
    char *to = bytes;
    while (count > 0) {
        errno = 0;
        const size_t n = fread(to, 1, (size_t)count, pipe);
        to += n, count -= (sur_idx)n;
        if (count == 0) break;
        if (!ferror(pipe) || errno != EINTR) return false;
        clearerr(pipe);
    }
    return true;
}

/* Bytes after their number; none and NULL are the same. */
static bool put_part(FILE *pipe, const void *bytes, sur_idx count)
{
    if (!bytes) count = 0;
    return put(pipe, &count, sizeof count) && put(pipe, bytes, count);
}

/* *bytes becomes a copy, with a zero byte after it; NULL of no bytes. */
static sur_status get_part(FILE *pipe, void *bytes, sur_idx *count, bool *whole,
                           sur_error *err)
{
    void *copy = NULL;
    sur_status status = SUR_OK;
    *count = 0;
    *whole = *whole && get(pipe, count, sizeof *count) && *count >= 0;
    if (*whole && *count > 0) {
        status = sur_alloc(&copy, *count + 1, 1, err);
        *whole = status == SUR_OK && get(pipe, copy, *count);
    }
    memcpy(bytes, &copy, sizeof copy);
    return status;
}

/* ---- tables ---- */

static bool put_words(FILE *pipe, const sur_words *w)
{
    const sur_idx size = w ? (sur_idx)sizeof *w : 0;
    if (!put_part(pipe, w, size)) return false;
    return !w || (put_part(pipe, w->text, w->text_count) &&
                  put_part(pipe, w->start, w->count * (sur_idx)sizeof *w->start) &&
                  put_part(pipe, w->order, w->count * (sur_idx)sizeof *w->order));
}

static bool put_table(FILE *pipe, const sur_table *t)
{
    const sur_idx size = (sur_idx)sur_scalar_size(t->scalar);
    if (!put_part(pipe, t, sizeof *t) ||
        !put_part(pipe, t->block,
                  t->block ? SUR_HEAD + t->rows * t->matrix_cols * size : 0))
        return false;
    for (sur_idx j = 0; j < t->cols; j++) {
        const sur_column *c = &t->column[j];
        if (!put_part(pipe, c->name, c->name ? (sur_idx)strlen(c->name) : 0) ||
            !put_part(pipe, c->values, t->rows * (sur_idx)sizeof(double)) ||
            !put_words(pipe, c->words))
            return false;
    }
    return true;
}

/* A part that is a struct has its size, or there is none. */
static sur_status get_words(FILE *pipe, sur_words **words, bool *whole, sur_error *err)
{
    sur_idx count;
    sur_status status;
    SUR_TRY(get_part(pipe, words, &count, whole, err));
    *whole = *whole && (count == 0 || count == (sur_idx)sizeof **words);
    if (!*whole || !*words) {
        free(*words);
        *words = NULL;
        goto done;
    }
    sur_words *w = *words;
    w->text = NULL, w->start = w->order = NULL;
    SUR_TRY(get_part(pipe, &w->text, &count, whole, err));
    *whole = *whole && count == w->text_count;
    w->text_capacity = w->text_count;
    const sur_idx size = (sur_idx)sizeof *w->start;
    SUR_TRY(get_part(pipe, &w->start, &count, whole, err));
    *whole = *whole && count / size == w->count;
    SUR_TRY(get_part(pipe, &w->order, &count, whole, err));
    *whole = *whole && count / size == w->count;
    w->capacity = w->count;
done:
    return status;
}

static sur_status get_column(FILE *pipe, sur_column *c, sur_idx rows, bool *whole,
                             sur_error *err)
{
    sur_idx count;
    sur_status status;
    SUR_TRY(get_part(pipe, &c->name, &count, whole, err));
    SUR_TRY(get_part(pipe, &c->values, &count, whole, err));
    *whole = *whole && (count == 0 || count / (sur_idx)sizeof(double) == rows);
    SUR_TRY(get_words(pipe, &c->words, whole, err));
done:
    return status;
}

static bool words_fit(const sur_table *t, const sur_column *c)
{
    const sur_words *w = c->words;
    if (w->count < 0 || w->text_count < w->count ||
        (w->count > 0 && w->text[w->text_count - 1] != '\0'))
        return false;
    for (sur_idx k = 0; k < w->count; k++)
        if (w->start[k] < 0 || w->start[k] >= w->text_count || w->order[k] < 0 ||
            w->order[k] >= w->count)
            return false;
    for (sur_idx i = 0; i < t->rows; i++)
        if (!isnan(c->values[i]) &&
            !(c->values[i] >= 0.0 && c->values[i] < (double)w->count))
            return false;
    return memchr(w->example, 0, sizeof w->example) != NULL;
}

/* Whether a table that was sent holds together. */
static bool table_fits(const sur_table *t)
{
    if ((unsigned)t->scalar > SUR_U8 || t->rows < 0 || t->matrix_cols < 0 ||
        t->matrix_cols > t->cols || t->target < -1 || t->target >= t->cols ||
        t->weight < -1 || t->weight >= t->cols)
        return false;
    for (sur_idx j = 0; j < t->cols; j++) {
        const sur_column *c = &t->column[j];
        if (t->rows > 0 && (j < t->matrix_cols) == (c->values != NULL)) return false;
        if (c->words && (!c->values || !words_fit(t, c))) return false;
    }
    return true;
}

static sur_status get_table(FILE *pipe, sur_table *t, bool *whole, sur_error *err)
{
    sur_table *sent = NULL;
    sur_idx count;
    sur_status status;
    SUR_TRY(get_part(pipe, &sent, &count, whole, err));
    *whole = *whole && count == (sur_idx)sizeof *sent;
    if (!*whole) goto done;
    const sur_idx cols = sent->cols;
    sent->file = t->file, sent->path = t->path;
    sent->block = NULL, sent->column = NULL;
    sent->cols = sent->column_capacity = 0;
    *t = *sent;
    SUR_TRY(get_part(pipe, &t->block, &t->capacity, whole, err));
    const double cells = (double)t->rows * (double)t->matrix_cols;
    *whole = *whole && (unsigned)t->scalar <= SUR_U8 &&
             (t->capacity ? (double)(t->capacity - SUR_HEAD) ==
                                cells * (double)sur_scalar_size(t->scalar)
                          : cells == 0.0);
    if (!*whole) goto done;
    SUR_TRY(sur_alloc(&t->column, cols, sizeof *t->column, err));
    t->column_capacity = cols;
    for (sur_idx j = 0; j < cols && *whole; j++) {
        t->cols = j + 1;
        SUR_TRY(get_column(pipe, &t->column[j], t->rows, whole, err));
    }
    *whole = *whole && table_fits(t);
done:
    free(sent);
    return status;
}

/* ---- the two processes ---- */

/* Seconds of processor time that a file deserves: 10 MB are read in one at least. */
static rlim_t seconds_for(const sur_source *source)
{
    return (rlim_t)(60 + source->size / 10000000);
}

/* Memory that a file deserves: what it may unpack to (source.h), a few times over,
 * beside what is in use. Nothing is limited where that cannot be told, or where a
 * sanitizer has taken terabytes of addresses for itself. */
static void limit_memory(const sur_source *source)
{
    char line[256] = "", *at = line; /* the sixth number: pages of data and stack */
    FILE *file = fopen("/proc/self/statm", "r");
    const bool told = file && fgets(line, sizeof line, file);
    long long pages = 0;
    if (file) fclose(file);
    for (int i = 0; i < 6; i++) pages = strtoll(at, &at, 10);
    const double used = (double)pages * (double)sysconf(_SC_PAGESIZE);
    const double most = used + 4.0 * ((double)SUR_EXPANSION_FREE +
                                      SUR_EXPANSION_LIMIT * (double)source->size);
    if (!told || pages <= 0 || used > 0x1p40 || most > 0x1p62) return;
    const struct rlimit limit = {(rlim_t)most, (rlim_t)most};
    setrlimit(RLIMIT_DATA, &limit);
}

static void be_child(FILE *pipe, sur_table *table, sur_table *test,
                     const sur_format *format, sur_source *source,
                     const sur_request *request)
{
    const rlim_t seconds = seconds_for(source);
    const struct rlimit time = {seconds, seconds + 5}, none = {0, 0};
    sur_error why = {SUR_OK, ""};
    signal(SIGPIPE, SIG_IGN);
    setrlimit(RLIMIT_CPU, &time);
    setrlimit(RLIMIT_CORE, &none);
    limit_memory(source);
    source->raw_ended = true; /* the parent sums the file */
    why.status = format->read(table, test, source, request, &why);
    const bool ok =
        put(pipe, &why, sizeof why) &&
        (why.status != SUR_OK || (put_table(pipe, table) && put_table(pipe, test)));
    _exit(ok && fflush(pipe) == 0 ? 0 : 1);
}

/* Reads what the child says; *whole is false if it does not finish. */
static sur_status listen(FILE *pipe, sur_table *table, sur_table *test, bool *whole,
                         sur_error *err)
{
    sur_error why;
    *whole = get(pipe, &why, sizeof why);
    if (!*whole) return SUR_OK;
    why.message[sizeof why.message - 1] = '\0';
    if (why.status != SUR_OK) return sur_fail(err, why.status, "%s", why.message);
    sur_status status = get_table(pipe, table, whole, err);
    if (status == SUR_OK && *whole) status = get_table(pipe, test, whole, err);
    return status;
}

sur_status sur_guarded_read(sur_table *table, sur_table *test, const sur_format *format,
                            sur_source *source, const sur_request *request,
                            sur_error *err)
{
    int ends[2] = {-1, -1}, fate = 0;
    bool whole = true;
    sur_status status = SUR_OK;
    if (source->size < 0 || source->unpack || source->zstd ||
        source->in_tar) /* says why it cannot */
        return format->read(table, test, source, request, err);
    SUR_FAIL_IF(pipe(ends) != 0, SUR_EBACKEND, "cannot make a pipe: %s",
                strerror(errno));
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        FILE *to = fdopen(ends[1], "w");
        if (!to) _exit(1);
        be_child(to, table, test, format, source, request);
    }
    close(ends[1]);
    ends[1] = -1;
    SUR_FAIL_IF(child < 0, SUR_EBACKEND, "cannot start a process: %s", strerror(errno));
    status = sur_source_drain(source, err);
    FILE *from = fdopen(ends[0], "r");
    whole = from != NULL;
    if (status == SUR_OK && from) status = listen(from, table, test, &whole, err);
    if (from)
        fclose(from);
    else
        close(ends[0]);
    ends[0] = -1;
    while (waitpid(child, &fate, 0) < 0 && errno == EINTR) continue;
    if (status == SUR_OK && !whole)
        status = sur_fail(err, SUR_EPARSE, "%s: a damaged %s file (%s)", source->name,
                          format->name,
                          WIFSIGNALED(fate) && WTERMSIG(fate) == SIGXCPU
                              ? "reading it takes forever"
                              : "the library that reads it crashed");
done:
    if (ends[0] >= 0) close(ends[0]);
    return status;
}
