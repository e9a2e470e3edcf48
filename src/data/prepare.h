/* prepare.h -- what makes numbers of rows: medians, means, scales of the train rows. */
#ifndef DATA_PREPARE_H
#define DATA_PREPARE_H

#include <surplus/data.h>

/* Fills in median, mean and scale of a split whose train rows are drawn. SUR_ENOMEM,
 * and as sur_reader_rows. */
SUR_MUST_USE sur_status sur_split_prepare(sur_split *split, const sur_dataset *data,
                                          const sur_data_options *options,
                                          sur_error *err);

/* The k-th smallest (from 0) of n numbers, none of them NaN; they change places. Time
 * O(n) in expectation. */
double sur_kth(double *x, sur_idx n, sur_idx k);

#endif
