/* search.h -- choosing a method's settings, on validation rows.
 *
 *     g = |e_f - e_v| (privacy),  1 - e_f (bias)
 *     J = (1 - lambda) e_v + lambda g (convex),  e_v + lambda g (penalty)
 *
 * The form of J is our formulation. Retrained models take no part, but for the oracle:
 * it takes the candidate that disagrees least with the first of them. */
#ifndef UNLEARN_SEARCH_H
#define UNLEARN_SEARCH_H

#include "experiments/unlearn/course.h"
#include "experiments/unlearn/scene.h"

enum { UNLEARN_CANDIDATES_MOST = 4096 };

/* The values of each setting of a method that are to be tried, at least one each. */
typedef struct unlearn_grid {
    const unlearn_method *method;
    int settings;
    int count[UNLEARN_SETTINGS];
    double value[UNLEARN_SETTINGS][UNLEARN_GRID];
} unlearn_grid;

/* The method's own grid (tune none: its presets), with what options->settings says put
 * in place: words "name=a/b/c" or "METHOD.name=a/b/c". SUR_EINVAL: a name that the
 * method does not have, a value out of range, too many. */
SUR_MUST_USE sur_status unlearn_grid_make(unlearn_grid *out,
                                          const sur_unlearn_options *o, sur_error *err);

/* How many candidates there are; candidate i of a grid, the last setting fastest, or of
 * a random search: log-uniform between the ends of each setting's values (uniform where
 * one is 0), a function of (seed, i). */
sur_idx unlearn_grid_size(const unlearn_grid *grid, const sur_unlearn_options *o);
void unlearn_grid_at(double setting[UNLEARN_SETTINGS], const unlearn_grid *grid,
                     const sur_unlearn_options *o, sur_idx i);

/* What came of one candidate. Doubles only: kept as such. */
typedef struct unlearn_row {
    double setting[UNLEARN_SETTINGS];
    double forget_error, validation_error;
    double disagreement; /* with the first retrained model; NAN unless oracle */
    double seconds, passes;
    double diverged; /* 1: stopped, and the best pass before was kept */
} unlearn_row;

/* Runs a method with these settings from the original model: vector ([size]) and row.
 * Divergence is an outcome. */
SUR_MUST_USE sur_status unlearn_try(unlearn_row *row, float *vector,
                                    const unlearn_scene *scene,
                                    const unlearn_method *method, const double *setting,
                                    bool oracle, char *note, size_t note_size,
                                    sur_error *err);

double unlearn_objective(const sur_unlearn_options *o, double forget_error,
                         double validation_error);

/* All candidates' rows, of the trial o; from the store where it has them. *row is
 * malloc'd. */
SUR_MUST_USE sur_status unlearn_ledger(unlearn_row **row, sur_idx *count,
                                       const unlearn_scene *scene,
                                       const sur_unlearn_options *o, sur_idx trial,
                                       sur_error *err);

/* The row that o chooses. */
sur_idx unlearn_choose(const unlearn_row *row, sur_idx count,
                       const sur_unlearn_options *o);

/* Keeps the ledger with the objectives, as JSON for people ("ledger"). */
SUR_MUST_USE sur_status unlearn_keep_ledger(const unlearn_row *row, sur_idx count,
                                            sur_idx chosen, const unlearn_scene *scene,
                                            const sur_unlearn_options *o, sur_idx trial,
                                            sur_error *err);

#endif
