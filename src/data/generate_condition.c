/* generate_condition.c -- a design matrix with a given condition number.
 *
 * X = U S V' (n x p, m = min(n, p)) becomes U T V' with t_1^2 : ... : t_m^2 in
 * geometric sequence from 1 to the condition number, in the order of S, and sum t^2 =
 * sum s^2. With the eigenvectors of the smaller Gram matrix, U or V, this is the
 * multiplication by U (T/S) U' from the left or by V (T/S) V' from the right. */
#include "data/generate.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

enum { SLICE = 256 }; /* rows or columns transformed at a time */

/* change (m x m) = U diag(t / s) U' for the eigenvectors and eigenvalues of a Gram
 * matrix, which are overwritten. */
static sur_status make_change(sur_mat *change, sur_mat *vectors, double *values,
                              double condition, sur_error *err)
{
    const sur_idx m = vectors->rows;
    double before = 0.0, after = 0.0;
    sur_mat scaled;
    sur_status status = sur_mat_new(&scaled, m, m, err);
    if (status != SUR_OK) return status;

    for (sur_idx k = 0; k < m; k++) {
        before += values[k];
        after += pow(condition, m > 1 ? (double)k / (double)(m - 1) : 0.0);
    }
    for (sur_idx k = 0; k < m; k++) {
        const double want = pow(condition, m > 1 ? (double)k / (double)(m - 1) : 0.0);
        values[k] = sqrt(want * (before / after) / values[k]);
    }
    for (sur_idx i = 0; i < m; i++)
        for (sur_idx k = 0; k < m; k++)
            sur_mat_row(&scaled, i)[k] = sur_mat_row(vectors, i)[k] * values[k];
    sur_mat_multiply(change, 1.0, &scaled, SUR_PLAIN, vectors, SUR_TRANSPOSED, 0.0);
    sur_mat_free(&scaled);
    return SUR_OK;
}

/* Rows of x in slices: x := x change; or columns of its first n rows: x := change x. */
static sur_status apply_change(sur_mat *x, const sur_mat *change, sur_side side,
                               sur_error *err)
{
    const bool right = side == SUR_TRANSPOSED;
    const sur_idx m = change->rows, length = right ? x->rows : x->cols;
    sur_mat room;
    sur_status status =
        right ? sur_mat_new(&room, SLICE, m, err) : sur_mat_new(&room, m, SLICE, err);
    if (status != SUR_OK) return status;

    for (sur_idx first = 0; first < length; first += SLICE) {
        const sur_idx count = length - first < SLICE ? length - first : SLICE;
        sur_mat part = right ? sur_mat_part(x, first, count, 0, m)
                             : sur_mat_part(x, 0, m, first, count);
        sur_mat new = sur_mat_part(&room, 0, part.rows, 0, part.cols);
        if (right)
            sur_mat_multiply(&new, 1.0, &part, SUR_PLAIN, change, SUR_PLAIN, 0.0);
        else
            sur_mat_multiply(&new, 1.0, change, SUR_PLAIN, &part, SUR_PLAIN, 0.0);
        sur_mat_copy(&part, &new);
    }
    sur_mat_free(&room);
    return SUR_OK;
}

sur_status sur_generate_condition(sur_mat *x, sur_idx n, double condition,
                                  sur_error *err)
{
    const sur_side side = x->cols < n ? SUR_TRANSPOSED : SUR_PLAIN;
    const sur_idx m = x->cols < n ? x->cols : n;
    const sur_mat train = sur_mat_part(x, 0, n, 0, x->cols);
    sur_mat gram = {0}, vectors = {0};
    double *values = NULL;
    sur_status status;

    SUR_TRY(sur_mat_new(&gram, m, m, err));
    SUR_TRY(sur_mat_new(&vectors, m, m, err));
    SUR_TRY(sur_alloc(&values, m, sizeof *values, err));
    sur_mat_multiply(&gram, 1.0, &train, side, &train,
                     side == SUR_PLAIN ? SUR_TRANSPOSED : SUR_PLAIN, 0.0);
    SUR_TRY(sur_eigen(values, &vectors, &gram, err));
    SUR_FAIL_IF(!(values[0] > 0.0), SUR_ENUMERIC,
                "the Gaussian rows drawn are linearly dependent: no condition number "
                "can be given to them");
    SUR_TRY(make_change(&gram, &vectors, values, condition, err));
    SUR_TRY(apply_change(x, &gram, side, err));

done:
    sur_mat_free(&gram);
    sur_mat_free(&vectors);
    free(values);
    return status;
}
