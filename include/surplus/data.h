/* surplus/data.h -- data sets: from a file or a generator to numbers ready for a fit.
 *
 *     file --sur_data_read--> sur_dataset --sur_split_make--> sur_split --> matrices
 *
 * A dataset is a table of n rows: d features each, a target, perhaps a weight. It is
 * kept in one block without pointers in it, so that it can be mapped read-only by many
 * processes (sur_dataset_bytes, sur_dataset_view). */
#ifndef SUR_DATA_H
#define SUR_DATA_H

#include <surplus/field.h>
#include <surplus/random.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How features are stored: as in the file, so that a data set needs no more memory than
 * the file has numbers. Readers widen to double a block of rows at a time. */
typedef enum sur_scalar { SUR_F64, SUR_F32, SUR_U8 } sur_scalar;

typedef enum sur_task { SUR_TASK_AUTO, SUR_REGRESSION, SUR_CLASSIFICATION } sur_task;

/* A view of a data set; every pointer is into `block`. Plain data, copy freely; free
 * once with sur_dataset_free if it owns its block. */
typedef struct sur_dataset {
    sur_idx rows, cols;   /* n, d */
    sur_scalar scalar;    /* of x */
    const void *x;        /* [rows x cols], row-major; NaN is a missing value; NULL: the
                           * numbers are read from the file as needed (sur_reader) */
    const double *target; /* [rows]; class index 0 .. classes-1 or a real number */
    const double *weight; /* [rows], or NULL */
    sur_idx classes;      /* 0: regression */
    sur_idx test_rows; /* the last so many rows came from --test-data; 0: none given */
    sur_idx shape[3];  /* channels, height, width of an image; 0 0 0 if not one */
    const char *column_names; /* cols names, then the target's, the weight's ("" if
                               * none), then the class names, each ended by a zero byte;
                               * names from a file are untrusted text */
    char checksum[65]; /* SHA-256 of the files read and how they were read, in hex */
    int64_t
        file[3]; /* where x is NULL: bytes of the file, when it was written (s, ns) */
    sur_idx imputed; /* missing cells, to be filled by the train median */
    sur_idx dropped; /* rows left out because their target was missing */
    void *block;     /* what is freed; NULL for a view of somebody else's bytes */
    size_t bytes;    /* of the block */
} sur_dataset;

/* The data options shared by all verbs. */
typedef struct sur_data_options {
    /* A path, "-" for standard input, or "synthetic:NAME". A file that holds several
     * things may be followed by which one: "f.h5:/group/x", "f.h5:/x[0:1000]" (rows 0
     * to 999), "f.root:events". A folder of IDX files is one data set. */
    char *data, *data_sha256, *test_data;
    char *target;   /* column name or 1-based number, or a data set of an HDF5 file;
                     * default: label, target, class or y in any case (key y), else the
                     * last */
    char *classes;  /* HDF5: one data set per class, "/QCD,/TT" */
    char *labels;   /* file of the labels: of image files (IDX, NPY), or a table "name,
                     * label" for the samples of a transposed table */
    bool transpose; /* text tables: the first line names the samples, each further
                     * line is a feature */
    char *columns, *drop; /* lists of names, numbers, ranges of numbers "3-7" */
    char *weight;         /* column name or number */
    char *missing;        /* list of codes that mean missing: "-999,NA" */
    int64_t task;         /* sur_task */
    int64_t samples;      /* training rows; SUR_UNSET: 70 % */
    int64_t test_samples; /* SUR_UNSET: the rest */
    char *image;        /* "channels,height,width": what the columns of a row are, where
                         * the file does not say */
    bool standardize;   /* per column, on train */
    int64_t seed;       /* moves split, label noise, features, initialization */
    int64_t split_seed; /* fixes the split; SUR_UNSET: seed */
    double label_noise; /* share of training labels flipped, once */
    /* generators */
    int64_t dimension; /* ambient dimension; SUR_UNSET: the width */
    double noise;      /* standard deviation added to the targets */
    double condition;  /* of X X'; SUR_UNSET (NAN): Gaussian rows as they come */
    double decay;      /* power-law spectrum s_i = i^-decay of the feature covariance */
    int64_t latent;    /* synthetic:latent: dimension of the latent space */
} sur_data_options;

SUR_API extern const char *const sur_task_choices[];

/* The rows of a field table for a member `m` (a sur_data_options) of the options struct
 * `t`, to stand inside the table of an experiment. */
#define SUR_DATA_ROW(t, m, f, k, p, lo, hi, u, fl, h)                              \
    {                                                                              \
        .name = #f, .kind = k, .offset = offsetof(t, m.f), .preset = p, .low = lo, \
        .high = hi, .unit = u, .flags = fl, .group = "data", .help = h             \
    }
#define SUR_DATA_FIELDS(t, m)                                                          \
    SUR_DATA_ROW(t, m, data, SUR_PATH, NULL, 0, 0, NULL, 0,                            \
                 "data file, - for standard input, or synthetic:NAME"),                \
        SUR_DATA_ROW(t, m, data_sha256, SUR_TEXT, NULL, 0, 0, NULL, SUR_AUTO,          \
                     "checksum of the data; filled in, need not be given"),            \
        SUR_DATA_ROW(t, m, test_data, SUR_PATH, NULL, 0, 0, NULL, 0,                   \
                     "file of test rows (default: a part of --data)"),                 \
        SUR_DATA_ROW(                                                                  \
            t, m, target, SUR_TEXT, NULL, 0, 0, NULL, 0,                               \
            "target column, by name or number (default: label, target, class, y, "     \
            "else the last)"),                                                         \
        SUR_DATA_ROW(t, m, classes, SUR_LIST, NULL, 0, 0, NULL, 0,                     \
                     "HDF5 data sets, one per class, e.g. /QCD,/TT"),                  \
        SUR_DATA_ROW(t, m, labels, SUR_PATH, NULL, 0, 0, NULL, 0,                      \
                     "file of the labels, when they are not in --data"),               \
        SUR_DATA_ROW(t, m, transpose, SUR_FLAG, "false", 0, 0, NULL, 0,                \
                     "rows are features, columns are samples (text tables)"),          \
        SUR_DATA_ROW(t, m, columns, SUR_LIST, NULL, 0, 0, NULL, 0,                     \
                     "feature columns to use, by name, number or range of numbers"),   \
        SUR_DATA_ROW(t, m, drop, SUR_LIST, NULL, 0, 0, NULL, 0,                        \
                     "columns to leave out"),                                          \
        SUR_DATA_ROW(t, m, weight, SUR_TEXT, NULL, 0, 0, NULL, 0,                      \
                     "event weight column"),                                           \
        SUR_DATA_ROW(t, m, missing, SUR_LIST, NULL, 0, 0, NULL, 0,                     \
                     "codes that mean a missing value, e.g. -999,NA"),                 \
        {.name = "task",                                                               \
         .kind = SUR_CHOICE,                                                           \
         .offset = offsetof(t, m.task),                                                \
         .preset = "auto",                                                             \
         .choices = sur_task_choices,                                                  \
         .group = "data",                                                              \
         .help =                                                                       \
             "regression or classification (auto: text or at most 20 whole numbers "   \
             "are classes)"},                                                          \
        SUR_DATA_ROW(t, m, samples, SUR_INT, NULL, 1, 1e12, "examples",                \
                     SUR_AXIS | SUR_AUTO | SUR_LOG,                                    \
                     "training examples (default: 70 % of the rows)"),                 \
        SUR_DATA_ROW(t, m, test_samples, SUR_INT, NULL, 1, 1e12, "examples", SUR_AUTO, \
                     "test examples (default: the rest; synthetic: 10000)"),           \
        SUR_DATA_ROW(t, m, image, SUR_LIST, NULL, 0, 0, NULL, SUR_AUTO,                \
                     "channels,height,width of images in a table, e.g. 1,8,8 "         \
                     "(default: as the file says)"),                                   \
        SUR_DATA_ROW(t, m, standardize, SUR_FLAG, "true", 0, 0, NULL, 0,               \
                     "scale each column to mean 0, deviation 1 on train"),             \
        SUR_DATA_ROW(t, m, seed, SUR_INT, "1", 0, 1e15, NULL, SUR_AXIS,                \
                     "moves split, label noise, features and initialization"),         \
        SUR_DATA_ROW(t, m, split_seed, SUR_INT, NULL, 0, 1e15, NULL,                   \
                     SUR_AXIS | SUR_AUTO, "fixes the split (default: seed)"),          \
        SUR_DATA_ROW(t, m, label_noise, SUR_REAL, "0", 0, 1, NULL, SUR_AXIS,           \
                     "share of training labels flipped"),                              \
        SUR_DATA_ROW(t, m, dimension, SUR_INT, NULL, 1, 1e7, NULL,                     \
                     SUR_AXIS | SUR_AUTO | SUR_LOG,                                    \
                     "ambient dimension of synthetic data (default: the width)"),      \
        SUR_DATA_ROW(t, m, noise, SUR_REAL, "0", 0, 1e6, NULL, SUR_AXIS,               \
                     "standard deviation added to synthetic targets"),                 \
        SUR_DATA_ROW(                                                                  \
            t, m, condition, SUR_REAL, NULL, 1, 1e16, NULL,                            \
            SUR_AXIS | SUR_AUTO | SUR_LOG,                                             \
            "condition number of X X' of synthetic:linear (default: Gaussian "         \
            "rows as they come)"),                                                     \
        SUR_DATA_ROW(                                                                  \
            t, m, decay, SUR_REAL, "0", 0, 10, NULL, SUR_AXIS,                         \
            "power law of synthetic spectra: feature i has variance i^-decay"),        \
        SUR_DATA_ROW(t, m, latent, SUR_INT, "20", 1, 1e6, NULL, SUR_AXIS | SUR_LOG,    \
                     "latent dimension of synthetic:latent")

/* Reads options->data (and test_data, whose columns must have the same names). The
 * reader is found by content first and by extension second. One line is written to note
 * (at most size bytes, may be NULL) for each choice made on the user's behalf: which
 * column is the target, how many values were missing, which columns were one-hot
 * encoded. The dataset owns its block. Fails with SUR_EIO, SUR_EPARSE (naming file,
 * place, cause), SUR_EINVAL (no such column; the nearest is suggested), SUR_ENOMEM. On
 * failure *out is empty. */
SUR_CHECKED sur_status sur_data_read(sur_dataset *out, const sur_data_options *options,
                                     char *note, size_t size, sur_error *err);

/* As sur_data_read, but of a file of more than `most` bytes the features stay there (x
 * is NULL) if its format gives rows by blocks, the features are numbers, and neither
 * test data, labels nor transpose are asked for: memory is that of targets and weights.
 * The data set goes with the same options afterwards, and the file must not change. */
SUR_CHECKED sur_status sur_data_scan(sur_dataset *out, const sur_data_options *options,
                                     int64_t most, char *note, size_t size,
                                     sur_error *err);

/* Rows of a data set, wherever they are. */
typedef struct sur_reader sur_reader;

/* options are those that data was read with. Both are copied, what they point to is
 * borrowed. SUR_ENOMEM. Free with sur_reader_close, which accepts NULL. */
SUR_CHECKED sur_status sur_reader_open(sur_reader **out, const sur_dataset *data,
                                       const sur_data_options *options, sur_error *err);
SUR_API void sur_reader_close(sur_reader *reader);

/* Rows picks[0 .. out->rows-1] as doubles, missing values NaN. From a file they come
 * fast in ascending order; an earlier row than the last one begins the file anew.
 * SUR_EIO (the file has changed), SUR_EPARSE, SUR_EBACKEND, SUR_ENOMEM. */
SUR_CHECKED sur_status sur_reader_rows(sur_mat *out, sur_reader *reader,
                                       const sur_idx *picks, sur_error *err);

/* shape = channels, height, width of the text "c,h,w". SUR_EINVAL: it is none, or its
 * places are not `cols`. */
SUR_CHECKED sur_status sur_data_image(sur_idx shape[3], const char *text, sur_idx cols,
                                      sur_error *err);

/* Where *text (owned) is NULL it becomes the shape of the data's images. SUR_EINVAL (a
 * text of another shape; data that are no images), SUR_ENOMEM. */
SUR_CHECKED sur_status sur_data_image_known(char **text, const sur_dataset *data,
                                            sur_error *err);

/* Whether options->data names a generator ("synthetic:..."). */
SUR_API bool sur_data_is_synthetic(const sur_data_options *options);

/* Makes `synthetic:NAME` data: options->samples training rows (default 1,000), then
 * options->test_samples test rows (default 10,000; test_rows is set), with `columns`
 * features; events always have 28. Columns are keyed by their index, and the true
 * coefficients of width p are the first p draws, normalized to norm 1: column j is the
 * same for every width asked, and row i for every number of rows. Only `condition` is a
 * property of the rows and columns asked for, so that these change with it. truth
 * ([columns], may be NULL) receives the coefficients (latent: those of the best linear
 * predictor); NAN for generators that have none. Fails with SUR_EINVAL (no such
 * generator, the nearest name is suggested; an option that the generator does not know;
 * more rows and columns than any memory holds), SUR_ENOMEM, SUR_ENUMERIC (`condition`,
 * and the rows drawn are dependent). */
SUR_CHECKED sur_status sur_data_generate(sur_dataset *out,
                                         const sur_data_options *options,
                                         sur_idx columns, double *truth,
                                         sur_error *err);

/* Whether sur_data_generate knows the generator and can follow the options, without
 * making anything. SUR_EINVAL. */
SUR_CHECKED sur_status sur_data_generate_check(const sur_data_options *options,
                                               sur_idx columns, sur_error *err);

/* A matrix of which all or some entries are known: arrays of count entries, owned. */
typedef struct sur_entries {
    sur_idx rows, cols, count;
    sur_idx *row, *col;        /* [count] from 0 */
    double *value, *imaginary; /* [count]; imaginary NULL: all are real */
    char *names; /* of text ids: rows, then cols names, each ended by a zero byte (""
                  * for numbers); NULL: ids are numbers; untrusted text */
    char checksum[65]; /* SHA-256 of the file's, in hex */
} sur_entries;

/* Reads options->data (data, missing, transpose) as a matrix: an image, a MATLAB, BART
 * or Matrix Market file, any table of numbers (missing cells are not known); or, from
 * text of three or four columns of which the first two are whole numbers or words, as
 * triplets row, column, value. One line about it goes to note (at most size bytes, may
 * be NULL). Fails as sur_data_read; then *out is empty. */
SUR_CHECKED sur_status sur_data_entries(sur_entries *out,
                                        const sur_data_options *options, char *note,
                                        size_t size, sur_error *err);
SUR_API void sur_entries_free(sur_entries *entries);

SUR_API void sur_dataset_free(sur_dataset *data);

/* The whole data set as one run of bytes, and a view of such bytes (checked: every
 * offset inside, SUR_EPARSE otherwise). bytes is borrowed for as long as the view is
 * used. */
SUR_API const void *sur_dataset_bytes(const sur_dataset *data, size_t *size);
/* The same bytes as a block of their own, which becomes the caller's (free); the data
 * set is left empty. NULL if it does not own its block. */
SUR_API void *sur_dataset_release(sur_dataset *data, size_t *size);
SUR_CHECKED sur_status sur_dataset_view(sur_dataset *out, const void *bytes,
                                        size_t size, sur_error *err);

/* Name i of column_names: 0 .. cols-1 a feature, cols the target, cols+1 the weight,
 * cols+2.. a class. */
SUR_API const char *sur_dataset_name(const sur_dataset *data, sur_idx i);

/* Rows picks[0 .. out->rows-1] (NULL: first ..) as doubles, missing values still NaN.
 */
SUR_API void sur_dataset_rows(sur_mat *out, const sur_dataset *data,
                              const sur_idx *picks, sur_idx first);

/* ---- split and preparation ---- */

/* Which rows are for what, and how a row becomes numbers. Arrays are owned. */
typedef struct sur_split {
    sur_idx train_count, validation_count, test_count;
    sur_idx *train, *validation, *test; /* row numbers */
    sur_idx cols;                       /* d */
    double *median, *mean, *scale;      /* [d], of the train rows; scale 1, mean 0 where
                                         * not standardized or constant */
    double *label;                      /* [train_count] targets after label noise */
    uint8_t *flipped; /* [train_count] 1 where the label was flipped */
} sur_split;

/* Draws the split: options->samples train rows, `validation` of them set aside if > 0
 * (a share of all train rows), test_samples test rows, stratified by class, keyed by
 * split_seed (or seed); flips label_noise of the train labels to another class, keyed
 * by seed (for two classes: the other one). Rows of a given test set stay in it. Fails
 * with SUR_EINVAL (more samples than rows, with both numbers; one class only),
 * SUR_ENOMEM, and as sur_reader_rows where the features are in a file: then each part
 * is in the order of its rows. */
SUR_CHECKED sur_status sur_split_make(sur_split *out, const sur_dataset *data,
                                      const sur_data_options *options,
                                      double validation, sur_error *err);
SUR_API void sur_split_free(sur_split *split);

/* One mean and one deviation, of all train rows' cells together, for every column: as
 * images want it. SUR_ENOMEM, and as sur_reader_rows. */
SUR_CHECKED sur_status sur_split_scale_whole(sur_split *split, const sur_dataset *data,
                                             const sur_data_options *options,
                                             sur_error *err);

/* out (count x d) = rows picks[0 .. count-1], imputed and standardized. */
SUR_API void sur_split_rows(sur_mat *out, const sur_split *split,
                            const sur_dataset *data, const sur_idx *picks);

/* The same from a reader of the data set; fails as sur_reader_rows. */
SUR_CHECKED sur_status sur_split_read(sur_mat *out, const sur_split *split,
                                      sur_reader *reader, const sur_idx *picks,
                                      sur_error *err);

/* ---- files out, and a look at a file ---- */

/* A human-readable description (shape, types, classes, missing, ranges per column) or
 * the same as JSON; malloc'd text. */
typedef enum sur_info_format { SUR_INFO_TEXT, SUR_INFO_JSON } sur_info_format;
SUR_CHECKED sur_status sur_data_info(char **text, const sur_data_options *options,
                                     sur_info_format format, sur_error *err);

/* Writes a data set as .npz, .csv, .h5 (.hdf5) or .libsvm (.svm), by the extension of
 * path; what is read back is the same. SUR_EWRITE; SUR_EINVAL (another extension; what
 * libsvm has no place for). */
SUR_CHECKED sur_status sur_data_write(const char *path, const sur_dataset *data,
                                      sur_error *err);

/* Reads options->data and writes it to path, as sur_data_read and sur_data_write; from
 * libsvm to libsvm without laying it out. What the new file does not say goes to note
 * as well. */
SUR_CHECKED sur_status sur_data_convert(const char *path,
                                        const sur_data_options *options, char *note,
                                        size_t size, sur_error *err);

/* One named array: kind "f8", "f4", "i8", "i4", "u1" (any other: bytes), shape "3,20".
 */
typedef struct sur_array {
    const char *name, *kind, *shape;
    const void *data;
    size_t size; /* bytes */
} sur_array;

/* Writes arrays as .npz, whatever the extension; at most 32. SUR_EWRITE, SUR_EINVAL,
 * SUR_ENOMEM; on failure no file is left. */
SUR_CHECKED sur_status sur_arrays_write(const char *path, const sur_array *arrays,
                                        sur_idx count, sur_error *err);

/* Names and one-line texts of the generators, NULL-terminated pairs. */
SUR_API extern const char *const sur_generators[][2];

#ifdef __cplusplus
}
#endif
#endif
