/* field.h -- what the files of the field table share. */
#ifndef BASE_FIELD_H
#define BASE_FIELD_H

#include <surplus/field.h>

/* The flag's name, with - for _. */
typedef struct sur_field_name {
    char text[64];
} sur_field_name;
sur_field_name sur_field_flag(const sur_field *field);

/* Makes a field "not given" (a flag: false). Frees a text. */
void sur_field_clear(const sur_field *field, void *options);

/* Whether the field has a value. */
bool sur_field_given(const sur_field *field, const void *options);

/* Reads a number as the field allows it: whole for ints, in range, "inf" where it may
 * be. SUR_EINVAL. */
SUR_MUST_USE sur_status sur_field_number_of(const sur_field *field, const char *text,
                                            double *x, sur_error *err);

#endif
