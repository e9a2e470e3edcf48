/* states.h -- symbols of fixed chances as bits, some at a time.
 *
 * Duda, "Asymmetric numeral systems", arXiv 1311.2540, 2013 (its range variant): a
 * state x in [L, 2L) takes in a symbol with the part first .. first + f - 1 of the
 * whole W by giving away as many of its lowest bits as bring it into [f L/W, 2 f L/W),
 * and then
 *
 *     x <- W floor(x / f) + first + x mod f,
 *
 * which undoes itself from the other end: the place x mod W tells the symbol, and as
 * many bits are taken back as bring x into [L, 2L). Symbols go in from the last to the
 * first and come out from the first to the last. Two or four states take turns,
 * so that a processor works on as many symbols at once.
 *
 * A state begins as L + 16 bits of something else that is to be sent, and its end is
 * told in 16 bits; so states cost next to nothing if there is something else. */
#ifndef COMPRESS_STATES_H
#define COMPRESS_STATES_H

#include <surplus/compress.h>

#include "compress/shape.h"

enum { SUR_STATES_MOST = 4, SUR_STATE_BITS = 16 };

/* Bytes below `end` that sur_states_put may write on. */
static inline sur_idx sur_states_room(sur_idx n) { return n * SUR_SHAPE_BITS / 8 + 16; }

/* Symbols kept [n] = 0 .. shape->last go in; state [count] (2 or 4): 16 bits each,
 * before and after. Bits are written downwards from `end`; how many they are. */
sur_idx sur_states_put(uint8_t *end, uint16_t *state, int count, const int32_t *kept,
                       sur_idx n, const sur_shape *shape);

/* And out again. Bits that the message does not have are zeros, and make r bad. */
void sur_states_get(int32_t *kept, uint16_t *state, int count, sur_idx n,
                    const sur_shape *shape, sur_reader *r);

#endif
