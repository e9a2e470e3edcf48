/* compressor.c -- one interface to all compressors, and the memory around them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/try.h"
#include "compress/kind.h"

static const sur_compressor_kind *const kinds[] = {
    &sur_kind_adaptive, &sur_kind_stepped,  &sur_kind_rows,
    &sur_kind_qsgd,     &sur_kind_topk,     &sur_kind_ef21,
    &sur_kind_sign,     &sur_kind_powersgd, &sur_kind_float};
enum { KINDS = sizeof kinds / sizeof *kinds };

const char *sur_compressor_list(sur_idx index)
{
    return index >= 0 && index < KINDS ? kinds[index]->name : NULL;
}

const char *sur_compressor_name(const sur_compressor *c) { return c->kind->name; }

sur_idx sur_compressor_most_bits(const sur_compressor *c)
{
    return c->kind->most_bits(c);
}

static sur_status no_such(const char *name, sur_error *err)
{
    char names[160] = "";
    size_t length = 0;
    for (int k = 0; k < KINDS; k++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                                   k ? ", " : "", kinds[k]->name);
    return sur_fail(err, SUR_EINVAL, "no compressor is called \"%s\"; there are %s",
                    name, names);
}

sur_status sur_option_in(const char *name, sur_idx value, sur_idx lo, sur_idx hi,
                         sur_error *err)
{
    if (value >= lo && value <= hi) return SUR_OK;
    return sur_fail(err, SUR_EINVAL, "%s %lld is not in %lld .. %lld", name,
                    (long long)value, (long long)lo, (long long)hi);
}

sur_status sur_compressor_make(sur_compressor *c, const char *name, sur_idx count,
                               const sur_compressor_options *options, sur_error *err)
{
    sur_status status;
    sur_compressor made = {.count = count};
    int k = 0;
    while (k < KINDS && strcmp(kinds[k]->name, name) != 0) k++;
    if (k == KINDS) return no_such(name, err);
    made.kind = kinds[k];
    if (options) made.options = *options;
    SUR_TRY(sur_option_in("count", count, 0, INT32_MAX, err));
    SUR_TRY(made.kind->choose(&made, err));
    if (made.kind->memory != SUR_MEMORY_NONE) made.sender += count;
    if (made.kind->memory == SUR_MEMORY_TRACKER) made.receiver += count;
    *c = made;

done:
    return status;
}

static double *own_part(const sur_compressor *c, double *memory, sur_memory_use least)
{
    return memory ? memory + (c->kind->memory >= least ? c->count : 0) : NULL;
}

static sur_status all_finite(const double *x, sur_idx n, sur_error *err)
{
    uint64_t over = 0; /* bit 63: an exponent of ones, which one more carries beyond */
    sur_idx i = 0;
    for (sur_idx k = 0; k < n; k++) {
        uint64_t bits;
        memcpy(&bits, &x[k], sizeof bits);
        over |= (bits & (UINT64_MAX >> 1)) + (UINT64_C(1) << 52);
    }
    if (!(over >> 63)) return SUR_OK;
    while (isfinite(x[i])) i++;
    return sur_fail(err, SUR_ENUMERIC, "number %lld to send is not finite",
                    (long long)i);
}

/* What is said of x: x itself, or x with what is remembered. */
static const double *say(double *room, const double *x, const double *memory,
                         sur_memory_use use, sur_idx n)
{
    if (use == SUR_MEMORY_NONE) return x;
    const double sign = use == SUR_MEMORY_ERROR ? 1.0 : -1.0;
    for (sur_idx i = 0; i < n; i++) room[i] = x[i] + sign * memory[i];
    return room;
}

sur_status sur_compress(sur_message *m, double *q, const sur_compressor *c,
                        double *memory, const double *x, sur_error *err)
{
    const sur_memory_use use = c->kind->memory;
    const sur_idx n = c->count, start = m->bits;
    double *room = NULL; /* what is said, and Q of it if the caller has no room */
    sur_status status;
    const bool terse = c->kind->terse && use == SUR_MEMORY_NONE;
    const sur_idx said_room = use != SUR_MEMORY_NONE ? n : 0;
    SUR_TRY(sur_resize(&room, said_room + (q || terse ? 0 : n), sizeof *room, err));
    double *understood = q || terse ? q : room + said_room;
    const double *said = say(room, x, memory, use, n);
    if (!terse) SUR_TRY(all_finite(said, n, err));
    SUR_TRY(c->kind->encode(m, understood, c, own_part(c, memory, SUR_MEMORY_ERROR),
                            said, err));
    if (use == SUR_MEMORY_ERROR)
        for (sur_idx i = 0; i < n; i++) memory[i] = said[i] - understood[i];
    if (use == SUR_MEMORY_TRACKER)
        for (sur_idx i = 0; i < n; i++) understood[i] = memory[i] += understood[i];

done:
    if (status != SUR_OK) m->bits = start;
    free(room);
    return status;
}

sur_status sur_decompress(double *q, const sur_compressor *c, double *memory,
                          sur_reader *reader, sur_error *err)
{
    const sur_memory_use use = c->kind->memory;
    const sur_idx n = c->count;
    sur_status status;
    SUR_TRY(
        c->kind->decode(q, c, own_part(c, memory, SUR_MEMORY_TRACKER), reader, err));
    SUR_FAIL_IF(reader->bad, SUR_EPARSE, "a message of %lld numbers (%s) is damaged",
                (long long)n, c->kind->name);
    if (use == SUR_MEMORY_TRACKER)
        for (sur_idx i = 0; i < n; i++) q[i] = memory[i] += q[i];

done:
    return status;
}

/* ---- floats ---- */

sur_status sur_float_put(sur_message *m, double *q, double x, sur_error *err)
{
    const float narrow = (float)x;
    uint32_t bits;
    if (!isfinite(x))
        return sur_fail(err, SUR_ENUMERIC, "a number to send is not finite");
    if (!isfinite(narrow))
        return sur_fail(err, SUR_ENUMERIC, "%g is too large for a 32-bit float", x);
    memcpy(&bits, &narrow, sizeof bits);
    sur_message_put(m, bits, 32);
    *q = (double)narrow;
    return SUR_OK;
}

double sur_float_take(sur_reader *r)
{
    const uint32_t bits = (uint32_t)sur_reader_take(r, 32);
    float narrow;
    memcpy(&narrow, &bits, sizeof narrow);
    if (!isfinite(narrow)) r->bad = true;
    return (double)narrow;
}

/* Floats at whole bytes are laid down and taken as they are in memory. */
static bool as_in_memory(sur_idx bits)
{
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return bits % 8 == 0 && first == 1;
}

sur_status sur_floats_put(sur_message *m, double *q, const double *x, sur_idx n,
                          sur_error *err)
{
    const bool whole = as_in_memory(m->bits);
    uint8_t *to = m->bytes + m->bits / 8;
    uint32_t over = 0; /* as in all_finite */
    for (sur_idx i = 0; i < n && whole; i++) {
        const float narrow = (float)x[i];
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        over |= (bits & (UINT32_MAX >> 1)) + (1U << 23);
        memcpy(to + 4 * i, &bits, sizeof bits);
    }
    for (sur_idx i = 0; i < n && whole && q; i++) q[i] = (double)(float)x[i];
    if (whole && !(over >> 31)) {
        m->bits += 32 * n;
        return SUR_OK;
    }
    for (sur_idx i = 0; i < n; i++) {
        double one;
        const sur_status status = sur_float_put(m, q ? &q[i] : &one, x[i], err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

void sur_floats_take(double *q, sur_idx n, sur_reader *r)
{
    if (!as_in_memory(r->at) || n > (r->bits - r->at) / 32) {
        for (sur_idx i = 0; i < n && !r->bad; i++) q[i] = sur_float_take(r);
        return;
    }
    const uint8_t *from = r->bytes + r->at / 8;
    uint32_t over = 0;
    for (sur_idx i = 0; i < n; i++) {
        float narrow;
        uint32_t bits;
        memcpy(&bits, from + 4 * i, sizeof bits);
        memcpy(&narrow, &bits, sizeof narrow);
        over |= (bits & (UINT32_MAX >> 1)) + (1U << 23);
        q[i] = (double)narrow;
    }
    r->at += 32 * n;
    if (over >> 31) r->bad = true;
}

double sur_float_above(double x)
{
    const float narrow = (float)x;
    return (double)((double)narrow < x ? nextafterf(narrow, (float)HUGE_VAL) : narrow);
}
