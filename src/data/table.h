/* table.h -- what a reader makes of a file, before anybody asked which column is what.
 *
 * Columns are numbered from 0: first those of the matrix (rows x matrix_cols,
 * row-major), then those that stand beside it as arrays of their own (keys of an NPZ
 * file, branches, datasets). A cell of a text column is the index of its word, as a
 * number; NaN is a missing value everywhere. */
#ifndef DATA_TABLE_H
#define DATA_TABLE_H

#include <surplus/data.h>

struct sur_source;

/* The different words of a text column, in the order of their first appearance. */
typedef struct sur_words {
    char *text; /* the words, each ended by a zero byte */
    sur_idx text_count, text_capacity;
    sur_idx *start; /* [count] where word i begins in text */
    sur_idx *order; /* [count] the words in ascending order */
    sur_idx count, capacity;
    sur_idx most;     /* so many at most; 0: SUR_MOST_WORDS */
    bool many;        /* there were more than that: cells are NaN */
    bool numbers;     /* some cells of the column are numbers */
    sur_idx line;     /* where the first word stood that is no number; 0: not known */
    char example[48]; /* and what it was, fit to be shown */
} sur_words;

enum {
    SUR_MOST_WORDS = 4096,
    SUR_MOST_NAMES = 1 << 20, /* of rows and columns */
    SUR_LONGEST_WORD = 1000,
    SUR_BLOCK_BYTES = 1 << 22,   /* of the matrix, given at a time */
    SUR_FREE_COLUMNS = 1 << 17,  /* that any file may have */
    SUR_PIPED_COLUMNS = 1 << 20, /* or any stream, whose length is not known */
    SUR_MOST_COLUMNS = 1 << 24
};

typedef struct sur_column {
    char *name;       /* NULL: none; sur_column_label gives one */
    sur_words *words; /* NULL: a column of numbers */
    double *values;   /* [rows] of a column beside the matrix; NULL: in the matrix */
} sur_column;

struct sur_table;

/* Where the rows of a table go while it is read, if it is not to be held whole. */
typedef struct sur_outlet {
    /* Takes rows table->given .. + count - 1: their cells of the matrix are the first
     * `count` of its block, columns beside have all their rows. */
    sur_status (*take)(void *payload, struct sur_table *table, sur_idx count,
                       sur_error *err);
    void *payload;
} sur_outlet;

typedef struct sur_table {
    const char *file; /* for messages; borrowed, or path */
    char *path;       /* owned, or NULL */
    sur_idx rows, matrix_cols, cols;
    sur_scalar scalar;        /* of the matrix; SUR_F64 if it has text columns */
    void *block;              /* SUR_HEAD bytes, then the matrix */
    sur_idx capacity;         /* bytes of block */
    const sur_outlet *outlet; /* borrowed; NULL: block has all rows */
    sur_idx given;            /* rows that went there: block begins with the next */
    sur_column *column;
    sur_idx column_capacity;
    sur_idx target, weight; /* columns the format itself names so; -1: none */
    bool target_asked;      /* target is what --target means: look no further */
    sur_idx most_words;     /* of its text columns; 0: SUR_MOST_WORDS */
    sur_idx shape[3];       /* of an image; 0 0 0 if not one */
    sur_idx span[2];  /* of a matrix given by triplets row, column (from 1), value */
    bool whole;       /* must be held whole: its format, or words that come late */
    int64_t stamp[3]; /* bytes of the file, and when it was written, in s and ns */
    bool complex;     /* columns are pairs of real and imaginary part */
    bool checked;     /* missing codes replaced, nan and inf refused already */
    bool complete;    /* no number is missing; false if that is not known */
} sur_table;

/* An empty table of that file. */
sur_table sur_table_empty(const char *file);
void sur_table_free(sur_table *table);

/* Makes room for rows of the matrix (capacity only; rows stays). */
SUR_MUST_USE sur_status sur_table_reserve(sur_table *table, sur_idx rows,
                                          sur_error *err);
/* ---- reading by blocks ----
 *
 *     step = sur_table_step(table, rows, 1);
 *     reserve step rows
 *     for each `count` <= step rows: cells from row i - table->given on; sur_table_give
 */

/* How many rows a reader should have ready at a time: all where the table is held; else
 * some megabytes, a multiple of `together` (rows that are unpacked at once). */
sur_idx sur_table_step(const sur_table *table, sur_idx rows, sur_idx together);
/* Hands `count` rows over to the outlet, if there is one. */
SUR_MUST_USE sur_status sur_table_give(sur_table *table, sur_idx count, sur_error *err);

/* Adds a column without a name (name NULL) or with a copy of it. */
SUR_MUST_USE sur_status sur_table_add_column(sur_table *table, const char *name,
                                             sur_error *err);
/* Gives an empty table the columns of a matrix, without names, and sets matrix_cols. A
 * column costs memory and time of its own whatever its numbers cost, so a file that
 * says its width by a number may have SUR_FREE_COLUMNS of them, beyond that no more
 * than it has bytes and than SUR_MOST_COLUMNS: SUR_EPARSE. */
SUR_MUST_USE sur_status sur_table_add_matrix(sur_table *table, sur_idx cols,
                                             const struct sur_source *source,
                                             sur_error *err);
/* The matrix; row i begins at cell i * matrix_cols. */
void *sur_table_cells(const sur_table *table);
double sur_table_get(const sur_table *table, sur_idx row, sur_idx column);
void sur_table_set(sur_table *table, sur_idx row, sur_idx column, double value);

/* Stores the matrix and its cells as another, wider type. */
SUR_MUST_USE sur_status sur_table_widen(sur_table *table, sur_scalar scalar,
                                        sur_error *err);

/* Puts the rows of `more` below those of table. The columns must agree in number and in
 * name. SUR_ESHAPE, SUR_EPARSE, SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_table_append(sur_table *table, sur_table *more,
                                         sur_error *err);

/* ---- names ---- */

typedef struct sur_label {
    char text[64];
} sur_label;
/* The name of a column, or "x3" if it has none; cut and without control characters. */
sur_label sur_column_label(const sur_table *table, sur_idx column);
/* Text from a file made fit for a message. */
sur_label sur_shown(const char *text, sur_idx length);

/* ---- words ---- */

/* Turns a column into a text column: the numbers of its first `rows` cells become
 * words. */
SUR_MUST_USE sur_status sur_column_to_words(sur_table *table, sur_idx column,
                                            sur_idx rows, sur_error *err);
/* *code is the index of the word, new or known; NaN if there are too many. */
SUR_MUST_USE sur_status sur_words_add(sur_words *words, const char *text,
                                      sur_idx length, double *code, sur_error *err);
/* The word of a number: the shortest text that reads back the same. */
SUR_MUST_USE sur_status sur_words_add_number(sur_words *words, double x, double *code,
                                             sur_error *err);
const char *sur_words_at(const sur_words *words, sur_idx i);
void sur_words_free(sur_words *words);

/* ---- codes that mean "missing" ---- */

typedef struct sur_codes {
    char **text; /* [count] as given */
    double *number;
    sur_idx count;
    bool nan; /* one of them is nan */
} sur_codes;
SUR_MUST_USE sur_status sur_codes_make(sur_codes *codes, const char *list,
                                       sur_error *err);
void sur_codes_free(sur_codes *codes);
bool sur_codes_have(const sur_codes *codes, double x);
bool sur_codes_have_text(const sur_codes *codes, const char *text);

/* Replaces codes by NaN and refuses any other NaN and all infinities (SUR_EPARSE,
 * naming row and column), for tables that were not `checked`. */
SUR_MUST_USE sur_status sur_table_check(sur_table *table, const sur_codes *codes,
                                        sur_error *err);

/* Splits "a,b,\"c,d\"" at its commas; blanks around an item are dropped. *items is one
 * block of *count strings: free(*items). NULL gives no items. */
SUR_MUST_USE sur_status sur_list_split(char ***items, sur_idx *count, const char *list,
                                       sur_error *err);

#endif
