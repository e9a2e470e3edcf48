/* schema.h -- what a store's tables are, and whether an open file has them. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/sql.h"

/* In the header of the file: "Surp" says that it is a store, the format which one. */
enum { SUR_STORE_ID = 0x53757270, SUR_STORE_FORMAT = 1 };

/* Makes the tables in an empty file, in one transaction. SUR_EWRITE, ... */
SUR_MUST_USE sur_status sur_schema_create(sur_store *store, sur_error *err);

/* Checks that the open file is a store of this format, whole and not visibly damaged.
 * *empty (nothing in it at all) is set instead for a new one. SUR_EPARSE, SUR_EIO,
 * SUR_EBUSY. */
SUR_MUST_USE sur_status sur_schema_check(sur_store *store, bool *empty, sur_error *err);

#endif
