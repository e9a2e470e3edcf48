/* fuzz_saved.c -- any bytes may stand where a node's checkpoint is looked for: refused
 * in one line, or a round that is not negative, the same each time. The bytes are tried
 * as they are, and with the checksum that belongs to them, which no mutation finds. */
#include "read_bytes.h"

#include <surplus/comm.h>

#include "base/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NODE = 1, NODES = 3, SUM = 64 };

static void check(const uint8_t *bytes, size_t size)
{
    sur_error err = {.message = ""};
    int64_t round, again;
    const sur_status status =
        sur_saved_check(bytes, size, "fuzz", NODE, NODES, &round, &err);
    if (status != SUR_OK) {
        must(status == SUR_EPARSE && round == -1);
        must(*err.message && !strchr(err.message, '\n'));
        return;
    }
    must(round >= 0);
    must(sur_saved_check(bytes, size, "fuzz", NODE, NODES, &again, NULL) == SUR_OK);
    must(again == round);
    must(sur_saved_check(bytes, size, "fuzz", NODE - 1, NODES, &again, NULL) ==
         SUR_EPARSE);
    must(sur_saved_check(bytes, size, "other", NODE, NODES, &again, NULL) ==
         SUR_EPARSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char sum[SUM + 1];
    uint8_t *whole = malloc(size + SUM);
    must(whole != NULL);
    check(data, size);
    must(sur_sha256_of(sum, data, size, NULL) == SUR_OK);
    if (size) memcpy(whole, data, size);
    memcpy(whole + size, sum, SUM);
    check(whole, size + SUM);
    free(whole);
    return 0;
}
