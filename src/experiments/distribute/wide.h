/* wide.h -- networks with one wide layer, in the coordinates that are sent.
 *
 *     F_1 = s(X W_1),  A = F_1 W_2,  f = s(A) W_3     (hidden = n_2 > 0)
 *                                    f = A            (hidden = 0)
 *     s(x) = g x + (1 - g) (log(1 + e^x) - log 2),  g = 0.3,
 *
 * and y / u is what f is to be, u the root mean square of all targets,
 * so that g < s' < 1 and |s(x)| <= |x|. X (N x p), W_1 (p x n_1) with n_1 = width the
 * wide layer, then a pyramid; no biases; every W_l starts at N(0, 1 / fan in). It is
 * the setting of Nguyen & Mondelli, "Global convergence of deep networks with one wide
 * layer followed by pyramidal topology", NeurIPS 2020, in which gradient descent
 * converges at a rate set by the least singular value of F_1. What is sent is our
 * reconstruction:
 *
 *     all     v = theta, all D parameters (d = 0)
 *     global  theta = theta_0 + S v, S (D x d). For any architecture; near linear while
 *             J S, with J the derivative of f by theta, has rank N k
 *     layer   W_1 is frozen, W_2 = W_2^0 + S V, S (n_1 x d), v = (V, W_3): a network on
 *             Z = F_1 S with A = A_0 + Z V. It converges as the whole one, with Z for
 *             F_1, and sends numbers whose count has neither p nor n_1 in it */
#ifndef DISTRIBUTE_WIDE_H
#define DISTRIBUTE_WIDE_H

#include "experiments/distribute/task.h"

typedef struct wide_share {
    const distribute_task *task; /* as it was returned, so it must not move */
    sur_idx node;
} wide_share;

typedef struct wide {
    const distribute_data *data;
    sur_idx p, n1, n2, k; /* n2 = 0: no second hidden layer */
    sur_idx n;            /* columns of A: n2, or k */
    sur_idx all;          /* D */
    double unit;          /* u */
    sur_sketch sketch;    /* cols = 0: none */
    uint32_t *places;     /* of it */
    bool layer;
    double *first, *theta, *gradient;   /* [D]: theta_0; theta at `last`; scratch */
    double *last;                       /* [dim] */
    sur_mat f1, slope1, a, slope2, out; /* scratch of `most` rows */
    sur_mat z, a0;                      /* scheme layer: N x d, N x n */
    sur_idx most;                       /* rows of one node, at most */
    wide_share *share;                  /* [nodes] */
} wide;

/* W_1, W_2 or W_3 of theta, or of a gradient in its place. */
sur_mat wide_weights(const wide *w, double *theta, int layer);

/* W_3 of scheme layer, in v or in a gradient in its place. */
sur_mat wide_last(const wide *w, double *v);

/* Z = F_1 S and A_0 = F_1 W_2^0 of all training rows, for scheme layer. */
SUR_MUST_USE sur_status wide_features(wide *w, sur_error *err);

/* Moves to v [dim]; forward and backward are at that place. */
SUR_MUST_USE sur_status wide_place(wide *w, sur_idx dim, const double *v,
                                   sur_error *err);

/* What forward and backward read of a node's examples: their inputs, or for scheme
 * layer z and a0. */
void wide_examples(const wide *w, sur_idx node, sur_mat *x, sur_mat *a0);

/* Outputs of x into the first rows of w->out. */
void wide_forward(wide *w, const sur_mat *x, const sur_mat *a0);

/* After forward, with R (rows x k) put in place of the outputs: g [dim] <- J' R. */
SUR_MUST_USE sur_status wide_backward(wide *w, double *g, sur_idx dim, const sur_mat *x,
                                      sur_error *err);

/* out (rows x k) <- outputs for any inputs. Moves scratch, not the place. */
SUR_MUST_USE sur_status wide_answer(wide *w, sur_mat *out, const sur_mat *x,
                                    sur_error *err);

/* wide_spectrum.c: the largest and the least non-zero eigenvalue of J J' where v
 * begins; *least = 0: not known. */
SUR_MUST_USE sur_status wide_spectrum(double *most, double *least,
                                      const distribute_task *task, sur_error *err);

/* All D parameters at the place, into w->theta. */
SUR_MUST_USE sur_status wide_model(wide *w, sur_error *err);

/* The first `rows` rows of a scratch matrix; rows first .. of any. */
static inline sur_mat wide_top(const sur_mat *scratch, sur_idx rows)
{
    return sur_mat_part(scratch, 0, rows, 0, scratch->cols);
}

static inline sur_mat wide_rows(const sur_mat *m, sur_idx first, sur_idx rows)
{
    return sur_mat_part(m, first, rows, 0, m->cols);
}

#endif
