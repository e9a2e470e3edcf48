/* grid.c -- numbers rounded to a grid with 0 on it: adaptive, stepped, rows.
 *
 *     q = clip(round(e K / R), -K, K),  K = 2^(b-1) - 1;  understood as q R / K
 *
 * adaptive: R = 2^(c - 160), c in 8 bits, 0 for e = 0; then b bits for each q (fixed),
 *           or the coded q, and none of them where e = 0
 * stepped:  the step D = 2^(s/4), s + 512 in 10 bits; then the coded q = round(e / D)
 * rows:     R of each row in 16 bits, the upper half of a float not below the largest
 *           number of the row; then the q of all rows */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/try.h"
#include "compress/kind.h"
#include "compress/symbols.h"

enum { EXPONENT_BITS = 8, EXPONENT_SHIFT = 160, EXPONENT_MOST = 255 };
enum { STEP_BITS = 10, STEP_SHIFT = 512, STEP_MOST = 500, STEP_ROOM = 1 << 30 };
enum { ROW_BITS = 16, BITS_LEAST = 2, BITS_MOST = 16 };

enum { LANES = 8 };

static double largest(const double *x, sur_idx n)
{
    double most[LANES] = {0}, all = 0.0;
    sur_idx i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++)
            most[j] = fabs(x[i + j]) > most[j] ? fabs(x[i + j]) : most[j];
    for (; i < n; i++) most[0] = fabs(x[i]) > most[0] ? fabs(x[i]) : most[0];
    for (int j = 0; j < LANES; j++) all = most[j] > all ? most[j] : all;
    return all;
}

static sur_alphabet alphabet(int width)
{
    return (sur_alphabet){.width = width, .sign = SUR_SIGNED};
}

/* K of the range R */
static double levels(const sur_compressor *c)
{
    return (double)((1 << (c->options.bits - 1)) - 1);
}

/* To the nearest whole number, ties to even, |x| < 2^31: beside SHIFT there is no room
 * for fractions. */
#define SHIFT 0x1.8p52
static double nearest(double x) { return (x + SHIFT) - SHIFT; }

static int32_t grid_round(double x, double most)
{
    return (int32_t)nearest(x > most ? most : x < -most ? -most : x);
}

/* ---- adaptive ---- */

static sur_status choose_bits(sur_compressor *c, int otherwise, sur_error *err)
{
    if (c->options.bits == 0) c->options.bits = otherwise;
    return sur_option_in("bits", c->options.bits, BITS_LEAST, BITS_MOST, err);
}

static sur_status adaptive_choose(sur_compressor *c, sur_error *err)
{
    return choose_bits(c, 5, err);
}

static sur_idx adaptive_most(const sur_compressor *c)
{
    return EXPONENT_BITS +
           sur_symbols_most(c->count, alphabet(c->options.bits), c->options.code);
}

/* ceil(log2 most) + shift; 0 for what is too small to matter */
static int exponent_of(double most)
{
    int exponent;
    if (most == 0.0) return 0;
    const double fraction = frexp(most, &exponent); /* 1/2 <= fraction < 1 */
    const int code = exponent - (fraction == 0.5) + EXPONENT_SHIFT;
    return code > 0 ? code : 0;
}

static void adaptive_understand(double *q, const int32_t *symbol,
                                const sur_compressor *c, int exponent)
{
    const double unit = 1.0 / levels(c), scale = ldexp(1.0, exponent - EXPONENT_SHIFT);
    for (sur_idx i = 0; i < c->count; i++) q[i] = symbol[i] * unit * scale;
}

static sur_status adaptive_encode(sur_message *m, double *q, const sur_compressor *c,
                                  double *own, const double *x, sur_error *err)
{
    const double most = largest(x, c->count), top = levels(c);
    const int exponent = exponent_of(most);
    const double scale = ldexp(1.0, EXPONENT_SHIFT - exponent);
    const bool left_out = exponent == 0 && c->options.code == SUR_CODE_RANGE;
    int32_t *symbol = NULL;
    sur_status status;
    (void)own;
    SUR_FAIL_IF(exponent > EXPONENT_MOST, SUR_ENUMERIC, "%g is too large to send",
                most);
    SUR_TRY(sur_alloc(&symbol, c->count, sizeof *symbol, err));
    SUR_TRY(sur_message_reserve(m, EXPONENT_BITS, err));
    if (exponent)
        for (sur_idx i = 0; i < c->count; i++)
            symbol[i] = grid_round(x[i] * scale * top, top);
    sur_message_put(m, (uint64_t)exponent, EXPONENT_BITS);
    if (!left_out)
        SUR_TRY(sur_symbols_put(m, symbol, c->count, alphabet(c->options.bits),
                                c->options.code, err));
    adaptive_understand(q, symbol, c, exponent);

done:
    free(symbol);
    return status;
}

static sur_status adaptive_decode(double *q, const sur_compressor *c, double *own,
                                  sur_reader *r, sur_error *err)
{
    int32_t *symbol;
    const sur_status status = sur_alloc(&symbol, c->count, sizeof *symbol, err);
    if (status != SUR_OK) return status;
    (void)own;
    const int exponent = (int)sur_reader_take(r, EXPONENT_BITS);
    if (exponent || c->options.code == SUR_CODE_FIXED)
        sur_symbols_get(symbol, c->count, alphabet(c->options.bits), c->options.code,
                        r);
    for (sur_idx i = 0; i < c->count && !exponent; i++)
        if (symbol[i]) r->bad = true;
    adaptive_understand(q, symbol, c, exponent);
    free(symbol);
    return SUR_OK;
}

const sur_compressor_kind sur_kind_adaptive = {
    .name = "adaptive",
    .memory = SUR_MEMORY_TRACKER,
    .choose = adaptive_choose,
    .most_bits = adaptive_most,
    .encode = adaptive_encode,
    .decode = adaptive_decode,
};

/* ---- stepped ---- */

static sur_status stepped_choose(sur_compressor *c, sur_error *err)
{
    c->options.code = SUR_CODE_RANGE;
    return sur_option_in("step", c->options.step, -STEP_MOST, STEP_MOST, err);
}

static sur_idx stepped_most(const sur_compressor *c)
{
    return STEP_BITS + sur_symbols_most(c->count, alphabet(0), SUR_CODE_RANGE);
}

/* 2^(step / 4); square roots are the same on every machine */
static double step_size(int step)
{
    const int left = ((step % 4) + 4) % 4;
    const double root = sqrt(2.0);
    return ldexp((left & 2 ? root : 1.0) * (left & 1 ? sqrt(root) : 1.0),
                 (step - left) / 4);
}

static sur_status stepped_encode(sur_message *m, double *q, const sur_compressor *c,
                                 double *own, const double *x, sur_error *err)
{
    const double size = step_size(c->options.step);
    int32_t *symbol = NULL;
    sur_status status;
    (void)own;
    SUR_TRY(sur_option_in("step", c->options.step, -STEP_MOST, STEP_MOST, err));
    SUR_FAIL_IF(largest(x, c->count) / size >= STEP_ROOM - 1, SUR_ENUMERIC,
                "%g is too large to send in steps of %g", largest(x, c->count), size);
    SUR_TRY(sur_alloc(&symbol, c->count, sizeof *symbol, err));
    SUR_TRY(sur_message_reserve(m, STEP_BITS, err));
    sur_message_put(m, (uint64_t)(c->options.step + STEP_SHIFT), STEP_BITS);
    for (sur_idx i = 0; i < c->count; i++) {
        symbol[i] = (int32_t)nearest(x[i] / size);
        q[i] = symbol[i] * size;
    }
    SUR_TRY(sur_symbols_put(m, symbol, c->count, alphabet(0), SUR_CODE_RANGE, err));

done:
    free(symbol);
    return status;
}

static sur_status stepped_decode(double *q, const sur_compressor *c, double *own,
                                 sur_reader *r, sur_error *err)
{
    int32_t *symbol;
    const sur_status status = sur_alloc(&symbol, c->count, sizeof *symbol, err);
    if (status != SUR_OK) return status;
    (void)own;
    const int step = (int)sur_reader_take(r, STEP_BITS) - STEP_SHIFT;
    if (step < -STEP_MOST || step > STEP_MOST) r->bad = true;
    sur_symbols_get(symbol, c->count, alphabet(0), SUR_CODE_RANGE, r);
    for (sur_idx i = 0; i < c->count && !r->bad; i++)
        q[i] = symbol[i] * step_size(step);
    free(symbol);
    return SUR_OK;
}

const sur_compressor_kind sur_kind_stepped = {
    .name = "stepped",
    .memory = SUR_MEMORY_TRACKER,
    .choose = stepped_choose,
    .most_bits = stepped_most,
    .encode = stepped_encode,
    .decode = stepped_decode,
};

/* ---- rows ---- */

static sur_status rows_choose(sur_compressor *c, sur_error *err)
{
    sur_status status;
    if (c->options.rows == 0) c->options.rows = 1;
    SUR_TRY(choose_bits(c, 8, err));
    SUR_TRY(sur_option_in("rows", c->options.rows, 1, INT32_MAX, err));
    SUR_FAIL_IF(c->count % c->options.rows, SUR_EINVAL,
                "%lld numbers do not make %lld rows", (long long)c->count,
                (long long)c->options.rows);

done:
    return status;
}

static sur_idx rows_most(const sur_compressor *c)
{
    return ROW_BITS * c->options.rows +
           sur_symbols_most(c->count, alphabet(c->options.bits), c->options.code);
}

/* The upper half of the bits of the least such float that is not below x >= 0, which
 * must be below 2^127. */
static uint32_t row_code(double x)
{
    const float above = (float)sur_float_above(x);
    uint32_t bits;
    memcpy(&bits, &above, sizeof bits);
    return (bits >> 16) + ((bits & 0xffffU) != 0);
}

static double row_range(uint32_t code)
{
    const uint32_t bits = code << 16;
    float range;
    memcpy(&range, &bits, sizeof range);
    return (double)range;
}

static sur_status rows_encode(sur_message *m, double *q, const sur_compressor *c,
                              double *own, const double *x, sur_error *err)
{
    const sur_idx cols = c->count / c->options.rows;
    const double top = levels(c);
    int32_t *symbol = NULL;
    sur_status status;
    (void)own;
    SUR_FAIL_IF(largest(x, c->count) >= ldexp(1.0, 127), SUR_ENUMERIC,
                "%g is too large to send", largest(x, c->count));
    SUR_TRY(sur_alloc(&symbol, c->count, sizeof *symbol, err));
    SUR_TRY(sur_message_reserve(m, ROW_BITS * c->options.rows, err));
    for (sur_idx k = 0; k < c->options.rows; k++) {
        const uint32_t code = row_code(largest(x + k * cols, cols));
        const double range = row_range(code);
        sur_message_put(m, code, ROW_BITS);
        for (sur_idx i = k * cols; i < (k + 1) * cols && code; i++) {
            symbol[i] = grid_round(x[i] / range * top, top);
            q[i] = symbol[i] / top * range;
        }
        for (sur_idx i = k * cols; i < (k + 1) * cols && !code; i++) q[i] = 0.0;
    }
    SUR_TRY(sur_symbols_put(m, symbol, c->count, alphabet(c->options.bits),
                            c->options.code, err));

done:
    free(symbol);
    return status;
}

static sur_status rows_decode(double *q, const sur_compressor *c, double *own,
                              sur_reader *r, sur_error *err)
{
    const sur_idx rows = c->options.rows, cols = c->count / rows;
    const double top = levels(c);
    int32_t *symbol = NULL;
    sur_status status;
    (void)own;
    SUR_TRY(sur_alloc(&symbol, c->count, sizeof *symbol, err));
    sur_reader ranges = *r;
    r->at = rows * ROW_BITS < r->bits - r->at ? r->at + rows * ROW_BITS : r->bits;
    sur_symbols_get(symbol, c->count, alphabet(c->options.bits), c->options.code, r);
    for (sur_idx k = 0; k < rows && !r->bad; k++) {
        const double range = row_range((uint32_t)sur_reader_take(&ranges, ROW_BITS));
        if (!(range >= 0.0 && isfinite(range))) r->bad = true;
        for (sur_idx i = k * cols; i < (k + 1) * cols; i++) {
            if (range == 0.0 && symbol[i]) r->bad = true;
            q[i] = symbol[i] / top * range;
        }
    }
    if (ranges.bad) r->bad = true;

done:
    free(symbol);
    return status;
}

const sur_compressor_kind sur_kind_rows = {
    .name = "rows",
    .memory = SUR_MEMORY_NONE,
    .choose = rows_choose,
    .most_bits = rows_most,
    .encode = rows_encode,
    .decode = rows_decode,
};
