/* fuzz_csv.c -- any bytes may be given as a table of text (or anything else that is
 * found by its content); see read_bytes.h for what must hold. */
#include "read_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_bytes(data, size);
    return 0;
}
