/* table.c -- opens, finds the format, reads. */
#include "experiments/privacy/table.h"

#include "base/checksum.h"
#include "base/try.h"
#include "data/files.h"

sur_status privacy_table_read(sur_table *table, char checksum[65], const char *path,
                              sur_error *err)
{
    const sur_data_options options = {0};
    const sur_codes codes = {0};
    const sur_request request = {.options = &options, .codes = &codes};
    sur_table test = sur_table_empty(path);
    sur_text sums = {0};
    sur_status status;

    *table = sur_table_empty(path);
    SUR_TRY(sur_files_read(table, &test, &sums, path, &request, err));
    SUR_TRY(sur_sha256_of(checksum, sums.at, (size_t)sums.length, err));
    SUR_FAIL_IF(table->rows == 0, SUR_EPARSE, "%s: no rows", path);

done:
    sur_text_free(&sums);
    sur_table_free(&test);
    if (status != SUR_OK) sur_table_free(table);
    return status;
}
