/* read_cfl.c -- BART's pair of files: NAME.hdr, the dimensions as text, and NAME.cfl,
 * complex floats, the first dimension fastest. Either may be named. The matrix has the
 * first dimension as rows, all others as columns; each complex number is two columns,
 * real and imaginary part. Source: the BART toolbox, README. */
#include "data/number.h"
#include "data/reader.h"
#include "data/slurp.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool ends_in(const char *path, const char *ending)
{
    const size_t length = strlen(path), n = strlen(ending);
    return length > n && strcmp(path + length - n, ending) == 0;
}

static bool suits(const sur_source *source)
{
    return ends_in(source->path, ".cfl") || ends_in(source->path, ".hdr");
}

/* The first line after "# Dimensions" holds the dimensions. */
static sur_status take_head(const char *text, const char *name, sur_idx *rows,
                            sur_idx *cols, sur_error *err)
{
    const char *at = strstr(text, "# Dimensions");
    double product = 1.0;
    int dims = 0;
    if (!at || !(at = strchr(at, '\n')))
        return sur_fail(err, SUR_EPARSE, "%s: holds no line \"# Dimensions\"", name);
    *rows = *cols = 1;
    for (at++; *at && *at != '\n'; dims++) {
        double x;
        while (*at == ' ' || *at == '\t') at++;
        if (*at == '\n' || *at == '\r' || !*at) break;
        const char *end = sur_number_read(at, &x);
        if (!end || dims == 16 || !(x >= 1.0 && x < 0x1p31) || x != floor(x))
            return sur_fail(err, SUR_EPARSE, "%s: a dimension is no whole number",
                            name);
        product *= x;
        if (dims == 0)
            *rows = (sur_idx)x;
        else if (product < 0x1p40)
            *cols *= (sur_idx)x;
        at = end;
    }
    if (dims == 0 || !(product < 0x1p40))
        return sur_fail(err, SUR_EPARSE, "%s: %s dimensions", name,
                        dims ? "too large" : "no");
    return SUR_OK;
}

static float little_endian(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    const uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
                          (uint32_t)b[3] << 24;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static sur_status fill(sur_table *table, const char *bytes, sur_idx rows, sur_idx cols,
                       const sur_source *source, sur_error *err)
{
    sur_status status = SUR_OK;
    table->scalar = SUR_F32;
    SUR_TRY(sur_table_add_matrix(table, 2 * cols, source, err));
    SUR_TRY(sur_table_reserve(table, rows, err));
    float *cells = sur_table_cells(table);
    for (sur_idx j = 0; j < cols; j++)
        for (sur_idx i = 0; i < rows; i++)
            for (int part = 0; part < 2; part++, bytes += 4)
                cells[i * 2 * cols + 2 * j + part] = little_endian(bytes);
    table->rows = rows;
    table->complex = true;
done:
    return status;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    const bool head_named = ends_in(source->path, ".hdr");
    char *other_path = NULL, *bytes[2] = {NULL, NULL}; /* head, numbers */
    sur_source other = {.fd = -1};
    sur_idx count[2] = {0, 0}, rows = 0, cols = 0;
    sur_status status;
    (void)test, (void)request;
    SUR_TRY(sur_copy_text(&other_path, source->path, err));
    memcpy(other_path + strlen(other_path) - 3, head_named ? "cfl" : "hdr", 3);
    SUR_TRY(sur_source_open(&other, other_path, err));
    SUR_TRY(sur_source_slurp(source, &bytes[!head_named], &count[!head_named], err));
    SUR_TRY(sur_source_slurp(&other, &bytes[head_named], &count[head_named], err));
    SUR_TRY(sur_source_sum_also(source, bytes[head_named], count[head_named], err));
    SUR_TRY(
        take_head(bytes[0], head_named ? source->name : other_path, &rows, &cols, err));
    SUR_FAIL_IF((double)rows * (double)cols * 8.0 != (double)count[1], SUR_EPARSE,
                "%s: %lld bytes are not %lld x %lld complex numbers", source->name,
                (long long)count[1], (long long)rows, (long long)cols);
    SUR_TRY(fill(table, bytes[1], rows, cols, head_named ? &other : source, err));
done:
    sur_source_close(&other);
    free(other_path);
    free(bytes[0]);
    free(bytes[1]);
    return status;
}

const sur_format sur_format_cfl = {
    .name = "BART", .extensions = "", .suits = suits, .read = read_table};
