/* model_file.h -- the unlearned model as a file. */
#ifndef UNLEARN_MODEL_FILE_H
#define UNLEARN_MODEL_FILE_H

#include "experiments/unlearn/scene.h"

/* Keeps the model as an artifact "model" of kind "safetensors": what surplus predict
 * and surplus unlearn read. It says which rows were forgotten. */
SUR_MUST_USE sur_status unlearn_keep_model(const unlearn_scene *scene,
                                           const unlearn_model *model,
                                           const sur_unlearn_options *o, sur_idx trial,
                                           sur_error *err);

#endif
