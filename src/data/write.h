/* write.h -- the formats that a data set can be written in, one file each. */
#ifndef DATA_WRITE_H
#define DATA_WRITE_H

#include <surplus/data.h>

#include <stdio.h>

/* A header if the names can be told from numbers; features, weight, target; a missing
 * cell is empty. SUR_EWRITE, SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_write_csv(const char *path, const sur_dataset *data,
                                      sur_error *err);

/* The arrays X, y, weight and columns, and X_test, y_test, weight_test if there is a
 * test part; stored, not packed; a missing cell is NaN. SUR_EWRITE, SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_write_npz(const char *path, const sur_dataset *data,
                                      sur_error *err);

/* The same names as sets of an HDF5 file. SUR_EWRITE, SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_write_hdf5(const char *path, const sur_dataset *data,
                                       sur_error *err);

/* The target, then the features that are not 0 as "number:value", numbered from 1.
 * Names are lost. SUR_EINVAL: missing cells, weights or class names that are no
 * numbers, which the format has no place for. SUR_EWRITE, SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_write_libsvm(const char *path, const sur_dataset *data,
                                         sur_error *err);

/* Whether libsvm has a place for all of the data set (SUR_EINVAL), and the texts of its
 * classes: free(*classes), the texts are the data set's. */
SUR_MUST_USE sur_status sur_libsvm_classes(const char ***classes,
                                           const sur_dataset *data, const char *path,
                                           sur_error *err);

/* Closes *file, which becomes NULL. SUR_EWRITE: not all of it was written. */
SUR_MUST_USE sur_status sur_write_end(FILE **file, const char *path, sur_error *err);

#endif
