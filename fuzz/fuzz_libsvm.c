/* fuzz_libsvm.c -- any bytes behind the magic words of a first line of libsvm; see
 * read_bytes.h for what must hold. */
#include "read_as.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_as(data, size, "1 1:1\n", 6);
    return 0;
}
