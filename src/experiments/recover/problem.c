/* problem.c -- one problem: an operator and its readings, planted or from files.
 *
 * Planted: M = P diag(s) Q' with P, Q orthonormal and random (Q = P when symmetric),
 * s_i = condition^(-2 (i-1)/(r*-1)): X = P diag(sqrt s) has singular values from 1 down
 * to 1/condition, evenly in the logarithm. Noise is added to the readings. */
#include "experiments/recover/problem.h"

#include "base/bfloat16.h"
#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Orthonormal columns: the left singular vectors of a normal matrix. */
static sur_status orthonormal(sur_mat *q, sur_idx n, sur_idx r, uint64_t seed,
                              const char *purpose, sur_error *err)
{
    sur_mat g = {0};
    double *values = NULL;
    sur_rng rng = sur_rng_make(seed, purpose, 0);
    sur_status status;
    SUR_TRY(sur_mat_new(&g, n, r, err));
    SUR_TRY(sur_mat_new(q, n, r, err));
    SUR_TRY(sur_alloc(&values, r, sizeof *values, err));
    for (sur_idx i = 0; i < n; i++) sur_rng_normals(&rng, sur_mat_row(&g, i), r, 1.0);
    SUR_TRY(sur_svd(values, q, NULL, &g, err));
done:
    sur_mat_free(&g);
    free(values);
    return status;
}

/* Planted factors; M itself where it is not too large. */
static sur_status plant(recover_problem *p, const sur_recover_trial *o, sur_error *err)
{
    const bool symmetric = o->columns == SUR_UNSET;
    const sur_idx n1 = o->dimension, n2 = symmetric ? n1 : o->columns, r = o->true_rank;
    sur_mat scaled = {0};
    sur_status status;

    SUR_TRY(sur_alloc(&p->singular, r, sizeof *p->singular, err));
    for (sur_idx i = 0; i < r; i++)
        p->singular[i] =
            r > 1 ? pow(o->condition, -2.0 * (double)i / (double)(r - 1)) : 1.0;
    p->true_rank = r;
    SUR_TRY(orthonormal(&p->left, n1, r, (uint64_t)o->seed, "recover left", err));
    if (symmetric) {
        SUR_TRY(sur_mat_new(&p->right, n1, r, err));
        sur_mat_copy(&p->right, &p->left);
    } else {
        SUR_TRY(orthonormal(&p->right, n2, r, (uint64_t)o->seed, "recover right", err));
    }
    if ((double)n1 * (double)n2 > 1.6e7) return status;
    SUR_TRY(sur_mat_new(&scaled, n1, r, err));
    SUR_TRY(sur_mat_new(&p->truth, n1, n2, err));
    for (sur_idx i = 0; i < n1; i++)
        for (sur_idx k = 0; k < r; k++)
            sur_mat_row(&scaled, i)[k] = sur_mat_row(&p->left, i)[k] * p->singular[k];
    sur_mat_multiply(&p->truth, 1.0, &scaled, SUR_PLAIN, &p->right, SUR_TRANSPOSED,
                     0.0);
done:
    sur_mat_free(&scaled);
    return status;
}

/* ---- sensing ---- */

/* m different places, drawn without repeats: row by row, each with its share of them.
 * Selection sampling (Knuth, TAOCP 2, 3.4.2 S) over all places would cost n1 n2; a
 * hash of the place is cheap for few of many. */
static sur_status places(int32_t *row, int32_t *col, sur_idx count, sur_idx n1,
                         sur_idx n2, uint64_t seed, sur_error *err)
{
    const double all = (double)n1 * (double)n2;
    sur_rng rng = sur_rng_make(seed, "recover places", 0);
    uint64_t *seen = NULL;
    sur_idx room = 64;
    sur_status status = SUR_OK;

    if (all <= 4.0 * (double)count) { /* many of them: selection sampling */
        sur_idx left = count;
        for (sur_idx at = 0; left > 0; at++)
            if (sur_rng_uniform(&rng) * (all - (double)at) < (double)left) {
                row[count - left] = (int32_t)(at / n2);
                col[count - left] = (int32_t)(at % n2);
                left--;
            }
        return status;
    }
    while (room < 2 * count) room *= 2;
    SUR_TRY(sur_alloc(&seen, room, sizeof *seen, err));
    for (sur_idx k = 0; k < count;) {
        const uint64_t place = (uint64_t)sur_rng_below(&rng, n1 * n2) + 1;
        uint64_t slot = place * UINT64_C(0x9e3779b97f4a7c15) >> 17;
        for (slot %= (uint64_t)room; seen[slot] && seen[slot] != place;)
            slot = (slot + 1) % (uint64_t)room;
        if (seen[slot]) continue;
        seen[slot] = place;
        row[k] = (int32_t)((sur_idx)(place - 1) / n2);
        col[k++] = (int32_t)((sur_idx)(place - 1) % n2);
    }
done:
    free(seen);
    return status;
}

static sur_status make_entries(recover_problem *p, sur_idx n1, sur_idx n2,
                               bool symmetric, const sur_recover_trial *o,
                               sur_error *err)
{
    sur_status status;
    SUR_TRY(sur_alloc(&p->row, o->measurements, sizeof *p->row, err));
    SUR_TRY(sur_alloc(&p->col, o->measurements, sizeof *p->col, err));
    SUR_TRY(places(p->row, p->col, o->measurements, n1, n2, (uint64_t)o->seed, err));
    SUR_TRY(sur_operator_entries(&p->op, p->row, p->col, o->measurements, n1, n2,
                                 symmetric, err));
done:
    return status;
}

static sur_storage storage_of(const sur_recover_trial *o, sur_idx n1, sur_idx n2,
                              bool symmetric)
{
    const double bytes = 4.0 * (double)o->measurements * (double)n1 * (double)n2 *
                         (symmetric ? 0.5 : 1.0);
    if (o->storage == STORAGE_BF16) return SUR_STORE_BF16;
    if (o->storage == STORAGE_NONE || (o->storage == STORAGE_AUTO && bytes > 4e9))
        return SUR_STORE_NONE;
    return SUR_STORE_F32;
}

static sur_status make_vectors(recover_problem *p, sur_idx n,
                               const sur_recover_trial *o, sur_error *err)
{
    sur_status status;
    SUR_TRY(sur_mat_new(&p->vectors, o->measurements, n, err));
    for (sur_idx i = 0; i < o->measurements; i++) {
        sur_rng rng = sur_rng_make((uint64_t)o->seed, "recover vectors", (uint64_t)i);
        sur_rng_normals(&rng, sur_mat_row(&p->vectors, i), n, 1.0);
    }
    SUR_TRY(sur_operator_rank_one(&p->op, &p->vectors, !o->uncentred, err));
done:
    return status;
}

/* y = A(M) from the factors P diag(s) Q', without forming M for entries. */
static sur_status read_planted(recover_problem *p, sur_error *err)
{
    sur_mat scaled = {0}, left_out = {0}, right_out = {0};
    double *zero = NULL;
    sur_status status;
    SUR_TRY(sur_mat_new(&scaled, p->left.rows, p->true_rank, err));
    SUR_TRY(sur_mat_new(&left_out, p->left.rows, p->true_rank, err));
    SUR_TRY(sur_mat_new(&right_out, p->right.rows, p->true_rank, err));
    SUR_TRY(sur_alloc(&zero, p->op.count, sizeof *zero, err));
    for (sur_idx i = 0; i < scaled.rows; i++)
        for (sur_idx k = 0; k < p->true_rank; k++)
            sur_mat_row(&scaled, i)[k] =
                sur_mat_row(&p->left, i)[k] *
                (p->op.symmetric ? sqrt(p->singular[k]) : p->singular[k]);
    const sur_pass pass = {.left = &scaled,
                           .right = p->op.symmetric ? &scaled : &p->right,
                           .y = zero,
                           .residual = p->y,
                           .left_out = &left_out,
                           .right_out = &right_out,
                           .exact = true};
    SUR_TRY(sur_operator_pass(&p->op, &pass, 1, err));
done:
    sur_mat_free(&scaled);
    sur_mat_free(&left_out);
    sur_mat_free(&right_out);
    free(zero);
    return status;
}

static sur_status make_planted(recover_problem *p, const sur_recover_trial *o,
                               sur_error *err)
{
    const bool symmetric = o->columns == SUR_UNSET;
    const sur_idx n1 = o->dimension, n2 = symmetric ? n1 : o->columns;
    sur_rng rng = sur_rng_make((uint64_t)o->seed, "recover noise", 0);
    sur_status status;

    SUR_TRY(plant(p, o, err));
    if (o->sensing == SENSING_COMPLETION)
        SUR_TRY(make_entries(p, n1, n2, symmetric, o, err));
    else if (o->sensing == SENSING_RANK_ONE)
        SUR_TRY(make_vectors(p, n1, o, err));
    else
        SUR_TRY(sur_operator_gaussian(&p->op, n1, symmetric ? 0 : n2, o->measurements,
                                      (uint64_t)o->seed,
                                      storage_of(o, n1, n2, symmetric), err));
    SUR_TRY(sur_alloc(&p->y, o->measurements, sizeof *p->y, err));
    SUR_TRY(read_planted(p, err));
    for (sur_idx i = 0; o->noise > 0.0 && i < o->measurements; i++)
        p->y[i] += o->noise * sur_rng_normal(&rng);
done:
    return status;
}

/* ---- files ---- */

/* Entries of the file: all, or a random share with the rest for testing. */
static sur_status file_entries(recover_problem *p, const sur_recover_trial *o,
                               sur_error *err)
{
    const recover_input *in = p->input;
    const int32_t *row = recover_array(in, in->row), *col = recover_array(in, in->col);
    const double *value = recover_array(in, in->value);
    sur_idx used = (sur_idx)llround(o->observed * (double)in->count), *order = NULL;
    sur_rng rng = sur_rng_make((uint64_t)o->seed, "recover observed", 0);
    sur_status status;

    if (used < 1) used = 1;
    const sur_idx hidden = in->count - used;
    SUR_TRY(sur_alloc(&order, in->count, sizeof *order, err));
    for (sur_idx i = 0; i < in->count; i++) order[i] = i;
    if (hidden > 0) sur_rng_permutation(&rng, order, in->count);
    SUR_TRY(sur_alloc(&p->row, used, sizeof *p->row, err));
    SUR_TRY(sur_alloc(&p->col, used, sizeof *p->col, err));
    SUR_TRY(sur_alloc(&p->y, used, sizeof *p->y, err));
    for (sur_idx i = 0; i < used; i++) {
        p->row[i] = row[order[i]];
        p->col[i] = col[order[i]];
        p->y[i] = value[order[i]];
    }
    p->test_row = recover_array(in, in->test_row);
    p->test_col = recover_array(in, in->test_col);
    p->test_value = recover_array(in, in->test_value);
    p->test_count = in->test_count;
    if (hidden > 0) {
        SUR_TRY(sur_alloc(&p->hidden_row, hidden, sizeof *p->hidden_row, err));
        SUR_TRY(sur_alloc(&p->hidden_col, hidden, sizeof *p->hidden_col, err));
        SUR_TRY(sur_alloc(&p->hidden_value, hidden, sizeof *p->hidden_value, err));
        for (sur_idx i = 0; i < hidden; i++) {
            p->hidden_row[i] = row[order[used + i]];
            p->hidden_col[i] = col[order[used + i]];
            p->hidden_value[i] = value[order[used + i]];
        }
        p->test_row = p->hidden_row;
        p->test_col = p->hidden_col;
        p->test_value = p->hidden_value;
        p->test_count = hidden;
    }
    SUR_TRY(sur_operator_entries(&p->op, p->row, p->col, used, in->rows, in->cols,
                                 o->shape == SHAPE_PSD, err));
done:
    free(order);
    return status;
}

/* What given matrices lose when they are kept in two bytes, relative. */
static double bf16_rounding(const recover_input *in)
{
    const double *a = recover_array(in, in->row);
    double lost = 0.0, all = 0.0;
    for (int64_t i = 0; i < in->count * in->width; i++) {
        const double kept = (double)sur_bfloat16_rounded((float)a[i]);
        lost += (a[i] - kept) * (a[i] - kept);
        all += a[i] * a[i];
    }
    return sqrt(lost / all);
}

static sur_status file_measurements(recover_problem *p, const sur_recover_trial *o,
                                    sur_error *err)
{
    const recover_input *in = p->input;
    const void *matrices = recover_array(in, in->row);
    sur_status status;
    SUR_TRY(sur_alloc(&p->y, in->count, sizeof *p->y, err));
    memcpy(p->y, recover_array(in, in->value), (size_t)in->count * sizeof *p->y);
    if (o->sensing == SENSING_GAUSSIAN) {
        const bool symmetric = o->columns == SUR_UNSET;
        SUR_TRY(sur_operator_gaussian(&p->op, o->dimension, symmetric ? 0 : o->columns,
                                      in->count, (uint64_t)o->seed,
                                      storage_of(o, o->dimension,
                                                 symmetric ? o->dimension : o->columns,
                                                 symmetric),
                                      err));
        return status;
    }
    if (o->sensing == SENSING_DENSE) {
        SUR_TRY(sur_operator_dense(
            &p->op, matrices, (int)in->scalar, in->rows, in->cols, in->count,
            o->shape == SHAPE_PSD,
            o->storage == STORAGE_BF16 ? SUR_STORE_BF16 : SUR_STORE_F32, err));
        if (o->storage == STORAGE_BF16) p->rounding = bf16_rounding(in);
        return status;
    }
    SUR_TRY(sur_mat_new(&p->vectors, in->count, in->cols, err));
    memcpy(p->vectors.data, matrices,
           (size_t)(in->count * in->cols) * sizeof *p->vectors.data);
    SUR_TRY(sur_operator_rank_one(&p->op, &p->vectors, !o->uncentred, err));
done:
    return status;
}

sur_status recover_problem_make(recover_problem *p, const sur_recover_trial *o,
                                const void *input, size_t size, sur_error *err)
{
    sur_status status;
    *p = (recover_problem){0};
    if (o->problem == RECOVER_PLANTED) {
        SUR_TRY(make_planted(p, o, err));
    } else {
        SUR_TRY(recover_input_view(&p->input, input, size, err));
        if (p->input->entries)
            SUR_TRY(file_entries(p, o, err));
        else
            SUR_TRY(file_measurements(p, o, err));
    }
    SUR_TRY(sur_operator_test(&p->op, NULL, err));
done:
    if (status != SUR_OK) recover_problem_free(p);
    return status;
}

void recover_problem_free(recover_problem *p)
{
    sur_operator_free(&p->op);
    sur_mat_free(&p->vectors);
    sur_mat_free(&p->truth);
    sur_mat_free(&p->left);
    sur_mat_free(&p->right);
    free(p->y);
    free(p->singular);
    free(p->row);
    free(p->col);
    free(p->hidden_row);
    free(p->hidden_col);
    free(p->hidden_value);
    *p = (recover_problem){0};
}
