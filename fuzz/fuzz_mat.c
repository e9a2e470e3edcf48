/* fuzz_mat.c -- any bytes behind the magic words of a MATLAB file; see read_bytes.h for
 * what must hold. */
#include "read_as.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_as(data, size, "MATLAB 5.0 MAT-file", 19);
    return 0;
}
