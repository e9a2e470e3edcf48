/* symbols.c -- see symbols.h.
 *
 * Two bits name the way; then
 *     fixed    each number in `width` bits, q + 2^(width-1) - 1 if signed (5 bits
 *              before them tell the width of an alphabet without one)
 *     gauss,   7 bits of scale, then each number's size by a fixed model, its sign as
 *     laplace  it is (shape.h)
 *     learned  zero or not, sign, the number of bits of |q| in unary, its two highest
 *              bits, each decision with a chance that learns; the rest as it is
 * SUR_CODE_FIXED has no two bits and only the first way. */
#include "compress/symbols.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/try.h"
#include "compress/coder.h"
#include "compress/shape.h"

enum way { FIXED, GAUSS, LAPLACE, LEARNED };
enum { WAY_BITS = 2, WIDTH_BITS = 5, SCALE_BITS = 7, WIDEST = 31, GAMMA_BITS = 5 };
enum { SYMBOL_ROOM = 512 }; /* more than one number can take in any way */

static uint32_t size_of(int32_t q) { return (uint32_t)(q < 0 ? -q : q); }

static int bits_of(uint32_t k)
{
    int bits = 0;
    for (; k > 0; k >>= 1) bits++;
    return bits;
}

sur_idx sur_symbols_most(sur_idx n, sur_alphabet a, sur_code code)
{
    const sur_idx head =
        (code == SUR_CODE_RANGE ? WAY_BITS : 0) + (a.width ? 0 : WIDTH_BITS);
    return head + n * (a.width ? a.width : WIDEST);
}

/* ---- fixed ---- */

/* The numbers that belong to the alphabet. */
static bool belongs(int64_t q, sur_alphabet a, int width)
{
    const int64_t end = INT64_C(1) << (a.sign == SUR_SIGNED ? width - 1 : width);
    return a.sign == SUR_SIGNED ? -end < q && q < end : 0 <= q && q < end;
}

static int width_of(const int32_t *q, sur_idx n, sur_alphabet a)
{
    uint32_t all = 0;
    if (a.width) return a.width;
    for (sur_idx i = 0; i < n; i++) all |= size_of(q[i]);
    return bits_of(all) + (a.sign == SUR_SIGNED);
}

static void fixed_put(sur_message *m, const int32_t *q, sur_idx n, sur_alphabet a)
{
    const int width = width_of(q, n, a);
    const int64_t shift = a.sign == SUR_SIGNED ? (INT64_C(1) << (width - 1)) - 1 : 0;
    if (!a.width) sur_message_put(m, (uint64_t)width, WIDTH_BITS);
    for (sur_idx i = 0; i < n; i++) sur_message_put(m, (uint64_t)(q[i] + shift), width);
}

static void fixed_get(int32_t *q, sur_idx n, sur_alphabet a, sur_reader *r)
{
    const int width = a.width ? a.width : (int)sur_reader_take(r, WIDTH_BITS);
    if (a.sign == SUR_SIGNED && width == 0) r->bad = true;
    const int64_t shift =
        a.sign == SUR_SIGNED && width ? (INT64_C(1) << (width - 1)) - 1 : 0;
    for (sur_idx i = 0; i < n && !r->bad; i++) {
        const int64_t value = (int64_t)sur_reader_take(r, width) - shift;
        if (!belongs(value, a, width))
            r->bad = true;
        else
            q[i] = (int32_t)value;
    }
}

/* ---- a fixed model ---- */

static void shaped_put(sur_message *m, const int32_t *q, sur_idx n, sur_alphabet a,
                       const sur_shape *shape, sur_idx limit)
{
    sur_encoder e = sur_encoder_make(m);
    for (sur_idx i = 0; i < n && m->bits + e.owed < limit; i++) {
        const uint32_t k = size_of(q[i]), kept = k >> shape->low,
                       last = (uint32_t)shape->last, at = kept < last ? kept : last;
        sur_encoder_part(&e, shape->edge[at], shape->edge[at + 1]);
        if (at == last) { /* Elias gamma, the number of bits first */
            const int bits = bits_of(kept - last + 1) - 1;
            sur_encoder_plain(&e, (uint32_t)bits, GAMMA_BITS);
            sur_encoder_plain(&e, kept - last + 1, bits);
        }
        sur_encoder_plain(&e, k, shape->low);
        if (a.sign == SUR_SIGNED && k) sur_encoder_plain(&e, q[i] < 0, 1);
    }
    sur_encoder_end(&e);
}

static int find(const sur_shape *shape, uint32_t place)
{
    int low = 0, high = shape->last;
    while (low < high) {
        const int middle = (low + high + 1) / 2;
        if (shape->edge[middle] <= place)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static void shaped_get(int32_t *q, sur_idx n, sur_alphabet a, const sur_shape *shape,
                       sur_reader *r)
{
    const int width = a.width ? a.width : WIDEST;
    sur_decoder d = sur_decoder_make(r);
    for (sur_idx i = 0; i < n && !r->bad; i++) {
        const int at = find(shape, sur_decoder_place(&d));
        int64_t k = at;
        sur_decoder_part(&d, shape->edge[at], shape->edge[at + 1]);
        if (at == shape->last) {
            const int bits = (int)sur_decoder_plain(&d, GAMMA_BITS);
            k += ((INT64_C(1) << bits) | sur_decoder_plain(&d, bits)) - 1;
        }
        k = (k << shape->low) | sur_decoder_plain(&d, shape->low);
        if (a.sign == SUR_SIGNED && k && sur_decoder_plain(&d, 1)) k = -k;
        if (!belongs(k, a, width) || d.next > r->bits + 64)
            r->bad = true;
        else
            q[i] = (int32_t)k;
    }
    sur_decoder_end(&d);
}

/* Bits that the model would take, without its head. */
static double shaped_cost(const sur_shape *shape, const int32_t *q, sur_idx n)
{
    double each[SUR_SHAPE_MOST + 1] = {0}, sum = 0.0;
    for (int k = 0; k <= shape->last; k++)
        each[k] = shape->low + 16.0 - log2(shape->edge[k + 1] - shape->edge[k]);
    for (sur_idx i = 0; i < n; i++) {
        const uint32_t kept = size_of(q[i]) >> shape->low, last = (uint32_t)shape->last;
        sum += kept < last ? each[kept]
                           : each[last] + GAMMA_BITS + bits_of(kept - last + 1) - 1;
    }
    return sum;
}

/* The scale that takes fewest bits: downhill from the one that the mean size (Laplace)
 * or the mean square (Gauss) suggests. */
static double shape_fit(sur_shape *shape, int *scale, enum way way, const int32_t *q,
                        sur_idx n, sur_alphabet a)
{
    const sur_law law = way == GAUSS ? SUR_LAW_GAUSS : SUR_LAW_LAPLACE;
    const bool two_sided = a.sign == SUR_SIGNED;
    double sum = 0.0, best = HUGE_VAL;
    for (sur_idx i = 0; i < n; i++)
        sum += way == GAUSS ? (double)q[i] * q[i] : size_of(q[i]);
    const double mean = sum / (double)(n > 0 ? n : 1);
    const double octaves = log2(fmax(mean, 0x1p-64)) / (way == GAUSS ? 2.0 : 1.0);
    const int guess = (int)lround(fmin(fmax(4.0 * octaves + 16.0, 0.0), 127.0));
    *scale = guess;
    for (int step = -1; step <= 1; step += 2)
        for (int s = guess + (step > 0); s >= 0 && s < SUR_SHAPE_SCALES; s += step) {
            sur_shape_make(shape, law, s, two_sided);
            const double cost = shaped_cost(shape, q, n);
            if (!(cost < best)) break;
            best = cost;
            *scale = s;
        }
    sur_shape_make(shape, law, *scale, two_sided);
    return best;
}

/* ---- a model that learns ---- */

typedef struct learned {
    sur_chance zero, longer[WIDEST + 1], first[WIDEST + 1], second[WIDEST + 1][2];
} learned;

static void learned_put(sur_message *m, const int32_t *q, sur_idx n, sur_alphabet a,
                        sur_idx limit)
{
    learned l = {0};
    sur_encoder e = sur_encoder_make(m);
    for (sur_idx i = 0; i < n && m->bits + e.owed < limit; i++) {
        const uint32_t k = size_of(q[i]);
        const int bits = bits_of(k);
        sur_encoder_bit(&e, &l.zero, k == 0);
        if (k == 0) continue;
        for (int b = 1; b < WIDEST; b++) {
            sur_encoder_bit(&e, &l.longer[b], bits > b);
            if (bits == b) break;
        }
        const unsigned first = bits > 1 ? k >> (bits - 2) & 1 : 0;
        if (bits > 1) sur_encoder_bit(&e, &l.first[bits], first);
        if (bits > 2) sur_encoder_bit(&e, &l.second[bits][first], k >> (bits - 3) & 1);
        sur_encoder_plain(&e, k, bits > 3 ? bits - 3 : 0);
        if (a.sign == SUR_SIGNED) sur_encoder_plain(&e, q[i] < 0, 1);
    }
    sur_encoder_end(&e);
}

static void learned_get(int32_t *q, sur_idx n, sur_alphabet a, sur_reader *r)
{
    const int width = a.width ? a.width : WIDEST;
    learned l = {0};
    sur_decoder d = sur_decoder_make(r);
    for (sur_idx i = 0; i < n && !r->bad; i++) {
        q[i] = 0;
        if (d.next > r->bits + 64) r->bad = true;
        if (sur_decoder_bit(&d, &l.zero)) continue;
        int bits = 1;
        while (bits < WIDEST && sur_decoder_bit(&d, &l.longer[bits])) bits++;
        int64_t k = 1;
        const unsigned first = bits > 1 ? sur_decoder_bit(&d, &l.first[bits]) : 0;
        if (bits > 1) k = k << 1 | first;
        if (bits > 2) k = k << 1 | sur_decoder_bit(&d, &l.second[bits][first]);
        const int rest = bits > 3 ? bits - 3 : 0;
        k = k << rest | sur_decoder_plain(&d, rest);
        if (a.sign == SUR_SIGNED && sur_decoder_plain(&d, 1)) k = -k;
        if (!belongs(k, a, width))
            r->bad = true;
        else
            q[i] = (int32_t)k;
    }
    sur_decoder_end(&d);
}

/* ---- the shortest ---- */

static void append(sur_message *m, const sur_message *from)
{
    sur_reader r = sur_reader_make(from->bytes, from->bits);
    while (r.at < r.bits) {
        const int width = r.bits - r.at < 64 ? (int)(r.bits - r.at) : 64;
        sur_message_put(m, sur_reader_take(&r, width), width);
    }
}

sur_status sur_symbols_put(sur_message *m, const int32_t *q, sur_idx n, sur_alphabet a,
                           sur_code code, sur_error *err)
{
    const sur_idx start = m->bits,
                  fixed = WAY_BITS + (a.width ? 0 : WIDTH_BITS) + n * width_of(q, n, a);
    sur_message trial = {0};
    sur_shape shape[2];
    int scale[2];
    sur_status status = sur_message_reserve(m, fixed + SYMBOL_ROOM, err);
    if (status != SUR_OK || code == SUR_CODE_FIXED) {
        if (status == SUR_OK) fixed_put(m, q, n, a);
        return status;
    }
    SUR_TRY(sur_message_new(&trial, fixed + SYMBOL_ROOM, err));

    const double gauss = shape_fit(&shape[0], &scale[0], GAUSS, q, n, a),
                 laplace = shape_fit(&shape[1], &scale[1], LAPLACE, q, n, a);
    const int better = laplace < gauss;
    sur_message_put(m, better ? LAPLACE : GAUSS, WAY_BITS);
    sur_message_put(m, (uint64_t)scale[better], SCALE_BITS);
    shaped_put(m, q, n, a, &shape[better], start + fixed);

    sur_message_put(&trial, LEARNED, WAY_BITS);
    learned_put(&trial, q, n, a, m->bits - start < fixed ? m->bits - start : fixed);
    if (trial.bits < m->bits - start && trial.bits < fixed) {
        m->bits = start;
        append(m, &trial);
    } else if (m->bits - start >= fixed) {
        m->bits = start;
        sur_message_put(m, FIXED, WAY_BITS);
        fixed_put(m, q, n, a);
    }

done:
    sur_message_free(&trial);
    return status;
}

void sur_symbols_get(int32_t *q, sur_idx n, sur_alphabet a, sur_code code,
                     sur_reader *r)
{
    const enum way way =
        code == SUR_CODE_FIXED ? FIXED : (enum way)sur_reader_take(r, WAY_BITS);
    sur_shape shape;
    if (r->bad) return;
    if (way == FIXED) {
        fixed_get(q, n, a, r);
    } else if (way == LEARNED) {
        learned_get(q, n, a, r);
    } else {
        const int scale = (int)sur_reader_take(r, SCALE_BITS);
        sur_shape_make(&shape, way == GAUSS ? SUR_LAW_GAUSS : SUR_LAW_LAPLACE, scale,
                       a.sign == SUR_SIGNED);
        shaped_get(q, n, a, &shape, r);
    }
}
