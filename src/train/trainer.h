/* trainer.h -- what a trainer keeps; see trainer.c. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <surplus/train.h>

#include "model/pass.h"

struct sur_trainer {
    sur_job job;
    sur_pass pass;
    float *w, *m, *v; /* [pass.size] parameters and moments, one block with gradient */
    float *gradient;  /* [pass.size] with clipping, else NULL */
    void *block;
    sur_idx *order;    /* [count] this epoch's rows, shuffled */
    sur_idx epoch;     /* of order; -1: none yet */
    sur_idx step;      /* steps done */
    double sum;        /* of the losses of this epoch's examples so far */
    double weight;     /* mean weight of the job's examples */
    bool done;         /* stop_below held */
    sur_update update; /* of the step at work */
};

/* Rows of epoch `epoch` in the job's order. */
void sur_shuffle(sur_idx *order, const sur_job *job, sur_idx epoch);

/* r_t. */
double sur_rate(const sur_train_options *options, sur_idx step, sur_idx steps);

/* Whether one network is worth threads of its own, and how many steps to run between
 * questions whether to stop. See many.c. */
bool sur_job_is_large(const sur_job *job);
sur_idx sur_job_piece(const sur_job *job);

#endif
