/* artifacts.h -- what merging needs of the artifacts' file. */
#ifndef STORE_ARTIFACTS_H
#define STORE_ARTIFACTS_H

#include "store/sql.h"

/* The bytes of column data_at, borrowed until the next step, checked against the
 * checksum in column sum_at. SUR_EPARSE. */
SUR_MUST_USE sur_status sur_artifact_bytes(sur_store *store, sqlite3_stmt *query,
                                           int sum_at, int data_at, const void **bytes,
                                           size_t *size, sur_error *err);

#endif
