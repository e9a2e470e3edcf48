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

sur_status sur_compress(sur_message *m, double *q, const sur_compressor *c,
                        double *memory, const double *x, sur_error *err)
{
    const sur_memory_use use = c->kind->memory;
    const double sign = use == SUR_MEMORY_ERROR ? 1.0 : -1.0;
    const sur_idx n = c->count, start = m->bits;
    double *said = NULL; /* what is said, then Q of it */
    sur_status status;
    SUR_TRY(sur_alloc(&said, 2 * n, sizeof *said, err));
    double *understood = said + n;
    for (sur_idx i = 0; i < n; i++) {
        said[i] = use == SUR_MEMORY_NONE ? x[i] : x[i] + sign * memory[i];
        SUR_FAIL_IF(!isfinite(said[i]), SUR_ENUMERIC,
                    "number %lld to send is not finite", (long long)i);
    }
    SUR_TRY(c->kind->encode(m, understood, c, own_part(c, memory, SUR_MEMORY_ERROR),
                            said, err));

    for (sur_idx i = 0; i < n; i++) {
        if (use == SUR_MEMORY_ERROR) memory[i] = said[i] - understood[i];
        if (use == SUR_MEMORY_TRACKER) understood[i] = memory[i] += understood[i];
        if (q) q[i] = understood[i];
    }

done:
    if (status != SUR_OK) m->bits = start;
    free(said);
    return status;
}

sur_status sur_decompress(double *q, const sur_compressor *c, double *memory,
                          sur_reader *reader, sur_error *err)
{
    const sur_memory_use use = c->kind->memory;
    const sur_idx n = c->count;
    double *understood = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&understood, n, sizeof *understood, err));
    SUR_TRY(c->kind->decode(understood, c, own_part(c, memory, SUR_MEMORY_TRACKER),
                            reader, err));
    SUR_FAIL_IF(reader->bad, SUR_EPARSE, "a message of %lld numbers (%s) is damaged",
                (long long)n, c->kind->name);
    for (sur_idx i = 0; i < n; i++) {
        if (use == SUR_MEMORY_TRACKER) understood[i] = memory[i] += understood[i];
        q[i] = understood[i];
    }

done:
    free(understood);
    return status;
}

/* ---- floats ---- */

sur_status sur_float_put(sur_message *m, double *q, double x, sur_error *err)
{
    const float narrow = (float)x;
    uint32_t bits;
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

double sur_float_above(double x)
{
    const float narrow = (float)x;
    return (double)((double)narrow < x ? nextafterf(narrow, (float)HUGE_VAL) : narrow);
}
