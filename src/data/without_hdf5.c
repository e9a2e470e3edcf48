/* without_hdf5.c -- stands in for the HDF5 files where the library was left out. */
#include "data/reader.h"
#include "data/write.h"

#include <string.h>

static bool probe(const char *bytes, sur_idx count)
{
    return count >= 8 && memcmp(bytes, "\x89HDF\r\n\x1a\n", 8) == 0;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    (void)table, (void)test, (void)request;
    return sur_fail(err, SUR_EPARSE,
                    "%s: is an HDF5 file, and this program was built without HDF5 "
                    "(-DSUR_HDF5=OFF)",
                    source->name);
}

sur_status sur_write_hdf5(const char *path, const sur_dataset *data, sur_error *err)
{
    (void)data;
    return sur_fail(err, SUR_EWRITE,
                    "%s: this program was built without HDF5 (-DSUR_HDF5=OFF)", path);
}

const sur_format sur_format_hdf5 = {.name = "HDF5",
                                    .extensions = ".h5 .hdf5 .hdf .he5",
                                    .probe = probe,
                                    .parts = true,
                                    .read = read_table};
