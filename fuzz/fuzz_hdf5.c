/* fuzz_hdf5.c -- any bytes behind the magic words of an HDF5 file; see foreign.h and
 * read_bytes.h for what must hold. */
#include "foreign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const parts[] = {"/a", "/df", "/f,/i,/u,/big", "/pieces[1:]",
                                        NULL};
    check_foreign(data, size, "\x89HDF\r\n\x1a\n", 8, &sur_format_hdf5, parts);
    return 0;
}
