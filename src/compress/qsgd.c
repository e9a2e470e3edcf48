/* qsgd.c -- unbiased random rounding to s levels of the norm.
 *
 * Alistarh, Grubic, Li, Tomioka, Vojnovic, "QSGD: communication-efficient SGD via
 * gradient quantization and encoding", NeurIPS 2017: with u_i = s |x_i| / |x|_2,
 *     xi_i = floor(u_i) + 1 with chance u_i - floor(u_i), else floor(u_i)
 *     Q(x)_i = |x|_2 sign(x_i) xi_i / s,  E Q(x) = x
 * The norm is sent as a 32-bit float that is not below it, so that u_i <= s, and stands
 * for |x|_2 in the formulas. Memory: the number of messages so far, which keys the
 * random numbers. */
#include <math.h>
#include <stdlib.h>
#include <surplus/random.h>

#include "base/memory.h"
#include "base/try.h"
#include "compress/kind.h"
#include "compress/symbols.h"

enum { LEVELS_MOST = 1 << 20 };

static sur_status qsgd_choose(sur_compressor *c, sur_error *err)
{
    const sur_idx root = (sur_idx)lround(sqrt((double)c->count));
    c->sender = 1;
    if (c->options.levels == 0) c->options.levels = root > 1 ? root : 1;
    return sur_option_in("levels", c->options.levels, 1, LEVELS_MOST, err);
}

static sur_alphabet alphabet(const sur_compressor *c)
{
    int width = 1;
    for (sur_idx s = c->options.levels; s > 0; s /= 2) width++;
    return (sur_alphabet){.width = width, .sign = SUR_SIGNED};
}

static sur_idx qsgd_most(const sur_compressor *c)
{
    return 32 + sur_symbols_most(c->count, alphabet(c), c->options.code);
}

static double understand(int32_t symbol, double norm, const sur_compressor *c)
{
    return symbol / (double)c->options.levels * norm;
}

static sur_status qsgd_encode(sur_message *m, double *q, const sur_compressor *c,
                              double *own, const double *x, sur_error *err)
{
    const double norm = sur_float_above(sur_norm2(x, c->count)),
                 s = (double)c->options.levels;
    sur_rng rng = sur_rng_make(c->options.seed, "qsgd", (uint64_t)own[0]);
    int32_t *symbol = NULL;
    double sent;
    sur_status status;
    SUR_TRY(sur_alloc(&symbol, c->count, sizeof *symbol, err));
    SUR_TRY(sur_message_reserve(m, 32, err));
    SUR_TRY(sur_float_put(m, &sent, norm, err));
    for (sur_idx i = 0; i < c->count; i++) {
        const double u = norm > 0.0 ? fmin(fabs(x[i]) / norm * s, s) : 0.0;
        const double level = floor(u) + (sur_rng_uniform(&rng) < u - floor(u));
        symbol[i] = (int32_t)(x[i] < 0.0 ? -level : level);
        q[i] = understand(symbol[i], norm, c);
    }
    SUR_TRY(sur_symbols_put(m, symbol, c->count, alphabet(c), c->options.code, err));
    own[0] += 1.0;

done:
    free(symbol);
    return status;
}

static sur_status qsgd_decode(double *q, const sur_compressor *c, double *own,
                              sur_reader *r, sur_error *err)
{
    int32_t *symbol;
    const sur_status status = sur_alloc(&symbol, c->count, sizeof *symbol, err);
    if (status != SUR_OK) return status;
    (void)own;
    const double norm = sur_float_take(r);
    if (signbit(norm)) r->bad = true;
    sur_symbols_get(symbol, c->count, alphabet(c), c->options.code, r);
    for (sur_idx i = 0; i < c->count && !r->bad; i++) {
        if (labs((long)symbol[i]) > c->options.levels) r->bad = true;
        q[i] = understand(symbol[i], norm, c);
    }
    free(symbol);
    return SUR_OK;
}

const sur_compressor_kind sur_kind_qsgd = {
    .name = "qsgd",
    .memory = SUR_MEMORY_NONE,
    .choose = qsgd_choose,
    .most_bits = qsgd_most,
    .encode = qsgd_encode,
    .decode = qsgd_decode,
};
