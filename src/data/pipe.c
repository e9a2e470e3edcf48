/* pipe.c -- tables from one process to another, each part after its size. Whether the
 * parts fit together is checked, since a process that went wrong may say anything. */
#include "data/pipe.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/block.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 1 << 16 }; /* bytes that go by the shelf */

bool sur_pipe_put(sur_pipe *pipe, const void *bytes, sur_idx count)
{
    if (pipe->shelf && count >= MANY) return sur_shelf_put(pipe, bytes, count);
    return count == 0 || fwrite(bytes, 1, (size_t)count, pipe->file) == (size_t)count;
}

/* A signal may interrupt the wait for the child. */
bool sur_pipe_get(sur_pipe *pipe, void *bytes, sur_idx count)
{
    char *to = bytes;
    if (pipe->shelf && count >= MANY) return sur_shelf_get(pipe, to, count);
    while (count > 0) {
        errno = 0;
        const size_t n = fread(to, 1, (size_t)count, pipe->file);
        to += n, count -= (sur_idx)n;
        if (count == 0) break;
        if (!ferror(pipe->file) || errno != EINTR) return false;
        clearerr(pipe->file);
    }
    return true;
}

/* Bytes after their number; none and NULL are the same. */
bool sur_pipe_put_part(sur_pipe *pipe, const void *bytes, sur_idx count)
{
    if (!bytes) count = 0;
    return sur_pipe_put(pipe, &count, sizeof count) && sur_pipe_put(pipe, bytes, count);
}

/* *bytes becomes a copy, with a zero byte after it; NULL of no bytes. */
sur_status sur_pipe_get_part(sur_pipe *pipe, void *bytes, sur_idx *count, bool *whole,
                             sur_error *err)
{
    void *copy = NULL;
    sur_status status = SUR_OK;
    *count = 0;
    *whole = *whole && sur_pipe_get(pipe, count, sizeof *count) && *count >= 0;
    if (*whole && *count > 0) {
        status = sur_alloc(&copy, *count + 1, 1, err);
        *whole = status == SUR_OK && sur_pipe_get(pipe, copy, *count);
    }
    memcpy(bytes, &copy, sizeof copy);
    return status;
}

/* ---- tables ---- */

static bool put_words(sur_pipe *pipe, const sur_words *w)
{
    const sur_idx size = w ? (sur_idx)sizeof *w : 0;
    if (!sur_pipe_put_part(pipe, w, size)) return false;
    return !w ||
           (sur_pipe_put_part(pipe, w->text, w->text_count) &&
            sur_pipe_put_part(pipe, w->start, w->count * (sur_idx)sizeof *w->start) &&
            sur_pipe_put_part(pipe, w->order, w->count * (sur_idx)sizeof *w->order));
}

bool sur_pipe_put_table(sur_pipe *pipe, const sur_table *t)
{
    const sur_idx size = (sur_idx)sur_scalar_size(t->scalar);
    if (!sur_pipe_put_part(pipe, t, sizeof *t) ||
        !sur_pipe_put_part(
            pipe, t->block,
            t->block && !t->given ? SUR_HEAD + t->rows * t->matrix_cols * size : 0))
        return false;
    for (sur_idx j = 0; j < t->cols; j++) {
        const sur_column *c = &t->column[j];
        if (!sur_pipe_put_part(pipe, c->name, c->name ? (sur_idx)strlen(c->name) : 0) ||
            !sur_pipe_put_part(pipe, c->values, t->rows * (sur_idx)sizeof(double)) ||
            !put_words(pipe, c->words))
            return false;
    }
    return true;
}

/* A part that is a struct has its size, or there is none. */
static sur_status get_words(sur_pipe *pipe, sur_words **words, bool *whole,
                            sur_error *err)
{
    sur_idx count;
    sur_status status;
    SUR_TRY(sur_pipe_get_part(pipe, words, &count, whole, err));
    *whole = *whole && (count == 0 || count == (sur_idx)sizeof **words);
    if (!*whole || !*words) {
        free(*words);
        *words = NULL;
        goto done;
    }
    sur_words *w = *words;
    w->text = NULL, w->start = w->order = NULL;
    SUR_TRY(sur_pipe_get_part(pipe, &w->text, &count, whole, err));
    *whole = *whole && count == w->text_count;
    w->text_capacity = w->text_count;
    const sur_idx size = (sur_idx)sizeof *w->start;
    SUR_TRY(sur_pipe_get_part(pipe, &w->start, &count, whole, err));
    *whole = *whole && count / size == w->count;
    SUR_TRY(sur_pipe_get_part(pipe, &w->order, &count, whole, err));
    *whole = *whole && count / size == w->count;
    w->capacity = w->count;
done:
    return status;
}

static sur_status get_column(sur_pipe *pipe, sur_column *c, sur_idx rows, bool *whole,
                             sur_error *err)
{
    sur_idx count;
    sur_status status;
    SUR_TRY(sur_pipe_get_part(pipe, &c->name, &count, whole, err));
    SUR_TRY(sur_pipe_get_part(pipe, &c->values, &count, whole, err));
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
        if (c->words && ((t->rows > 0 && !c->values) || !words_fit(t, c))) return false;
    }
    return true;
}

sur_status sur_pipe_get_table(sur_pipe *pipe, sur_table *t, bool *whole, sur_error *err)
{
    sur_table *sent = NULL;
    sur_idx count;
    sur_status status;
    SUR_TRY(sur_pipe_get_part(pipe, &sent, &count, whole, err));
    *whole = *whole && count == (sur_idx)sizeof *sent;
    if (!*whole) goto done;
    const sur_idx cols = sent->cols, given = sent->given;
    sur_table had = *t;
    sent->file = t->file, sent->path = t->path;
    sent->block = NULL, sent->column = NULL, sent->outlet = NULL;
    sent->cols = sent->column_capacity = sent->given = 0;
    *t = *sent;
    if (given > 0) { /* its rows are here already */
        t->block = had.block, t->capacity = had.capacity;
        *whole = *whole && t->rows == had.rows && t->matrix_cols == had.matrix_cols &&
                 t->scalar == had.scalar;
    }
    void *block = NULL;
    sur_idx size;
    SUR_TRY(sur_pipe_get_part(pipe, &block, &size, whole, err));
    if (given == 0) t->block = block, t->capacity = size, block = NULL;
    free(block);
    const double cells = (double)t->rows * (double)t->matrix_cols;
    *whole = *whole && (unsigned)t->scalar <= SUR_U8 &&
             (given > 0     ? true
              : t->capacity ? (double)(t->capacity - SUR_HEAD) ==
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
