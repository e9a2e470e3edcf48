/* surplus/fit.h -- one model of any family: fitted to a data set, kept in a file,
 * asked.
 */
#ifndef SUR_FIT_H
#define SUR_FIT_H

#include <surplus/data.h>
#include <surplus/model.h>
#include <surplus/train.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sur_fit_options {
    sur_data_options data;
    int64_t family, width; /* width SUR_UNSET: 64 (mlp), 8 (images), all columns
                              (linear), 1000 */
    double ridge, bandwidth;
    sur_train_options network; /* networks only, as epochs and steps */
    int64_t epochs, steps;
    int64_t early_stop, validation_samples; /* 0 or 1; SUR_UNSET: a tenth */
} sur_fit_options;

SUR_API extern const sur_fields sur_fit_fields;

/* A model and all it needs to answer for rows as they come. Plain data; owned. */
typedef struct sur_fit {
    sur_fit_options options; /* complete */
    sur_idx inputs, outputs, classes;
    char **names;      /* [inputs + 1 + classes] columns, target, classes; one block */
    char checksum[65]; /* of the data */
    double *median, *mean, *scale; /* [inputs] */
    double *centre, unit;          /* [outputs]; answers are centre + unit f */
    sur_mat coefficients;          /* width x outputs: feature families */
    float *parameters;             /* the vector of network */
    sur_network network;
    sur_idx *forgotten; /* [forgotten_count] rows of the data that it was trained on and
                           made to forget; NULL: none */
    sur_idx forgotten_count;
} sur_fit;

/* Means over one part of the data. */
typedef struct sur_fit_score {
    sur_idx count;      /* 0: there is no such part */
    double error, loss; /* error is NAN for regression */
} sur_fit_score;

/* What a fit says of itself. */
typedef struct sur_fit_report {
    sur_fit_score train, validation, test;
    sur_idx resumed; /* networks: steps found in the checkpoint; */
    sur_idx steps;   /* steps done in all; */
    sur_idx kept;    /* and the step whose network was kept (early_stop) */
} sur_fit_report;

/* Who looks after a long training. */
typedef struct sur_fit_watch {
    const char *checkpoint; /* networks: a file that training continues from, if it is
                               there, and keeps its state in; NULL: none */
    double seconds;         /* between two writings of it; also written at the end */
    bool (*stop)(void *payload); /* asked now and then; NULL: never */
    void *payload;
} sur_fit_watch;

/* Reads (or generates) the data, splits, fits, measures. watch may be NULL; note gets
 * lines for the user (may be NULL). Training that goes on from a checkpoint has the
 * bits of one that was never interrupted; one that has been to its end goes on when
 * more steps are asked for (not with the cosine schedule, whose every step depends on
 * the last). Fails with what reading and training fail with, SUR_EINVAL (an option of
 * another family; a checkpoint further than the steps asked for), SUR_EPARSE (a damaged
 * checkpoint, or one of another training), SUR_EWRITE, SUR_ENUMERIC, SUR_ESTOPPED (the
 * checkpoint is written first). On failure *out is empty. Free with sur_fit_free. */
SUR_CHECKED sur_status sur_fit_make(sur_fit *out, sur_fit_report *report,
                                    const sur_fit_options *options,
                                    const sur_fit_watch *watch, char *note,
                                    size_t note_size, sur_error *err);
SUR_API void sur_fit_free(sur_fit *fit);

/* As a safetensors file: the spec, names and checksum as metadata, the standardization
 * and the parameters as arrays. SUR_EWRITE. sur_fit_bytes gives what the file would
 * hold, malloc'd. Loading checks every name, type and shape: SUR_EIO, SUR_EPARSE. */
SUR_CHECKED sur_status sur_fit_save(const char *path, const sur_fit *fit,
                                    sur_error *err);
SUR_CHECKED sur_status sur_fit_bytes(void **bytes, size_t *size, const sur_fit *fit,
                                     sur_error *err);
SUR_CHECKED sur_status sur_fit_load(sur_fit *out, const char *path, sur_error *err);
SUR_CHECKED sur_status sur_fit_load_bytes(sur_fit *out, const void *bytes, size_t size,
                                          sur_error *err);

/* out (rows of data x outputs of sur_fit_columns) = the answers: a number, or a share
 * for each class. Columns are found by name, wherever they are in data; the target may
 * be missing. SUR_EINVAL: a column is missing. */
SUR_CHECKED sur_status sur_fit_answer(sur_mat *out, const sur_fit *fit,
                                      const sur_dataset *data, sur_error *err);
SUR_API sur_idx sur_fit_columns(const sur_fit *fit); /* 1, or classes */

/* The class of the largest share. */
SUR_API sur_idx sur_fit_class(const sur_fit *fit, const double *answer);

#ifdef __cplusplus
}
#endif
#endif
