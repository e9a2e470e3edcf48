/* floats.c -- 32 bits for each number, or one sign for each and one size for all. */
#include <math.h>

#include "base/try.h"
#include "compress/kind.h"

static sur_status nothing_to_choose(sur_compressor *c, sur_error *err)
{
    (void)c;
    (void)err;
    return SUR_OK;
}

/* ---- float ---- */

static sur_idx float_most(const sur_compressor *c) { return 32 * c->count; }

static sur_status float_encode(sur_message *m, double *q, const sur_compressor *c,
                               double *own, const double *x, sur_error *err)
{
    sur_status status;
    (void)own;
    SUR_TRY(sur_message_reserve(m, float_most(c), err));
    SUR_TRY(sur_floats_put(m, q, x, c->count, err));

done:
    return status;
}

static sur_status float_decode(double *q, const sur_compressor *c, double *own,
                               sur_reader *r, sur_error *err)
{
    (void)own;
    (void)err;
    sur_floats_take(q, c->count, r);
    return SUR_OK;
}

const sur_compressor_kind sur_kind_float = {
    .name = "float",
    .memory = SUR_MEMORY_NONE,
    .terse = true,
    .choose = nothing_to_choose,
    .most_bits = float_most,
    .encode = float_encode,
    .decode = float_decode,
};

/* ---- sign ---- */

static sur_idx sign_most(const sur_compressor *c) { return 32 + c->count; }

static sur_status sign_encode(sur_message *m, double *q, const sur_compressor *c,
                              double *own, const double *x, sur_error *err)
{
    double sum = 0.0, size = 0.0;
    sur_status status;
    (void)own;
    SUR_TRY(sur_message_reserve(m, sign_most(c), err));
    for (sur_idx i = 0; i < c->count; i++) sum += fabs(x[i]) / (double)c->count;
    SUR_TRY(sur_float_put(m, &size, sum, err));
    for (sur_idx i = 0; i < c->count; i++) {
        sur_message_put(m, x[i] < 0.0, 1);
        q[i] = x[i] < 0.0 ? -size : size;
    }

done:
    return status;
}

static sur_status sign_decode(double *q, const sur_compressor *c, double *own,
                              sur_reader *r, sur_error *err)
{
    const double size = sur_float_take(r);
    (void)own;
    (void)err;
    if (signbit(size)) r->bad = true;
    for (sur_idx i = 0; i < c->count && !r->bad; i++)
        q[i] = sur_reader_take(r, 1) ? -size : size;
    return SUR_OK;
}

const sur_compressor_kind sur_kind_sign = {
    .name = "sign",
    .memory = SUR_MEMORY_ERROR,
    .choose = nothing_to_choose,
    .most_bits = sign_most,
    .encode = sign_encode,
    .decode = sign_decode,
};
