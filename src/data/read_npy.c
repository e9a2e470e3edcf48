/* read_npy.c -- a single NumPy array as a table. */
#include "data/npy.h"
#include "data/reader.h"

#include "base/try.h"

#include <string.h>

static bool probe(const char *bytes, sur_idx count)
{
    return count >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0;
}

static sur_status read_source(void *payload, void *to, sur_idx want, sur_idx *got,
                              sur_error *err)
{
    return sur_source_read(payload, to, want, got, err);
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    const sur_stream stream = {
        .read = read_source,
        .payload = source,
        .size = source->unpack || source->zstd || source->in_tar ? -1 : source->size,
        .name = source->name};
    sur_npy npy;
    sur_status status;
    (void)test;
    (void)request;
    SUR_TRY(sur_npy_head(&npy, &stream, err));
    SUR_FAIL_IF(npy.dims == 0, SUR_EPARSE, "%s: a single number, not a table",
                source->name);
    SUR_FAIL_IF(sur_npy_is_text(&npy), SUR_EPARSE,
                "%s: an array of text, not of numbers", source->name);
    table->scalar = npy.scalar;
    memcpy(table->shape, npy.image, sizeof table->shape);
    SUR_TRY(sur_table_add_matrix(table, npy.cols, source, err));
    SUR_TRY(sur_npy_pour(table, &npy, &stream, err));
done:
    return status;
}

const sur_format sur_format_npy = {.name = "NPY",
                                   .extensions = ".npy",
                                   .probe = probe,
                                   .blocks = true,
                                   .read = read_table};
