/* fuzz_packed.c -- any bytes behind the magic words of zstd data, a tar archive or LZF;
 * see read_bytes.h for what must hold. */
#include "data/lzf.h"
#include "read_as.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t plain[4096];
    if (size && data[0] & 1) sur_lzf_unpack(plain, sizeof plain, data + 1, size - 1);
    check_as(data, size, "\x28\xb5\x2f\xfd", size && data[0] & 2 ? 4 : 0);
    return 0;
}
