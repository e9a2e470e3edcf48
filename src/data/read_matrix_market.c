/* read_matrix_market.c -- Matrix Market files: "%%MatrixMarket matrix", then coordinate
 * or array, the kind of numbers, the symmetry; comments; sizes; numbers.
 * Source: R. Boisvert, R. Pozo, K. Remington, NISTIR 5935, 1996.
 *
 * Coordinates make a dense table, or stay triplets where a matrix is asked for. */
#include "data/block.h"
#include "data/number.h"
#include "data/reader.h"
#include "data/slurp.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct market {
    sur_source *source;
    const char *at;
    sur_idx line;
    bool coordinate, pattern;
    int mirror; /* 1 symmetric, -1 skew, 0 general */
    sur_idx rows, cols, entries;
} market;

static bool probe(const char *bytes, sur_idx count)
{
    return count > 14 && strncasecmp(bytes, "%%MatrixMarket", 14) == 0;
}

static sur_status refuse(const market *m, const char *what, sur_error *err)
{
    return sur_fail(err, SUR_EPARSE, "%s:%lld: %s", m->source->name, (long long)m->line,
                    what);
}

static void skip_line(market *m)
{
    m->at += strcspn(m->at, "\n");
    if (*m->at) m->at++, m->line++;
}

/* Blanks, line ends and comments between numbers. */
static void skip_blanks(market *m)
{
    for (;; m->at++) {
        while (*m->at == '%') skip_line(m);
        if (*m->at == '\n')
            m->line++;
        else if (*m->at != ' ' && *m->at != '\t' && *m->at != '\r')
            return;
    }
}

static sur_status take_number(market *m, double *x, sur_error *err)
{
    skip_blanks(m);
    const char *end = sur_number_read(m->at, x);
    if (!end || !isfinite(*x) || !(*end == '\0' || strchr(" \t\r\n", *end)))
        return refuse(m, *m->at ? "no finite number" : "ends too early", err);
    m->at = end;
    return SUR_OK;
}

static sur_status take_index(market *m, sur_idx *i, sur_idx most, sur_error *err)
{
    double x;
    const sur_status status = take_number(m, &x, err);
    if (status != SUR_OK) return status;
    if (!(x >= 1.0 && x <= (double)most) || x != floor(x))
        return refuse(m, "an index or size out of range", err);
    *i = (sur_idx)x;
    return SUR_OK;
}

static sur_status take_head(market *m, sur_error *err)
{
    char word[4][24] = {"", "", "", ""};
    sur_status status;
    for (int k = 0; k < 4; k++) {
        m->at += strcspn(m->at, " \t\r\n");
        m->at += strspn(m->at, " \t");
        const size_t length = strcspn(m->at, " \t\r\n");
        memcpy(word[k], m->at, length < 23 ? length : 23);
    }
    skip_line(m);
    m->coordinate = strcasecmp(word[1], "coordinate") == 0;
    m->pattern = strcasecmp(word[2], "pattern") == 0;
    m->mirror = strcasecmp(word[3], "symmetric") == 0        ? 1
                : strcasecmp(word[3], "skew-symmetric") == 0 ? -1
                                                             : 0;
    if (strcasecmp(word[2], "complex") == 0 || strcasecmp(word[3], "hermitian") == 0)
        return refuse(m, "complex numbers are not read here; write them as .cfl", err);
    if (strcasecmp(word[0], "matrix") != 0 ||
        (!m->coordinate && (strcasecmp(word[1], "array") != 0 || m->pattern)) ||
        (!m->mirror && strcasecmp(word[3], "general") != 0))
        return refuse(m, "not a head of a Matrix Market matrix", err);
    SUR_TRY(take_index(m, &m->rows, INT32_MAX, err));
    SUR_TRY(take_index(m, &m->cols, INT32_MAX, err));
    if (m->coordinate) {
        double entries;
        SUR_TRY(take_number(m, &entries, err));
        if (!(entries >= 0.0 && entries < 0x1p40) || entries != floor(entries))
            return refuse(m, "a number of entries out of range", err);
        m->entries = (sur_idx)entries;
    }
    if (m->mirror && m->rows != m->cols)
        return refuse(m, "a symmetric matrix that is not square", err);
done:
    return status;
}

/* One entry and, off the diagonal of a symmetric matrix, its mirror image. */
static void put(sur_table *table, const market *m, sur_idx i, sur_idx j, double x,
                bool triplets)
{
    double *cells = sur_table_cells(table);
    for (int k = 0; k < (m->mirror && i != j ? 2 : 1); k++) {
        if (triplets) {
            double *to = cells + 3 * table->rows++;
            to[0] = (double)i, to[1] = (double)j, to[2] = x;
        } else {
            cells[(i - 1) * m->cols + j - 1] = x;
        }
        const sur_idx t = i;
        i = j, j = t;
        x *= m->mirror;
    }
}

static sur_status take_entries(sur_table *table, market *m, bool triplets,
                               sur_idx bytes, sur_error *err)
{
    sur_status status = SUR_OK;
    if (m->entries > bytes / 3) return refuse(m, "fewer entries than are claimed", err);
    if (triplets) {
        SUR_TRY(sur_table_add_matrix(table, 3, m->source, err));
        SUR_TRY(sur_table_reserve(table, (m->mirror ? 2 : 1) * m->entries, err));
        table->span[0] = m->rows, table->span[1] = m->cols;
    }
    for (sur_idx k = 0; k < m->entries; k++) {
        sur_idx i = 0, j = 0;
        double x = 1.0;
        SUR_TRY(take_index(m, &i, m->rows, err));
        SUR_TRY(take_index(m, &j, m->cols, err));
        if (!m->pattern) SUR_TRY(take_number(m, &x, err));
        put(table, m, i, j, x, triplets);
    }
done:
    return status;
}

/* Column by column; of a symmetric matrix the part below the diagonal. */
static sur_status take_array(sur_table *table, market *m, sur_error *err)
{
    for (sur_idx j = 1; j <= m->cols; j++) {
        for (sur_idx i = m->mirror ? j + (m->mirror < 0) : 1; i <= m->rows; i++) {
            double x;
            const sur_status status = take_number(m, &x, err);
            if (status != SUR_OK) return status;
            put(table, m, i, j, x, false);
        }
    }
    return SUR_OK;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    market m = {.source = source, .line = 1};
    const bool wanted = request->matrix;
    char *text = NULL;
    sur_idx count;
    sur_status status;
    (void)test;
    SUR_TRY(sur_source_slurp(source, &text, &count, err));
    m.at = text;
    SUR_TRY(take_head(&m, err));
    if (!m.coordinate || !wanted) {
        const double bytes = 8.0 * (double)m.rows * (double)m.cols;
        if (!m.coordinate &&
            bytes > 32.0 * (double)count) /* a digit and a blank each */
            status = refuse(&m, "fewer numbers than are claimed", err);
        else
            status = sur_source_believe(source, bytes, err);
        if (status != SUR_OK) goto done;
        SUR_TRY(sur_table_add_matrix(table, m.cols, source, err));
        SUR_TRY(sur_table_reserve(table, m.rows, err));
        memset(sur_table_cells(table), 0, (size_t)bytes);
        table->rows = m.rows;
    }
    if (m.coordinate)
        SUR_TRY(take_entries(table, &m, wanted, count, err));
    else
        SUR_TRY(take_array(table, &m, err));
    skip_blanks(&m);
    if (m.at != text + count) status = refuse(&m, "something follows the numbers", err);
done:
    free(text);
    return status;
}

const sur_format sur_format_matrix_market = {.name = "Matrix Market",
                                             .extensions = ".mtx .mm",
                                             .probe = probe,
                                             .read = read_table};
