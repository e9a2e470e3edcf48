/* legend.h -- what merging needs of the legend's file. */
#ifndef STORE_LEGEND_H
#define STORE_LEGEND_H

#include "store/sql.h"

/* Each within a transaction of the caller's; which is SUR_Q_LEGEND_PUT or _ADD (which
 * leaves a row that is there alone). */
SUR_MUST_USE sur_status sur_legend_put(sur_store *store, sur_query which,
                                       const sur_legend *row, sur_error *err);
SUR_MUST_USE sur_status sur_run_add(sur_store *store, const sur_stored_run *run,
                                    sur_error *err);

#endif
