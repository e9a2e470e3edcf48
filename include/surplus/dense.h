/* surplus/dense.h -- dense row-major matrices of double; whole curves of least squares.
 *
 * Letters: Z (n x p) a design matrix, Y (n x k) targets, mu >= 0 a ridge penalty, B (p
 * x k) coefficients. mu > 0:  B = argmin ||Z B - Y||^2 + mu ||B||^2 mu = 0:  B = Z^+ Y,
 * the solution of least norm among those that fit best. */
#ifndef SUR_DENSE_H
#define SUR_DENSE_H

#include <surplus/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A view: entry (i, j) is data[i * stride + j]. Copying the struct copies the
 * view, not the numbers. A `const sur_mat *` argument promises that the numbers
 * are not changed either. */
typedef struct sur_mat {
    double *data;
    sur_idx rows, cols;
    sur_idx stride; /* >= cols */
} sur_mat;

/* Makes *m a zero rows x cols matrix that the caller owns; free with sur_mat_free.
 * SUR_ESHAPE (a dimension negative or above INT32_MAX), SUR_ENOMEM: *m is empty then.
 */
SUR_CHECKED sur_status sur_mat_new(sur_mat *m, sur_idx rows, sur_idx cols,
                                   sur_error *err);

/* Frees a matrix made by sur_mat_new (never a view of one) and empties *m. */
SUR_API void sur_mat_free(sur_mat *m);

/* The view of rows first_row .. and columns first_col .. of m. */
SUR_API sur_mat sur_mat_part(const sur_mat *m, sur_idx first_row, sur_idx rows,
                             sur_idx first_col, sur_idx cols);

SUR_API void sur_mat_fill(sur_mat *m, double value);
SUR_API void sur_mat_copy(sur_mat *to, const sur_mat *from); /* one shape, no overlap */

/* y += a * x, entry by entry; x and y have one shape and do not overlap. */
SUR_API void sur_mat_axpy(sur_mat *y, double a, const sur_mat *x);

typedef enum sur_side { SUR_PLAIN, SUR_TRANSPOSED } sur_side;

/* c = alpha op(a) op(b) + beta c, through BLAS. Shapes are asserted. */
SUR_API void sur_mat_multiply(sur_mat *c, double alpha, const sur_mat *a,
                              sur_side side_a, const sur_mat *b, sur_side side_b,
                              double beta);

/* || x ||_2 of n numbers, without overflow or underflow on the way. */
SUR_API double sur_norm2(const double *x, sur_idx n);

/* The Frobenius norm, likewise. */
SUR_API double sur_mat_norm(const sur_mat *m);

/* Threads of the linear algebra underneath, for this process. sur_threads_get asks. */
SUR_API void sur_threads_set(int threads);
SUR_API int sur_threads_get(void);

/* How it runs them: "openmp"; "pthread", which is slow beside OpenMP code and worth a
 * warning; or "none". */
SUR_API const char *sur_threads_kind(void);

/* ---- the whole curve at the cost of one fit ---- */

/* Columns of a design matrix Z, made on demand: column j is the same whoever asks and
 * in which block. fill writes columns first .. first+out->cols-1 of all rows into out
 * (rows x count), and may fail. A source that holds its columns may instead point
 * out->data and out->stride at them; they must stay until the curve is solved. */
typedef struct sur_columns {
    sur_idx rows, cols; /* n, and the most columns there are */
    sur_status (*fill)(void *payload, sur_idx first, sur_mat *out, sur_error *err);
    void *payload;
} sur_columns;

/* Columns output .. output + outputs - 1 of Y are fitted; outputs = 0: all of Y. So
 * points with targets of their own (another noise, another planted answer) share one
 * design. */
typedef struct sur_curve_point {
    sur_idx width; /* p: the first p columns are used; 1 .. cols */
    double ridge;  /* mu >= 0 */
    sur_idx output, outputs;
} sur_curve_point;

/* What a fit says of itself. */
typedef struct sur_curve_fit {
    double condition; /* of the smaller Gram matrix (Z Z' or Z' Z) before the ridge,
                       * over its numerical rank: the square of Z's. In the 2-norm; to
                       * about one percent at "qr", "cholesky" and "row qr" points and
                       * narrow "tridiagonal" ones */
    sur_idx rank;     /* numerical rank of Z at this width */
    double effective; /* effective parameters, trace Z (Z'Z + mu I)^-1 Z' */
    double norm;      /* Frobenius norm of B */
    double residual; /* || Z B - Y ||_F^2 / n, in the weighted metric if there is one */
    const char *method; /* "qr", "cholesky", "row qr", "tridiagonal", "svd", "gelsd";
                         * "ldl", "eigen" */
} sur_curve_fit;

/* Takes one finished point. b (width x outputs) and fit are borrowed for the call. */
typedef sur_status (*sur_curve_take)(void *payload, sur_idx point, const sur_mat *b,
                                     const sur_curve_fit *fit, sur_error *err);

/* Solves every point from one pass over the columns and hands each to take, in an order
 * of its own. Without a ridge, widths up to n come from one QR of the first columns and
 * wider ones from the Cholesky factor of the n x n Gram matrix, which is summed in
 * fixed blocks of columns; fits are refined through Z. With a ridge the Gram matrix is
 * reduced to tridiagonal form once for each width (which costs as much as several
 * Cholesky factors), and every penalty after that next to nothing. Ill-conditioned
 * widths go through orthogonal factors of Z, singular values or gelsd, at up to gelsd's
 * cost.
 *
 * Each point's bits depend on that point, the columns and its targets only, never on
 * which other points were asked for (with one thread). Predictions agree with LAPACK's
 * gelsd to 1e-8 up to a condition number of 1e8 of Z; beyond, where any two stable
 * methods differ, gelsd itself is called.
 *
 * weight ([n], or NULL) multiplies each row's squared error; a row of weight 0 is left
 * out. Weights of both signs are fitted where the loss has a minimum: with a ridge, and
 * at widths up to n, as long as the weighted Gram matrix (with its ridge) stays
 * positive definite; otherwise SUR_ENUMERIC says so. Such points are factored one by
 * one, and condition and rank are then those of the rows scaled by sqrt |weight|.
 *
 * Fails with SUR_EINVAL (a point out of range, all weights 0), SUR_ENOMEM,
 * SUR_ENUMERIC, or what fill or take returned. Memory: O(n^2 + n P) doubles for the
 * largest width P. Up to 1 GiB of columns is kept; more are filled again when they are
 * needed again. */
SUR_CHECKED sur_status sur_curve_solve(const sur_columns *z, const sur_mat *y,
                                       const double *weight,
                                       const sur_curve_point *points, sur_idx count,
                                       sur_curve_take take, void *payload,
                                       sur_error *err);

/* Bytes sur_curve_solve will need, at most: a well-conditioned design takes about a
 * third. Weights of both signs take another 8 rows widest. */
SUR_API double sur_curve_memory(sur_idx rows, sur_idx outputs, sur_idx widest);

/* ---- many more rows than columns ---- */

/* Rows of a design matrix, its targets and weights, made on demand: row i is the same
 * whoever asks. fill writes rows first .. first + z->rows - 1: their first z->cols
 * columns, their targets (z->rows x outputs) and, if `weighted`, their weights
 * [z->rows]; it may fail. */
typedef struct sur_rows {
    sur_idx rows, cols, outputs; /* n, the most columns there are, k */
    bool weighted;
    sur_status (*fill)(void *payload, sur_idx first, sur_mat *z, sur_mat *y,
                       double *weight, sur_error *err);
    void *payload;
} sur_rows;

/* What sur_curve_solve does for widths up to n, in memory that does not grow with n:
 * the rows are made block by block, once for the normal equations and, where their
 * condition number is above 1e7, once more for an orthogonal factorization. A point's
 * bits depend on that point, the rows and all their targets, never on which other
 * points were asked for; predictions agree with gelsd to 1e-8 up to a condition number
 * of 1e8 of Z. With weights of both signs the weighted Gram matrix must be
 * positive definite (condition number up to 1e8); otherwise SUR_ENUMERIC says so. Fails
 * as sur_curve_solve. */
SUR_CHECKED sur_status sur_tall_solve(const sur_rows *rows,
                                      const sur_curve_point *points, sur_idx count,
                                      sur_curve_take take, void *payload,
                                      sur_error *err);

/* Bytes sur_tall_solve will need, at most. */
SUR_API double sur_tall_memory(sur_idx outputs, sur_idx widest);

/* sur_curve_solve for a kernel matrix K (n x n, symmetric positive semidefinite): the
 * width-inf point. a (n x k) solves (K + mu I) a = Y, in the least-norm sense at mu =
 * 0; predictions are K_test a. *fit is filled in (norm is sqrt(trace a' K a)). */
SUR_CHECKED sur_status sur_kernel_solve(sur_mat *a, sur_curve_fit *fit,
                                        const sur_mat *k, const sur_mat *y,
                                        double ridge, sur_error *err);

/* One least-squares fit by LAPACK's gelsd: the slow and obvious reference. Singular
 * values up to rcond times the largest count as zero; rcond < 0 is the machine
 * precision times max(n, p). *condition, of Z over its numerical rank, and *rank may be
 * NULL. */
SUR_CHECKED sur_status sur_lstsq(sur_mat *b, double *condition, sur_idx *rank,
                                 const sur_mat *z, const sur_mat *y, double rcond,
                                 sur_error *err);

/* Eigenvalues (ascending, [n]) and, if vectors is not NULL, eigenvectors (its columns)
 * of a symmetric matrix; the lower triangle of a is read. */
SUR_CHECKED sur_status sur_eigen(double *values, sur_mat *vectors, const sur_mat *a,
                                 sur_error *err);

/* Singular values, descending, [min(rows, cols)]; u (rows x r) and v (cols x r),
 * r = min(rows, cols), may be NULL. */
SUR_CHECKED sur_status sur_svd(double *values, sur_mat *u, sur_mat *v, const sur_mat *a,
                               sur_error *err);

static inline double *sur_mat_row(const sur_mat *m, sur_idx i)
{
    return m->data + i * m->stride;
}

#ifdef __cplusplus
}
#endif
#endif
