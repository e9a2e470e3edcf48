/* symbols.c -- see symbols.h.
 *
 * Two bits name the way; then
 *     fixed    each number in `width` bits, q + 2^(width-1) - 1 if signed (5 bits
 *              before them tell the width of an alphabet without one)
 *     gauss,   7 bits of scale, then the sizes by a fixed model (shape.h), then what it
 *     laplace  leaves of each size, and the signs, as they are
 *     learned  zero or not, sign, the number of bits of |q| in unary, its two highest
 *              bits, each decision with a chance that learns; the rest as it is
 * SUR_CODE_FIXED has no two bits and only the first way. */
#include "compress/symbols.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/try.h"
#include "compress/coder.h"
#include "compress/shape.h"

enum way { FIXED, GAUSS, LAPLACE, LEARNED };
enum { WAY_BITS = 2, WIDTH_BITS = 5, SCALE_BITS = 7, WIDEST = 31, GAMMA_BITS = 5 };
#define LESSON 3.0          /* bits that learning one chance takes */
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

/* Bits as they are, many at a time. */
typedef struct plain {
    uint64_t held; /* the next one lowest */
    int count;
} plain;

static void plain_put(plain *p, sur_message *m, uint32_t bits, int count)
{
    p->held |= (uint64_t)bits << p->count;
    p->count += count;
    if (p->count < 32) return;
    sur_message_put(m, p->held, 32);
    p->held >>= 32;
    p->count -= 32;
}

/* 0 where the message has ended, which makes the reader bad. */
static uint32_t plain_take(plain *p, sur_reader *r, int count)
{
    if (p->count < count) {
        const sur_idx left = r->bits - r->at;
        const int more = left < 32 ? (int)left : 32;
        if (more < count - p->count) r->bad = true;
        if (r->bad) return 0;
        p->held |= sur_reader_take(r, more) << p->count;
        p->count += more;
    }
    const uint32_t bits = (uint32_t)(p->held & ((UINT64_C(1) << count) - 1));
    p->held >>= count;
    p->count -= count;
    return bits;
}

/* Gives up at `limit` of m->bits, which is exceeded then. */
static void shaped_put(sur_message *m, const int32_t *q, sur_idx n, sur_alphabet a,
                       const sur_shape *shape, sur_idx limit)
{
    const uint32_t last = (uint32_t)shape->last;
    const int low = shape->low;
    sur_encoder e = sur_encoder_make(m);
    plain p = {0};
    for (sur_idx i = 0; i < n && sur_encoder_bits(&e) < limit; i++) {
        const uint32_t kept = size_of(q[i]) >> low, at = kept < last ? kept : last;
        sur_encoder_part(&e, shape->edge[at], shape->edge[at + 1]);
        if (at < last) continue; /* else Elias gamma, the number of bits first */
        const int bits = bits_of(kept - last + 1) - 1;
        sur_encoder_plain(&e, (uint32_t)bits, GAMMA_BITS);
        sur_encoder_plain(&e, kept - last + 1, bits);
    }
    sur_encoder rest = e; /* so that e never leaves the registers */
    sur_encoder_end(&rest);
    if (m->bits >= limit) return;
    for (sur_idx i = 0; i < n; i++) {
        const uint32_t k = size_of(q[i]), below = k & ((1U << low) - 1);
        const bool sign = a.sign == SUR_SIGNED && k;
        plain_put(&p, m, below | (uint32_t)(sign && q[i] < 0) << low, low + sign);
    }
    sur_message_put(m, p.held, p.count);
}

/* For each place, but for its lowest bits: the first kept that may be there. */
enum { INDEX_BITS = 8, INDEX_SHIFT = SUR_CODER_BITS - INDEX_BITS };

static void make_index(uint8_t *index, const sur_shape *shape)
{
    int at = 0;
    for (uint32_t i = 0; i < 1U << INDEX_BITS; i++) {
        while (shape->edge[at + 1] <= i << INDEX_SHIFT) at++;
        index[i] = (uint8_t)at;
    }
}

static void shaped_get(int32_t *q, sur_idx n, sur_alphabet a, const sur_shape *shape,
                       sur_reader *r)
{
    const int width = a.width ? a.width : WIDEST, low = shape->low;
    uint8_t index[1 << INDEX_BITS];
    sur_decoder d = sur_decoder_make(r);
    plain p = {0};
    make_index(index, shape);
    for (sur_idx i = 0; i < n && !r->bad; i++) {
        const uint32_t place = sur_decoder_place(&d);
        int at = index[place >> INDEX_SHIFT];
        while (shape->edge[at + 1] <= place) at++;
        int64_t kept = at;
        sur_decoder_part(&d, shape->edge[at], shape->edge[at + 1]);
        if (at == shape->last) {
            const int bits = (int)sur_decoder_plain(&d, GAMMA_BITS);
            kept += ((INT64_C(1) << bits) | sur_decoder_plain(&d, bits)) - 1;
        }
        if (!belongs(kept << low, a, width) || sur_decoder_astray(&d))
            r->bad = true;
        else
            q[i] = (int32_t)kept;
    }
    sur_decoder rest = d; /* so that d never leaves the registers */
    sur_decoder_end(&rest);
    for (sur_idx i = 0; i < n && !r->bad; i++) {
        int64_t k = (int64_t)q[i] << low | plain_take(&p, r, low);
        if (a.sign == SUR_SIGNED && k && plain_take(&p, r, 1)) k = -k;
        if (!belongs(k, a, width))
            r->bad = true;
        else
            q[i] = (int32_t)k;
    }
    r->at -= p.count;
}

/* ---- what a model would take ---- */

/* How often each size came, all but its `coarse` lowest bits. */
enum { TALLY_BITS = 10 };
typedef struct tally {
    int coarse, most; /* at most 2^TALLY_BITS - 1 */
    sur_idx n, count[1 << TALLY_BITS];
    double sum, square; /* of the sizes */
} tally;

static void count_sizes(tally *t, const int32_t *q, sur_idx n)
{
    uint32_t all = 0;
    for (sur_idx i = 0; i < n; i++) all |= size_of(q[i]);
    const int wide = bits_of(all) - TALLY_BITS;
    t->n = n;
    t->coarse = wide > 0 ? wide : 0;
    t->most = (int)(all >> t->coarse);
    memset(t->count, 0, (size_t)(t->most + 1) * sizeof *t->count);
    for (sur_idx i = 0; i < n; i++) t->count[size_of(q[i]) >> t->coarse]++;
    t->sum = t->square = 0.0;
    for (sur_idx i = 0; i < n; i++) {
        t->sum += size_of(q[i]);
        t->square += (double)q[i] * q[i];
    }
}

static double shaped_cost(const sur_shape *shape, const tally *t)
{
    const uint32_t last = (uint32_t)shape->last;
    double sum = 0.0;
    for (int i = 0; i <= t->most; i++) {
        if (t->count[i] == 0) continue;
        const uint32_t kept = ((uint32_t)i << t->coarse) >> shape->low,
                       at = kept < last ? kept : last;
        double each =
            shape->low + SUR_CODER_BITS - log2(shape->edge[at + 1] - shape->edge[at]);
        if (at == last) each += GAMMA_BITS + bits_of(kept - last + 1) - 1;
        sum += (double)t->count[i] * each;
    }
    return sum;
}

/* The entropy of what decides for the model that learns, and LESSON for each context.
 */
static double learned_cost(const tally *t)
{
    sur_idx count[WIDEST + 1][4] = {0};
    double sum = 0.0, whole = (double)t->n;
    for (int i = 0; i <= t->most; i++) {
        const uint32_t k = (uint32_t)i << t->coarse;
        const int bits = bits_of(k), rest = bits > 3 ? bits - 3 : 0;
        count[bits][bits > 1 ? k >> rest & (bits > 2 ? 3 : 1) : 0] += t->count[i];
        sum += (double)t->count[i] * rest;
    }
    for (int b = 0; b <= WIDEST; b++)
        for (int j = 0; j < 4; j++)
            if (count[b][j])
                sum += LESSON + (double)count[b][j] * log2(whole / (double)count[b][j]);
    return sum;
}

/* The scale that takes fewest bits: downhill from the one that the mean size (Laplace)
 * or the mean square (Gauss) suggests. */
static double shape_fit(sur_shape *shape, int *scale, enum way way, const tally *t,
                        sur_alphabet a)
{
    const sur_law law = way == GAUSS ? SUR_LAW_GAUSS : SUR_LAW_LAPLACE;
    const bool two_sided = a.sign == SUR_SIGNED;
    const double mean = (way == GAUSS ? t->square : t->sum) / fmax((double)t->n, 1.0);
    const double octaves = log2(fmax(mean, 0x1p-64)) / (way == GAUSS ? 2.0 : 1.0);
    const int guess = (int)lround(fmin(fmax(4.0 * octaves + 16.0, 0.0), 127.0));
    double best = HUGE_VAL;
    sur_shape tried;
    *scale = guess;
    for (int step = -1; step <= 1; step += 2)
        for (int s = guess + (step > 0); s >= 0 && s < SUR_SHAPE_SCALES; s += step) {
            sur_shape_make(&tried, law, s, two_sided);
            const double cost = shaped_cost(&tried, t);
            if (!(cost < best)) break;
            best = cost;
            *scale = s;
            *shape = tried;
        }
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
    for (sur_idx i = 0; i < n && sur_encoder_bits(&e) < limit; i++) {
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
        if (sur_decoder_astray(&d)) r->bad = true;
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

/* Where the model that learns may be shorter than what stands at `start` of m, it is
 * tried. */
static sur_status try_learned(sur_message *m, sur_idx start, sur_idx limit,
                              const int32_t *q, sur_idx n, sur_alphabet a,
                              sur_error *err)
{
    sur_message trial;
    const sur_status status = sur_message_new(&trial, limit + SYMBOL_ROOM, err);
    if (status != SUR_OK) return status;
    sur_message_put(&trial, LEARNED, WAY_BITS);
    learned_put(&trial, q, n, a, limit);
    if (trial.bits < limit) {
        m->bits = start;
        append(m, &trial);
    }
    sur_message_free(&trial);
    return SUR_OK;
}

sur_status sur_symbols_put(sur_message *m, const int32_t *q, sur_idx n, sur_alphabet a,
                           sur_code code, sur_error *err)
{
    const sur_idx start = m->bits,
                  fixed = WAY_BITS + (a.width ? 0 : WIDTH_BITS) + n * width_of(q, n, a);
    tally t;
    sur_shape shape[2];
    int scale[2];
    sur_status status = sur_message_reserve(m, fixed + SYMBOL_ROOM, err);
    if (status != SUR_OK || code == SUR_CODE_FIXED) {
        if (status == SUR_OK) fixed_put(m, q, n, a);
        return status;
    }

    count_sizes(&t, q, n);
    const double gauss = shape_fit(&shape[0], &scale[0], GAUSS, &t, a),
                 laplace = shape_fit(&shape[1], &scale[1], LAPLACE, &t, a);
    const int better = laplace < gauss;
    SUR_TRY(
        sur_message_reserve(m, fixed + n * (shape[better].low + 1) + SYMBOL_ROOM, err));
    sur_message_put(m, better ? LAPLACE : GAUSS, WAY_BITS);
    sur_message_put(m, (uint64_t)scale[better], SCALE_BITS);
    shaped_put(m, q, n, a, &shape[better], start + fixed);

    if (learned_cost(&t) < fmin(gauss, laplace)) {
        const sur_idx taken = m->bits - start;
        SUR_TRY(try_learned(m, start, taken < fixed ? taken : fixed, q, n, a, err));
    }
    if (m->bits - start >= fixed) {
        m->bits = start;
        sur_message_put(m, FIXED, WAY_BITS);
        fixed_put(m, q, n, a);
    }

done:
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
