/* read.h -- the last step of reading, whichever way the numbers came. */
#ifndef DATA_READ_H
#define DATA_READ_H

#include "data/select.h"

/* Sets the checksum (of the files' sums and of how they were read) and the shape of
 * images that was asked for, and notes what is missing. SUR_EINVAL, SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_read_seal(sur_dataset *data, const sur_table *table,
                                      const sur_selection *selection, const char *sums,
                                      const sur_data_options *options, sur_note *note,
                                      sur_error *err);

#endif
