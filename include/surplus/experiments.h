/* surplus/experiments.h -- the experiments there are; see experiment.h for what one is.
 */
#ifndef SUR_EXPERIMENTS_H
#define SUR_EXPERIMENTS_H

#include <surplus/experiment.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Does test error fall again past the interpolation threshold? */
SUR_API extern const sur_experiment sur_descent;

/* A low-rank matrix from few measurements, without knowing its rank. */
SUR_API extern const sur_experiment sur_recover;

/* How well can an outsider tell who was in the training set, as parameters grow? */
SUR_API extern const sur_experiment sur_privacy;

/* Can a trained model forget chosen examples, and is a wider one better at it? */
SUR_API extern const sur_experiment sur_unlearn;

/* What does width buy, and what does it cost? The others' prices on one axis. */
SUR_API extern const sur_experiment sur_profile;

/* How few bits must nodes exchange to train a model together? */
SUR_API extern const sur_experiment sur_distribute;

#ifdef __cplusplus
}
#endif
#endif
