/* precond.h -- a node of LC-Precond: its rows made orthonormal, and what it believes.
 *
 * Node i holds Z_i = U_i diag(s_i) P_i (thin, P_i with orthonormal rows) and solves
 * P_i v = diag(1/s_i) U_i' y_i, which has the same solutions as Z_i v = y_i and no
 * condition number of its own. With ^ for what the root has been told,
 *
 *     once   P_i, to the root as P^_i
 *     then   up    e_i = diag(1/s_i) U_i' (y_i - Z_i v)
 *            root  c = P^+ e^  (P^ of all nodes, its own rows exact)
 *            down  c, and all: v <- v + c^.
 *
 * The error falls by about ||(P^ - P) P^+|| a round, whatever the condition of X. */
#ifndef DISTRIBUTE_PRECOND_H
#define DISTRIBUTE_PRECOND_H

#include "experiments/distribute/methods.h"

/* P^+ of a stack of rows, by its singular values. */
typedef struct precond_inverse {
    sur_mat u, v;  /* n x m, d x m */
    double *value; /* [m], descending */
    sur_idx kept;  /* singular values above the noise */
    sur_mat room;  /* m x k */
} precond_inverse;

SUR_MUST_USE sur_status precond_inverse_new(precond_inverse *out, sur_idx n, sur_idx d,
                                            sur_idx k, sur_error *err);
void precond_inverse_free(precond_inverse *inverse);
/* Factors the stack p (n x d); singular values up to noise are left out. */
SUR_MUST_USE sur_status precond_inverse_set(precond_inverse *inverse, const sur_mat *p,
                                            double noise, sur_error *err);
/* c (d x k) = P^+ e; returns the norm of what is left out of e. */
double precond_inverse_apply(sur_mat *c, precond_inverse *inverse, const sur_mat *e);

/* A node's own rows. */
typedef struct precond_rows {
    sur_mat z, y; /* N_i x d, N_i x k; views */
    sur_mat p;    /* N_i x d, orthonormal rows, zero where Z_i lacks rank */
    sur_mat map;  /* N_i x N_i, diag(1/s) U' */
    sur_mat r, e; /* N_i x k */
} precond_rows;

SUR_MUST_USE sur_status precond_rows_new(precond_rows *out, const distribute_task *task,
                                         sur_idx node, sur_error *err);
void precond_rows_free(precond_rows *rows);
/* e of the model v [dim]; *loss = || y_i - Z_i v ||^2. */
void precond_rows_compute(precond_rows *rows, const double *v, double *loss);

/* How finely things are said, in the coded way. */
#define PRECOND_UP 0.15     /* step of e, in units of its root mean square */
#define PRECOND_REFINE 0.35 /* a worse contraction than this asks for better rows */
#define PRECOND_CUT 0.5     /* singular values below this share of the noise's norm */

/* The step nearest to x, in quarter octaves. */
int precond_step(double x);
double precond_step_value(int step);

#endif
