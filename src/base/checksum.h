/* checksum.h -- SHA-256, for the identity of data and artifacts. */
#ifndef BASE_CHECKSUM_H
#define BASE_CHECKSUM_H

#include <surplus/base.h>

typedef struct sur_sha256 {
    void *state;
} sur_sha256;

/* begin, add as often as needed, end: text receives 64 hex digits and a zero, and what
 * begin acquired is released. sur_sha256_drop releases it early (accepts an ended or
 * empty one). SUR_EBACKEND, SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_sha256_begin(sur_sha256 *sum, sur_error *err);
SUR_MUST_USE sur_status sur_sha256_add(sur_sha256 *sum, const void *bytes, size_t count,
                                       sur_error *err);
SUR_MUST_USE sur_status sur_sha256_end(sur_sha256 *sum, char text[65], sur_error *err);
void sur_sha256_drop(sur_sha256 *sum);

/* The three in one. */
SUR_MUST_USE sur_status sur_sha256_of(char text[65], const void *bytes, size_t count,
                                      sur_error *err);

#endif
