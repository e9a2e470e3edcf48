/* give.h -- the rows of a data set as one process gives them to another, block by
 * block: columns chosen, missing codes replaced, rows without a target left out. */
#ifndef DATA_GIVE_H
#define DATA_GIVE_H

#include "base/text.h"
#include "data/pipe.h"
#include "data/select.h"

/* Goes before each block. After the last one comes a head without rows. */
typedef struct sur_give_head {
    sur_idx rows, cols, scalar; /* rows -1: the file cannot be given by blocks */
    sur_idx weighted;           /* scanning: weights follow */
    sur_idx imputed, dropped;   /* missing cells; rows left out between these */
} sur_give_head;

/* What the giving process is asked for. */
typedef struct sur_give_order {
    const sur_data_options *options; /* borrowed */
    const int64_t *stamp;            /* [3] of the file; NULL: any */
    bool scanning; /* targets and weights, and at the end all that the rest of a data
                    * set is made of; else the features */
} sur_give_order;

/* What comes at the end of a scan. */
typedef struct sur_give_rest {
    sur_table table; /* without rows */
    sur_selection selection;
    sur_text sums;
    char *note; /* or NULL */
} sur_give_rest;

/* The work of the giving process: heads and blocks (x, or targets and weights), a last
 * head, its sur_error, and when scanning, the rest. */
bool sur_give_rows(void *order, sur_pipe *to);

/* Reads the rest. *whole becomes false where the other side does not finish. */
SUR_MUST_USE sur_status sur_give_take_rest(sur_give_rest *rest, sur_pipe *from,
                                           bool *whole, sur_error *err);
void sur_give_rest_free(sur_give_rest *rest);

#endif
