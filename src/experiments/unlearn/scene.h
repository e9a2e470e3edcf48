/* scene.h -- what the trials of one group share: the problem, the original model, the
 * retrained ones, and what they answer. */
#ifndef UNLEARN_SCENE_H
#define UNLEARN_SCENE_H

#include "experiments/unlearn/exact.h"
#include "experiments/unlearn/problem.h"

/* A model of either kind. */
typedef struct unlearn_model {
    float *vector;  /* networks: [size] */
    sur_mat b;      /* others: p x k, or n x k on a kernel */
    double seconds; /* what it took to make */
} unlearn_model;
void unlearn_model_free(unlearn_model *model);

/* What a model says at all places. */
typedef struct unlearn_view {
    sur_mat answer; /* rows x k: logits (networks) or answers */
    int32_t *class; /* [rows] */
} unlearn_view;
void unlearn_view_free(unlearn_view *view);

/* Least squares on features or a kernel. */
typedef struct unlearn_linear {
    sur_mat x;      /* rows x d, prepared */
    sur_mat z, y;   /* training design (or kernel) and centred one-hot targets */
    double *centre; /* [k] */
    unlearn_exact *exact;
} unlearn_linear;

/* What min-norm finds out about the original once: P theta_o. */
typedef struct unlearn_memo {
    sur_idx sample;
    double *off; /* [N], or NULL */
    double seconds;
} unlearn_memo;
void unlearn_memo_free(unlearn_memo *memo);

typedef struct unlearn_scene {
    unlearn_problem problem;
    const sur_context *context;
    bool network;
    unlearn_linear linear; /* unless network */
    unlearn_model original, *reference;
    sur_idx references;
    unlearn_view original_view, *reference_view;
    float *teacher;     /* [n x k] networks: the original's answers */
    unlearn_memo *memo; /* one, owned */
    char note[512];
} unlearn_scene;

/* Original and retrained models come from the store where it holds them, and go there
 * as artifacts of the trial. SUR_ENUMERIC: a training diverged. */
SUR_MUST_USE sur_status unlearn_scene_new(unlearn_scene *out,
                                          const sur_unlearn_options *o, sur_idx trial,
                                          const sur_context *context, sur_error *err);
void unlearn_scene_free(unlearn_scene *scene);

/* Seconds of this thread's processor, which other work on the machine does not stretch;
 * with more threads, of the wall clock. */
double unlearn_clock(const unlearn_scene *scene);

/* A hash of the options that shape an artifact: the original model's, a retrained
 * model's, a search's. */
enum { UNLEARN_OF_ORIGINAL, UNLEARN_OF_RETRAINED, UNLEARN_OF_SEARCH };
SUR_MUST_USE sur_status unlearn_hash(char text[65], const sur_unlearn_options *o,
                                     int what, sur_error *err);

/* The model's answers at all places. */
SUR_MUST_USE sur_status unlearn_view_make(unlearn_view *out, const unlearn_scene *scene,
                                          const unlearn_model *model, sur_error *err);

/* The answers to prepared inputs x (m x d): out is m x k. */
SUR_MUST_USE sur_status unlearn_answer(sur_mat *out, const unlearn_scene *scene,
                                       const unlearn_model *model, const sur_mat *x,
                                       sur_error *err);

/* Least squares: sets scene->linear up, and the models from it. */
SUR_MUST_USE sur_status unlearn_linear_new(unlearn_scene *scene, sur_error *err);
void unlearn_linear_free(unlearn_linear *linear);
/* The model without the forgotten, by deletion; the note says how. */
SUR_MUST_USE sur_status unlearn_linear_delete(unlearn_model *out,
                                              const unlearn_scene *scene, char *note,
                                              size_t note_size, sur_error *err);

#endif
