/* look.h -- the steps at which a training is looked at: round(10^(i/20)), the same for
 * every training, so that what is seen does not depend on what else was asked for. */
#ifndef TRAIN_LOOK_H
#define TRAIN_LOOK_H

#include <surplus/base.h>

/* The first such step after `step`. */
sur_idx sur_look_after(sur_idx step);

/* Whether `step` is one. */
static inline bool sur_look_at(sur_idx step)
{
    return step > 0 && sur_look_after(step - 1) == step;
}

#endif
