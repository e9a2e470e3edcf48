/* output.h -- a file that appears whole or not at all. */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <stdio.h>
#include <surplus/base.h>

typedef struct sur_output {
    FILE *file;
    char *path,
        *beside; /* beside: the temporary name; NULL when path is no plain file */
} sur_output;

/* Opens a new file beside path (path itself if that is a device, a pipe or a link).
 * SUR_EWRITE.
 */
SUR_MUST_USE sur_status sur_output_open(sur_output *out, const char *path,
                                        sur_error *err);

/* Closes it and renames it to path. SUR_EWRITE (disk full, ...): path is untouched. */
SUR_MUST_USE sur_status sur_output_commit(sur_output *out, sur_error *err);

/* Removes what was not committed; accepts an empty or committed one. */
void sur_output_drop(sur_output *out);

#endif
