/* slurp.h -- a whole file in memory, for formats that are not read as a stream. */
#ifndef DATA_SLURP_H
#define DATA_SLURP_H

#include "data/source.h"

/* *bytes becomes all plain bytes of the source, *count of them, and a zero byte:
 * free(). Memory grows with what is there, not with what is claimed. SUR_EIO,
 * SUR_EPARSE, SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_source_slurp(sur_source *source, char **bytes,
                                         sur_idx *count, sur_error *err);

/* Whether so many numbers may come from a file of that many bytes (see
 * SUR_EXPANSION_LIMIT). SUR_EPARSE, naming the file, if not. */
SUR_MUST_USE sur_status sur_source_believe(const sur_source *source, double bytes,
                                           sur_error *err);

#endif
