/* resolve.c -- reads the input once, and computes the options that were not given. */
#include "experiments/descent/descent.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "experiments/descent/results.h"

#include <stdlib.h>
#include <string.h>

/* Ambient dimension of synthetic data where it is not the width. */
enum { DIMENSION = 100, EVENT_COLUMNS = 28, TEACHER_COLUMNS = 32 };
enum { SYNTHETIC_SAMPLES = 1000, SYNTHETIC_TEST = 10000 };
/* Up to so many samples the baseline costs less than the data are worth. */
enum { TUNE_SAMPLES = 4000 };

sur_status sur_descent_load(const void *options, void **input, size_t *size, char *note,
                            size_t note_size, sur_error *err)
{
    const sur_descent_options *o = options;
    sur_dataset data = {0};

    *input = NULL;
    *size = 0;
    if (note_size > 0) note[0] = '\0';
    if (o->results) return sur_descent_results_read(o->results, input, size, err);
    if (!o->data.data)
        return sur_fail(
            err, SUR_EINVAL,
            "no data: --data FILE, --data synthetic:NAME or --results FILE");
    if (sur_data_is_synthetic(&o->data)) return SUR_OK;

    sur_status status =
        sur_data_scan(&data, &o->data, DESCENT_FILE, note, note_size, err);
    if (status != SUR_OK) return status;
    if (data.classes == 1) {
        status = sur_fail(err, SUR_EPARSE,
                          "%s: the target, %.60s, has one class only (%.60s)",
                          o->data.data, sur_dataset_name(&data, data.cols),
                          sur_dataset_name(&data, data.cols + 2));
        sur_dataset_free(&data);
        return status;
    }
    *input = sur_dataset_release(&data, size);
    return SUR_OK;
}

static bool is_events(const sur_data_options *data)
{
    return data->data && strcmp(data->data, "synthetic:events") == 0;
}

/* The linear family has as many widths as the data have columns. */
sur_status sur_descent_axis(const void *options, const char *name, const void *input,
                            size_t size, char **text, sur_error *err)
{
    const sur_descent_options *o = options;
    sur_dataset data = {0};
    sur_text made = {0};
    sur_idx columns = o->data.dimension;

    *text = NULL;
    if (o->results) return sur_descent_results_axis(text, name, input, size, err);
    if (strcmp(name, "width") != 0) return SUR_OK;
    if (sur_family_is_network(o->family))
        return sur_copy_text(
            text, sur_family_is_conv(o->family) ? "1:16:x2" : "1:512:x2", err);
    if (o->family != SUR_LINEAR) return SUR_OK;
    if (is_events(&o->data)) columns = EVENT_COLUMNS;
    if (input) {
        const sur_status status = sur_dataset_view(&data, input, size, err);
        if (status != SUR_OK) return status;
        columns = data.cols;
    }
    if (columns == SUR_UNSET) return SUR_OK;
    const sur_status status =
        columns <= 40 ? sur_text_format(&made, err, "1:%lld", (long long)columns)
                      : sur_text_format(&made, err, "1:%lld:log40", (long long)columns);
    *text = made.at;
    return status;
}

/* The rows left for n training examples, v validation and t test examples; a test file
 * leaves all of --data to the other two. */
sur_status sur_descent_counts(sur_descent_options *o, sur_idx rows, sur_idx test_rows,
                              sur_error *err)
{
    sur_data_options *data = &o->data;
    const bool synthetic = rows == 0;
    const sur_idx own = rows - test_rows;

    if (data->samples == SUR_UNSET)
        data->samples = synthetic   ? SYNTHETIC_SAMPLES
                        : test_rows ? own - own / 10 /* the tenth is for validation */
                                    : (7 * own) / 10;
    if (synthetic) {
        if (data->test_samples == SUR_UNSET) data->test_samples = SYNTHETIC_TEST;
        if (o->validation_samples == SUR_UNSET)
            o->validation_samples = (data->samples + 9) / 10;
        return SUR_OK;
    }
    const sur_idx test = data->test_samples == SUR_UNSET ? (test_rows ? test_rows : 1)
                                                         : data->test_samples;
    const sur_idx wanted = data->samples + (test_rows ? 0 : test);
    if (data->samples < 1 || wanted > own)
        return sur_fail(err, SUR_EINVAL,
                        "%lld samples%s need more rows than the %lld there are",
                        (long long)data->samples, test_rows ? "" : " and a test part",
                        (long long)own);
    if (test_rows && test > test_rows)
        return sur_fail(err, SUR_EINVAL,
                        "test_samples = %lld, but the test part has %lld rows",
                        (long long)test, (long long)test_rows);

    /* Half of what is left at most, so that a default never empties the test part. */
    const sur_idx left = own - wanted;
    const bool free_test = !test_rows && data->test_samples == SUR_UNSET;
    if (o->validation_samples == SUR_UNSET) {
        const sur_idx most = free_test ? left / 2 : left;
        o->validation_samples = own / 10 < most ? own / 10 : most;
    }
    if (o->validation_samples > left)
        return sur_fail(err, SUR_EINVAL,
                        "validation_samples = %lld, but %lld rows are left of %lld",
                        (long long)o->validation_samples, (long long)left,
                        (long long)own);
    if (data->test_samples == SUR_UNSET)
        data->test_samples =
            test_rows ? test_rows : own - data->samples - o->validation_samples;
    return SUR_OK;
}

static sur_status check_linear(const sur_descent_options *o, sur_idx columns,
                               sur_error *err)
{
    if (o->family != SUR_LINEAR) return SUR_OK;
    if (o->width == SUR_INF)
        return sur_fail(err, SUR_EINVAL, "width inf: the linear family has no limit");
    if (o->width > columns)
        return sur_fail(err, SUR_EINVAL,
                        "width %lld: the linear family has %lld columns",
                        (long long)o->width, (long long)columns);
    return SUR_OK;
}

static sur_status resolve_synthetic(sur_descent_options *o, sur_error *err)
{
    sur_data_options *data = &o->data;
    const bool events = is_events(data);
    const bool teacher = strcmp(data->data, "synthetic:teacher") == 0;

    if (data->dimension == SUR_UNSET)
        data->dimension = events                    ? EVENT_COLUMNS
                          : teacher                 ? TEACHER_COLUMNS
                          : o->family == SUR_LINEAR ? o->width
                                                    : DIMENSION;
    if (events && data->dimension != EVENT_COLUMNS)
        return sur_fail(err, SUR_EINVAL,
                        "dimension = %lld: synthetic:events has %d columns",
                        (long long)data->dimension, EVENT_COLUMNS);
    /* These columns have a known scale; to standardize them would change the law that
     * theory speaks of. */
    if (!events) data->standardize = false;
    if (o->intercept == DESCENT_AUTO) o->intercept = events ? DESCENT_YES : DESCENT_NO;
    data->task = events ? SUR_CLASSIFICATION : SUR_REGRESSION;
    sur_status status = check_linear(o, data->dimension, err);
    if (status == SUR_OK) status = sur_descent_counts(o, 0, 0, err);
    return status == SUR_OK ? sur_data_generate_check(data, data->dimension, err)
                            : status;
}

sur_status sur_descent_set_checksum(char **text, const char *checksum, sur_error *err)
{
    if (*text && **text) {
        if (strcmp(*text, checksum) == 0) return SUR_OK;
        return sur_fail(err, SUR_EPARSE,
                        "the data's checksum is %s, not %.64s as given", checksum,
                        *text);
    }
    char *copy;
    const size_t size = strlen(checksum) + 1;
    const sur_status status = sur_alloc(&copy, (sur_idx)size, 1, err);
    if (status != SUR_OK) return status;
    memcpy(copy, checksum, size);
    free(*text);
    *text = copy;
    return SUR_OK;
}

static sur_status resolve_file(sur_descent_options *o, const sur_dataset *data,
                               sur_error *err)
{
    sur_status status =
        sur_descent_set_checksum(&o->data.data_sha256, data->checksum, err);
    if (status != SUR_OK) return status;

    if (sur_family_is_conv(o->family)) {
        status = sur_data_image_known(&o->data.image, data, err);
        if (status != SUR_OK) return status;
    }
    o->data.task = data->classes > 0 ? SUR_CLASSIFICATION : SUR_REGRESSION;
    if (o->intercept == DESCENT_AUTO) o->intercept = DESCENT_YES;
    status = check_linear(o, data->cols, err);
    if (status != SUR_OK) return status;
    return sur_descent_counts(o, data->rows, data->test_rows, err);
}

sur_status sur_descent_resolve(void *options, const void *input, size_t size,
                               sur_error *err)
{
    sur_descent_options *o = options;
    sur_dataset data = {0};
    sur_status status;

    if (o->data.split_seed == SUR_UNSET) o->data.split_seed = o->data.seed;
    if (o->results) return sur_descent_results_check(o, input, size, err);
    if (!o->data.data)
        return sur_fail(
            err, SUR_EINVAL,
            "no data: --data FILE, --data synthetic:NAME or --results FILE");
    if (sur_data_is_synthetic(&o->data)) {
        SUR_TRY(resolve_synthetic(o, err));
    } else {
        SUR_TRY(sur_dataset_view(&data, input, size, err));
        SUR_TRY(resolve_file(o, &data, err));
    }
    SUR_FAIL_IF(o->data.label_noise > 0 && o->data.task == SUR_REGRESSION, SUR_EINVAL,
                "label_noise = %g, but the targets are no classes",
                o->data.label_noise);
    SUR_TRY(sur_descent_mlp_resolve(o, data.cols ? data.cols : o->data.dimension,
                                    o->data.task != SUR_CLASSIFICATION ? 0
                                    : data.classes                     ? data.classes
                                                                       : 2,
                                    err));
    if (o->tune == DESCENT_AUTO)
        o->tune = o->validation_samples > 0 && o->data.samples <= TUNE_SAMPLES
                      ? DESCENT_YES
                      : DESCENT_NO;
    SUR_FAIL_IF(o->tune == DESCENT_YES && o->validation_samples == 0, SUR_EINVAL,
                "tune needs a validation part, and no rows are left for one");
    /* The part is set aside even when the baseline is off: one split for both. */

done:
    return status;
}
