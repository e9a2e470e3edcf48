/* generate.c -- synthetic data by name. */
#include "data/generate.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "data/block.h"

#include <math.h>
#include <string.h>

enum { TRAIN = 1000, TEST = 10000 };

/* Name, what it makes, function, what of the options it does not know. The revision is
 * raised when the numbers change. */
#define GENERATORS(X)                                                                \
    X(linear, 1, "Gaussian rows, a linear target; --condition, --decay, --noise")    \
    X(latent, 1,                                                                     \
      "noisy views of a few latent variables, which the target is linear in")        \
    X(events, 1, "collision events, 28 columns: a heavy Higgs cascade or top pairs") \
    X(teacher, 1, "Gaussian rows, targets of a random network; --noise")

#define ENTRY_TEXT(name, revision, text) {#name, text},
const char *const sur_generators[][2] = {GENERATORS(ENTRY_TEXT){NULL, NULL}};

#define ENTRY_CODE(name, revision, text) {revision, sur_generate_##name},
static const struct {
    int revision;
    sur_status (*make)(sur_dataset *, const sur_request *, sur_error *);
} codes[] = {GENERATORS(ENTRY_CODE)};

enum { LINEAR, LATENT, EVENTS, TEACHER, COUNT };

static sur_status find_generator(sur_idx *found, const char *name, sur_error *err)
{
    const char *names[COUNT];
    for (sur_idx i = 0; i < COUNT; i++) names[i] = sur_generators[i][0];
    for (*found = 0; *found < COUNT; ++*found)
        if (strcmp(names[*found], name) == 0) return SUR_OK;
    const char *near = sur_nearest(name, names, COUNT);
    return sur_fail(err, SUR_EINVAL, "no generator '%.64s'%s%s%s", name,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* An option that the generator would ignore is refused, so that nobody reads its value
 * as part of the result. */
static sur_status check_request(sur_idx which, const sur_request *r, sur_error *err)
{
    const sur_data_options *o = r->options;
    const char *name = sur_generators[which][0];
    const sur_idx columns = r->columns;
    const double rows = (double)r->train + (double)r->test;
    if (columns < 1)
        return sur_fail(err, SUR_EINVAL, "%lld columns of synthetic data",
                        (long long)columns);
    if (r->train < 1 || r->test < 0 || rows * (double)columns > 0x1p50)
        return sur_fail(err, SUR_EINVAL,
                        "%.0f rows of %lld columns: too few, or more than any memory",
                        rows, (long long)columns);
    if (which != LINEAR && !isnan(o->condition))
        return sur_fail(err, SUR_EINVAL, "condition = %g, but synthetic:%s has none",
                        o->condition, name);
    if (which != LINEAR && o->decay != 0.0)
        return sur_fail(err, SUR_EINVAL, "decay = %g, but synthetic:%s has no spectrum",
                        o->decay, name);
    if (which == EVENTS && o->noise != 0.0)
        return sur_fail(err, SUR_EINVAL,
                        "noise = %g, but synthetic:events has classes: use label_noise",
                        o->noise);
    if (which != EVENTS && o->task == SUR_CLASSIFICATION)
        return sur_fail(err, SUR_EINVAL, "synthetic:%s makes numbers, not classes",
                        name);
    return SUR_OK;
}

/* The checksum of synthetic data is that of everything that determines them. */
static sur_status seal(sur_dataset *data, sur_idx which, const sur_request *r,
                       sur_error *err)
{
    const sur_data_options *o = r->options;
    sur_text text = {0};
    char checksum[65];
    sur_status status;

    SUR_TRY(sur_text_format(&text, err, "%s/%d %lld %lld %lld %lld %a %a %a %lld %lld",
                            sur_generators[which][0], codes[which].revision,
                            (long long)o->seed, (long long)r->train, (long long)r->test,
                            (long long)data->cols, o->noise, o->condition, o->decay,
                            (long long)o->latent, (long long)data->classes));
    SUR_TRY(sur_sha256_of(checksum, text.at, (size_t)text.length, err));
    sur_block_seal(data, checksum, 0, 0);

done:
    sur_text_free(&text);
    return status;
}

/* What options ask for, and the generator they name. */
static sur_status read_request(sur_request *request, sur_idx *which,
                               const sur_data_options *options, sur_idx columns,
                               sur_error *err)
{
    *request = (sur_request){
        .options = options,
        .train = options->samples == SUR_UNSET ? TRAIN : options->samples,
        .test = options->test_samples == SUR_UNSET ? TEST : options->test_samples,
        .columns = columns,
    };
    if (!sur_data_is_synthetic(options))
        return sur_fail(err, SUR_EINVAL, "'%.64s' is not synthetic:NAME",
                        options->data ? options->data : "");
    const sur_status status =
        find_generator(which, strchr(options->data, ':') + 1, err);
    return status == SUR_OK ? check_request(*which, request, err) : status;
}

sur_status sur_data_generate_check(const sur_data_options *options, sur_idx columns,
                                   sur_error *err)
{
    sur_request request;
    sur_idx which;
    return read_request(&request, &which, options, columns, err);
}

sur_status sur_data_generate(sur_dataset *out, const sur_data_options *options,
                             sur_idx columns, double *truth, sur_error *err)
{
    sur_request request;
    sur_idx which = 0;
    sur_status status;

    *out = (sur_dataset){0};
    SUR_TRY(read_request(&request, &which, options, columns, err));
    request.truth = truth;
    for (sur_idx j = 0; truth && j < columns; j++) truth[j] = nan("");
    SUR_TRY(codes[which].make(out, &request, err));
    SUR_TRY(seal(out, which, &request, err));

done:
    if (status != SUR_OK) sur_dataset_free(out);
    return status;
}
