/* checkpoint.h -- a training in progress, in a file. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "train/fit.h"

/* The network of least validation loss seen so far. */
typedef struct sur_fit_best {
    float *parameters; /* [N], or NULL without early stopping */
    double loss;
    sur_idx step;
} sur_fit_best;

/* Writes the state of the training of `fit`; the file appears whole or not at all.
 * SUR_EWRITE, SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_checkpoint_write(const char *path, const sur_fit *fit,
                                             const sur_trainer *trainer,
                                             const sur_fit_best *best, sur_error *err);

/* Brings the trainer and best to the state in the file; without a file nothing is done.
 * SUR_EIO, SUR_EPARSE (damaged; of other data or options, which are named). */
SUR_MUST_USE sur_status sur_checkpoint_read(const char *path, const sur_fit *fit,
                                            sur_trainer *trainer, sur_fit_best *best,
                                            sur_error *err);

#endif
