/* csv.h -- a table of text, cell by cell: what the files of the CSV reader share. */
#ifndef DATA_CSV_H
#define DATA_CSV_H

#include "data/reader.h"

/* The longest line that is read, in bytes, and the most columns. */
#define SUR_LONGEST_LINE ((sur_idx)64 << 20)
#define SUR_MOST_COLUMNS (1 << 21)

/* A window on the text. bytes[at .. count-1] is not used yet, bytes[count] is 0. */
typedef struct sur_csv {
    sur_source *source;
    char *bytes;
    sur_idx at, count, capacity;
    bool ended;     /* nothing comes after the window */
    char delimiter; /* ',' ';' '\t', or ' ' for runs of blanks and tabs */
    sur_idx line;   /* number of the line at `at`, from 1 */
} sur_csv;

/* How a cell ended. SUR_CELL_MORE: the window ends before the cell does. */
typedef enum sur_cell_end {
    SUR_CELL_NEXT,
    SUR_CELL_LAST,
    SUR_CELL_MORE,
    SUR_CELL_ODD
} sur_cell_end;

/* A cell as text, without its quotes and the blanks around it. Longer ones are cut to
 * SUR_LONGEST_WORD + 1 bytes. */
typedef struct sur_cell {
    char text[SUR_LONGEST_WORD + 2];
    sur_idx length;
    sur_cell_end end;
    sur_idx lines; /* line ends inside its quotes */
} sur_cell;

/* Moves what is not used to the front and reads on, at least to the next line end.
 * SUR_EPARSE (a line too long), SUR_EIO, SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_csv_fill(sur_csv *csv, sur_error *err);

/* What stands at p after a cell: a delimiter, the end of the line, the end of the
 * window, or anything else (SUR_CELL_ODD). *next is where the next cell or line begins.
 */
sur_cell_end sur_csv_after(const sur_csv *csv, const char *p, const char **next);

/* Reads the cell at p. SUR_EPARSE: text after a closing quote, a zero byte, a quote
 * that is never closed. */
SUR_MUST_USE sur_status sur_csv_cell(const sur_csv *csv, const char *p,
                                     const char **next, sur_cell *cell, sur_error *err);

/* Guesses the delimiter from the window: the one that most lines have equally often. */
char sur_csv_delimiter(const sur_csv *csv);

/* Leaves out empty lines. *any says whether a line is left. */
SUR_MUST_USE sur_status sur_csv_skip_empty(sur_csv *csv, bool *any, sur_error *err);

/* Reads the line at csv->at as texts, into one block of zero-ended cells, and moves
 * past it. SUR_EPARSE, SUR_EIO, SUR_ENOMEM. */
typedef struct sur_texts {
    char *bytes;
    sur_idx *start; /* [count] */
    sur_idx count, bytes_count, capacity, bytes_capacity;
} sur_texts;
SUR_MUST_USE sur_status sur_csv_texts(sur_csv *csv, sur_texts *texts, sur_error *err);
void sur_texts_free(sur_texts *texts);

#endif
