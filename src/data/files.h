/* files.h -- from a path as the user gives it to a table: which file, which part of it,
 * which format, and the files that go with it. */
#ifndef DATA_FILES_H
#define DATA_FILES_H

#include "base/text.h"
#include "data/reader.h"

/* Reads "FILE", "FILE:PART", "-" or a folder of IDX files into two empty tables: the
 * second is for test rows that come with it. The labels of --labels, or of the file
 * that goes with a file of images, become the target; --transpose is done. sums
 * receives one line with the checksum of each file read. SUR_EIO, SUR_EPARSE,
 * SUR_EINVAL, SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_files_read(sur_table *table, sur_table *test,
                                       sur_text *sums, const char *path,
                                       const sur_request *request, sur_error *err);

/* *size = bytes of the file of such a path; -1 if it is not one file. SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_files_size(int64_t *size, const char *path, sur_error *err);

/* One file as a table of numbers, whatever its format; *table is empty on failure.
 * SUR_EIO, SUR_EPARSE (no rows, too), SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_files_table(sur_table *table, char checksum[65],
                                        const char *path, sur_error *err);

/* Turns a table of text around: its columns of numbers become rows, its rows columns,
 * named by the first text column whose words all differ; other text is left out. names
 * becomes the names of the new rows, each ended by a zero byte. SUR_EPARSE, SUR_ENOMEM.
 */
SUR_MUST_USE sur_status sur_table_transpose(sur_table *table, sur_text *names,
                                            sur_error *err);

/* Adds the target: the only column of `labels`, row by row, or, if names is not NULL,
 * its second column where its first has the name of the row. SUR_ESHAPE, SUR_EPARSE,
 * SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_table_label(sur_table *table, const sur_table *labels,
                                        const char *names, sur_error *err);

#endif
