/* unpack.h -- zstd and LZ4, each in one file that may be left out of the build. */
#ifndef DATA_UNPACK_H
#define DATA_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

extern const bool sur_has_zstd, sur_has_lz4;

/* Unpacks one block that holds exactly `room` bytes; false if it does not. */
bool sur_zstd_block(void *to, size_t room, const void *from, size_t count);
bool sur_lz4_block(void *to, size_t room, const void *from, size_t count);

/* A zstd stream. begin gives NULL without memory. step unpacks what it can and says how
 * much it used and put: 1 at the end of a frame, 0 before it, -1 if it is damaged. */
void *sur_zstd_begin(void);
void sur_zstd_end(void *stream);
int sur_zstd_step(void *stream, void *to, size_t room, size_t *put, const void *from,
                  size_t count, size_t *used);

#endif
