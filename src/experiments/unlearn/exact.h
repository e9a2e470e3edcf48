/* exact.h -- deleting rows from a least-squares model without fitting it again.
 *
 * Z (n x p) the design, Y (n x k) targets, mu >= 0 the ridge penalty, S the rows to
 * forget, s of them, R the others; theta the model of all rows, theta' that of R:
 *
 *   primal (p < n)   A = Z'Z + mu,  H_SS = Z_S A^-1 Z_S'  (Sherman & Morrison 1950)
 *       theta' = theta - A^-1 Z_S' (I - H_SS)^-1 (Y_S - Z_S theta)
 *   dual (p >= n, kernels)  G = Z Z' + mu (kernels: K + mu),  theta = Z' a,  a = G^-1 Y
 *       a' = a - G^-1 E_S [G^-1]_SS^-1 a_S,  theta' = Z' a'
 *
 * where E_S picks the rows S, so that a'_S = 0. As I - H_SS = mu [G^-1]_SS the two are
 * one formula, but the dual one also holds at mu = 0, where the model interpolates: it
 * is then the projection of theta onto the span of the retained rows, their
 * interpolator of least norm.
 *
 * The factor of A or G costs one fit and is kept, so that every deletion costs O(p^2 s)
 * or O(n^2 s). A deletion that no formula serves is a fit of the retained rows, which
 * the report says. */
#ifndef UNLEARN_EXACT_H
#define UNLEARN_EXACT_H

#include <surplus/dense.h>

typedef struct unlearn_exact unlearn_exact;

enum {
    UNLEARN_DOWNDATE, /* primal */
    UNLEARN_PROJECT,  /* dual */
    UNLEARN_REFIT
};

/* How a deletion was done. */
typedef struct unlearn_exact_report {
    int method;
    const char *reason; /* of a refit, in words; NULL else */
    double condition; /* of I - H_SS (primal) or [G^-1]_SS (dual); NAN if not formed */
    double
        residual; /* || Z_R'(Y_R - Z_R theta') - mu theta' || / || Z_R'Y_R ||; kernels:
                   * || (Y - (K + mu) a')_R || / || Y_R || */
} unlearn_exact_report;

/* Fits all rows of z (n x p) to y (n x k) and keeps what deletions need. z and y are
 * borrowed for as long as *out lives. SUR_ESHAPE, SUR_EINVAL (mu < 0), SUR_ENUMERIC
 * (entries that are not finite), SUR_ENOMEM. Free with unlearn_exact_free. */
SUR_MUST_USE sur_status unlearn_exact_open(unlearn_exact **out, const sur_mat *z,
                                           const sur_mat *y, double mu, sur_error *err);

/* The same for a kernel matrix k (n x n); models are then n x k: the coefficients of
 * the rows, 0 at the forgotten ones. */
SUR_MUST_USE sur_status unlearn_exact_open_kernel(unlearn_exact **out, const sur_mat *k,
                                                  const sur_mat *y, double mu,
                                                  sur_error *err);
void unlearn_exact_free(unlearn_exact *exact);

/* The model of all rows: p x k (kernels: n x k). Borrowed. */
const sur_mat *unlearn_exact_model(const unlearn_exact *exact);

/* after = the model of the rows but picks[0 .. count-1], which are different rows of 0
 * .. n-1; 0 <= count < n. report may be NULL. SUR_EINVAL (picks), SUR_ENUMERIC,
 * SUR_ENOMEM. */
SUR_MUST_USE sur_status unlearn_exact_delete(sur_mat *after,
                                             unlearn_exact_report *report,
                                             const unlearn_exact *exact,
                                             const sur_idx *picks, sur_idx count,
                                             sur_error *err);

/* after = before - c P before, P the projection off the span of the rows of retained
 * (m x p): MinNormOG for a linear model (Block et al. 2025). With c = 1 and a model of
 * least norm this is unlearn_exact_delete. SUR_ENUMERIC, SUR_ENOMEM. */
SUR_MUST_USE sur_status unlearn_min_norm(sur_mat *after, const sur_mat *before,
                                         const sur_mat *retained, double c,
                                         sur_error *err);

#endif
