/* checkpoint.c -- a training in progress as a safetensors file, and back.
 *
 * Metadata: format "surplus training 1", spec (the options as JSON), data_sha256, and
 * state_sha256 of the arrays: with early stopping "best.at" (loss and step of the best
 * network so far) and "best" [N]; then "trainer", what sur_trainer_save made, four
 * bytes as one F32. */
#include "train/checkpoint.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/try.h"
#include "model/safetensors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char format[] = "surplus training 1";
enum { ARRAYS = 3 };

static sur_status sum_of(char text[65], const sur_named *arrays, sur_idx count,
                         sur_error *err)
{
    sur_sha256 sum = {0};
    sur_status status;
    SUR_TRY(sur_sha256_begin(&sum, err));
    for (sur_idx i = 0; i < count; i++) {
        const size_t each = arrays[i].dtype == SUR_DTYPE_F64 ? 8 : 4;
        SUR_TRY(sur_sha256_add(&sum, arrays[i].data, (size_t)arrays[i].shape[0] * each,
                               err));
    }
    SUR_TRY(sur_sha256_end(&sum, text, err));

done:
    sur_sha256_drop(&sum);
    return status;
}

sur_status sur_checkpoint_write(const char *path, const sur_fit *fit,
                                const sur_trainer *trainer, const sur_fit_best *best,
                                sur_error *err)
{
    const double at[2] = {best->loss, (double)best->step};
    char sum[65], *spec = NULL;
    void *state = NULL;
    size_t size;
    sur_status status;

    SUR_TRY(sur_trainer_save(&state, &size, trainer, err));
    SUR_TRY(sur_fields_to_json(&sur_fit_fields, &fit->options, &spec, err));
    const sur_idx n = sur_network_size(&fit->network);
    /* What has eight bytes comes first, to be aligned. */
    const sur_named arrays[ARRAYS] = {
        {"best.at", SUR_DTYPE_F64, 1, {2, 1, 1, 1}, at},
        {"best", SUR_DTYPE_F32, 1, {n, 1, 1, 1}, best->parameters},
        {"trainer",
         SUR_DTYPE_F32,
         1,
         {(sur_idx)(size / sizeof(float)), 1, 1, 1},
         state}};
    const sur_idx count = best->parameters ? ARRAYS : 1;
    const sur_named *first = arrays + ARRAYS - count;
    SUR_TRY(sum_of(sum, first, count, err));
    const char *const metadata[][2] = {{"format", format},
                                       {"spec", spec},
                                       {"data_sha256", fit->checksum},
                                       {"state_sha256", sum},
                                       {"version", sur_version()}};
    const sur_named_list all = {.at = first,
                                .count = count,
                                .metadata = metadata,
                                .metadata_count = sizeof metadata / sizeof *metadata};
    SUR_TRY(sur_named_save(path, &all, err));

done:
    free(state);
    free(spec);
    return status;
}

/* Options that may differ: how long to train (unless every step depends on it), and
 * where the data lie, whose checksum is compared. */
static bool may_differ(const sur_field *field, const sur_fit_options *o)
{
    const bool length =
        strcmp(field->name, "epochs") == 0 || strcmp(field->name, "steps") == 0;
    return field->kind == SUR_PATH ||
           (length && o->network.schedule != SUR_RATE_COSINE);
}

static sur_status compare_options(const sur_fit *fit, const char *spec, sur_error *err)
{
    sur_fit_options there;
    sur_status status;

    SUR_TRY(sur_fields_preset(&sur_fit_fields, &there, err));
    SUR_TRY(sur_fields_from_json(&sur_fit_fields, &there, spec, err));
    for (sur_idx i = 0; i < sur_fit_fields.count; i++) {
        const sur_field *field = &sur_fit_fields.at[i];
        char a[128], b[128];
        if (may_differ(field, &fit->options)) continue;
        sur_field_text(field, &there, a, sizeof a);
        sur_field_text(field, &fit->options, b, sizeof b);
        SUR_FAIL_IF(strcmp(a, b) != 0, SUR_EPARSE,
                    "is of another training: %s is '%.60s' there and '%.60s' here",
                    field->name, a, b);
    }

done:
    sur_fields_free(&sur_fit_fields, &there);
    return status;
}

static sur_status compare(const sur_fit *fit, const sur_named_list *arrays,
                          sur_error *err)
{
    static const char *const keys[] = {"format", "spec", "data_sha256", "state_sha256"};
    const char *value[4];
    char sum[65];
    sur_status status;

    for (int i = 0; i < 4; i++) {
        value[i] = sur_named_text(arrays, keys[i]);
        SUR_FAIL_IF(!value[i], SUR_EPARSE,
                    "is no checkpoint: its metadata have no '%s'", keys[i]);
    }
    SUR_FAIL_IF(strcmp(value[0], format) != 0, SUR_EPARSE,
                "is no checkpoint: its format is '%.40s', not '%s'", value[0], format);
    SUR_TRY(compare_options(fit, value[1], err));
    SUR_FAIL_IF(strcmp(value[2], fit->checksum) != 0, SUR_EPARSE,
                "is of a training on other data");
    const sur_idx count = fit->options.early_stop ? ARRAYS : 1;
    SUR_FAIL_IF(arrays->count != count, SUR_EPARSE, "has %lld arrays, not %lld",
                (long long)arrays->count, (long long)count);
    SUR_TRY(sum_of(sum, arrays->at, count, err));
    SUR_FAIL_IF(strcmp(value[3], sum) != 0, SUR_EPARSE,
                "is damaged: its arrays do not add up to their checksum");

done:
    return status;
}

static sur_status restore(const sur_fit *fit, sur_trainer *trainer, sur_fit_best *best,
                          const sur_named_list *arrays, sur_error *err)
{
    const sur_idx n = sur_network_size(&fit->network), last = arrays->count - 1,
                  size = last < 0 ? 0 : arrays->at[last].shape[0];
    const void *data;
    double at[2];
    sur_status status;

    SUR_TRY(compare(fit, arrays, err));
    SUR_TRY(sur_named_find(&data, arrays, "trainer", SUR_DTYPE_F32,
                           (const sur_idx[4]){size, 1, 1, 1}, err));
    SUR_TRY(sur_trainer_load(trainer, data, (size_t)size * sizeof(float), err));
    if (!best->parameters) goto done;
    SUR_TRY(sur_named_find(&data, arrays, "best", SUR_DTYPE_F32,
                           (const sur_idx[4]){n, 1, 1, 1}, err));
    memcpy(best->parameters, data, (size_t)n * sizeof(float));
    SUR_TRY(sur_named_find(&data, arrays, "best.at", SUR_DTYPE_F64,
                           (const sur_idx[4]){2, 1, 1, 1}, err));
    memcpy(at, data, sizeof at);
    best->loss = at[0];
    best->step = (sur_idx)at[1];

done:
    return status;
}

sur_status sur_checkpoint_read(const char *path, const sur_fit *fit,
                               sur_trainer *trainer, sur_fit_best *best, sur_error *err)
{
    sur_error why = {SUR_OK, ""};
    sur_named_list arrays = {0};
    void *bytes;
    size_t size;

    if (access(path, F_OK) != 0 && errno == ENOENT) return SUR_OK;
    sur_status status = sur_named_slurp(&bytes, &size, path, err);
    if (status != SUR_OK) return status;
    status = sur_named_read(&arrays, bytes, size, &why);
    if (status == SUR_OK) status = restore(fit, trainer, best, &arrays, &why);
    sur_named_free(&arrays);
    free(bytes);
    if (status == SUR_OK) return SUR_OK;
    return sur_fail(err, status, "%.200s: %.290s", path, why.message);
}
