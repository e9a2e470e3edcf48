/* powersgd.c -- a matrix of low rank, from one step of power iteration.
 *
 * Vogels, Karimireddy, Jaggi, "PowerSGD", NeurIPS 2019, algorithm 1, for one link: x,
 * filled up with zeros, is a matrix X (rows x cols);
 *     P = X Q,  P <- orthonormal columns,  Q <- X' P,  Q(x) = P Q'
 * with Q from the last message (at first random). Both factors are sent as 32-bit
 * floats. Error feedback around it. Memory: whether there was a message, and Q. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <surplus/random.h>

#include "base/memory.h"
#include "base/try.h"
#include "compress/kind.h"

static sur_idx columns(const sur_compressor *c)
{
    return c->options.rows ? (c->count + c->options.rows - 1) / c->options.rows : 0;
}

static sur_status powersgd_choose(sur_compressor *c, sur_error *err)
{
    sur_compressor_options *o = &c->options;
    sur_status status;
    if (o->rows == 0) o->rows = (sur_idx)ceil(sqrt((double)c->count));
    SUR_TRY(sur_option_in("rows", o->rows, c->count > 0, c->count, err));
    const sur_idx most = o->rows < columns(c) ? o->rows : columns(c);
    if (o->columns_kept == 0) o->columns_kept = most < 2 ? most : 2;
    SUR_TRY(sur_option_in("columns_kept", o->columns_kept, most > 0, most, err));
    c->sender = 1 + columns(c) * o->columns_kept;

done:
    return status;
}

static sur_idx powersgd_most(const sur_compressor *c)
{
    return 32 * c->options.columns_kept * (c->options.rows + columns(c));
}

/* The columns of p made orthonormal, one after the other and twice, so that they stay
 * so in rounding; what lies in the span of those before it becomes zero. */
static void orthonormal(const sur_mat *p)
{
    for (sur_idx k = 0; k < p->cols; k++) {
        double before = 0.0, after = 0.0;
        for (sur_idx i = 0; i < p->rows; i++)
            before = hypot(before, sur_mat_row(p, i)[k]);
        for (sur_idx pass = 0; pass < 2; pass++)
            for (sur_idx j = 0; j < k; j++) {
                double dot = 0.0;
                for (sur_idx i = 0; i < p->rows; i++)
                    dot += sur_mat_row(p, i)[j] * sur_mat_row(p, i)[k];
                for (sur_idx i = 0; i < p->rows; i++)
                    sur_mat_row(p, i)[k] -= dot * sur_mat_row(p, i)[j];
            }
        for (sur_idx i = 0; i < p->rows; i++)
            after = hypot(after, sur_mat_row(p, i)[k]);
        const double scale = after > 1e-12 * before ? 1.0 / after : 0.0;
        for (sur_idx i = 0; i < p->rows; i++) sur_mat_row(p, i)[k] *= scale;
    }
}

static sur_status send(sur_message *m, const sur_mat *factor, sur_error *err)
{
    sur_status status = SUR_OK;
    for (sur_idx i = 0; i < factor->rows; i++)
        for (sur_idx k = 0; k < factor->cols; k++) {
            double *x = &sur_mat_row(factor, i)[k];
            SUR_TRY(sur_float_put(m, x, *x, err));
        }

done:
    return status;
}

/* q = P Q', summed in a fixed order, so that both ends agree to the bit */
static void product(double *q, const sur_compressor *c, const sur_mat *left,
                    const sur_mat *right)
{
    const sur_idx cols = right->rows;
    assert(cols > 0 || c->count == 0);
    for (sur_idx i = 0; i < c->count; i++) {
        const double *p = sur_mat_row(left, i / cols),
                     *r = sur_mat_row(right, i % cols);
        double sum = 0.0;
        for (sur_idx k = 0; k < left->cols; k++) sum += p[k] * r[k];
        q[i] = sum;
    }
}

/* Q for the next message. A column of zeros would stay so for ever: the one before it
 * is tried again. */
static void remember(double *own, const sur_mat *right, const sur_mat *before)
{
    for (sur_idx k = 0; k < right->cols; k++) {
        bool any = false;
        for (sur_idx i = 0; i < right->rows; i++)
            any |= sur_mat_row(right, i)[k] != 0.0;
        for (sur_idx i = 0; i < right->rows; i++)
            own[1 + i * right->cols + k] = sur_mat_row(any ? right : before, i)[k];
    }
    own[0] = 1.0;
}

static sur_status powersgd_encode(sur_message *m, double *q, const sur_compressor *c,
                                  double *own, const double *x, sur_error *err)
{
    const sur_idx rows = c->options.rows, cols = columns(c),
                  r = c->options.columns_kept;
    sur_mat full = {0}, left = {0}, right = {0}, before = {0};
    sur_status status = SUR_OK;
    if (c->count == 0) return SUR_OK;
    SUR_TRY(sur_mat_new(&full, rows, cols, err));
    SUR_TRY(sur_mat_new(&left, rows, r, err));
    SUR_TRY(sur_mat_new(&right, cols, r, err));
    SUR_TRY(sur_mat_new(&before, cols, r, err));
    SUR_TRY(sur_message_reserve(m, powersgd_most(c), err));
    memcpy(full.data, x, (size_t)c->count * sizeof *x);
    memcpy(before.data, own + 1, (size_t)(cols * r) * sizeof(double));
    if (own[0] == 0.0) {
        sur_rng rng = sur_rng_make(c->options.seed, "powersgd", 0);
        sur_rng_normals(&rng, before.data, cols * r, 1.0);
    }
    sur_mat_multiply(&left, 1.0, &full, SUR_PLAIN, &before, SUR_PLAIN, 0.0);
    orthonormal(&left);
    sur_mat_multiply(&right, 1.0, &full, SUR_TRANSPOSED, &left, SUR_PLAIN, 0.0);
    SUR_TRY(send(m, &left, err));
    SUR_TRY(send(m, &right, err));
    product(q, c, &left, &right);
    remember(own, &right, &before);

done:
    sur_mat_free(&full);
    sur_mat_free(&left);
    sur_mat_free(&right);
    sur_mat_free(&before);
    return status;
}

static sur_status powersgd_decode(double *q, const sur_compressor *c, double *own,
                                  sur_reader *reader, sur_error *err)
{
    const sur_idx rows = c->options.rows, cols = columns(c),
                  r = c->options.columns_kept;
    sur_mat left = {0}, right = {0};
    sur_status status = SUR_OK;
    (void)own;
    SUR_TRY(sur_mat_new(&left, rows, r, err));
    SUR_TRY(sur_mat_new(&right, cols, r, err));
    for (sur_idx i = 0; i < rows * r && !reader->bad; i++)
        left.data[i] = sur_float_take(reader);
    for (sur_idx i = 0; i < cols * r && !reader->bad; i++)
        right.data[i] = sur_float_take(reader);
    if (!reader->bad) product(q, c, &left, &right);

done:
    sur_mat_free(&left);
    sur_mat_free(&right);
    return status;
}

const sur_compressor_kind sur_kind_powersgd = {
    .name = "powersgd",
    .memory = SUR_MEMORY_ERROR,
    .choose = powersgd_choose,
    .most_bits = powersgd_most,
    .encode = powersgd_encode,
    .decode = powersgd_decode,
};
