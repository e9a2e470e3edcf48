/* hdf5.h -- what the files of the HDF5 reader share: a file opened for reading, and one
 * data set of it.
 *
 * The library underneath is told to be silent, to lock nothing, and to follow no link
 * out of the file; its own report of an error ends up in ours. */
#ifndef DATA_HDF5_H
#define DATA_HDF5_H

#include "base/text.h"
#include "data/reader.h"
#include "data/roles.h"

#include <hdf5.h>

enum { SUR_H5_DIMS = 8, SUR_H5_SETS = 4096, SUR_H5_MEMBERS = 4096 };

typedef struct sur_h5 {
    const sur_source *source;
    hid_t file, links;  /* links: how paths are followed */
    H5E_auto2_t report; /* what reported errors before */
    void *report_to;
} sur_h5;

typedef enum sur_h5_kind { SUR_H5_NUMBERS, SUR_H5_TEXT, SUR_H5_TABLE } sur_h5_kind;

/* A data set, open. */
typedef struct sur_h5_set {
    hid_t id, type;
    char *path;      /* owned */
    sur_label shown; /* fit for a message */
    sur_h5_kind kind;
    int dims;
    sur_idx shape[SUR_H5_DIMS];
    sur_idx first, rows, cols; /* rows first .. are read; cols of each */
    sur_idx chunk;             /* rows that are packed together */
    sur_idx image[3];
    sur_scalar scalar;
} sur_h5_set;

/* Opens the file of a source. Close in any case. SUR_EPARSE, SUR_EIO. */
SUR_MUST_USE sur_status sur_h5_open(sur_h5 *h5, sur_source *source, sur_error *err);
void sur_h5_close(sur_h5 *h5);

/* A failure with what the library last said. */
SUR_MUST_USE sur_status sur_h5_fail(const sur_h5 *h5, const char *what, sur_error *err);

/* Whether a path leads to a group or a data set; H5I_BADID: to neither. */
H5I_type_t sur_h5_kind_of(const sur_h5 *h5, const char *path);

/* Opens and checks one data set: its type can be read, its size is what the file can
 * hold, its packing is known. SUR_EPARSE (says why not), SUR_EINVAL (not there),
 * SUR_ENOMEM. Close in any case. */
SUR_MUST_USE sur_status sur_h5_set_open(sur_h5_set *set, const sur_h5 *h5,
                                        const char *path, sur_error *err);
void sur_h5_set_close(sur_h5_set *set);

/* Restricts what is read to rows first .. last - 1 (last -1: to the end). SUR_EINVAL.
 */
SUR_MUST_USE sur_status sur_h5_set_slice(sur_h5_set *set, const sur_h5 *h5,
                                         sur_idx first, sur_idx last, sur_error *err);

/* Reads numbers into columns at .. at + cols - 1, rows from `row` on, of a block of
 * `stride` columns of that scalar. SUR_EPARSE. */
SUR_MUST_USE sur_status sur_h5_numbers(void *cells, sur_scalar scalar, sur_idx row,
                                       sur_idx stride, sur_idx at,
                                       const sur_h5_set *set, const sur_h5 *h5,
                                       sur_error *err);

/* Reads text, of a data set of text (member NULL) or a member of a table: sink gets
 * entry i. SUR_EPARSE, SUR_ENOMEM. */
typedef sur_status (*sur_h5_sink)(void *payload, sur_idx i, const char *text,
                                  sur_idx length, sur_error *err);
SUR_MUST_USE sur_status sur_h5_texts(sur_h5_sink sink, void *payload,
                                     const sur_h5_set *set, const char *member,
                                     const sur_h5 *h5, sur_error *err);

/* The text of a data set as words and their codes. */
SUR_MUST_USE sur_status sur_h5_words(double *codes, sur_words *words,
                                     const sur_h5_set *set, const char *member,
                                     const sur_h5 *h5, sur_error *err);

/* The columns of a compound data set (kind SUR_H5_TABLE) in an empty table: one for
 * each number, whose rows sur_h5_table_rows reads, and text beside. SUR_EPARSE,
 * SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_h5_table(sur_table *table, const sur_h5_set *set,
                                     const sur_h5 *h5, sur_error *err);

/* Its numbers, as rows `row` .. of the block. */
SUR_MUST_USE sur_status sur_h5_table_rows(sur_table *table, sur_idx row,
                                          const sur_h5_set *set, const sur_h5 *h5,
                                          sur_error *err);

/* ---- hdf5_sets.c, hdf5_group.c: data sets as parts of a table ---- */

/* A matrix whose columns a table has already and whose rows are still to be read. */
typedef struct sur_h5_matrix {
    sur_table *table;
    sur_h5_set *sets; /* [count], owned; side by side, or below each other if stacked */
    sur_idx count;
    bool stacked;
} sur_h5_matrix;

typedef struct sur_h5_reading {
    sur_h5 h5;
    const sur_request *request;
    sur_idx first, last;     /* rows asked for; last -1: to the end */
    sur_h5_matrix matrix[2]; /* of the table, of the test rows */
} sur_h5_reading;

/* path = group/name. */
SUR_MUST_USE sur_status sur_h5_join(sur_text *path, const char *group, const char *name,
                                    sur_error *err);

/* Opens a data set, restricted to the rows asked for. Close in any case. */
SUR_MUST_USE sur_status sur_h5_open_part(sur_h5_set *set, const sur_h5_reading *r,
                                         const char *path, sur_error *err);

/* Adds sets side by side (below each other if `stacked`), or one compound set, and what
 * --target names: columns, their names, what stands beside. The rows of the matrix
 * follow with sur_h5_pour. */
SUR_MUST_USE sur_status sur_h5_add_sets(sur_table *table, char **paths, sur_idx count,
                                        bool stacked, sur_h5_reading *r,
                                        sur_error *err);

/* Adds a set with one value for each row as a column beside the matrix. */
SUR_MUST_USE sur_status sur_h5_add_path(sur_table *table, const char *path,
                                        const char *name, const sur_h5_reading *r,
                                        sur_error *err);

/* Adds what a group holds. SUR_EINVAL: it does not say which sets are meant. */
SUR_MUST_USE sur_status sur_h5_add_group(sur_table *table, sur_table *test,
                                         const char *group, sur_h5_reading *r,
                                         sur_error *err);

/* Reads the rows of the matrices, block by block, and closes their sets. */
SUR_MUST_USE sur_status sur_h5_pour(sur_h5_reading *r, sur_error *err);
void sur_h5_reading_close(sur_h5_reading *r);

/* Makes the library know filter 32000. */
void sur_h5_know_lzf(void);

#endif
