/* dense.c -- measurement matrices kept as packed rows, or made again in every pass.
 *
 * A symmetric X is a vector of n(n+1)/2 coordinates in the orthonormal basis E_ii,
 * (E_ij + E_ji)/sqrt(2): a matrix A_i acts on it through its symmetric part alone, so
 * that half the storage is exact for any A_i. A pass reads each block of rows once:
 * inner products, residuals, then the update of the gradient while the block is in
 * cache. Partial gradients of a fixed number of parts are summed in one order, so that
 * bits do not depend on the number of threads. */
#include <surplus/random.h>
#include <surplus/recover.h>

#include "base/bfloat16.h"
#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/kernel.h"
#include "experiments/recover/recover.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PARTS = 8,        /* of the rows, each with a gradient of its own */
    MADE_ROWS = 8,    /* generated at a time */
    ROW_STEP = 8,     /* parts begin at multiples */
    FLUSH_ROWS = 256, /* float gradients move to double after so many rows */
    ALIGNED = 64
};

typedef struct dense {
    const recover_kernel *kernel;
    sur_idx n1, n2, count, padded; /* count rounded up to whole blocks */
    sur_idx coordinates, length;   /* of a row; rounded up to whole lanes */
    bool symmetric, half, stored;
    uint64_t seed;
    char *memory, *rows; /* rows is aligned */
    /* scratch of a pass, grown on demand */
    char *scratch;
    sur_idx scratch_size;
} dense;

static size_t scalar(const dense *d) { return d->half ? 2 : 4; }

static sur_idx round_up(sur_idx x, sur_idx to) { return (x + to - 1) / to * to; }

static char *align(char *p) { return p + (ALIGNED - (uintptr_t)p % ALIGNED) % ALIGNED; }

/* ---- coordinates ---- */

/* X or, for a matrix that is to be added to, its transpose-symmetric coordinates. */
static void pack(const dense *d, double *out, const sur_mat *x)
{
    const double root = sqrt(0.5);
    sur_idx p = 0;
    if (!d->symmetric)
        for (sur_idx i = 0; i < d->n1; i++)
            for (sur_idx j = 0; j < d->n2; j++, p++)
                out[recover_place(p, d->half)] = sur_mat_row(x, i)[j];
    else
        for (sur_idx i = 0; i < d->n1; i++) {
            for (sur_idx j = 0; j < i; j++, p++)
                out[recover_place(p, d->half)] =
                    root * (sur_mat_row(x, i)[j] + sur_mat_row(x, j)[i]);
            out[recover_place(p++, d->half)] = sur_mat_row(x, i)[i];
        }
    for (; p < d->length; p++) out[recover_place(p, d->half)] = 0.0;
}

static void unpack(const dense *d, sur_mat *x, const double *in)
{
    const double root = sqrt(0.5);
    sur_idx p = 0;
    if (!d->symmetric)
        for (sur_idx i = 0; i < d->n1; i++)
            for (sur_idx j = 0; j < d->n2; j++, p++)
                sur_mat_row(x, i)[j] = in[recover_place(p, d->half)];
    else
        for (sur_idx i = 0; i < d->n1; i++) {
            for (sur_idx j = 0; j < i; j++, p++)
                sur_mat_row(x, i)[j] = sur_mat_row(x, j)[i] =
                    root * in[recover_place(p, d->half)];
            sur_mat_row(x, i)[i] = in[recover_place(p++, d->half)];
        }
}

/* Row i in floats, as it is generated; rows beyond count are zero. */
static void generate(const dense *d, float *out, sur_idx i)
{
    memset(out, 0, (size_t)d->length * sizeof *out);
    if (i < d->count) d->kernel->normals(out, d->coordinates, d->seed, (uint64_t)i);
}

static void store(const dense *d, sur_idx i, const float *row)
{
    void *to = d->rows + (size_t)(i * d->length) * scalar(d);
    if (!d->half) {
        memcpy(to, row, (size_t)d->length * sizeof *row);
        return;
    }
    for (sur_idx j = 0; j < d->length; j++) {
        const uint16_t bits = sur_bfloat16(row[j]);
        memcpy((char *)to + 2 * j, &bits, sizeof bits);
    }
}

/* ---- one sweep over the rows ---- */

/* What one sweep does: residuals from x (none: they are given), and a gradient (none:
 * not wanted), for `runs` runs. Arrays [runs x length], [runs x count]. */
typedef struct sweep {
    sur_idx runs;
    bool exact;
    const float *x;              /* NULL: no inner products */
    const double *exact_x;       /* likewise, of an exact sweep */
    double *const *value;        /* [runs][count]: in z, or out <A_i, X> - y_i */
    const double *const *y;      /* [runs][count], NULL: zero */
    const double *const *weight; /* [runs], entries NULL: all 1 */
    double *gradient;            /* [runs x length], NULL: none */
} sweep;

typedef struct part {
    float *g;    /* [runs x length] */
    double *sum; /* the same, in double */
    float *made; /* MADE_ROWS rows, of generated ones */
} part;

static void block_values(const dense *d, const sweep *s, const void *rows,
                         sur_idx first, sur_idx count)
{
    double out[KERNEL_ROWS * KERNEL_RUNS];
    if (s->exact) {
        if (!s->exact_x) return;
        d->kernel->exact_dots[d->half](out, rows, count, d->length, s->exact_x);
    } else {
        if (!s->x) return;
        d->kernel->dots[d->half](out, rows, count, d->length, s->x, s->runs);
    }
    for (sur_idx i = 0; i < count && first + i < d->count; i++)
        for (sur_idx k = 0; k < s->runs; k++)
            s->value[k][first + i] =
                out[i * s->runs + k] - (s->y ? s->y[k][first + i] : 0.0);
}

static void block_gradient(const dense *d, const sweep *s, const part *p,
                           const void *rows, sur_idx first, sur_idx count,
                           const void *ahead)
{
    double r[KERNEL_ROWS * KERNEL_RUNS] = {0};
    float rounded[KERNEL_ROWS * KERNEL_RUNS];
    for (sur_idx i = 0; i < count && first + i < d->count; i++)
        for (sur_idx k = 0; k < s->runs; k++) {
            const double *w = s->weight ? s->weight[k] : NULL;
            r[i * s->runs + k] = s->value[k][first + i] * (w ? w[first + i] : 1.0);
        }
    if (s->exact) {
        d->kernel->exact_adds[d->half](p->sum, rows, count, d->length, r);
        return;
    }
    for (sur_idx q = 0; q < count * s->runs; q++) rounded[q] = (float)r[q];
    d->kernel->adds[d->half](p->g, rows, count, d->length, rounded, s->runs, ahead);
}

static void flush(const dense *d, const sweep *s, const part *p)
{
    if (s->exact || !s->gradient) return;
    for (sur_idx j = 0; j < s->runs * d->length; j++) {
        p->sum[j] += (double)p->g[j];
        p->g[j] = 0.0f;
    }
}

/* Rows of a block. One run: half of an L2 cache of 512 KB at n = 200, so that the next
 * block fits beside it. Many: the more rows, the less often every x and g is read. */
static sur_idx block_rows(const dense *d, sur_idx runs)
{
    if (!d->stored) return MADE_ROWS;
    return runs > 1 ? KERNEL_ROWS : d->half ? 2 * KERNEL_STEP : KERNEL_STEP;
}

/* Rows first .. end - 1, whole steps. */
static void sweep_part(const dense *d, const sweep *s, const part *p, sur_idx first,
                       sur_idx end)
{
    const sur_idx most = block_rows(d, s->runs);
    sur_idx added = 0, count;
    if (s->gradient) {
        memset(p->sum, 0, (size_t)(s->runs * d->length) * sizeof *p->sum);
        if (!s->exact) memset(p->g, 0, (size_t)(s->runs * d->length) * sizeof *p->g);
    }
    for (sur_idx i = first; i < end; i += count) {
        const char *rows = (const char *)p->made;
        count = end - i < most ? end - i : most;
        const size_t bytes = (size_t)(count * d->length) * scalar(d);
        if (d->stored)
            rows = d->rows + (size_t)(i * d->length) * scalar(d);
        else
            for (sur_idx q = 0; q < count; q++)
                generate(d, p->made + q * d->length, i + q);
        block_values(d, s, rows, i, count);
        if (!s->gradient) continue;
        const bool more = d->stored && i + 2 * count <= d->padded;
        block_gradient(d, s, p, rows, i, count, more ? rows + bytes : rows);
        if ((added += count) % FLUSH_ROWS == 0) flush(d, s, p);
    }
    if (s->gradient) flush(d, s, p);
}

/* Scratch of a sweep: per part g, sum and generated rows. */
static sur_status reserve(dense *d, part parts[PARTS], sur_idx runs, sur_error *err)
{
    const sur_idx g = round_up(runs * d->length * (sur_idx)sizeof(float), ALIGNED),
                  sum = round_up(runs * d->length * (sur_idx)sizeof(double), ALIGNED),
                  block = MADE_ROWS * d->length * (sur_idx)sizeof(float),
                  made = d->stored ? 0 : round_up(block, ALIGNED),
                  size = PARTS * (g + sum + made) + ALIGNED;
    if (size > d->scratch_size) {
        free(d->scratch);
        d->scratch_size = 0;
        const sur_status status = sur_alloc(&d->scratch, size, 1, err);
        if (status != SUR_OK) return status;
        d->scratch_size = size;
    }
    char *at = align(d->scratch);
    for (int q = 0; q < PARTS; q++) {
        parts[q].g = (float *)(void *)at;
        parts[q].sum = (double *)(void *)(at + g);
        parts[q].made = (float *)(void *)(at + g + sum);
        at += g + sum + made;
    }
    return SUR_OK;
}

static sur_status run_sweep(dense *d, const sweep *s, sur_error *err)
{
    const sur_idx steps = d->padded / ROW_STEP;
    part parts[PARTS];
    const sur_status status = reserve(d, parts, s->runs, err);
    if (status != SUR_OK) return status;
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(sur_threads_get())
#endif
    for (int q = 0; q < PARTS; q++)
        sweep_part(d, s, &parts[q], steps * q / PARTS * ROW_STEP,
                   steps * (q + 1) / PARTS * ROW_STEP);
    if (!s->gradient) return status;
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(sur_threads_get())
#endif
    for (sur_idx j = 0; j < s->runs * d->length; j++) {
        double sum = parts[0].sum[j];
        for (int q = 1; q < PARTS; q++) sum += parts[q].sum[j];
        s->gradient[j] = sum;
    }
    return status;
}

/* ---- the operator's functions ---- */

static sur_status forward(void *payload, double *out, const sur_mat *x, sur_error *err)
{
    dense *d = payload;
    double *packed = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&packed, d->length, sizeof *packed, err));
    pack(d, packed, x);
    SUR_TRY(run_sweep(
        d,
        &(sweep){
            .runs = 1, .exact = true, .exact_x = packed, .value = (double *[]){out}},
        err));
done:
    free(packed);
    return status;
}

static sur_status adjoint(void *payload, sur_mat *out, const double *z, sur_error *err)
{
    dense *d = payload;
    double *packed = NULL, *value = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&packed, d->length, sizeof *packed, err));
    SUR_TRY(sur_alloc(&value, d->count, sizeof *value, err));
    memcpy(value, z, (size_t)d->count * sizeof *value);
    SUR_TRY(run_sweep(
        d,
        &(sweep){
            .runs = 1, .exact = true, .value = (double *[]){value}, .gradient = packed},
        err));
    unpack(d, out, packed);
done:
    free(packed);
    free(value);
    return status;
}

/* Passes of one kind, at most KERNEL_RUNS (exact: one). */
static sur_status pass_group(dense *d, const sur_pass *const *passes, sur_idx count,
                             sur_error *err)
{
    const bool exact = passes[0]->exact;
    double *packed = NULL, *value[KERNEL_RUNS];
    const double *y[KERNEL_RUNS], *weight[KERNEL_RUNS];
    float *memory = NULL, *x = NULL;
    sur_mat full = {0};
    sur_status status;

    SUR_TRY(sur_mat_new(&full, d->n1, d->n2, err));
    SUR_TRY(sur_alloc(&packed, count * d->length, sizeof *packed, err));
    SUR_TRY(sur_alloc(&memory, count * d->length + ALIGNED, sizeof *memory, err));
    x = (float *)(void *)align((char *)memory);
    for (sur_idx k = 0; k < count; k++) {
        sur_mat_multiply(&full, 1.0, passes[k]->left, SUR_PLAIN, passes[k]->right,
                         SUR_TRANSPOSED, 0.0);
        pack(d, packed + k * d->length, &full);
        value[k] = passes[k]->residual;
        y[k] = passes[k]->y;
        weight[k] = passes[k]->weight;
    }
    for (sur_idx j = 0; j < count * d->length; j++) x[j] = (float)packed[j];
    SUR_TRY(run_sweep(d,
                      &(sweep){.runs = count,
                               .exact = exact,
                               .x = exact ? NULL : x,
                               .exact_x = exact ? packed : NULL,
                               .value = value,
                               .y = y,
                               .weight = weight,
                               .gradient = packed},
                      err));
    for (sur_idx k = 0; k < count; k++) {
        const sur_pass *p = passes[k];
        unpack(d, &full, packed + k * d->length);
        sur_mat_multiply(p->left_out, 1.0, &full, SUR_PLAIN, p->right, SUR_PLAIN, 0.0);
        if (!d->symmetric)
            sur_mat_multiply(p->right_out, 1.0, &full, SUR_TRANSPOSED, p->left,
                             SUR_PLAIN, 0.0);
    }
done:
    sur_mat_free(&full);
    free(packed);
    free(memory);
    return status;
}

static sur_status pass(void *payload, const sur_pass *passes, sur_idx count,
                       sur_error *err)
{
    dense *d = payload;
    const sur_pass *group[KERNEL_RUNS];
    sur_idx filled = 0;
    sur_status status = SUR_OK;
    for (sur_idx k = 0; k < count; k++)
        if (passes[k].exact) {
            const sur_pass *one = &passes[k];
            SUR_TRY(pass_group(d, &one, 1, err));
        } else {
            group[filled++] = &passes[k];
            if (filled == KERNEL_RUNS) {
                SUR_TRY(pass_group(d, group, filled, err));
                filled = 0;
            }
        }
    if (filled > 0) SUR_TRY(pass_group(d, group, filled, err));
done:
    return status;
}

static void release(void *payload)
{
    dense *d = payload;
    free(d->memory);
    free(d->scratch);
    free(d);
}

/* ---- making one ---- */

static sur_status make(sur_operator *op, dense **out, sur_idx rows, sur_idx cols,
                       sur_idx count, bool symmetric, sur_storage storage,
                       sur_error *err)
{
    dense *d = NULL;
    sur_status status = SUR_OK;
    *op = (sur_operator){0};
    SUR_FAIL_IF(rows < 1 || cols < 1 || count < 1, SUR_EINVAL,
                "%lld measurements of a %lld x %lld matrix", (long long)count,
                (long long)rows, (long long)cols);
    SUR_FAIL_IF((double)rows * (double)cols * (double)count > 1e15 || rows > 1000000 ||
                    cols > 1000000,
                SUR_EINVAL,
                "%lld dense measurements of a %lld x %lld matrix are beyond reach",
                (long long)count, (long long)rows, (long long)cols);
    SUR_TRY(sur_alloc(&d, 1, sizeof *d, err));
    *d = (dense){.kernel = recover_kernel_at(0),
                 .n1 = rows,
                 .n2 = cols,
                 .count = count,
                 .padded = round_up(count, ROW_STEP),
                 .coordinates = symmetric ? rows * (rows + 1) / 2 : rows * cols,
                 .symmetric = symmetric,
                 .half = storage == SUR_STORE_BF16,
                 .stored = storage != SUR_STORE_NONE};
    d->length = round_up(d->coordinates, KERNEL_LANES);
    *op = (sur_operator){.rows = rows,
                         .cols = cols,
                         .count = count,
                         .symmetric = symmetric,
                         .forward = forward,
                         .adjoint = adjoint,
                         .pass = pass,
                         .free = release,
                         .payload = d};
    if (d->stored) {
        SUR_TRY(sur_alloc(&d->memory, d->padded * d->length + ALIGNED, scalar(d), err));
        d->rows = align(d->memory);
    }
    *out = d;
done:
    if (status != SUR_OK) {
        if (op->payload)
            sur_operator_free(op);
        else
            free(d);
    }
    return status;
}

sur_status sur_operator_gaussian(sur_operator *op, sur_idx rows, sur_idx cols,
                                 sur_idx count, uint64_t seed, sur_storage storage,
                                 sur_error *err)
{
    dense *d = NULL;
    part parts[PARTS] = {0};
    float *buffer = NULL;
    sur_status status;

    SUR_TRY(make(op, &d, rows, cols > 0 ? cols : rows, count, cols <= 0, storage, err));
    d->seed = seed;
    op->gain = 1.0;
    if (d->stored) {
        SUR_TRY(sur_alloc(&buffer, PARTS * d->length, sizeof *buffer, err));
        for (int q = 0; q < PARTS; q++) parts[q].g = buffer + q * d->length;
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(sur_threads_get())
#endif
        for (int q = 0; q < PARTS; q++)
            for (sur_idx i = count * q / PARTS; i < count * (q + 1) / PARTS; i++) {
                generate(d, parts[q].g, i);
                store(d, i, parts[q].g);
            }
    }
done:
    free(buffer);
    if (status != SUR_OK) sur_operator_free(op);
    return status;
}

static double entry(const void *matrices, int bytes, sur_idx at)
{
    float f;
    double x;
    if (bytes == 4) {
        memcpy(&f, (const char *)matrices + 4 * at, sizeof f);
        return (double)f;
    }
    memcpy(&x, (const char *)matrices + 8 * at, sizeof x);
    return x;
}

sur_status sur_operator_dense(sur_operator *op, const void *matrices, int scalar_bytes,
                              sur_idx rows, sur_idx cols, sur_idx count, bool symmetric,
                              sur_storage storage, sur_error *err)
{
    dense *d = NULL;
    double *packed = NULL, square = 0.0;
    float *row = NULL;
    sur_mat one = {0};
    sur_status status;

    *op = (sur_operator){0};
    SUR_FAIL_IF(scalar_bytes != 4 && scalar_bytes != 8, SUR_EINVAL,
                "scalars of %d bytes", scalar_bytes);
    SUR_FAIL_IF(storage == SUR_STORE_NONE, SUR_EINVAL,
                "matrices that are given must be stored");
    SUR_FAIL_IF(symmetric && rows != cols, SUR_ESHAPE,
                "symmetric measurements of a %lld x %lld matrix", (long long)rows,
                (long long)cols);
    SUR_TRY(make(op, &d, rows, cols, count, symmetric, storage, err));
    SUR_TRY(sur_mat_new(&one, rows, cols, err));
    SUR_TRY(sur_alloc(&packed, d->length, sizeof *packed, err));
    SUR_TRY(sur_alloc(&row, d->length, sizeof *row, err));
    for (sur_idx i = 0; i < count; i++) {
        for (sur_idx j = 0; j < rows * cols; j++) {
            one.data[j] = entry(matrices, scalar_bytes, i * rows * cols + j);
            SUR_FAIL_IF(!isfinite(one.data[j]), SUR_EPARSE,
                        "measurement matrix %lld: entry (%lld, %lld) is %g",
                        (long long)i + 1, (long long)(j / cols) + 1,
                        (long long)(j % cols) + 1, one.data[j]);
        }
        d->half = false; /* pack in plain order */
        pack(d, packed, &one);
        for (sur_idx j = 0; j < d->length; j++) {
            row[j] = (float)packed[j];
            square += packed[j] * packed[j];
        }
        d->half = storage == SUR_STORE_BF16;
        store(d, i, row);
    }
    SUR_FAIL_IF(!(square > 0.0), SUR_EINVAL, "all measurement matrices are zero");
    op->gain = (double)d->coordinates * (double)count / square;
done:
    sur_mat_free(&one);
    free(packed);
    free(row);
    if (status != SUR_OK) sur_operator_free(op);
    return status;
}
