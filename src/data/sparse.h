/* sparse.h -- libsvm files as they are: the entries of each row that are there. */
#ifndef DATA_SPARSE_H
#define DATA_SPARSE_H

#include "data/source.h"

/* Row i has entries start[i] .. start[i + 1] - 1. Arrays are owned. */
typedef struct sur_sparse {
    sur_idx rows, cols, count; /* count: entries */
    sur_idx *start;            /* [rows + 1] */
    int32_t *index;            /* [count] column, counted from `first` (0 or 1) */
    int32_t first;
    double *value, *target; /* [count], [rows] */
    sur_scalar scalar;      /* the narrowest that holds every value */
} sur_sparse;

/* Reads a source that is libsvm text. SUR_EPARSE, SUR_EIO, SUR_ENOMEM. Free in any
 * case. */
SUR_MUST_USE sur_status sur_sparse_read(sur_sparse *out, sur_source *source,
                                        sur_error *err);
void sur_sparse_free(sur_sparse *sparse);

/* Opens options->data. Where it is libsvm and nothing is asked that speaks of single
 * columns, *is becomes true and *about the data set without its x: names, classes,
 * targets, checksum. Else *is is false, and nothing was read. */
SUR_MUST_USE sur_status sur_sparse_open(sur_sparse *out, sur_dataset *about, bool *is,
                                        const sur_data_options *options, char *note,
                                        size_t size, sur_error *err);

/* Writes it as libsvm text; about has the classes. SUR_EWRITE, SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_sparse_write(const char *path, const sur_sparse *sparse,
                                         const sur_dataset *about, sur_error *err);

#endif
