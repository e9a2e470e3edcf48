/* fit_file.c -- a fitted model as a safetensors file, and back.
 *
 * Metadata: format "surplus 1", spec (the options as JSON), columns, target and classes
 * (names), data_sha256, and where rows were forgotten their numbers. Arrays:
 * input.median, input.mean, input.scale [d], output.centre [k], output.unit [1], all
 * F64; then coefficients [p, k] in F64, or the parameters of the network in F32 by
 * their names. */
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "model/safetensors.h"
#include "train/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char format[] = "surplus 1";
enum { FIXED = 5, MOST = FIXED + SUR_NETWORK_TENSORS_MOST };

/* ---- out ---- */

/* The numbers beside the parameters, and where they belong in a fit. */
typedef struct place {
    const char *name;
    sur_idx count;
    double **to;
} place;

static void places_of(place out[4], sur_fit *fit)
{
    out[0] = (place){"input.median", fit->inputs, &fit->median};
    out[1] = (place){"input.mean", fit->inputs, &fit->mean};
    out[2] = (place){"input.scale", fit->inputs, &fit->scale};
    out[3] = (place){"output.centre", fit->outputs, &fit->centre};
}

static sur_idx list_arrays(sur_named *out, sur_tensor *table, const sur_fit *fit)
{
    sur_fit view = *fit; /* places want something to write to */
    place places[4];
    sur_idx count = 0;
    places_of(places, &view);
    for (int i = 0; i < 4; i++)
        out[count++] = (sur_named){.name = places[i].name,
                                   .dtype = SUR_DTYPE_F64,
                                   .dims = 1,
                                   .shape = {places[i].count, 1, 1, 1},
                                   .data = *places[i].to};
    out[count++] =
        (sur_named){"output.unit", SUR_DTYPE_F64, 1, {1, 1, 1, 1}, &fit->unit};
    if (!sur_family_is_network(fit->options.family)) {
        const sur_mat *b = &fit->coefficients;
        out[count++] = (sur_named){
            "coefficients", SUR_DTYPE_F64, 2, {b->rows, b->cols, 1, 1}, b->data};
        return count;
    }
    const sur_idx tensors = sur_network_tensors(table, &fit->network);
    for (sur_idx i = 0; i < tensors; i++) {
        out[count] = (sur_named){.name = table[i].name,
                                 .dtype = SUR_DTYPE_F32,
                                 .dims = table[i].dims,
                                 .data = fit->parameters + table[i].offset};
        memcpy(out[count++].shape, table[i].shape, sizeof table[i].shape);
    }
    return count;
}

static sur_status add_names(sur_text *text, char *const *names, sur_idx count,
                            sur_error *err)
{
    sur_status status = sur_text_add(text, "[", err);
    for (sur_idx i = 0; i < count && status == SUR_OK; i++) {
        if (i > 0) status = sur_text_add(text, ",", err);
        if (status == SUR_OK) status = sur_text_json(text, names[i], err);
    }
    return status == SUR_OK ? sur_text_add(text, "]", err) : status;
}

static sur_status add_numbers(sur_text *text, const sur_idx *number, sur_idx count,
                              sur_error *err)
{
    sur_status status = sur_text_add(text, "[", err);
    for (sur_idx i = 0; i < count && status == SUR_OK; i++)
        status =
            sur_text_format(text, err, "%s%lld", i ? "," : "", (long long)number[i]);
    return status == SUR_OK ? sur_text_add(text, "]", err) : status;
}

/* To a file of that name, or to one that is open. */
static sur_status write_fit(const char *path, FILE *file, const sur_fit *fit,
                            sur_error *err)
{
    sur_named arrays[MOST];
    sur_tensor table[MOST];
    sur_text columns = {0}, classes = {0}, forgotten = {0};
    char *spec = NULL;
    sur_status status;

    SUR_TRY(sur_fields_to_json(&sur_fit_fields, &fit->options, &spec, err));
    SUR_TRY(add_names(&columns, fit->names, fit->inputs, err));
    SUR_TRY(add_names(&classes, fit->names + fit->inputs + 1, fit->classes, err));
    SUR_TRY(add_numbers(&forgotten, fit->forgotten, fit->forgotten_count, err));
    const char *const metadata[][2] = {
        {"format", format},         {"spec", spec},
        {"columns", columns.at},    {"target", fit->names[fit->inputs]},
        {"classes", classes.at},    {"data_sha256", fit->checksum},
        {"version", sur_version()}, {"forgotten", forgotten.at}};
    const sur_idx keys = sizeof metadata / sizeof *metadata;
    const sur_named_list all = {.at = arrays,
                                .count = list_arrays(arrays, table, fit),
                                .metadata = metadata,
                                .metadata_count = keys - (fit->forgotten_count == 0)};
    status = file ? sur_named_write(file, &all, err) : sur_named_save(path, &all, err);

done:
    sur_text_free(&columns);
    sur_text_free(&classes);
    sur_text_free(&forgotten);
    free(spec);
    return status;
}

sur_status sur_fit_save(const char *path, const sur_fit *fit, sur_error *err)
{
    return write_fit(path, NULL, fit, err);
}

sur_status sur_fit_bytes(void **bytes, size_t *size, const sur_fit *fit, sur_error *err)
{
    char *at = NULL;
    *bytes = NULL;
    FILE *file = open_memstream(&at, size);
    if (!file) return sur_fail(err, SUR_ENOMEM, "cannot open a file in memory");
    sur_status status = write_fit(NULL, file, fit, err);
    if (fclose(file) != 0 && status == SUR_OK)
        status = sur_fail(err, SUR_ENOMEM, "cannot write the model to memory");
    if (status == SUR_OK)
        *bytes = at;
    else
        free(at);
    return status;
}

/* ---- in ---- */

static sur_status read_text(const char **out, const sur_named_list *arrays,
                            const char *key, sur_error *err)
{
    *out = sur_named_text(arrays, key);
    if (*out) return SUR_OK;
    return sur_fail(err, SUR_EPARSE, "the metadata have no '%s'", key);
}

static sur_status read_list(sur_json **out, const sur_named_list *arrays,
                            const char *key, sur_error *err)
{
    const char *text;
    sur_status status = read_text(&text, arrays, key, err);
    if (status == SUR_OK) status = sur_json_parse(out, text, strlen(text), err);
    if (status != SUR_OK) return status;
    bool good = sur_json_count(*out) >= 0 && !sur_json_is_object(*out);
    for (sur_idx i = 0; good && i < sur_json_count(*out); i++)
        good = sur_json_text(sur_json_at(*out, i)) != NULL;
    return good ? SUR_OK : sur_fail(err, SUR_EPARSE, "'%s' is no list of names", key);
}

static sur_status read_names(sur_fit *fit, const sur_named_list *arrays, sur_error *err)
{
    sur_json *columns = NULL, *classes = NULL;
    const char **names = NULL, *target;
    sur_status status;

    SUR_TRY(read_list(&columns, arrays, "columns", err));
    SUR_TRY(read_list(&classes, arrays, "classes", err));
    SUR_TRY(read_text(&target, arrays, "target", err));
    fit->inputs = sur_json_count(columns);
    fit->classes = sur_json_count(classes);
    SUR_FAIL_IF(fit->inputs < 1 || fit->classes == 1, SUR_EPARSE,
                "%lld columns and %lld classes", (long long)fit->inputs,
                (long long)fit->classes);
    const sur_idx count = fit->inputs + 1 + fit->classes;
    SUR_TRY(sur_alloc(&names, count, sizeof *names, err));
    for (sur_idx i = 0; i < count; i++)
        names[i] = i < fit->inputs ? sur_json_text(sur_json_at(columns, i))
                   : i == fit->inputs
                       ? target
                       : sur_json_text(sur_json_at(classes, i - fit->inputs - 1));
    SUR_TRY(sur_fit_name(fit, names, count, err));

done:
    free(names);
    sur_json_free(columns);
    sur_json_free(classes);
    return status;
}

static sur_status read_forgotten(sur_fit *fit, const sur_named_list *arrays,
                                 sur_error *err)
{
    const char *text = sur_named_text(arrays, "forgotten");
    sur_json *list = NULL;
    sur_status status = SUR_OK;
    if (!text) return SUR_OK;
    SUR_TRY(sur_json_parse(&list, text, strlen(text), err));
    const sur_idx count = sur_json_count(list);
    SUR_FAIL_IF(count < 1 || sur_json_is_object(list), SUR_EPARSE,
                "'forgotten' is no list of rows");
    SUR_TRY(sur_alloc(&fit->forgotten, count, sizeof *fit->forgotten, err));
    fit->forgotten_count = count;
    for (sur_idx i = 0; i < count; i++)
        SUR_FAIL_IF(!sur_json_whole(sur_json_at(list, i), &fit->forgotten[i]) ||
                        fit->forgotten[i] < 0,
                    SUR_EPARSE, "'forgotten' is no list of rows");

done:
    sur_json_free(list);
    return status;
}

static sur_status read_spec(sur_fit *fit, const sur_named_list *arrays, sur_error *err)
{
    const char *text;
    sur_error why = {SUR_OK, ""};
    sur_status status;

    SUR_TRY(read_text(&text, arrays, "format", err));
    SUR_FAIL_IF(strcmp(text, format) != 0, SUR_EPARSE,
                "the format is '%.40s', not '%s'", text, format);
    SUR_TRY(read_text(&text, arrays, "data_sha256", err));
    SUR_FAIL_IF(strlen(text) > 64, SUR_EPARSE, "the checksum is too long");
    strcpy(fit->checksum, text);
    SUR_TRY(read_text(&text, arrays, "spec", err));
    SUR_TRY(sur_fields_from_json(&sur_fit_fields, &fit->options, text, err));
    status = sur_fields_check(&sur_fit_fields, &fit->options, &why);
    if (status == SUR_OK) status = sur_fit_complete(fit, &why);
    if (status == SUR_EINVAL)
        status = sur_fail(err, SUR_EPARSE, "the spec: %.400s", why.message);

done:
    return status;
}

#define NOT_FINITE "array '%s' has an entry that is not finite"

static sur_status read_numbers(sur_fit *fit, const sur_named_list *arrays,
                               sur_error *err)
{
    place places[4];
    const void *data;
    sur_status status;

    places_of(places, fit);
    for (int i = 0; i < 4; i++) {
        const sur_idx count = places[i].count;
        SUR_TRY(sur_named_find(&data, arrays, places[i].name, SUR_DTYPE_F64,
                               (const sur_idx[4]){count, 1, 1, 1}, err));
        SUR_TRY(sur_alloc(places[i].to, count, sizeof(double), err));
        memcpy(*places[i].to, data, (size_t)count * sizeof(double));
        for (sur_idx j = 0; j < count; j++)
            SUR_FAIL_IF(!isfinite((*places[i].to)[j]), SUR_EPARSE, NOT_FINITE,
                        places[i].name);
    }
    for (sur_idx j = 0; j < fit->inputs; j++)
        SUR_FAIL_IF(!(fit->scale[j] > 0.0), SUR_EPARSE,
                    "array 'input.scale' has an entry that is not positive");
    SUR_TRY(sur_named_find(&data, arrays, "output.unit", SUR_DTYPE_F64,
                           (const sur_idx[4]){1, 1, 1, 1}, err));
    memcpy(&fit->unit, data, sizeof fit->unit);
    SUR_FAIL_IF(!(fit->unit > 0.0) || !isfinite(fit->unit), SUR_EPARSE,
                "array 'output.unit' is not positive");

done:
    return status;
}

static sur_status read_coefficients(sur_fit *fit, const sur_named_list *arrays,
                                    sur_error *err)
{
    const sur_idx p = fit->options.width, k = fit->outputs;
    const void *data;
    sur_status status = sur_named_find(&data, arrays, "coefficients", SUR_DTYPE_F64,
                                       (const sur_idx[4]){p, k, 1, 1}, err);
    if (status == SUR_OK) status = sur_mat_new(&fit->coefficients, p, k, err);
    if (status != SUR_OK) return status;
    memcpy(fit->coefficients.data, data, (size_t)(p * k) * sizeof(double));
    for (sur_idx i = 0; i < p * k; i++)
        if (!isfinite(fit->coefficients.data[i]))
            return sur_fail(err, SUR_EPARSE, NOT_FINITE, "coefficients");
    return SUR_OK;
}

static sur_status read_network(sur_fit *fit, const sur_named_list *arrays,
                               sur_error *err)
{
    sur_tensor table[MOST];
    const void *data[MOST];
    const sur_idx count = sur_network_tensors(table, &fit->network);
    sur_status status;

    /* All are looked up before anything is allocated. */
    for (sur_idx i = 0; i < count; i++) {
        SUR_TRY(sur_named_find(&data[i], arrays, table[i].name, SUR_DTYPE_F32,
                               table[i].shape, err));
    }
    SUR_TRY(sur_alloc(&fit->parameters, sur_network_size(&fit->network),
                      sizeof *fit->parameters, err));
    for (sur_idx i = 0; i < count; i++) {
        const sur_idx entries = sur_tensor_count(&table[i]);
        float *to = fit->parameters + table[i].offset;
        memcpy(to, data[i], (size_t)entries * sizeof *to);
        for (sur_idx j = 0; j < entries; j++)
            SUR_FAIL_IF(!isfinite(to[j]), SUR_EPARSE, NOT_FINITE, table[i].name);
    }

done:
    return status;
}

sur_status sur_fit_load_bytes(sur_fit *out, const void *bytes, size_t size,
                              sur_error *err)
{
    sur_named_list arrays = {0};
    sur_fit fit = {0};
    sur_status status;

    *out = fit;
    SUR_TRY(sur_fields_preset(&sur_fit_fields, &fit.options, err));
    SUR_TRY(sur_named_read(&arrays, bytes, size, err));
    SUR_TRY(read_names(&fit, &arrays, err));
    SUR_TRY(read_spec(&fit, &arrays, err));
    SUR_TRY(read_forgotten(&fit, &arrays, err));
    const bool network = sur_family_is_network(fit.options.family);
    const sur_idx wanted =
        FIXED + (network ? sur_network_tensors(NULL, &fit.network) : 1);
    SUR_FAIL_IF(arrays.count != wanted, SUR_EPARSE, "%lld arrays, not %lld",
                (long long)arrays.count, (long long)wanted);
    SUR_TRY(read_numbers(&fit, &arrays, err));
    SUR_TRY((network ? read_network : read_coefficients)(&fit, &arrays, err));
    *out = fit;
    fit = (sur_fit){0};

done:
    sur_fit_free(&fit);
    sur_named_free(&arrays);
    return status;
}

sur_status sur_fit_load(sur_fit *out, const char *path, sur_error *err)
{
    sur_error why = {SUR_OK, ""};
    void *bytes;
    size_t size;
    *out = (sur_fit){0};
    sur_status status = sur_named_slurp(&bytes, &size, path, err);
    if (status != SUR_OK) return status;
    status = sur_fit_load_bytes(out, bytes, size, &why);
    free(bytes);
    if (status == SUR_OK) return SUR_OK;
    return sur_fail(err, status, "%.200s: %.290s", path, why.message);
}
