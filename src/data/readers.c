/* readers.c -- the list of file formats, and which one a file has. */
#include "data/reader.h"

#include <string.h>
#include <strings.h>

/* In the order in which they are asked; text, which is anything without a zero byte, is
 * last. */
static const sur_format *const formats[] = {
    &sur_format_npy,
    &sur_format_npz,
    &sur_format_hdf5,
    &sur_format_root,
    &sur_format_png,
    &sur_format_mat,
    &sur_format_idx,
    &sur_format_matrix_market,
    &sur_format_cfl,
    &sur_format_cifar,
    &sur_format_libsvm,
    &sur_format_csv,
    NULL,
};

/* Whether the path ends in one of the blank-separated extensions, .gz left aside. */
static bool has_extension(const char *path, const char *extensions)
{
    size_t length = strlen(path);
    if (length > 3 && strcasecmp(path + length - 3, ".gz") == 0) length -= 3;
    if (length > 4 && strcasecmp(path + length - 4, ".zst") == 0) length -= 4;
    for (const char *e = extensions; *e;) {
        const size_t n = strcspn(e, " ");
        if (n && length > n && strncasecmp(path + length - n, e, n) == 0) return true;
        e += n;
        e += strspn(e, " ");
    }
    return false;
}

sur_status sur_format_find(const sur_format **format, sur_source *source,
                           sur_error *err)
{
    const char *bytes;
    sur_idx count;
    const sur_status status = sur_source_look(source, &bytes, &count, err);
    if (status != SUR_OK) return status;
    if (count == 0) return sur_fail(err, SUR_EPARSE, "%s: is empty", source->name);

    *format = NULL;
    for (int i = 0; formats[i] && !*format; i++)
        if (formats[i]->probe ? formats[i]->probe(bytes, count)
                              : formats[i]->suits(source))
            *format = formats[i];
    if (!*format)
        return sur_fail(err, SUR_EPARSE, "%s: not a file of a known format",
                        source->name);
    if (*format != &sur_format_csv) return SUR_OK;
    for (int i = 0; formats[i]; i++)
        if (formats[i] != *format &&
            has_extension(source->path, formats[i]->extensions))
            return sur_fail(err, SUR_EPARSE, "%s: does not begin as an %s file does",
                            source->name, formats[i]->name);
    return SUR_OK;
}
