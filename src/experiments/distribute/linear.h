/* linear.h -- what linear tasks and their reference have in common. */
#ifndef DISTRIBUTE_LINEAR_H
#define DISTRIBUTE_LINEAR_H

#include "experiments/distribute/task.h"

/* Eigenvalues (ascending, *values is malloc'd) and, if vectors is not NULL,
 * eigenvectors of Z Z' or Z' Z, whichever is smaller; *count of them. */
SUR_MUST_USE sur_status distribute_spectrum(double **values, sur_mat *vectors,
                                            sur_idx *count, const sur_mat *z,
                                            sur_error *err);

/* SUR_ENUMERIC where products of features are not finite. */
SUR_MUST_USE sur_status distribute_finite(const sur_mat *gram, sur_error *err);

/* The least eigenvalue that is not zero. */
double distribute_least(const double *values, sur_idx count);

/* Test loss and error of answers (test x k), without the centre. */
sur_status distribute_judge(distribute_score *out, const distribute_data *data,
                            const sur_mat *answers);

/* What rows first .. of a model add to the expected loss on new rows of
 * synthetic:linear, whose columns are independent. */
double distribute_truth_loss(const distribute_data *data, const sur_mat *w,
                             sur_idx first);

/* The uncompressed solution of least norm, found in one place. NAN: not computed, since
 * it would cost more than the runs are worth. */
typedef struct distribute_reference {
    double loss;            /* || X w - y ||^2 that no model can go below */
    double norm;            /* || w || */
    double condition;       /* of X X' over its rank */
    double gd_rounds;       /* of plain gradient descent to the target; NAN: > 1e7 */
    distribute_score score; /* on the test part */
} distribute_reference;

SUR_MUST_USE sur_status distribute_reference_of(distribute_reference *out,
                                                const distribute_data *data,
                                                double tolerance, sur_error *err);

/* The loss at which a run may stop: tolerance ||y||^2, or where that cannot be reached
 * (1 + tolerance) times the reference's loss. */
double distribute_target(const distribute_reference *reference, double square,
                         double tolerance);

#endif
