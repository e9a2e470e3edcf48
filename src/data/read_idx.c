/* read_idx.c -- IDX files, as MNIST and its kin come: a head of big-endian numbers (two
 * zero bytes, a type, the number of dimensions, the dimensions), then the numbers.
 * Source: Y. LeCun, the MNIST database. */
#include "data/reader.h"

#include "base/try.h"
#include "data/block.h"

#include <string.h>

enum { MOST_DIMS = 8 };

/* A type of IDX: its code, its size, and how its numbers are kept. */
typedef struct kind {
    unsigned char code;
    int size;
    sur_scalar scalar;
} kind;
static const kind kinds[] = {{0x08, 1, SUR_U8},  {0x09, 1, SUR_F32},
                             {0x0b, 2, SUR_F32}, {0x0c, 4, SUR_F64},
                             {0x0d, 4, SUR_F32}, {0x0e, 8, SUR_F64}};

static const kind *kind_of(unsigned char code)
{
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (kinds[k].code == code) return &kinds[k];
    return NULL;
}

static bool probe(const char *bytes, sur_idx count)
{
    return count >= 8 && bytes[0] == 0 && bytes[1] == 0 &&
           kind_of((unsigned char)bytes[2]) && bytes[3] >= 1 && bytes[3] <= MOST_DIMS;
}

static uint64_t big_endian(const unsigned char *bytes, int size)
{
    uint64_t bits = 0;
    for (int k = 0; k < size; k++) bits = bits << 8 | bytes[k];
    return bits;
}

static double number_of(const unsigned char *bytes, unsigned char code)
{
    float narrow;
    double wide;
    switch (code) {
    case 0x08:
        return bytes[0];
    case 0x09:
        return (int8_t)bytes[0];
    case 0x0b:
        return (int16_t)big_endian(bytes, 2);
    case 0x0c:
        return (int32_t)big_endian(bytes, 4);
    case 0x0d: {
        const uint32_t bits = (uint32_t)big_endian(bytes, 4);
        memcpy(&narrow, &bits, sizeof narrow);
        return (double)narrow;
    }
    default: {
        const uint64_t bits = big_endian(bytes, 8);
        memcpy(&wide, &bits, sizeof wide);
        return wide;
    }
    }
}

/* Reads rows one block at a time, so that no more memory is taken than the file has
 * numbers: the head alone is not believed. */
static sur_status read_rows(sur_table *table, sur_source *source, const kind *k,
                            sur_idx rows, sur_idx cols, sur_error *err)
{
    unsigned char buffer[8 * 1024];
    sur_idx room = 0, got = 0, cell = 0;
    const sur_idx cells = rows * cols, step = (sur_idx)sizeof buffer / k->size;
    sur_status status = SUR_OK;
    while (cell < cells) {
        if (cell >= room) { /* grow: at first 16 MB, then twice as much */
            const sur_idx more = room ? 2 * room : (sur_idx)1 << 24;
            room = more < cells ? more : cells;
            SUR_TRY(sur_table_reserve(table, (room + cols - 1) / cols, err));
        }
        const sur_idx left = room - cell;
        if (k->code == 0x08) {
            SUR_TRY(sur_source_read(source, (uint8_t *)sur_table_cells(table) + cell,
                                    left, &got, err));
            SUR_FAIL_IF(got < left, SUR_EPARSE, "%s: ends after %lld of %lld numbers",
                        source->name, (long long)(cell + got), (long long)cells);
            cell += got;
            continue;
        }
        const sur_idx want = left < step ? left : step;
        SUR_TRY(sur_source_read(source, buffer, want * k->size, &got, err));
        SUR_FAIL_IF(got < want * k->size, SUR_EPARSE,
                    "%s: ends after %lld of %lld numbers", source->name,
                    (long long)(cell + got / k->size), (long long)cells);
        for (sur_idx i = 0; i < want; i++, cell++) {
            const double x = number_of(buffer + i * k->size, k->code);
            if (table->scalar == SUR_F64)
                ((double *)sur_table_cells(table))[cell] = x;
            else
                ((float *)sur_table_cells(table))[cell] = (float)x;
        }
    }
done:
    return status;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    unsigned char head[4 + 4 * MOST_DIMS], more;
    sur_idx got, shape[MOST_DIMS] = {0};
    double cells = 1.0;
    sur_status status;
    (void)test, (void)request;
    SUR_TRY(sur_source_read(source, head, 4, &got, err));
    const kind *k = kind_of(head[2]);
    const int dims = head[3];
    SUR_FAIL_IF(got < 4 || !k || dims < 1 || dims > MOST_DIMS, SUR_EPARSE,
                "%s: a damaged IDX head", source->name);
    SUR_TRY(sur_source_read(source, head, 4 * dims, &got, err));
    SUR_FAIL_IF(got < 4 * dims, SUR_EPARSE, "%s: ends inside its head", source->name);
    for (int i = 0; i < dims; i++) {
        shape[i] = (sur_idx)big_endian(head + 4 * i, 4);
        cells *= (double)shape[i];
    }
    SUR_FAIL_IF(!(cells >= 1.0) || cells > 0x1p48, SUR_EPARSE,
                "%s: claims to have %.3g numbers in %lld rows", source->name, cells,
                (long long)shape[0]);
    const sur_idx cols = (sur_idx)(cells / (double)shape[0]);
    table->scalar = k->scalar;
    SUR_TRY(sur_table_add_matrix(table, cols, source, err));
    SUR_TRY(read_rows(table, source, k, shape[0], cols, err));
    SUR_TRY(sur_source_read(source, &more, 1, &got, err));
    SUR_FAIL_IF(got > 0, SUR_EPARSE, "%s: something follows its numbers", source->name);
    table->rows = shape[0];
    if (dims == 3 && shape[1] > 1 && shape[2] > 1)
        table->shape[0] = 1, table->shape[1] = shape[1], table->shape[2] = shape[2];
done:
    return status;
}

const sur_format sur_format_idx = {
    .name = "IDX",
    .extensions = ".idx .idx1-ubyte .idx3-ubyte -idx1-ubyte -idx3-ubyte",
    .probe = probe,
    .read = read_table};
