/* open.h -- a store that is bytes in memory; for tests and fuzzing. */
#ifndef STORE_OPEN_H
#define STORE_OPEN_H

#include <surplus/store.h>

/* As sur_store_open for reading, of a file with these bytes (copied). */
SUR_MUST_USE sur_status sur_store_open_bytes(sur_store **out, const void *bytes,
                                             size_t size, sur_error *err);

#endif
