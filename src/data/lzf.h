/* lzf.h -- the packing that h5py calls LZF (HDF5 filter 32000). */
#ifndef DATA_LZF_H
#define DATA_LZF_H

#include <stddef.h>

/* Unpacks count bytes into at most room bytes at `to`. Returns how many there are; 0 if
 * the input is damaged or needs more room. */
size_t sur_lzf_unpack(void *to, size_t room, const void *from, size_t count);

#endif
