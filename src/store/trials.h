/* trials.h -- what merging needs of the trials' file. */
#ifndef STORE_TRIALS_H
#define STORE_TRIALS_H

#include "store/sql.h"

/* Appends or replaces one trial within a transaction of the caller's. */
SUR_MUST_USE sur_status sur_trial_put(sur_store *store, const sur_stored_trial *trial,
                                      sur_error *err);

#endif
