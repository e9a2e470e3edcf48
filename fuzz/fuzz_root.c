/* fuzz_root.c -- any bytes behind the magic words of a ROOT file; see read_bytes.h for
 * what must hold. */
#include "read_as.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_as(data, size, "root\0\0", 6);
    return 0;
}
