/* json.c -- reading JSON, through jansson. */
#include "base/json.h"

#include <jansson.h>

/* sur_json is json_t under another name, so that only this folder knows jansson. */
static json_t *own(const sur_json *value) { return (json_t *)(uintptr_t)value; }

static const sur_json *shown(const json_t *value) { return (const sur_json *)value; }

sur_status sur_json_parse(sur_json **out, const char *text, size_t size, sur_error *err)
{
    json_error_t why;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
    *out = (sur_json *)root;
    if (root) return SUR_OK;
    if (json_error_code(&why) == json_error_out_of_memory)
        return sur_fail(err, SUR_ENOMEM, "cannot allocate a JSON document");
    for (char *c = why.text; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~') *c = '?';
    return sur_fail(err, SUR_EPARSE, "line %d, column %d: %s", why.line, why.column,
                    why.text);
}

void sur_json_free(sur_json *root) { json_decref((json_t *)root); }

const sur_json *sur_json_get(const sur_json *value, const char *key)
{
    return shown(json_object_get(own(value), key));
}

const sur_json *sur_json_at(const sur_json *value, sur_idx i)
{
    return i < 0 ? NULL : shown(json_array_get(own(value), (size_t)i));
}

sur_idx sur_json_count(const sur_json *value)
{
    if (json_is_object(own(value))) return (sur_idx)json_object_size(own(value));
    return json_is_array(own(value)) ? (sur_idx)json_array_size(own(value)) : -1;
}

bool sur_json_is_object(const sur_json *value) { return json_is_object(own(value)); }

bool sur_json_next(const sur_json *object, void **place, const char **key,
                   const sur_json **value)
{
    json_t *of = own(object);
    *place = *place ? json_object_iter_next(of, *place) : json_object_iter(of);
    if (!*place) return false;
    *key = json_object_iter_key(*place);
    *value = shown(json_object_iter_value(*place));
    return true;
}

const char *sur_json_text(const sur_json *value)
{
    return json_string_value(own(value));
}

bool sur_json_whole(const sur_json *value, int64_t *x)
{
    if (!json_is_integer(own(value))) return false;
    *x = json_integer_value(own(value));
    return true;
}

bool sur_json_number(const sur_json *value, double *x)
{
    if (!json_is_number(own(value))) return false;
    *x = json_number_value(own(value));
    return true;
}
