/* field.c -- one table drives an options struct: defaults, values, checks. */
#include "base/field.h"

#include "base/memory.h"
#include "base/text.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_text(const sur_field *f)
{
    return f->kind == SUR_TEXT || f->kind == SUR_PATH || f->kind == SUR_LIST;
}

static double get_real(const sur_field *f, const void *options)
{
    double x;
    memcpy(&x, (const char *)options + f->offset, sizeof x);
    return x;
}

static int64_t get_int(const sur_field *f, const void *options)
{
    int64_t n;
    memcpy(&n, (const char *)options + f->offset, sizeof n);
    return n;
}

static bool get_flag(const sur_field *f, const void *options)
{
    bool b;
    memcpy(&b, (const char *)options + f->offset, sizeof b);
    return b;
}

static char *get_text(const sur_field *f, const void *options)
{
    char *text;
    memcpy(&text, (const char *)options + f->offset, sizeof text);
    return text;
}

static void put(const sur_field *f, void *options, const void *value, size_t size)
{
    memcpy((char *)options + f->offset, value, size);
}

void sur_field_clear(const sur_field *f, void *options)
{
    const double none = nan("");
    const int64_t unset = SUR_UNSET;
    const bool off = false;
    char *const nothing = NULL;
    switch (f->kind) {
    case SUR_REAL:
        put(f, options, &none, sizeof none);
        break;
    case SUR_INT:
    case SUR_CHOICE:
        put(f, options, &unset, sizeof unset);
        break;
    case SUR_FLAG:
        put(f, options, &off, sizeof off);
        break;
    case SUR_TEXT:
    case SUR_PATH:
    case SUR_LIST:
        free(get_text(f, options));
        put(f, options, &nothing, sizeof nothing);
        break;
    }
}

sur_status sur_fields_preset(const sur_fields *fields, void *options, sur_error *err)
{
    memset(options, 0, fields->size);
    for (sur_idx i = 0; i < fields->count; i++) {
        const sur_field *f = &fields->at[i];
        sur_field_clear(f, options);
        if (!f->preset) continue;
        char **values = NULL;
        sur_idx count = 0;
        sur_status status = sur_axis_expand(f, f->preset, &values, &count, err);
        if (status == SUR_OK)
            status = sur_fields_set(fields, options, f->name, values[0], err);
        free(values);
        if (status != SUR_OK) {
            sur_fields_free(fields, options);
            return status;
        }
    }
    return SUR_OK;
}

void sur_fields_free(const sur_fields *fields, void *options)
{
    for (sur_idx i = 0; i < fields->count; i++)
        if (is_text(&fields->at[i])) free(get_text(&fields->at[i], options));
    memset(options, 0, fields->size);
}

sur_status sur_fields_copy(const sur_fields *fields, void *to, const void *from,
                           sur_error *err)
{
    char *const nothing = NULL;
    memcpy(to, from, fields->size);
    for (sur_idx i = 0; i < fields->count; i++)
        if (is_text(&fields->at[i])) put(&fields->at[i], to, &nothing, sizeof nothing);
    for (sur_idx i = 0; i < fields->count; i++) {
        const sur_field *f = &fields->at[i];
        if (!is_text(f)) continue;
        char *copy;
        const sur_status status = sur_copy_text(&copy, get_text(f, from), err);
        if (status != SUR_OK) {
            sur_fields_free(fields, to);
            return status;
        }
        put(f, to, &copy, sizeof copy);
    }
    return SUR_OK;
}

static bool same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_'))) break;
    return !*a && !*b;
}

const sur_field *sur_fields_find(const sur_fields *fields, const char *name)
{
    for (sur_idx i = 0; i < fields->count; i++)
        if (same_name(fields->at[i].name, name)) return &fields->at[i];
    return NULL;
}

const char *sur_fields_nearest(const sur_fields *fields, const char *name)
{
    const char *best = NULL;
    int least = (int)strnlen(name, 60) / 3 + 1;
    for (sur_idx i = 0; i < fields->count; i++) {
        const int distance = sur_edit_distance(name, fields->at[i].name);
        if (distance < least) least = distance, best = fields->at[i].name;
    }
    return best;
}

/* ---- one value's text ---- */

static sur_status outside(const sur_field *f, const char *text, sur_error *err)
{
    char low[32], high[32];
    return sur_fail(err, SUR_EINVAL, "--%s %s is outside %s .. %s",
                    sur_field_flag(f).text, text, sur_number_text(f->low, low),
                    sur_number_text(f->high, high));
}

sur_field_name sur_field_flag(const sur_field *f)
{
    sur_field_name flag;
    snprintf(flag.text, sizeof flag.text, "%s", f->name);
    for (char *c = flag.text; *c; c++)
        if (*c == '_') *c = '-';
    return flag;
}

static bool is_inf(const char *text)
{
    return strcmp(text, "inf") == 0 || strcmp(text, "infinity") == 0;
}

sur_status sur_field_number_of(const sur_field *f, const char *text, double *x,
                               sur_error *err)
{
    if (is_inf(text) && (f->flags & SUR_MAY_BE_INF || isinf(f->high))) {
        *x = HUGE_VAL;
        return SUR_OK;
    }
    char *end;
    errno = 0;
    *x = strtod(text, &end);
    const bool number = end != text && *end == '\0' && !isspace((unsigned char)*text) &&
                        !strpbrk(text, "xXnNpP"); /* no hex, no nan */
    if (!number || (f->kind == SUR_INT && !isinf(*x) && *x != floor(*x)))
        return sur_fail(err, SUR_EINVAL, "--%s: \"%.80s\" is not a %s",
                        sur_field_flag(f).text, text,
                        f->kind == SUR_INT ? "whole number" : "number");
    if (!(*x >= f->low && *x <= f->high)) return outside(f, text, err);
    return SUR_OK;
}

static sur_status set_number(const sur_field *f, void *options, const char *text,
                             sur_error *err)
{
    double x;
    const sur_status status = sur_field_number_of(f, text, &x, err);
    if (status != SUR_OK) return status;
    if (f->kind == SUR_REAL) {
        put(f, options, &x, sizeof x);
    } else {
        /* whole numbers above 2^53 keep all their digits */
        const int64_t n = isinf(x)               ? SUR_INF
                          : strpbrk(text, ".eE") ? (int64_t)x
                                                 : (int64_t)strtoll(text, NULL, 10);
        put(f, options, &n, sizeof n);
    }
    return SUR_OK;
}

static sur_status set_choice(const sur_field *f, void *options, const char *text,
                             sur_error *err)
{
    int64_t count = 0;
    sur_text all = {0};
    sur_status status = SUR_OK;
    for (; f->choices[count]; count++)
        if (same_name(f->choices[count], text)) {
            put(f, options, &count, sizeof count);
            return SUR_OK;
        }
    for (int64_t i = 0; i < count && status == SUR_OK; i++)
        status = sur_text_format(&all, err, "%s%s", i ? ", " : "", f->choices[i]);
    const char *near = sur_nearest(text, f->choices, count);
    if (status == SUR_OK)
        status = sur_fail(err, SUR_EINVAL, "--%s: \"%.80s\" is not one of %s%s%s%s",
                          sur_field_flag(f).text, text, all.at ? all.at : "nothing",
                          near ? "; did you mean \"" : "", near ? near : "",
                          near ? "\"?" : "");
    sur_text_free(&all);
    return status;
}

static sur_status set_flag(const sur_field *f, void *options, const char *text,
                           sur_error *err)
{
    static const char *const words[] = {"false", "true", "no", "yes",
                                        "off",   "on",   "0",  "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], text) == 0) {
            const bool b = i % 2 == 1;
            put(f, options, &b, sizeof b);
            return SUR_OK;
        }
    return sur_fail(err, SUR_EINVAL, "--%s: \"%.80s\" is not true or false",
                    sur_field_flag(f).text, text);
}

static sur_status set_text(const sur_field *f, void *options, const char *text,
                           sur_error *err)
{
    char *copy;
    const sur_status status = sur_copy_text(&copy, text, err);
    if (status != SUR_OK) return status;
    free(get_text(f, options));
    put(f, options, &copy, sizeof copy);
    return SUR_OK;
}

sur_status sur_fields_set(const sur_fields *fields, void *options, const char *name,
                          const char *text, sur_error *err)
{
    const sur_field *f = sur_fields_find(fields, name);
    if (!f) {
        const char *near = sur_fields_nearest(fields, name);
        if (near)
            return sur_fail(err, SUR_EINVAL,
                            "there is no option \"%.80s\"; did you mean \"%s\"?", name,
                            near);
        return sur_fail(err, SUR_EINVAL, "there is no option \"%.80s\"", name);
    }
    switch (f->kind) {
    case SUR_REAL:
    case SUR_INT:
        return set_number(f, options, text, err);
    case SUR_CHOICE:
        return set_choice(f, options, text, err);
    case SUR_FLAG:
        return set_flag(f, options, text, err);
    case SUR_TEXT:
    case SUR_PATH:
    case SUR_LIST:
        break;
    }
    return set_text(f, options, text, err);
}

/* ---- reading a value back ---- */

bool sur_field_given(const sur_field *f, const void *options)
{
    switch (f->kind) {
    case SUR_REAL:
        return !isnan(get_real(f, options));
    case SUR_INT:
    case SUR_CHOICE:
        return get_int(f, options) != SUR_UNSET;
    case SUR_FLAG:
        return true;
    case SUR_TEXT:
    case SUR_PATH:
    case SUR_LIST:
        break;
    }
    return get_text(f, options) != NULL;
}

sur_idx sur_field_text(const sur_field *f, const void *options, char *buffer,
                       size_t size)
{
    char number[32];
    const char *text = "";
    if (!sur_field_given(f, options)) return snprintf(buffer, size, "%s", text);
    switch (f->kind) {
    case SUR_REAL:
        text = sur_number_text(get_real(f, options), number);
        break;
    case SUR_INT:
        text = number;
        if (get_int(f, options) == SUR_INF)
            text = "inf";
        else
            snprintf(number, sizeof number, "%lld", (long long)get_int(f, options));
        break;
    case SUR_CHOICE:
        text = f->choices[get_int(f, options)];
        break;
    case SUR_FLAG:
        text = get_flag(f, options) ? "true" : "false";
        break;
    case SUR_TEXT:
    case SUR_PATH:
    case SUR_LIST:
        text = get_text(f, options);
        break;
    }
    return snprintf(buffer, size, "%s", text);
}

double sur_field_number(const sur_field *f, const void *options)
{
    if (!sur_field_given(f, options)) return nan("");
    switch (f->kind) {
    case SUR_REAL:
        return get_real(f, options);
    case SUR_INT:
    case SUR_CHOICE: {
        const int64_t n = get_int(f, options);
        return n == SUR_INF ? HUGE_VAL : (double)n;
    }
    case SUR_FLAG:
        return get_flag(f, options) ? 1 : 0;
    case SUR_TEXT:
    case SUR_PATH:
    case SUR_LIST:
        break;
    }
    return nan("");
}

sur_status sur_fields_check(const sur_fields *fields, const void *options,
                            sur_error *err)
{
    for (sur_idx i = 0; i < fields->count; i++) {
        const sur_field *f = &fields->at[i];
        char text[32];
        if (f->kind == SUR_REAL || f->kind == SUR_INT) {
            if (f->flags & SUR_AUTO && !sur_field_given(f, options)) continue;
            const double x = sur_field_number(f, options);
            const bool inf = isinf(x) && x > 0 && f->flags & SUR_MAY_BE_INF;
            if (!inf && !(x >= f->low && x <= f->high)) /* also catches NaN */
                return outside(f, sur_number_text(x, text), err);
        } else if (f->kind == SUR_CHOICE) {
            int64_t count = 0;
            while (f->choices[count]) count++;
            const int64_t n = get_int(f, options);
            if (!(n >= 0 && n < count) && !(f->flags & SUR_AUTO && n == SUR_UNSET))
                return sur_fail(err, SUR_EINVAL, "--%s has no choice number %lld",
                                sur_field_flag(f).text, (long long)n);
        }
    }
    return SUR_OK;
}
