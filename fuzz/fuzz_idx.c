/* fuzz_idx.c -- any bytes behind the magic words of an IDX file; see read_bytes.h for
 * what must hold. */
#include "read_as.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_as(data, size, "\0\0", 2);
    return 0;
}
