/* json.h -- reading JSON that somebody else wrote. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <surplus/base.h>

/* A value within a document; the root owns it all. */
typedef struct sur_json sur_json;

/* SUR_EPARSE (with line and column; repeated keys too), SUR_ENOMEM. On failure *out is
 * NULL. */
SUR_MUST_USE sur_status sur_json_parse(sur_json **out, const char *text, size_t size,
                                       sur_error *err);
void sur_json_free(sur_json *root); /* accepts NULL */

/* The member of an object, or the item of an array; NULL if there is none, or if value
 * is NULL or of another kind. */
const sur_json *sur_json_get(const sur_json *value, const char *key);
const sur_json *sur_json_at(const sur_json *value, sur_idx i);

/* Members of an object, items of an array; -1 if it is neither. */
sur_idx sur_json_count(const sur_json *value);
bool sur_json_is_object(const sur_json *value);

/* The members of an object one after the other: *place is NULL at first; false at the
 * end. */
bool sur_json_next(const sur_json *object, void **place, const char **key,
                   const sur_json **value);

/* The text of a string, or NULL. */
const char *sur_json_text(const sur_json *value);

/* Whether it is a whole number, which goes to *x. */
bool sur_json_whole(const sur_json *value, int64_t *x);

/* Whether it is a number, whole or not, which goes to *x. */
bool sur_json_number(const sur_json *value, double *x);

#endif
