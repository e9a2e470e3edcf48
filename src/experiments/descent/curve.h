/* curve.h -- the work in progress on one curve. See curve.c. */
#ifndef DESCENT_CURVE_H
#define DESCENT_CURVE_H

#include "experiments/descent/descent.h"

enum { DESCENT_CANDIDATES = 18, DESCENT_MESSAGE = 256 };

/* One trial's fit. */
typedef struct sur_descent_fit {
    sur_idx trial, stop;
    const sur_descent_options *options;
    sur_descent_model model; /* b and answer owned */
    sur_curve_fit info;
    sur_descent_score train, validation;
    sur_status status; /* of the solve */
    char message[DESCENT_MESSAGE];
} sur_descent_fit;

typedef struct sur_descent_stop {
    sur_idx width;
    double label_noise;
    const sur_descent_problem *problem; /* one of the curve's, or nested in it */
    sur_idx output;                     /* its first column of the targets */
    sur_idx first, count;               /* fits at this width */
    sur_idx points;                     /* the first of its points */
    sur_idx missing;                    /* points not solved yet */
    double penalty[DESCENT_CANDIDATES];
    bool usable[DESCENT_CANDIDATES]; /* was solved */
    sur_descent_model
        candidates; /* b: p x (DESCENT_CANDIDATES k); empty without a baseline */
    sur_descent_model tuned; /* b: p x k */
    double tuned_ridge;      /* NAN: none */
    sur_descent_score tuned_score;
    bool done;
} sur_descent_stop;

typedef struct sur_descent_curve {
    const sur_context *context;
    sur_descent_problem *problems; /* [problem_count], by label noise; else the same */
    sur_idx problem_count;
    sur_descent_problem *nested; /* [stop_count], or NULL */
    bool tall;             /* widths up to n are solved from passes over the rows */
    bool streamed;         /* all are: the problems have no train matrix */
    sur_mat targets;       /* side by side: of the nested problems, of all problems */
    sur_descent_fit *fits; /* [fit_count], by width, label noise, ridge */
    sur_idx fit_count;
    sur_descent_stop *stops;    /* [stop_count] */
    sur_idx stop_count, finite; /* the first `finite` stops are not infinite */
    sur_curve_point *points;    /* of the finite stops: trials, then candidates, each */
    sur_idx *owner;             /* [point_count] its sur_descent_stop */
    sur_idx point_count;
    sur_descent_model **list; /* [fit_count + stop_count] room for predict */
    bool tune;
    double held, since; /* bytes of finished models; clock of the last emit */
} sur_descent_curve;

#define DESCENT_HELD 256e6 /* bytes of finished models that wait for their answers */

/* Room for coefficients, with what a model of this width is. */
SUR_MUST_USE sur_status sur_descent_model_new(sur_descent_model *model, sur_idx width,
                                              sur_idx rows, sur_idx cols,
                                              sur_error *err);
void sur_descent_model_free(sur_descent_model *model);
double sur_descent_bytes(const sur_mat *m);

/* Bytes of a finished model with coefficients b, and of what it will answer. */
double sur_descent_held(const sur_descent_curve *c, const sur_mat *b);

/* ---- stream.c ---- */

/* Sums of |w| z_j^2 over the training examples, columns 1 .. count. */
SUR_MUST_USE sur_status sur_descent_squares(double *square, sur_idx count,
                                            sur_descent_curve *c, sur_error *err);

/* Solves points of the curve, of finite and ascending widths. */
SUR_MUST_USE sur_status sur_descent_solve(sur_descent_curve *c,
                                          const sur_curve_point *points, sur_idx count,
                                          sur_curve_take take, void *payload,
                                          sur_error *err);

/* Evaluates and emits every ready stop among first .. last - 1. */
SUR_MUST_USE sur_status sur_descent_flush(sur_descent_curve *c, sur_idx first,
                                          sur_idx last, sur_error *err);

#endif
