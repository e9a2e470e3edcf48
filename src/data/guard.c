/* guard.c -- reading by a process of its own.
 *
 * The child gives rows block by block as they come, then the rest of its tables; this
 * process puts the blocks below each other and sums the file meanwhile. */
#include "data/guard.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/apart.h"
#include "data/block.h"
#include "data/pipe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what a file deserves ---- */

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

void sur_guard_limit(const sur_source *source)
{
    const rlim_t seconds = seconds_for(source);
    const struct rlimit time = {seconds, seconds + 5}, none = {0, 0};
    setrlimit(RLIMIT_CPU, &time);
    setrlimit(RLIMIT_CORE, &none);
    limit_memory(source);
}

/* ---- the child ---- */

/* Goes before the cells of a block; rows 0: there are no more. */
typedef struct block_head {
    sur_idx rows, all, cols, scalar; /* all: of the table */
    sur_idx test;                    /* 1: of the test rows */
} block_head;

typedef struct order {
    sur_table *table, *test;
    const sur_format *format;
    sur_source *source;
    const sur_request *request;
    sur_pipe *pipe;
} order;

static sur_status give_block(void *payload, sur_table *table, sur_idx count,
                             sur_error *err)
{
    const order *o = payload;
    const block_head head = {count, table->rows, table->matrix_cols,
                             (sur_idx)table->scalar, table == o->test};
    const sur_idx bytes = count * head.cols * (sur_idx)sur_scalar_size(table->scalar);
    if (sur_pipe_put(o->pipe, &head, sizeof head) &&
        sur_pipe_put(o->pipe, sur_table_cells(table), bytes))
        return SUR_OK;
    return sur_fail(err, SUR_EIO, "nobody listens");
}

static bool read_and_say(void *payload, sur_pipe *pipe)
{
    order *o = payload;
    const sur_outlet outlet = {give_block, o};
    const block_head none = {0};
    sur_error why = {SUR_OK, ""};
    o->pipe = pipe;
    o->table->outlet = o->test->outlet = &outlet;
    o->source->raw_ended = true; /* the parent sums the file */
    sur_guard_limit(o->source);
    why.status = o->format->read(o->table, o->test, o->source, o->request, &why);
    return sur_pipe_put(pipe, &none, sizeof none) &&
           sur_pipe_put(pipe, &why, sizeof why) &&
           (why.status != SUR_OK ||
            (sur_pipe_put_table(pipe, o->table) && sur_pipe_put_table(pipe, o->test)));
}

/* ---- the parent ---- */

static sur_status take_block(sur_table *table, const block_head *head, sur_pipe *pipe,
                             bool *whole, sur_error *err)
{
    sur_status status = SUR_OK;
    const bool first = table->rows == 0;
    *whole = head->rows > 0 && head->cols > 0 && head->scalar >= SUR_F64 &&
             head->scalar <= SUR_U8 && head->rows <= head->all - table->rows &&
             (first || (head->cols == table->matrix_cols &&
                        head->scalar == (sur_idx)table->scalar));
    if (!*whole) return SUR_OK;
    table->matrix_cols = head->cols;
    table->scalar = (sur_scalar)head->scalar;
    SUR_TRY(sur_table_reserve(table, head->all, err));
    const sur_idx row = head->cols * (sur_idx)sur_scalar_size(table->scalar);
    char *cells = sur_table_cells(table);
    *whole = sur_pipe_get(pipe, cells + table->rows * row, head->rows * row);
    table->rows += head->rows;
done:
    return status;
}

/* Reads what the child says; *whole is false if it does not finish. */
static sur_status listen(sur_pipe *pipe, sur_table *table, sur_table *test, bool *whole,
                         sur_error *err)
{
    block_head head = {0};
    sur_error why;
    sur_status status = SUR_OK;
    for (;;) {
        *whole = sur_pipe_get(pipe, &head, sizeof head);
        if (!*whole || head.rows == 0) break;
        SUR_TRY(take_block(head.test ? test : table, &head, pipe, whole, err));
        if (!*whole) return SUR_OK;
    }
    *whole = *whole && sur_pipe_get(pipe, &why, sizeof why);
    if (!*whole) return SUR_OK;
    why.message[sizeof why.message - 1] = '\0';
    if (why.status != SUR_OK) return sur_fail(err, why.status, "%s", why.message);
    SUR_TRY(sur_pipe_get_table(pipe, table, whole, err));
    if (*whole) SUR_TRY(sur_pipe_get_table(pipe, test, whole, err));
done:
    return status;
}

sur_status sur_guarded_read(sur_table *table, sur_table *test, const sur_format *format,
                            sur_source *source, const sur_request *request,
                            sur_error *err)
{
    order o = {table, test, format, source, request, NULL};
    sur_apart apart;
    bool whole = true;
    if (source->size < 0 || source->unpack || source->zstd ||
        source->in_tar) /* says why it cannot */
        return format->read(table, test, source, request, err);
    sur_status status = sur_apart_start(&apart, read_and_say, &o, err);
    if (status != SUR_OK) return status;
    status = sur_source_sum_aside(source, err);
    if (status == SUR_OK) status = listen(&apart.from, table, test, &whole, err);
    const int fate = sur_apart_end(&apart);
    if (status == SUR_OK && !whole)
        status = sur_fail(err, SUR_EPARSE, "%s: a damaged %s file (%s)", source->name,
                          format->name,
                          WIFSIGNALED(fate) && WTERMSIG(fate) == SIGXCPU
                              ? "reading it takes forever"
                              : "the library that reads it crashed");
    if (status == SUR_OK) status = sur_source_drain(source, err);
    return status;
}
