/* field_json.c -- an options struct as one line of canonical JSON, and back. */
#include "base/field.h"

#include "base/text.h"
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const sur_field *f, const void *options)
{
    const char *text;
    memcpy(&text, (const char *)options + f->offset, sizeof text);
    if (!text || f->kind != SUR_PATH) return text;
    const char *slash = strrchr(text, '/');
    return slash && slash[1] ? slash + 1 : text;
}

static sur_status add_value(sur_text *json, const sur_field *f, const void *options,
                            sur_error *err)
{
    char text[32];
    if (!sur_field_given(f, options)) return sur_text_add(json, "null", err);
    switch (f->kind) {
    case SUR_REAL:
    case SUR_INT:
        sur_field_text(f, options, text, sizeof text);
        return isfinite(sur_field_number(f, options)) ? sur_text_add(json, text, err)
                                                      : sur_text_json(json, text, err);
    case SUR_CHOICE:
        return sur_text_json(json, f->choices[(int64_t)sur_field_number(f, options)],
                             err);
    case SUR_FLAG:
        return sur_text_add(json, sur_field_number(f, options) != 0 ? "true" : "false",
                            err);
    case SUR_TEXT:
    case SUR_PATH:
    case SUR_LIST:
        break;
    }
    return sur_text_json(json, text_of(f, options), err);
}

sur_status sur_fields_to_json(const sur_fields *fields, const void *options,
                              char **json, sur_error *err)
{
    sur_text text = {0};
    *json = NULL;
    sur_status status = sur_text_add(&text, "{", err);
    for (sur_idx i = 0; i < fields->count && status == SUR_OK; i++) {
        const sur_field *f = &fields->at[i];
        if (f->flags & SUR_HIDDEN) continue;
        status = sur_text_format(&text, err, "%s\"%s\":", text.length > 1 ? "," : "",
                                 f->name);
        if (status == SUR_OK) status = add_value(&text, f, options, err);
    }
    if (status == SUR_OK) status = sur_text_add(&text, "}", err);
    if (status != SUR_OK) {
        sur_text_free(&text);
        return status;
    }
    *json = text.at;
    return SUR_OK;
}

static sur_status set_from(const sur_fields *fields, void *options, const char *key,
                           const json_t *value, sur_error *err)
{
    char number[64];
    const sur_field *f = sur_fields_find(fields, key);
    if (f && json_is_null(value)) {
        sur_field_clear(f, options);
        return SUR_OK;
    }
    const char *text = json_string_value(value);
    if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        text = number;
    } else if (json_is_real(value)) {
        text = sur_number_text(json_real_value(value), number);
    } else if (json_is_boolean(value)) {
        text = json_is_true(value) ? "true" : "false";
    }
    if (!text) return sur_fail(err, SUR_EPARSE, "\"%.80s\" is not a plain value", key);
    return sur_fields_set(fields, options, key, text, err);
}

sur_status sur_fields_from_json(const sur_fields *fields, void *options,
                                const char *json, sur_error *err)
{
    json_error_t where;
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, &where);
    if (!root)
        return sur_fail(err, SUR_EPARSE, "not JSON: %.200s (at character %d)",
                        where.text, where.position);
    sur_status status =
        json_is_object(root) ? SUR_OK : sur_fail(err, SUR_EPARSE, "not a JSON object");
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value)
    {
        if (status == SUR_OK) status = set_from(fields, options, key, value, err);
    }
    json_decref(root);
    if (status ==
        SUR_EINVAL) { /* the text came from a file, not from the user's hand */
        status = SUR_EPARSE;
        if (err) err->status = status;
    }
    return status;
}
