/* frame.h -- what the study and its workers say to each other, as runs of bytes.
 *
 * A frame is {mark and type, length} (two 32-bit words) and a payload. Both ends are
 * the same program, so numbers travel as they lie in memory; yet the study believes
 * nothing: every length and index is checked, because a worker may have overwritten its
 * own memory. */
#ifndef STUDY_FRAME_H
#define STUDY_FRAME_H

#include <surplus/experiment.h>

enum sur_frame_type {
    SUR_FRAME_HELLO = 1, /* worker: revision, size of the options struct */
    SUR_FRAME_GROUP,     /* study: id, count, packed options of each trial */
    SUR_FRAME_OUTCOME,   /* worker: slot in the group, what emit was given */
    SUR_FRAME_DONE,      /* worker: id, status, message, seconds the group took */
    SUR_FRAME_FIND,      /* worker: key */
    SUR_FRAME_FOUND,     /* study: 1 and the bytes, or 0 */
    SUR_FRAME_KEEP       /* worker: slot, key, name, kind, shape, bytes */
};

#define SUR_FRAME_HEAD 8
#define SUR_FRAME_MOST \
    1000000000u /* bytes of a payload; what SQLite takes as one value */

/* A growing run of bytes, taken from the front. A failed allocation is remembered and
 * reported by sur_bytes_check, so that a frame is written without asking at each
 * number. */
typedef struct sur_bytes {
    char *at;
    size_t start, size, room; /* at[start .. size-1] is what is there */
    bool failed;
} sur_bytes;

void sur_bytes_free(sur_bytes *bytes);
void sur_bytes_clear(sur_bytes *bytes); /* keeps the memory */
sur_status sur_bytes_check(const sur_bytes *bytes, sur_error *err);
/* Room for `size` more bytes behind the end; NULL when there is no memory. */
char *sur_bytes_reserve(sur_bytes *bytes, size_t size);
void sur_bytes_drop(sur_bytes *bytes, size_t size);
void sur_put(sur_bytes *bytes, const void *data, size_t size);
void sur_put_u32(sur_bytes *bytes, uint32_t value);
void sur_put_i64(sur_bytes *bytes, int64_t value);
void sur_put_f64(sur_bytes *bytes, double value);
void sur_put_text(sur_bytes *bytes, const char *text); /* may be NULL */

/* A frame's place in `bytes`, to be closed by sur_frame_end when its payload is in. */
size_t sur_frame_begin(sur_bytes *bytes, enum sur_frame_type type);
void sur_frame_end(sur_bytes *bytes, size_t place);

/* Reads a payload; after the first thing that does not fit, `bad` stays set and every
 * further value is zero. Texts and runs point into the payload. */
typedef struct sur_taker {
    const char *at;
    size_t left;
    bool bad;
} sur_taker;

const void *sur_take(sur_taker *taker, size_t size);
uint32_t sur_take_u32(sur_taker *taker);
int64_t sur_take_i64(sur_taker *taker);
double sur_take_f64(sur_taker *taker);
const char *sur_take_text(sur_taker *taker); /* NULL as it was put */

/* The first whole frame of `bytes`: 1 there is one, 0 not yet, -1 this is no frame.
 * Drop SUR_FRAME_HEAD + payload->left bytes, as they are before reading, when done with
 * it. */
int sur_frame_peek(const sur_bytes *bytes, uint32_t *type, sur_taker *payload);

/* An options struct between two processes of one program: its bytes, then its strings.
 */
void sur_pack_options(sur_bytes *bytes, const sur_fields *fields, const void *options);
sur_status sur_unpack_options(void **options, const sur_fields *fields,
                              sur_taker *taker, sur_error *err);

#endif
