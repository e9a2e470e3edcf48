/* surplus/compress.h -- vectors as messages of few bits, counted exactly.
 *
 * Letters: x in R^n what a node wants to say, Q(x) what the others understand, b bits
 * per number, h a tracker: what both ends of a link already believe of x.
 *
 *     adaptive   Q(x) = h + R/K clip(round((x-h) K/R)),  K = 2^(b-1) - 1,
 *                R = 2^ceil(log2 |x-h|_inf); h <- Q(x); error <= R/(2K)
 *     stepped    the same with a step of its own choice, no R and no clipping:
 *                Q(x) = h + D round((x-h)/D),  D = 2^(step/4);  error <= D/2
 *     rows       the first grid for each row of a matrix, R of 16 bits, no tracker
 *     qsgd       Q(x)_i = |x|_2 sign(x_i) xi_i / s,  xi_i one of the two whole numbers
 *                around s |x_i| / |x|_2, unbiased; E |Q(x)-x|^2 <= min(n/s^2, sqrt n/s)
 *                |x|^2. Alistarh, Grubic, Li, Tomioka, Vojnovic, NeurIPS 2017
 *     topk       the k largest |x_i|; |Q(x)-x|^2 <= (1 - k/n) |x|^2
 *     ef21       h <- h + topk(x - h). Richtarik, Sokolov, Fatkhullin, NeurIPS 2021
 *     sign       |x|_1 / n sign(x_i); |Q(x)-x|^2 = (1 - |x|_1^2 / (n |x|_2^2)) |x|^2.
 *                Karimireddy, Rebjock, Stich, Jaggi, ICML 2019
 *     powersgd   x as a matrix, P Q' of rank r by one power iteration from the last Q.
 *                Vogels, Karimireddy, Jaggi, NeurIPS 2019
 *     float      32-bit floats
 *
 * topk, sign and powersgd keep what was not said and add it to what is said next (error
 * feedback). Whole numbers go through an entropy coder whose model is fitted to each
 * message, or as they are where that is shorter. adaptive is a reconstruction from the
 * idea of Song, Tsaknakis, Yau, Wai, Hong, NeurIPS 2022 ("linear compression followed
 * by adaptive quantization"), not the paper's text; the entropy coding is ours. */
#ifndef SUR_COMPRESS_H
#define SUR_COMPRESS_H

#include <surplus/dense.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- messages of bits ---- */

/* Bit k is bit k % 8 of byte k / 8; what is left of the last byte is zero. */
typedef struct sur_message {
    uint8_t *bytes;
    sur_idx bits; /* written so far */
    sur_idx most; /* there is room for */
} sur_message;

/* An empty message with room for so many bits; the caller frees it. SUR_ENOMEM: *m is
 * empty then. */
SUR_CHECKED sur_status sur_message_new(sur_message *m, sur_idx most, sur_error *err);
SUR_API void sur_message_free(sur_message *m);
SUR_API void sur_message_clear(sur_message *m);

/* Makes room for so many bits more; what is written stays. SUR_ENOMEM. */
SUR_CHECKED sur_status sur_message_reserve(sur_message *m, sur_idx more,
                                           sur_error *err);

/* Appends the lowest `width` (0 .. 64) bits of value, lowest first. Running out of room
 * is a programming error. */
SUR_API void sur_message_put(sur_message *m, uint64_t value, int width);

/* A place in a message that came from elsewhere. Reading past the end gives zeros and
 * sets bad, so that one look at the end is enough. */
typedef struct sur_reader {
    const uint8_t *bytes; /* borrowed */
    sur_idx bits, at;
    bool bad;
} sur_reader;

SUR_API sur_reader sur_reader_make(const uint8_t *bytes, sur_idx bits);
SUR_API uint64_t sur_reader_take(sur_reader *reader, int width);

/* SUR_EPARSE unless every bit was read, none was missing, and the last byte is filled
 * up with zeros. */
SUR_CHECKED sur_status sur_reader_end(const sur_reader *reader, sur_error *err);

/* ---- compressors ---- */

typedef enum sur_code {
    SUR_CODE_RANGE, /* the shortest of: a Gaussian or Laplace model with a fitted scale,
                     * a model that learns as it goes, and FIXED; 2 bits tell which */
    SUR_CODE_FIXED  /* each whole number in the same number of bits */
} sur_code;

/* 0 is "choose". */
typedef struct sur_compressor_options {
    int bits;       /* adaptive, rows: b, 2 .. 16; 0: 5 and 8 */
    int step;       /* stepped: -500 .. 500, in quarters of octaves; sent along */
    sur_code code;  /* does not change Q(x), only the number of bits; stepped has no
                     * FIXED */
    sur_idx levels; /* qsgd: s; 0: sqrt n */
    sur_idx keep;   /* topk, ef21: k; 0: n / 100, at least 1 */
    sur_idx rows;   /* rows, powersgd: of x as a row-major matrix; 0: 1 for rows, as
                     * near to square as can be for powersgd, filled up with zeros */
    sur_idx columns_kept; /* powersgd: r; 0: 2 */
    uint64_t seed;        /* qsgd, powersgd: of this sender */
} sur_compressor_options;

/* What both ends of a link agree on. A plain value without memory; each end keeps its
 * memory in a block of doubles, all zero at first, which is all that a checkpoint has
 * to hold. options.bits (at both ends alike) and options.step (at the sender) may be
 * changed between messages. */
typedef struct sur_compressor {
    const struct sur_compressor_kind *kind;
    sur_idx count; /* n */
    sur_compressor_options options;
    sur_idx sender, receiver; /* doubles of memory at each end */
} sur_compressor;

/* name is one of the above. SUR_EINVAL: no such name (the message lists them), n < 0
 * or above INT32_MAX, or an option out of its range. */
SUR_CHECKED sur_status sur_compressor_make(sur_compressor *c, const char *name,
                                           sur_idx count,
                                           const sur_compressor_options *options,
                                           sur_error *err);
SUR_API const char *sur_compressor_name(const sur_compressor *c);

/* The names, in order; NULL from index on: no more. */
SUR_API const char *sur_compressor_list(sur_idx index);

/* No message of c has more bits. With SUR_CODE_FIXED every message has this many
 * exactly. */
SUR_API sur_idx sur_compressor_most_bits(const sur_compressor *c);

/* Appends x [n] to m and updates memory [sender]; q [n] (may be NULL, may be x) is
 * Q(x), what the receiver will have. The same c, memory and x give the same bits. Fails
 * with SUR_ENUMERIC (x is not finite, or too large for the format) or SUR_ENOMEM; m and
 * memory are then as before. Makes the room it needs. */
SUR_CHECKED sur_status sur_compress(sur_message *m, double *q, const sur_compressor *c,
                                    double *memory, const double *x, sur_error *err);

/* Reads Q(x) into q [n] and updates memory [receiver]. SUR_EPARSE: the bits are not a
 * message of c; memory is then as before, q unspecified. SUR_ENOMEM likewise. */
SUR_CHECKED sur_status sur_decompress(double *q, const sur_compressor *c,
                                      double *memory, sur_reader *reader,
                                      sur_error *err);

/* ---- sketches: S (D x d), known to everyone who knows the seed, never sent ---- */

typedef enum sur_sketch_kind {
    SUR_SKETCH_SPARSE,  /* each row: one +-1/sqrt(s) in each of s equal shares of the
                         * columns (OSNAP: Nelson & Nguyen, FOCS 2013) */
    SUR_SKETCH_GAUSSIAN /* independent N(0, 1/d) */
} sur_sketch_kind;

/* E S S' = I. A plain value; without `places` S is made again, row by row, whenever it
 * is used. Any number of threads may use one sketch. */
typedef struct sur_sketch {
    sur_sketch_kind kind;
    sur_idx rows, cols; /* D, d */
    int nonzeros;       /* s of a sparse row, 1 .. 16; 0: 4, at most d */
    uint64_t seed;
    const uint32_t
        *places; /* of all its entries, borrowed; NULL: they are made again */
} sur_sketch;

/* The places of a sparse sketch that is used often: columns of row 0, of row 1, ..; the
 * caller frees *out. SUR_ENOMEM. */
SUR_CHECKED sur_status sur_sketch_places(uint32_t **out, const sur_sketch *s,
                                         sur_error *err);

/* out (n x d) += x S[first .. first + x->cols - 1, :]; x is n x that many columns. The
 * bits of a sparse sketch do not depend on how columns and rows are cut into calls.
 * SUR_ENOMEM (Gaussian only). */
SUR_CHECKED sur_status sur_sketch_columns(sur_mat *out, const sur_sketch *s,
                                          const sur_mat *x, sur_idx first,
                                          sur_error *err);

/* w[i] += a (S v)_(first + i), i = 0 .. count - 1; v is [d]. SUR_ENOMEM likewise. */
SUR_CHECKED sur_status sur_sketch_expand(double *w, const sur_sketch *s, double a,
                                         const double *v, sur_idx first, sur_idx count,
                                         sur_error *err);

#ifdef __cplusplus
}
#endif
#endif
