/* hdf5_lzf.c -- filter 32000, which h5py has and the HDF5 library has not. */
#include "data/hdf5.h"
#include "data/lzf.h"

#include <stdlib.h>

enum { LZF = 32000 };

/* The library's interface of a filter: values[2] is the size of a chunk. Packing is not
 * offered. Its memory is the library's, which frees it. */
static size_t filter(unsigned flags, size_t count, const unsigned *values, size_t bytes,
                     size_t *size, void **buffer)
{
    const size_t room = count >= 3 ? values[2] : 0;
    if (!(flags & H5Z_FLAG_REVERSE) || room == 0) return 0;
    void *plain = H5allocate_memory(room, false);
    if (!plain) return 0;
    const size_t got = sur_lzf_unpack(plain, room, *buffer, bytes);
    if (got == 0) {
        H5free_memory(plain);
        return 0;
    }
    H5free_memory(*buffer);
    *buffer = plain;
    *size = room;
    return got;
}

void sur_h5_know_lzf(void)
{
    static const H5Z_class2_t class = {
        H5Z_CLASS_T_VERS, LZF, 0, 1, "lzf", NULL, NULL, filter};
    if (H5Zfilter_avail(LZF) <= 0) H5Zregister(&class);
}
