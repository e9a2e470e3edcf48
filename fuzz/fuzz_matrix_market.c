/* fuzz_matrix_market.c -- any bytes behind the magic words of a Matrix Market file; see
 * read_bytes.h for what must hold. */
#include "read_as.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_as(data, size, "%%MatrixMarket", 14);
    return 0;
}
