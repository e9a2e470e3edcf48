/* scores.h -- scores of an attack made elsewhere. */
#ifndef PRIVACY_SCORES_H
#define PRIVACY_SCORES_H

#include "experiments/privacy/privacy.h"

/* A view of the block that privacy_scores_read makes. */
typedef struct privacy_scores {
    sur_idx count, groups;
    const double *score, *weight; /* weight NULL: equal */
    const uint8_t *member;
    const int32_t *group; /* NULL: none */
    const char *names;    /* of the groups, each ended by a zero byte */
    const char *checksum;
} privacy_scores;

/* Reads options->scores: a table (CSV, NPY, NPZ) with a score and a membership column,
 * or a folder in the layout of the likelihood ratio attack; with options->nonmembers, a
 * table of members' and one of non-members' scores or class probabilities. *block is
 * malloc'd. SUR_EIO, SUR_EPARSE (file, place, cause), SUR_EINVAL (no such column),
 * SUR_ENOMEM. */
SUR_MUST_USE sur_status privacy_scores_read(void **block, size_t *size,
                                            const sur_privacy_options *options,
                                            char *note, size_t note_size,
                                            sur_error *err);

/* The folder: NAME/keep.npy and NAME/scores/FILE.npy for every model NAME, or keep.npy
 * (models x records) beside scores/. The last model is the target, the others its
 * shadows. score and member are malloc'd, [*count]. */
SUR_MUST_USE sur_status privacy_lira_folder(double **score, uint8_t **member,
                                            sur_idx *count, char checksum[65],
                                            const sur_privacy_options *options,
                                            sur_error *err);

/* SUR_EPARSE: not such a block. */
SUR_MUST_USE sur_status privacy_scores_view(privacy_scores *view, const void *block,
                                            size_t size, sur_error *err);

#endif
