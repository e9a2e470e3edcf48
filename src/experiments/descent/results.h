/* results.h -- curves trained elsewhere, read from a CSV file. */
#ifndef DESCENT_RESULTS_H
#define DESCENT_RESULTS_H

#include "experiments/descent/descent.h"

/* Reads the whole file into one malloc'd block that the functions below understand.
 * SUR_EIO, SUR_EPARSE (file, line, cause), SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_descent_results_read(const char *path, void **input,
                                                 size_t *size, sur_error *err);

/* The values the file has of an option, as an axis; *text stays NULL if it has none. */
SUR_MUST_USE sur_status sur_descent_results_axis(char **text, const char *name,
                                                 const void *input, size_t size,
                                                 sur_error *err);

/* Fills in what a trial without data leaves open. */
SUR_MUST_USE sur_status sur_descent_results_check(sur_descent_options *options,
                                                  const void *input, size_t size,
                                                  sur_error *err);

/* Emits for every trial what the file says of its options. */
SUR_MUST_USE sur_status sur_descent_results_run(const void *const *options,
                                                sur_idx count,
                                                const sur_context *context,
                                                sur_error *err);

#endif
