/* npy.c -- the numbers of an NPY array, in our order, type and byte order. */
#include "data/npy.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/block.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 18 };

static sur_status ends_early(const sur_stream *stream, sur_error *err)
{
    return sur_fail(err, SUR_EPARSE, "%s: ends before the last of its numbers",
                    stream->name);
}

/* IEEE 754 binary16. */
static double half(uint16_t bits)
{
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double x = ldexp(fraction + (exponent ? 1024 : 0), (exponent ? exponent : 1) - 25);
    if (exponent == 31) x = fraction ? nan("") : HUGE_VAL;
    return bits >> 15 ? -x : x;
}

/* One number of width w, as bytes in our order. */
static double decode(char kind, sur_idx w, const unsigned char *bytes)
{
    uint64_t u = 0;
    float f;
    double x;
    if (kind == 'f' && w == 8) return memcpy(&x, bytes, sizeof x), x;
    if (kind == 'f' && w == 4) return memcpy(&f, bytes, sizeof f), (double)f;
    if (w == 1) {
        u = *bytes;
    } else if (w == 2) {
        uint16_t v;
        memcpy(&v, bytes, sizeof v);
        u = v;
    } else if (w == 4) {
        uint32_t v;
        memcpy(&v, bytes, sizeof v);
        u = v;
    } else {
        memcpy(&u, bytes, sizeof u);
    }
    if (kind == 'f') return half((uint16_t)u);
    if (kind == 'b') return u != 0;
    if (kind == 'u') return (double)u;
    const uint64_t sign = (uint64_t)1 << (8 * w - 1), low = u & (sign - 1);
    return u & sign ? -(double)(sign - low) : (double)low;
}

static void swap(unsigned char *bytes, sur_idx width)
{
    for (sur_idx a = 0, b = width - 1; a < b; a++, b--) {
        const unsigned char t = bytes[a];
        bytes[a] = bytes[b];
        bytes[b] = t;
    }
}

static void store(void *cells, sur_scalar scalar, sur_idx at, double x)
{
    if (scalar == SUR_F64)
        ((double *)cells)[at] = x;
    else if (scalar == SUR_F32)
        ((float *)cells)[at] = (float)x;
    else
        ((uint8_t *)cells)[at] = (uint8_t)x;
}

/* Where in memory the entries go, in the order of the file: an odometer whose dial
 * `first` turns fastest. */
typedef struct order {
    int dims, fastest, step; /* the next slower dial is fastest + step */
    sur_idx shape[SUR_NPY_DIMS], stride[SUR_NPY_DIMS], dial[SUR_NPY_DIMS];
    sur_idx at;
} order;

static order order_of(const sur_npy *npy)
{
    order o = {.dims = npy->dims};
    sur_idx stride = 1;
    for (int k = npy->dims - 1; k >= 0; k--) {
        o.shape[k] = npy->shape[k];
        o.stride[k] = stride;
        stride *= npy->shape[k];
    }
    if (npy->channels_last) { /* n h w c in the file, n c h w in memory */
        o.stride[3] = o.shape[1] * o.shape[2];
        o.stride[2] = 1;
        o.stride[1] = o.shape[2];
    }
    o.fastest = npy->fortran ? 0 : npy->dims - 1;
    o.step = npy->fortran ? 1 : -1;
    return o;
}

static void turn(order *o)
{
    for (int k = o->fastest; k >= 0 && k < o->dims; k += o->step) {
        o->at += o->stride[k];
        if (++o->dial[k] < o->shape[k]) return;
        o->at -= o->shape[k] * o->stride[k];
        o->dial[k] = 0;
    }
}

/* Whether the bytes of the file are the bytes of memory. */
static bool is_direct(const sur_npy *npy)
{
    const bool ordered =
        (!npy->fortran || npy->dims < 2) && (!npy->channels_last || npy->shape[3] == 1);
    const bool typed =
        (npy->kind == 'f' && npy->width >= 4) || (npy->kind == 'u' && npy->width == 1);
    const bool kept = npy->width == (sur_idx)sur_scalar_size(npy->scalar);
    return ordered && typed && kept && !npy->swapped;
}

sur_status sur_npy_cells(void *cells, const sur_npy *npy, const sur_stream *stream,
                         sur_error *err)
{
    const sur_idx total = npy->rows * npy->cols, width = npy->width;
    unsigned char *chunk = NULL;
    sur_idx got;
    sur_status status;

    if (is_direct(npy)) {
        SUR_TRY(stream->read(stream->payload, cells, total * width, &got, err));
        if (got < total * width) return ends_early(stream, err);
        return SUR_OK;
    }
    order o = order_of(npy);
    SUR_TRY(sur_alloc(&chunk, CHUNK, 1, err));
    for (sur_idx done_count = 0; done_count < total;) {
        sur_idx count = CHUNK / width;
        if (count > total - done_count) count = total - done_count;
        SUR_TRY(stream->read(stream->payload, chunk, count * width, &got, err));
        if (got < count * width) {
            status = ends_early(stream, err);
            goto done;
        }
        for (sur_idx i = 0; i < count; i++, turn(&o)) {
            if (npy->swapped) swap(chunk + i * width, width);
            store(cells, npy->scalar, o.at,
                  decode(npy->kind, width, chunk + i * width));
        }
        done_count += count;
    }
done:
    free(chunk);
    return status;
}

sur_status sur_npy_pour(sur_table *table, const sur_npy *npy, const sur_stream *stream,
                        sur_error *err)
{
    const bool by_columns = npy->fortran && npy->dims > 1;
    const sur_idx step = by_columns ? npy->rows : sur_table_step(table, npy->rows, 1);
    const size_t row = (size_t)npy->cols * sur_scalar_size(npy->scalar);
    sur_npy part = *npy;
    sur_status status;
    SUR_TRY(sur_table_reserve(table, step, err));
    for (sur_idx i = 0; i < npy->rows; i += part.rows) {
        part.rows = part.shape[0] = npy->rows - i < step ? npy->rows - i : step;
        char *cells = sur_table_cells(table);
        SUR_TRY(sur_npy_cells(cells + (size_t)(i - table->given) * row, &part, stream,
                              err));
        table->rows = npy->rows;
        SUR_TRY(sur_table_give(table, part.rows, err));
    }
done:
    return status;
}

/* ---- text ---- */

/* One UCS-4 letter as UTF-8; letters that do not exist become U+FFFD. */
static sur_idx encode(char *to, uint32_t letter)
{
    if (letter > 0x10ffff || (letter >= 0xd800 && letter < 0xe000)) letter = 0xfffd;
    if (letter < 0x80) return to[0] = (char)letter, 1;
    const int more = letter < 0x800 ? 1 : letter < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    for (int k = more; k > 0; k--, letter >>= 6) to[k] = (char)(0x80 | (letter & 0x3f));
    to[0] = (char)(lead[more] | letter);
    return more + 1;
}

/* An entry as zero-ended text; it ends at its first zero letter. */
static sur_idx text_of(char *to, const sur_npy *npy, unsigned char *entry)
{
    sur_idx length = 0;
    const sur_idx step = npy->kind == 'U' ? 4 : 1;
    for (sur_idx i = 0; i < npy->width; i += step) {
        uint32_t letter = entry[i];
        if (step == 4) {
            if (npy->swapped) swap(entry + i, 4);
            memcpy(&letter, entry + i, 4);
        }
        if (!letter) break;
        if (step == 4)
            length += encode(to + length, letter);
        else
            to[length++] = (char)letter;
    }
    to[length] = '\0';
    return length;
}

sur_status sur_npy_texts(sur_text_sink sink, void *payload, const sur_npy *npy,
                         const sur_stream *stream, sur_error *err)
{
    unsigned char *entry = NULL;
    char *text = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&entry, npy->width, 1, err));
    SUR_TRY(sur_alloc(&text, npy->width + 1, 1, err));
    for (sur_idx i = 0; i < npy->rows * npy->cols; i++) {
        sur_idx got;
        SUR_TRY(stream->read(stream->payload, entry, npy->width, &got, err));
        if (got < npy->width) {
            status = ends_early(stream, err);
            goto done;
        }
        const sur_idx length = text_of(text, npy, entry);
        SUR_TRY(sink(payload, i, text, length, err));
    }
done:
    free(entry);
    free(text);
    return status;
}

typedef struct column_sink {
    double *values;
    sur_words *words;
} column_sink;

static sur_status add_word(void *payload, sur_idx i, const char *text, sur_idx length,
                           sur_error *err)
{
    column_sink *sink = payload;
    sink->values[i] = nan("");
    if (length == 0) return SUR_OK;
    if (!sink->words->example[0])
        memcpy(sink->words->example, sur_shown(text, length < 40 ? length : 40).text,
               sizeof sink->words->example - 1);
    return sur_words_add(sink->words, text, length, &sink->values[i], err);
}

sur_status sur_npy_column(double *values, sur_words *words, const sur_npy *npy,
                          const sur_stream *stream, sur_error *err)
{
    column_sink sink = {values, words};
    sur_npy wide = *npy;
    if (sur_npy_is_text(npy)) return sur_npy_texts(add_word, &sink, npy, stream, err);
    wide.scalar = SUR_F64;
    return sur_npy_cells(values, &wide, stream, err);
}
