/* problem.h -- the data of one group of trials: parts, labels, the forget set, inputs.
 *
 * Places number the rows that are used: 0 .. n-1 training, n .. n+v-1 validation,
 * n+v .. n+v+t-1 test. */
#ifndef UNLEARN_PROBLEM_H
#define UNLEARN_PROBLEM_H

#include "experiments/unlearn/forget.h"
#include "experiments/unlearn/unlearn.h"

typedef struct unlearn_problem {
    const sur_unlearn_options *o; /* borrowed */
    unlearn_input input;          /* views */
    sur_dataset data;             /* a view, or generated and owned */
    sur_split split;
    unlearn_forget set;
    unlearn_patch patch;
    sur_fit fit; /* of --model; fit.inputs 0: none */
    sur_network network;
    sur_idx n, v, t, rows, classes;
    sur_idx *row;      /* [rows] of the data */
    int32_t *label;    /* [rows] as trained on; validation and test: the true ones */
    sur_inputs inputs; /* [rows], prepared and patched: networks only */
} unlearn_problem;

/* Whether a table's columns look like pixels: 16 or more, all whole numbers from 0 to
 * 255 that reach 10. Images do. */
bool unlearn_of_pixels(const sur_dataset *data);

/* The network that the options ask for. */
sur_network unlearn_network(const sur_unlearn_options *o, const sur_dataset *data);

/* The features that they ask for. */
sur_features unlearn_features(const unlearn_problem *problem);

/* Reads the input, splits, marks what is to be forgotten: all but the inputs. Lines for
 * the user go to note. Fails as these do; then *out is empty. o is borrowed. */
SUR_MUST_USE sur_status unlearn_problem_parts(unlearn_problem *out,
                                              const sur_unlearn_options *o,
                                              const void *input, size_t size,
                                              char *note, size_t note_size,
                                              sur_error *err);

/* The whole problem of resolved options. */
SUR_MUST_USE sur_status unlearn_problem_new(unlearn_problem *out,
                                            const sur_unlearn_options *o,
                                            const void *input, size_t size, char *note,
                                            size_t note_size, sur_error *err);
void unlearn_problem_free(unlearn_problem *problem);

/* x (count x d) = the prepared and patched inputs at places[0 .. count-1] (NULL: first
 * ..). */
SUR_MUST_USE sur_status unlearn_problem_inputs(sur_mat *x,
                                               const unlearn_problem *problem,
                                               const sur_idx *places, sur_idx first,
                                               sur_error *err);

#endif
