/* coder.h -- arithmetic coding to single bits.
 *
 * Witten, Neal, Cleary, "Arithmetic coding for data compression", CACM 1987: an
 * interval [low, high] of 32-bit numbers shrinks to the part of each symbol and is
 * doubled, with one bit written (or owed), whenever it fits a half. A stream of symbols
 * has exactly (doublings + 2) bits and can be followed by anything. */
#ifndef COMPRESS_CODER_H
#define COMPRESS_CODER_H

#include <surplus/compress.h>

/* Symbols have parts of SUR_CODER_WHOLE; no part is empty. */
#define SUR_CODER_WHOLE 65536U

/* The chance that a decision is 1, from how often it was. */
typedef struct sur_chance {
    uint16_t one;  /* of SUR_CODER_WHOLE */
    uint16_t seen; /* 0: no decision so far, and the chance is a half */
} sur_chance;

typedef struct sur_encoder {
    sur_message *m; /* with room: 17 bits for each symbol, and 2 */
    uint32_t low, high;
    sur_idx owed;
} sur_encoder;

typedef struct sur_decoder {
    sur_reader *r;
    uint32_t low, high, value;
    sur_idx doublings, next;
} sur_decoder;

/* encode the symbol whose part is first .. last-1; what it adds to the message. */
sur_encoder sur_encoder_make(sur_message *m);
void sur_encoder_part(sur_encoder *e, uint32_t first, uint32_t last);
void sur_encoder_bit(sur_encoder *e, sur_chance *chance, unsigned bit);
void sur_encoder_plain(sur_encoder *e, uint32_t value, int width); /* equal chances */
void sur_encoder_end(sur_encoder *e);

/* A place in the whole, to be looked up; then the part that was found there. */
sur_decoder sur_decoder_make(sur_reader *r);
uint32_t sur_decoder_place(const sur_decoder *d);
void sur_decoder_part(sur_decoder *d, uint32_t first, uint32_t last);
unsigned sur_decoder_bit(sur_decoder *d, sur_chance *chance);
uint32_t sur_decoder_plain(sur_decoder *d, int width);
void sur_decoder_end(sur_decoder *d); /* sets bad if the message was too short */

#endif
