/* pipe.h -- bytes and tables from one process to another. */
#ifndef DATA_PIPE_H
#define DATA_PIPE_H

#include "data/table.h"

#include <stdio.h>

/* One end of a way between two processes. */
typedef struct sur_pipe {
    FILE *file;              /* what is said, in its order */
    struct sur_shelf *shelf; /* where many bytes at once go instead; NULL: nowhere */
    int back;                /* the word that a board of the shelf is empty again */
    int next, full; /* the board that comes next; the giver: boards not yet emptied */
} sur_pipe;

/* Whether all bytes went, or came. */
bool sur_pipe_put(sur_pipe *pipe, const void *bytes, sur_idx count);
bool sur_pipe_get(sur_pipe *pipe, void *bytes, sur_idx count);

/* Bytes after their number; none and NULL are the same. What comes is a copy with a
 * zero byte after it, free(*bytes); *whole becomes false where the other side does not
 * finish. SUR_ENOMEM. */
bool sur_pipe_put_part(sur_pipe *pipe, const void *bytes, sur_idx count);
SUR_MUST_USE sur_status sur_pipe_get_part(sur_pipe *pipe, void *bytes, sur_idx *count,
                                          bool *whole, sur_error *err);

/* A table; of one whose rows were given away (table->given) all but its matrix, whose
 * rows *t has already. *whole becomes false where what comes does not hold together. */
bool sur_pipe_put_table(sur_pipe *pipe, const sur_table *t);
SUR_MUST_USE sur_status sur_pipe_get_table(sur_pipe *pipe, sur_table *t, bool *whole,
                                           sur_error *err);

/* ---- shelf.c ---- */

/* Before the fork: *pipe gets a shelf, back the ends of the way back; -1: none. The
 * taker keeps both ends open, so that saying a word never kills it. */
void sur_shelf_make(sur_pipe *pipe, int back[2]);
void sur_shelf_drop(sur_pipe *pipe);
bool sur_shelf_put(sur_pipe *pipe, const char *bytes, sur_idx count);
bool sur_shelf_get(sur_pipe *pipe, char *bytes, sur_idx count);

#endif
