/* generate.h -- what the generators of synthetic data share. */
#ifndef DATA_GENERATE_H
#define DATA_GENERATE_H

#include <surplus/data.h>

/* What is asked of a generator. Training rows come first. */
typedef struct sur_request {
    const sur_data_options *options;
    sur_idx train, test; /* rows */
    sur_idx columns;
    double *truth; /* [columns] or NULL */
} sur_request;

/* The generators. Each makes *out, all but its checksum. */
SUR_MUST_USE sur_status sur_generate_linear(sur_dataset *out,
                                            const sur_request *request, sur_error *err);
SUR_MUST_USE sur_status sur_generate_latent(sur_dataset *out,
                                            const sur_request *request, sur_error *err);
SUR_MUST_USE sur_status sur_generate_events(sur_dataset *out,
                                            const sur_request *request, sur_error *err);
SUR_MUST_USE sur_status sur_generate_teacher(sur_dataset *out,
                                             const sur_request *request,
                                             sur_error *err);

/* An empty data set with columns x1 .. xp and target y. */
SUR_MUST_USE sur_status sur_generate_table(sur_dataset *out, const sur_request *request,
                                           sur_error *err);

/* Rows of normals, column by column: entry i of column j is number i of a stream that
 * depends on (seed, purpose, j) alone, one purpose for training and one for test rows,
 * so that neither more columns nor more rows change the others. Writes columns first ..
 * first + count - 1 into block, column-major, [count x (train + test)]. */
typedef struct sur_purposes {
    const char *train, *test;
} sur_purposes;
void sur_generate_normals(double *block, const sur_request *request,
                          sur_purposes purposes, sur_idx first, sur_idx count);

/* The draws g_1 .. g_count whose first p, divided by their norm, are the coefficients
 * of synthetic:linear with p columns; and its noise, training rows first. */
void sur_generate_coefficients(double *draw, const sur_data_options *options,
                               sur_idx count);
void sur_generate_noise(double *noise, const sur_data_options *options, sur_idx train,
                        sur_idx test);

/* Makes x (rows x p, p of any size) have condition number `condition` in its smaller
 * Gram matrix over the first n rows, its singular vectors and Frobenius norm there
 * unchanged and its squared singular values in geometric sequence. Where p >= n only
 * these n rows change; where p < n the rows after them are transformed as they are. */
SUR_MUST_USE sur_status sur_generate_condition(sur_mat *x, sur_idx n, double condition,
                                               sur_error *err);

#endif
