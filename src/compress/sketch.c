/* sketch.c -- S (D x d) from a seed, row by row.
 *
 * Sparse: row j has, for k = 0 .. s-1, one number +-1/sqrt(s) in a column drawn from
 * k d/s .. (k+1) d/s - 1. Four of them come from one block of random numbers: the upper
 * 31 bits choose the column (no column is likelier than another by more than d / 2^31),
 * the lowest bit the sign. Gaussian: row j is the stream (seed, "sketch", j). */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <surplus/compress.h>
#include <surplus/random.h>

#include "base/memory.h"
#include "base/try.h"

enum { NONZEROS_MOST = 16, SPARSE_BLOCK = 1024, GAUSSIAN_BLOCK = 64 };

static int nonzeros_of(const sur_sketch *s)
{
    const sur_idx wanted = s->nonzeros ? s->nonzeros : 4;
    assert(wanted >= 1 && wanted <= NONZEROS_MOST && s->cols >= 1);
    return (int)(wanted < s->cols ? wanted : s->cols);
}

/* ---- sparse ---- */

/* The columns of rows first .. first+count-1; the sign is the lowest bit. */
static void sparse_rows(uint32_t *out, const sur_sketch *s, int nonzeros, sur_idx first,
                        sur_idx count)
{
    sur_rng rng = sur_rng_make(s->seed, "sketch", 0);
    const uint64_t per_row = (uint64_t)(nonzeros + 3) / 4,
                   block = per_row * (uint64_t)first;
    rng.counter[0] = (uint32_t)block;
    rng.counter[1] = (uint32_t)(block >> 32);
    for (sur_idx i = 0; i < count; i++) {
        for (int k = 0; k < nonzeros; k++) {
            const uint32_t u = sur_rng_u32(&rng);
            const uint64_t low = (uint64_t)(k * s->cols / nonzeros),
                           high = (uint64_t)((k + 1) * s->cols / nonzeros);
            const uint64_t column = low + ((u >> 1) * (high - low) >> 31);
            *out++ = (uint32_t)(column << 1) | (u & 1);
        }
        rng.left = 0; /* the next row starts a new block */
    }
}

sur_status sur_sketch_places(uint32_t **out, const sur_sketch *s, sur_error *err)
{
    const int nonzeros = nonzeros_of(s);
    const sur_status status = sur_alloc(out, s->rows * nonzeros, sizeof **out, err);
    if (status == SUR_OK) sparse_rows(*out, s, nonzeros, 0, s->rows);
    return status;
}

/* Those of rows first .., in room unless they are kept. */
static const uint32_t *places_of(uint32_t *room, const sur_sketch *s, int nonzeros,
                                 sur_idx first, sur_idx count)
{
    if (s->places) return s->places + first * nonzeros;
    sparse_rows(room, s, nonzeros, first, count);
    return room;
}

/* to += a row's numbers in their places, with their signs. */
static inline void scatter(double *to, const uint32_t *place, const double *row,
                           sur_idx count, const int nonzeros, double size)
{
    for (sur_idx t = 0; t < count; t++) {
        const double each = size * row[t];
        uint64_t bits;
        memcpy(&bits, &each, sizeof bits);
        for (int k = 0; k < nonzeros; k++, place++) {
            const uint64_t turned = bits ^ (uint64_t)*place << 63;
            double one;
            memcpy(&one, &turned, sizeof one);
            to[*place >> 1] += one;
        }
    }
}

static void sparse_columns(sur_mat *out, const sur_sketch *s, const sur_mat *x,
                           sur_idx first)
{
    uint32_t room[SPARSE_BLOCK * NONZEROS_MOST];
    const int nonzeros = nonzeros_of(s);
    const double size = 1.0 / sqrt((double)nonzeros);
    for (sur_idx j = 0; j < x->cols; j += SPARSE_BLOCK) {
        const sur_idx count = x->cols - j < SPARSE_BLOCK ? x->cols - j : SPARSE_BLOCK;
        const uint32_t *place = places_of(room, s, nonzeros, first + j, count);
        for (sur_idx i = 0; i < x->rows; i++) {
            const double *row = sur_mat_row(x, i) + j;
            double *to = sur_mat_row(out, i);
            if (nonzeros == 2)
                scatter(to, place, row, count, 2, size);
            else if (nonzeros == 4)
                scatter(to, place, row, count, 4, size);
            else
                scatter(to, place, row, count, nonzeros, size);
        }
    }
}

static void sparse_expand(double *w, const sur_sketch *s, double a, const double *v,
                          sur_idx first, sur_idx count)
{
    uint32_t room[SPARSE_BLOCK * NONZEROS_MOST];
    const int nonzeros = nonzeros_of(s);
    const double size = a / sqrt((double)nonzeros), signs[2] = {size, -size};
    for (sur_idx j = 0; j < count; j += SPARSE_BLOCK) {
        const sur_idx part = count - j < SPARSE_BLOCK ? count - j : SPARSE_BLOCK;
        const uint32_t *p = places_of(room, s, nonzeros, first + j, part);
        for (sur_idx t = 0; t < part; t++) {
            double sum = 0.0;
            for (int k = 0; k < nonzeros; k++, p++) sum += signs[*p & 1] * v[*p >> 1];
            w[j + t] += sum;
        }
    }
}

/* ---- Gaussian ---- */

static void gaussian_rows(sur_mat *rows, const sur_sketch *s, sur_idx first)
{
    const double deviation = 1.0 / sqrt((double)s->cols);
    for (sur_idx i = 0; i < rows->rows; i++) {
        sur_rng rng = sur_rng_make(s->seed, "sketch", (uint64_t)(first + i) + 1);
        sur_rng_normals(&rng, sur_mat_row(rows, i), s->cols, deviation);
    }
}

static sur_status gaussian_columns(sur_mat *out, const sur_sketch *s, const sur_mat *x,
                                   sur_idx first, sur_error *err)
{
    sur_mat block;
    const sur_status status = sur_mat_new(&block, GAUSSIAN_BLOCK, s->cols, err);
    if (status != SUR_OK) return status;
    for (sur_idx j = 0; j < x->cols; j += GAUSSIAN_BLOCK) {
        const sur_idx count =
            x->cols - j < GAUSSIAN_BLOCK ? x->cols - j : GAUSSIAN_BLOCK;
        sur_mat rows = sur_mat_part(&block, 0, count, 0, s->cols);
        const sur_mat part = sur_mat_part(x, 0, x->rows, j, count);
        gaussian_rows(&rows, s, first + j);
        sur_mat_multiply(out, 1.0, &part, SUR_PLAIN, &rows, SUR_PLAIN, 1.0);
    }
    sur_mat_free(&block);
    return SUR_OK;
}

static sur_status gaussian_expand(double *w, const sur_sketch *s, double a,
                                  const double *v, sur_idx first, sur_idx count,
                                  sur_error *err)
{
    sur_mat row;
    const sur_status status = sur_mat_new(&row, 1, s->cols, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < count; i++) {
        double sum = 0.0;
        gaussian_rows(&row, s, first + i);
        for (sur_idx k = 0; k < s->cols; k++) sum += row.data[k] * v[k];
        w[i] += a * sum;
    }
    sur_mat_free(&row);
    return SUR_OK;
}

/* ---- either ---- */

sur_status sur_sketch_columns(sur_mat *out, const sur_sketch *s, const sur_mat *x,
                              sur_idx first, sur_error *err)
{
    assert(out->rows == x->rows && out->cols == s->cols);
    assert(first >= 0 && first + x->cols <= s->rows);
    if (s->kind == SUR_SKETCH_GAUSSIAN) return gaussian_columns(out, s, x, first, err);
    sparse_columns(out, s, x, first);
    return SUR_OK;
}

sur_status sur_sketch_expand(double *w, const sur_sketch *s, double a, const double *v,
                             sur_idx first, sur_idx count, sur_error *err)
{
    assert(first >= 0 && first + count <= s->rows);
    if (s->kind == SUR_SKETCH_GAUSSIAN)
        return gaussian_expand(w, s, a, v, first, count, err);
    sparse_expand(w, s, a, v, first, count);
    return SUR_OK;
}
