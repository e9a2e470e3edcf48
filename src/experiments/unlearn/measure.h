/* measure.h -- what is said of an unlearned model. */
#ifndef UNLEARN_MEASURE_H
#define UNLEARN_MEASURE_H

#include "experiments/unlearn/scene.h"

/* The classes that the original model gives, in the order of the questions. */
typedef struct unlearn_record {
    int32_t *class;
    sur_idx count;
} unlearn_record;

/* What is measured once for a group: where the retrained model decides otherwise than
 * the original one, and the points to ask. */
typedef struct unlearn_regions {
    sur_mat near, far;               /* centres: forgotten, and test inputs */
    sur_mat x;                       /* both, for planes */
    sur_idx *plane_near, *plane_far; /* [planes x 3] rows of x */
    double radius;
    unlearn_record *record; /* [4] by kind: grows when first asked */
    sur_mat change[4];      /* 1 x centres or planes: of the retrained model, by kind */
} unlearn_regions;

/* What change is of. */
enum { UNLEARN_BALL_NEAR, UNLEARN_BALL_FAR, UNLEARN_PLANE_NEAR, UNLEARN_PLANE_FAR };

SUR_MUST_USE sur_status unlearn_regions_new(unlearn_regions *out,
                                            const unlearn_scene *scene, sur_error *err);
void unlearn_regions_free(unlearn_regions *regions);

/* All measurements of the model that o's method made; model is its, and view what it
 * answers. Sentences for the user go to note. */
SUR_MUST_USE sur_status unlearn_measure(unlearn_list *list, const unlearn_scene *scene,
                                        const unlearn_regions *regions,
                                        const unlearn_model *model,
                                        const unlearn_view *view,
                                        const sur_unlearn_options *o, char *note,
                                        size_t note_size, sur_error *err);

/* Those that need answers only; parts without rows and, with no reference, what needs
 * one are left out. */
SUR_MUST_USE sur_status unlearn_measure_views(unlearn_list *list,
                                              const unlearn_scene *scene,
                                              const unlearn_view *view,
                                              const sur_unlearn_options *o, char *note,
                                              size_t note_size, sur_error *err);

/* The changes of region: near, far and their ratio, of balls and of planes. */
SUR_MUST_USE sur_status unlearn_measure_regions(unlearn_list *list,
                                                const unlearn_scene *scene,
                                                const unlearn_regions *regions,
                                                const unlearn_model *model,
                                                sur_error *err);

/* A model as a judge of region.h: payload is an unlearn_asked. */
typedef struct unlearn_asked {
    const unlearn_scene *scene;
    const unlearn_model *model;
} unlearn_asked;
SUR_MUST_USE sur_status unlearn_classes_of(void *payload, int32_t *classes,
                                           const sur_mat *inputs, sur_error *err);

/* Keeps the maps of one plane as the trial's artifact "plane", if there are planes. */
SUR_MUST_USE sur_status unlearn_keep_plane(const unlearn_scene *scene,
                                           const unlearn_regions *regions,
                                           const unlearn_model *model,
                                           const sur_unlearn_options *o, sur_idx trial,
                                           sur_error *err);

/* The attack on the forgotten, of one model. Returns its AUC through *auc. */
SUR_MUST_USE sur_status unlearn_measure_attack(unlearn_list *list, sur_interval *auc,
                                               const unlearn_scene *scene,
                                               const unlearn_view *view,
                                               const char *split, sur_error *err);

#endif
