/* topk.c -- the k largest numbers: how far each lies behind the last, then their values
 * as 32-bit floats. With error feedback (topk) or a tracker (ef21) around it.
 *
 * Stich, Cordonnier, Jaggi, "Sparsified SGD with memory", NeurIPS 2018; Richtarik,
 * Sokolov, Fatkhullin, "EF21", NeurIPS 2021. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/try.h"
#include "compress/kind.h"
#include "compress/symbols.h"

static sur_status topk_choose(sur_compressor *c, sur_error *err)
{
    const sur_idx percent = c->count / 100;
    if (c->options.keep == 0) c->options.keep = percent > 1 ? percent : c->count > 0;
    return sur_option_in("keep", c->options.keep, c->count > 0, c->count, err);
}

static sur_alphabet alphabet(const sur_compressor *c)
{
    int width = 1;
    while (width < 31 && (INT64_C(1) << width) < c->count) width++;
    return (sur_alphabet){.width = width, .sign = SUR_UNSIGNED};
}

static sur_idx topk_most(const sur_compressor *c)
{
    return 32 * c->options.keep +
           sur_symbols_most(c->options.keep, alphabet(c), c->options.code);
}

/* The k-th largest of a [n], which is reordered (Hoare's selection). */
static double select_kth(double *a, sur_idx n, sur_idx k)
{
    sur_idx low = 0, high = n - 1, place = k - 1;
    while (low < high) {
        const double pivot = a[low + (high - low) / 2];
        sur_idx i = low, j = high;
        while (i <= j) {
            while (a[i] > pivot) i++;
            while (a[j] < pivot) j--;
            if (i > j) break;
            const double moved = a[i];
            a[i++] = a[j];
            a[j--] = moved;
        }
        if (place <= j)
            high = j;
        else if (place >= i)
            low = i;
        else
            break;
    }
    return a[place];
}

/* gap [k] between the places of the k largest numbers; of equal ones the first. */
static sur_status largest_places(int32_t *gap, const double *x, sur_idx n, sur_idx k,
                                 sur_error *err)
{
    double *size;
    const sur_status status = sur_alloc(&size, n, sizeof *size, err);
    if (status != SUR_OK || k == 0) return free(size), status;
    for (sur_idx i = 0; i < n; i++) size[i] = fabs(x[i]);
    const double least = select_kth(size, n, k);
    sur_idx found = 0, next = 0, equal = k;
    for (sur_idx i = 0; i < n; i++) equal -= fabs(x[i]) > least;
    for (sur_idx i = 0; i < n; i++) {
        if (fabs(x[i]) < least || (fabs(x[i]) == least && equal-- <= 0)) continue;
        gap[found++] = (int32_t)(i - next);
        next = i + 1;
    }
    free(size);
    return SUR_OK;
}

static sur_status topk_encode(sur_message *m, double *q, const sur_compressor *c,
                              double *own, const double *x, sur_error *err)
{
    const sur_idx k = c->options.keep;
    int32_t *gap = NULL;
    sur_status status;
    (void)own;
    SUR_TRY(sur_alloc(&gap, k, sizeof *gap, err));
    SUR_TRY(largest_places(gap, x, c->count, k, err));
    SUR_TRY(sur_symbols_put(m, gap, k, alphabet(c), c->options.code, err));
    SUR_TRY(sur_message_reserve(m, 32 * k, err));
    for (sur_idx i = 0; i < c->count; i++) q[i] = 0.0;
    for (sur_idx e = 0, i = 0; e < k; e++, i++) {
        i += gap[e];
        SUR_TRY(sur_float_put(m, &q[i], x[i], err));
    }

done:
    free(gap);
    return status;
}

static sur_status topk_decode(double *q, const sur_compressor *c, double *own,
                              sur_reader *r, sur_error *err)
{
    const sur_idx k = c->options.keep;
    int32_t *gap;
    const sur_status status = sur_alloc(&gap, k, sizeof *gap, err);
    if (status != SUR_OK) return status;
    (void)own;
    sur_symbols_get(gap, k, alphabet(c), c->options.code, r);
    for (sur_idx i = 0; i < c->count; i++) q[i] = 0.0;
    for (sur_idx e = 0, i = 0; e < k && !r->bad; e++, i++) {
        i += gap[e];
        if (i >= c->count)
            r->bad = true;
        else
            q[i] = sur_float_take(r);
    }
    free(gap);
    return SUR_OK;
}

const sur_compressor_kind sur_kind_topk = {
    .name = "topk",
    .memory = SUR_MEMORY_ERROR,
    .choose = topk_choose,
    .most_bits = topk_most,
    .encode = topk_encode,
    .decode = topk_decode,
};

const sur_compressor_kind sur_kind_ef21 = {
    .name = "ef21",
    .memory = SUR_MEMORY_TRACKER,
    .choose = topk_choose,
    .most_bits = topk_most,
    .encode = topk_encode,
    .decode = topk_decode,
};
