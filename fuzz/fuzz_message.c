/* fuzz_message.c -- any bits may arrive as a message of any compressor: refused in one
 * line with the receiver's memory as it was, or understood as finite numbers, the same
 * each time, which can be said again.
 *
 * Byte 0 chooses the compressor and its code, byte 1 the count, byte 2 options and how
 * many bits of the last byte are not part of the message. */
#include "read_bytes.h"

#include <surplus/compress.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 255 };

static void say_again(const sur_compressor *c, const double *x)
{
    static double sender[4 * MOST], receiver[2 * MOST], q[MOST], got[MOST];
    sur_message m;
    must(c->sender <= 4 * MOST && c->receiver <= 2 * MOST);
    memset(sender, 0, sizeof sender);
    memset(receiver, 0, sizeof receiver);
    must(sur_message_new(&m, 0, NULL) == SUR_OK);
    if (sur_compress(&m, q, c, sender, x, NULL) == SUR_OK) {
        sur_reader r = sur_reader_make(m.bytes, m.bits);
        must(m.bits <= sur_compressor_most_bits(c));
        must(sur_decompress(got, c, receiver, &r, NULL) == SUR_OK);
        must(sur_reader_end(&r, NULL) == SUR_OK);
        must(memcmp(q, got, (size_t)c->count * sizeof *q) == 0);
    }
    sur_message_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static double receiver[2 * MOST], before[2 * MOST], q[MOST], again[MOST];
    sur_compressor c;
    sur_error err = {.message = ""};
    sur_idx kinds = 0;
    if (size < 4) return 0;
    while (sur_compressor_list(kinds)) kinds++;
    const sur_compressor_options options = {.code = data[0] & 0x80 ? SUR_CODE_FIXED
                                                                   : SUR_CODE_RANGE,
                                            .bits = data[2] >> 3 & 0xf};
    if (sur_compressor_make(&c, sur_compressor_list((data[0] & 0x7f) % kinds), data[1],
                            &options, &err) != SUR_OK)
        return 0;
    for (int i = 0; i < 2 * MOST; i++) receiver[i] = before[i] = i % 3;
    const sur_idx bits = 8 * (sur_idx)(size - 3) - data[2] % 8;
    sur_reader r = sur_reader_make(data + 3, bits), r_again = r;
    const sur_status status = sur_decompress(q, &c, receiver, &r, &err);
    if (status != SUR_OK) {
        must(status == SUR_EPARSE && *err.message && !strchr(err.message, '\n'));
        must(memcmp(receiver, before, sizeof before) == 0);
        return 0;
    }
    must(r.at <= bits && !r.bad);
    must(sur_decompress(again, &c, before, &r_again, &err) == SUR_OK);
    must(memcmp(q, again, (size_t)c.count * sizeof *q) == 0 && r.at == r_again.at);
    must(memcmp(receiver, before, sizeof before) == 0);
    for (sur_idx i = 0; i < c.count; i++) must(isfinite(q[i]) != 0);
    say_again(&c, q);
    return 0;
}
