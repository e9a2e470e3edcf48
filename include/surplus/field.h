/* surplus/field.h -- one table per options struct: names, kinds, ranges, defaults,
 * help.
 *
 * The same table fills in defaults, checks values, parses `--step 0.1` and study
 * files, writes and reads the JSON spec of a trial, names the columns of the store
 * and the axes of the figures, and prints the help and the man page. */
#ifndef SUR_FIELD_H
#define SUR_FIELD_H

#include <surplus/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* kind        member of the options struct
 * SUR_REAL    double;  NAN means "not given" where the field is SUR_AUTO
 * SUR_INT     int64_t; SUR_UNSET means "not given" where the field is SUR_AUTO,
 *             SUR_INF is "inf" where the field is SUR_MAY_BE_INF
 * SUR_CHOICE  int64_t, an index into choices; SUR_UNSET as above
 * SUR_FLAG    bool
 * SUR_TEXT, SUR_PATH, SUR_LIST  char *, owned by the options struct, NULL when not
 * given; a list keeps its text, commas and all */
typedef enum sur_kind {
    SUR_REAL,
    SUR_INT,
    SUR_CHOICE,
    SUR_FLAG,
    SUR_TEXT,
    SUR_PATH,
    SUR_LIST
} sur_kind;

#define SUR_UNSET INT64_MIN
#define SUR_INF INT64_MAX

enum sur_field_flags {
    SUR_AXIS = 1,       /* takes a list or a range; more than one value makes a sweep */
    SUR_AUTO = 2,       /* without a value until the experiment computes one */
    SUR_MAY_BE_INF = 4, /* "inf" is a value (an int's exact limit) */
    SUR_LOG = 8,        /* its natural axis in a figure is logarithmic */
    SUR_HIDDEN = 16 /* not part of a trial's spec (paths of outputs, progress, ...) */
};

typedef struct sur_field {
    const char *name; /* as in the struct; the flag is --name with - for _ */
    sur_kind kind;
    size_t offset;              /* of the member, in bytes */
    const char *preset;         /* default as the user would type it (an axis may have a
                                 * range here); NULL: none */
    double low, high;           /* allowed range of numbers, both ends included */
    const char *const *choices; /* NULL-terminated; SUR_CHOICE only */
    const char *unit;           /* NULL: a pure number or not a number */
    unsigned flags;             /* of sur_field_flags */
    const char *group; /* heading in the help: "data", "model", ...; may be NULL */
    const char *help;  /* one line */
} sur_field;

/* The row of member f of the options struct t; of a choice with its names. */
#define SUR_FIELD_OF(t, f, k, p, lo, hi, u, fl, g, h)                            \
    {                                                                            \
        .name = #f, .kind = k, .offset = offsetof(t, f), .preset = p, .low = lo, \
        .high = hi, .unit = u, .flags = fl, .group = g, .help = h                \
    }
#define SUR_CHOICE_OF(t, f, p, c, fl, g, h)                                    \
    {                                                                          \
        .name = #f, .kind = SUR_CHOICE, .offset = offsetof(t, f), .preset = p, \
        .choices = c, .flags = fl, .group = g, .help = h                       \
    }

typedef struct sur_fields {
    const sur_field *at; /* [count] */
    sur_idx count;
    size_t size; /* of the options struct, in bytes */
} sur_fields;

/* Zeroes the struct and gives each field its default (the first value of an axis).
 * Fails with SUR_ENOMEM; then the struct is empty, and freeing it is harmless. */
SUR_CHECKED sur_status sur_fields_preset(const sur_fields *fields, void *options,
                                         sur_error *err);

/* Frees the strings of the struct and zeroes it. */
SUR_API void sur_fields_free(const sur_fields *fields, void *options);

/* to becomes a deep copy of from; to is uninitialised before. */
SUR_CHECKED sur_status sur_fields_copy(const sur_fields *fields, void *to,
                                       const void *from, sur_error *err);

/* The field of that name ('-' and '_' are the same), or NULL. */
SUR_API const sur_field *sur_fields_find(const sur_fields *fields, const char *name);

/* The name nearest to a wrong one (Damerau-Levenshtein, at most a third of the letters
 * off), or NULL. */
SUR_API const char *sur_fields_nearest(const sur_fields *fields, const char *name);

/* Sets one field from one value's text. Fails with SUR_EINVAL: no such option (the
 * nearest name is suggested), not a number, outside the range, not one of the choices.
 */
SUR_CHECKED sur_status sur_fields_set(const sur_fields *fields, void *options,
                                      const char *name, const char *text,
                                      sur_error *err);

/* Writes the value as sur_fields_set would read it (17 digits where needed, "" when not
 * given). Returns the length it needs, as snprintf does. */
SUR_API sur_idx sur_field_text(const sur_field *field, const void *options,
                               char *buffer, size_t size);

/* The value as a number: reals and ints as they are (SUR_INF is +infinity), choices by
 * index, flags 0 or 1; NAN for text and when not given. */
SUR_API double sur_field_number(const sur_field *field, const void *options);

/* Checks the ranges of all fields, for options filled in by hand. SUR_EINVAL. */
SUR_CHECKED sur_status sur_fields_check(const sur_fields *fields, const void *options,
                                        sur_error *err);

/* ---- an axis: one option's values ---- */

/* Expands "8,16,32", "10:10000:log40" (40 values, evenly in the logarithm),
 * "0:1:lin11", "1:5" (whole numbers), "0:1:0.1" (a step), "4:4096:x2" (a factor),
 * "0,10:1000:log5,inf" into single values' texts: ints are rounded, repeats dropped,
 * the first stands. At most 1,000,000 values. *values is an array of *count strings in
 * one block: free(*values). A field that is no axis gives its text alone. Fails with
 * SUR_EINVAL (says which part and why) or SUR_ENOMEM; on failure *values is NULL. */
SUR_CHECKED sur_status sur_axis_expand(const sur_field *field, const char *text,
                                       char ***values, sur_idx *count, sur_error *err);

/* ---- canonical JSON of an options struct: a trial's spec ---- */

/* One line, keys in table order, no blanks, SUR_HIDDEN fields left out; numbers with
 * the fewest digits that read back the same; a missing value is null; "inf" is a
 * string; a path is cut to its last part. *json is malloc'd; free it. SUR_ENOMEM. */
SUR_CHECKED sur_status sur_fields_to_json(const sur_fields *fields, const void *options,
                                          char **json, sur_error *err);

/* The other way; options must be preset. Unknown keys are an error (SUR_EPARSE) with
 * the nearest name; missing ones keep their default. */
SUR_CHECKED sur_status sur_fields_from_json(const sur_fields *fields, void *options,
                                            const char *json, sur_error *err);

#ifdef __cplusplus
}
#endif
#endif
