/* models.h -- members, non-members, and models trained on them. */
#ifndef PRIVACY_MODELS_H
#define PRIVACY_MODELS_H

#include "experiments/privacy/privacy.h"

/* 2n records; a random half of them are the target model's members. */
typedef struct privacy_people {
    sur_dataset data; /* a view, or generated and owned */
    sur_split split;
    sur_idx count, classes, outputs; /* 2n; 0: regression; k */
    sur_mat x;                       /* 2n x d, prepared */
    double *label;                   /* [2n] after label noise */
    sur_mat target;                  /* 2n x k: one-hot or real, less the centre */
    double *centre;                  /* [k] */
    uint8_t *member;                 /* [2n] */
} privacy_people;

SUR_MUST_USE sur_status privacy_people_new(privacy_people *out,
                                           const sur_privacy_options *o,
                                           const sur_context *context, sur_error *err);
void privacy_people_free(privacy_people *people);

/* What one model says of every record: signal (higher: more like a member, and nearly
 * normal), loss, probability in [0, 1], wrong. */
typedef struct privacy_view {
    double *signal, *loss; /* [2n] */
    uint8_t *wrong;        /* [2n], or NULL */
} privacy_view;

/* Reads the answers (2n x k) of a hat-matrix model, centre not yet added. Output noise
 * is drawn from its own stream `index`; with noise, answers to class questions are cut
 * to [0, 1] first. */
void privacy_read_answers(privacy_view *view, const privacy_people *people,
                          const sur_privacy_options *o, const sur_mat *answers,
                          uint64_t index);

/* Whether models answer with log odds: networks and logistic regression, of classes. */
static inline bool privacy_has_odds(const sur_privacy_options *o,
                                    const privacy_people *people)
{
    return people->classes > 0 && (sur_family_is_network(o->family) ||
                                   o->train.loss == SUR_LOSS_CROSS_ENTROPY);
}

/* The same for a network's outputs, and for the log odds of two classes. */
void privacy_read_logits(privacy_view *view, const privacy_people *people,
                         const sur_privacy_options *o, const sur_mat *answers,
                         uint64_t index);

/* All models of a trial: the target's view, and the shadows' signals and losses with
 * and without each record (models x 2n; in and out are one array unless paired). */
typedef struct privacy_models {
    privacy_view target;
    double *signal_in, *signal_out, *loss_in, *loss_out;
    uint8_t *keep;
    bool paired;
} privacy_models;
void privacy_models_free(privacy_models *models);

SUR_MUST_USE sur_status privacy_train_hats(privacy_models *models,
                                           const privacy_people *people,
                                           const sur_privacy_options *o,
                                           const sur_context *context, sur_error *err);
/* Networks come from the store where it holds them, and go there. */
enum { PRIVACY_BATCH = 16 }; /* networks between two visits to the store */
SUR_MUST_USE sur_status privacy_train_networks(
    privacy_models *models, const privacy_people *people, const sur_privacy_options *o,
    sur_idx trial, const sur_context *context, sur_error *err);

/* The epsilon of a normal mechanism with noise z and the given sensitivity at delta:
 * the exact curve of Balle and Wang (2018). */
double privacy_gaussian_epsilon(double sensitivity, double z, double delta);

#endif
