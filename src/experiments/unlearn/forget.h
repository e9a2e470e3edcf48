/* forget.h -- which training examples are to be forgotten, and biased ones planted.
 *
 * Places are numbers 0 .. n-1 in the training part of a split; ids are row numbers of
 * the data from 0, as in "data.h5:/x[0:1000]". Randomness is keyed by (seed, row): a
 * larger count forgets a superset, and row r of the data has the same wrong label
 * whatever else is asked for. */
#ifndef UNLEARN_FORGET_H
#define UNLEARN_FORGET_H

#include <surplus/data.h>

enum { UNLEARN_FORGET_COUNT = 200 };

/* What the bias goal plants. */
enum {
    UNLEARN_BIAS_NONE,
    UNLEARN_BIAS_LABELS, /* labels moved to a uniformly random wrong class */
    UNLEARN_BIAS_PATCH   /* a patch on the inputs, and the label of one class */
};

typedef struct unlearn_forget_options {
    const char *forget; /* "random", "class:K" (a name or a number), or a file of ids;
                         * not read where something is planted */
    int64_t count; /* SUR_UNSET: 200, at most a quarter of the training rows, or the
                    * whole class; not read for a file */
    double share;  /* of the training rows, instead of count; NAN: count */
    int bias;      /* planted; the forget set is what was planted */
    int64_t patch_class; /* the class that the patch marks */
    uint64_t seed;
} unlearn_forget_options;

/* Owned; free with unlearn_forget_free. */
typedef struct unlearn_forget {
    sur_idx count, retain_count;
    sur_idx *forget, *retain; /* places, ascending */
    uint8_t *marked;          /* [n] 1 where forgotten */
    double *label;            /* [n] to train on: with what was planted */
} unlearn_forget;

/* ids (NULL: the file is read) are the rows listed by options->forget where it is a
 * file. Sentences for the user go to note (may be NULL), with "; " between them: a
 * count that was capped, ids that repeat or were not trained on, a class that vanishes.
 * Fails with SUR_EINVAL (nothing to forget, nothing to retain, no such class, bias
 * without classes), SUR_EIO and SUR_EPARSE (the file: an id that is no row, too),
 * SUR_ENOMEM; *out is empty then. */
SUR_MUST_USE sur_status unlearn_forget_make(unlearn_forget *out,
                                            const unlearn_forget_options *options,
                                            const sur_dataset *data,
                                            const sur_split *split, const sur_idx *ids,
                                            sur_idx id_count, char *note,
                                            size_t note_size, sur_error *err);
void unlearn_forget_free(unlearn_forget *forget);

/* Whether `forget` names a file rather than "random" or "class:K". */
bool unlearn_forget_is_file(const char *forget);

/* Reads a file of ids: whole numbers, one per line or separated by blanks or commas; #
 * begins a comment; a first line of letters is a heading. Also NPY and NPZ files of one
 * column. Order and repetitions are kept; *ids is malloc'd. checksum (65 bytes) may be
 * NULL. SUR_EIO, SUR_EPARSE (file, line, cause), SUR_ENOMEM. */
SUR_MUST_USE sur_status unlearn_ids_read(sur_idx **ids, sur_idx *count,
                                         char checksum[65], const char *path,
                                         sur_error *err);

/* ---- a patch ---- */

/* The inputs that are set, and to what. */
typedef struct unlearn_patch {
    sur_idx count;
    sur_idx *column; /* [count] */
    double *value;   /* [count] */
} unlearn_patch;

/* Images: the lower right corner, a side of an eighth (at least 2 pixels), in every
 * channel; tables: the last sixteenth of the columns (at least 1). Values are the
 * largest of the training inputs x: of all of an image's, of the column's in tables. */
SUR_MUST_USE sur_status unlearn_patch_make(unlearn_patch *out, const sur_dataset *data,
                                           const sur_mat *x, sur_error *err);
void unlearn_patch_free(unlearn_patch *patch);

/* Sets the patch in rows picks[0 .. count-1] of x (NULL: the first count). */
void unlearn_patch_apply(sur_mat *x, const unlearn_patch *patch, const sur_idx *picks,
                         sur_idx count);

#endif
