/* batch.h -- outcomes on their way into the store: many trials, one transaction. */
#ifndef STUDY_BATCH_H
#define STUDY_BATCH_H

#include "study/frame.h"
#include <surplus/store.h>

typedef struct sur_batch {
    sur_stored_trial *trial; /* [count]; strings and measurements are owned */
    void **owned;            /* [room][SUR_BATCH_OWNED] blocks behind each trial */
    sur_idx count, room;
    double oldest; /* when the first of them came, of sur_clock */
    size_t bytes;
} sur_batch;

/* Where the trials of a study come from. All borrowed. */
typedef struct sur_origin {
    const char *experiment, *code, *host;
    int64_t revision;
} sur_origin;

/* Adds an outcome as a worker sent it, behind the slot number. *bad is set, and nothing
 * added, when the payload does not make sense. keys become the batch's (a malloc'd
 * array of malloc'd texts; may be NULL), also on failure. */
sur_status sur_batch_add(sur_batch *batch, const sur_origin *origin, const char *spec,
                         sur_taker *payload, char **keys, sur_idx key_count, bool *bad,
                         sur_error *err);

/* Adds a trial that failed without an outcome. */
sur_status sur_batch_fail(sur_batch *batch, const sur_origin *origin, const char *spec,
                          sur_status outcome, const char *message, double started,
                          sur_error *err);

/* Appends all to the store in one transaction; the batch is empty afterwards, even on
 * failure. */
sur_status sur_batch_flush(sur_batch *batch, sur_store *store, sur_error *err);

void sur_batch_free(sur_batch *batch);
void sur_keys_free(char **keys, sur_idx count);

#endif
