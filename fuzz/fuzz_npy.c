/* fuzz_npy.c -- any bytes may follow the magic words of NPY and of zip archives; see
 * read_bytes.h for what must hold. */
#include "read_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[1 << 16];
    if (size < 4 || size > sizeof bytes) return 0;
    memcpy(bytes, data, size);
    memcpy(bytes, data[0] & 1 ? "\x93NUM" : "PK\3\4", 4);
    check_bytes(bytes, size);
    return 0;
}
