/* safetensors.c -- named arrays to a file and back. */
#include "model/safetensors.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH = 8, DIMS = 4 };
static const char *const dtypes[] = {"F32", "F64"};
static const size_t widths[] = {4, 8};

static size_t bytes_of(const sur_named *a)
{
    size_t count = widths[a->dtype];
    for (int i = 0; i < DIMS; i++) count *= (size_t)a->shape[i];
    return count;
}

/* ---- out ---- */

static sur_status add_head(sur_text *head, const sur_named_list *arrays, sur_error *err)
{
    size_t at = 0;
    sur_status status;
    SUR_TRY(sur_text_add(head, "{\"__metadata__\":{", err));
    for (sur_idx i = 0; i < arrays->metadata_count; i++) {
        if (i > 0) SUR_TRY(sur_text_add(head, ",", err));
        SUR_TRY(sur_text_json(head, arrays->metadata[i][0], err));
        SUR_TRY(sur_text_add(head, ":", err));
        SUR_TRY(sur_text_json(head, arrays->metadata[i][1], err));
    }
    SUR_TRY(sur_text_add(head, "}", err));
    for (sur_idx i = 0; i < arrays->count; i++) {
        const sur_named *a = &arrays->at[i];
        SUR_TRY(sur_text_add(head, ",", err));
        SUR_TRY(sur_text_json(head, a->name, err));
        SUR_TRY(sur_text_format(head, err, ":{\"dtype\":\"%s\",\"shape\":[%lld",
                                dtypes[a->dtype], (long long)a->shape[0]));
        for (int j = 1; j < a->dims; j++)
            SUR_TRY(sur_text_format(head, err, ",%lld", (long long)a->shape[j]));
        SUR_TRY(sur_text_format(head, err, "],\"data_offsets\":[%zu,%zu]}", at,
                                at + bytes_of(a)));
        at += bytes_of(a);
    }
    SUR_TRY(sur_text_add(head, "}", err));
    while (head->length % 8) SUR_TRY(sur_text_add(head, " ", err)); /* aligned arrays */

done:
    return status;
}

sur_status sur_named_write(FILE *file, const sur_named_list *arrays, sur_error *err)
{
    sur_text head = {0};
    unsigned char length[LENGTH];
    sur_status status;

    SUR_TRY(add_head(&head, arrays, err));
    for (int i = 0; i < LENGTH; i++)
        length[i] = (unsigned char)((uint64_t)head.length >> (8 * i));
    bool good = fwrite(length, 1, LENGTH, file) == LENGTH &&
                fwrite(head.at, 1, (size_t)head.length, file) == (size_t)head.length;
    for (sur_idx i = 0; i < arrays->count && good; i++) {
        const size_t size = bytes_of(&arrays->at[i]);
        good = fwrite(arrays->at[i].data, 1, size, file) == size;
    }
    SUR_FAIL_IF(!good, SUR_EWRITE, "cannot write the arrays");

done:
    sur_text_free(&head);
    return status;
}

/* ---- in ---- */

void sur_named_free(sur_named_list *arrays)
{
    sur_json_free(arrays->owned[0]);
    free(arrays->owned[1]);
    free(arrays->owned[2]);
    free(arrays->owned[3]);
    *arrays = (sur_named_list){0};
}

static sur_status read_shape(sur_named *a, const sur_json *shape, size_t most,
                             sur_error *err)
{
    const sur_idx dims = sur_json_count(shape);
    if (dims < 1 || dims > DIMS || sur_json_is_object(shape))
        return sur_fail(err, SUR_EPARSE,
                        "array '%.64s' has no shape of 1 to %d numbers", a->name, DIMS);
    a->dims = (int)dims;
    for (int i = 0; i < DIMS; i++) a->shape[i] = 1;
    for (sur_idx i = 0; i < dims; i++)
        if (!sur_json_whole(sur_json_at(shape, i), &a->shape[i]) || a->shape[i] < 0 ||
            (uint64_t)a->shape[i] > most)
            return sur_fail(err, SUR_EPARSE,
                            "array '%.64s' is larger than the file or of no size",
                            a->name);
    return SUR_OK;
}

/* Offsets must be in the file and fit the shape. */
static sur_status read_array(sur_named *a, const sur_json *entry, const char *data,
                             size_t most, sur_error *err)
{
    const char *dtype = sur_json_text(sur_json_get(entry, "dtype"));
    const sur_json *offsets = sur_json_get(entry, "data_offsets");
    int64_t from, to;
    int known = -1;

    for (int i = 0; i < 2 && dtype; i++)
        if (strcmp(dtype, dtypes[i]) == 0) known = i;
    if (known < 0)
        return sur_fail(err, SUR_EPARSE, "array '%.64s' is not of type F32 or F64",
                        a->name);
    a->dtype = (sur_dtype)known;
    const sur_status status = read_shape(a, sur_json_get(entry, "shape"), most, err);
    if (status != SUR_OK) return status;
    if (sur_json_count(offsets) != 2 || sur_json_is_object(offsets) ||
        !sur_json_whole(sur_json_at(offsets, 0), &from) ||
        !sur_json_whole(sur_json_at(offsets, 1), &to) || from < 0 || to < from ||
        (uint64_t)to > most)
        return sur_fail(err, SUR_EPARSE, "array '%.64s' lies outside the file",
                        a->name);
    double wanted = (double)widths[known];
    for (int i = 0; i < DIMS; i++) wanted *= (double)a->shape[i];
    if (wanted != (double)(to - from))
        return sur_fail(err, SUR_EPARSE, "array '%.64s' has %lld bytes, not %.0f",
                        a->name, (long long)(to - from), wanted);
    a->data = data + from;
    return SUR_OK;
}

/* The arrays must cover the data once, in whatever order. */
static int by_place(const void *a, const void *b)
{
    const char *x = (const char *)((const sur_named *)a)->data,
               *y = (const char *)((const sur_named *)b)->data;
    if (x != y) return x < y ? -1 : 1;
    const size_t p = bytes_of(a), q = bytes_of(b);
    return (p > q) - (p < q);
}

static sur_status check_cover(sur_named *arrays, sur_idx count, const char *data,
                              size_t size, sur_error *err)
{
    const char *at = data;
    if (count > 0) qsort(arrays, (size_t)count, sizeof *arrays, by_place);
    for (sur_idx i = 0; i < count; i++) {
        if ((const char *)arrays[i].data != at)
            return sur_fail(err, SUR_EPARSE,
                            "array '%.64s' overlaps another or leaves a gap",
                            arrays[i].name);
        at += bytes_of(&arrays[i]);
    }
    if ((size_t)(at - data) != size)
        return sur_fail(err, SUR_EPARSE, "%zu bytes belong to no array",
                        size - (size_t)(at - data));
    return SUR_OK;
}

static sur_status read_metadata(sur_named_list *out, const sur_json *metadata,
                                sur_error *err)
{
    const sur_idx count = sur_json_is_object(metadata) ? sur_json_count(metadata) : -1;
    const char *(*pairs)[2], *key;
    const sur_json *value;
    void *place = NULL;
    if (!metadata) return SUR_OK;
    if (count < 0) return sur_fail(err, SUR_EPARSE, "the metadata are no object");
    const sur_status status = sur_alloc(&out->owned[2], count, sizeof *pairs, err);
    if (status != SUR_OK) return status;
    pairs = out->owned[2];
    while (sur_json_next(metadata, &place, &key, &value)) {
        pairs[out->metadata_count][0] = key;
        pairs[out->metadata_count][1] = sur_json_text(value);
        if (!pairs[out->metadata_count++][1])
            return sur_fail(err, SUR_EPARSE, "the metadata '%.64s' is no text", key);
    }
    out->metadata = (const char *const(*)[2])out->owned[2];
    return SUR_OK;
}

/* Arrays may lie at any byte of the file; they are handed out aligned. */
static sur_status align(const char **data, sur_named_list *out, const char *bytes,
                        size_t size, sur_error *err)
{
    *data = bytes;
    if ((uintptr_t)bytes % 8 == 0) return SUR_OK;
    const sur_status status = sur_alloc(&out->owned[3], (sur_idx)size, 1, err);
    if (status == SUR_OK) memcpy(out->owned[3], bytes, size);
    *data = out->owned[3];
    return status;
}

static sur_status read_arrays(sur_named_list *out, const sur_json *root,
                              const char *bytes, size_t size, sur_error *err)
{
    const char *name, *data;
    const sur_json *entry;
    sur_named *arrays;
    void *place = NULL;
    sur_status status;

    SUR_FAIL_IF(!sur_json_is_object(root), SUR_EPARSE, "the head is no object");
    SUR_TRY(align(&data, out, bytes, size, err));
    SUR_TRY(sur_alloc(&out->owned[1], sur_json_count(root), sizeof *arrays, err));
    arrays = out->owned[1];
    while (sur_json_next(root, &place, &name, &entry)) {
        if (strcmp(name, "__metadata__") == 0) continue;
        arrays[out->count].name = name;
        SUR_TRY(read_array(&arrays[out->count], entry, data, size, err));
        SUR_FAIL_IF(((uintptr_t)arrays[out->count].data & 3) != 0 ||
                        (arrays[out->count].dtype == SUR_DTYPE_F64 &&
                         ((uintptr_t)arrays[out->count].data & 7) != 0),
                    SUR_EPARSE, "array '%.64s' is not aligned", name);
        out->count++;
    }
    SUR_TRY(check_cover(arrays, out->count, data, size, err));
    SUR_TRY(read_metadata(out, sur_json_get(root, "__metadata__"), err));
    out->at = arrays;

done:
    return status;
}

sur_status sur_named_read(sur_named_list *out, const void *bytes, size_t size,
                          sur_error *err)
{
    const unsigned char *head = bytes;
    sur_json *root;
    uint64_t length = 0;
    sur_status status;

    *out = (sur_named_list){0};
    if (size < LENGTH)
        return sur_fail(err, SUR_EPARSE, "%zu bytes are no safetensors file", size);
    for (int i = 0; i < LENGTH; i++) length |= (uint64_t)head[i] << (8 * i);
    if (length > size - LENGTH)
        return sur_fail(err, SUR_EPARSE, "the head is longer than the file");
    const size_t used = LENGTH + (size_t)length;
    SUR_TRY(sur_json_parse(&root, (const char *)bytes + LENGTH, (size_t)length, err));
    out->owned[0] = root;
    SUR_TRY(read_arrays(out, root, (const char *)bytes + used, size - used, err));

done:
    if (status != SUR_OK) sur_named_free(out);
    return status;
}

const char *sur_named_text(const sur_named_list *arrays, const char *key)
{
    for (sur_idx i = 0; i < arrays->metadata_count; i++)
        if (strcmp(arrays->metadata[i][0], key) == 0) return arrays->metadata[i][1];
    return NULL;
}

/* "3 x 4", for messages. */
static void write_shape(char text[64], const sur_idx shape[DIMS])
{
    int last = DIMS - 1, used;
    while (last > 1 && shape[last] == 1) last--;
    used = snprintf(text, 64, "%lld", (long long)shape[0]);
    for (int i = 1; i <= last && used < 64; i++)
        used +=
            snprintf(text + used, (size_t)(64 - used), " x %lld", (long long)shape[i]);
}

sur_status sur_named_find(const void **data, const sur_named_list *arrays,
                          const char *name, sur_dtype dtype, const sur_idx shape[DIMS],
                          sur_error *err)
{
    *data = NULL;
    for (sur_idx i = 0; i < arrays->count; i++) {
        const sur_named *a = &arrays->at[i];
        if (strcmp(a->name, name) != 0) continue;
        if (a->dtype != dtype || memcmp(a->shape, shape, sizeof a->shape) != 0) {
            char is[64], wanted[64];
            write_shape(is, a->shape);
            write_shape(wanted, shape);
            return sur_fail(err, SUR_EPARSE, "array '%s' is %s of %s, not %s of %s",
                            name, dtypes[a->dtype], is, dtypes[dtype], wanted);
        }
        *data = a->data;
        return SUR_OK;
    }
    return sur_fail(err, SUR_EPARSE, "there is no array '%s'", name);
}
