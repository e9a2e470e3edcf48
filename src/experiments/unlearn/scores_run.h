/* scores_run.h -- predictions that were made elsewhere, measured as if made here. */
#ifndef UNLEARN_SCORES_RUN_H
#define UNLEARN_SCORES_RUN_H

#include "experiments/unlearn/unlearn.h"

/* block: of unlearn_scores_read. All measurements that need answers only; a sentence
 * for each thing that the file lacks goes to note. SUR_EPARSE, SUR_ENOMEM. */
SUR_MUST_USE sur_status unlearn_scores_run(unlearn_list *list,
                                           const sur_unlearn_options *o,
                                           const void *block, size_t size, char *note,
                                           size_t note_size, sur_error *err);

#endif
