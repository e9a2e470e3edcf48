/* block.h -- how a data set lies in memory: one block without pointers in it.
 *
 *     0            the head: a magic word, sizes, offsets of what follows
 *     SUR_HEAD     x       rows x cols of scalar, row-major
 *     ...          target  rows doubles
 *                  weight  rows doubles, or nothing
 *                  names   cols + 2 + classes strings, each ended by a zero byte
 *
 * Each part begins at a multiple of 8 bytes. Whoever makes a block writes its numbers
 * through sur_block_x and its sisters; everybody else sees a sur_dataset, which is
 * read-only. */
#ifndef DATA_BLOCK_H
#define DATA_BLOCK_H

#include <surplus/data.h>

enum { SUR_HEAD = 256 };

/* Makes a zeroed data set of the rows, cols, scalar, classes, test_rows and shape of
 * `of` (its other members are ignored). weight and checksum are made if `weighted`, and
 * empty. names is copied: cols + 2 + classes strings in names_bytes bytes. SUR_ENOMEM,
 * SUR_EINVAL (larger than memory can be). On failure *out is empty. */
SUR_MUST_USE sur_status sur_block_new(sur_dataset *out, const sur_dataset *of,
                                      bool weighted, const char *names,
                                      size_t names_bytes, sur_error *err);

/* The same from a block that holds x already: SUR_HEAD bytes, then the cells. The block
 * is taken over (*block becomes NULL) and resized; on failure it stays the caller's. */
SUR_MUST_USE sur_status sur_block_adopt(sur_dataset *out, void **block,
                                        const sur_dataset *of, bool weighted,
                                        const char *names, size_t names_bytes,
                                        sur_error *err);

/* The numbers of a data set that owns its block, to be written. */
void *sur_block_x(const sur_dataset *data);
double *sur_block_target(const sur_dataset *data);
double *sur_block_weight(const sur_dataset *data); /* NULL if there is none */

/* Sets checksum (64 hex digits), imputed and dropped in the struct and in the block. */
void sur_block_seal(sur_dataset *data, const char *checksum, sur_idx imputed,
                    sur_idx dropped);

/* Sets the shape of the images that the rows are, in both. */
void sur_block_shape(sur_dataset *data, const sur_idx shape[3]);

/* Bytes of one number. */
size_t sur_scalar_size(sur_scalar scalar);

#endif
