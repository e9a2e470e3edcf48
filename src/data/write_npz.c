/* write_npz.c -- a data set as a NumPy archive: a zip file of stored NPY arrays.
 *
 * The same data give the same bytes: entries carry no time. The archive is made
 * straight from the memory of the data set. */
#include "data/write.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/archive.h"
#include "data/block.h"
#include "data/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *type_of(sur_scalar scalar)
{
    static const char *const little[] = {"<f8", "<f4", "|u1"}, *const big[] = {
                                                                   ">f8", ">f4", "|u1"};
    return (sur_little_endian() ? little : big)[scalar];
}

/* ---- text ---- */

/* The next letter of UTF-8 text; U+FFFD for bytes that are none. */
static uint32_t next_letter(const char **text)
{
    const unsigned char *s = (const unsigned char *)*text;
    const int more = *s < 0x80    ? 0
                     : *s >= 0xf0 ? 3
                     : *s >= 0xe0 ? 2
                     : *s >= 0xc0 ? 1
                                  : -1;
    uint32_t letter = more == 0 ? *s : more > 0 ? *s & (0x3fu >> more) : 0xfffd;
    *text += 1;
    for (int k = 1; k <= more; k++) {
        if ((s[k] & 0xc0) != 0x80) return 0xfffd;
        letter = letter << 6 | (s[k] & 0x3f);
        *text += 1;
    }
    return letter;
}

static sur_idx letters_of(const char *text)
{
    sur_idx count = 0;
    for (; *text; count++) next_letter(&text);
    return count;
}

/* Adds a text array of count entries, entry i being names[pick ? pick[i] : i]. */
static sur_status add_text(sur_archive *w, const char *key, const char *const *names,
                           const double *pick, sur_idx count, sur_idx names_count,
                           sur_error *err)
{
    sur_idx width = 1;
    for (sur_idx k = 0; k < names_count; k++) {
        const sur_idx letters = letters_of(names[k]);
        if (letters > width) width = letters;
    }
    uint32_t *letters = NULL;
    if ((double)width * (double)count > 0x1p40)
        return sur_fail(err, SUR_ENOMEM, "no memory for %lld names", (long long)count);
    const sur_status status = sur_alloc(&letters, width * count, sizeof *letters, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < count; i++) {
        const char *text = names[pick ? (sur_idx)pick[i] : i];
        for (uint32_t *to = letters + i * width; *text; to++) *to = next_letter(&text);
    }
    char type[32], shape[32];
    snprintf(type, sizeof type, "%cU%lld", sur_little_endian() ? '<' : '>',
             (long long)width);
    snprintf(shape, sizeof shape, "%lld,", (long long)count);
    w->parts[w->count].owned = letters; /* the archive's, even if adding fails */
    return sur_archive_add(w, key, type, shape, letters,
                           (size_t)(width * count) * sizeof *letters, err);
}

/* ---- parts ---- */

/* The target of rows first .. as numbers, or as text if class names are no numbers. */
static sur_status add_target(sur_archive *w, const char *key, const sur_dataset *data,
                             const char *const *names, sur_idx first, sur_idx count,
                             sur_error *err)
{
    double *values = NULL, *number = NULL;
    char shape[32];
    bool text = false;
    sur_status status;
    snprintf(shape, sizeof shape, "%lld,", (long long)count);
    if (!data->classes)
        return sur_archive_add(w, key, type_of(SUR_F64), shape, data->target + first,
                               (size_t)count * sizeof(double), err);
    SUR_TRY(sur_alloc(&number, data->classes, sizeof *number, err));
    for (sur_idx k = 0; k < data->classes; k++) {
        const char *end = sur_number_read(names[k], &number[k]);
        text |= !end || *end;
    }
    if (text) {
        status =
            add_text(w, key, names, data->target + first, count, data->classes, err);
        goto done;
    }
    SUR_TRY(sur_alloc(&values, count, sizeof *values, err));
    for (sur_idx i = 0; i < count; i++)
        values[i] = number[(sur_idx)data->target[first + i]];
    w->parts[w->count].owned = values;
    status = sur_archive_add(w, key, type_of(SUR_F64), shape, values,
                             (size_t)count * sizeof *values, err);
done:
    free(number);
    return status;
}

static sur_status add_rows(sur_archive *w, const char *const key[3],
                           const sur_dataset *data, const char *const *classes,
                           sur_idx first, sur_idx count, sur_error *err)
{
    const size_t row = (size_t)data->cols * sur_scalar_size(data->scalar);
    char shape[96], n[32];
    sur_status status;
    snprintf(n, sizeof n, "%lld,", (long long)count);
    snprintf(shape, sizeof shape, "%lld, %lld", (long long)count,
             (long long)data->cols);
    if (data->shape[0] == 1)
        snprintf(shape, sizeof shape, "%lld, %lld, %lld", (long long)count,
                 (long long)data->shape[1], (long long)data->shape[2]);
    else if (data->shape[0] > 1 && data->shape[0] <= 4 && data->shape[2] > 4)
        snprintf(shape, sizeof shape, "%lld, %lld, %lld, %lld", (long long)count,
                 (long long)data->shape[0], (long long)data->shape[1],
                 (long long)data->shape[2]);
    SUR_TRY(sur_archive_add(w, key[0], type_of(data->scalar), shape,
                            (const char *)data->x + (size_t)first * row,
                            (size_t)count * row, err));
    SUR_TRY(add_target(w, key[1], data, classes, first, count, err));
    if (data->weight)
        SUR_TRY(sur_archive_add(w, key[2], type_of(SUR_F64), n, data->weight + first,
                                (size_t)count * sizeof(double), err));
done:
    return status;
}

sur_status sur_write_npz(const char *path, const sur_dataset *data, sur_error *err)
{
    static const char *const train[] = {"X", "y", "weight"}, *const test[] = {
                                                                 "X_test", "y_test",
                                                                 "weight_test"};
    const sur_idx own = data->rows - data->test_rows;
    const char **names = NULL;
    sur_archive w = {0};
    sur_status status;

    SUR_TRY(sur_alloc(&names, data->cols + 2 + data->classes, sizeof *names, err));
    const char *name = data->column_names;
    for (sur_idx i = 0; i < data->cols + 2 + data->classes;
         i++, name += strlen(name) + 1)
        names[i] = name;
    SUR_TRY(sur_archive_open(&w, path, err));
    SUR_TRY(add_rows(&w, train, data, names + data->cols + 2, 0, own, err));
    if (data->test_rows)
        SUR_TRY(add_rows(&w, test, data, names + data->cols + 2, own, data->test_rows,
                         err));
    SUR_TRY(add_text(&w, "columns", names, NULL, data->cols, data->cols, err));
    SUR_TRY(sur_archive_close(&w, path, err));
done:
    sur_archive_drop(&w);
    free(names);
    return status;
}
