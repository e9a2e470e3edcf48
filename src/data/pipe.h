/* pipe.h -- bytes and tables from one process to another. */
#ifndef DATA_PIPE_H
#define DATA_PIPE_H

#include "data/table.h"

#include <stdio.h>

/* Whether all bytes went, or came. */
bool sur_pipe_put(FILE *pipe, const void *bytes, sur_idx count);
bool sur_pipe_get(FILE *pipe, void *bytes, sur_idx count);

/* Bytes after their number; none and NULL are the same. What comes is a copy with a
 * zero byte after it, free(*bytes); *whole becomes false where the other side does not
 * finish. SUR_ENOMEM. */
bool sur_pipe_put_part(FILE *pipe, const void *bytes, sur_idx count);
SUR_MUST_USE sur_status sur_pipe_get_part(FILE *pipe, void *bytes, sur_idx *count,
                                          bool *whole, sur_error *err);

/* A table; of one whose rows were given away (table->given) all but its matrix, whose
 * rows *t has already. *whole becomes false where what comes does not hold together. */
bool sur_pipe_put_table(FILE *pipe, const sur_table *t);
SUR_MUST_USE sur_status sur_pipe_get_table(FILE *pipe, sur_table *t, bool *whole,
                                           sur_error *err);

#endif
