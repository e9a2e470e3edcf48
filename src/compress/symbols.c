/* symbols.c -- see symbols.h.
 *
 * Two bits name the way; then
 *     fixed    each number in `width` bits, q + 2^(width-1) - 1 if signed (5 bits
 *              before them tell the width of an alphabet without one)
 *     gauss,   7 bits of scale, then the numbers by the shape of that scale (shaped.h)
 *     laplace
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
#include "compress/shaped.h"

enum way { FIXED, GAUSS, LAPLACE, LEARNED };
enum { WAY_BITS = 2, WIDTH_BITS = 5, SCALE_BITS = 7, WIDEST = 31 };
#define LESSON 3.0          /* bits that learning one chance takes */
#define WORTH 0.99          /* of a shape's bits: what learning must not exceed */
enum { SYMBOL_ROOM = 512 }; /* more than one number can take in any way */

static uint32_t size_of(int32_t q) { return (uint32_t)(q < 0 ? -q : q); }

static int bits_of(uint32_t k) { return k ? 32 - __builtin_clz(k) : 0; }

sur_idx sur_symbols_most(sur_idx n, sur_alphabet a, sur_code code)
{
    const sur_idx head =
        (code == SUR_CODE_RANGE ? WAY_BITS : 0) + (a.width ? 0 : WIDTH_BITS);
    return head + n * (a.width ? a.width : WIDEST);
}

static sur_law law_of(enum way way)
{
    return way == GAUSS ? SUR_LAW_GAUSS : SUR_LAW_LAPLACE;
}

/* ---- fixed ---- */

/* The numbers that belong to the alphabet. */
static bool belongs(int64_t q, sur_alphabet a, int width)
{
    const int64_t end = INT64_C(1) << (a.sign == SUR_SIGNED ? width - 1 : width);
    return a.sign == SUR_SIGNED ? -end < q && q < end : 0 <= q && q < end;
}

static int64_t largest(sur_alphabet a)
{
    const int width = a.width ? a.width : WIDEST;
    return (INT64_C(1) << (a.sign == SUR_SIGNED ? width - 1 : width)) - 1;
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

/* ---- what a model would take ---- */

/* How often each size came, all but its `coarse` lowest bits. */
enum { TALLY_BITS = 10 };
typedef struct tally {
    int coarse, most; /* at most 2^TALLY_BITS - 1 */
    sur_idx n;
    uint32_t count[1 << TALLY_BITS];
    double sum, square; /* of the sizes, where coarse of their middles */
} tally;

/* Every other number is counted beside, as equal ones that follow each other wait for
 * each other. */
static void count_sizes(tally *t, const int32_t *q, sur_idx n)
{
    uint32_t beside[1 << TALLY_BITS], all = 0;
    sur_idx i = 0;
    for (sur_idx j = 0; j < n; j++) all |= size_of(q[j]);
    const int wide = bits_of(all) - TALLY_BITS;
    t->n = n;
    t->coarse = wide > 0 ? wide : 0;
    t->most = (int)(all >> t->coarse);
    memset(t->count, 0, (size_t)(t->most + 1) * sizeof *t->count);
    memset(beside, 0, (size_t)(t->most + 1) * sizeof *beside);
    for (; i + 2 <= n; i += 2) {
        t->count[size_of(q[i]) >> t->coarse]++;
        beside[size_of(q[i + 1]) >> t->coarse]++;
    }
    if (i < n) beside[size_of(q[i]) >> t->coarse]++;
    t->sum = t->square = 0.0;
    for (int k = 0; k <= t->most; k++) {
        const double size = ((double)k + (t->coarse ? 0.5 : 0.0)) * (1 << t->coarse);
        const double times = t->count[k] += beside[k];
        t->sum += times * size;
        t->square += times * size * size;
    }
}

static double shaped_cost(const sur_shape *shape, int low, const tally *t)
{
    double sum = (double)t->n * low;
    for (int i = 0; i <= t->most; i++) {
        if (t->count[i] == 0) continue;
        const uint32_t kept = (uint32_t)((uint64_t)i << t->coarse >> low);
        sum += t->count[i] * sur_shaped_bits(shape, kept);
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
static double shape_fit(sur_shaped *best, int *scale, enum way way, const tally *t,
                        sur_alphabet a)
{
    const sur_law law = law_of(way);
    const double mean = (way == GAUSS ? t->square : t->sum) / fmax((double)t->n, 1.0);
    const double octaves = log2(fmax(mean, 0x1p-64)) / (way == GAUSS ? 2.0 : 1.0);
    const int guess = (int)lround(fmin(fmax(4.0 * octaves + 16.0, 0.0), 127.0));
    double least = HUGE_VAL;
    for (int step = -1; step <= 1; step += 2)
        for (int s = guess + (step > 0); s >= 0 && s < SUR_SHAPE_SCALES; s += step) {
            sur_shaped tried = {.two_sided = a.sign == SUR_SIGNED};
            tried.shape = sur_shape_of(law, s, tried.two_sided, &tried.low);
            const double cost = shaped_cost(tried.shape, tried.low, t);
            if (!(cost < least)) break;
            least = cost;
            *scale = s;
            *best = tried;
        }
    return least;
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

static sur_status put_fixed(sur_message *m, const int32_t *q, sur_idx n, sur_alphabet a,
                            sur_idx bits, sur_error *err)
{
    const sur_status status = sur_message_reserve(m, bits, err);
    if (status != SUR_OK) return status;
    sur_message_put(m, FIXED, WAY_BITS);
    fixed_put(m, q, n, a);
    return SUR_OK;
}

sur_status sur_symbols_put(sur_message *m, const int32_t *q, sur_idx n, sur_alphabet a,
                           sur_code code, sur_error *err)
{
    const sur_idx start = m->bits, head = WAY_BITS + SCALE_BITS,
                  fixed = WAY_BITS + (a.width ? 0 : WIDTH_BITS) + n * width_of(q, n, a);
    tally t;
    sur_shaped shape[2];
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
    const double signs = a.sign == SUR_SIGNED ? (double)(n - t.count[0]) : 0.0,
                 cost = fmin(gauss, laplace);
    const bool shaped = (double)head + cost + signs < (double)fixed;
    if (shaped) {
        sur_message_put(m, better ? LAPLACE : GAUSS, WAY_BITS);
        sur_message_put(m, (uint64_t)scale[better], SCALE_BITS);
        SUR_TRY(sur_shaped_put(m, q, n, &shape[better], err));
    }
    const sur_idx taken = m->bits - start,
                  limit = shaped && taken < fixed ? taken : fixed;
    if (learned_cost(&t) < WORTH * cost)
        SUR_TRY(try_learned(m, start, limit, q, n, a, err));
    if (m->bits == start || m->bits - start >= fixed) {
        m->bits = start;
        SUR_TRY(put_fixed(m, q, n, a, fixed, err));
    }

done:
    if (status != SUR_OK) m->bits = start;
    return status;
}

void sur_symbols_get(int32_t *q, sur_idx n, sur_alphabet a, sur_code code,
                     sur_reader *r)
{
    const enum way way =
        code == SUR_CODE_FIXED ? FIXED : (enum way)sur_reader_take(r, WAY_BITS);
    if (r->bad) return;
    if (way == FIXED) {
        fixed_get(q, n, a, r);
    } else if (way == LEARNED) {
        learned_get(q, n, a, r);
    } else {
        const int scale = (int)sur_reader_take(r, SCALE_BITS);
        sur_shaped s = {.two_sided = a.sign == SUR_SIGNED};
        s.shape = sur_shape_of(law_of(way), scale, s.two_sided, &s.low);
        sur_shaped_get(q, n, largest(a), &s, r);
    }
}
