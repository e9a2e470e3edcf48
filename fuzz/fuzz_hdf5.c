/* fuzz_hdf5.c -- any bytes behind the magic words of an HDF5 file; see read_bytes.h for
 * what must hold. */
#include "read_as.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_as(data, size, "\x89HDF\r\n\x1a\n", 8);
    return 0;
}
