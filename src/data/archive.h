/* archive.h -- NumPy archives being written: a zip file of stored NPY arrays. */
#ifndef DATA_ARCHIVE_H
#define DATA_ARCHIVE_H

#include <surplus/base.h>

#include <zip.h>

enum { SUR_NPY_HEAD = 128, SUR_ARCHIVE_PARTS = 32 };

/* `= {0}` is empty. The bytes of a part are borrowed until the archive is closed, or
 * owned by it. */
typedef struct sur_archive {
    zip_t *zip;
    struct {
        char head[SUR_NPY_HEAD];
        const void *bytes;
        void *owned; /* freed by sur_archive_drop */
        size_t size;
    } parts[SUR_ARCHIVE_PARTS];
    int count;
} sur_archive;

bool sur_little_endian(void);

SUR_MUST_USE sur_status sur_archive_open(sur_archive *a, const char *path,
                                         sur_error *err);

/* Adds one array; type "<f8", shape "3, 20" or "3,". SUR_ENOMEM, SUR_EINVAL (too many).
 */
SUR_MUST_USE sur_status sur_archive_add(sur_archive *a, const char *key,
                                        const char *type, const char *shape,
                                        const void *bytes, size_t size, sur_error *err);

/* Writes the file. SUR_EWRITE. */
SUR_MUST_USE sur_status sur_archive_close(sur_archive *a, const char *path,
                                          sur_error *err);

/* Frees what the archive owns; an archive that was not closed leaves no file. */
void sur_archive_drop(sur_archive *a);

#endif
