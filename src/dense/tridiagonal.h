/* tridiagonal.h -- (M + mu I)^-1 for many mu from one reduction M = Q T Q'. */
#ifndef DENSE_TRIDIAGONAL_H
#define DENSE_TRIDIAGONAL_H

#include <surplus/dense.h>

/* Right-hand sides go through in groups of exactly this many (the rest zero), so that
 * the shapes of the products, and with them the bits, do not depend on how many there
 * are. A multiple of the column tiles of the known BLAS kernels: each place in it is
 * like any other. */
enum { DENSE_GROUP = 56 };

typedef struct dense_tridiagonal {
    sur_mat
        m; /* order x order: M going in (lower triangle), the reflectors of Q then */
    double *diagonal, *below; /* T: [order], [order - 1] */
    double lowest, highest;   /* eigenvalues of M */
    double *tau, *work;
    sur_mat turned; /* DENSE_GROUP + 1 x order: right-hand sides, and a row of ones */
    int *iwork;
    int work_size;
} dense_tridiagonal;

/* Room for order x order; t is empty or partly acquired after a failure: free it. */
SUR_MUST_USE sur_status dense_tridiagonal_new(dense_tridiagonal *t, sur_idx order,
                                              sur_error *err);

void dense_tridiagonal_free(dense_tridiagonal *t);

/* Reduces what the lower triangle of t->m holds. */
SUR_MUST_USE sur_status dense_tridiagonal_reduce(dense_tridiagonal *t, sur_error *err);

/* Row c of x (DENSE_GROUP x order) becomes (M + mu[c] I)^-1 times it. SUR_ENUMERIC if
 * the shifted matrix is not positive definite. */
SUR_MUST_USE sur_status dense_tridiagonal_solve(dense_tridiagonal *t, const double *mu,
                                                sur_mat *x, sur_error *err);

/* The condition number of M, and of M + mu I: infinite where the smallest eigenvalue is
 * not positive. */
double dense_tridiagonal_condition(const dense_tridiagonal *t, double mu);

/* trace M (M + mu I)^-1 */
double dense_tridiagonal_effective(const dense_tridiagonal *t, double mu);

/* All eigenvalues of M, ascending. */
SUR_MUST_USE sur_status dense_tridiagonal_values(dense_tridiagonal *t, double *values,
                                                 sur_error *err);

#endif
