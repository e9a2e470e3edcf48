/* read_npz.c -- a NumPy archive: a zip file of NPY arrays, stored or deflated.
 *
 * What the arrays are is told by their keys: X (or data, features, x_train) the
 * features, y (or label, target, class) the target, weight the weights, X_test and
 * y_test a test part, columns the names of the features; any other array with one
 * number per row is one more column, used when it is asked for. Without an X, the only
 * array of two or more dimensions is it; without one of those, the columns are the
 * features. */
#include "data/npy.h"
#include "data/reader.h"
#include "data/roles.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <zip.h>

enum { MOST_ARRAYS = 4096 };

typedef struct array {
    char key[64];
    char place[192]; /* "FILE, array KEY", for messages */
    zip_uint64_t index;
    sur_idx size; /* bytes */
    sur_role role;
    sur_npy npy;
} array;

typedef struct archive {
    sur_source *source;
    zip_t *zip;
    array *arrays;
    sur_idx count;
    zip_file_t *open; /* the array being read */
} archive;

static bool probe(const char *bytes, sur_idx count)
{
    return count >= 4 &&
           (memcmp(bytes, "PK\3\4", 4) == 0 || memcmp(bytes, "PK\5\6", 4) == 0);
}

/* ---- one array ---- */

static sur_status read_bytes(void *payload, void *to, sur_idx want, sur_idx *got,
                             sur_error *err)
{
    archive *a = payload;
    *got = 0;
    while (*got < want) {
        const zip_int64_t n =
            zip_fread(a->open, (char *)to + *got, (zip_uint64_t)(want - *got));
        if (n < 0)
            return sur_fail(err, SUR_EPARSE, "%s: damaged archive (%s)",
                            a->source->name, zip_file_strerror(a->open));
        if (n == 0) break;
        *got += (sur_idx)n;
    }
    return SUR_OK;
}

/* Begins to read an array: its head is read again, the stream stands at its numbers. */
static sur_status open_array(archive *a, const array *one, sur_stream *stream,
                             sur_npy *npy, sur_error *err)
{
    *stream = (sur_stream){
        .read = read_bytes, .payload = a, .size = one->size, .name = one->place};
    a->open = zip_fopen_index(a->zip, one->index, 0);
    if (!a->open)
        return sur_fail(err, SUR_EPARSE, "%s: cannot be unpacked (%s)", one->place,
                        zip_strerror(a->zip));
    return sur_npy_head(npy, stream, err);
}

/* Reads on to the end, so that the archive's own checksum is checked. */
static sur_status close_array(archive *a, const array *one, sur_error *err)
{
    char rest[64];
    sur_idx got = 0;
    const sur_status status = read_bytes(a, rest, sizeof rest, &got, err);
    zip_fclose(a->open);
    a->open = NULL;
    if (status == SUR_OK && got > 0)
        return sur_fail(err, SUR_EPARSE, "%s: something follows its numbers",
                        one->place);
    return status;
}

/* ---- what is there ---- */

static sur_status add_array(archive *a, const zip_stat_t *about, sur_error *err)
{
    const sur_source *source = a->source;
    const size_t length = strlen(about->name);
    if (length < 4 || strcmp(about->name + length - 4, ".npy") != 0) return SUR_OK;
    const sur_label key = sur_shown(about->name, (sur_idx)length - 4);
    array *one = &a->arrays[a->count];
    memcpy(one->key, key.text, sizeof one->key);
    snprintf(one->place, sizeof one->place, "%s, array %s", source->name, key.text);
    one->role = sur_role_of(key.text);
    one->index = about->index;
    const double size = (double)about->size, packed = (double)about->comp_size;
    if (about->size > (zip_uint64_t)1 << 60 ||
        about->comp_size > (zip_uint64_t)source->size ||
        (about->comp_method == ZIP_CM_STORE && size > packed) ||
        (size > (double)SUR_EXPANSION_FREE && size > SUR_EXPANSION_LIMIT * packed))
        return sur_fail(err, SUR_EPARSE, "%s: claims to unpack to %.3g bytes from %.3g",
                        one->place, size, packed);
    one->size = (sur_idx)about->size;

    sur_stream stream;
    sur_status status = open_array(a, one, &stream, &one->npy, err);
    if (a->open) zip_fclose(a->open);
    a->open = NULL;
    if (status == SUR_OK && one->npy.dims > 0) a->count++;
    return status;
}

static sur_status open_archive(archive *a, sur_error *err)
{
    sur_source *source = a->source;
    sur_status status;
    int code = 0;
    SUR_FAIL_IF(source->size < 0 || source->unpack || source->zstd || source->in_tar,
                SUR_EPARSE,
                "%s: an NPZ archive must be a file of its own, not piped or packed",
                source->name);
    const int fd = dup(source->fd);
    a->zip = fd >= 0 ? zip_fdopen(fd, ZIP_CHECKCONS, &code) : NULL;
    if (!a->zip && fd >= 0) close(fd);
    SUR_FAIL_IF(!a->zip, SUR_EPARSE, "%s: a damaged zip archive (zip error %d)",
                source->name, code);
    const zip_int64_t entries = zip_get_num_entries(a->zip, 0);
    SUR_FAIL_IF(entries < 1 || entries > MOST_ARRAYS, SUR_EPARSE,
                "%s: %lld arrays; 1 to %d are read", source->name, (long long)entries,
                MOST_ARRAYS);
    SUR_TRY(sur_alloc(&a->arrays, entries, sizeof *a->arrays, err));
    for (zip_int64_t i = 0; i < entries; i++) {
        zip_stat_t about;
        const zip_uint64_t need =
            ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
        SUR_FAIL_IF(zip_stat_index(a->zip, (zip_uint64_t)i, 0, &about) != 0 ||
                        (about.valid & need) != need,
                    SUR_EPARSE, "%s: a damaged zip archive", source->name);
        about.index = (zip_uint64_t)i;
        SUR_TRY(add_array(a, &about, err));
    }
done:
    return status;
}

static const array *find(const archive *a, sur_role wanted)
{
    for (sur_idx i = 0; i < a->count; i++)
        if (a->arrays[i].role == wanted) return &a->arrays[i];
    return NULL;
}

/* Without a key that says so: the only array with columns holds the features. */
static sur_status choose_features(archive *a, sur_error *err)
{
    array *only = NULL;
    if (find(a, SUR_ROLE_FEATURES)) return SUR_OK;
    for (sur_idx i = 0; i < a->count; i++) {
        array *one = &a->arrays[i];
        if (one->npy.dims < 2 || one->role != SUR_ROLE_OTHER) continue;
        if (only)
            return sur_fail(
                err, SUR_EPARSE,
                "%s: %s and %s may both be the features; name one of them X",
                a->source->name, only->key, one->key);
        only = one;
    }
    if (only) only->role = SUR_ROLE_FEATURES;
    return SUR_OK;
}

/* ---- into a table ---- */

/* The columns of the matrix; its rows come last, when all else is known. */
static sur_status add_matrix(archive *a, sur_table *table, const array *one,
                             sur_error *err)
{
    if (sur_npy_is_text(&one->npy))
        return sur_fail(err, SUR_EPARSE, "%s: text, not numbers", one->place);
    table->scalar = one->npy.scalar;
    table->rows = one->npy.rows;
    memcpy(table->shape, one->npy.image, sizeof table->shape);
    return sur_table_add_matrix(table, one->npy.cols, a->source, err);
}

static sur_status pour_matrix(archive *a, sur_table *table, const array *one,
                              sur_error *err)
{
    sur_stream stream;
    sur_npy npy = {0};
    sur_status status;
    SUR_TRY(open_array(a, one, &stream, &npy, err));
    SUR_TRY(sur_npy_pour(table, &npy, &stream, err));
    SUR_TRY(close_array(a, one, err));
done:
    return status;
}

/* Adds an array with one number or word per row as a column beside the matrix. */
static sur_status add_beside(archive *a, sur_table *table, const array *one,
                             const char *name, sur_error *err)
{
    sur_stream stream;
    sur_npy npy = {0};
    sur_status status;
    SUR_TRY(open_array(a, one, &stream, &npy, err));
    if (table->rows == 0) table->rows = npy.rows;
    SUR_FAIL_IF(npy.rows != table->rows || npy.cols != 1, SUR_EPARSE,
                "%s: is %lld x %lld, not one number for each of %lld rows", one->place,
                (long long)npy.rows, (long long)npy.cols, (long long)table->rows);
    SUR_TRY(sur_table_add_column(table, name, err));
    sur_column *column = &table->column[table->cols - 1];
    SUR_TRY(sur_alloc(&column->values, npy.rows, sizeof(double), err));
    if (sur_npy_is_text(&npy))
        SUR_TRY(sur_alloc(&column->words, 1, sizeof *column->words, err));
    SUR_TRY(sur_npy_column(column->values, column->words, &npy, &stream, err));
    SUR_TRY(close_array(a, one, err));
done:
    return status;
}

static sur_status set_name(void *payload, sur_idx i, const char *text, sur_idx length,
                           sur_error *err)
{
    sur_table *table = payload;
    if (length == 0 || table->column[i].name) return SUR_OK;
    return sur_copy_text(&table->column[i].name, text, err);
}

static sur_status add_names(archive *a, sur_table *table, const array *one,
                            sur_error *err)
{
    sur_stream stream;
    sur_npy npy = {0};
    sur_status status = SUR_OK;
    if (one->npy.rows != table->matrix_cols || one->npy.cols != 1 ||
        !sur_npy_is_text(&one->npy))
        return SUR_OK; /* names of something else */
    SUR_TRY(open_array(a, one, &stream, &npy, err));
    SUR_TRY(sur_npy_texts(set_name, table, &npy, &stream, err));
    SUR_TRY(close_array(a, one, err));
done:
    return status;
}

static bool fits_beside(const array *one, const sur_table *table)
{
    return one->npy.dims == 1 && (table->rows == 0 || one->npy.rows == table->rows);
}

static sur_status fill_table(archive *a, sur_table *table, sur_error *err)
{
    const array *features = find(a, SUR_ROLE_FEATURES),
                *target = find(a, SUR_ROLE_TARGET);
    const array *weight = find(a, SUR_ROLE_WEIGHT), *names = find(a, SUR_ROLE_NAMES);
    sur_status status = SUR_OK;
    if (features) SUR_TRY(add_matrix(a, table, features, err));
    if (features && names) SUR_TRY(add_names(a, table, names, err));
    for (sur_idx i = 0; i < a->count; i++) {
        const array *one = &a->arrays[i];
        if (one == features || one == target || one == weight ||
            (features && !fits_beside(one, table)) ||
            one->role >= SUR_ROLE_TEST_FEATURES)
            continue;
        SUR_TRY(add_beside(a, table, one, one->key, err));
    }
    if (weight) {
        table->weight = table->cols;
        SUR_TRY(add_beside(a, table, weight, weight->key, err));
    }
    if (target) {
        table->target = table->cols;
        SUR_TRY(add_beside(a, table, target, target->key, err));
    }
    SUR_FAIL_IF(table->cols == 0, SUR_EPARSE, "%s: holds no array of numbers",
                a->source->name);
    if (features) SUR_TRY(pour_matrix(a, table, features, err));
done:
    return status;
}

static sur_status fill_test(archive *a, sur_table *test, const sur_table *table,
                            sur_error *err)
{
    const array *features = find(a, SUR_ROLE_TEST_FEATURES),
                *target = find(a, SUR_ROLE_TEST_TARGET);
    const array *weight = find(a, SUR_ROLE_TEST_WEIGHT);
    const sur_idx weighted = table->weight >= 0;
    sur_status status = SUR_OK;
    if (!features || !target || table->target < 0) return SUR_OK;
    SUR_FAIL_IF(table->cols != table->matrix_cols + 1 + weighted ||
                    (weighted && !weight),
                SUR_EPARSE, "%s: an array beside X and y has no part for the test rows",
                a->source->name);
    SUR_TRY(add_matrix(a, test, features, err));
    if (weighted) SUR_TRY(add_beside(a, test, weight, NULL, err));
    SUR_TRY(add_beside(a, test, target, NULL, err));
    SUR_TRY(pour_matrix(a, test, features, err));
done:
    return status;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    archive a = {.source = source};
    sur_status status;
    (void)request;
    SUR_TRY(open_archive(&a, err));
    SUR_TRY(choose_features(&a, err));
    SUR_TRY(fill_table(&a, table, err));
    SUR_TRY(fill_test(&a, test, table, err));
done:
    if (a.open) zip_fclose(a.open);
    if (a.zip) zip_discard(a.zip);
    free(a.arrays);
    return status;
}

const sur_format sur_format_npz = {.name = "NPZ",
                                   .extensions = ".npz",
                                   .probe = probe,
                                   .blocks = true,
                                   .read = read_table};
