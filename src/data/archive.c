/* archive.c -- NumPy archives, made straight from the memory of their arrays. */
#include "data/archive.h"

#include <surplus/data.h>

#include "base/try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sur_little_endian(void)
{
    const uint16_t one = 1;
    return *(const uint8_t *)&one == 1;
}

/* Version 1 head, filled with blanks to 128 bytes as NumPy does. */
static void make_head(char head[SUR_NPY_HEAD], const char *type, const char *shape)
{
    char text[SUR_NPY_HEAD];
    const int length = snprintf(
        text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
        type, shape);
    memset(head, ' ', SUR_NPY_HEAD);
    memcpy(head, "\x93NUMPY\1\0", 8);
    head[8] = SUR_NPY_HEAD - 10;
    head[9] = 0;
    memcpy(head + 10, text, (size_t)length);
    head[SUR_NPY_HEAD - 1] = '\n';
}

sur_status sur_archive_open(sur_archive *a, const char *path, sur_error *err)
{
    int code = 0;
    a->zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    if (a->zip) return SUR_OK;
    return sur_fail(err, SUR_EWRITE, "%s: cannot be written (zip error %d)", path,
                    code);
}

sur_status sur_archive_add(sur_archive *a, const char *key, const char *type,
                           const char *shape, const void *bytes, size_t size,
                           sur_error *err)
{
    char name[64];
    if (a->count == SUR_ARCHIVE_PARTS || strlen(shape) > 64)
        return sur_fail(err, SUR_EINVAL, "array %.40s does not fit into an archive",
                        key);
    char *head = a->parts[a->count].head;
    a->count++;
    make_head(head, type, shape);
    snprintf(name, sizeof name, "%.50s.npy", key);
    const zip_buffer_fragment_t fragments[2] = {
        {.data = (zip_uint8_t *)head, .length = SUR_NPY_HEAD},
        {.data = (zip_uint8_t *)bytes, .length = size}};
    zip_source_t *source =
        zip_source_buffer_fragment(a->zip, fragments, size ? 2 : 1, 0);
    if (!source) return sur_fail(err, SUR_ENOMEM, "no memory for an archive");
    const zip_int64_t at = zip_file_add(a->zip, name, source, ZIP_FL_ENC_UTF_8);
    if (at < 0) {
        zip_source_free(source);
        return sur_fail(err, SUR_ENOMEM, "%s", zip_strerror(a->zip));
    }
    /* entries carry no time, so that the same arrays give the same bytes: 1980-01-01 */
    if (zip_set_file_compression(a->zip, (zip_uint64_t)at, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(a->zip, (zip_uint64_t)at, 0, 0x21, 0) != 0)
        return sur_fail(err, SUR_ENOMEM, "%s", zip_strerror(a->zip));
    return SUR_OK;
}

sur_status sur_archive_close(sur_archive *a, const char *path, sur_error *err)
{
    if (zip_close(a->zip) != 0)
        return sur_fail(err, SUR_EWRITE, "%s: %s", path, zip_strerror(a->zip));
    a->zip = NULL;
    return SUR_OK;
}

void sur_archive_drop(sur_archive *a)
{
    if (a->zip) zip_discard(a->zip);
    for (int i = 0; i < SUR_ARCHIVE_PARTS; i++) free(a->parts[i].owned);
    *a = (sur_archive){0};
}

/* NumPy's type of a kind ("f8", "u1"), or NULL. */
static const char *type_of(const char *kind)
{
    static const char *const types[][3] = {{"f8", "<f8", ">f8"},
                                           {"f4", "<f4", ">f4"},
                                           {"i8", "<i8", ">i8"},
                                           {"i4", "<i4", ">i4"},
                                           {"u1", "|u1", "|u1"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(kind, types[i][0]) == 0)
            return types[i][sur_little_endian() ? 1 : 2];
    return NULL;
}

sur_status sur_arrays_write(const char *path, const sur_array *arrays, sur_idx count,
                            sur_error *err)
{
    sur_archive a = {0};
    char shape[64];
    sur_status status;

    SUR_TRY(sur_archive_open(&a, path, err));
    for (sur_idx i = 0; i < count; i++) {
        const sur_array *x = &arrays[i];
        const char *type = type_of(x->kind);
        /* what is no array of numbers is kept as its bytes */
        if (type)
            snprintf(shape, sizeof shape, "%s%s", x->shape,
                     strchr(x->shape, ',') ? "" : ",");
        else
            snprintf(shape, sizeof shape, "%zu,", x->size);
        SUR_TRY(sur_archive_add(&a, x->name, type ? type : "|u1", shape, x->data,
                                x->size, err));
    }
    SUR_TRY(sur_archive_close(&a, path, err));
done:
    sur_archive_drop(&a);
    return status;
}
