/* symbols.h -- whole numbers as bits, in the shortest of four ways (the one that learns
 * is tried where an estimate says it may be that). */
#ifndef COMPRESS_SYMBOLS_H
#define COMPRESS_SYMBOLS_H

#include <surplus/compress.h>

/* Signed numbers q have |q| < 2^(width-1), unsigned ones 0 <= q < 2^width. Without a
 * width (0) they have |q| < 2^30, and a message says how wide it is. */
typedef struct sur_alphabet {
    int width; /* 0 .. 31 */
    enum { SUR_SIGNED, SUR_UNSIGNED } sign;
} sur_alphabet;

/* Appends q [n], making room. SUR_ENOMEM: m is as before. */
SUR_MUST_USE sur_status sur_symbols_put(sur_message *m, const int32_t *q, sur_idx n,
                                        sur_alphabet a, sur_code code, sur_error *err);

/* The same back; anything that put would not write makes the reader bad. */
void sur_symbols_get(int32_t *q, sur_idx n, sur_alphabet a, sur_code code,
                     sur_reader *r);

/* put writes no more bits than this. */
sur_idx sur_symbols_most(sur_idx n, sur_alphabet a, sur_code code);

#endif
