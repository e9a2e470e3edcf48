/* models.h -- the networks of a scene. */
#ifndef UNLEARN_MODELS_H
#define UNLEARN_MODELS_H

#include "experiments/unlearn/scene.h"

/* Fills original and reference[0 .. references-1] of the scene. SUR_ENUMERIC: a
 * training diverged; SUR_ESTOPPED. */
SUR_MUST_USE sur_status unlearn_models_new(unlearn_scene *scene, sur_idx trial,
                                           sur_error *err);

#endif
