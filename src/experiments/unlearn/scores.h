/* scores.h -- predictions that were made elsewhere: three models, four parts.
 *
 * A table (CSV, NPZ, ...) with one row per example:
 *
 *   part          retain, forget, validation or test (also: split, set)
 *   label         the class trained on; of validation and test the true one (also: y,
 *                 target, class)
 *   MODEL         the class that the model gives, MODEL being original, unlearned,
 *                 retrained, or retrained_2 ... for further retrained models
 *   MODEL_p       its probability of the label
 *   MODEL_loss    or its cross-entropy, -log p
 *   MODEL_p_NAME  or its probability of class NAME, for every class
 *
 * Classes are words or numbers. Models other than `unlearned` may be absent; forget and
 * test rows must be there, and a model answers all rows or none. */
#ifndef UNLEARN_SCORES_H
#define UNLEARN_SCORES_H

#include <surplus/base.h>

enum {
    UNLEARN_RETAIN,
    UNLEARN_FORGET,
    UNLEARN_VALIDATION,
    UNLEARN_TEST,
    UNLEARN_PARTS
};
enum { UNLEARN_SCORED_MOST = 66, UNLEARN_CLASSES_MOST = 1000 };

/* Views into the block. Examples are ordered by part. */
typedef struct unlearn_scores {
    sur_idx size[UNLEARN_PARTS]; /* examples of each part */
    sur_idx count, classes;
    int models; /* original, unlearned, then the retrained; */
    bool has[UNLEARN_SCORED_MOST][UNLEARN_PARTS]; /* answers of model m in a part */
    bool graded[UNLEARN_SCORED_MOST];             /* m gives probabilities */
    const int32_t *label;                         /* [count] */
    const int32_t *class[UNLEARN_SCORED_MOST];    /* [count]; where it has answers */
    const double *p[UNLEARN_SCORED_MOST]; /* graded: [count x classes]; of the label and
                                           * the class given alone where the file says
                                           * no more */
    const char *checksum;
} unlearn_scores;

/* *block is malloc'd. Lines for the user go to note. SUR_EIO, SUR_EPARSE (file, row,
 * cause), SUR_ENOMEM; *block is NULL then. */
SUR_MUST_USE sur_status unlearn_scores_read(void **block, size_t *size,
                                            const char *path, char *note,
                                            size_t note_size, sur_error *err);

/* SUR_EPARSE: not such a block. */
SUR_MUST_USE sur_status unlearn_scores_view(unlearn_scores *view, const void *block,
                                            size_t size, sur_error *err);

#endif
