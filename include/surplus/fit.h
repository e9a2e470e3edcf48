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
    int64_t family, width; /* width SUR_UNSET: 64 (mlp), all columns (linear), 1000 */
    double ridge, bandwidth;
    sur_train_options network; /* mlp only, as epochs and steps */
    int64_t epochs, steps;
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
    float *parameters;             /* mlp: [N] of network */
    sur_mlp network;
} sur_fit;

/* What a fit says of itself. */
typedef struct sur_fit_report {
    sur_idx train_count, test_count; /* 0: nothing was left to test on */
    double train_error, train_loss;  /* errors are NAN for regression */
    double test_error, test_loss;
} sur_fit_report;

/* Reads (or generates) the data, splits, fits, measures. note gets lines for the user
 * (may be NULL). stop(payload) may be NULL. Fails with what reading and training fail
 * with, SUR_EINVAL (an option of another family), SUR_ENUMERIC, SUR_ESTOPPED. On
 * failure *out is empty. Free with sur_fit_free. */
SUR_CHECKED sur_status sur_fit_make(sur_fit *out, sur_fit_report *report,
                                    const sur_fit_options *options, char *note,
                                    size_t note_size, bool (*stop)(void *payload),
                                    void *payload, sur_error *err);
SUR_API void sur_fit_free(sur_fit *fit);

/* As a safetensors file: the spec, names and checksum as metadata, the standardization
 * and the parameters as arrays. SUR_EWRITE. Loading checks every name, type and shape:
 * SUR_EIO, SUR_EPARSE. */
SUR_CHECKED sur_status sur_fit_save(const char *path, const sur_fit *fit,
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
