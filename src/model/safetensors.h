/* safetensors.h -- named arrays in a file that every framework reads.
 *
 *     8 bytes      length of the head, little endian
 *     head         JSON: {"__metadata__": {text: text, ..},
 *                         name: {"dtype": "F32", "shape": [..], "data_offsets": [a,
 * b]}} the rest     the arrays, without gaps
 * (https://github.com/huggingface/safetensors). Only F32 and F64 with one to four
 * dimensions are known here. Files are untrusted: nothing is allocated that the file's
 * own size does not pay for. */
#ifndef MODEL_SAFETENSORS_H
#define MODEL_SAFETENSORS_H

#include <surplus/base.h>

#include <stdio.h>

typedef enum sur_dtype { SUR_DTYPE_F32, SUR_DTYPE_F64 } sur_dtype;

typedef struct sur_named {
    const char *name;
    sur_dtype dtype;
    int dims;         /* 1 .. 4 */
    sur_idx shape[4]; /* 1 past dims */
    const void *data; /* row-major */
} sur_named;

typedef struct sur_named_list {
    const sur_named *at; /* [count] */
    sur_idx count;
    const char *const (*metadata)[2]; /* [metadata_count] key and value */
    sur_idx metadata_count;
    void *owned[4]; /* of a file that was read */
} sur_named_list;

/* SUR_EWRITE, SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_named_write(FILE *file, const sur_named_list *arrays,
                                        sur_error *err);

/* The same to a file that appears whole or not at all. SUR_EWRITE names it. */
SUR_MUST_USE sur_status sur_named_save(const char *path, const sur_named_list *arrays,
                                       sur_error *err);

/* The bytes of a file that has an end; free(). SUR_EIO, SUR_ENOMEM; then *bytes is
 * NULL. */
SUR_MUST_USE sur_status sur_named_slurp(void **bytes, size_t *size, const char *path,
                                        sur_error *err);

/* Takes the bytes of a whole file; they are borrowed for the life of *out. SUR_EPARSE,
 * SUR_ENOMEM; on failure *out is empty. Free with sur_named_free. */
SUR_MUST_USE sur_status sur_named_read(sur_named_list *out, const void *bytes,
                                       size_t size, sur_error *err);
void sur_named_free(sur_named_list *arrays);

/* The value of a metadata key, or NULL. */
const char *sur_named_text(const sur_named_list *arrays, const char *key);

/* The array of that name, type and shape. SUR_EPARSE: there is none, or another. */
SUR_MUST_USE sur_status sur_named_find(const void **data, const sur_named_list *arrays,
                                       const char *name, sur_dtype dtype,
                                       const sur_idx shape[4], sur_error *err);

#endif
