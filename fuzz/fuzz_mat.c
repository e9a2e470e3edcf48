/* fuzz_mat.c -- any bytes behind the magic words of a MATLAB file; see foreign.h and
 * read_bytes.h for what must hold. */
#include "foreign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const parts[] = {"X", NULL};
    check_foreign(data, size, "MATLAB 5.0 MAT-file", 19, &sur_format_mat, parts);
    return 0;
}
