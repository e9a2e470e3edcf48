/* text.h -- numbers and untrusted words on their way into tables, JSON, scripts and
 * HTML. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include <stdio.h>
#include <surplus/base.h>

enum { SUR_NUMBER_SIZE = 32, SUR_INTERVAL_SIZE = 3 * SUR_NUMBER_SIZE + 8 };

/* What the reader of the text is, hence what must be escaped. */
typedef enum sur_escape {
    SUR_AS_TEXT,    /* a terminal: control characters become '?' */
    SUR_AS_TSV,     /* tab, newline, backslash as \t \n \\ */
    SUR_AS_CSV,     /* RFC 4180: quoted where needed */
    SUR_AS_HTML,    /* text and double-quoted attributes */
    SUR_AS_GNUPLOT, /* the inside of a single-quoted string */
    SUR_AS_FORMAT   /* the same where gnuplot takes it for a number's format */
} sur_escape;

/* Writes the text escaped; NULL is empty. What is not UTF-8 becomes U+FFFD. */
void sur_put_escaped(FILE *out, const char *text, sur_escape escape);

/* For people: about `digits` significant ones, whole numbers below 1e7 in full, 1e6 and
 * not 1e+06, the sign of infinity for inf. */
const char *sur_number_short(char *buffer, double value, int digits);

/* "0.312 [0.300, 0.325]", all three to two digits of the half-width; only the value
 * when low and high are NAN. The buffer has SUR_INTERVAL_SIZE bytes. */
const char *sur_number_interval(char *buffer, double value, double low, double high);

/* An option's or metric's name as words: "label_noise" is "label noise". */
void sur_put_name(FILE *out, const char *name, sur_escape escape);

#endif
