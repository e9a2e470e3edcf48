/* plan.h -- groups of a plan: which trials run together, in which order, at what cost.
 */
#ifndef STUDY_PLAN_H
#define STUDY_PLAN_H

#include "study/internal.h"

/* Keeps the trials of the shard of run->shard ("i/n"); counts the others as skipped. */
sur_status sur_groups_shard(sur_study *study, const sur_run_options *run,
                            const sur_watch *watch, sur_error *err);

/* Groups the trials that the store does not hold, the longest group first. */
sur_status sur_groups_make(sur_study *study, const sur_watch *watch, sur_error *err);

/* Halves groups until there are enough for that many workers, where it saves time. */
sur_status sur_groups_split(sur_study *study, sur_idx workers, sur_error *err);

#endif
