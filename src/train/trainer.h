/* trainer.h -- what a trainer keeps; see trainer.c. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <surplus/train.h>

#include "model/pass.h"

struct sur_trainer {
    sur_job job;
    sur_pass *pass;
    float *w, *m, *v; /* [pass->size] numbers and moments, one block with gradient */
    float *gradient;  /* [pass->size] with clipping, else NULL */
    void *block;
    sur_idx *order;     /* [count] this epoch's rows, shuffled */
    sur_idx epoch;      /* of order; -1: none yet */
    sur_idx step;       /* steps done */
    double sum;         /* of the losses of this epoch's examples so far */
    double weight;      /* mean weight of the job's examples */
    bool done;          /* stop_below held */
    sur_jitter *jitter; /* [batch] with augmentation, else NULL */
    sur_update update;  /* of the step at work */
};

/* Rows of epoch `epoch` in the job's order. */
void sur_shuffle(sur_idx *order, const sur_job *job, sur_idx epoch);

/* Arrays of the optimizer: parameters, then its moments. */
sur_idx sur_optimizer_arrays(const sur_train_options *options);

/* What it does to parameters at step t = 0, 1, .. with the learning rate given. */
sur_update sur_update_of(const sur_train_options *options, double rate, sur_idx step);

/* The factor that brings a gradient of `count` numbers to the norm `most`; 0: 1. */
float sur_clip_factor(const float *gradient, sur_idx count, double most);

/* r_t. */
double sur_rate(const sur_train_options *options, sur_idx step, sur_idx steps);

/* SUR_ENUMERIC if the loss is not finite where the trainer stands, as its next step
 * would find: of the first rows of the job, as many as a batch. SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_trainer_check(sur_trainer *t, sur_error *err);

/* Whether one network is worth threads of its own, and how many steps to run between
 * questions whether to stop. See many.c. */
bool sur_job_is_large(const sur_job *job);
sur_idx sur_job_piece(const sur_job *job);

#endif
