/* npy.h -- one array in NumPy's NPY format (versions 1 to 3), wherever its bytes come
 * from.
 *
 * Format: numpy.lib.format, "NEP 1": a magic word, a version, the length of a header,
 * the header (a Python dictionary with the keys descr, fortran_order, shape), the
 * numbers. */
#ifndef DATA_NPY_H
#define DATA_NPY_H

#include "data/table.h"

/* Where bytes come from: read gives `want` of them, fewer only at the end. */
typedef struct sur_stream {
    sur_status (*read)(void *payload, void *to, sur_idx want, sur_idx *got,
                       sur_error *err);
    void *payload;
    sur_idx size;     /* bytes there are, -1: not known */
    const char *name; /* for messages */
} sur_stream;

enum { SUR_NPY_DIMS = 8 };

typedef struct sur_npy {
    char kind;                   /* f i u b (bool) U S (text) */
    sur_idx width;               /* bytes of one entry */
    bool swapped;                /* the other byte order than ours */
    bool fortran;                /* the first index runs fastest */
    int dims;                    /* 0: a single number */
    sur_idx shape[SUR_NPY_DIMS]; /* [dims], each >= 1 */
    sur_idx rows, cols;          /* the first dimension; the product of the others */
    sur_idx image[3];            /* channels, height, width; 0 0 0 if not one */
    bool channels_last;          /* in the file; in memory they come first */
    sur_scalar scalar;           /* how its numbers are kept */
} sur_npy;

/* Reads the head of an array. SUR_EPARSE: not NPY, an object array, a type we do not
 * read, more numbers than the stream has. */
SUR_MUST_USE sur_status sur_npy_head(sur_npy *npy, const sur_stream *stream,
                                     sur_error *err);

/* Reads the numbers into cells (rows x cols of npy->scalar, row-major). SUR_EPARSE: the
 * stream ends too early. */
SUR_MUST_USE sur_status sur_npy_cells(void *cells, const sur_npy *npy,
                                      const sur_stream *stream, sur_error *err);

/* Reads them as the rows of a table's matrix, block by block where they lie so. */
SUR_MUST_USE sur_status sur_npy_pour(sur_table *table, const sur_npy *npy,
                                     const sur_stream *stream, sur_error *err);

/* Reads an array of text; sink gets entry i as zero-ended UTF-8. */
typedef sur_status (*sur_text_sink)(void *payload, sur_idx i, const char *text,
                                    sur_idx length, sur_error *err);
SUR_MUST_USE sur_status sur_npy_texts(sur_text_sink sink, void *payload,
                                      const sur_npy *npy, const sur_stream *stream,
                                      sur_error *err);

/* Reads a column (cols 1) of numbers or text: to values [rows], and words if it is
 * text. */
SUR_MUST_USE sur_status sur_npy_column(double *values, sur_words *words,
                                       const sur_npy *npy, const sur_stream *stream,
                                       sur_error *err);

bool sur_npy_is_text(const sur_npy *npy);

#endif
