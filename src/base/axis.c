/* axis.c -- the values of one option in a sweep: lists and ranges.
 *
 *   a,b,c     these          lo:hi       whole steps      lo:hi:step   that step
 *   lo:hi:xF  factor F       lo:hi:logN  N points, even in the logarithm
 *   lo:hi:linN  N points, evenly spaced */
#include "base/field.h"

#include "base/memory.h"
#include "base/text.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_VALUES = 1000000 };

/* The values so far: their texts one after another, each ended by a zero byte. */
typedef struct axis {
    const sur_field *field;
    const char *whole; /* what the user typed, for messages */
    sur_text texts;
    sur_idx count;
} axis;

static sur_status add(axis *a, const char *text, sur_error *err)
{
    if (a->count == MOST_VALUES)
        return sur_fail(err, SUR_EINVAL, "--%s %.80s: more than %d values",
                        sur_field_flag(a->field).text, a->whole, MOST_VALUES);
    a->count++;
    return sur_text_bytes(&a->texts, text, (sur_idx)strlen(text) + 1, err);
}

static sur_status add_number(axis *a, double x, sur_error *err)
{
    char text[32];
    if (a->field->kind == SUR_INT)
        snprintf(text, sizeof text, "%.0f", round(x));
    else
        sur_number_text(x, text);
    double checked;
    const sur_status status = sur_field_number_of(a->field, text, &checked, err);
    return status == SUR_OK ? add(a, text, err) : status;
}

static sur_status bad_range(const axis *a, const char *part, const char *why,
                            sur_error *err)
{
    return sur_fail(err, SUR_EINVAL, "--%s: range \"%.80s\" %s",
                    sur_field_flag(a->field).text, part, why);
}

static bool read_number(const char *text, double *x)
{
    char *end;
    *x = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*x) && !strpbrk(text, "xX");
}

/* n points from low to high, both exact. */
static sur_status add_spaced(axis *a, double low, double high, double n,
                             bool logarithmic, sur_error *err)
{
    sur_status status = SUR_OK;
    for (sur_idx i = 0; i < (sur_idx)n && status == SUR_OK; i++) {
        const double t = n > 1 ? (double)i / (n - 1) : 0;
        double x = logarithmic ? exp(log(low) + t * (log(high) - log(low)))
                               : low + t * (high - low);
        if (i == 0) x = low;
        if (i > 0 && i == (sur_idx)n - 1) x = high;
        status = add_number(a, x, err);
    }
    return status;
}

static sur_status add_steps(axis *a, const char *part, double low, double high,
                            double step, sur_error *err)
{
    if (step == 0 || (high - low) / step < 0)
        return bad_range(a, part, "never ends", err);
    const double n = floor((high - low) / step * (1 + 1e-12) + 1e-9);
    if (n >= MOST_VALUES)
        return bad_range(a, part, "has more than 1000000 values", err);
    sur_status status = SUR_OK;
    for (sur_idx i = 0; i <= (sur_idx)n && status == SUR_OK; i++) {
        double x = low + (double)i * step;
        /* 0:1:0.1 should give 0.3, not 0.30000000000000004 */
        char text[32];
        snprintf(text, sizeof text, "%.12g", x);
        x = strtod(text, NULL);
        status = add_number(a, x, err);
    }
    return status;
}

static sur_status add_factors(axis *a, const char *part, double low, double high,
                              double factor, sur_error *err)
{
    if (!(low > 0) || !(high >= low) || !(factor > 1))
        return bad_range(a, part, "needs 0 < low <= high and a factor above 1", err);
    sur_status status = SUR_OK;
    for (double x = low; x <= high * (1 + 1e-12) && status == SUR_OK; x *= factor)
        status = add_number(a, x, err);
    return status;
}

static sur_status add_range(axis *a, char *part, char *colon, sur_error *err)
{
    char *third = strchr(colon + 1, ':');
    char shown[88];
    snprintf(shown, sizeof shown, "%s", part);
    *colon = '\0';
    if (third) *third = '\0';

    double low, high, last = 1;
    if (!read_number(part, &low) || !read_number(colon + 1, &high))
        return bad_range(a, shown, "needs two numbers", err);
    if (!third) return add_steps(a, shown, low, high, low <= high ? 1 : -1, err);

    const char *rule = third + 1;
    const bool logarithmic = strncmp(rule, "log", 3) == 0;
    if (logarithmic || strncmp(rule, "lin", 3) == 0) {
        if (!read_number(rule + 3, &last) || last != floor(last) || last < 1)
            return bad_range(a, shown, "needs a number of points, as in log40", err);
        if (last > MOST_VALUES)
            return bad_range(a, shown, "has more than 1000000 values", err);
        if (logarithmic && !(low > 0 && high > 0))
            return bad_range(a, shown, "needs numbers above 0 for a logarithm", err);
        return add_spaced(a, low, high, last, logarithmic, err);
    }
    if (*rule == 'x') {
        if (!read_number(rule + 1, &last))
            return bad_range(a, shown, "needs a factor, as in x2", err);
        return add_factors(a, shown, low, high, last, err);
    }
    if (!read_number(rule, &last))
        return bad_range(a, shown, "ends in none of logN, linN, xF or a step", err);
    return add_steps(a, shown, low, high, last, err);
}

static bool numeric(const sur_field *f)
{
    return f->kind == SUR_REAL || f->kind == SUR_INT;
}

static sur_status add_part(axis *a, char *part, sur_error *err)
{
    while (*part == ' ') part++;
    size_t length = strlen(part);
    while (length > 0 && part[length - 1] == ' ') part[--length] = '\0';
    if (length == 0)
        return sur_fail(err, SUR_EINVAL, "--%s \"%.80s\" has an empty value",
                        sur_field_flag(a->field).text, a->whole);
    if (!numeric(a->field)) return add(a, part, err);
    char *colon = strchr(part, ':');
    if (colon) return add_range(a, part, colon, err);
    double x;
    const sur_status status = sur_field_number_of(a->field, part, &x, err);
    if (status != SUR_OK) return status;
    if (isinf(x)) return add(a, x > 0 ? "inf" : "-inf", err);
    /* whole numbers keep all their digits; 1e3 and 1000 are one value */
    if (a->field->kind == SUR_INT && !strpbrk(part, ".eE+")) return add(a, part, err);
    return add_number(a, x, err);
}

typedef struct placed {
    char *text;
    sur_idx place;
} placed;

static int by_text(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    const int order = strcmp(x->text, y->text);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

static int by_place(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    return (x->place > y->place) - (x->place < y->place);
}

/* One block: the pointers, then the texts they point to; repeats dropped. */
static sur_status finish(axis *a, char ***values, sur_idx *count, sur_error *err)
{
    placed *order = NULL;
    char **block = NULL;
    sur_status status = sur_alloc(&order, a->count, sizeof *order, err);
    if (status == SUR_OK)
        status = sur_alloc(&block, a->count * (sur_idx)sizeof *block + a->texts.length,
                           1, err);
    if (status != SUR_OK) {
        free(order);
        return status;
    }
    char *texts = (char *)(block + a->count);
    memcpy(texts, a->texts.at, (size_t)a->texts.length);
    for (sur_idx i = 0; i < a->count; i++, texts += strlen(texts) + 1)
        order[i] = (placed){texts, i};
    qsort(order, (size_t)a->count, sizeof *order, by_text);
    sur_idx kept = 0;
    for (sur_idx i = 0; i < a->count; i++)
        if (kept == 0 || strcmp(order[kept - 1].text, order[i].text) != 0)
            order[kept++] = order[i];
    qsort(order, (size_t)kept, sizeof *order, by_place);
    for (sur_idx i = 0; i < kept; i++) block[i] = order[i].text;
    free(order);
    *values = block;
    *count = kept;
    return SUR_OK;
}

sur_status sur_axis_expand(const sur_field *field, const char *text, char ***values,
                           sur_idx *count, sur_error *err)
{
    axis a = {.field = field, .whole = text};
    char *copy = NULL;
    *values = NULL;
    *count = 0;

    sur_status status = sur_copy_text(&copy, text, err);
    if (status == SUR_OK && !(field->flags & SUR_AXIS)) {
        status = add(&a, copy, err);
    } else {
        for (char *part = copy, *comma; part && status == SUR_OK;
             part = comma ? comma + 1 : NULL) {
            comma = strchr(part, ',');
            if (comma) *comma = '\0';
            status = add_part(&a, part, err);
        }
    }
    if (status == SUR_OK) status = finish(&a, values, count, err);
    free(copy);
    sur_text_free(&a.texts);
    return status;
}
