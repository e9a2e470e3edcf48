/* table.h -- one file as a table of numbers, whatever its format. */
#ifndef PRIVACY_TABLE_H
#define PRIVACY_TABLE_H

#include "data/table.h"

/* *table is empty on failure; free it with sur_table_free. SUR_EIO, SUR_EPARSE,
 * SUR_ENOMEM. */
SUR_MUST_USE sur_status privacy_table_read(sur_table *table, char checksum[65],
                                           const char *path, sur_error *err);

#endif
