/* guard.h -- reading by a process of its own, for libraries that a damaged file may
 * crash or hang. */
#ifndef DATA_GUARD_H
#define DATA_GUARD_H

#include "data/reader.h"

/* Lets format->read run in a child process, which hands the tables over through a pipe,
 * while this one sums the file. A child that dies or needs more processor time than so
 * large a file deserves is a damaged file: SUR_EPARSE. It gets no more memory than so
 * large a file deserves: SUR_ENOMEM. Other failures as format->read; SUR_EBACKEND if
 * there is no process to be had. */
SUR_MUST_USE sur_status sur_guarded_read(sur_table *table, sur_table *test,
                                         const sur_format *format, sur_source *source,
                                         const sur_request *request, sur_error *err);

/* Limits this process, which was started to read that file, in time and memory. */
void sur_guard_limit(const sur_source *source);

#endif
