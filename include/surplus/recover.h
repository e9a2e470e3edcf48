/* surplus/recover.h -- a low-rank matrix from few linear measurements, without its
 * rank.
 *
 * The unknown M is n1 x n2 of small rank. We see y_i = <A_i, M>, i = 1 .. m, and fit
 * M ~ V W' (or M ~ U U' when M is symmetric positive semidefinite) by descent on
 *     f = (1/4) g/m sum_i (<A_i, V W'> - y_i)^2
 * from a small random start U_0 = alpha G, G_ij ~ N(0, 1/r), with r columns, r at least
 * the rank of M and possibly as large as n. g makes E (g/m) A*A the identity. The small
 * start, not a penalty and not r, is what keeps the rank of the answer low.
 *
 * Source: Stoeger & Soltanolkotabi, "Small random initialization is akin to spectral
 * learning", NeurIPS 2021, arXiv:2106.15013; solvers: Xu, Shen, Chi & Ma, ICML 2023
 * (ScaledGD(lambda)); Zhang, Fattahi & Zhang, arXiv:2504.09708 (PrecGD). */
#ifndef SUR_RECOVER_H
#define SUR_RECOVER_H

#include <surplus/dense.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- operators: what was measured ---- */

/* One evaluation at X = left right'. */
typedef struct sur_pass {
    const sur_mat *left, *right; /* n1 x r, n2 x r; the same for a symmetric operator */
    const double *y;             /* [m] */
    const double *weight; /* [m], 0 or 1: which measurements pull; NULL: all of them */
    double *residual;     /* [m] out: A(X) - y, of all measurements */
    sur_mat *left_out;    /* out: D right,  D = sum_i weight_i residual_i A_i */
    sur_mat *right_out;   /* out: D' left; not used by symmetric operators */
    bool exact; /* all sums in double; otherwise products may be taken in float */
} sur_pass;

/* A linear map from n1 x n2 matrices to m numbers. A user gives forward and adjoint;
 * pass and apply are faster ways to the same numbers and may be NULL. Calls of one
 * operator must not overlap (it may keep scratch memory). */
typedef struct sur_operator {
    sur_idx rows, cols, count; /* n1, n2, m */
    bool symmetric;            /* n1 = n2, and every A_i is symmetric */
    double gain;               /* g; 0: measured with random matrices */
    bool centred;              /* the mean residual is taken off (rank-one) */
    /* out[i] = <A_i, X> */
    sur_status (*forward)(void *payload, double *out, const sur_mat *x, sur_error *err);
    /* out = sum_i z_i A_i */
    sur_status (*adjoint)(void *payload, sur_mat *out, const double *z, sur_error *err);
    /* count passes over one reading of the measurements */
    sur_status (*pass)(void *payload, const sur_pass *passes, sur_idx count,
                       sur_error *err);
    /* left_out = A*(z) right and right_out = A*(z)' left; either output may be NULL */
    sur_status (*apply)(void *payload, sur_mat *left_out, sur_mat *right_out,
                        const double *z, const sur_mat *left, const sur_mat *right,
                        sur_error *err);
    void (*free)(void *payload);
    void *payload;
} sur_operator;

/* How dense measurement matrices are kept: as 4-byte or 2-byte floats, or not at all
 * (made again from the seed in every pass). */
typedef enum sur_storage { SUR_STORE_F32, SUR_STORE_BF16, SUR_STORE_NONE } sur_storage;

/* A_i with independent standard normal coordinates in an orthonormal basis: of the
 * symmetric matrices (diagonal N(0,1), off-diagonal N(0,1/2); cols = 0), or of all
 * rows x cols ones. The numbers are a function of (seed, i) and their place alone, and
 * the same for every storage but bf16, which rounds them and so defines other A_i.
 * SUR_ENOMEM, SUR_EINVAL (sizes below 1). */
SUR_CHECKED sur_status sur_operator_gaussian(sur_operator *op, sur_idx rows,
                                             sur_idx cols, sur_idx count, uint64_t seed,
                                             sur_storage storage, sur_error *err);

/* A_i given: matrices holds m of them, rows x cols, one behind the other, scalar 4 or 8
 * bytes each. With symmetric true (rows = cols) only A_i + A_i' is kept, which is all a
 * symmetric M is seen by. Copies. SUR_EPARSE: an entry that is not finite. */
SUR_CHECKED sur_status sur_operator_dense(sur_operator *op, const void *matrices,
                                          int scalar_bytes, sur_idx rows, sur_idx cols,
                                          sur_idx count, bool symmetric,
                                          sur_storage storage, sur_error *err);

/* Entries: <A_e, X> = X[row_e, col_e]. Entries may come in any order; each place at
 * most once (SUR_EINVAL names one that comes twice or lies outside). symmetric: an
 * entry also tells the mirrored one. Copies. */
SUR_CHECKED sur_status sur_operator_entries(sur_operator *op, const int32_t *row,
                                            const int32_t *col, sur_idx count,
                                            sur_idx rows, sur_idx cols, bool symmetric,
                                            sur_error *err);

/* <A_i, X> = a_i' X a_i, a_i the rows of vectors (m x n, borrowed for the operator's
 * life). centred takes the mean off the residuals, without which the identity part of
 * E A*A swamps a small start. */
SUR_CHECKED sur_status sur_operator_rank_one(sur_operator *op, const sur_mat *vectors,
                                             bool centred, sur_error *err);

SUR_API void sur_operator_free(sur_operator *op);

/* <A(X), z> = <X, A*(z)> for random X and z, and that pass and apply agree with forward
 * and adjoint. *gap (may be NULL) is the worst relative disagreement. Fails with
 * SUR_EINVAL, saying which of them disagree, when gap > 1e-6; SUR_ENUMERIC when a
 * result is not finite. */
SUR_CHECKED sur_status sur_operator_test(const sur_operator *op, double *gap,
                                         sur_error *err);

/* The same calls whether or not the fast ways are there. */
SUR_CHECKED sur_status sur_operator_pass(const sur_operator *op, const sur_pass *passes,
                                         sur_idx count, sur_error *err);
SUR_CHECKED sur_status sur_operator_apply(const sur_operator *op, sur_mat *left_out,
                                          sur_mat *right_out, const double *z,
                                          const sur_mat *left, const sur_mat *right,
                                          sur_error *err);

/* || A*(z) ||, the largest singular value, by power iteration. */
SUR_CHECKED sur_status sur_operator_norm(double *norm, const sur_operator *op,
                                         const double *z, sur_error *err);

/* g of this operator: its gain, or one measured with random matrices where that is 0.
 */
SUR_CHECKED sur_status sur_operator_gain(double *gain, const sur_operator *op,
                                         sur_error *err);

/* ---- recovery ---- */

typedef enum sur_recover_method {
    SUR_RECOVER_GD,     /* U <- U - mu D U */
    SUR_RECOVER_SCALED, /* U <- U - mu D U (U'U + lambda I)^-1 */
    SUR_RECOVER_PREC    /* the same with lambda = || residual || / 2 */
} sur_recover_method;

typedef enum sur_recover_start {
    SUR_START_RANDOM,
    SUR_START_JUMP /* phase I on the n x n matrix A*(y) instead of the measurements */
} sur_recover_start;

/* One iterate, shown to observe. */
typedef struct sur_recover_view {
    sur_idx run;
    int64_t iteration;
    const sur_mat *left, *right; /* the same matrix for symmetric operators */
    double fit, holdout; /* relative residual norms; holdout is NAN without one */
    double step;         /* the step in use */
} sur_recover_view;

/* Made by sur_recover_defaults; NAN and 0 are "choose". */
typedef struct sur_recover_options {
    sur_idx rank; /* r, columns of the factor; 0: min(n, 50) */
    sur_recover_method method;
    sur_recover_start start;
    double init_scale;  /* alpha, in units of sqrt(|| A*(y) ||) */
    bool init_absolute; /* alpha as it is */
    double step;        /* mu; NAN: 0.25 / || A*(y) || (gd), 0.5 (the others), halved
                         * whenever the residual grows */
    double damping;     /* lambda of SUR_RECOVER_SCALED; NAN: 0.05 || A*(y) || */
    double momentum;    /* beta of the heavy ball U += beta (U - U_last), once the
                         * relative residual is below 0.3; NAN: 0.5 (prec), 0 (others) */
    int64_t iterations;
    double tolerance; /* on the relative residual */
    double holdout;   /* share of the measurements kept aside for stopping; 0: none, and
                       * the last iterate is returned */
    uint64_t seed;    /* of the start and of the hold-out */
    /* Called at every iterate; false ends that run. May be NULL. */
    sur_status (*observe)(void *payload, const sur_recover_view *view, bool *go_on,
                          sur_error *err);
    bool (*stop)(void *payload); /* true: return SUR_ESTOPPED; may be NULL */
    void *payload;
} sur_recover_options;

typedef enum sur_recover_end {
    SUR_END_TOLERANCE,
    SUR_END_ITERATIONS,
    SUR_END_HOLDOUT,  /* the hold-out error stopped falling */
    SUR_END_OBSERVER, /* observe said so */
    SUR_END_DIVERGED  /* a step that was given explicitly is too long */
} sur_recover_end;

typedef struct sur_recover_result {
    sur_mat left, right; /* U (right empty) or V and W: the best iterate */
    sur_recover_end end;
    int64_t iterations; /* of the last iterate */
    int64_t best;       /* of the one returned */
    int64_t jumped;     /* iterations made on the n x n matrix */
    int64_t passes;     /* over the measurements */
    double fit;       /* || A(X) - y || / || y || on those used, at the one returned */
    double holdout;   /* the same on those kept aside; NAN */
    double scale;     /* s = || A*(y) || */
    double alpha;     /* the absolute scale of the start */
    double step;      /* the last one used */
    sur_idx halvings; /* of the step */
    double advice;    /* a step that would do, where END_DIVERGED */
    double *singular; /* [rank] singular values of U U' or V W', descending */
    sur_idx rank;     /* r */
    sur_idx rank_found; /* singular values above the threshold */
    double threshold;
    double seconds;
} sur_recover_result;

SUR_API sur_recover_options sur_recover_defaults(void);

/* Recovers with several settings at once from one reading of the measurements per
 * iteration; results[k] is what options[k] gives alone, bit for bit. Fails with
 * SUR_EINVAL, SUR_ESHAPE, SUR_ENOMEM, SUR_ENUMERIC (y is not finite or zero), what the
 * operator or observe returned, or SUR_ESTOPPED. A run whose explicit step diverges is
 * an outcome (END_DIVERGED). results are freed by the caller, also after a failure. */
SUR_CHECKED sur_status sur_recover_many(sur_recover_result *results,
                                        const sur_operator *op, const double *y,
                                        const sur_recover_options *options,
                                        sur_idx count, sur_error *err);

/* One setting; runs sur_operator_test first. A diverging step is SUR_ENUMERIC here,
 * naming one that would do. */
SUR_CHECKED sur_status sur_recover_run(sur_recover_result *result,
                                       const sur_operator *op, const double *y,
                                       const sur_recover_options *options,
                                       sur_error *err);

SUR_API void sur_recover_free(sur_recover_result *result);

/* ---- what one would do otherwise ---- */

/* The best rank-r approximation of (g/m) A*(y); of its positive part if symmetric. */
SUR_CHECKED sur_status sur_recover_spectral(sur_recover_result *result,
                                            const sur_operator *op, const double *y,
                                            sur_idx rank, sur_error *err);

/* min (g/2m) || A(X) - y ||^2 + penalty || X ||_*, by accelerated proximal gradient
 * with restarts along a falling path of penalties; the last is `penalty` times
 * || A*(y) ||, or with a hold-out share the one that is best there. Needs n x n
 * matrices and a decomposition per iteration: moderate sizes. */
SUR_CHECKED sur_status sur_recover_nuclear(sur_recover_result *result,
                                           const sur_operator *op, const double *y,
                                           double penalty, double holdout,
                                           int64_t iterations, uint64_t seed,
                                           sur_error *err);

/* Alternating least squares for entries: each row of V, then of W, is a ridge
 * regression with penalty `ridge` times its number of entries. */
SUR_CHECKED sur_status sur_recover_als(sur_recover_result *result, const int32_t *row,
                                       const int32_t *col, const double *value,
                                       sur_idx count, sur_idx rows, sur_idx cols,
                                       sur_idx rank, double ridge, int64_t sweeps,
                                       uint64_t seed, sur_error *err);

#ifdef __cplusplus
}
#endif
#endif
