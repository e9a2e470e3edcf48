/* npy_files.h -- NPY and NPZ files made by hand, so that they may also be wrong. */
#ifndef TEST_DATA_NPY_FILES_H
#define TEST_DATA_NPY_FILES_H

#include "files.h"

#include <zip.h>

/* An NPY file of version 1 to 3 around bytes; malloc'd. */
static inline unsigned char *make_npy(int version, const char *head, const void *bytes,
                                      size_t count, size_t *size)
{
    const size_t length = strlen(head), start = version == 1 ? 10 : 12;
    unsigned char *npy = malloc(start + length + count + 1);
    memcpy(npy, "\x93NUMPY", 6);
    npy[6] = (unsigned char)version;
    npy[7] = 0;
    for (size_t k = 8; k < start; k++) npy[k] = (unsigned char)(length >> 8 * (k - 8));
    memcpy(npy + start, head, length);
    if (count) memcpy(npy + start + length, bytes, count);
    *size = start + length + count;
    return npy;
}

static inline char *put_npy(const char *name, int version, const char *head,
                            const void *bytes, size_t count)
{
    size_t size;
    unsigned char *npy = make_npy(version, head, bytes, count, &size);
    char *path = put_bytes(name, npy, size);
    free(npy);
    return path;
}

typedef struct entry {
    const char *key, *head;
    const void *bytes;
    size_t count;
} entry;

static inline char *put_npz(const char *name, const entry *entries, int count,
                            bool packed)
{
    char *path = scratch(name);
    unsigned char *npy[8];
    int code;
    unlink(path);
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    for (int i = 0; i < count; i++) {
        char key[64];
        size_t size;
        npy[i] =
            make_npy(1, entries[i].head, entries[i].bytes, entries[i].count, &size);
        snprintf(key, sizeof key, "%s.npy", entries[i].key);
        zip_source_t *source = zip_source_buffer(zip, npy[i], size, 0);
        const zip_int64_t at = zip_file_add(zip, key, source, 0);
        if (at < 0) abort();
        zip_set_file_compression(zip, (zip_uint64_t)at,
                                 packed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
    }
    if (zip_close(zip)) abort();
    for (int i = 0; i < count; i++) free(npy[i]);
    return path;
}

#define HEAD(type, order, shape) \
    "{'descr': '" type "', 'fortran_order': " order ", 'shape': " shape ", }   \n"

static const double six[] = {1.5, -2, 3, 4, 5, 6.25};

#endif
