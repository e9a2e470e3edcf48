/* dataset.c -- the block of a data set: made, viewed, checked, read row by row. */
#include "data/block.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char magic[8] = "SURDAT1";

/* What stands at the beginning of a block. Offsets count from there. */
typedef struct head {
    char magic[8];
    int64_t bytes, rows, cols, scalar, classes, test_rows, shape[3], imputed, dropped;
    int64_t target, weight; /* offsets; weight 0: none */
    int64_t names, names_end;
    int64_t file[3]; /* not 0: there is no x */
    char checksum[72];
} head;

_Static_assert(sizeof(head) <= SUR_HEAD, "the head must fit");

size_t sur_scalar_size(sur_scalar scalar)
{
    return scalar == SUR_F64 ? sizeof(double) : scalar == SUR_F32 ? sizeof(float) : 1;
}

static int64_t round_up(int64_t bytes) { return (bytes + 7) / 8 * 8; }

/* Bytes of x in the block. */
static int64_t cells_of(const sur_dataset *of)
{
    if (of->file[0]) return 0;
    return of->rows * of->cols * (int64_t)sur_scalar_size(of->scalar);
}

/* Fills in the offsets. Every size is kept far from overflow: at most 2^60 bytes. */
static sur_status lay_out(head *h, const sur_dataset *of, bool weighted, size_t names,
                          sur_error *err)
{
    const double limit = 0x1p60, rows = (double)of->rows;
    const double size = (double)sur_scalar_size(of->scalar);
    if (of->rows < 0 || of->cols < 0 ||
        rows * ((double)of->cols * size + 16.0) + (double)names > limit)
        return sur_fail(err, SUR_EINVAL, "%lld x %lld numbers do not fit into memory",
                        (long long)of->rows, (long long)of->cols);
    const int64_t cells = cells_of(of);
    const int64_t column = of->rows * (int64_t)sizeof(double);
    memset(h, 0, sizeof *h);
    memcpy(h->magic, magic, sizeof magic);
    h->rows = of->rows, h->cols = of->cols, h->scalar = (int64_t)of->scalar;
    h->classes = of->classes, h->test_rows = of->test_rows;
    for (int i = 0; i < 3; i++) h->shape[i] = of->shape[i], h->file[i] = of->file[i];
    h->target = SUR_HEAD + round_up(cells);
    h->weight = weighted ? h->target + column : 0;
    h->names = h->target + (weighted ? 2 : 1) * column;
    h->names_end = h->names + (int64_t)names;
    h->bytes = round_up(h->names_end);
    return SUR_OK;
}

/* The struct that shows a block. The block has been checked. */
static sur_dataset show(const char *block)
{
    const head *h = (const head *)(const void *)block;
    sur_dataset data = {.rows = h->rows,
                        .cols = h->cols,
                        .scalar = (sur_scalar)h->scalar,
                        .x = block + SUR_HEAD,
                        .target = (const double *)(const void *)(block + h->target),
                        .classes = h->classes,
                        .test_rows = h->test_rows,
                        .column_names = block + h->names,
                        .imputed = h->imputed,
                        .dropped = h->dropped,
                        .bytes = (size_t)h->bytes};
    if (h->weight) data.weight = (const double *)(const void *)(block + h->weight);
    if (h->file[0]) data.x = NULL;
    for (int i = 0; i < 3; i++) data.shape[i] = h->shape[i], data.file[i] = h->file[i];
    memcpy(data.checksum, h->checksum, sizeof data.checksum - 1);
    return data;
}

sur_status sur_block_adopt(sur_dataset *out, void **block, const sur_dataset *of,
                           bool weighted, const char *names, size_t names_bytes,
                           sur_error *err)
{
    head h = {0};
    *out = (sur_dataset){0};
    sur_status status = lay_out(&h, of, weighted, names_bytes, err);
    if (status == SUR_OK) status = sur_resize(block, h.bytes, 1, err);
    if (status != SUR_OK) return status;
    char *bytes = *block;
    const int64_t cells = cells_of(of);
    memset(bytes, 0, SUR_HEAD);
    memset(bytes + SUR_HEAD + cells, 0, (size_t)(h.bytes - SUR_HEAD - cells));
    memcpy(bytes, &h, sizeof h);
    if (names_bytes) memcpy(bytes + h.names, names, names_bytes);
    *out = show(bytes);
    out->block = bytes;
    *block = NULL;
    return SUR_OK;
}

sur_status sur_block_new(sur_dataset *out, const sur_dataset *of, bool weighted,
                         const char *names, size_t names_bytes, sur_error *err)
{
    void *block = NULL;
    head h = {0};
    sur_status status;
    *out = (sur_dataset){0};
    SUR_TRY(lay_out(&h, of, weighted, names_bytes, err));
    SUR_TRY(sur_alloc(&block, h.bytes, 1, err));
    SUR_TRY(sur_block_adopt(out, &block, of, weighted, names, names_bytes, err));
done:
    free(block);
    return status;
}

void *sur_block_x(const sur_dataset *data) { return (char *)data->block + SUR_HEAD; }

double *sur_block_target(const sur_dataset *data)
{
    const head *h = data->block;
    return (double *)(void *)((char *)data->block + h->target);
}

double *sur_block_weight(const sur_dataset *data)
{
    const head *h = data->block;
    if (!h->weight) return NULL;
    return (double *)(void *)((char *)data->block + h->weight);
}

void sur_block_shape(sur_dataset *data, const sur_idx shape[3])
{
    head *h = data->block;
    for (int i = 0; i < 3; i++) h->shape[i] = data->shape[i] = shape[i];
}

void sur_block_seal(sur_dataset *data, const char *checksum, sur_idx imputed,
                    sur_idx dropped)
{
    head *h = data->block;
    memset(h->checksum, 0, sizeof h->checksum);
    memcpy(h->checksum, checksum, strnlen(checksum, 64));
    memcpy(data->checksum, h->checksum, sizeof data->checksum);
    data->imputed = h->imputed = imputed;
    data->dropped = h->dropped = dropped;
}

void sur_dataset_free(sur_dataset *data)
{
    if (!data) return;
    free(data->block);
    *data = (sur_dataset){0};
}

const void *sur_dataset_bytes(const sur_dataset *data, size_t *size)
{
    *size = data->bytes;
    const void *first = data->file[0] ? (const void *)data->target : data->x;
    return first ? (const char *)first - SUR_HEAD : NULL;
}

void *sur_dataset_release(sur_dataset *data, size_t *size)
{
    void *block = data->block;
    *size = block ? data->bytes : 0;
    if (block) *data = (sur_dataset){0};
    return block;
}

/* ---- a view of bytes from elsewhere ---- */

static bool sizes_agree(const head *h, sur_error *err)
{
    sur_dataset of = {.rows = h->rows,
                      .cols = h->cols,
                      .scalar = (sur_scalar)h->scalar,
                      .file = {h->file[0]}};
    head want = {0};
    if (h->rows < 0 || h->cols < 0 || h->scalar < SUR_F64 || h->scalar > SUR_U8 ||
        h->classes < 0 || h->test_rows < 0 || h->test_rows > h->rows ||
        h->imputed < 0 || h->dropped < 0 || h->file[0] < 0 || h->names < 0 ||
        h->names_end < h->names || h->names_end > h->bytes)
        return false;
    if (lay_out(&want, &of, h->weight != 0, (size_t)(h->names_end - h->names), err))
        return false;
    const bool image = h->shape[0] || h->shape[1] || h->shape[2];
    for (int i = 0; i < 3 && image; i++)
        if (h->shape[i] < 1 || h->shape[i] > h->cols) return false;
    if (image && (double)h->shape[0] * (double)h->shape[1] * (double)h->shape[2] !=
                     (double)h->cols)
        return false;
    return h->bytes == want.bytes && h->target == want.target &&
           h->weight == want.weight && h->names == want.names;
}

static bool names_agree(const head *h, const char *block)
{
    const char *at = block + h->names, *end = block + h->names_end;
    if (h->classes > h->names_end || h->cols > h->names_end) return false;
    for (int64_t i = 0; i < h->cols + 2 + h->classes; i++) {
        const char *zero = at < end ? memchr(at, 0, (size_t)(end - at)) : NULL;
        if (!zero) return false;
        at = zero + 1;
    }
    return at == end;
}

/* Targets are used as indices of classes: each one is looked at. */
static bool numbers_agree(const sur_dataset *data)
{
    for (sur_idx i = 0; i < data->rows; i++) {
        const double y = data->target[i];
        if (!isfinite(y) || (data->weight && !isfinite(data->weight[i]))) return false;
        if (data->classes && (!(y >= 0 && y < (double)data->classes) || y != floor(y)))
            return false;
    }
    for (const char *c = data->checksum; *c; c++)
        if (!strchr("0123456789abcdef", *c)) return false;
    return true;
}

sur_status sur_dataset_view(sur_dataset *out, const void *bytes, size_t size,
                            sur_error *err)
{
    head h;
    *out = (sur_dataset){0};
    if (size < SUR_HEAD)
        return sur_fail(err, SUR_EPARSE, "%zu bytes hold no data set", size);
    memcpy(&h, bytes, sizeof h);
    if (memcmp(h.magic, magic, sizeof magic) != 0 || (uintptr_t)bytes % 8 != 0)
        return sur_fail(err, SUR_EPARSE, "not a data set of this program");
    if (h.bytes < 0 || (uint64_t)h.bytes != size)
        return sur_fail(err, SUR_EPARSE, "data set of %lld bytes in %zu",
                        (long long)h.bytes, size);
    if (h.checksum[64] != 0 || !sizes_agree(&h, NULL) || !names_agree(&h, bytes))
        return sur_fail(err, SUR_EPARSE,
                        "the parts of the data set do not fit together");
    const sur_dataset data = show(bytes);
    if (!numbers_agree(&data))
        return sur_fail(err, SUR_EPARSE,
                        "a target or weight of the data set is damaged");
    *out = data;
    return SUR_OK;
}

/* ---- reading ---- */

const char *sur_dataset_name(const sur_dataset *data, sur_idx i)
{
    const char *at = data->column_names;
    for (; i > 0; i--) at += strlen(at) + 1;
    return at;
}

void sur_dataset_rows(sur_mat *out, const sur_dataset *data, const sur_idx *picks,
                      sur_idx first)
{
    const sur_idx d = data->cols;
    for (sur_idx i = 0; i < out->rows; i++) {
        const sur_idx from = (picks ? picks[i] : first + i) * d;
        double *to = out->data + i * out->stride;
        if (data->scalar == SUR_F64) {
            memcpy(to, (const double *)data->x + from, (size_t)d * sizeof *to);
        } else if (data->scalar == SUR_F32) {
            const float *x = (const float *)data->x + from;
            for (sur_idx j = 0; j < d; j++) to[j] = (double)x[j];
        } else {
            const uint8_t *x = (const uint8_t *)data->x + from;
            for (sur_idx j = 0; j < d; j++) to[j] = (double)x[j];
        }
    }
}
