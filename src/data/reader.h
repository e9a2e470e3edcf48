/* reader.h -- what a file format is to the rest: a name, a test of the first bytes, and
 * a function that reads. Adding a format is one file with a sur_format in it and one
 * line in readers.c. */
#ifndef DATA_READER_H
#define DATA_READER_H

#include "data/source.h"
#include "data/table.h"

/* What the user asked for, as far as readers care. */
typedef struct sur_request {
    const char
        *inside; /* which part of the file, after its name and a colon, or NULL */
    const sur_data_options *options;
    const sur_codes *codes; /* that mean "missing" */
    bool matrix;            /* a matrix to be recovered, not rows with a target */
    bool apart;             /* this process was started to read the file */
    bool unsummed;          /* its checksum is known already */
    const int64_t *stamp;   /* [3] that the file must have; NULL: any */
} sur_request;

typedef struct sur_format {
    const char *name;       /* as in a message: "NPY" */
    const char *extensions; /* ".npy .NPY": of the plain file */

    /* Whether a file that begins with these bytes is of this format. */
    bool (*probe)(const char *bytes, sur_idx count);
    /* Instead, for a format without a head: whether a file of this name and size is. */
    bool (*suits)(const sur_source *source);
    bool parts;   /* a path may name a part of the file: FILE:PART */
    bool blocks;  /* gives its rows by blocks (table.h): the file may be large */
    bool foreign; /* read by a library that damaged files may crash: see guard.h */

    /* Reads the source into *table, an empty one, and test rows, if the file has a part
     * for them, into *test. With `blocks`, columns (and those beside the matrix whole)
     * come first, then the rows of the matrix, each block given to the table's outlet
     * (sur_table_give); without, all rows are held in the table at the end. Codes that
     * mean "missing" may be replaced by NaN on the way (table->checked says so). On
     * failure the tables hold anything; the caller frees them. SUR_EPARSE, SUR_EIO,
     * SUR_ENOMEM. */
    sur_status (*read)(sur_table *table, sur_table *test, sur_source *source,
                       const sur_request *request, sur_error *err);
} sur_format;

extern const sur_format sur_format_npy, sur_format_npz, sur_format_hdf5,
    sur_format_root, sur_format_png, sur_format_mat, sur_format_idx,
    sur_format_matrix_market, sur_format_cfl, sur_format_cifar, sur_format_libsvm,
    sur_format_csv;

/* The format of a source: the first whose probe says yes to its content; a file whose
 * extension promises another format is refused. SUR_EPARSE, SUR_EIO. */
SUR_MUST_USE sur_status sur_format_find(const sur_format **format, sur_source *source,
                                        sur_error *err);

#endif
