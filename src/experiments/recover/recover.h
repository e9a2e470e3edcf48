/* recover.h -- what the solver's files share. */
#ifndef RECOVER_RECOVER_H
#define RECOVER_RECOVER_H

#include <surplus/random.h>
#include <surplus/recover.h>

/* Takes the mean residual off where the operator is centred; returns it. */
double recover_center(const sur_operator *op, double *residual, const double *weight);

/* ---- one run of a solver ---- */

typedef struct recover_run {
    const sur_recover_options *options;
    sur_recover_result *result;
    sur_mat left, right;           /* the iterate; right empty if symmetric */
    sur_mat left_dir, right_dir;   /* gradients, then directions */
    sur_mat left_last, right_last; /* the directions of the last step */
    sur_mat best_left, best_right; /* by hold-out */
    sur_mat gram, other_gram;      /* r x r scratch */
    double *weight;                /* [m] 0 where held out; NULL: none is */
    double *residual;              /* [m] */
    sur_idx used;                  /* measurements not held out */
    double factor;                 /* g / used */
    double y_norm, held_norm;      /* of y, centred, on the two parts */
    double scale;                  /* s = factor || A*(y) || */
    double step, damping, momentum;
    bool chosen;  /* the step is ours to change */
    bool stepped; /* the last directions led here */
    bool rolled;  /* with momentum */
    double fit, first_fit, last_fit, holdout, best_holdout;
    int64_t iteration;
    bool done;
} recover_run;

/* Draws weights and norms, measures s, chooses alpha and mu, draws U_0. like: another
 * run of the same operator and y whose measures may be reused, or NULL. */
SUR_MUST_USE sur_status recover_run_begin(recover_run *run, const recover_run *like,
                                          const sur_operator *op, const double *y,
                                          double gain, const sur_recover_options *o,
                                          sur_recover_result *result, sur_error *err);
void recover_run_free(recover_run *run);

/* U_0 = alpha G. */
void recover_draw(recover_run *run, const sur_operator *op);

/* Phase I on the matrix factor A*(y): moves the iterate and the iteration. */
SUR_MUST_USE sur_status recover_jump(recover_run *run, const sur_operator *op,
                                     const double *y, sur_error *err);

/* Turns gradients into directions: divides by (U'U + lambda I). */
SUR_MUST_USE sur_status recover_precondition(recover_run *run, sur_error *err);

/* out = rows of dir times (factor' factor + lambda I)^-1, in place; gram is r x r. */
void recover_divide(sur_mat *dir, const sur_mat *factor, double lambda, sur_mat *gram);

/* Copies the best iterate into the result, with its singular values and rank. */
SUR_MUST_USE sur_status recover_run_end(recover_run *run, const sur_operator *op,
                                        double gain, sur_error *err);

/* Singular values of left right' (right empty: left left'), descending, [r]. */
SUR_MUST_USE sur_status recover_singular(double *values, const sur_mat *left,
                                         const sur_mat *right, sur_error *err);

/* A hold-out of round(share m) measurements; *weight stays NULL for share 0. */
SUR_MUST_USE sur_status recover_holdout(double **weight, sur_idx *used, sur_idx count,
                                        double share, uint64_t seed, sur_error *err);

/* The noise edge: singular values of (g/m) A*(e), e of mean square `square`. */
double recover_edge(const sur_operator *op, double gain, double square);

#endif
