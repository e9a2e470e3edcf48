/* text.h -- text that grows, numbers as text, JSON strings, near misses. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <surplus/base.h>

/* A string being built; `= {0}` is empty. at is always zero-ended once anything was
 * added. Free with sur_text_free, or take `at` and free() it. */
typedef struct sur_text {
    char *at;
    sur_idx length, capacity; /* bytes, without and with the zero */
} sur_text;

void sur_text_free(sur_text *text);
SUR_MUST_USE sur_status sur_text_add(sur_text *text, const char *more, sur_error *err);
SUR_MUST_USE sur_status sur_text_bytes(sur_text *text, const void *more, sur_idx count,
                                       sur_error *err);
SUR_MUST_USE sur_status sur_text_format(sur_text *text, sur_error *err, const char *fmt,
                                        ...) SUR_PRINTF(3, 4);

/* Adds a JSON string, quotes and all: control characters escaped, bytes that are no
 * UTF-8 replaced by U+FFFD. NULL adds null. */
SUR_MUST_USE sur_status sur_text_json(sur_text *text, const char *string,
                                      sur_error *err);

/* Adds a JSON number, shortest form that reads back the same; null for NaN and
 * infinity. */
SUR_MUST_USE sur_status sur_text_number(sur_text *text, double x, sur_error *err);

/* The shortest decimal form that reads back as x ("0.1", "1e-10", "inf", "nan"); buffer
 * has at least 32 bytes. Returns buffer. */
char *sur_number_text(double x, char *buffer);

/* "1.5 GB": bytes for people; buffer has at least 32 bytes. Returns buffer. */
char *sur_bytes_text(double bytes, char *buffer);

/* "3 h 20 min": seconds for people; likewise. */
char *sur_seconds_text(double seconds, char *buffer);

/* Bytes of the UTF-8 character at s (zero-ended), or 0 if it is not one: overlong
 * forms, surrogates and code points above U+10FFFF included. */
int sur_utf8_length(const char *s);

/* The name nearest to a wrong one among count names (Damerau-Levenshtein distance, at
 * most a third of the letters off, at least one allowed), or NULL. */
const char *sur_nearest(const char *wrong, const char *const *names, sur_idx count);

/* How many edits (insert, delete, replace, swap neighbours) apart, '-' being '_'. */
int sur_edit_distance(const char *a, const char *b);

#endif
