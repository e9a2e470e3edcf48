/* select.h -- which column of a file is the target, the weight, a feature. */
#ifndef DATA_SELECT_H
#define DATA_SELECT_H

#include "data/table.h"

/* Lines for the user about choices made on his behalf; text may be NULL. */
typedef struct sur_note {
    char *text;
    size_t size, used;
} sur_note;
void sur_note_add(sur_note *note, const char *fmt, ...) SUR_PRINTF(2, 3);

typedef struct sur_selection {
    bool *feature;          /* [cols] of the table */
    sur_idx features;       /* how many */
    sur_idx target, weight; /* -1: no weight */
} sur_selection;

/* Applies --target, --weight, --columns, --drop and what holds without them.
 * SUR_EINVAL: no such column (the nearest name is suggested), a name that several
 * columns have, nothing left to learn from. SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_selection_make(sur_selection *selection,
                                           const sur_table *table,
                                           const sur_data_options *options,
                                           sur_note *note, sur_error *err);
void sur_selection_free(sur_selection *selection);

#endif
