/* columns.c -- blocks of columns: made, weighted, kept or made again.
 *
 * A fit with weights w_i is the fit of the rows sqrt(|w_i|) z_i to sqrt(|w_i|) y_i in
 * the metric of the signs; a row without weight is left out. */
#include "dense/columns.h"

#include "base/memory.h"
#include "base/try.h"
#include "dense/lapack.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static sur_status take_weights(dense_columns *c, const double *weight, sur_error *err)
{
    const sur_idx all = c->source->rows;
    sur_status status;
    c->rows = 0;
    SUR_TRY(sur_alloc(&c->row, all, sizeof *c->row, err));
    SUR_TRY(sur_alloc(&c->scale, all, sizeof *c->scale, err));
    SUR_TRY(sur_alloc(&c->sign, all, sizeof *c->sign, err));
    bool negative = false;
    for (sur_idx i = 0; i < all; i++) {
        SUR_FAIL_IF(!isfinite(weight[i]), SUR_ENUMERIC, "the weight of row %lld is %g",
                    (long long)i, weight[i]);
        if (weight[i] == 0.0) continue;
        negative = negative || weight[i] < 0.0;
        c->row[c->rows] = i;
        c->scale[c->rows] = sqrt(fabs(weight[i]));
        c->sign[c->rows++] = weight[i] < 0.0 ? -1.0 : 1.0;
    }
    SUR_FAIL_IF(c->rows == 0, SUR_EINVAL, "all %lld weights are zero", (long long)all);
    if (!negative) {
        free(c->sign);
        c->sign = NULL;
    }
    SUR_TRY(sur_mat_new(&c->raw, all, DENSE_BLOCK, err));
done:
    return status;
}

sur_status dense_columns_open(dense_columns *c, const sur_columns *source,
                              const double *weight, sur_idx width, sur_error *err)
{
    *c = (dense_columns){.source = source, .rows = source->rows, .width = width};
    const sur_idx blocks = (width + DENSE_BLOCK - 1) / DENSE_BLOCK;
    sur_status status;

    if (weight) SUR_TRY(take_weights(c, weight, err));
    SUR_TRY(sur_alloc(&c->view, blocks, sizeof *c->view, err));
    /* weights of both signs need pairs of blocks: there the columns are kept in any
     * case */
    if (c->sign || (double)c->rows * (double)blocks * DENSE_BLOCK <= DENSE_KEPT)
        SUR_TRY(sur_alloc(&c->kept, blocks,
                          (size_t)c->rows * DENSE_BLOCK * sizeof(double), err));
    else
        SUR_TRY(sur_mat_new(&c->block, c->rows, DENSE_BLOCK, err));
done:
    return status;
}

void dense_columns_free(dense_columns *c)
{
    sur_mat_free(&c->block);
    sur_mat_free(&c->raw);
    free(c->kept);
    free(c->view);
    free(c->sign);
    free(c->scale);
    free(c->row);
    *c = (dense_columns){0};
}

/* Fills *block, or points it at columns that the source holds. */
static sur_status make(dense_columns *c, sur_idx index, sur_mat *block, sur_error *err)
{
    const sur_idx first = index * DENSE_BLOCK;
    const sur_idx count = dense_in_block(first, c->width);
    sur_mat own = sur_mat_part(c->row ? &c->raw : block, 0, c->source->rows, 0, count);
    sur_mat part = own;
    if (count < DENSE_BLOCK) sur_mat_fill(block, 0.0);
    const sur_status status = c->source->fill(c->source->payload, first, &part, err);
    if (status != SUR_OK) return status;
    if (!c->row && part.data != own.data) {
        if (count == DENSE_BLOCK)
            *block = part;
        else
            sur_mat_copy(&own, &part);
    }
    for (sur_idx i = 0; c->row && i < c->rows; i++)
        for (sur_idx j = 0; j < count; j++)
            sur_mat_row(block, i)[j] = c->scale[i] * sur_mat_row(&part, c->row[i])[j];
    return SUR_OK;
}

sur_status dense_columns_block(dense_columns *c, sur_idx index, sur_mat *block,
                               sur_error *err)
{
    if (!c->kept) {
        *block = c->block;
        return make(c, index, block, err);
    }
    for (; c->made <= index; c->made++) {
        sur_mat *made = &c->view[c->made];
        *made = (sur_mat){c->kept + c->made * c->rows * DENSE_BLOCK, c->rows,
                          DENSE_BLOCK, DENSE_BLOCK};
        const sur_status status = make(c, c->made, made, err);
        if (status != SUR_OK) return status;
    }
    *block = c->view[index];
    return SUR_OK;
}

/* The columns of block number index that lie below p. */
static sur_status block_below(dense_columns *c, sur_idx index, sur_idx p, sur_mat *z,
                              sur_error *err)
{
    const sur_idx below = dense_in_block(index * DENSE_BLOCK, p);
    const sur_status status = dense_columns_block(c, index, z, err);
    if (status == SUR_OK) *z = sur_mat_part(z, 0, c->rows, 0, below);
    return status;
}

sur_status dense_columns_pass(dense_columns *c, sur_idx p, const sur_mat *a, sur_mat *b,
                              sur_mat *r, sur_error *err)
{
    sur_status status = SUR_OK;
    for (sur_idx j = 0; j * DENSE_BLOCK < p; j++) {
        sur_mat z;
        SUR_TRY(block_below(c, j, p, &z, err));
        sur_mat part = sur_mat_part(b, j * DENSE_BLOCK, z.cols, 0, b->cols);
        sur_mat_multiply(&part, 1.0, &z, SUR_TRANSPOSED, a, SUR_PLAIN, 0.0);
        if (r) sur_mat_multiply(r, -1.0, &z, SUR_PLAIN, &part, SUR_PLAIN, 1.0);
    }
done:
    return status;
}

sur_status dense_columns_pass_rows(dense_columns *c, sur_idx p, const sur_mat *a,
                                   sur_mat *b, sur_mat *r, sur_error *err)
{
    sur_status status = SUR_OK;
    for (sur_idx j = 0; j * DENSE_BLOCK < p; j++) {
        sur_mat z;
        SUR_TRY(block_below(c, j, p, &z, err));
        sur_mat part = sur_mat_part(b, 0, b->rows, j * DENSE_BLOCK, z.cols);
        sur_mat_multiply(&part, 1.0, a, SUR_PLAIN, &z, SUR_PLAIN, 0.0);
        if (r) sur_mat_multiply(r, -1.0, &part, SUR_PLAIN, &z, SUR_TRANSPOSED, 1.0);
    }
done:
    return status;
}

sur_status dense_columns_subtract(dense_columns *c, const sur_mat *b, sur_mat *r,
                                  sur_error *err)
{
    sur_status status = SUR_OK;
    for (sur_idx j = 0; j * DENSE_BLOCK < b->rows; j++) {
        sur_mat z;
        SUR_TRY(block_below(c, j, b->rows, &z, err));
        const sur_mat part = sur_mat_part(b, j * DENSE_BLOCK, z.cols, 0, b->cols);
        sur_mat_multiply(r, -1.0, &z, SUR_PLAIN, &part, SUR_PLAIN, 1.0);
    }
done:
    return status;
}

sur_status dense_columns_transposed(dense_columns *c, sur_mat *a, sur_error *err)
{
    sur_status status = SUR_OK;
    for (sur_idx j = 0; j * DENSE_BLOCK < a->rows; j++) {
        sur_mat z;
        SUR_TRY(block_below(c, j, a->rows, &z, err));
        sur_mat to = sur_mat_part(a, j * DENSE_BLOCK, z.cols, 0, a->cols);
        dense_transpose(&to, &z);
    }
done:
    return status;
}

sur_status dense_columns_targets(const dense_columns *c, sur_mat *to, const sur_mat *y,
                                 sur_error *err)
{
    const sur_status status = dense_check_finite(y, "the target matrix", err);
    if (status != SUR_OK) return status;
    assert(to->rows == y->cols && to->cols == c->rows);
    for (sur_idx i = 0; i < c->rows; i++)
        for (sur_idx k = 0; k < y->cols; k++)
            sur_mat_row(to, k)[i] = (c->scale ? c->scale[i] : 1.0) *
                                    sur_mat_row(y, c->row ? c->row[i] : i)[k];
    return SUR_OK;
}
